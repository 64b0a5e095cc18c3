import io
import json
import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.data import shards, store
from catgan.data.schema import shard_schema
from catgan.errors import CatganError
from catgan.labels import LabelSpec


def test_what_is_written_is_read(drawn):
    dataset = store.load_dataset(drawn)
    assert len(dataset) == 120 and [dataset.count(split) for split in ("train", "validation", "test")] == [60, 30, 30]
    labels = dataset.labels("train")
    rows = dataset.table("train").to_pylist()
    for index, row in enumerate(rows):
        for name, column in (("AU12_present", 1), ("valence", 2)):
            assert labels.mask[index, column] == (row[name] is not None)
            if row[name] is not None:
                assert labels.values[index, column] == pytest.approx(row[name])
    assert labels.mask[:, 1].sum() == 30  # half of the faces lack AUs


def test_images_are_the_stored_pictures(drawn):
    dataset = store.load_dataset(drawn)
    images = dataset.images("test", 1)
    rows = dataset.table("test", ["image"])["image"].to_pylist()
    for image, row in zip(images, rows):
        np.testing.assert_array_equal(image[..., 0], np.asarray(Image.open(io.BytesIO(row["bytes"]))))
    assert dataset.images("test", 3).shape == (30, 16, 16, 3) and not images.flags.writeable


def test_images_of_a_read_only_data_set_are_kept_in_the_users_cache(drawn, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("CATGAN_CACHE", str(cache))
    copy = shutil.copytree(drawn, tmp_path / "copy", ignore=shutil.ignore_patterns("cache"))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != copy and access(path, mode))
    dataset = store.load_dataset(copy)
    images = dataset.images("test", 1)
    stored, = (cache / "faces").iterdir()
    assert stored.name.startswith(dataset.info["hash"]) and not (copy / "cache").exists()
    assert (cache / "faces").stat().st_mode & 0o777 == 0o700
    np.testing.assert_array_equal(images, store.load_dataset(drawn).images("test", 1))


def test_a_label_that_the_data_set_lacks_is_unknown(drawn):
    labels = store.load_dataset(drawn).labels("test", LabelSpec((4, 25), "presence", True))
    assert not labels.column("AU25_present")[1].any() and labels.column("AU04_present")[1].any()


def test_subjects(drawn):
    subjects = store.load_dataset(drawn).subjects("test")
    assert subjects[0] == subjects[2] == "drawn/person0" and subjects[3] == "drawn/person1"


def test_it_opens_without_catgan(drawn):
    """Parquet with a schema others read: an image struct, nullable columns."""
    shard = sorted((drawn / "shards").glob("*.parquet"))[0]
    columns = pq.read_schema(shard)
    assert str(columns.field("image").type) == "struct<bytes: binary, path: string>"
    assert str(columns.field("AU12_present").type) == "int8" and str(columns.field("AU12").type) == "float"
    assert columns.field("landmarks").type.list_size == 956


def test_shards_have_a_fixed_size(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_ROWS", 4)
    writer = shards.ShardWriter(tmp_path, "train", 10, shard_schema([12]))
    rows = pa.Table.from_pylist([{"id": str(index), "AU12_present": 1} for index in range(10)], writer.columns)
    for first, last in ((0, 1), (1, 9), (9, 10)):
        writer.add(rows.slice(first, last - first))
    assert [path.name for path in writer.close()] == [f"train-{part:05d}-of-00003.parquet" for part in range(3)]
    assert [pq.read_table(path).num_rows for path in sorted(tmp_path.iterdir())] == [4, 4, 2]
    assert [row for path in sorted(tmp_path.iterdir()) for row in pq.read_table(path)["id"].to_pylist()] \
        == [str(index) for index in range(10)]


def test_shards_of_given_sizes_are_written_in_row_groups(tmp_path, monkeypatch):
    """The second shard is longer than a row group; a shard of one group has the bytes of a table written at once."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 4)
    writer = shards.ShardWriter(tmp_path, "train", [3, 9, 1], shard_schema([12], timed=True))
    rows = pa.Table.from_pylist([{"id": str(index), "time": index / 10} for index in range(13)], writer.columns)
    for first in range(0, 13, 5):
        writer.add(rows.slice(first, 5))
    paths = writer.close()
    groups = [[pq.ParquetFile(path).metadata.row_group(group).num_rows
               for group in range(pq.ParquetFile(path).num_row_groups)] for path in paths]
    assert groups == [[3], [4, 4, 1], [1]]
    assert [row for path in paths for row in pq.read_table(path)["id"].to_pylist()] == rows["id"].to_pylist()
    pq.write_table(rows.slice(0, 3).combine_chunks(), tmp_path / "at_once.parquet", compression="zstd")
    assert (tmp_path / "at_once.parquet").read_bytes() == paths[0].read_bytes()


def test_a_split_without_rows_is_one_empty_shard(tmp_path):
    path, = shards.ShardWriter(tmp_path, "test", 0, shard_schema([12])).close()
    assert path.name == "test-00000-of-00001.parquet" and pq.read_table(path).num_rows == 0


def test_hash_depends_on_content(tmp_path):
    for name, content in (("a", b"1"), ("b", b"2")):
        (tmp_path / name).write_bytes(content)
    first = shards.content_hash([tmp_path / "a", tmp_path / "b"])
    assert shards.content_hash([tmp_path / "b", tmp_path / "a"]) == first
    (tmp_path / "b").write_bytes(b"3")
    assert shards.content_hash([tmp_path / "a", tmp_path / "b"]) != first


# === Wrong turns ===


def test_folders_that_are_none(tmp_path, drawn):
    with pytest.raises(CatganError, match="does not exist"):
        store.load_dataset(tmp_path / "nowhere")
    with pytest.raises(CatganError, match="did not finish"):
        store.load_dataset(tmp_path)
    for content, message in (("{", "damaged"), ("{}", "damaged"), ('{"format": 99}', "format 99")):
        (tmp_path / "dataset.json").write_text(content)
        with pytest.raises(CatganError, match=message):
            store.load_dataset(tmp_path)


def test_a_damaged_shard(drawn, tmp_path):
    copy = shutil.copytree(drawn, tmp_path / "copy", ignore=shutil.ignore_patterns("cache"))
    shard = sorted((copy / "shards").glob("test-*"))[0]
    shard.write_bytes(shard.read_bytes()[:500])
    with pytest.raises(CatganError, match="damaged"):
        store.load_dataset(copy).labels("test")


def test_unknown_split_and_channels(drawn):
    dataset = store.load_dataset(drawn)
    with pytest.raises(CatganError, match="Did you mean 'validation'"):
        dataset.labels("validaton")
    with pytest.raises(CatganError, match="1 or 3"):
        dataset.images("test", 2)


def test_a_value_out_of_range(drawn, tmp_path):
    copy = shutil.copytree(drawn, tmp_path / "copy")
    shard = sorted((copy / "shards").glob("test-*"))[0]
    table = pq.read_table(shard)
    valence = table.schema.get_field_index("valence")
    wrong = pa.array([7.0] * table.num_rows, pa.float32())
    pq.write_table(table.set_column(valence, table.schema.field(valence), wrong), shard)
    with pytest.raises(CatganError, match="'valence' must lie in -1..1"):
        store.load_dataset(copy).labels("test")


def test_info_is_json(drawn):
    assert json.loads((drawn / "dataset.json").read_text())["format"] == store.FORMAT
