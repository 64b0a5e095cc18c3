"""Registers the readers of annotation layouts by name.

A reader is `read(name, root) -> iterator of Record or Rejected`, with the recipe's options as third argument if its
`LAYOUT` names any. A label is either known or unknown, never guessed. A line that cannot be read raises
`AnnotationError`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import unknown_name

Reader = Callable[..., Iterator[Record | Rejected]]

NAMES = (
    "afew", "afew_va", "aff_wild", "affdex", "affectnet", "affectnet_2021", "affwild2", "affwild2_mtl", "bp4d", "caer",
    "ck_plus", "disfa", "disfa_plus", "emotic", "emotionet", "emotionet_manual", "expw", "facereader", "facet", "feafa",
    "fer2013", "gft", "libreface", "mead", "omg", "openface", "oulu_casia", "pyfeat", "raf_au", "raf_db", "ravdess",
    "recola", "semaine", "sewa", "table", "unbc")

_MODULES = {name: importlib.import_module(f"{__name__}.{name}") for name in NAMES}

READERS: dict[str, Reader] = {name: module.read for name, module in _MODULES.items()}

FAMILIES = {"disfa": "disfa", "disfa_plus": "disfa", "feafa": "disfa", "affwild2": "affwild2",
            "affwild2_mtl": "affwild2"}
"""Layouts whose collections share people or videos of the same names. RAF-AU and RAF-DB share photographs but not names
or numbers; those duplicates are found by image content."""


def description(format_name: str) -> str:
    """Returns the docstring of a layout's module: its files on disk and its unknown labels."""
    reader(format_name)
    return (_MODULES[format_name].__doc__ or "").strip()


def layout(format_name: str) -> Layout:
    """Returns what a layout provides, and its licence terms."""
    reader(format_name)
    return _MODULES[format_name].LAYOUT


def reader(format_name: str) -> Reader:
    """Returns the reader of a layout.

    Raises:
        CatganError: an unknown name.
    """
    if format_name not in READERS:
        raise unknown_name("annotation format", format_name, READERS)
    return READERS[format_name]


def read(format_name: str, name: str, root: Path,
         options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Reads the rows of a source.

    Args:
        format_name: name of the layout.
        name: name of the source in the recipe.
        root: folder of the source.
        options: options that the layout names.
    """
    found, options = layout(format_name), options or {}
    own = {word: value for word, value in options.items() if word != "rate" or word in found.options}
    rows = reader(format_name)(name, root, own) if found.options else reader(format_name)(name, root)
    return _timed(rows, found, options) if found.counts_from is not None and "rate" in options else rows


def _timed(rows: Iterator[Record | Rejected], about: Layout,
           options: Mapping[str, object]) -> Iterator[Record | Rejected]:
    """Gives frames the time that follows from their number and the rate of the source."""
    for row in rows:
        if isinstance(row, Record) and row.frame is not None and row.time is None:
            row.time = about.time(row.frame, options)
        yield row
