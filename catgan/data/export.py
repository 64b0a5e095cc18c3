"""Exports a data set as Hugging Face `datasets`, TFRecord, a folder of pictures, or CSV."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import yaml
from tqdm import tqdm

from catgan import facs, files, system
from catgan.data import predictions
from catgan.data.query import kinds
from catgan.data.schema import LANDMARKS, SPLITS, with_features
from catgan.data.shards import scan, schema_of
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError, unknown_name

_FILE_NAME = re.compile(r"[0-9A-Za-z_-]{1,200}")
_LABEL = re.compile(r"(true_|emotion_|rest_|speech_|blink_)?AU([0-9]+)(_present)?")
_RATER = re.compile(r"rater([0-9]+)_(valence|arousal)")
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B")
_MEANINGS = {
    "id": "name of the face, the same in every build from the same inputs", "subject": "who it is",
    "video": "source/video that the face is a frame of", "frame": "number of the frame as its annotation counts",
    "time": "time of the frame in its video, seconds",
    "sources": "source/path of every annotation that was merged into this face", "split": "train, validation or test",
    "valence": "unpleasant -1 .. pleasant 1", "arousal": "calm -1 .. excited 1", "expression": "name of the expression",
    "eye_distance": "distance of the eyes in the photograph, pixels", "sharpness": "variance of the Laplacian",
    "yaw": "turn to the image's right, degrees", "pitch": "turn up, degrees", "roll": "turn clockwise, degrees",
    "inside": "share of the crop that lies in the photograph, 0 .. 1", "image": "the aligned face, PNG",
    "occluded": "whether a hand is drawn before the face", "blurred": "whether motion blur is drawn",
    "landmarks": f"x and y of {LANDMARKS} landmarks in turn, pixels of the crop"}

_LAYERS = {"true": "drawn, whether known or not: ", "emotion": "part of emotion: ",
           "rest": "part of the resting face: ", "speech": "part of speech: ", "blink": "part of blinks: "}


def export(folder: str | os.PathLike, to: str, out: str | os.PathLike, verbose: bool = True) -> dict[str, Any]:
    """Writes a data set in another format. Unknown labels stay unknown: null, an empty list or an empty cell.

    Args:
        folder: a data set.
        to: `"huggingface"`, `"tfrecord"`, `"imagefolder"` or `"csv"` (labels only).
        out: a new or empty folder. It appears when everything is written. A killed export leaves `.NAME.tmp` next to
            it, which the next export removes.
        verbose: whether to show a progress bar.

    Returns:
        `"to"`, `"out"`, and the counts `"faces"` and `"files"`.

    Raises:
        CatganError: no data set, an unknown format, a folder that is not empty, damaged shards, or an id that cannot
            be the name of a file.
    """
    if to not in FORMATS:
        raise unknown_name("export format", to, FORMATS)
    dataset, out = load_dataset(folder), Path(out).resolve()
    bar: tqdm[None] = system.progress_bar(description=to, total=len(dataset), unit="face", verbose=verbose)
    with _new_folder(out) as temporary, bar:
        faces = FORMATS[to](dataset, temporary, bar)
        if faces != len(dataset):
            raise CatganError(f"{folder} is damaged: dataset.json counts {len(dataset)} faces, its shards {faces}.")
    return {"to": to, "out": str(out), "faces": faces, "files": sum(path.is_file() for path in out.rglob("*"))}


@contextlib.contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Yields a temporary folder, which is renamed to `out` if the block succeeds, and removed if it fails."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise CatganError(f"An export needs a new or empty folder. Received: {out}, which is not empty.")
    temporary = out.with_name(f".{out.name}.tmp")
    if temporary.is_dir() and not temporary.is_symlink():
        shutil.rmtree(temporary)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        os.replace(temporary, out)  # replaces an empty folder, but no other
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


# === Hugging Face ===


def write_huggingface(dataset: DualDataset, folder: Path, bar: tqdm) -> int:
    """Writes `data/SPLIT-*.parquet` with the features of `datasets` in the schema, and the card as `README.md`."""
    (folder / "data").mkdir()
    faces = 0
    for shard in _shards(dataset):
        schema = with_features(schema_of(shard))  # shards written before version 0.2 lack this metadata
        with pq.ParquetWriter(folder / "data" / shard.name, schema, compression="zstd") as writer:
            for batch in scan([shard]):
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
                faces += _counted(batch, bar)
    card = dataset.folder / "card.md"
    for figure in sorted((dataset.folder / "figures").glob("*.png")):
        files.write_bytes(folder / "figures" / figure.name, figure.read_bytes())
    text = card.read_text(encoding="utf-8") if card.is_file() else f"# {dataset.info['name']}\n"
    files.write_text(folder / "README.md", f"---\n{_front_matter(dataset)}---\n\n{text}")
    return faces


def _front_matter(dataset: DualDataset) -> str:
    size = _SIZES[min(max(len(str(len(dataset))) - 3, 0), len(_SIZES) - 1)]
    paths = [{"split": split, "path": f"data/{split}-*.parquet"} for split in SPLITS if dataset.count(split)]
    return yaml.safe_dump({
        "license": "other", "pretty_name": dataset.info["name"], "task_categories": ["image-classification"],
        "size_categories": [size], "configs": [{"config_name": "default", "data_files": paths}]}, sort_keys=False)


# === TFRecord ===


def write_tfrecord(dataset: DualDataset, folder: Path, bar: tqdm) -> int:
    """Writes `SPLIT-*.tfrecord` with one `tf.train.Example` per face, and `features.json`, which describes them."""
    try:
        with system.silenced():
            import tensorflow as tf
    except ImportError:
        raise CatganError("TFRecords are written by TensorFlow, which is not installed: pip install tensorflow.") \
            from None
    about = _tf_features(schema_of(dataset.shards()[0]))
    faces = 0
    for shard in _shards(dataset):
        with tf.io.TFRecordWriter(str(folder / f"{shard.stem}.tfrecord")) as writer:
            for batch in scan([shard]):
                for row in batch.to_pylist():
                    writer.write(_example(tf, about, row))
                faces += _counted(batch, bar)
    files.write_json(folder / "features.json", about)
    files.write_text(folder / "README.md", _READ_TFRECORD.format(name=dataset.info["name"], table=_table(about)))
    return faces


def _tf_features(schema: pa.Schema) -> dict[str, dict[str, str]]:
    """Describes the features of an example: type, number of values, and meaning."""
    found = {"image/encoded": {"type": "bytes", "values": "1", "meaning": meaning("image")},
             "image/format": {"type": "bytes", "values": "1", "meaning": "png"}}
    for field in schema:
        if field.name != "image":
            many = pa.types.is_list(field.type) or pa.types.is_fixed_size_list(field.type)
            kind = field.type.value_type if many else field.type
            whole = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
            named = "float" if pa.types.is_floating(kind) else "int64" if whole else "bytes"
            values = "0 or more" if many else "0 (unknown) or 1"
            found[field.name] = {"type": named, "values": values, "meaning": meaning(field.name)}
    return found


def _example(tf: Any, described: Mapping[str, Mapping[str, str]], row: Mapping[str, Any]) -> bytes:
    cells = {**row, "image/encoded": row["image"]["bytes"], "image/format": "png"}
    example = tf.train.Example()
    for name, about in described.items():
        cell = cells.get(name)
        values = cell if isinstance(cell, list) else [] if cell is None or cell != cell else [cell]
        if about["type"] == "bytes":
            values = [value.encode() if isinstance(value, str) else value for value in values]
        elif about["type"] == "int64":
            values = [int(value) for value in values]  # booleans too
        getattr(example.features.feature[name], f"{about['type']}_list").value.extend(values)
    return example.SerializeToString(deterministic=True)


_READ_TFRECORD = """# {name}

