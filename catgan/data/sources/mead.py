"""MEAD (Wang, Wu, Song, Yang, Wu, Qian, He, Qiao & Loy 2020): actors speak in eight emotions, seen from seven sides.

    ROOT/M003/video/front/angry/level_1/001.mp4   person, view, emotion, level 1 to 3, number
    ROOT/M003/video/front/angry/level_1/001/00001.jpg   instead of a video: a folder of its frames

Emotions: angry, contempt, disgusted, fear, happy, neutral, sad, surprised. Neutral has `level_1` only. Every frame has
the emotion of its clip. All views show the same take, so one view is used, `front` by default; with a list of views,
each is a video of its own, and all of one person stay in one split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import labelled_clips, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError

LAYOUT = Layout(
    "expression of a clip, for each of its frames",
    "the views are one take; neutral has one level",
    "SenseTime and others, agreement; non-commercial research",
    options={**labelled_clips.OPTIONS, "view": "front, down, top, left_30, left_60, right_30, right_60, or a list of "
             "them; default front", "level": "1, 2, 3, or a list of them; default all. Neutral "
             "has one level and is always used"})

VIEWS = ("front", "down", "top", "left_30", "left_60", "right_30", "right_60")
LEVELS = ("1", "2", "3")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields the frames of every clip, by person, view, emotion and level."""
    options = options or {}
    parsing.require(root, f"Root of source '{name}'")
    views = labelled_clips.chosen(options, "view", VIEWS, ("front",))
    levels = labelled_clips.chosen(options, "level", LEVELS, LEVELS)
    people = [path for path in labelled_clips.folders(root) if (path / "video").is_dir()]
    if not people:
        raise CatganError(f"Source '{name}': no folder such as M003/video in {root}.")
    for person in people:
        for view in views:
            for path, expression in labelled_clips.classes(person / "video" / view):
                for folder in labelled_clips.folders(path):
                    yield from _level(name, root, folder, expression, person.name, levels, options)


def _level(name: str, root: Path, folder: Path, expression: str, person: str, levels: list[str],
           options: Mapping[str, object]) -> Iterator[Record | Rejected]:
    key, level = folder.relative_to(root).as_posix(), folder.name.removeprefix("level_")
    if level not in LEVELS or expression == "neutral" and level != "1":
        known = "level_1" if expression == "neutral" else "level_1, level_2, level_3"
        yield Rejected(name, key, key, "not a level of MEAD", f"{folder.name}; known is {known}")
        return
    if level not in levels and expression != "neutral":
        return
    for clip, copies in labelled_clips.clips(folder).items():
        pictures, others = labelled_clips.usable(copies)
        yield from labelled_clips.records(
            name, root, pictures, labelled_clips.constant(expression), options,
            video=f"{key.replace('/video/', '/', 1)}/{clip}", subject=person)
        yield from labelled_clips.same_take(name, root, others, pictures)
