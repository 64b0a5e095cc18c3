import csv
import gc
import io
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from catgan import files
from catgan.data import export as exporting
from catgan.data import schema, shards, store
from catgan.data.export import export
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from tests.harness.datasets import write_dataset

FORMATS = ("huggingface", "tfrecord", "imagefolder", "csv")
UGLY = ["=cmd|'/c calc'!A1", '+1 "quoted", with comma', "two\nlines", "-x", "@y", "né", "", None]


def ugly_row(face, split, index, random):
    stream = io.BytesIO()
    Image.fromarray(random.integers(0, 256, (16, 16, 3) if index % 2 else (16, 16), np.uint8)).save(stream, "PNG")
    row = {"id": face, "image": {"bytes": stream.getvalue(), "path": "x.png"}, "subject": UGLY[index % len(UGLY)],
           "sources": ["=a/1.png", "b/2.png"][:index % 3], "split": split, "landmarks": random.random(956)}
    if index % 2:
        row |= {"AU12": random.uniform(0, 5), "AU12_present": 1, "AU12_source": "x", "frame": index}
    if index % 3:
        row |= {"valence": random.uniform(-1, 1), "expression": "fear", "yaw": float("nan")}
    return row


@pytest.fixture(scope="module")
def ugly(tmp_path_factory):
    """A data set with hard texts, intensities, unknowns everywhere, several shards and no validation split."""
    folder = tmp_path_factory.mktemp("export") / "ugly"
    columns, random = schema.shard_schema((4, 12)), np.random.default_rng(0)
    for split, count in (("train", 16), ("validation", 0), ("test", 5)):
        rows = [ugly_row(f"{split}-{index}", split, index, random) for index in range(count)]
        parts = max(1, -(-count // 6))
        for part in range(parts):
            table = pa.Table.from_pylist(rows[6 * part:6 * part + 6], columns)
            with files.atomic_path(folder / "shards" / f"{split}-{part:05d}-of-{parts:05d}.parquet") as path:
                pq.write_table(table, path)
    files.write_json(folder / "dataset.json", {
        "format": store.FORMAT, "name": "ugly: #1", "image_size": 16, "columns": columns.names,
        "labels": LabelSpec((4, 12), "intensity", True, ("fear",)).to_dict(),
        "counts": {"faces": 21, "splits": {"train": 16, "validation": 0, "test": 5}}, "sources": [], "plan": {},
        "hash": shards.content_hash((folder / "shards").iterdir())})
    files.write_text(folder / "card.md", "# ugly\n\n![faces](figures/faces.png)\n")
    files.write_bytes(folder / "figures" / "faces.png", b"a figure")
    return folder


@pytest.fixture(scope="module")
def exported(ugly, tmp_path_factory):
    """Every format once."""
    out = tmp_path_factory.mktemp("exported")
    results = {name: export(ugly, name, out / name) for name in FORMATS}
    assert {result["faces"] for result in results.values()} == {21}
    assert all(result["files"] == len([path for path in (out / name).rglob("*") if path.is_file()])
               for name, result in results.items())
    return out


def rows_of(folder, split="all"):
    return store.load_dataset(folder).table(split).to_pylist()


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def same(received, expected):
    """Whether cells are equal, unknown to unknown, floats as float32."""
    if isinstance(expected, float):
        return np.array_equal(np.float32(received), np.float32(expected), equal_nan=True)
    return received == expected


# === Hugging Face, DuckDB ===


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    """Hugging Face `datasets` without network, its cache in `tmp_path`."""
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("datasets")
    yield module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()  # it leaves files open, which would be held against the tests after it


@pytest.mark.filterwarnings("ignore")  # raised inside datasets
@pytest.mark.parametrize("how", ["folder", "parquet"])
def test_hugging_face_sees_pictures_lists_and_unknowns(ugly, exported, datasets, tmp_path, how):
    folder, cache = exported / "huggingface", str(tmp_path / "cache")
    if how == "folder":
        loaded = datasets.load_dataset(str(folder), cache_dir=cache)
        assert set(loaded) == {"train", "test"}
    else:
        parts = {split: str(folder / "data" / f"{split}-*.parquet") for split in ("train", "test")}
        loaded = datasets.load_dataset("parquet", data_files=parts, cache_dir=cache)
    for split in ("train", "test"):
        expected = rows_of(ugly, split)
        assert len(loaded[split]) == len(expected)
        for face, row in zip(loaded[split], expected):
            np.testing.assert_array_equal(np.asarray(face["image"]), pixels(row["image"]["bytes"]))
            assert all(same(face[name], row[name]) for name in row if name not in ("image", "landmarks"))
            np.testing.assert_array_equal(np.float32(face["landmarks"]), np.float32(row["landmarks"]))
    found = loaded["train"].features
    assert isinstance(found["image"], datasets.Image) and found["AU12_present"] == datasets.Value("int8")
    assert found["landmarks"] == datasets.List(datasets.Value("float32"), length=956)


def test_features_are_those_that_datasets_writes(datasets):
    table = schema.shard_schema((4,))
    found = datasets.Features.from_dict(schema.features(table))
    image = datasets.Image()
    assert found == datasets.Features({name: image if name == "image" else feature for name, feature in
                                       datasets.Features.from_arrow_schema(table).items()})
    assert found.arrow_schema.field("landmarks").type == table.field("landmarks").type
    assert schema._feature(pa.float64()) == {"dtype": "float64", "_type": "Value"}


def test_the_card_goes_along(ugly, exported):
    folder = exported / "huggingface"
    _, front, card = (folder / "README.md").read_text().split("---\n", 2)
    about = yaml.safe_load(front)
    assert about["license"] == "other" and about["pretty_name"] == "ugly: #1" and about["size_categories"] == ["n<1K"]
    assert about["configs"][0]["data_files"] == [{"split": split, "path": f"data/{split}-*.parquet"}
                                                 for split in ("train", "test")]
    assert card.strip() == (ugly / "card.md").read_text().strip()
    assert (folder / "figures" / "faces.png").read_bytes() == (ugly / "figures" / "faces.png").read_bytes()


@pytest.mark.parametrize("faces, size", [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (3_000_000, "1M<n<10M"),
                                         (10**12, "1B<n<10B")])
def test_size_categories(drawn, faces, size):
    dataset = store.load_dataset(drawn)
    dataset._counts = {"train": faces, "validation": 0, "test": 0}
    assert f"- {size}\n" in exporting._front_matter(dataset)


def test_duckdb_reads_the_parquet(ugly, exported):
    duckdb = pytest.importorskip("duckdb")
    shards = exported / "huggingface" / "data" / "*.parquet"
    [(count, mean, unknown)] = duckdb.sql(
        f"SELECT count(*), avg(AU12), count(*) FILTER (valence IS NULL) FROM '{shards}'").fetchall()
    rows = rows_of(ugly)
    assert count == 21 and unknown == sum(row["valence"] is None for row in rows)
    assert mean == pytest.approx(np.mean([row["AU12"] for row in rows if row["AU12"] is not None]), rel=1e-5)


# === TFRecord ===


def test_tensorflow_reads_the_records(ugly, exported):
    tf = pytest.importorskip("tensorflow")
    folder = exported / "tfrecord"
    described = json.loads((folder / "features.json").read_text())
    types = {"bytes": tf.string, "int64": tf.int64, "float": tf.float32}
    spec = {name: tf.io.VarLenFeature(types[about["type"]]) for name, about in described.items()}
    for split in ("train", "test"):
        records = list(tf.data.TFRecordDataset(sorted(map(str, folder.glob(f"{split}-*.tfrecord")))))
        for record, row in zip(records, rows_of(ugly, split), strict=True):
            face = {name: cell.values.numpy() for name, cell in tf.io.parse_single_example(record, spec).items()}
            image = tf.io.decode_png(face.pop("image/encoded")[0]).numpy()
            np.testing.assert_array_equal(image.squeeze(), pixels(row.pop("image")["bytes"]))
            assert face.pop("image/format")[0] == b"png" and set(face) == set(row)
            for name, cell in row.items():
                wanted = cell if isinstance(cell, list) else [] if cell is None or cell != cell else [cell]
                wanted = [value.encode() if isinstance(value, str) else value for value in wanted]
                assert face[name].tolist() == np.asarray(wanted, face[name].dtype).tolist(), name
    assert described["AU12"] == {"type": "float", "values": "0 (unknown) or 1",
                                 "meaning": "lip corner puller, FACS intensity 0 .. 5"}


def test_the_reading_example_runs(ugly, exported, tmp_path, monkeypatch):
    pytest.importorskip("tensorflow")
    code = (exported / "tfrecord" / "README.md").read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "read.py").write_text(code.replace('json.load(open("features.json"))',
                                                   'json.loads(open("features.json", "rb", 0).read())'))
    monkeypatch.chdir(exported / "tfrecord")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        faces = list(runpy.run_path(str(tmp_path / "read.py"))["faces"])
    rows = rows_of(ugly, "train")
    assert len(faces) == len(rows)
    for (image, labels), row in zip(faces, rows):
        assert image.shape == (16, 16, 3)
        wanted = np.nan if row["valence"] is None else np.float32(row["valence"])
        np.testing.assert_array_equal(labels["valence"].numpy(), wanted)


def test_without_tensorflow(ugly, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(CatganError, match="pip install tensorflow"):
        export(ugly, "tfrecord", tmp_path / "out")
    assert not list(tmp_path.iterdir())


# === Pictures and tables ===


def safe(text):
    return f"'{text}" if text[:1] in tuple("=+-@") else text


def check_cells(cells, row):
    for name, cell in cells.items():
        value = row[name]
        if name == "sources":
            value = "; ".join(value)
        if value is None or value == "" or value != value:
            assert cell == ""
        elif isinstance(value, str):
            assert cell == safe(value)
        else:
            assert np.float32(cell) == np.float32(value)


def test_a_folder_of_pictures(ugly, exported):
    folder = exported / "imagefolder"
    assert {path.name for path in folder.iterdir()} == {"train", "test", "README.md"}
    for split in ("train", "test"):
        with open(folder / split / "metadata.csv", newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        assert next(iter(lines[0])) == "file_name" and "landmarks" not in lines[0] and "image" not in lines[0]
        for cells, row in zip(lines, rows_of(ugly, split), strict=True):
            assert (folder / split / cells.pop("file_name")).read_bytes() == row["image"]["bytes"]
            check_cells(cells, row)
        assert len(list((folder / split).glob("*.png"))) == len(lines)


@pytest.mark.filterwarnings("ignore")  # raised inside datasets
def test_hugging_face_reads_the_folder_of_pictures(ugly, exported, datasets, tmp_path):
    loaded = datasets.load_dataset("imagefolder", data_dir=str(exported / "imagefolder"), cache_dir=str(tmp_path))
    by_id = {row["id"]: row for row in rows_of(ugly)}
    assert len(loaded["train"]) == 16 and len(loaded["test"]) == 5
    for face in loaded["train"]:
        row = by_id[face["id"]]
        np.testing.assert_array_equal(np.asarray(face["image"]).squeeze(), pixels(row["image"]["bytes"]))
        assert face["valence"] is None if row["valence"] is None else same(face["valence"], row["valence"])


def test_one_table(ugly, exported):
    folder = exported / "csv"
    assert {path.name for path in folder.iterdir()} == {"labels.csv", "columns.csv", "README.md"}
    with open(folder / "labels.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    for cells, row in zip(lines, rows_of(ugly), strict=True):
        check_cells(cells, row)
    raw = (folder / "labels.csv").read_text(encoding="utf-8")
    assert "\"'=cmd|'/c calc'!A1\"" in raw and "'=a/1.png; b/2.png" in raw
    with open(folder / "columns.csv", newline="", encoding="utf-8") as file:
        about = list(csv.DictReader(file))
    assert [line["column"] for line in about] == list(lines[0]) and all(line["meaning"] for line in about)
    assert "`AU04_present` | number | brow lowerer, absent 0 or present 1" in (folder / "README.md").read_text()


@pytest.mark.parametrize("column, says", [
    ("true_AU12", "drawn, whether known or not: lip corner puller"), ("true_valence", "unpleasant -1"),
    ("predicted_AU12", "predicted, not annotated: lip corner puller, FACS intensity 0 .. 5"),
    ("predicted_AU12_present", "predicted, not annotated: lip corner puller, probability that it is present, 0 .. 1"),
    ("predicted_AU12_std", "standard deviation of predicted_AU12"), ("predicted_valence", "unpleasant -1"),
    ("predicted_expression_probability", "probability of predicted_expression"), ("predicted_by", "who predicted"),
    ("AU12_present_source", "who said AU12_present"), ("yaw", "degrees"), ("landmarks", "478"), ("new", "")])
def test_columns_are_explained(column, says):
    assert says in exporting.meaning(column)


@pytest.mark.parametrize("ids", [["a/b"], [".."], [""], ["x" * 201], ["same", "same"], [None], ["é"]])
def test_ids_that_are_no_file_names(tmp_path, ids):
    folder = write_dataset(tmp_path / "data", n=20)
    shard = sorted((folder / "shards").glob("train-*"))[0]
    table = pq.read_table(shard)
    rows = table.to_pylist()
    for row, face in zip(rows, ids):
        row["id"] = face
    pq.write_table(table.from_pylist(rows, table.schema), shard)
    with pytest.raises(CatganError, match="The name of a picture|Two faces have the id"):
        export(folder, "imagefolder", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


# === All formats ===


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_again(ugly, exported, tmp_path, to):
    (tmp_path / "out").mkdir()
    export(ugly, to, tmp_path / "out")  # an empty folder will do
    names = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert all((tmp_path / "out" / name).read_bytes() == (exported / to / name).read_bytes() for name in names)
    assert not list(tmp_path.glob(".*"))


def test_a_rendered_data_set(tmp_path):
    from catgan.data.render import RenderConfig, render

    render(RenderConfig(n=12, size=16, missing_au=0.5, subjects=10), tmp_path / "data", workers=1)
    for to in ("huggingface", "imagefolder", "csv"):
        assert export(tmp_path / "data", to, tmp_path / to)["faces"] == 12
    assert "true_AU12" in (tmp_path / "csv" / "labels.csv").read_text()


@pytest.mark.parametrize("to", FORMATS)
def test_a_damaged_shard_leaves_nothing(tmp_path, to):
    folder = write_dataset(tmp_path / "data", n=40)
    shard = sorted((folder / "shards").glob("test-*"))[0]
    shard.write_bytes(shard.read_bytes()[:-30])
    with pytest.raises(CatganError, match="is damaged"):
        export(folder, to, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_counts_must_add_up(tmp_path):
    folder = write_dataset(tmp_path / "data", n=40)
    shutil.copy(sorted((folder / "shards").glob("test-*"))[0], folder / "shards" / "test-00001-of-00002.parquet")
    with pytest.raises(CatganError, match="dataset.json counts 40 faces, its shards 50"):
        export(folder, "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_killed_export_looks_unfinished_and_is_forgotten_by_the_next(drawn, tmp_path):
    code = ("import sys, time; from catgan.data import export as e; write = e.FORMATS['imagefolder']\n"
            "e.FORMATS['imagefolder'] = lambda *a: (write(*a), print('now', flush=True), time.sleep(60))[0]\n"
            f"e.export({str(drawn)!r}, 'imagefolder', {str(tmp_path / 'out')!r})")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out").exists() and (tmp_path / ".out.tmp" / "train" / "metadata.csv").is_file()
    started = time.time()
    assert export(drawn, "csv", tmp_path / "out")["files"] == 3
    assert os.listdir(tmp_path) == ["out"] and time.time() - started < 30


@pytest.mark.parametrize("to, out, message", [
    ("parquet", "new", "Unknown export format 'parquet'"), ("tfrecords", "new", "Did you mean 'tfrecord'"),
    ("csv", "full", "new or empty folder.*not empty"), ("csv", "full/file", "new or empty folder")])
def test_wrong_turns(drawn, tmp_path, to, out, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("years")
    with pytest.raises(CatganError, match=message):
        export(drawn, to, tmp_path / out)
    assert (tmp_path / "full" / "file").read_text() == "years" and len(list(tmp_path.iterdir())) == 1
