"""Counts by hand, and writers that are killed and repeated."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import catgan
from catgan.errors import CatganError, DataError
from catgan.modalities.observations import observation
from catgan.modalities.situation_file import DAY, SituationFile, Settings, create, known_settings

EMOTIONS = ("happiness", "sadness")
MONDAY = datetime(2026, 6, 1, 9, 30, tzinfo=timezone.utc)
WRITER = """
import sys
from datetime import datetime, timedelta, timezone
from catgan.modalities.observations import Observation
from catgan.modalities.situation_file import SituationFile
path, writer, count, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
start = datetime(2026, 6, 1, tzinfo=timezone.utc)
with SituationFile(path) as file:
    for first in range(0, count, batch):
        file.add([Observation("street" if i % 3 else "park", start + timedelta(hours=i % 400),
                              ("happiness", "sadness")[i % 2], 1.0, f"{writer}-{i}")
                  for i in range(first, min(first + batch, count))])
        print(first, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    create(tmp_path / "store.db", Settings(EMOTIONS, half_life=10.0))
    return tmp_path / "store.db"


def seen(id="a", emotion="happiness", time=MONDAY, place="street", weight=1.0):
    return observation(place, time, emotion, id, EMOTIONS, weight=weight)


def weights(path, now, place=None):
    with SituationFile(path) as file:
        return {(cell.place, cell.weekday, cell.hour, cell.emotion): (cell.count, pytest.approx(cell.weight))
                for cell in file.cells(now, place)}


def test_cell_is_weekday_and_hour_of_the_clock_of_the_place(path):
    east = datetime(2026, 6, 1, 23, 30, tzinfo=timezone(timedelta(hours=9)))
    with SituationFile(path) as file:
        assert file.add([seen("a"), seen("b", time=east), seen("c", place="park")]) == 3
    assert set(weights(path, 0.0)) == {("street", 0, 9, "happiness"), ("street", 0, 23, "happiness"),
                                       ("park", 0, 9, "happiness")}
    assert set(weights(path, 0.0, "park")) == {("park", 0, 9, "happiness")}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_weight_halves_with_each_half_life_in_any_order_of_arrival(path, order):
    pair = [seen("old", time=MONDAY, weight=2.0), seen("new", time=MONDAY + timedelta(days=7))]
    with SituationFile(path) as file:
        for index in order:
            file.add([pair[index]])
    now = MONDAY.timestamp() + 20 * DAY  # two half-lives after the first, 1.3 after the second
    assert weights(path, now)["street", 0, 9, "happiness"] == (2, 2.0 / 4 + 0.5 ** 1.3)


def test_repeated_id_counts_once_and_another_observation_of_it_is_refused(path):
    with SituationFile(path) as file:
        assert file.add([seen("a"), seen("a")]) == 1 and file.add([seen("a")]) == 0
        with pytest.raises(DataError, match="The id 'a' stands for another observation: street, 2026-06-01T09:30"):
            file.add([seen("b"), seen("a", emotion="sadness")])
        file.check()
    assert weights(path, MONDAY.timestamp()) == {("street", 0, 9, "happiness"): (1, 1.0)}  # b was not added either


def test_create_keeps_a_store_that_exists(path):
    with SituationFile(path) as file:
        file.add([seen()])
    create(path, Settings(("other", "emotions")))
    with SituationFile(path) as file:
        assert file.settings.emotions == EMOTIONS and file.places() == ["street"]
    assert [each.name for each in path.parent.iterdir()] == ["store.db"]


def _text(path):
    path.write_bytes(b"place,time,emotion\n" * 100)


def _overwritten_pages(path):
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def _cut(path):
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("spoil, message", [
    (_text, "is damaged or is another kind of file"), (_overwritten_pages, "is damaged or is another kind of file"),
    (_cut, "is damaged"), (lambda path: path.write_bytes(b""), "is not a situational store"),
    (Path.unlink, "There is no situational store")])
def test_damaged_file_is_one_clear_error(path, spoil, message):
    with SituationFile(path) as file:
        file.add([seen()])
    spoil(path)
    with pytest.raises(DataError, match=message), SituationFile(path) as file:
        file.check()


def test_check_finds_a_count_that_is_not_of_the_observations(path):
    import sqlite3

    with SituationFile(path) as file:
        file.add([seen()])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE cell SET count = 2")
    with SituationFile(path) as file, pytest.raises(DataError, match="counts 2 observations but holds 1"):
        file.check()


@pytest.mark.parametrize("change, message", [
    ("UPDATE settings SET emotions = '[1,'", "its settings are impossible"), ("DELETE FROM settings", "its setti"),
    ("UPDATE settings SET emotions = '[1, 2]'", "its setti"), ("UPDATE settings SET emotions = '5'", "its setti"),
    ("UPDATE settings SET half_life = -3", "its setti"), ("UPDATE settings SET half_life = 'x'", "its setti"),
    ("UPDATE cell SET weekday = 7", "its sums hold impossible values: street, 7, 9, "),
    ("UPDATE cell SET hour = 99", "its sums"), ("UPDATE cell SET emotion = 'foo'", "its sums"),
    ("UPDATE cell SET weight = -5", "its sums"), ("UPDATE cell SET weight = 9e999", "its sums"),
    ("UPDATE cell SET weight = 'abc'", "its sums"), ("UPDATE cell SET at = 'abc'", "its sums"),
    ("UPDATE cell SET count = 'abc'", "its sums"), ("UPDATE cell SET place = x'ff00'", "its sums"),
    ("DROP TABLE cell", "no such table: cell")])
def test_impossible_values_are_one_clear_error(path, change, message):
    import sqlite3

    with SituationFile(path) as file:
        file.add([seen()])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)
    with pytest.raises(DataError, match=message), SituationFile(path) as file:
        file.cells(0.0)


