"""Reads `rejected.parquet` and `conflicts.parquet` of a data set, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catgan.errors import DataError
from catgan.web.data_source import DataSource
from catgan.web.inside import inside
from catgan.web.requests import Refused

REJECTED_ROWS, CONFLICT_ROWS = 50, 20
"""Rows on a page."""
LONGEST_TEXT = 1000


def rejected(folder: Path, reason: str | None, page: int) -> dict[str, object]:
    """Describes the rows that a build has not used.

    Args:
        folder: of the data set.
        reason: shows rows with this reason alone; None shows all.
        page: from 0.

    Returns:
        `reasons` with their numbers of rows, `total`, `page`, `pages`, and `rows`: source, path, row, reason, detail.
    """
    reasons, shown, total = Counter[str](), list[dict[str, str | None]](), 0
    for batch in _batches(folder, "rejected.parquet", ("source", "path", "row", "reason", "detail")):
        for counted in pc.value_counts(batch["reason"]).to_pylist():
            reasons[str(counted["values"])] += counted["counts"]
        chosen = batch if reason is None else batch.filter(pc.equal(batch["reason"], reason))
        shown += _slice(chosen, page * REJECTED_ROWS - total, REJECTED_ROWS - len(shown))
        total += chosen.num_rows
    if reason is not None and reason not in reasons:
        raise Refused(f"No row was rejected for this reason. Reasons: {', '.join(sorted(reasons)) or 'none'}.")
    return {"reasons": dict(reasons.most_common()), "total": total, "page": page,
            "pages": max(-(-total // REJECTED_ROWS), 1), "rows": shown}


def conflicts(source: DataSource, page: int) -> dict[str, object]:
    """Describes labels that contradicted each other.

    Returns:
        `total`, `page`, `pages`, `version` of the data set, and `rows`: `row` of the face (None if it is in no split),
        `id`, `column`, `sides` (where a label comes from, and what it says) and `decided`.
    """
    shown, total = list[dict[str, str | None]](), 0
    for batch in _batches(source.folder, "conflicts.parquet", ("id", "column", "said", "decided")):
        shown += _slice(batch, page * CONFLICT_ROWS - total, CONFLICT_ROWS - len(shown))
        total += batch.num_rows
    rows = source.rows_of_ids([str(one["id"]) for one in shown]) if shown else {}
    source.hint(rows.values())
    return {"total": total, "page": page, "pages": max(-(-total // CONFLICT_ROWS), 1),
            "version": source.opened().version,
            "rows": [{"row": rows.get(str(one["id"])), "id": one["id"], "column": one["column"],
                      "sides": sides(one["said"] or ""), "decided": _short(one["decided"])} for one in shown]}


def sides(said: str) -> list[dict[str, str]]:
    """Splits what sources said, `source/path: value; source/path: value`, into `{"from", "value"}`; a path may hold
    a semicolon."""
    found, rest = list[dict[str, str]](), ""
    for part in said.split("; "):
        rest = f"{rest}; {part}" if rest else part
        where, separator, value = rest.rpartition(": ")
        if separator:
            found.append({"from": where, "value": value})
            rest = ""
    return found + ([{"from": rest, "value": ""}] if rest else [])


def _short(text: str | None) -> str | None:
    """Rounds a text that is a number with many digits, such as a mean of two labels."""
    try:
        return text if text is None or len(text) < 8 else f"{float(text):.4g}"
    except ValueError:
        return text


def _batches(folder: Path, name: str, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a table of texts; nothing where a data set has no such table, such as a rendered one."""
    path = folder / name
    real = inside(folder, path)
    if not real.is_file():
        return
    try:
        with pq.ParquetFile(real, buffer_size=1 << 20, pre_buffer=False) as file:
            yield from file.iter_batches(4096, columns=list(columns))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise DataError(f"{name} is damaged: {' '.join(str(error).split())[:200]}.") from None


def _slice(batch: pa.RecordBatch, start: int, most: int) -> list[dict[str, str | None]]:
    """Returns at most `most` rows of a batch as texts, from row `start`, which may lie before or behind it."""
    part = batch.slice(max(start, 0), most) if start < batch.num_rows and most > 0 else batch.slice(0, 0)
    return [{name: None if value is None else str(value)[:LONGEST_TEXT] for name, value in row.items()}
            for row in part.to_pylist()]
