"""Gathers the ranges of the labels of a source, and warns if a range is hardly used.

Values on another scale than the recipe states often lie inside the allowed range: valence of 0..1 makes every face
positive. The ranges let authors of recipes check the scale of their labels.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from catgan import facs
from catgan.data.builder.recipe import SourceConfig
from catgan.data.sources.records import Record

DIMENSIONS = ("valence", "arousal")
FEWEST = 5
"""Number of known values below which a range causes no warning."""
HARDLY = 0.1
"""Share of the allowed range at or below which a range counts as hardly used."""
LOW_GRADE = 2.0


class Spread:
    """Counts the values of a label and tracks their range.

    Attributes:
        known: number of values.
        minimum, maximum: smallest and largest value.
        whole: True if all values are whole numbers.
    """

    __slots__ = ("known", "minimum", "maximum", "whole")

    def __init__(self) -> None:
        self.known, self.minimum, self.maximum, self.whole = 0, math.inf, -math.inf, True

    def add(self, value: float) -> None:
        """Adds one value."""
        self.known += 1
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value
        if self.whole and value != int(value):
            self.whole = False

    def content(self, rows: int) -> dict[str, Any]:
        """Returns the figures as JSON values; `rows` is the number of rows of the source."""
        return {"known": self.known, "share_known": round(self.known / rows, 4), "minimum": round(self.minimum, 6),
                "maximum": round(self.maximum, 6), "whole_numbers": self.whole}


class Ranges:
    """Gathers the ranges of all labels of one source."""

    def __init__(self) -> None:
        self.presence: dict[int, Spread] = {}
        self.intensity: dict[int, Spread] = {}
        self.dimensions: dict[str, Spread] = {}
        self.expressions: Counter[str] = Counter()

    def add(self, row: Record) -> None:
        """Adds the labels of one row."""
        for units, given in ((self.presence, row.presence), (self.intensity, row.intensity)):
            for number, value in given.items():
                spread = units.get(number)
                if spread is None:
                    spread = units[number] = Spread()
                spread.add(value)
        for name, dimension in (("valence", row.valence), ("arousal", row.arousal)):
            if dimension is not None:
                self.dimensions.setdefault(name, Spread()).add(dimension)
        if row.expression is not None:
            self.expressions[row.expression] += 1

    def content(self, rows: int) -> dict[str, dict[str, Any]]:
        """Returns label -> figures; as in recipes of tables, `AU12` is a presence, `AU12 intensity` an intensity."""
        found = {option_name(number, graded): units[number].content(rows)
                 for number in sorted({*self.presence, *self.intensity})
                 for graded, units in ((False, self.presence), (True, self.intensity)) if number in units}
        found |= {name: self.dimensions[name].content(rows) for name in DIMENSIONS if name in self.dimensions}
        if self.expressions:
            known = self.expressions.total()
            found["expression"] = {"known": known, "share_known": round(known / rows, 4),
                                   "classes": dict(sorted(self.expressions.items()))}
        return found


def option_name(number: int, graded: bool) -> str:
    """Returns the name of an Action Unit in the recipe of a table; `graded` selects its intensity."""
    return f"{facs.au_name(number)}{' intensity' if graded else ''}"


def warnings(ranges: Ranges, source: SourceConfig) -> list[str]:
    """Returns warnings about the labels of a source, each with a remedy."""
    return [*_grades(ranges, source), *_presences(ranges), *_dimensions(ranges, source), *_classes(ranges)]


def _grades(ranges: Ranges, source: SourceConfig) -> Iterator[str]:
    spreads = ranges.intensity
    known = sum(spread.known for spread in spreads.values())
    if known < FEWEST:
        return
    highest, name = max((spread.maximum, option_name(number, True)) for number, spread in spreads.items())
    if highest > LOW_GRADE:
        return
    what = f"intensities of Action Units never exceed {highest:g} of 5"
    if highest <= 1.0 and all(spread.whole for spread in spreads.values()):
        yield f"{what} and are whole numbers: they are probably presence. {_as_presence(name, source)}"
    elif highest <= 1.0:
        yield f"{what}: their scale is probably 0..1. {_way_out(name, source, 'from: 0, to: 1')}"
    else:
        yield f"{what}: the range is hardly used. {_way_out(name, source, 'from: 0, to: 3')}"


def _presences(ranges: Ranges) -> Iterator[str]:
    for value, word in ((0, "absent"), (1, "present")):
        constant = [facs.au_name(number) for number, spread in sorted(ranges.presence.items())
                    if spread.known >= FEWEST and spread.minimum == spread.maximum == value]
        if constant:
            yield f"{', '.join(constant)}: {word} in every row where it is known, so nothing can be learned of it."


def _dimensions(ranges: Ranges, source: SourceConfig) -> Iterator[str]:
    for name, spread in ranges.dimensions.items():
        if spread.known < FEWEST:
            continue
        ends = f"{name} lies in {spread.minimum:.3g}..{spread.maximum:.3g}"
        example = "from: 1, to: 9"
        if spread.maximum - spread.minimum <= 2.0 * HARDLY:
            yield f"{ends}, a tenth of -1..1 or less: the range is hardly used. {_way_out(name, source, example)}"
        elif spread.minimum >= 0.0:
            yield (f"{ends} and is never below 0: its scale probably begins elsewhere. "
                   f"{_way_out(name, source, example)}")
        elif spread.maximum <= 0.0:
            yield f"{ends} and is never above 0: its scale probably ends elsewhere. {_way_out(name, source, example)}"
        elif spread.whole:
            yield (f"{name} holds whole numbers alone, {spread.minimum:g} to {spread.maximum:g}, where a continuous "
                   f"rating is expected. {_way_out(name, source, example)}")


def _classes(ranges: Ranges) -> Iterator[str]:
    if len(ranges.expressions) == 1 and ranges.expressions.total() >= FEWEST:
        yield f"expression is {next(iter(ranges.expressions))} in every row where it is known."


def _way_out(name: str, source: SourceConfig, example: str) -> str:
    """Returns advice on the scale of a label: declare it in the recipe, if the layout allows that, or check it."""
    if source.format != "table":
        return f"Check that the files are what the format {source.format} describes (catgan sources {source.format})."
    option, given = _given(name, source)
    if isinstance(given, Mapping) and "from" in given:
        return (f"The recipe declares from {given['from']} to {given.get('to')}: check that against the documentation "
                "of the collection.")
    column = given.get("column") if isinstance(given, Mapping) else str(given).split("/")[0].strip()
    return f"Declare the column's own scale, for example `{option}: {{column: {column}, {example}}}`."


def _as_presence(name: str, source: SourceConfig) -> str:
    if source.format != "table":
        return _way_out(name, source, "")
    option, given = _given(name, source)
    column = given.get("column") if isinstance(given, Mapping) else given
    return f"Declare them without 'intensity': `{option.removesuffix(' intensity')}: {column}`."


def _given(name: str, source: SourceConfig) -> tuple[str, Any]:
    """Returns the option of a table that gives a label, as the recipe writes it (AU6 for AU06), and its value."""
    return next(((option, value) for option, value in source.options.items()
                 if re.sub(r"^AU(\d)\b", r"AU0\1", option) == name), (name, None))
