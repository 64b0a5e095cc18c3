"""Aligns pictures in the worker processes of a build and writes faces with their hashes, one chunk at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catgan import files
from catgan.data.builder.embedded import EmbeddedPictures
from catgan.data.builder.following import Follower
from catgan.data.builder.pictures import Pictures
from catgan.data.builder.scan import Rows
from catgan.data.schema import QUALITY
from catgan.errors import CatganError
from catgan.faces import alignment
from catgan.faces.images import ImageError, decode, encode_png, read_bytes
from catgan.faces.landmarks import DetectedFace, FaceLandmarker, overlap, worker_landmarker

# Faces are compared at one size, independent of the image size of the data set. The compared area reaches from the
# brows to the mouth: farther out, a cropped copy shows the edge of its picture.
COMPARED, THUMBNAIL = 64, 32
COMPARED_ROWS, COMPARED_COLUMNS = slice(18, 54), slice(14, 50)

SCHEMA = pa.schema([
    ("index", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("image", pa.binary()),
    ("landmarks", pa.list_(pa.float32())), ("sha256", pa.binary()), ("phash", pa.binary()), ("thumbnail", pa.binary()),
    ("time", pa.float64()), ("followed", pa.list_(pa.float64())), *((name, pa.float32()) for name in QUALITY)])


@dataclass(frozen=True)
class Job:
    """Describes one picture to align.

    Args:
        index: row number in the scan.
        path: file of the picture.
        position: index of the picture within its file, from 0; None for an image file.
        box: left, top, width and height of the annotated face; None without annotation.
        box_in_shares: True if the box is in shares of the picture's width and height, False if in pixels.
        column: column of a Parquet table that holds the picture; None for other files.
    """

    index: int
    path: Path
    position: int | None = None
    box: tuple[float, float, float, float] | None = None
    box_in_shares: bool = False
    column: str | None = None

    @classmethod
    def of(cls, index: int, row: dict[str, Any]) -> Job:
        """Returns the job of a row of a scan."""
        box = tuple(row["box"]) if row["box"] else None
        return cls(index, Path(row["path"]), row["position"], box, row["box_in_shares"], row["column"])


JOB = ("path", "position", "box", "box_in_shares", "column")
"""Columns of a scan that a job needs."""


@dataclass(frozen=True)
class Task:
    """Holds chunks of rows `(start, stop)` that one worker aligns together.

    All chunks of one video are in one task, so that the video is decoded once, in order.
    """

    chunks: tuple[tuple[int, int], ...]

    @property
    def rows(self) -> int:
        """Returns the number of rows in all chunks."""
        return sum(stop - start for start, stop in self.chunks)


@dataclass(frozen=True)
class Folder:
    """Describes the working folder of a build.

    Args:
        path: folder of the chunks.
        size: side of the aligned faces in pixels.
    """

    path: Path
    size: int

    def chunk(self, start: int) -> Path:
        """Returns the file of the chunk that begins with row `start`."""
        return self.path / f"{start:09d}.parquet"


def tasks(rows: Rows, largest: int) -> Iterator[Task]:
    """Divides the rows of a scan into chunks of at most `largest` rows and yields them as tasks.

    Each chunk is one task, but all chunks of a video or of a FER2013 csv form one task. The pictures of any other chunk
    are separate files, or rows of one Parquet table.
    """
    kinds = ((None if position is None else path, column)
             for path, position, column in rows.texts("path", "position", "column"))
    start = 0
    for (container, column), run in groupby(kinds):
        stop = start + sum(1 for _ in run)
        chunks = [(first, min(first + largest, stop)) for first in range(start, stop, largest)]
        apart = container is None or column is not None
        yield from [Task((chunk,)) for chunk in chunks] if apart else [Task(tuple(chunks))]
        start = stop


_landmarker: FaceLandmarker | None = None


def start_worker(model_path: str) -> None:
    """Opens the face landmarker of a worker process."""
    global _landmarker
    _landmarker = worker_landmarker(model_path)


def align_task(task: Task, rows_path: Path, folder: Folder) -> int:
    """Aligns the rows of a task and writes each chunk to a Parquet file, atomically. Finished chunks are left as they
    are.

    Returns:
        The number of rows, of finished chunks too.

    Raises:
        RuntimeError: `start_worker` has not run in this process.
    """
    if _landmarker is None:
        raise RuntimeError("start_worker has not run in this process")
    rows = Rows(rows_path, ())
    pictures: Pictures | EmbeddedPictures | None = None
    try:
        for place, (start, stop) in enumerate(task.chunks):
            if folder.chunk(start).is_file():
                continue
            jobs = [Job.of(index, row) for index, row in enumerate(rows.read(range(start, stop), JOB), start)]
            if pictures is None and jobs[0].position is not None:
                column = jobs[0].column
                pictures = Pictures(jobs[0].path) if column is None else EmbeddedPictures(jobs[0].path, column)
            follower = _follower(_landmarker, pictures, folder.chunk(task.chunks[place - 1][0]) if place else None)
            found = [align_one(job, folder.size, _landmarker, pictures, follower) for job in jobs]
            with files.atomic_path(folder.chunk(start)) as temporary:
                # Each chunk is read once and then deleted, so compression does not pay.
                pq.write_table(pa.Table.from_pylist(found, SCHEMA), temporary, compression="none",
                               use_dictionary=False)
    finally:
        if pictures is not None:
            pictures.close()
    return task.rows


def _follower(landmarker: FaceLandmarker, pictures: Pictures | EmbeddedPictures | None,
              before: Path | None) -> Follower | None:
    """Returns the follower of the face of a video, as it was at the end of the chunk before; None for other pictures.

    The state is always read from the file, so that an interrupted build gives the same faces.
    """
    if not isinstance(pictures, Pictures) or not pictures.is_video:
        return None
    states = pq.read_table(before, columns=["followed"])["followed"].to_pylist() if before else []
    return Follower(landmarker, next((state for state in reversed(states) if state is not None), None))


def align_one(job: Job, size: int, landmarker: FaceLandmarker, pictures: Pictures | EmbeddedPictures | None = None,
              follower: Follower | None = None) -> dict:
    """Aligns one picture and returns its row of `SCHEMA`; without a face, `reason` and `detail` say why.

    Args:
        job: the picture.
        size: side of the aligned face in pixels.
        landmarker: an open landmarker.
        pictures: the file that holds the picture; None for an image file.
        follower: follows the face of a video; without one, and for pictures with a box, faces are searched for in the
            whole picture.
    """
    try:
        content, image = _picture(job, pictures)
        if follower is not None and job.box is None:
            return _followed(job, size, image, follower, _time(pictures))
        found = landmarker.detect(image)
    except ImageError as error:
        return {"index": job.index, "reason": error.reason, "detail": str(error).removeprefix(f"{job.path}: ")}
    except CatganError as error:
        return {"index": job.index, "reason": "detector failed", "detail": str(error)}
    if not found:
        return {"index": job.index, "reason": "no face found", "detail": f"{image.shape[1]} x {image.shape[0]} pixels"}
    box = job.box
    if box is not None and job.box_in_shares:
        height, width = image.shape[:2]
        box = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    detected = _meant(found, box)
    if detected is None:
        return {"index": job.index, "reason": "no face in its box",
                "detail": f"{len(found)} elsewhere in the picture of {image.shape[1]} x {image.shape[0]} pixels"}
    return {"sha256": hashlib.sha256(content).digest() if content else None, "time": _time(pictures),
            **_aligned(job, size, image, detected)}


def _followed(job: Job, size: int, image: np.ndarray, follower: Follower, time: float | None) -> dict:
    """Aligns the face of a video in its next frame."""
    detected, count = follower.find(image, time or 0.0)
    row = {"index": job.index, "time": time, "followed": follower.state}
    if detected is not None:
        return row | _aligned(job, size, image, detected)
    size_said = f"{image.shape[1]} x {image.shape[0]} pixels"
    if not count:
        return row | {"reason": "no face found", "detail": size_said}
    return row | {"reason": "other faces", "detail": f"{count} in the frame of {size_said}, and none where the face "
                  "of the video was last"}


def _aligned(job: Job, size: int, image: np.ndarray, detected: DetectedFace) -> dict:
    """Returns the columns of an aligned face."""
    face = alignment.align(image, detected.landmarks, size)
    compared = face if size == COMPARED else alignment.align(image, detected.landmarks, COMPARED)
    grey = cv2.cvtColor(compared.image, cv2.COLOR_RGB2GRAY)
    thumbnail = cv2.resize(grey[COMPARED_ROWS, COMPARED_COLUMNS], (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return {"index": job.index, "image": encode_png(face.image), "landmarks": face.landmarks.ravel(),
            "phash": perceptual_hash(thumbnail).tobytes(), "thumbnail": thumbnail.tobytes(),
            **alignment.quality(face, detected, image.shape)}


def perceptual_hash(thumbnail: np.ndarray) -> np.ndarray:
    """Computes the perceptual hash of a thumbnail (pHash, Zauner 2010).

    A bit is 1 where one of the 8 x 8 lowest frequencies of the cosine transform exceeds their median.

    Args:
        thumbnail: grey, uint8 `(32, 32)`.

    Returns:
        uint8 `(8,)`, 64 bits.
    """
    lowest = cv2.dct(thumbnail.astype(np.float32))[:8, :8]
    ordered = np.sort(lowest, axis=None)
    return np.packbits(lowest > (ordered[31] + ordered[32]) / 2)  # the median; faster than np.median


def _picture(job: Job, pictures: Pictures | EmbeddedPictures | None) -> tuple[bytes, np.ndarray]:
    """Reads the bytes of a picture and its pixels, uint8 `(height, width, 3)` RGB.

    The bytes are empty for frames of a video and rows of a FER2013 csv.

    Raises:
        ImageError: the picture cannot be read.
    """
    if isinstance(pictures, EmbeddedPictures):
        content = pictures.content(job.position or 0)
    elif pictures is not None and job.position is not None:
        return b"", pictures.read(job.position)
    else:
        content = read_bytes(job.path)
    return content, decode(content, job.path)


def _time(pictures: Pictures | EmbeddedPictures | None) -> float | None:
    """Returns the time in its video of the picture that was read last; None for other pictures."""
    return pictures.time if isinstance(pictures, Pictures) else None


def _meant(found: list[DetectedFace], box: tuple[float, float, float, float] | None) -> DetectedFace | None:
    """Selects the detected face that an annotated box refers to.

    Candidates have their centre inside the box, or contain the centre of the box. The candidate with the largest
    overlap is returned, or None without candidates. Without a box, the largest face is returned.
    """
    if box is None or box[2] <= 0 or box[3] <= 0:
        return found[0]
    inside = [face for face in found if _holds(box, face.box) or _holds(face.box, box)]
    return max(inside, key=lambda face: overlap(face.box, box), default=None)


def _holds(box: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Returns True if the centre of `other` lies in `box`."""
    x, y = other[0] + other[2] / 2, other[1] + other[3] / 2
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]
