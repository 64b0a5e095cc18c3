"""Parses queries on the rows of a data set: `AU12>=3 and valence<0`, `not expression=sadness`, `AU12 is unknown`.

A query is translated to a SQL condition, which DuckDB evaluates. As in SQL, logic has three values. A comparison with
an unknown label is unknown, and so is its negation; a row matches only if the whole query is true.

Text of the user is never inserted into the SQL: columns are looked up, values are bound as parameters, and all other
words are fixed.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from catgan import facs
from catgan.data.schema import SPLITS
from catgan.data.shards import known, schema_of
from catgan.data.store import DualDataset
from catgan.errors import CatganError, unknown_name

Kind = Literal["number", "text"]
MAX_LENGTH = 2000
"""Maximum number of characters of a query."""
FIRST_LINE = 2
"""Line of the SQL that holds the first token of a query; every token has its own line."""
MAX_DEPTH = 40
"""Maximum nesting of parentheses and `not`."""

_SIGNS = ("=", "==", "!=", "<", "<=", ">", ">=")
_KEYWORDS = ("and", "or", "not", "is", "known", "unknown", "between", "in", "like")
_TOKEN = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>[=!<>]=|[=<>])|(?P<mark>[(),])"""
                    r"""|(?P<known>(?i:is\s+(?:not\s+)?(?:known|unknown))(?![^\s(),<>=!"']))"""
                    r"""|(?P<sum>[-+*/%](?=\s))|(?P<word>[^\s(),<>=!"']+)""", re.DOTALL)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"\s")
_UNIT = re.compile(r"(?i)(true_|predicted_|emotion_|rest_|speech_|blink_)?au0*([0-9]{1,3})(_[a-z_]+)?")
_EXPRESSIONS = ("expression", "true_expression", "predicted_expression")


# === Query ===


class _Value(NamedTuple):
    """Holds a parameter of the SQL, and the column that it is compared with."""

    column: str
    value: float | str


@dataclass(frozen=True)
class Query:
    """Holds a parsed and checked query.

    Args:
        text: the query as the user wrote it.
        columns: the columns that it names, in order of first mention.
        where: the SQL condition, with `?` for each value.
        values: the values, in the order of their `?`.
    """

    text: str
    columns: tuple[str, ...]
    where: str
    values: tuple[_Value, ...]

    def matches(self, table: pa.Table | pa.RecordBatch) -> np.ndarray:
        """Evaluates the query on the `n` rows of a table that has `columns`; returns bool `(n,)`."""
        rows = pa.table({name: table.column(name) for name in self.columns})
        columns = ", ".join(_without_nan(rows.schema.field(name)) for name in self.columns)
        with _database().cursor() as cursor:
            cursor.register("faces", rows)
            values = [_parameter(value, rows.schema) for value in self.values]
            sql = f"SELECT coalesce(\n{self.where}, false) AS found FROM (SELECT {columns} FROM faces)"
            return np.asarray(cursor.execute(sql, values).fetchnumpy()["found"], bool)


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    """Opens an empty database in memory, without access to files, network or Python variables."""
    return duckdb.connect(":memory:", config={
        "threads": 1, "enable_external_access": "false", "python_enable_replacements": "false",
        "lock_configuration": "true"})


def _parameter(value: _Value, schema: pa.Schema) -> float | str:
    """Rounds a number to the float type of its column, so that `=0.3` matches a float32 cell of 0.3."""
    kind = schema.field(value.column).type
    if isinstance(value.value, str) or not pa.types.is_floating(kind):
        return value.value
    with np.errstate(over="ignore"):
        return float(kind.to_pandas_dtype()(value.value))


def _without_nan(column: pa.Field) -> str:
    name = _quoted(column.name)
    if pa.types.is_boolean(column.type):
        return f"CAST({name} AS TINYINT) AS {name}"
    return f"nullif({name}, 'nan') AS {name}" if pa.types.is_floating(column.type) else name


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


# === Parsing ===


