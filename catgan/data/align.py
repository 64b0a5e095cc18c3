"""The worker of a build: photographs -> aligned faces with their hashes, one chunk at a time."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from catgan import files
from catgan.errors import CatganError
from catgan.faces import alignment
from catgan.faces.images import ImageError, read_image
from catgan.faces.landmarks import DetectedFace, FaceLandmarker, overlap, without_tensorflow

QUALITY = ("eye_distance", "yaw", "pitch", "roll", "sharpness", "inside")

# Faces are compared at one size, whatever the size of the data set's images.
COMPARED, THUMBNAIL = 64, 32

SCHEMA = pa.schema([
    ("index", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("image", pa.binary()),
    ("landmarks", pa.list_(pa.float32())), ("sha256", pa.binary()), ("phash", pa.binary()), ("thumbnail", pa.binary()),
    *((name, pa.float32()) for name in QUALITY)])


@dataclass(frozen=True)
class Job:
    """One photograph to align: its number in the scan, its path, and the box of the face that is meant."""

    index: int
    path: str
    box: tuple[float, float, float, float] | None


_landmarker: FaceLandmarker | None = None


def start_worker(model_path: str) -> None:
    """Opens the landmarker of a worker process."""
    global _landmarker
    without_tensorflow()
    cv2.setNumThreads(1)
    _landmarker = FaceLandmarker(model_path)


def align_chunk(jobs: list[Job], size: int, target: Path) -> None:
    """Aligns the photographs of one chunk and writes them to the Parquet file `target`, atomically."""
    if _landmarker is None:
        raise RuntimeError("start_worker has not run in this process")
    rows = [align_one(job, size, _landmarker) for job in jobs]
    with files.atomic_path(target) as temporary:
        # Read once and then removed: not worth compressing.
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), temporary, compression="none", use_dictionary=False)


def align_one(job: Job, size: int, landmarker: FaceLandmarker) -> dict:
    """One row of `SCHEMA`; `reason` says why there is no face in it."""
    try:
        image = read_image(job.path)
        found = landmarker.detect(image)
    except ImageError as error:
        return {"index": job.index, "reason": error.reason, "detail": str(error).removeprefix(f"{job.path}: ")}
    except CatganError as error:
        return {"index": job.index, "reason": "detector failed", "detail": str(error)}
    if not found:
        return {"index": job.index, "reason": "no face found", "detail": f"{image.shape[1]} x {image.shape[0]} pixels"}
    detected = _meant(found, job.box)
    face = alignment.align(image, detected.landmarks, size)
    compared = face if size == COMPARED else alignment.align(image, detected.landmarks, COMPARED)
    thumbnail = cv2.resize(cv2.cvtColor(compared.image, cv2.COLOR_RGB2GRAY), (THUMBNAIL, THUMBNAIL),
                           interpolation=cv2.INTER_AREA)
    return {"index": job.index, "image": encode_png(face.image), "landmarks": face.landmarks.ravel(),
            "sha256": hashlib.sha256(Path(job.path).read_bytes()).digest(),
            "phash": perceptual_hash(thumbnail).tobytes(), "thumbnail": thumbnail.tobytes(),
            **alignment.quality(face, detected, image.shape)}


def perceptual_hash(thumbnail: np.ndarray) -> np.ndarray:
    """pHash (Zauner 2010): which of the 8 x 8 lowest frequencies of the cosine transform exceed their median.

    Args:
        thumbnail: grey, uint8 `(32, 32)`.

    Returns:
        uint8 `(8,)`, 64 bits.
    """
    lowest = cv2.dct(thumbnail.astype(np.float32))[:8, :8]
    return np.packbits(lowest > np.median(lowest))


def encode_png(image: np.ndarray) -> bytes:
    """uint8 `(h, w, 3)` RGB -> PNG; grey pictures are stored in one channel."""
    grey = (image[..., 0] == image[..., 1]).all() and (image[..., 0] == image[..., 2]).all()
    stream = io.BytesIO()
    Image.fromarray(image[..., 0] if grey else image).save(stream, format="PNG", compress_level=6)
    return stream.getvalue()


def _meant(found: list[DetectedFace], box: tuple[float, float, float, float] | None) -> DetectedFace:
    """The face that overlaps the annotated box most; the largest where there is no box, or no overlap."""
    if box is None or box[2] <= 0 or box[3] <= 0:
        return found[0]
    return max(found, key=lambda face: overlap(face.box, box))
