"""A folder of drawn photographs and a small video, and steps of raters."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from catgan.pipelines.annotation.changes import Change
from catgan.pipelines.annotation.project import Project
from tests.harness.filming import film, greys

_count = itertools.count()


def step(**content):
    """A step with an identity of its own: `step(set={"AU12": 3})`."""
    return Change.from_dict({"change": f"step-{next(_count):08d}", **content})


def photographs(folder: Path, count: int) -> list[str]:
    """Writes grey pictures `p0.png` and on, and returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"p{number}.png" for number in range(count)]
    for number, name in enumerate(names):
        Image.fromarray(np.full((40, 32, 3), 20 * number % 256, np.uint8)).save(folder / name)
    return names


def clip(path: Path, frames: int = 50, rate: int = 10) -> Path:
    """Writes a grey video of VP8, which every browser plays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return film(path, greys(frames, step=4), "libvpx", rate=rate)


def item_of(project: Project, key: str):
    return next(item for item in project.items.values() if item.key == key)


def say(project: Project, key: str, rater: str, **content):
    """Saves a step of a rater, who has seen everything, and returns the content."""
    item = item_of(project, key)
    return project.rate(item, rater, step(**content), project.read(item, rater).revision)


def trace(times, valence, arousal=None):
    """Samples of a step from arrays; None where an array has NaN."""
    arousal = [None] * len(times) if arousal is None else arousal
    return [[round(float(t), 4), *(None if x is None or x != x else round(float(x), 4) for x in (v, a))]
            for t, v, a in zip(times, valence, arousal)]
