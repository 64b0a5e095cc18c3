"""Writes whole photographs and videos of rendered people, whose truth is known."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from catgan import files
from catgan.data.people.pictures import draw_picture
from catgan.data.people.render import PeopleConfig, frames_of, posture_frame, scene_number, split_of
from catgan.data.schema import Info
from catgan.faces.images import write_image
from catgan.faces.picture_sequences import write_pictures as write_video
from catgan.modalities.gait_reader import RATE
from catgan.synthesis.people import PersonScene
from catgan.system import progress_bar

COMMENT = "Drawn by catgan. Nobody in this picture is real."


def write_pictures(config: PeopleConfig, out: str | os.PathLike, count: int) -> int:
    """Writes the first test people to `pictures/` of a data set: photographs (.png) or videos (.mp4), and `truth.json`.

    Files that are there are kept.

    Args:
        config: the settings of the rendering.
        out: folder of the data set.
        count: number of people.

    Returns:
        Number of people that were written or there.
    """
    folder = Path(out) / "pictures"
    numbers = list(islice((number for number in range(config.people) if split_of(config, number) == "test"), count))
    truth = []
    bar: tqdm[None] = progress_bar(description="pictures", total=len(numbers), unit="person")
    with bar:
        for number in numbers:
            scene = scene_number(config, number)
            path = folder / f"{name_of(config, number)}.{'mp4' if config.clips else 'png'}"
            if not path.is_file():
                _write(config, scene, path)
            truth.append(_truth(path, scene))
            bar.update(1)
    files.write_json(folder / "truth.json", truth)
    return len(numbers)


def name_of(config: PeopleConfig, number: int) -> str:
    """Returns the name of a person's row."""
    return f"people{config.seed}-{number:07d}"


def _write(config: PeopleConfig, scene: PersonScene, path: Path) -> None:
    frames = frames_of(config)
    if not config.clips:
        write_image(path, draw_picture(scene, config.seed, posture_frame(config), frames)[0].picture)
        return
    pictures = [draw_picture(scene, config.seed, frame, frames)[0].picture for frame in range(frames)]
    write_video(path, np.stack(pictures), RATE, COMMENT)


def _truth(path: Path, scene: PersonScene) -> Info:
    return {"file": path.name, "emotion": scene.emotion, "shown": dict(scene.shown), "missing": sorted(scene.missing),
            "place": scene.place, "phrases": list(scene.phrases), "time": scene.when.isoformat(timespec="minutes")}
