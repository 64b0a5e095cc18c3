"""Parses what annotation files have in common: numbered lines, table rows, numbers in a range, image paths below a
root."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from catgan import facs
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError
from catgan.files import inside

LONGEST_LINE = 1 << 20
"""Largest number of characters per line. A row of 2,304 grey values has 9,000, one with 512 identity features 30,000.
"""


def require(path: Path, what: str) -> Path:
    """Returns `path` if it exists.

    Raises:
        CatganError: it does not exist; `what` names it in the message.
    """
    if not path.exists():
        raise CatganError(f"{what} not found: {path}.")
    return path


def found(name: str, root: Path, pattern: str) -> list[Path]:
    """Returns the annotation files of source `name`, sorted by name.

    Raises:
        CatganError: there are none.
    """
    files = sorted(require(root, f"Root of source '{name}'").glob(pattern))
    if not files:
        raise CatganError(f"Source '{name}': no {pattern} in {root}.")
    return files


def lines(path: Path, encoding: str | None = None, blank: bool = False) -> Iterator[tuple[int, str]]:
    """Yields line numbers from 1 and lines without line ends (LF, CR LF or CR).

    Args:
        path: a text file.
        encoding: by default UTF-8, or UTF-16 if a byte order mark or zero bytes indicate it.
        blank: whether blank lines are yielded too.

    Raises:
        AnnotationError: a line longer than `LONGEST_LINE`.
        CatganError: the file is not text.
    """
    try:
        with open(path, encoding=encoding or _encoding(path), newline=None) as file:
            number = 0
            while text := file.readline(LONGEST_LINE):
                number += 1
                if len(text) == LONGEST_LINE:
                    raise AnnotationError(path, number, f"longer than {LONGEST_LINE:,} characters: no annotation.")
                if blank or text and not text.isspace():
                    yield number, text.rstrip("\n")
    except UnicodeError as error:
        raise CatganError(f"{path} is not text in {encoding or 'UTF-8 or UTF-16'} ({str(error)[:120]}).") from None
    except OSError as error:
        raise CatganError(f"{path} cannot be read: {error.strerror}.") from None


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(4)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    zeros = start[:1] == b"\0", start[1:2] == b"\0"
    return {(True, False): "utf-16-be", (False, True): "utf-16-le"}.get(zeros, "utf-8-sig")


def point(text: str) -> str:
    """Replaces a decimal comma, `0,31`, by a point; for tables that are not separated by commas."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def number(text: str, file: Path, line: int, name: str, low: float, high: float,
           unknown: float | None = None) -> float | None:
    """Parses a number in `low..high`; returns None for the sentinel `unknown`.

    Raises:
        AnnotationError: any other text.
    """
    try:
        value = float(text)
        if "_" in text:  # Python parses 1_0 as ten
            raise ValueError
    except ValueError:
        raise AnnotationError(file, line, f"{name} must be a number. Received: {text.strip()[:60]!r}.") from None
    if unknown is not None and value == unknown:
        return None
    if not (math.isfinite(value) and low <= value <= high):
        raise AnnotationError(file, line, f"{name} must lie in {low:g}..{high:g}"
                              f"{f', or be {unknown:g} for unknown' if unknown is not None else ''}. "
                              f"Received: {text.strip()}.")
    return value


def code(text: str, file: Path, line: int, name: str, allowed: tuple[int, ...], unknown: int) -> int | None:
    """Parses a whole number out of `allowed`; returns None for the sentinel `unknown`.

    Raises:
        AnnotationError: any other text.
    """
    value = number(text, file, line, name, min(allowed), max(allowed), unknown)
    if value is None:
        return None
    if value not in allowed:
        raise AnnotationError(file, line, f"{name} must be one of {', '.join(map(str, allowed))}, or {unknown} for "
                              f"unknown. Received: {text.strip()}.")
    return int(value)


class Codes:
    """Parses a few allowed whole numbers quickly: `Codes((0, 1), 999)("1", file, line, name)` is 1.

    Args:
        allowed: the numbers.
        unknown: the sentinel, for which None is returned.
    """

    def __init__(self, allowed: tuple[int, ...], unknown: int):
        self.allowed, self.unknown = allowed, unknown
        self._known: dict[str, int | None] = {str(value): value for value in allowed} | {str(unknown): None}

    def __call__(self, text: str, file: Path, line: int, name: str) -> int | None:
        try:
            return self._known[text]
        except KeyError:
            return code(text, file, line, name, self.allowed, self.unknown)

    def row(self, units: Sequence[int], cells: Sequence[str], file: Path, line: int) -> dict[int, int]:
        """Parses the codes of several AUs; returns the known ones by AU.

        Raises:
            AnnotationError: as `code` does.
        """
        known = self._known
        try:
            return {unit: value for unit, cell in zip(units, cells) if (value := known[cell]) is not None}
        except KeyError:
            values = ((unit, self(cell, file, line, f"AU{unit}")) for unit, cell in zip(units, cells))
            return {unit: value for unit, value in values if value is not None}


