"""Questions to the rows of a data set: `AU12>=3 and valence<0`, `not expression=sadness`, `AU12 is unknown`.

Logic has three values (Kleene): a comparison with an unknown label is unknown, `not` of it is unknown too, and a row
is shown only where the whole question is true.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catgan import facs
from catgan.data.schema import SPLITS
from catgan.data.shards import known, schema_of
from catgan.data.store import DualDataset
from catgan.errors import CatganError, unknown_name

Kind = Literal["number", "text"]
MAX_LENGTH, MAX_DEPTH = 2000, 40

_KEYWORDS = ("and", "or", "not", "is", "known", "unknown")
_SIGNS = {"=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
          ">": operator.gt, ">=": operator.ge}
_TOKEN = re.compile(r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>[=!<>]=|[=<>])|(?P<bracket>[()])"""
                    r"""|(?P<word>[^\s()<>=!"']+)""", re.DOTALL)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"\s")
_UNIT = re.compile(r"(?i)(true_|predicted_)?au0*([0-9]{1,3})(_[a-z_]+)?")
_EXPRESSIONS = ("expression", "true_expression", "predicted_expression")


# === What a question is ===


class _Truth(NamedTuple):
    """Where something is true and where it is false, bool `(n,)` each; it is unknown where it is neither."""

    true: np.ndarray
    false: np.ndarray


@dataclass(frozen=True)
class _Comparison:
    column: str
    sign: str
    value: float | str

    def truth(self, table: pa.Table | pa.RecordBatch) -> _Truth:
        cells = table.column(self.column)
        known = np.asarray(cells.is_valid())
        if isinstance(self.value, str):
            same = np.asarray(pc.equal(cells, pa.scalar(self.value, cells.type)).fill_null(False))
            holds = same if self.sign != "!=" else ~same
        else:
            values = np.asarray(cells.fill_null(0))
            wanted = np.float64(self.value)
            if values.dtype.kind == "f":
                known = known & ~np.isnan(values)
                with np.errstate(over="ignore"):  # 0.3 means the number of the column's own type that is written 0.3
                    wanted = values.dtype.type(self.value)
            holds = _SIGNS[self.sign](values, wanted)
        return _Truth(known & holds, known & ~holds)


@dataclass(frozen=True)
class _Known:
    column: str
    wanted: bool

    def truth(self, table: pa.Table | pa.RecordBatch) -> _Truth:
        cells = table.column(self.column)
        known = np.asarray(cells.is_valid())
        if pa.types.is_floating(cells.type):
            known = known & ~np.isnan(np.asarray(cells.fill_null(0)))
        return _Truth(known, ~known) if self.wanted else _Truth(~known, known)


@dataclass(frozen=True)
class _Not:
    part: _Condition

    def truth(self, table: pa.Table | pa.RecordBatch) -> _Truth:
        return _Truth(*reversed(self.part.truth(table)))


@dataclass(frozen=True)
class _Join:
    """All (`and`) or any (`or`) of the parts."""

    all: bool
    parts: tuple[_Condition, ...]

    def truth(self, table: pa.Table | pa.RecordBatch) -> _Truth:
        truths = [part.truth(table) for part in self.parts]
        both, either = (np.logical_and, np.logical_or) if self.all else (np.logical_or, np.logical_and)
        return _Truth(both.reduce([truth.true for truth in truths]), either.reduce([truth.false for truth in truths]))


_Condition = _Comparison | _Known | _Not | _Join


@dataclass(frozen=True)
class Query:
    """A question that was read and checked.

    Args:
        text: what the user wrote.
        columns: the columns it needs, in the order in which it names them.
        condition: what must hold.
    """

    text: str
    columns: tuple[str, ...]
    condition: _Condition

    def matches(self, table: pa.Table | pa.RecordBatch) -> np.ndarray:
        """Where the question is true, bool `(n,)`, for the `n` rows of a table that has `columns`."""
        return self.condition.truth(table).true


# === Reading one ===