One `tf.train.Example` a face; `features.json` describes its features. A label that is unknown is an empty list, so
read labels as `VarLenFeature`: below, an unknown number becomes NaN and is not taken for 0.

```python
import json

import tensorflow as tf

described = json.load(open("features.json"))
types = {{"bytes": tf.string, "int64": tf.int64, "float": tf.float32}}
spec = {{name: tf.io.VarLenFeature(types[about["type"]]) for name, about in described.items()}}
spec["image/encoded"] = tf.io.FixedLenFeature([], tf.string)


def read(record):
    face = tf.io.parse_single_example(record, spec)
    image = tf.io.decode_png(face["image/encoded"], channels=3)
    nan = tf.constant([float("nan")])
    labels = {{name: tf.concat([tf.cast(face[name].values, tf.float32), nan], 0)[0]
              for name in ("valence", "arousal")}}
    return image, labels


faces = tf.data.TFRecordDataset(sorted(tf.io.gfile.glob("train-*.tfrecord"))).map(read)
```

{table}"""


# === Pictures and tables ===


def write_imagefolder(dataset: DualDataset, folder: Path, bar: tqdm) -> int:
    """Writes pictures `SPLIT/ID.png`, and `SPLIT/metadata.csv` with a row for each picture."""
    faces = 0
    columns = _columns(dataset)
    for split in (split for split in SPLITS if dataset.count(split)):
        (folder / split).mkdir()
        schema = pa.schema([("file_name", pa.string()), *((name, columns[name]) for name in columns)])
        with pa.csv.CSVWriter(folder / split / "metadata.csv", schema) as writer:
            for batch in scan(dataset.shards(split), ["image", *columns]):
                names = pa.array([_write_picture(folder / split, *face) for face in
                                  zip(batch.column("id").to_pylist(), batch.column("image").to_pylist())], pa.string())
                cells = [names, *_cells(batch, columns)]
                writer.write_batch(pa.RecordBatch.from_arrays(cells, schema=schema))
                faces += _counted(batch, bar)
    table = _table({name: {"meaning": meaning(name)} for name in columns})
    files.write_text(folder / "README.md", _ABOUT_IMAGES.format(name=dataset.info["name"], table=table))
    return faces


def _write_picture(folder: Path, face: str | None, image: Mapping[str, Any]) -> str:
    if not _FILE_NAME.fullmatch(face or ""):
        raise CatganError(f"The name of a picture is its face's id, of letters, digits, _ and -. Received: {face!r}.")
    try:
        with open(folder / f"{face}.png", "xb") as file:
            file.write(image["bytes"])
    except FileExistsError:
        raise CatganError(f"Two faces have the id {face}, or ids that differ in capital letters only.") from None
    return f"{face}.png"


def write_csv(dataset: DualDataset, folder: Path, bar: tqdm) -> int:
    """Writes `labels.csv` with all faces of all splits, and `columns.csv`, which describes its columns."""
    faces = 0
    columns = _columns(dataset)
    schema = pa.schema(list(columns.items()))
    with pa.csv.CSVWriter(folder / "labels.csv", schema) as writer:
        for batch in scan(dataset.shards(), list(columns)):
            writer.write_batch(pa.RecordBatch.from_arrays(_cells(batch, columns), schema=schema))
            faces += _counted(batch, bar)
    about = {name: {"type": "text" if pa.types.is_string(kind) else "number", "meaning": meaning(name)}
             for name, kind in columns.items()}
    rows = [{"column": name, **cells} for name, cells in about.items()]
    pa.csv.write_csv(pa.Table.from_pylist(rows), folder / "columns.csv")
    files.write_text(folder / "README.md", _ABOUT_CSV.format(name=dataset.info["name"], table=_table(about)))
    return faces


def _columns(dataset: DualDataset) -> dict[str, pa.DataType]:
    """Returns the columns of a CSV file: those with one value per row, and the list of sources as one text."""
    schema = schema_of(dataset.shards()[0])
    plain = kinds(schema)
    return {field.name: pa.string() if field.name == "sources" else field.type for field in schema
            if field.name in plain or field.name == "sources"}


def _cells(batch: pa.RecordBatch, columns: Mapping[str, pa.DataType]) -> list[pa.Array]:
    found = []
    for name, kind in columns.items():
        cells = batch.column(name)
        if name == "sources":
            cells = pc.binary_join(cells, "; ")
        if pa.types.is_string(kind):  # a spreadsheet would run such a cell as a formula
            cells = pc.replace_substring_regex(cells, r"^([=+\-@\t\r])", r"'\1")
        elif pa.types.is_floating(kind):
            cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, kind), cells)
        found.append(cells)
    return found


_CELLS = """An empty cell is unknown, which is not the same as absent or 0. Text that begins with = + - @ has a ' before
it, so that no spreadsheet takes it for a formula. UTF-8, numbers with a decimal point."""

_ABOUT_IMAGES = f"""# {{name}}