def cells(text: str, delimiter: str, file: Path, line: int) -> list[str]:
    """Splits a row of a table into cells, without surrounding white space.

    Raises:
        AnnotationError: unbalanced quotes.
    """
    if '"' not in text:
        return [cell.strip() for cell in text.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except (csv.Error, StopIteration) as error:
        raise AnnotationError(file, line, f"not a row of a table ({error}).") from None


def rows(path: Path, delimiter: str, numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Yields the cells of each row with the number of its first line. A quoted cell may span several lines.

    Args:
        path: path of the table, for error messages.
        delimiter: the separator of cells.
        numbered: `lines(path, blank=True)`, from the first row on.

    Raises:
        AnnotationError: unbalanced quotes.
    """
    for line, text in numbered:
        if '"' not in text:
            if text and not text.isspace():
                yield line, [cell.strip() for cell in text.split(delimiter)]
            continue
        following = (f"{other}\n" for _, other in numbered)
        try:
            row = next(csv.reader(chain((f"{text}\n",), following), delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            raise AnnotationError(path, line, f"not a row of a table ({error}).") from None
        yield line, [cell.strip() for cell in row]


def whole(text: str, file: Path, line: int, name: str, low: int, high: int) -> int:
    """Parses a whole number in `low..high`, also if it is written as 3.0 or 3.0000000e+00.

    Raises:
        AnnotationError: any other text.
    """
    value = number(text, file, line, name, low, high)
    if value is None or value != int(value):
        raise AnnotationError(file, line, f"{name} must be a whole number. Received: {text.strip()[:40]}.")
    return int(value)


def unit(text: str, file: Path, line: int) -> int:
    """Parses the FACS number of an AU: `AU04`, `4` or `04`.

    Raises:
        AnnotationError: FACS has no such number.
    """
    try:
        return facs.parse_action_unit(text)
    except CatganError:
        raise AnnotationError(file, line, f"FACS has no Action Unit {text.strip()[:20]!r}.") from None


def last_number(name: str, file: Path) -> int:
    """Returns the last number in the name of a frame: 12 for `t1aaaff012_facs.txt`.

    Raises:
        AnnotationError: the name has no number.
    """
    found = re.findall(r"\d+", Path(name).name)
    if not found:
        raise AnnotationError(file, 1, f"the name of a frame must end with its number. Received: {name[:60]!r}.")
    return int(found[-1])


def json_object(path: Path) -> dict[str, object]:
    """Parses the object in a JSON file.

    Raises:
        AnnotationError: the file is not a JSON object.
    """
    try:
        content = json.loads("\n".join(text for _, text in lines(path)))
    except (ValueError, RecursionError) as error:
        raise AnnotationError(path, getattr(error, "lineno", 1), f"not JSON ({str(error)[:80]}).") from None
    if not isinstance(content, dict):
        raise AnnotationError(path, 1, "a JSON object is needed.")
    return content


def table(path: Path, delimiter: str, required: Sequence[str] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields line numbers and cells by column of a table with a header, without white space around names and cells.

    Raises:
        AnnotationError: a column appears twice or is missing, or a row has a different number of cells than the header.
    """
    columns: list[str] = []
    for line, row in rows(path, delimiter, lines(path, blank=True)):
        if not columns:
            columns = row
            missing = [name for name in required if name not in columns]
            if missing or len(set(columns)) != len(columns):
                problem = f"lacks {', '.join(missing)}" if missing else "names a column twice"
                raise AnnotationError(path, line, f"the header {problem}. Received: {delimiter.join(row)[:80]}.")
            continue
        if len(row) != len(columns):
            raise AnnotationError(path, line, f"{len(columns)} columns are needed. Received: {len(row)}.")
        yield line, dict(zip(columns, row))


def below(root: Path, relative: str, file: Path, line: int) -> Path:
    """Returns the file `relative` below `root`.

    Raises:
        AnnotationError: the path leads out of `root`.
    """
    return Path(text_below(root, relative, file, line))


def text_below(root: Path, relative: str, file: Path, line: int) -> str:
    """Returns the path of `below` as text, which is faster for millions of rows."""
    try:
        return inside(root, relative)
    except CatganError as error:
        raise AnnotationError(file, line, str(error)) from None


def labelled(record: Record) -> Record | Rejected:
    """Returns the record, or its rejection if every label is unknown."""
    if record.labelled:
        return record
    return Rejected(record.source, record.key, record.row, "no label", "every label of this row is unknown")
