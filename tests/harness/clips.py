"""Data sets whose rows are frames of videos."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image


def write_clips(folder: Path, rows: dict[str, Sequence[dict[str, Any]]], size: int = 16, timed: bool = True,
                shard_rows: int | None = None) -> Path:
    """Writes a data set of frames of videos.

    Args:
        folder: of the data set.
        rows: by split, the columns of each row: `video`, `frame`, `time`, `subject`, labels; `picture` is its image,
            uint8 `(size, size, 3)`, by default grey of level `row % 256`.
        size: side of the pictures.
        timed: whether the shards have a column `time`.
        shard_rows: most rows of a shard; a video may exceed them, because it is never divided.
    """
    from catgan import files
    from catgan.data import store
    from catgan.data.schema import SPLITS, shard_schema
    from catgan.data.shards import content_hash
    from catgan.labels import LabelSpec

    units, paths = (4, 12), []
    columns = shard_schema(units, timed)
    for split in SPLITS:
        tables = _by_video(rows.get(split, ()), shard_rows)
        for part, table in enumerate(tables):
            path = folder / "shards" / f"{split}-{part:05d}-of-{len(tables):05d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, [_row(row, split, size) for row in table], columns)
            paths.append(path)
    counts = {split: len(rows.get(split, ())) for split in SPLITS}
    files.write_json(folder / "dataset.json", {
        "format": store.FORMAT, "name": "clips", "image_size": size, "columns": columns.names,
        "labels": LabelSpec(units, "intensity", True, ("neutral", "happiness")).to_dict(),
        "counts": {"faces": sum(counts.values()), "splits": counts}, "sources": [{"name": "clips"}],
        "hash": content_hash(paths), "plan": {}})
    return folder


def filmed(video: str | None, times: Sequence[float], subject: str | None = None,
           **columns: Any) -> list[dict[str, Any]]:
    """Rows of one video: one at each time in seconds; `columns` hold one value, or one a row."""
    return [{"video": video, "subject": subject, "frame": number, "time": float(time),
             **{name: value[number] if isinstance(value, (list, np.ndarray)) else value
                for name, value in columns.items()}}
            for number, time in enumerate(times)]


def _by_video(rows: Sequence[dict[str, Any]], most: int | None) -> list[list[dict[str, Any]]]:
    tables: list[list[dict[str, Any]]] = [[]]
    for row in rows:
        table = tables[-1]
        if most and len(table) >= most and table[-1].get("video") != row.get("video"):
            tables.append([])
        tables[-1].append({"number": sum(map(len, tables)), **row})
    return tables


def _row(row: dict[str, Any], split: str, size: int) -> dict[str, Any]:
    picture = row.get("picture", np.full((size, size, 3), row["number"] % 256, np.uint8))
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG", compress_level=1)
    name = f"{split}{row['number']:06d}"
    return {"id": name, "image": {"bytes": stream.getvalue(), "path": f"{name}.png"}, "sources": ["clips/x"],
            "split": split, "landmarks": np.zeros(956, np.float32),
            **{key: value for key, value in row.items() if key not in ("picture", "number")}}


def _write(path: Path, rows: list[dict[str, Any]], columns: pa.Schema) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows, columns), path, compression="zstd")
