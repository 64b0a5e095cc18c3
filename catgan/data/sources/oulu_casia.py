"""Oulu-CASIA NIR&VIS (Zhao, Huang, Taini, Li & Pietikäinen 2011): 80 people pose six expressions, from neutral to apex.

    ROOT/OriginalImg/VL/Strong/P001/Happiness/000.jpeg
        camera VL (visible light) or NI (near infrared); light Strong, Weak or Dark; person; Anger, Disgust, Fear,
        Happiness, Sadness or Surprise; frames from 000, the last is the apex

The label is the sequence's. By default (`frames: ends`) the first tenth of a sequence is neutral and its last third
shows the expression; the frames between have no label and are rejected. `frames: apex` uses the last frame only,
`frames: all` gives every frame the label. The six versions of camera and light are the same takes, so one is used: VL
and Strong by default. With lists, each version is a video of its own, and all of one person stay in one split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product
from pathlib import Path

from catgan.data.sources import frames, labelled_clips, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError

LAYOUT = Layout(
    "expression of a sequence, for its first and last frames",
    "the label is the sequence's; frames between neutral and the expression; versions of light and camera are one take",
    "University of Oulu, licence agreement; research only",
    options={**labelled_clips.OPTIONS, "frames": "apex, ends or all: the frames with a label; default ends",
             "camera": "VL, NI, or a list of both; default VL",
             "light": "Strong, Weak, Dark, or a list of them; default Strong"})

CAMERAS = ("VL", "NI")
LIGHTS = ("Strong", "Weak", "Dark")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields the frames of every sequence, by camera, light and person."""
    options = options or {}
    parsing.require(root, f"Root of source '{name}'")
    cameras = labelled_clips.chosen(options, "camera", CAMERAS, ("VL",))
    lights = labelled_clips.chosen(options, "light", LIGHTS, ("Strong",))
    shown = labelled_clips.shown_frames(options, "ends")
    places = [root / "OriginalImg" / camera / light for camera, light in product(cameras, lights)]
    people = [person for place in places for person in labelled_clips.folders(place)]
    if not people:
        raise CatganError(f"Source '{name}': no folder of a person, such as {places[0]}/P001.")
    for person in people:
        for path, expression in labelled_clips.classes(person):
            pictures = frames.Frames(path, frames.images(path), None, 0, "{:03d}.jpeg")
            labels = partial(labelled_clips.spread, expression=expression, shown=shown)
            yield from labelled_clips.records(
                name, root, pictures, labels, options, from_end=True, subject=person.name,
                video=path.relative_to(root / "OriginalImg").as_posix())
