"""Readers of annotation layouts, by name. A reader is `read(name, root) -> iterator of Record or Rejected`; it yields
value or unknown, never a guess, and raises `AnnotationError` at a line that it cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from catgan.data.records import Record, Rejected
from catgan.data.sources import affectnet, affwild2_mtl, emotionet
from catgan.errors import unknown_name

Reader = Callable[[str, Path], Iterator[Record | Rejected]]

READERS: dict[str, Reader] = {
    "emotionet": emotionet.read,
    "affectnet": affectnet.read,
    "affwild2_mtl": affwild2_mtl.read,
}


def reader(format_name: str) -> Reader:
    """The reader of a layout. Raises `CatganError` for an unknown name."""
    if format_name not in READERS:
        raise unknown_name("annotation format", format_name, READERS)
    return READERS[format_name]