def parse(text: str, columns: Mapping[str, Kind]) -> Query:
    """Parses and checks a query.

    Args:
        text: comparisons of columns with values (`=`, `!=`, `<`, `<=`, `>`, `>=`, `between A and B`, `in (A, B)`,
            `like 'A%'`), `COLUMN is known`, `COLUMN is unknown`, joined by `and`, `or`, `not` and parentheses. Number
            columns are compared with numbers or with each other. They may stand in arithmetic with spaces:
            `(AU06 + AU12) / 2 > 1`. Text columns are compared with words or quoted text.
        columns: the columns that a query may name, with their kinds. `AU4`, `au04` and `AU04` are one column.

    Raises:
        CatganError: a syntax error, with its position; an unknown column; or a value that does not fit its column.
    """
    if len(text) > MAX_LENGTH:
        raise CatganError(f"A query has at most {MAX_LENGTH} characters. Received: {len(text)}.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # the argument of the shell was not UTF-8
        raise CatganError(f"A query is written in UTF-8. Received: {ascii(_shortened(text))}.")
    if not text.strip():
        raise CatganError("A query asks about at least one column, for example AU12>=3. Received: nothing.")
    translator = _Translator(text, columns)
    tokens = list(_tokens(text))
    query = translator.query(tokens)
    empty = {name: pa.array([], pa.string() if columns[name] == "text" else pa.float64()) for name in query.columns}
    try:
        query.matches(pa.table(empty))
    except duckdb.Error as error:
        line = re.search("LINE ([0-9]+):", str(error))  # line of the SQL, where each token has its own line
        token = tokens[min(int(line[1]) - FIRST_LINE, len(tokens) - 1)] if line else tokens[-1]
        reason = "this cannot stand here" if isinstance(error, duckdb.ParserException) else str(error).splitlines()[0]
        raise translator.error(reason, token) from None
    return query


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


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
            kind, word = str(match.lastgroup), match[0]
            if kind == "word":
                kind = "number" if _NUMBER.fullmatch(word) else "keyword" if word.lower() in _KEYWORDS else kind
            yield _Token(kind, word, at)
            at = match.end()
    yield _Token("end", "the end", len(text))


class _Translator:
    """Translates a query to SQL token by token. It checks columns and values; DuckDB checks the rest of the grammar."""

    def __init__(self, text: str, columns: Mapping[str, Kind]):
        self.text, self.columns = text, columns
        self.asked, self.values = list[str](), list[_Value]()
        self.opened, self.negations = list[_Token](), 0
        self.before = _Token("start", "", 0)
        self._start_comparison()

    def _start_comparison(self) -> None:
        self.column, self.relation, self.negations = "", "", 0

    def error(self, problem: str, token: _Token) -> CatganError:
        return _error(self.text, token.at, f"{problem}. Received: {_shortened(token.text)}")

    def query(self, tokens: Sequence[_Token]) -> Query:
        sql = []
        for token in tokens:
            sql.append(getattr(self, f"_{token.kind}")(token))
            self.before = token
        return Query(self.text, tuple(dict.fromkeys(self.asked)), "\n".join(sql), tuple(self.values))

    def _end_comparison(self, token: _Token) -> None:
        if self.before.kind == "sign":
            raise self.error(f"a value is expected after '{self.before.text}'", token)
        if not self.column:
            raise self.error("a column is expected, as in AU12>=3", token)
        if not self.relation:
            raise self.error(f"a comparison ({' '.join(_SIGNS)}) or 'is unknown' is expected after '{self.column}'",
                             token)

    def _end(self, token: _Token) -> str:
        self._end_comparison(token)
        if self.opened:
            raise self.error(f"')' is expected, for the '(' at position {self.opened[-1].at + 1}", token)
        return ""

    def _sum(self, token: _Token) -> str:
        return token.text

    def _known(self, token: _Token) -> str:
        self.relation = "is"
        *_, last = words = token.text.lower().split()
        return "IS NOT NULL" if (last == "known") != (len(words) == 3) else "IS NULL"

    def _sign(self, token: _Token) -> str:
        if self.columns.get(self.column) == "text" and token.text not in ("=", "==", "!="):
            raise self.error(f"'{self.column}' is text, which is compared with = or != only", token)
        self.relation = token.text
        return token.text

    def _mark(self, token: _Token) -> str:
        if token.text == "(":
            if self.before.kind == "sign":
                raise self.error(f"a value is expected after '{self.before.text}'", token)
            self.opened.append(token)
            self._check_depth(token)
        elif token.text == ")":
            if not self.opened:
                raise self.error("'and', 'or' or the end is expected", token)
            self.opened.pop()
        return token.text

    def _keyword(self, token: _Token) -> str:
        word = token.text.lower()
        if word in ("known", "unknown", "is"):
            raise self.error(f"write '{self.column} is {word}'" if word != "is" and self.column
                             else "'known' or 'unknown' is expected after 'is'", token)
        if word == "and" and self.relation == "between":
            self.relation = "between ... and"
        elif word in ("and", "or"):
            self._end_comparison(token)
            self._start_comparison()
        elif word == "not":
            self.negations += 1
            self._check_depth(token)
        elif word in ("between", "in", "like"):
            self.relation = word
        return word

    def _check_depth(self, token: _Token) -> None:
        if len(self.opened) + self.negations > MAX_DEPTH:
            raise self.error(f"'not' and parentheses go at most {MAX_DEPTH} deep", token)

    def _word(self, token: _Token) -> str:
        if self.columns.get(self.column) == "text":
            return self._text(token)
        name = _spelling(token.text, self.columns)
        if self.column and (name is None or self.columns[name] == "text"):
            raise self.error(f"'{self.column}' is compared with a number" if self.before.kind == "sign"
                             else "'and', 'or' or the end is expected", token)
        self.column = name or _column(token.text, self.columns)
        self.asked.append(self.column)
        return _quoted(self.column)

    def _number(self, token: _Token) -> str:
        if not self.column:
            raise self.error("a column is expected, as in AU12>=3", token)
        if self.columns[self.column] == "text":
            raise self.error(f"'{self.column}' is text, and text that looks like a number needs quotation marks", token)
        if not math.isfinite(float(token.text)):
            raise self.error(f"'{self.column}' is compared with a number", token)
        return self._bound(float(token.text))

    def _text(self, token: _Token) -> str:
        if self.columns.get(self.column) != "text":
            raise self.error(f"'{self.column}' is compared with a number" if self.column
                             else "a column is expected, as in AU12>=3", token)
        value = re.sub(r"(?s)\\(.)", r"\1", token.text[1:-1]) if token.kind == "text" else token.text
        return self._bound(value if self.relation == "like" else _text_value(self.column, value))

    def _bound(self, value: float | str) -> str:
        self.values.append(_Value(self.column, value))
        return "?"


def _text_value(column: str, value: str) -> str:
    if column == "split" and value not in SPLITS:
        raise unknown_name("split", value, SPLITS)
    return facs.parse_expression(value) if column in _EXPRESSIONS else value


def _spelling(name: str, columns: Mapping[str, Kind]) -> str | None:
    """Finds the column of a word, in any letter case and any spelling of an Action Unit. Returns None if none fits."""
    names = {column.lower(): column for column in columns} | {column: column for column in columns}
    return next((names[spelling] for spelling in (name, name.lower(), _canonical(name).lower()) if spelling in names),
                None)


def _canonical(name: str) -> str:
    unit = _UNIT.fullmatch(name)
    return f"{(unit[1] or '').lower()}AU{int(unit[2]):02d}{unit[3] or ''}" if unit else name


def _column(name: str, columns: Mapping[str, Kind]) -> str:
    found, presence = _spelling(name, columns), facs.presence_column(_canonical(name))
    if found is None and presence in columns:
        present = ">=0.5" if presence.startswith("predicted_") else "=1"  # probability or 0/1 label
        raise CatganError(f"No face here has an intensity of {_canonical(name)}; ask whether it is present: "
                          f"{presence}{present}. Received: '{name}'.")
    if found is None:
        raise unknown_name("column", _shortened(name), (column for column in columns if not column.endswith("_source")))
    return found


def _shortened(text: str) -> str:
    text = _SPACE.sub(" ", text)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _error(text: str, at: int, problem: str) -> CatganError:
    """Makes an error of one line: the problem, its position, and the text around it with ^ before the position."""
    around = f"{'...' * (at > 30)}{text[max(at - 30, 0):at]}^{text[at:at + 30]}{'...' * (at + 30 < len(text))}"
    return CatganError(f"The query cannot be read at position {at + 1} (^ in: {_SPACE.sub(' ', around)}): {problem}.")


# === Columns ===


def kinds(schema: pa.Schema) -> dict[str, Kind]:
    """Returns the columns of a shard with one number or one text per row, in order, with their kinds.

    False and True are the numbers 0 and 1.
    """
    found: dict[str, Kind] = {}
    for field in schema:
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            found[field.name] = "text"
        elif any(check(field.type) for check in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)):
            found[field.name] = "number"
    return found


def askable(dataset: DualDataset) -> dict[str, Kind]:
    """Returns the columns that a query may name, with their kinds. AU intensities that no face has are left out."""
    paths = dataset.shards()
    found = {name: kind for name, kind in kinds(schema_of(paths[0])).items() if name in dataset.info["columns"]}
    counts = known(paths, [name for name in found if re.fullmatch("AU[0-9]+", name)])
    return {name: kind for name, kind in found.items() if counts.get(name, 1)}
