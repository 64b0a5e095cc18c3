"""What the readers share: lines with their numbers, numbers with their ranges, images below their root."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from catgan.data.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError
from catgan.files import path_inside


def require(path: Path, what: str) -> Path:
    """`path`, if it exists. Raises `CatganError` otherwise."""
    if not path.exists():
        raise CatganError(f"{what} not found: {path}.")
    return path


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends; blank lines are left out, a byte order mark is dropped."""
    try:
        with open(path, encoding="utf-8-sig", newline=None) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise CatganError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}).") from None


def number(text: str, file: Path, line: int, name: str, low: float, high: float,
           unknown: float | None = None) -> float | None:
    """A number in `low..high`, None where it equals the sentinel `unknown`.

    Raises:
        AnnotationError: anything else.
    """
    try:
        value = float(text)
    except ValueError:
        raise AnnotationError(file, line, f"{name} must be a number. Received: {text.strip()!r}.") from None
    if unknown is not None and value == unknown:
        return None
    if not (math.isfinite(value) and low <= value <= high):
        raise AnnotationError(file, line, f"{name} must lie in {low:g}..{high:g}"
                              f"{f', or be {unknown:g} for unknown' if unknown is not None else ''}. "
                              f"Received: {text.strip()}.")
    return value


def code(text: str, file: Path, line: int, name: str, allowed: tuple[int, ...], unknown: int) -> int | None:
    """A whole number out of `allowed`, None for the sentinel `unknown`. Raises `AnnotationError` otherwise."""
    value = number(text, file, line, name, min(allowed), max(allowed), unknown)
    if value is None:
        return None
    if value not in allowed:
        raise AnnotationError(file, line, f"{name} must be one of {', '.join(map(str, allowed))}, or {unknown} for "
                              f"unknown. Received: {text.strip()}.")
    return int(value)


def below(root: Path, relative: str, file: Path, line: int) -> Path:
    """The image `relative` below `root`; one that climbs out is an `AnnotationError`."""
    try:
        return path_inside(root, relative)
    except CatganError as error:
        raise AnnotationError(file, line, str(error)) from None


def labelled(record: Record) -> Record | Rejected:
    """The record, or its rejection when every label is unknown."""
    if record.labelled:
        return record
    return Rejected(record.source, record.key, record.row, "no label", "every label of this row is unknown")
