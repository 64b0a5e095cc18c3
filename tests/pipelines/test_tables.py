"""Tables that are written as they come."""

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from catgan.errors import CatganError
from catgan.pipelines import tables
from catgan.pipelines.tables import table_writer

SCHEMA = pa.schema([("image", pa.string()), ("frame", pa.int64()), ("valence", pa.float32())])


def batch(start, n):
    return pa.RecordBatch.from_pydict({"image": ['a, "b"\n.jpg'] * n, "frame": range(start, start + n),
                                       "valence": [None if place % 2 else 0.25 for place in range(n)]}, SCHEMA)


@pytest.mark.parametrize("name", ["deep/a.csv", "A.PARQUET"])
def test_written_rows_are_read_back(tmp_path, name, monkeypatch):
    monkeypatch.setattr(tables, "WRITTEN_ROWS", 16)
    with table_writer(tmp_path / name, SCHEMA) as add:
        for start in range(0, 50, 10):
            add(batch(start, 10))
    if name.endswith("csv"):
        table = pa.csv.read_csv(tmp_path / name, parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    else:
        table = pa.parquet.read_table(tmp_path / name)
        assert pa.parquet.ParquetFile(tmp_path / name).num_row_groups == 3
    assert table["frame"].to_pylist() == list(range(50)) and set(table["image"].to_pylist()) == {'a, "b"\n.jpg'}
    assert table["valence"].to_pylist() == [0.25, None] * 25


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_nothing_stays_of_a_table_that_was_not_finished(tmp_path, name, monkeypatch):
    monkeypatch.setattr(tables, "WRITTEN_ROWS", 4)
    (tmp_path / name).write_text("old")
    with pytest.raises(KeyboardInterrupt):
        with table_writer(tmp_path / name, SCHEMA) as add:
            add(batch(0, 10))
            raise KeyboardInterrupt
    with table_writer(tmp_path / name, SCHEMA):
        pass  # no rows
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize("name", ["a.xlsx", "csv", "a.csv.gz"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(CatganError, match="Tables are written as .csv or .parquet"):
        with table_writer(tmp_path / name, SCHEMA):
            pass
