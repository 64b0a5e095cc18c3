"""A data set of drawn pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image


def write_dataset(folder: Path, n: int = 120, size: int = 16, seed: int = 0) -> Path:
    """A data set of drawn pictures whose labels can be seen: AU12 is a bright bar at the bottom, AU4 a dark one at the
    top, valence the brightness. Half of the faces lack AUs, a third lack valence-arousal."""
    from catgan import files
    from catgan.data import store
    from catgan.data.schema import shard_schema
    from catgan.data.shards import ShardWriter, content_hash
    from catgan.labels import LabelSpec

    random = np.random.default_rng(seed)
    units, counts = (4, 12), {"train": n - 2 * (n // 4), "validation": n // 4, "test": n // 4}
    paths = []
    for split, count in counts.items():
        writer = ShardWriter(folder / "shards", split, count, shard_schema(units))
        for index in range(count):
            brow, smile, valence = random.integers(2), random.integers(2), random.uniform(-1, 1)
            image = np.full((size, size), 128 + 60 * valence, np.float64) + random.normal(0, 6, (size, size))
            image[: size // 4] -= 60 * brow
            image[-size // 4:] += 60 * smile
            stream = io.BytesIO()
            Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(stream, format="PNG")
            row = {"id": f"{split}{index:05d}", "image": {"bytes": stream.getvalue(), "path": "x.png"},
                   "sources": [f"drawn/{split}{index}"], "split": split, "subject": f"drawn/person{index // 3}",
                   "landmarks": np.zeros(956, np.float32)}
            if index % 2:
                row |= {"AU04_present": int(brow), "AU12_present": int(smile)}
            if index % 3:
                row |= {"valence": valence, "arousal": -valence / 2}
            writer.add(pa.Table.from_pylist([row], writer.columns))
        paths += writer.close()
    files.write_json(folder / "dataset.json", {
        "format": store.FORMAT, "name": "drawn", "image_size": size, "columns": shard_schema(units).names,
        "labels": LabelSpec(units, "presence", True).to_dict(), "counts": {"faces": n, "splits": counts},
        "sources": [{"name": "drawn"}], "hash": content_hash(paths), "plan": {}})
    return folder
