"""Edits of a face in a photograph or a video: found, aligned, changed, and put back at their own resolution."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from catgan import files
from catgan.errors import CatganError
from catgan.faces import tracks
from catgan.faces.alignment import Face, align, aligned_by, anchors
from catgan.faces.blending import paste
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Video
from catgan.gan.changes import Changes
from catgan.gan.model import CatGAN, Edited

AT_ONCE = 32
MEMORY = 256 << 20
"""Bytes of frames that are edited at once."""
PLACE_SECONDS, READING_SECONDS = 0.06, 0.25
"""Deviations of the Gaussians that even out, over a video, where the face is and what it shows: a head moves faster
than a reading is sure."""


def edit_face(gan: CatGAN, photo: np.ndarray, face: Face, changes: Changes) -> tuple[np.ndarray, Edited]:
    """Changes one face of a photograph.

    Args:
        gan: with an editor.
        photo: uint8 `(h, w, 3)`.
        face: aligned from it, see `catgan.faces.alignment.find_face`.
        changes: what is asked.

    Returns:
        The photograph with the changed face, and what was edited.

    Raises:
        CatganError: a model without an editor, or a label that it does not have.
    """
    edited = gan.edited(face.image[None], changes)
    return paste(photo, face, edited.images[0], edited.moves[0]), edited


def edit_video(gan: CatGAN, path: Path, changes: Changes, landmarker: FaceLandmarker, out: Path,
               index: int = 0) -> dict[str, Any]:
    """Writes a video in which one face is changed, frame by frame, along one smoothed track.

    Args:
        gan: with an editor.
        path: the video. Its sound is not copied.
        changes: the same in every frame; what a face shows now is read in every frame, and evened out in time.
        landmarker: opened.
        out: an `.mp4` file.
        index: which face of the first frame that has one, the largest being 0.

    Returns:
        `frames`; `edited`, how many show the face; `cut`: per label, in how many of them it was cut at the end of its
        range.

    Raises:
        CatganError: no video, no frame with that face, or as `edit_face`.
    """
    video, side = Video(path), gan.network.image_size
    places, readings, times = _watch(gan, video, landmarker, index)
    known = np.isfinite(places[:, 0, 0])
    if not known.any():
        raise CatganError(f"{path}: no frame shows face {index}. Give a video in which both eyes and the mouth are "
                          "visible.")
    places = tracks.smoothed(places, times, PLACE_SECONDS)
    readings = {name: tracks.smoothed(values, times, READING_SECONDS) for name, values in readings.items()}
    cut: dict[str, int] = {}

    def changed(rows: list[int], frames: list[np.ndarray]) -> Iterator[np.ndarray]:
        shown = [place for place, row in enumerate(rows) if known[row]]
        faces = [aligned_by(frames[place], places[rows[place]], side) for place in shown]
        if faces:
            read = {name: values[[rows[place] for place in shown]] for name, values in readings.items()}
            edited = gan.edited(np.stack([face.image for face in faces]), changes, read)
            for name, values in edited.cut.items():
                cut[name] = cut.get(name, 0) + int(np.isfinite(values).sum())
            for place, face, after, moves in zip(shown, faces, edited.images, edited.moves):
                frames[place] = paste(frames[place], face, after, moves)
        yield from frames

    with files.atomic_path(out) as temporary:
        _write(temporary, video.rate, (frame for rows, frames, _ in _batches(video, "edit", len(known))
                                       for frame in changed(rows, frames)))
    return {"frames": len(known), "edited": int(known.sum()),
            "cut": {name: count for name, count in cut.items() if count}}


def _watch(gan: CatGAN, video: Video, landmarker: FaceLandmarker,
           index: int) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Where the face is, `(frames, 3, 2)` as `anchors`, and what it shows, per column `(frames,)`, NaN where it is
    not; and the times of the frames, `(frames,)` seconds."""
    places, read, times, last = [], [], [], None
    for _, frames, moments in _batches(video, "watch", video.count):
        times += moments
        crops = []
        for frame in frames:
            face = tracks.follow(landmarker.detect(frame), last, index)
            places.append(np.full((3, 2), np.nan) if face is None else anchors(face.landmarks))
            if face is not None:
                last = face
                crops.append(align(frame, face.landmarks, gan.network.image_size).image)
        if crops:
            read.append({name: values for name, values in gan.read(np.stack(crops)).items() if name != "expression"})
    found = np.array(places).reshape(-1, 3, 2)
    readings = {}
    for name in read[0] if read else ():
        readings[name] = np.full(len(found), np.nan)
        readings[name][np.isfinite(found[:, 0, 0])] = np.concatenate([part[name] for part in read])
    return found, readings, np.array(times)


def _batches(video: Video, what: str,
             count: int | None) -> Iterator[tuple[list[int], list[np.ndarray], list[float]]]:
    """Yields numbers, pictures and times of some frames at once; for a damaged frame the one before is taken."""
    rows: list[int] = []
    frames: list[np.ndarray] = []
    times: list[float] = []
    width, height = video.size
    at_once = min(AT_ONCE, max(1, MEMORY // (3 * width * height)))
    last = np.zeros((height, width, 3), np.uint8)
    for frame in tqdm(video.frames(), what, count, unit="frame", disable=not sys.stderr.isatty()):
        last = last if frame.picture is None else frame.picture
        rows.append(frame.number)
        frames.append(last)
        times.append(frame.time)
        if len(rows) == at_once:
            yield rows, frames, times
            rows, frames, times = [], [], []
    if rows:
        yield rows, frames, times


def _write(path: Path, rate: float, frames: Iterator[np.ndarray]) -> None:
    """Writes frames as MPEG-4."""
    writer: cv2.VideoWriter | None = None
    try:
        for frame in frames:
            if writer is None:
                writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, frame.shape[1::-1])
                if not writer.isOpened():
                    raise CatganError("This OpenCV cannot write MPEG-4 videos. Install opencv-python, or give frames.")
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    finally:
        if writer is not None:
            writer.release()