def test_folder_is_no_store(path):
    with pytest.raises(DataError, match="is a folder. A situational store is a file"):
        SituationFile(path.parent)


@pytest.mark.parametrize("settings, message", [
    ({"emotions": ("joy",)}, "two or more different emotions"), ({"emotions": ("a", "a")}, "two or more different"),
    ({"half_life": 0.0}, "half-life in days must be above 0"), ({"half_life": float("nan")}, "half-life in days")])
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(CatganError, match=message):
        Settings(**settings)


def test_settings_of_a_store_cannot_be_changed(path):
    assert known_settings(path, None, None) == known_settings(path, EMOTIONS, 10.0)
    with pytest.raises(CatganError, match=r"half-life of a store cannot be changed. .* has: 10.0. Received: 20.0"):
        known_settings(path, None, 20.0)


def write_with_kills(path, writers, count, batch, kills, seed=0):
    """Runs processes that write at once; kills some at random and starts them again from their first observation.

    Returns:
        The number of processes that were killed before they had finished.
    """
    chance, killed = random.Random(seed), 0
    environment = {**os.environ, "PYTHONPATH": str(Path(catgan.__file__).parents[1])}

    def start(writer):
        return subprocess.Popen([sys.executable, "-c", WRITER, path, str(writer), str(count), str(batch)],
                                stdout=subprocess.PIPE, env=environment)

    running = {writer: start(writer) for writer in range(writers)}
    for _ in range(kills):
        writer = chance.randrange(writers)
        running[writer].stdout.readline()  # it has begun to write, or has ended
        time.sleep(chance.uniform(0.0, 0.02))
        running[writer].send_signal(signal.SIGKILL)
        running[writer].communicate()
        killed += running[writer].returncode == -signal.SIGKILL
        running[writer] = start(writer)
    for process in running.values():
        process.communicate()
        assert process.returncode == 0
    return killed


def check_counts(path, total):
    with SituationFile(path) as file:
        file.check()
        cells = file.cells(0.0)
    assert sum(cell.count for cell in cells) == total
    return {emotion: sum(cell.count for cell in cells if cell.emotion == emotion) for emotion in EMOTIONS}


def test_ten_writers_killed_at_random_lose_and_double_nothing(path):
    assert write_with_kills(path, writers=10, count=30, batch=3, kills=2) > 0
    assert check_counts(path, 300) == {"happiness": 150, "sadness": 150}


@pytest.mark.slow
def test_ten_writers_of_100_000_observations_killed_at_random_lose_and_double_nothing(path):
    killed = write_with_kills(path, writers=10, count=10_000, batch=50, kills=60)
    print(f"{killed} of 60 kills met a writer at work")
    assert killed > 30 and check_counts(path, 100_000) == {"happiness": 50_000, "sadness": 50_000}
