"""Readers of annotation layouts, by name. A reader is `read(name, root) -> iterator of Record or Rejected`, with the
recipe's options as a third argument where its `LAYOUT` names any; it yields value or unknown, never a guess, and raises
`AnnotationError` at a line that it cannot read."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import unknown_name

Reader = Callable[..., Iterator[Record | Rejected]]

NAMES = (
    "aff_wild", "affdex", "affectnet", "affectnet_2021", "affwild2", "affwild2_mtl", "afew_va", "bp4d", "ck_plus",
    "disfa", "disfa_plus", "emotic", "emotionet", "emotionet_manual", "expw", "facereader", "facet", "feafa", "fer2013",
    "gft", "libreface", "omg", "openface", "pyfeat", "raf_au", "raf_db", "recola", "semaine", "sewa", "table", "unbc")

_MODULES = {name: importlib.import_module(f"{__name__}.{name}") for name in NAMES}

READERS: dict[str, Reader] = {name: module.read for name, module in _MODULES.items()}

FAMILIES = {"disfa": "disfa", "disfa_plus": "disfa", "feafa": "disfa", "affwild2": "affwild2",
            "affwild2_mtl": "affwild2"}
"""Layouts whose collections have people or videos of the same names in common. RAF-AU and RAF-DB share photographs, but
neither people's names nor numbers: those are found by their content."""


def description(format_name: str) -> str:
    """What a layout looks like on disk and what is unknown in it: the docstring of its module."""
    reader(format_name)
    return (_MODULES[format_name].__doc__ or "").strip()


def layout(format_name: str) -> Layout:
    """What a layout gives, and under what terms."""
    reader(format_name)
    return _MODULES[format_name].LAYOUT


def reader(format_name: str) -> Reader:
    """The reader of a layout. Raises `CatganError` for an unknown name."""
    if format_name not in READERS:
        raise unknown_name("annotation format", format_name, READERS)
    return READERS[format_name]


def read(format_name: str, name: str, root: Path,
         options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """The rows of a source; `options` are those that its layout names."""
    if layout(format_name).options:
        return reader(format_name)(name, root, options or {})
    return reader(format_name)(name, root)
