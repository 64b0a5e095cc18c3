"""Stores clips of landmarks in one file, and opens every kind of source of them."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from catgan import files
from catgan.data.clips.landmark_sources import people_of, read_ck_plus, read_openface
from catgan.data.clips.landmarks import LandmarkClips, read_landmark_clips
from catgan.data.clips.options import ClipOptions
from catgan.data.store import load_dataset
from catgan.errors import DataError
from catgan.faces.landmark_sets import set_of

FORMAT = 1
_TYPES = {"points": "f", "seen": "b", "labels": "i", "classes": "U", "subjects": "U", "videos": "U", "times": "f",
          "landmark_set": "U", "rate": "f"}


def save_landmark_clips(clips: LandmarkClips, path: str | os.PathLike) -> None:
    """Writes clips to one `.npz` file, atomically and without pickle.

    Raises:
        DataError: another ending than `.npz`.
    """
    if Path(path).suffix != ".npz":
        raise DataError(f"Clips of landmarks are stored in a .npz file. Received: {path}.")
    with files.atomic_path(path) as temporary:
        np.savez_compressed(
            temporary, format=FORMAT, points=clips.points, seen=clips.seen, labels=clips.labels,
            classes=np.array(clips.classes, str), subjects=np.array(clips.subjects, str),
            videos=np.array(clips.videos, str), times=clips.times, landmark_set=clips.landmark_set, rate=clips.rate)


def read_saved_clips(path: str | os.PathLike) -> LandmarkClips:
    """Reads clips that `save_landmark_clips` wrote.

    Raises:
        DataError: no such file, another file, or one whose arrays do not belong together.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            parts = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"Clips of landmarks cannot be read from {path} ({str(error)[:120]}).") from None
    wrong = [name for name, kind in _TYPES.items() if name not in parts or parts[name].dtype.kind != kind]
    if wrong or parts.get("format") != FORMAT:
        raise DataError(f"{path} is no file of landmark clips of format {FORMAT}: "
                        f"{', '.join(wrong) or 'format'} is missing or of another type.")
    points, seen = parts["points"], parts["seen"]
    if points.ndim != 4 or points.shape[3] != 2 or set_of(points.shape[2]).name != str(parts["landmark_set"]):
        raise DataError(f"{path}: points must have the shape (clips, frames, landmarks, 2) with the number of "
                        f"landmarks of '{parts['landmark_set']}'. Received: {points.shape}.")
    counts = {len(parts[name]) for name in ("points", "seen", "labels", "subjects", "videos", "times")}
    if len(counts) > 1 or seen.shape != points.shape[:2] or parts["times"].shape != seen.shape:
        raise DataError(f"{path}: its arrays have different numbers of clips or frames.")
    if len(parts["labels"]) and not -1 <= parts["labels"].min() <= parts["labels"].max() < len(parts["classes"]):
        raise DataError(f"{path}: a label is none of its {len(parts['classes'])} classes.")
    words = {name: tuple(map(str, parts[name])) for name in ("classes", "subjects", "videos")}
    return LandmarkClips(points.astype(np.float32), seen, parts["labels"].astype(np.int64), words["classes"],
                         words["subjects"], words["videos"], parts["times"].astype(np.float64),
                         str(parts["landmark_set"]), float(parts["rate"]))


def load_landmark_clips(path: str | os.PathLike, split: str, options: ClipOptions | None = None) -> LandmarkClips:
    """Reads clips of landmarks from any source that catgan knows.

    Args:
        path: a data set of `catgan build` or `catgan render` with frames of videos; a folder of CK+ with `Landmarks`;
            a folder of tables of OpenFace, such as the landmarks of RAVDESS; or a file of `save_landmark_clips`.
        split: `train`, `validation`, `test` or `all`. Data sets have splits. In other sources the people are divided
            by `landmark_sources.split_of_people`.
        options: length, rate and stride of the clips; by default 20 frames at 6.25 per second. Saved clips stay as
            they are.

    Raises:
        DataError: no such path, a source of another kind, or no clip in the split.
    """
    place, options = Path(path), options or ClipOptions(length=3.2, rate=6.25)
    if place.is_file() and place.suffix == ".npz":
        clips = read_saved_clips(place)
        people = people_of(split, clips.subjects)
        found = clips.select(np.array([name in people for name in clips.subjects], bool))
        if not len(found):
            raise DataError(f"{path} has no clips in the split '{split}': it has {len(clips)} of "
                            f"{len(set(clips.subjects))} people, who are divided by a hash of their name.")
        return found
    if (place / "dataset.json").is_file():
        return read_landmark_clips(load_dataset(place), split, options)
    if (place / "Landmarks").is_dir():
        return read_ck_plus(place, split, options)
    if place.is_dir() and next(place.rglob("*.csv"), None):
        return read_openface(place, split, options)
    raise DataError(f"{path} holds no clips of landmarks. Give a data set with frames of videos (dataset.json), a "
                    "folder of CK+ (with Landmarks/), a folder of tables of OpenFace (*.csv), or a .npz file of saved "
                    "clips.")
