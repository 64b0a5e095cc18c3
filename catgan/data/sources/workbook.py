"""Reads the first sheet of an Excel workbook (.xlsx) row by row, with openpyxl."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from catgan.errors import AnnotationError, CatganError

MOST_BYTES = 1 << 30
"""Largest accepted size of an unpacked workbook; one with 24,600 rows has 100 MB."""
MOST_ROWS = 1_048_576
MOST_COLUMNS = 256


def rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields row numbers from 1 and cells as text, as many as the first row has; empty rows are left out.

    Raises:
        AnnotationError: a row has more cells than the first row.
        CatganError: openpyxl is not installed, or cannot read the file.
    """
    columns = 0
    try:
        for line, values in enumerate(_sheet(file), 1):
            if line > MOST_ROWS:
                raise AnnotationError(file, line, "more rows than a workbook can have.")
            empty = values.count(None) == len(values)
            cells = [] if empty else ["" if value is None else str(value).strip() for value in values]
            if not any(cells):
                continue
            columns = columns or max(place for place, cell in enumerate(cells, 1) if cell)
            if any(cells[columns:]):
                raise AnnotationError(file, line, f"there are cells beyond the {columns} columns of the header.")
            yield line, (cells + [""] * columns)[:columns]
    except CatganError:
        raise
    except Exception as error:  # zipfile, the XML parser and openpyxl raise many types for damaged files
        raise CatganError(f"{file} is not a workbook that can be read "
                          f"({type(error).__name__}: {' '.join(str(error).split())[:100]}).") from None


def _sheet(file: Path) -> Iterator[tuple[object, ...]]:
    """Yields the rows of the first sheet with their original cell types."""
    try:
        import openpyxl
    except ImportError:
        raise CatganError(f"{file} is read through openpyxl, which is not installed: pip install openpyxl, or export "
                          f"the sheet as .csv.") from None
    content = io.BytesIO(file.read_bytes())
    with zipfile.ZipFile(content) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES:
        raise CatganError(f"{file} would unpack to {size:,} bytes: no annotation.")
    book = openpyxl.load_workbook(content, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # dimensions in the file may be wrong, which would lose rows
        yield from sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
    finally:
        book.close()
