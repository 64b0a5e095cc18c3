"""A data set of people in which every modality shows the emotion."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

CLASSES = ("neutral", "happiness", "sadness", "fear", "anger")


def standing() -> np.ndarray:
    """Joints `(16, 3)` of somebody who stands."""
    middle = [(0, .9, 0), (0, 1.15, 0), (0, 1.4, 0), (0, 1.6, .05)]
    arms = [(side * .2, height, 0) for side in (1, -1) for height in (1.38, 1.1, .85)]
    legs = [(side * .1, height, 0) for side in (1, -1) for height in (.9, .48, .08)]
    return np.array(middle + arms + legs, np.float32)


def person_of(emotion: int, random: np.random.Generator, frames: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Face `(64, 64, 3)`, joints `(frames, 16, 3)` and context `(64, 64, 3)`: brightness of the face, height of the
    head, swing of the hands, and brightness of the context rise with the number of the emotion."""
    level = emotion / 4
    face, context = (np.clip(random.normal(60 + 140 * level, 10, (64, 64, 3)), 0, 255).astype(np.uint8)
                     for _ in range(2))
    joints = np.repeat(standing()[None], frames, 0) + random.normal(0, .01, (frames, 16, 3)).astype(np.float32)
    joints[:, 3, 1] -= .25 * level
    swing = (.1 + .4 * level) * np.sin(2 * np.pi * np.arange(frames) / 15)
    joints[:, (6, 12), 2] += swing[:, None]
    joints[:, (9, 15), 2] -= swing[:, None]
    return face, joints, context


def png(pixels: np.ndarray) -> bytes:
    """A picture as PNG."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


def write_people(folder: Path, n: int = 120, seed: int = 0, missing: float = 0.2,
                 further: Callable[[int], dict[str, list[float] | None]] | None = None) -> Path:
    """Writes the data set; each modality of each person is missing with probability `missing`.

    `further` gives the columns `MODALITY.INPUT` of further modalities for the number of an emotion.
    """
    from catgan import files
    from catgan.data import store
    from catgan.data.people.columns import TRUTH, joints_columns, people_schema
    from catgan.data.shards import ShardWriter, content_hash
    from catgan.labels import LabelSpec

    random = np.random.default_rng(seed)
    counts = {"train": n - 2 * (n // 4), "validation": n // 4, "test": n // 4}
    more = {f"{TRUTH}{name}": pa.string() for name in ("face", "posture", "gait", "context")}
    more |= dict.fromkeys(further(0) if further else (), pa.list_(pa.float32()))
    schema = people_schema(more=more)
    paths = []
    for split, count in counts.items():
        writer = ShardWriter(folder / "shards", split, count, schema)
        for index in range(count):
            emotion = int(random.integers(5))
            face, joints, context = person_of(emotion, random)
            has = dict(zip(("face", "posture", "gait", "context"), random.random(4) >= missing))
            known = np.zeros((40, 16), bool)
            known[:40 if has["gait"] else 1] = has["posture"]
            row = {"id": f"{split}{index:05d}", "image": {"bytes": png(face), "path": "x.png"}, "sources": ["drawn/x"],
                   "split": split, "subject": f"drawn/{split}{index // 3}", "landmarks": np.zeros(956, np.float32),
                   "expression": CLASSES[emotion], "valence": 1 - emotion / 2, "arousal": emotion / 2 - 1,
                   "face_known": bool(has["face"]), **joints_columns(joints, known), "posture_frame": 0, "rate": 15.0,
                   "place": f"place{emotion}", "place_time": "2026-05-01T14:30", "phrases": ["dark street"],
                   **{f"{TRUTH}{name}": CLASSES[emotion] if there else None for name, there in has.items()}}
            row |= further(emotion) if further else {}
            if has["context"]:
                row |= {"context": {"bytes": png(context), "path": "c.png"}, "context_seen": b"\xff" * 64 * 64}
            writer.add(pa.Table.from_pylist([row], schema))
        paths += writer.close()
    files.write_json(folder / "dataset.json", {
        "format": store.FORMAT, "name": "people", "image_size": 64, "columns": schema.names,
        "labels": LabelSpec((), "presence", True, CLASSES).to_dict(), "counts": {"faces": n, "splits": counts},
        "sources": [{"name": "drawn"}], "hash": content_hash(paths), "plan": {}})
    return folder
