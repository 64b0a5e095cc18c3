"""Edits a face in a photograph or a video, and pastes it back at full resolution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from catgan import files
from catgan.errors import CatganError
from catgan.faces import tracks
from catgan.faces.alignment import Face, align, aligned_by, anchors
from catgan.faces.blending import paste
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.video_writer import VideoWriter
from catgan.faces.videos import Frame, Video
from catgan.metrics.figures import Figures
from catgan.models.gan.changes import Changes
from catgan.models.gan.editing import EditResult
from catgan.models.gan.faces import FaceGAN
from catgan.system import progress_bar

NOTICE = "Synthetic: a face edited by catgan. Not a record of what anybody showed or felt."

BATCH_SIZE = 32
"""Maximum number of frames in memory at once."""
MAX_BATCH_BYTES = 256 << 20
"""Maximum size of the frames in memory at once, in bytes. Large frames make smaller batches."""
PLACE_SECONDS = 0.06
"""Standard deviation, in seconds, of the Gaussian that smooths the position of the face."""
READING_SECONDS = 0.25
"""Standard deviation, in seconds, of the Gaussian that smooths the predicted labels, which are noisier."""


def edit_face(gan: FaceGAN, photo: np.ndarray, face: Face, changes: Changes) -> tuple[np.ndarray, EditResult]:
    """Changes one face of a photograph.

    Args:
        gan: a model with an editor.
        photo: uint8 `(h, w, 3)`.
        face: the aligned face of `photo`, see `catgan.faces.alignment.find_face`.
        changes: the label changes.

    Returns:
        The photograph with the changed face, uint8 `(h, w, 3)`, and the result of the editor.

    Raises:
        CatganError: the model has no editor, or lacks one of the labels.
    """
    edited = gan.apply_change(face.image[None], changes)
    return paste(photo, face, edited.images[0], edited.moves[0]), edited


def edit_video(gan: FaceGAN, path: Path, changes: Changes, landmarker: FaceLandmarker, out: Path,
               index: int = 0, verbose: bool = True) -> Figures:
    """Writes a video in which one face is changed in every frame, along a smoothed track.

    Args:
        gan: a model with an editor.
        path: the video. Its times and its sound are kept.
        changes: label changes, the same in every frame. The current labels are predicted in every frame, and smoothed
            over time.
        landmarker: an open landmarker.
        out: the file to write, see `catgan.faces.video_writer`.
        index: number of the face by size in the first frame that shows a face; the largest is 0.
        verbose: whether to show progress bars.

    Returns:
        A dictionary:
        `frames`: number of frames;
        `edited`: number of frames that show the face;
        `seconds`: time of the last frame;
        `cut`: per label, number of frames in which it was clipped to its range;
        `beyond`: per label, number of frames in which it was lowered by more than its predicted value;
        `written`: codec, size and sound;
        `missing`: the unreadable part of the video as a text, or None.

    Raises:
        CatganError: the file is no video, no frame shows that face, or as in `edit_face`.
    """
    video, side = Video(path), gan.network.image_size
    places, readings, times = _watch(gan, video, landmarker, index, verbose)
    known = np.isfinite(places[:, 0, 0])
    if not known.any():
        raise CatganError(f"{path}: no frame shows face {index}. Give a video in which both eyes and the mouth are "
                          "visible.")
    places = tracks.smoothed(places, times, PLACE_SECONDS)
    readings = {name: tracks.smoothed(values, times, READING_SECONDS) for name, values in readings.items()}
    cut, beyond = Counter[str](), Counter[str]()

    def changed(frames: list[Frame], pictures: list[np.ndarray]) -> None:
        shown = [place for place, frame in enumerate(frames) if known[frame.number]]
        rows = [frames[place].number for place in shown]
        faces = [aligned_by(pictures[place], places[row], side) for place, row in zip(shown, rows)]
        if faces:
            read = {name: values[rows] for name, values in readings.items()}
            edited = gan.apply_change(np.stack([face.image for face in faces]), changes, read)
            cut.update({name: int(np.isfinite(values).sum()) for name, values in edited.cut.items()})
            beyond.update({name: int((values > 0.0).sum()) for name, values in edited.beyond.items()})
            for place, face, after, moves in zip(shown, faces, edited.images, edited.moves):
                pictures[place] = paste(pictures[place], face, after, moves)

    with files.atomic_path(out) as temporary, VideoWriter(temporary, video, NOTICE) as writer:
        for frames, pictures in _batches(video, "edit", len(known), verbose):
            changed(frames, pictures)
            for frame, picture in zip(frames, pictures):
                writer.write(picture, frame.time, frame.duration)
    return {"frames": len(known), "edited": int(known.sum()), "seconds": round(float(times[-1]), 3),
            "cut": dict(+cut), "beyond": dict(+beyond),
            "written": writer.done, "missing": video.missing}


def _watch(gan: FaceGAN, video: Video, landmarker: FaceLandmarker, index: int,
           verbose: bool) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Follows the face through the video.

    Returns:
        Its anchors `(frames, 3, 2)` and its predicted labels, `(frames,)` each, NaN where it is not seen; and the times
        of the frames `(frames,)` in seconds.
    """
    places, read, times, last = [], [], [], None
    for frames, pictures in _batches(video, "watch", video.count, verbose):
        times += [frame.time for frame in frames]
        crops = []
        for picture in pictures:
            face = tracks.follow(landmarker.detect(picture), last, index)
            places.append(np.full((3, 2), np.nan) if face is None else anchors(face.landmarks))
            if face is not None:
                last = face
                crops.append(align(picture, face.landmarks, gan.network.image_size).image)
        if crops:
            read.append({name: values for name, values in gan.read(np.stack(crops)).items() if name != "expression"})
    found = np.array(places).reshape(-1, 3, 2)
    readings = {}
    for name in read[0] if read else ():
        readings[name] = np.full(len(found), np.nan)
        readings[name][np.isfinite(found[:, 0, 0])] = np.concatenate([part[name] for part in read])
    return found, readings, np.array(times)


def _batches(video: Video, what: str, count: int | None,
             verbose: bool) -> Iterator[tuple[list[Frame], list[np.ndarray]]]:
    """Yields batches of frames with their pictures; a damaged frame repeats the picture before it."""
    frames: list[Frame] = []
    pictures: list[np.ndarray] = []
    width, height = video.size
    at_once = min(BATCH_SIZE, max(1, MAX_BATCH_BYTES // (3 * width * height)))
    last = np.zeros((height, width, 3), np.uint8)
    for frame in progress_bar(video.frames(), what, total=count, unit="frame", verbose=verbose):
        last = last if frame.picture is None else frame.picture
        frames.append(frame)
        pictures.append(last)
        if len(frames) == at_once:
            yield frames, pictures
            frames, pictures = [], []
    if frames:
        yield frames, pictures
