"""CAER (Lee, Kim, Kim, Park & Sohn 2019): clips of television series, each with one of seven expressions.

    ROOT/train/Happy/0001.avi   also validation/ and test/; classes Anger, Disgust, Fear, Happy, Neutral, Sad, Surprise
    ROOT/train/Happy/0001/00001.jpg   instead of a video: a folder of its frames

Every frame has the label of its clip. The numbers of clips begin again in each folder. Nobody says who is seen: one
actor plays in many clips and both in training and in testing, so figures of the official splits are not figures of
people who were never seen. CAER-S, stills of the same series, is another collection.
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
    "people are unknown; numbers of clips begin again in each folder; a file that is no video is rejected",
    "Yonsei University, request; non-commercial research",
    splits="training, validation, test",
    options=labelled_clips.OPTIONS)

SPLITS = {"train": "training", "validation": "validation", "test": "test"}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields the frames of every clip, by split and class; some of the three folders may be missing."""
    parsing.require(root, f"Root of source '{name}'")
    if not any(labelled_clips.classes(root / split) for split in SPLITS):
        raise CatganError(f"Source '{name}': no folder of a class, such as train/Happy, in {root}.")
    for folder, split in SPLITS.items():
        for path, expression in labelled_clips.classes(root / folder):
            for clip, copies in labelled_clips.clips(path).items():
                pictures, others = labelled_clips.usable(copies)
                yield from labelled_clips.records(
                    name, root, pictures, labelled_clips.constant(expression), options or {},
                    video=f"{folder}/{path.name}/{clip}", official_split=split)
                yield from labelled_clips.same_take(name, root, others, pictures)
