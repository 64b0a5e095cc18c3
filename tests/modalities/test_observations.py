from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet
import pytest

from catgan import facs
from catgan.errors import CatganError
from catgan.modalities.observation_tables import read_observations
from catgan.modalities.observations import observation, parse_emotion, parse_time

EMOTIONS = facs.EXPRESSIONS[:7]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-05-01", "14:30", "2026-13-01T10:00", "2026-05-01T25:00", "1"])
def test_parse_time_of_other_text_names_the_form(text):
    with pytest.raises(CatganError, match="A time must be written as 2026-05-01T14:30"):
        parse_time(text)


def test_parse_time_keeps_the_zone():
    assert parse_time(" 2026-05-01 14:30+02:00") == datetime(2026, 5, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))


def test_parse_emotion_takes_spellings_and_names_of_the_store():
    assert parse_emotion(" Happy ", EMOTIONS) == "happiness" and parse_emotion("Peace", ("Peace", "Pain")) == "Peace"
    with pytest.raises(CatganError, match="Unknown emotion 'contempt'"):
        parse_emotion("contempt", EMOTIONS)


@pytest.mark.parametrize("change, message", [
    ({"time": "2026-05-01T14:31"}, "cannot lie in the future"), ({"weight": 0.0}, "A weight must be above 0"),
    ({"weight": float("nan")}, "A weight must be above 0"), ({"place": " "}, "needed as place"),
    ({"place": "a\nb"}, "needed as place"), ({"id": ""}, "needed as id")])
def test_observation_out_of_range_is_refused(change, message):
    parts = {"place": "street", "time": "2026-05-01T14:30", "emotion": "fear", "id": "a", "weight": 1.0, **change}
    with pytest.raises(CatganError, match=message):
        observation(emotions=EMOTIONS, now=datetime(2026, 5, 1, 14, 30), **parts)


def test_csv_and_parquet_give_the_same_observations(tmp_path):
    (tmp_path / "a.csv").write_text("emotion,place,time,weight,id,extra\nhappy,street,2026-05-01T14:30,,x,1\n"
                                    "fear,park,2026-05-02T08:00:01,0.5,y,2\n")
    times = [datetime(2026, 5, 1, 14, 30), datetime(2026, 5, 2, 8, 0, 1)]
    table = pa.table({"place": ["street", "park"], "time": pa.array(times, pa.timestamp("ns")),
                      "emotion": ["happiness", "fear"], "weight": [None, 0.5], "id": ["x", "y"]})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    rows = read_observations(tmp_path / "a.csv", EMOTIONS)
    assert rows == read_observations(tmp_path / "a.parquet", EMOTIONS)
    assert (rows[0].emotion, rows[0].weight, rows[1].weight, rows[1].time) == ("happiness", 1.0, 0.5, times[1])


def test_rows_without_ids_get_different_ones_that_stay(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("place,time,emotion\n" + "street,2026-05-01T14:30,fear\n" * 2)
    ids = [row.id for row in read_observations(path, EMOTIONS)]
    assert len(set(ids)) == 2 and ids == [row.id for row in read_observations(path, EMOTIONS)]


@pytest.mark.parametrize("name, content, message", [
    ("a.csv", b"place,time\n", "It lacks: emotion"), ("a.csv", b"place,time,emotion\n", "has no rows"),
    ("a.csv", b"place,time,emotion\nstreet,2026-05-01T14:30,fear\nstreet,soon,fear\n", r"a.csv:3: A time must"),
    ("a.csv", b"place,time,emotion\nstreet,2026-05-01T14:30\n", "a.csv:2: There is no emotion"),
    ("a.csv", b"place,time,emotion,weight\nstreet,2026-05-01T14:30,fear,much\n", "a.csv:2: A weight must be a number"),
    ("a.csv", b"place,time,emotion,id\nstreet,2026-05-01T14:30,fear,x\npark,2026-05-01T14:30,fear,x\n",
     "a.csv:3: The id 'x' stands for two different rows"),
    ("a.csv", b"place,time,emotion\n\xff,\n", "is not a table in UTF-8"), ("a.csv", b"", "It lacks: place"),
    ("a.parquet", b"place", "cannot be read as Parquet"), ("a.xlsx", b"", "end in .csv or .parquet")])
def test_unreadable_table_is_one_clear_error(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatganError, match=message):
        read_observations(tmp_path / name, EMOTIONS)


def test_table_that_is_missing_or_a_folder_is_named(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, reason in (("none.csv", "No such file"), ("folder.csv", "Is a directory")):
        with pytest.raises(CatganError, match=f"The table .*{name} cannot be read: {reason}"):
            read_observations(tmp_path / name, EMOTIONS)
