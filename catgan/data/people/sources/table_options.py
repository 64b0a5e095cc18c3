"""Parses the options of a table of people: which column holds what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catgan.data.people.records import BoxOf
from catgan.data.sources import scales, table, table_clips
from catgan.data.sources.boxes import Box
from catgan.data.sources.layout import option_number
from catgan.data.sources.scales import Column
from catgan.errors import CatganError, unknown_name

OPTIONS = {
    "file": "the table below ROOT, `data/*.parquet`, or a list",
    "image": "column with the path of the photograph, or `{folder}/{name}.jpg` of columns",
    "clip": "column with the path of a video or a folder of its images, instead of `image`",
    "images": "folder that paths start in", "beside": "true: paths start in the folder of the table",
    "frame": "column: frame of the box", "first": "column", "last": "column",
    "frames_from": "0 or 1: number of a video's first frame; default 0",
    "rate": "frames per second of folders of images", "box": "four columns, or a mapping of them",
    "box_of": "body or face: what the box surrounds; needed with `box`", "subject": "column", "video": "column",
    "split": "column", "expression": "column, or {column, names: {0: neutral}}",
    "valence": "column, or {column, from, to}", "arousal": "column, or {column, from, to}",
    "dominance": "column, or {column, from, to}", "categories": "column of names, separated by ;",
    "category_names": "all categories that there are", "place": "column", "place_time": "column of ISO times",
    "phrases": "column or columns of adjective-noun pairs, separated by ;",
    "unknown": "cells that mean unknown, as a list or separated by commas", "encoding": "encoding of a text file"}
KINDS = {"frame": "text", "first": "text", "last": "text", "subject": "text", "video": "text", "place": "text",
         "place_time": "text", "categories": "text", "split": "split", "expression": "expression",
         "valence": "valence", "arousal": "arousal", "dominance": "valence"}
"""Options that are a column -> how `scales.column` reads it; dominance has the range of valence."""


@dataclass(frozen=True)
class Plan:
    """Holds the parsed options.

    Args:
        name: name of the source.
        columns: option -> its column.
        paths: columns that the path is made of.
        pattern: parts of the path: text, column, text, column, text; empty for a single column.
        is_clip: whether the paths are those of clips.
        images: folder that paths start in; None for ROOT.
        beside: whether paths start in the folder of the table.
        frames_from: number of a video's first frame, 0 or 1.
        rate: frames per second of folders of images; None if not given.
        box, box_of: columns of the box, and what it surrounds.
        category_names: all categories.
        phrases: columns of adjective-noun pairs.
        unknown: cells that mean unknown.
        encoding: of text files; None to detect it.
    """

    name: str
    columns: Mapping[str, Column]
    paths: tuple[str, ...]
    pattern: tuple[str, ...]
    is_clip: bool
    images: str | None
    beside: bool
    frames_from: int
    rate: float | None
    box: Box | None
    box_of: BoxOf
    category_names: tuple[str, ...]
    phrases: tuple[str, ...]
    unknown: frozenset[str]
    encoding: str | None

    @property
    def needed(self) -> list[str]:
        """Names of the columns that the table must have, the path first, each once."""
        boxes = self.box.columns if self.box else ()
        return list(dict.fromkeys([*self.paths, *(column.name for column in self.columns.values()), *boxes,
                                   *self.phrases]))


def understood(name: str, options: Mapping[str, object]) -> Plan:
    """Parses the options of source `name`.

    Raises:
        CatganError: an unknown option, one that is missing, or a bad value.
    """
    _check(name, options)
    unknown = table.unknown_cells(options.get("unknown", ""))
    columns = {word: scales.column(word, kind, options[word], unknown) for word, kind in KINDS.items()
               if word in options}
    pattern = re.split(r"\{([^{}]+)\}", str(options["clip" if "clip" in options else "image"]))
    pattern = [" ".join(part.split()) if place % 2 or len(pattern) == 1 else part for place, part in enumerate(pattern)]
    return Plan(
        name, columns, tuple(pattern[1::2]) or tuple(pattern), tuple(pattern) if len(pattern) > 1 else (),
        "clip" in options, str(options["images"]) if "images" in options else None, bool(options.get("beside", False)),
        table_clips.first_frame(options), option_number(options, "rate", 0.0, 0.1, 1000.0) if "rate" in options else
        None, Box.of(options["box"]) if "box" in options else None,
        "face" if options.get("box_of") == "face" else "body", _words(name, options, "category_names"),
        tuple(" ".join(word.split()) for word in _words(name, options, "phrases")), unknown,
        table.encoding_of(name, options["encoding"]) if "encoding" in options else None)


def _check(name: str, options: Mapping[str, object]) -> None:
    """Raises `CatganError` for options that are unknown, missing, or do not go together."""
    for word in options:
        if word == "follow_links":
            raise CatganError(f"Source '{name}': `follow_links` stands beside `root`, not under `options`.")
        if word not in OPTIONS:
            raise unknown_name(f"option of source '{name}'", word, OPTIONS)
    if "file" not in options or ("image" in options) == ("clip" in options):
        raise CatganError(f"Source '{name}': a table of people needs 'options' with file, and either image or clip. "
                          f"Received: {', '.join(options) or 'none'}.")
    if ("box" in options) != ("box_of" in options) or options.get("box_of", "body") not in ("body", "face"):
        raise CatganError(f"Source '{name}': with 'box', 'box_of' says what it surrounds, body or face. "
                          f"Received: {options.get('box_of')!r}.")
    if ("categories" in options) != ("category_names" in options):
        raise CatganError(f"Source '{name}': 'categories' and 'category_names' are given together: a name that is not "
                          "in a cell is not true, if it could be named.")
    more = [word for word in ("frame", "first", "last", "frames_from", "rate") if word in options]
    if more and "clip" not in options:
        raise CatganError(f"Source '{name}': {', '.join(more)} belong to 'clip'. Received: image.")
    beside = options.get("beside", False)
    if not isinstance(beside, bool) or beside and "images" in options:
        raise CatganError(f"Source '{name}': 'beside' is true or false, and not given together with 'images'. "
                          f"Received: {beside!r}.")


def _words(name: str, options: Mapping[str, object], word: str) -> tuple[str, ...]:
    """Returns an option that is one text or a list of them."""
    given = options.get(word, [])
    words = tuple(given) if isinstance(given, list) else (given,)
    if not all(isinstance(item, str) and item.strip() for item in words) or len(set(words)) < len(words):
        raise CatganError(f"Source '{name}': '{word}' must be text, or a list of different texts. "
                          f"Received: {given!r}.")
    return tuple(str(item) for item in words)