def parse(text: str, columns: Mapping[str, Kind]) -> Query:
    """Reads a question.

    Args:
        text: comparisons (`=`, `!=`, `<`, `<=`, `>`, `>=`), `COLUMN is known`, `COLUMN is unknown`, joined by `and`,
            `or`, `not` and parentheses. Numbers for number columns, words or quoted text for text columns.
        columns: what can be asked about. `AU4`, `au04` and `AU04` are one column.

    Raises:
        CatganError: text that is no question, with the position; a column that is not there; a value that does not
            fit its column.
    """
    if len(text) > MAX_LENGTH:
        raise CatganError(f"A query has at most {MAX_LENGTH} characters. Received: {len(text)}.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # what the shell gave is not UTF-8
        raise CatganError(f"A query is written in UTF-8. Received: {ascii(_shortened(text))}.")
    if not text.strip():
        raise CatganError("A query asks about at least one column, for example AU12>=3. Received: nothing.")
    parser = _Parser(text, columns)
    condition = parser.either(0)
    if parser.next.kind != "end":
        raise parser.error("'and', 'or' or the end is expected")
    return Query(text, tuple(dict.fromkeys(parser.asked)), condition)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if text[at].isspace():
            at += 1
        elif match is None:
            problem = "this quotation mark is never closed" if text[at] in "\"'" else "'!' stands only in '!='"
            raise _error(text, at, problem)
        else:
            yield _Token(str(match.lastgroup), match[0], at)
            at = match.end()
    yield _Token("end", "the end", len(text))


class _Parser:
    """Recursive descent: either -> both -> negated -> single."""

    def __init__(self, text: str, columns: Mapping[str, Kind]):
        self.text, self.columns, self.asked = text, columns, list[str]()
        self._tokens = _tokens(text)
        self.next = next(self._tokens)

    def error(self, problem: str, at: _Token | None = None) -> CatganError:
        token = at or self.next
        return _error(self.text, token.at, f"{problem}. Received: {_shortened(token.text)}")

    def take(self) -> _Token:
        token = self.next
        if token.kind != "end":
            self.next = next(self._tokens)
        return token

    def either(self, depth: int) -> _Condition:
        parts = [self.both(depth)]
        while self.next.is_word("or"):
            self.take()
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else _Join(False, tuple(parts))

    def both(self, depth: int) -> _Condition:
        parts = [self.negated(depth)]
        while self.next.is_word("and"):
            self.take()
            parts.append(self.negated(depth))
        return parts[0] if len(parts) == 1 else _Join(True, tuple(parts))

    def negated(self, depth: int) -> _Condition:
        if depth > MAX_DEPTH:
            raise self.error(f"'not' and parentheses go at most {MAX_DEPTH} deep")
        if self.next.is_word("not"):
            self.take()
            return _Not(self.negated(depth + 1))
        if self.next.text != "(":
            return self.single()
        opened = self.take()
        inner = self.either(depth + 1)
        if self.next.text != ")":
            raise self.error(f"')' is expected, for the '(' at position {opened.at + 1}")
        self.take()
        return inner

    def single(self) -> _Condition:
        if self.next.kind != "word" or self.next.is_word(*_KEYWORDS) or _NUMBER.fullmatch(self.next.text):
            raise self.error("a column is expected, as in AU12>=3")
        column = _column(self.take().text, self.columns)
        self.asked.append(column)
        if self.next.is_word("is"):
            self.take()
            return _Known(column, self.known())
        if self.next.kind != "sign":
            raise self.error(f"a comparison ({' '.join(_SIGNS)}) or 'is unknown' is expected after '{column}'")
        sign = self.take()
        return _Comparison(column, sign.text, self.value(column, sign))

    def known(self) -> bool:
        negated = self.next.is_word("not")
        if negated:
            self.take()
        if not self.next.is_word("known", "unknown"):
            raise self.error("'known' or 'unknown' is expected after 'is'")
        return self.take().is_word("known") != negated

    def value(self, column: str, sign: _Token) -> float | str:
        token = self.next
        if token.is_word("known", "unknown"):
            raise self.error(f"write '{column} is {token.text.lower()}'")
        if token.kind not in ("word", "quoted") or token.is_word(*_KEYWORDS):
            raise self.error(f"a value is expected after '{sign.text}'")
        self.take()
        number = _NUMBER.fullmatch(token.text)
        if self.columns[column] == "number":
            if not number or not math.isfinite(float(token.text)):
                raise self.error(f"'{column}' is compared with a number", token)
            return float(token.text)
        if number:
            raise self.error(f"'{column}' is text, and text that looks like a number needs quotation marks", token)
        if sign.text not in ("=", "==", "!="):
            raise self.error(f"'{column}' is text, which is compared with = or != only", sign)
        return _text_value(column, token)


def _text_value(column: str, token: _Token) -> str:
    value = re.sub(r"(?s)\\(.)", r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text
    if column == "split" and value not in SPLITS:
        raise unknown_name("split", value, SPLITS)
    return facs.parse_expression(value) if column in _EXPRESSIONS else value


def _column(name: str, columns: Mapping[str, Kind]) -> str:
    names = {column.lower(): column for column in columns} | {column: column for column in columns}
    unit = _UNIT.fullmatch(name)
    canonical = f"{(unit[1] or '').lower()}AU{int(unit[2]):02d}{unit[3] or ''}" if unit else name
    for spelling in (name, name.lower(), canonical.lower()):
        if spelling in names:
            return names[spelling]
    if facs.presence_column(canonical) in columns:
        present = ">=0.5" if canonical.startswith("predicted_") else "=1"  # a probability, or a label
        raise CatganError(f"No face here has an intensity of {canonical}; ask whether it is present: "
                          f"{canonical}_present{present}. Received: '{name}'.")
    raise unknown_name("column", _shortened(name), (column for column in columns if not column.endswith("_source")))


def _shortened(text: str) -> str:
    text = _SPACE.sub(" ", text)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _error(text: str, at: int, problem: str) -> CatganError:
    """One line: what, where, and the words around it with ^ before the place."""
    around = f"{'...' * (at > 30)}{text[max(at - 30, 0):at]}^{text[at:at + 30]}{'...' * (at + 30 < len(text))}"
    return CatganError(f"The query cannot be read at position {at + 1} (^ in: {_SPACE.sub(' ', around)}): {problem}.")


# === What can be asked, and the rows ===


def kinds(schema: pa.Schema) -> dict[str, Kind]:
    """The columns of a shard that hold one number or one text a row, in order."""
    found: dict[str, Kind] = {}
    for field in schema:
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            found[field.name] = "text"
        elif pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
            found[field.name] = "number"
    return found


def askable(dataset: DualDataset) -> dict[str, Kind]:
    """The columns of a data set that a question can be about; an AU whose intensity no face has is none."""
    paths = dataset.shards()
    found = {name: kind for name, kind in kinds(schema_of(paths[0])).items() if name in dataset.info["columns"]}
    counts = known(paths, [name for name in found if re.fullmatch("AU[0-9]+", name)])
    return {name: kind for name, kind in found.items() if counts.get(name, 1)}
