"""Renders faces with a model that is being fitted, and measures their Action Units with MediaPipe in worker processes.
"""

from __future__ import annotations

import copy
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import appearance
import cv2
import numpy as np
import threadpoolctl

from catgan.faces import warping
from catgan.faces.landmarks import FaceLandmarker, without_tensorflow
from catgan.synthesis.face_model import ACTION_UNITS, LANDMARKS, FaceModel
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

SIDE = 128
BATCH_SIZE = 32

_landmarker: FaceLandmarker | None = None
_renderer: tuple[np.ndarray, Renderer] | None = None
_spline: np.ndarray | None = None


class Reader:
    """Measures rendered faces in worker processes.

    Args:
        landmarker: path of the `face_landmarker.task` bundle.
        scale: values of `appearance.readings` at intensity 0 and 5.
    """

    def __init__(self, landmarker: str, scale: np.ndarray):
        context = multiprocessing.get_context("spawn")
        self.pool, self.scale = ProcessPoolExecutor(None, context, _start, (landmarker,)), scale

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *error) -> None:
        self.pool.shutdown()

    def read(self, arrays: dict[str, np.ndarray], scenes: Sequence[Scene]) -> np.ndarray:
        """Measures the intensities of scenes, `(n, K)`; NaN if no face is found."""
        parts = [scenes[start:start + BATCH_SIZE] for start in range(0, len(scenes), BATCH_SIZE)]
        return np.concatenate(list(self.pool.map(_read_scenes, ((arrays, self.scale, part) for part in parts))))

    def changes(self, arrays: dict[str, np.ndarray], jobs: Sequence[tuple[Sequence[Scene], int, np.ndarray]]):
        """Yields for each (scenes, row, fields) the change of the mean measurement, `(m, K)`, when each of the fields
        `(m, 478, 3)` is added to a row of the shape basis."""
        return self.pool.map(_read_changes, ((arrays, self.scale, *job) for job in jobs))


# === In the workers ===


def _start(landmarker: str) -> None:
    global _landmarker
    without_tensorflow()
    cv2.setNumThreads(1)
    threadpoolctl.threadpool_limits(1)
    _landmarker = FaceLandmarker(landmarker, max_faces=1)


def _drawer(arrays: dict[str, np.ndarray]) -> Renderer:
    global _renderer
    if _renderer is None or not np.array_equal(_renderer[0], arrays["fields"]):
        _renderer = arrays["fields"], Renderer(SIDE, FaceModel(SIDE, arrays))
    return _renderer[1]


def _read(images: np.ndarray, scale: np.ndarray) -> np.ndarray:
    assert _landmarker is not None
    result = np.full((len(images), len(ACTION_UNITS)), np.nan)
    for index, image in enumerate(images):
        found = _landmarker.detect(image)
        if found:
            scores = np.array([[found[0].blendshapes[name] for name in appearance.BLENDSHAPES]])
            result[index] = appearance.intensities(
                appearance.readings(found[0].landmarks[None, :, :2].astype(float), scores), scale)[0]
    return result


def _read_scenes(job: tuple) -> np.ndarray:
    arrays, scale, scenes = job
    return _read(_drawer(arrays).render(scenes, 1)[0], scale)


def _read_changes(job: tuple) -> np.ndarray:
    arrays, scale, scenes, row, fields = job
    renderer = _drawer(arrays)
    before = _read(renderer.render(scenes, 1)[0], scale)
    return np.stack([np.nanmean(_read(_with_field(renderer, row, field).render(scenes, 1)[0], scale) - before, axis=0)
                     for field in fields])


def _with_field(renderer: Renderer, row: int, field: np.ndarray) -> Renderer:
    """Returns a renderer whose model has a field added to a row of its shape basis."""
    global _spline
    if _spline is None:  # from landmarks to pixels; the frame does not change
        _spline = warping.interpolation(renderer.model.frame[:, :2], SIDE)[:, :LANDMARKS].astype(np.float32)
    changed, model = copy.copy(renderer), copy.copy(renderer.model)
    model.shape_basis, model.dense_basis = model.shape_basis.copy(), model.dense_basis.copy()
    model.shape_basis[row] += field
    model.dense_basis[3 * row:3 * row + 3] += (_spline @ field.astype(np.float32)).T
    changed.model = model
    return changed
