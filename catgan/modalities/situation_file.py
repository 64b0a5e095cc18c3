"""Stores observations of emotions by place and time in one SQLite file that several processes may write at once.

Every observation is a row with its id, and a transaction adds it together with its share of the running sums. A writer
that is killed and repeated therefore neither loses nor doubles a count. The file uses write-ahead logging: it must lie
on a local disk, not on a network drive.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from catgan import facs
from catgan.errors import CatganError, DataError
from catgan.files import check_output
from catgan.modalities.observations import Observation, seconds

APPLICATION, VERSION = 0x43617453, 1  # "CatS" in the header of the file
BUSY_SECONDS = 120.0
"""How long a writer waits for another one."""
DAY = 86400.0

_TABLES = """
CREATE TABLE settings (emotions TEXT NOT NULL, half_life REAL NOT NULL, prior REAL NOT NULL);
CREATE TABLE observation (id TEXT PRIMARY KEY, place TEXT NOT NULL, time TEXT NOT NULL, emotion TEXT NOT NULL,
    weight REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE cell (place TEXT NOT NULL, weekday INTEGER NOT NULL, hour INTEGER NOT NULL, emotion TEXT NOT NULL,
    count INTEGER NOT NULL, weight REAL NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (place, weekday, hour, emotion)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Settings:
    """Choices that belong to a store from its beginning.

    Args:
        emotions: names, at least two.
        half_life: days after which an observation counts half.
        prior: number of observations that the prior is worth.
    """

    emotions: tuple[str, ...] = facs.EXPRESSIONS[:7]
    half_life: float = 90.0
    prior: float = 5.0

    def __post_init__(self) -> None:
        names = set(self.emotions)
        if len(names) < 2 or len(names) < len(self.emotions) or not all(name.strip() == name != "" for name in names):
            raise CatganError("A situational store needs two or more different emotions. "
                              f"Received: {', '.join(self.emotions)}.")
        for name, value in (("half-life in days", self.half_life), ("prior", self.prior)):
            if not 0.0 < value < 1e6:
                raise CatganError(f"The {name} must be above 0 and below a million. Received: {value}.")


@dataclass(frozen=True)
class Cell:
    """Running sums of one emotion at one place, weekday (0 = Monday) and hour (0..23).

    `count` is the number of observations; `weight` is their sum of weights, decayed to the asked moment.
    """

    place: str
    weekday: int
    hour: int
    emotion: str
    count: int
    weight: float


def create(path: str | os.PathLike, settings: Settings) -> None:
    """Makes an empty store. A file that another process makes at the same moment is kept.

    Raises:
        CatganError: `path` cannot be written to.
    """
    path = Path(path)
    check_output(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".situations.tmp.", dir=path.parent) as folder:
        temporary = Path(folder) / "store"
        with contextlib.closing(sqlite3.connect(temporary)) as connection, connection:
            connection.executescript(f"PRAGMA application_id={APPLICATION}; PRAGMA user_version={VERSION}; {_TABLES}")
            connection.execute("INSERT INTO settings VALUES (?, ?, ?)",
                               (json.dumps(settings.emotions), settings.half_life, settings.prior))
            connection.commit()
            connection.execute("PRAGMA journal_mode=WAL")
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)


class SituationFile:
    """An open store; use it in a `with` block.

    Args:
        path: an existing store, see `create`.

    Raises:
        DataError: the file is missing, is damaged or is not a situational store.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        if self.path.is_dir():
            raise DataError(f"{self.path} is a folder. A situational store is a file.")
        if not self.path.is_file():
            raise DataError(f"There is no situational store {self.path}.")
        with self._errors():
            self._connection = sqlite3.connect(f"file:{quote(str(self.path.absolute()))}?mode=rw", uri=True,
                                               timeout=BUSY_SECONDS, isolation_level=None)
        try:
            with self._errors():
                self.settings = self._read_settings()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> SituationFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._connection.close()

    def add(self, observations: Iterable[Observation]) -> int:
        """Adds observations in one transaction: all of them or, after an error, none.

        Returns:
            The number that was new; an observation whose id is stored already changes nothing.

        Raises:
            DataError: an id stands for another observation, or the file cannot be written to.
        """
        added = 0
        with self._errors(), self._transaction():
            for each in observations:
                added += self._insert(each)
        return added

    def cells(self, now: float, place: str | None = None) -> list[Cell]:
        """Reads the running sums, sorted by place, weekday, hour and emotion.

        Args:
            now: seconds since 1970 to which the weights are decayed; later observations count in full.
            place: only of this place.

        Raises:
            DataError: a sum that no observations of this store can have.
        """
        where, values = ("WHERE place = ?", (place,)) if place is not None else ("", ())
        with self._errors():
            rows = self._connection.execute(f"SELECT place, weekday, hour, emotion, count, weight, at FROM cell {where}"
                                            " ORDER BY place, weekday, hour, emotion", values).fetchall()
            return [self._cell(row, now) for row in rows]

    def places(self) -> list[str]:
        """Reads the names of the places that have observations."""
        with self._errors():
            return [row[0] for row in self._connection.execute("SELECT DISTINCT place FROM cell ORDER BY place")]

    def check(self) -> None:
        """Checks all pages of the file, and that the counts are those of the stored observations.

        Raises:
            DataError: the file is damaged.
        """
        with self._errors():
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            sums = self._connection.execute("SELECT (SELECT COUNT(*) FROM observation), "
                                            "(SELECT COALESCE(SUM(count), 0) FROM cell)").fetchone()
            if sums[0] != sums[1]:
                raise sqlite3.DatabaseError(f"it counts {sums[1]} observations but holds {sums[0]}")

    def _insert(self, each: Observation) -> bool:
        content = (each.place, each.time.isoformat(), each.emotion, each.weight)
        new = self._connection.execute("INSERT OR IGNORE INTO observation VALUES (?, ?, ?, ?, ?)", (each.id, *content))
        if not new.rowcount:
            stored = self._connection.execute("SELECT place, time, emotion, weight FROM observation WHERE id = ?",
                                              (each.id,)).fetchone()
            if stored != content:
                raise DataError(f"The id {each.id!r} stands for another observation: "
                                f"{', '.join(map(str, stored))}. Received: {', '.join(map(str, content))}.")
            return False
        self._count(each)
        return True

    def _count(self, each: Observation) -> None:
        """Adds an observation to the sums of its cell. Both are decayed to the later of their times, so that the order
        in which observations arrive does not matter."""
        key = (each.place, each.time.weekday(), each.time.hour, each.emotion)
        time = seconds(each.time)
        count, weight, at = self._connection.execute(
            "SELECT count, weight, at FROM cell WHERE place = ? AND weekday = ? AND hour = ? AND emotion = ?",
            key).fetchone() or (0, 0.0, time)
        newest = max(at, time)
        weight = weight * self._decay(newest - at) + each.weight * self._decay(newest - time)
        self._connection.execute("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?, ?, ?, ?)",
                                 (*key, count + 1, weight, newest))

    def _decay(self, age: float) -> float:
        """Returns the share of a weight that is left after `age` seconds."""
        return 0.5 ** (max(age, 0.0) / (self.settings.half_life * DAY))

    def _cell(self, row: tuple[str, int, int, str, int, float, float], now: float) -> Cell:
        """Checks a row of the table of cells, since SQLite stores any value in any column, and decays its weight."""
        name, weekday, hour, emotion, count, weight, at = row
        numbers = all(isinstance(value, (int, float)) for value in (weekday, hour, count, weight, at))
        if not (numbers and weekday in range(7) and hour in range(24) and count > 0 and 0.0 <= weight < math.inf
                and math.isfinite(at) and isinstance(name, str) and emotion in self.settings.emotions):
            raise sqlite3.DatabaseError(f"its sums hold impossible values: {', '.join(map(str, row))}")
        return Cell(name, weekday, hour, emotion, count, weight * self._decay(now - at))

    def _read_settings(self) -> Settings:
        kind, version = (self._connection.execute(f"PRAGMA {name}").fetchone()[0]
                         for name in ("application_id", "user_version"))
        if (kind, version) != (APPLICATION, VERSION):
            raise DataError(f"{self.path} is not a situational store of version {VERSION}.")
        row = self._connection.execute("SELECT * FROM settings").fetchone()
        try:
            emotions, half_life, prior = row
            return Settings(tuple(name + "" for name in json.loads(emotions)), half_life, prior)  # text alone
        except (TypeError, ValueError, CatganError, RecursionError):
            raise sqlite3.DatabaseError(f"its settings are impossible: {row}") from None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Takes the write lock at once, so that two writers wait for each other instead of failing half-way."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Converts errors of SQLite to `DataError`."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise DataError(f"The situational store {self.path} cannot be used: {error}.") from None
        except (sqlite3.DatabaseError, TypeError, UnicodeDecodeError) as error:
            raise DataError(f"The situational store {self.path} is damaged or is another kind of file: {error}. "
                            "Use a copy of it, or begin a new one.") from None


def known_settings(path: str | os.PathLike, emotions: Sequence[str] | None, half_life: float | None) -> Settings:
    """Returns the settings of a store, or those that a new one gets.

    Raises:
        CatganError: the store exists and has other emotions or another half-life than those given.
    """
    given = {name: value for name, value in
             (("emotions", tuple(emotions) if emotions else None), ("half_life", half_life)) if value is not None}
    wanted = Settings(**given)  # type: ignore[arg-type]
    if not os.path.lexists(path):
        return wanted
    with SituationFile(path) as file:
        found = file.settings
    for name in given:
        if getattr(found, name) != getattr(wanted, name):
            raise CatganError(f"The {name.replace('_', '-')} of a store cannot be changed. {path} has: "
                              f"{getattr(found, name)}. Received: {getattr(wanted, name)}.")
    return found
