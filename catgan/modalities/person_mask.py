"""Finds the pixels of persons with MediaPipe's selfie segmenter, and removes the persons from a photograph."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from catgan.errors import DataError
from catgan.faces import model_files
from catgan.faces.images import to_rgb
from catgan.modalities.graphs import Graph, scaled
from catgan.modalities.person import clipped

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import ImageSegmenter

SMALLEST_SIDE = 64
"""Pictures with a smaller longer side are enlarged to it, in pixels."""
LARGEST_SIDE = 1024
"""Pictures with a larger longer side are reduced to it, in pixels: the network sees 256 px."""

PERSON = 0.2
"""Confidence from which a pixel is removed with the person. Below one half, so that edges go too."""
OUTLINE = 0.06
"""Width over which the outline of the hole is blurred, as a share of the longer side of the picture."""
SOFT_SIDE = 256
"""Longer side of the picture on which an outline is blurred, in pixels."""
GREY = 128
"""Filling of a hole that leaves nothing of the picture."""


class PersonSegmenter:
    """Finds the pixels that belong to persons. A context manager.

    The network was made for persons near the camera. It takes along what they hold, and misses small persons.

    Args:
        model_path: `selfie_segmenter.tflite`; by default `model_files.find` searches for it.

    Raises:
        CatganError: the file is missing or not the expected one.
    """

    def __init__(self, model_path: str | os.PathLike | None = None):
        path = str(model_files.find("selfie_segmenter", model_path))
        self._graph = Graph("PersonSegmenter", lambda: _open(path))

    def __enter__(self) -> PersonSegmenter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees MediaPipe's graph; may be called twice."""
        self._graph.close()

    def confidence(self, image: np.ndarray) -> np.ndarray:
        """Returns the confidence that each pixel belongs to a person, float32 `(h, w)`, 0..1.

        Args:
            image: any array that `catgan.faces.images.to_rgb` accepts.

        Raises:
            CatganError: the array is not an image, or the segmenter is closed.
        """
        pixels = to_rgb(image)
        height, width = pixels.shape[:2]
        view = scaled(pixels, SMALLEST_SIDE, LARGEST_SIDE)
        mask = self._graph.run(lambda task: _confidence(task, view), pixels.shape)
        return np.clip(cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)


@dataclass(frozen=True)
class Context:
    """Holds a photograph without its persons.

    Args:
        pixels: uint8 `(h, w, 3)`; a hole has the mean colour of what is left.
        seen: float32 `(h, w)`, 0..1: 0 in a hole, 1 where the photograph is unchanged, between at the blurred outline.
    """

    pixels: np.ndarray
    seen: np.ndarray

    @property
    def share(self) -> float:
        """How much of the photograph is left, 0..1."""
        return float(self.seen.mean())


def without_persons(image: np.ndarray, mask: np.ndarray, boxes: Sequence[Sequence[float]] = ()) -> Context:
    """Removes persons from a photograph and blurs the outline of the hole, since a silhouette shows the posture.

    No pixel of the mask or of a box keeps anything of the photograph. Where persons are, and how large they are, can
    still be seen.

    Args:
        image: any array that `catgan.faces.images.to_rgb` accepts.
        mask: `(h, w)`, confidence 0..1 as of `PersonSegmenter`, or bool.
        boxes: left, top, width and height in pixels of persons to remove as well, which a segmenter may have missed.

    Raises:
        DataError: a mask of another size or with values outside 0..1, or a box without area or outside the image.
        CatganError: the array is not an image.
    """
    pixels = to_rgb(image)
    mask = np.asarray(mask, np.float32)
    if mask.shape != pixels.shape[:2] or not (0 <= mask.min() and mask.max() <= 1):  # NaN fails too
        raise DataError(f"The mask of persons must have the shape {pixels.shape[:2]} and values 0..1. Received: "
                        f"{mask.shape} with values {mask.min():g}..{mask.max():g}.")
    hole = (mask >= PERSON).astype(np.uint8)
    for box in boxes:
        left, top, width, height = clipped(box, pixels.shape)
        hole[int(top):int(np.ceil(top + height)), int(left):int(np.ceil(left + width))] = 1
    seen = 1 - _softened(hole)
    left_over = (seen >= 1).astype(np.uint8)
    colour = np.array(cv2.mean(pixels, left_over)[:3] if left_over.any() else [GREY] * 3, np.float32)
    mixed = (pixels - colour) * seen[..., None] + colour
    return Context(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), seen)


def _softened(hole: np.ndarray) -> np.ndarray:
    """Widens a hole and blurs the edge of the wider one, float32 `(h, w)`; 1 in all of the hole, exactly.

    The blur reaches as far as the hole is widened. Both are done on a small picture, since they change slowly.
    """
    height, width = hole.shape
    scale = min(SOFT_SIDE / max(height, width), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = (cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    reach = max(round(OUTLINE * max(size)), 1)
    # One pixel more, which is lost when the picture is enlarged again.
    wide = cv2.dilate(small, np.ones((2 * reach + 3, 2 * reach + 3), np.uint8)).astype(np.float32)
    soft = cv2.GaussianBlur(wide, (2 * reach + 1, 2 * reach + 1), reach / 2, borderType=cv2.BORDER_REPLICATE)
    large = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(hole > 0, np.float32(1), np.clip(large, 0, 1))


def _confidence(task: ImageSegmenter, view: np.ndarray) -> np.ndarray:
    import mediapipe

    result = task.segment(mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(view)))
    # The mask's memory belongs to MediaPipe.
    mask = np.array(result.confidence_masks[-1].numpy_view(), np.float32)
    return mask.reshape(view.shape[:2])


def _open(path: str) -> ImageSegmenter:
    from mediapipe.tasks.python import BaseOptions, vision

    task = vision.ImageSegmenter.create_from_options(vision.ImageSegmenterOptions(
        base_options=BaseOptions(model_asset_path=path), output_confidence_masks=True, output_category_mask=False))
    _confidence(task, np.zeros((64, 64, 3), np.uint8))
    return task
