"""Converts the cells of a table to labels: numbers on a declared scale, FACS letters, yes and no, class names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from catgan import facs
from catgan.errors import CatganError, unknown_name

Value = float | int | str | None
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "<na>", "#n/a"})
"""Cells that mean "not a number", in lower case."""
YES = frozenset({"true", "yes", "y", "t", "present", "on"})
NO = frozenset({"false", "no", "n", "f", "absent", "off"})
LETTERS = {letter: float(grade) for grade, letter in enumerate("abcde", 1)} | {"absent": 0.0}
SPLITS = {"train": "training", "training": "training", "val": "validation", "valid": "validation",
          "validation": "validation", "dev": "validation", "development": "validation", "eval": "validation",
          "test": "test", "testing": "test"}
CACHED_CELLS = 1 << 16
"""Largest number of cells whose value is cached; labels repeat."""

_WHOLE = re.compile(r"([+-]?\d+)\.0")


class CellError(Exception):
    """A cell that cannot be converted.

    Args:
        message: the reason.
        reject: whether the row is rejected and counted, because the recipe declares the range of values; otherwise the
            table contradicts the recipe.
    """

    def __init__(self, message: str, reject: bool = False):
        super().__init__(message)
        self.reject = reject


def plain(text: str) -> str:
    """Normalises a name or number: pandas turns 9 into `9.0`, which becomes `9` again."""
    match = _WHOLE.fullmatch(text)
    return match[1] if match else text


def canonical(text: str) -> str:
    """Normalises a cell for comparison: `9.0` and `09` become `9`; other text is unchanged."""
    try:
        value = number(text)
        return str(int(value)) if value.is_integer() else text
    except ValueError:
        return text


def number(text: str) -> float:
    """Parses a number with a decimal point or comma.

    Raises:
        ValueError: any other text.
    """
    try:
        value = float(text)
    except ValueError:
        value = float(text.replace("\N{MINUS SIGN}", "-").replace(",", "." if text.count(",") == 1 else ","))
    if "_" in text:  # Python parses 1_0 as ten
        raise ValueError(text)
    return value


@dataclass(frozen=True)
class Scale:
    """Maps the numbers of a column to those of a label.

    Args:
        low, high: the column's numbers for the two ends; `low` may be the larger.
        to_low, to_high: the label's range.
    """

    low: float
    high: float
    to_low: float
    to_high: float

    def value(self, given: float) -> float:
        """Converts a number of the column to the label, linearly between the ends.

        Raises:
            ValueError: a number outside the ends.
        """
        if not min(self.low, self.high) <= given <= max(self.low, self.high):
            raise ValueError(given)
        if (self.low, self.high) == (self.to_low, self.to_high):
            return given
        if self.low == self.to_low == 0.0:
            return given * self.to_high / self.high
        half, to_half = (self.high - self.low) / 2, (self.to_high - self.to_low) / 2
        # Computed from the middle, which is exact for scales such as 1..9 or -10..10.
        value = (self.to_low + to_half) + (given - (self.low + half)) * to_half / half
        return min(max(value, self.to_low), self.to_high)

    def given(self, value: float) -> float:
        """Converts a label to the number of the column: the inverse of `value`."""
        share = (value - self.to_low) / (self.to_high - self.to_low)
        return self.low + share * (self.high - self.low)

    def __str__(self) -> str:
        return f"{min(self.low, self.high):g}..{max(self.low, self.high):g}"


@dataclass
class Column:
    """Converts the cells of a column that a recipe names to values of one label.

    Args:
        option: the recipe's name for the label.
        name: name of the column.
        parse: converts a stripped cell to its value, None for unknown; raises `CellError`.
        unknown: cells that mean unknown according to the recipe.
        scale: scale of numbers; else None.
        declared: whether the recipe states the scale.
        divided: the divisor of the older form of a scale, `v / 10`.
    """

    option: str
    name: str
    parse: Callable[[str], Value]
    unknown: frozenset[str] = frozenset({""})
    scale: Scale | None = None
    declared: bool = False
    divided: float | None = None
    lowest: float = math.inf
    """The smallest number that was read."""
    _known: dict[str, Value] = field(default_factory=dict)

    def __call__(self, text: str) -> Value:
        """Returns the value of a cell.

        Raises:
            CellError: the cell cannot be converted.
        """
        try:
            return self._known[text]
        except KeyError:
            value = None if text in self.unknown or canonical(text) in self.unknown else self.parse(text)
            if isinstance(value, float) and value < self.lowest:
                self.lowest = value
            if len(self._known) < CACHED_CELLS:
                self._known[text] = value
            return value


# === A recipe's description of a column ===

RANGES = {"valence": (-1.0, 1.0), "arousal": (-1.0, 1.0), "intensity": (0.0, 5.0), "presence": (0.0, 1.0)}
_KEYS: Mapping[str, tuple[str, ...]] = {
    "valence": ("column", "from", "to", "names"), "arousal": ("column", "from", "to", "names"),
    "intensity": ("column", "from", "to", "names"), "presence": ("column", "present_from", "from", "to", "names"),
    "expression": ("column", "names"), "split": ("column", "names"), "text": ("column",)}


def column(option: str, kind: str, given: object, unknown: frozenset[str]) -> Column:
    """Parses the recipe's `option: given`.

    Args:
        option: the recipe's name for the label, for error messages.
        kind: a key of `_KEYS`.
        given: the name of a column, or a mapping with `column` and its declarations.
        unknown: cells that mean unknown.

    Raises:
        CatganError: an unknown key, a value of the wrong type, or an invalid scale.
    """
    content, divided = _content(option, kind, given)
    name = " ".join(str(content["column"]).split())
    declared = "from" in content or "to" in content
    scale = _scale(option, kind, content) if kind in RANGES else None
    threshold = _number(option, "present_from", content["present_from"]) if "present_from" in content else None
    if threshold is not None and scale is not None and not declared:
        scale = Scale(0.0, 1.0, 0.0, 1.0)
    if scale is not None and declared and kind == "presence" and threshold is None:
        raise CatganError(f"'{option}' is 0 or 1: a scale needs `present_from`, the number from which it is present, "
                          f"as in {{column: {name}, from: 0, to: 5, present_from: 1}}.")
    parse = _parser(option, kind, name, scale, (declared or threshold is not None) and divided is None, threshold)
    if "names" in content:
        parse = _named(option, name, content["names"], parse)
    return Column(option, name, parse, unknown, scale, declared, divided)


def _content(option: str, kind: str, given: object) -> tuple[Mapping[str, object], float | None]:
    if not isinstance(given, Mapping):
        text = str(given)
        match = re.fullmatch(r"(.+?)\s*/\s*(\d+(?:\.\d+)?)", text) if kind in ("valence", "arousal") else None
        if match is None:
            return {"column": text}, None
        end = float(match[2])
        if end == 0.0:
            raise CatganError(f"'{option}' cannot be divided by 0. Received: {text}.")
        return {"column": match[1], "from": -end, "to": end}, end
    for key in given:
        if key not in _KEYS[kind]:
            raise unknown_name(f"key of option '{option}'", key, _KEYS[kind])
    if not isinstance(given.get("column"), (str, int, float)):
        raise CatganError(f"Option '{option}' needs `column`, the name of a column. Received: {dict(given)}.")
    return given, None


def _scale(option: str, kind: str, content: Mapping[str, object]) -> Scale:
    low, high = RANGES[kind]
    if ("from" in content) != ("to" in content):
        raise CatganError(f"Option '{option}' needs `from` and `to`, both ends of the column's scale. "
                          f"Received: {dict(content)}.")
    if "from" not in content:
        return Scale(low, high, low, high)
    start, end = (_number(option, key, content[key]) for key in ("from", "to"))
    if start == end:
        raise CatganError(f"Option '{option}': `from` and `to` must differ. Received: {start:g} and {end:g}.")
    return Scale(start, end, low, high)


def _number(option: str, key: str, value: object) -> float:
    try:
        found = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise CatganError(f"Option '{option}': `{key}` must be a number. Received: {value!r}.")
    return found


# === Parsers ===


def _parser(option: str, kind: str, name: str, scale: Scale | None, declared: bool,
            threshold: float | None) -> Callable[[str], Value]:
    if scale is None:
        words: Mapping[str, Callable[[str], Value]] = {"expression": partial(_expression, option, name),
                                                       "split": partial(_split, option, name)}
        return words.get(kind, plain)
    if threshold is not None:
        return partial(_judged, name, scale, threshold)
    if kind == "presence":
        return partial(_presence, option, name)
    graded = partial(_graded, option, name, scale, declared)
    return partial(_lettered, graded) if kind == "intensity" and not declared else graded


def _lettered(graded: Callable[[str], Value], text: str) -> Value:
    """Parses a FACS intensity given as a letter or a number."""
    letter = LETTERS.get(text.lower())
    return graded(text) if letter is None else letter


def _graded(option: str, name: str, scale: Scale, declared: bool, text: str) -> float | None:
    value = _finite(name, text)
    if value is None:
        return None
    try:
        return scale.value(value)
    except ValueError:
        ends = "from: 1, to: 9" if scale.to_low < 0 else "from: 0, to: 100"
        hint = "" if declared else f" Another scale is declared: `{option}: {{column: {name}, {ends}}}`."
        raise CellError(f"{name} must lie in {scale}. Received: {text[:40]}.{hint}", declared) from None


def _judged(name: str, scale: Scale, threshold: float, text: str) -> int | None:
    """Derives presence from a probability or an intensity by a threshold."""
    value = _finite(name, text)
    if value is None:
        return None
    if not min(scale.low, scale.high) <= value <= max(scale.low, scale.high):
        raise CellError(f"{name} must lie in {scale}. Received: {text[:40]}.", True)
    return int(value >= threshold if scale.low < scale.high else value <= threshold)


def _presence(option: str, name: str, text: str) -> int | None:
    word = text.lower()
    if word in YES or word in NO:
        return int(word in YES)
    if word in LETTERS:
        raise CellError(f"{name} must be 0 or 1. Received: {text}, a FACS intensity. Intensities are declared: "
                        f"`{option} intensity: {name}`.")
    value = _finite(name, text)
    if value is None:
        return None
    if not 0.0 <= value <= 1.0:
        raise CellError(f"{name} must lie in 0..1. Received: {text[:40]}. Intensities are declared: "
                        f"`{option} intensity: {name}`.")
    if value != int(value):
        raise CellError(f"{name} must be a whole number. Received: {text[:40]}. Probabilities need a threshold: "
                        f"`{option}: {{column: {name}, present_from: 0.5}}`.")
    return int(value)


def _finite(name: str, text: str) -> float | None:
    if text.lower() in MISSING:
        return None
    try:
        value = number(text)
    except ValueError:
        raise CellError(f"{name} must be a number. Received: {text[:60]!r}.") from None
    if math.isinf(value):
        raise CellError(f"{name} must be a finite number. Received: {text[:60]}.")
    return None if math.isnan(value) else value


def _expression(option: str, name: str, text: str) -> str:
    try:
        return facs.parse_expression(text)
    except CatganError as error:
        raise CellError(f"{error} Numbers and other words need names: "
                        f"`{option}: {{column: {name}, names: {{{plain(text)[:20]}: neutral}}}}`.") from None


def _split(option: str, name: str, text: str) -> str:
    if text.lower() not in SPLITS:
        raise CellError(f"split must be one of {', '.join(SPLITS)}. Received: {text[:60]}. Other words need names: "
                        f"`{option}: {{column: {name}, names: {{{plain(text)[:20]}: train}}}}`.")
    return SPLITS[text.lower()]


def _named(option: str, name: str, given: object, parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Returns a parser for the cells that the recipe lists by name."""
    if not isinstance(given, Mapping) or not given:
        raise CatganError(f"Option '{option}': `names` must be a mapping of cells to values, as in "
                          f"{{0: neutral, 1: happiness}}. Received: {given!r}.")
    values: dict[str, Value] = {}
    for cell, meaning in given.items():
        text = str(meaning).strip()
        try:
            value = None if meaning is None or text.lower() in ("unknown", "") else parse(text)
        except CellError as error:
            raise CatganError(f"Option '{option}', names: {str(error).partition(' Numbers and ')[0]}") from None
        # YAML parses an unquoted yes as true.
        for spelling in YES if cell == "true" else NO if cell == "false" else (canonical(str(cell).strip()),):
            values[spelling] = value

    def named(text: str) -> Value:
        cell = canonical(text)
        if cell in values:
            return values[cell]
        if cell.lower() in values and cell.lower() in YES | NO:
            return values[cell.lower()]
        raise CellError(f"{name} must be one of {', '.join(list(values)[:20])}, the cells that `names` of option "
                        f"'{option}' lists. Received: {text[:60]}.")
    return named
