"""AFEW, of the challenges EmotiW (Dhall, Goecke, Lucey & Gedeon 2012): clips of films, each with one expression.

    ROOT/Train_AFEW/Happy/000046280.avi   also Val_AFEW/; classes Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise
    ROOT/Train_AFEW/AlignedFaces_LBPTOP_Points/Faces/000046280/001.jpg
        the owners' crops of 128 pixels; for validation in `AlignedFaces_LBPTOP_Points_Val`. They may also lie in ROOT

Every frame has the label of its clip. Videos are used; crops are used if the option `pictures` is `faces`, or for clips
without a video. Nobody says who is seen; one actor plays in several clips. The labels of the test set are withheld.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, labelled_clips, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError

LAYOUT = Layout(
    "expression of a clip, for each of its frames",
    "people are unknown; the folder of crops has another name for validation; test labels are withheld",
    "Australian National University and others, EULA; academic research",
    splits="training, validation",
    options={**labelled_clips.OPTIONS, "pictures": "videos or faces (the owners' crops); default videos"})

SPLITS = {"Train_AFEW": ("training", "AlignedFaces_LBPTOP_Points"),
          "Val_AFEW": ("validation", "AlignedFaces_LBPTOP_Points_Val")}
NO_CLASSES = tuple(faces for _, faces in SPLITS.values())


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields the frames of every clip, by split and class; one of the two folders may be missing."""
    options = options or {}
    parsing.require(root, f"Root of source '{name}'")
    wanted = labelled_clips.chosen(options, "pictures", ("videos", "faces"), ("videos",))
    if not any(labelled_clips.classes(root / split, NO_CLASSES) for split in SPLITS):
        raise CatganError(f"Source '{name}': no folder of a class, such as Train_AFEW/Happy, in {root}.")
    for folder, (split, faces) in SPLITS.items():
        for path, expression in labelled_clips.classes(root / folder, NO_CLASSES):
            for clip, copies in labelled_clips.clips(path).items():
                pictures, others = labelled_clips.usable(copies)
                crops = _crops(root, folder, faces, clip)
                used = crops if crops is not None and ("faces" in wanted or not pictures.video) else pictures
                yield from labelled_clips.records(
                    name, root, used, labelled_clips.constant(expression), options,
                    video=f"{folder}/{path.name}/{clip}", official_split=split)
                yield from labelled_clips.same_take(name, root, others, used)


def _crops(root: Path, folder: str, faces: str, clip: str) -> frames.Frames | None:
    """Returns the crops of a clip, from the folder of its split or from the root; None if there are none."""
    for path in (root / folder / faces / "Faces" / clip, root / faces / "Faces" / clip):
        numbered = frames.images(path)
        if numbered:
            return frames.Frames(path, numbered, None, 1)
    return None