`SPLIT/ID.png` are the faces, `SPLIT/metadata.csv` their labels. Hugging Face reads the folder as it is:
`datasets.load_dataset("imagefolder", data_dir=FOLDER)`.

{_CELLS}

{{table}}"""

_ABOUT_CSV = f"""# {{name}}

`labels.csv` has a row for each face: `pandas.read_csv("labels.csv")`. `columns.csv` is the table below.

{_CELLS}

{{table}}"""


# === Shared by the formats ===


def meaning(column: str) -> str:
    """Describes a column of a data set in words, with its unit."""
    if column.endswith("_source"):
        return f"who said {column.removesuffix('_source')}"
    if column.startswith(predictions.PREFIX):
        return _meaning_of_prediction(column)
    unit, rater = _LABEL.fullmatch(column), _RATER.fullmatch(column)
    true = _LAYERS.get(column.partition("_")[0], "")
    if rater:
        return f"rating of rater {rater[1]}: {_MEANINGS[rater[2]]}"
    if unit:
        name = facs.action_unit(int(unit[2])).name.lower()
        return f"{true}{name}, {'absent 0 or present 1' if unit[3] else 'FACS intensity 0 .. 5'}"
    return true + _MEANINGS.get(column.removeprefix("true_"), "")


def _meaning_of_prediction(column: str) -> str:
    if column == predictions.BY:
        return "who predicted: a run, and the start of the hash of its weights"
    if column.endswith("_std"):
        return f"standard deviation of {column.removesuffix('_std')}, as the run itself gives it"
    if column.endswith("_probability"):
        return f"probability of {column.removesuffix('_probability')}, 0 .. 1"
    label = column.removeprefix(predictions.PREFIX)
    said = meaning(label).replace("absent 0 or present 1", "probability that it is present, 0 .. 1")
    return f"predicted, not annotated: {said}" if said else ""


def _table(described: Mapping[str, Mapping[str, str]]) -> str:
    heads = ["column", *next(iter(described.values()))]
    rows = [heads, ["---"] * len(heads), *([f"`{name}`", *about.values()] for name, about in described.items())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _shards(dataset: DualDataset) -> Sequence[Path]:
    """Returns the shards of the splits that have faces."""
    return [shard for split in SPLITS if dataset.count(split) for shard in dataset.shards(split)]


def _counted(batch: pa.RecordBatch, bar: tqdm) -> int:
    bar.update(batch.num_rows)
    return batch.num_rows


FORMATS = {"huggingface": write_huggingface, "tfrecord": write_tfrecord, "imagefolder": write_imagefolder,
           "csv": write_csv}
