"""Registers the readers of annotated people by name, as `catgan.data.sources` does for faces.

A reader is `read(name, root, options) -> iterator of PersonRecord or Rejected`. A line that cannot be read raises
`AnnotationError`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from catgan.data.people.records import PersonRecord
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Rejected
from catgan.errors import unknown_name

Rows = Iterator[PersonRecord | Rejected]
Reader = Callable[[str, Path, Mapping[str, object]], Rows]

NAMES = ("bold", "caer_s", "emotic", "table")

_MODULES = {name: importlib.import_module(f"{__name__}.{name}") for name in NAMES}

READERS: Mapping[str, Reader] = {name: module.read for name, module in _MODULES.items()}


def reader(format_name: str) -> Reader:
    """Returns the reader of a layout.

    Raises:
        CatganError: an unknown name.
    """
    if format_name not in READERS:
        raise unknown_name("annotation format of people", format_name, READERS)
    return READERS[format_name]


def description(format_name: str) -> str:
    """Returns the docstring of a layout's module: its files on disk, its traps, and an example of a recipe."""
    reader(format_name)
    return (_MODULES[format_name].__doc__ or "").strip()


def layout(format_name: str) -> Layout:
    """Returns what a layout provides, and its licence terms."""
    reader(format_name)
    return _MODULES[format_name].LAYOUT


def warning(format_name: str) -> str | None:
    """Returns what must be said beside every figure on a collection; None for nothing."""
    reader(format_name)
    return getattr(_MODULES[format_name], "WARNING", None)


def read(format_name: str, name: str, root: Path, options: Mapping[str, object] | None = None) -> Rows:
    """Reads the people of a source.

    Args:
        format_name: name of the layout.
        name: name of the source in the recipe.
        root: folder of the source.
        options: options that the layout names.
    """
    return reader(format_name)(name, root, options or {})
