"""Fits the embedded face model to the photographs of a recipe, and writes `catgan/synthesis/face_model.npz`.

    python tools/fit_face_model.py datasets/photos.yaml --work OUT/fit

There are three steps. This file measures the photographs, `appearance.py` fits shapes and textures, and
`calibration.py` corrects them by what MediaPipe measures in rendered faces. The file has means, principal components
and regression coefficients, but no photograph. `catgan/synthesis/face_model.py` explains how the arrays are used.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import appearance
import calibration
import cv2
import numpy as np
from tqdm import tqdm

from catgan.data.builder.build import scan
from catgan.data.builder.recipe import read_recipe
from catgan.errors import CatganError
from catgan.faces import alignment, model_files
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker, without_tensorflow
from catgan.synthesis import face_model

SIDE = face_model.TEXTURE_SIDE
LARGEST_ANGLE = 20.0
"""Largest yaw, pitch and roll of a usable photograph, in degrees."""
SMALLEST_EYE_DISTANCE = 30.0
"""In pixels of the photograph."""
SMALLEST_SHARE_INSIDE = 0.7
"""Smallest share of the crop that lies in the photograph."""

_landmarker: FaceLandmarker | None = None


def start_worker(model: str) -> None:
    global _landmarker
    without_tensorflow()
    cv2.setNumThreads(1)
    _landmarker = FaceLandmarker(model, max_faces=1)


def collect_one(path: str) -> tuple | None:
    """Returns the crop uint8 `(SIDE, SIDE)`, points `(478, 3)` in sides of the crop, and blendshapes; None if not
    usable."""
    assert _landmarker is not None
    try:
        image = read_image(path)
        found = _landmarker.detect(image)
    except CatganError:
        return None
    if not found or max(abs(found[0].yaw), abs(found[0].pitch), abs(found[0].roll)) > LARGEST_ANGLE:
        return None
    face = alignment.align(image, found[0].landmarks, SIDE)
    quality = alignment.quality(face, found[0], image.shape)
    if quality["eye_distance"] < SMALLEST_EYE_DISTANCE or quality["inside"] < SMALLEST_SHARE_INSIDE:
        return None
    scale = np.hypot(*face.matrix[0, :2])
    points = np.column_stack([face.landmarks, found[0].landmarks[:, 2] * scale]) / SIDE
    scores = np.array([found[0].blendshapes[name] for name in appearance.BLENDSHAPES], np.float32)
    return cv2.cvtColor(face.image, cv2.COLOR_RGB2GRAY), points.astype(np.float32), scores


def collect(recipe: str, cache: Path, model: str) -> dict[str, np.ndarray]:
    """Returns crops `(n, SIDE, SIDE)`, points `(n, 478, 3)` and scores `(n, 52)` of all usable photographs."""
    if not cache.is_file():
        records, _ = scan(read_recipe(recipe))
        paths = sorted({str(record.path) for record in records})
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(None, context, start_worker, (model,)) as pool:
            rows = list(tqdm(pool.map(collect_one, paths, chunksize=50), total=len(paths), desc="photographs"))
        kept = [row for row in rows if row is not None]
        crops, points, scores = (np.stack(part) for part in zip(*kept))
        # Re-encoded copies of one photograph would otherwise count twice.
        rigid = np.round(points[:, appearance.RIGID, :2] * 64).reshape(len(points), -1)
        _, first = np.unique(rigid, axis=0, return_index=True)
        first.sort()
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, crops=crops[first], points=points[first], scores=scores[first])
    with np.load(cache) as stored:
        return dict(stored)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--work", type=Path, required=True, help="folder for the measurements of the photographs")
    parser.add_argument("--out", type=Path, default=face_model.FILE)
    parser.add_argument("--rounds", type=int, default=4, help="rounds of calibration (default: 4)")
    arguments = parser.parse_args()
    landmarker = str(model_files.find("face_landmarker"))
    fitted = appearance.fit(collect(arguments.recipe, arguments.work / "photographs.npz", landmarker))
    arrays = calibration.calibrate(fitted, landmarker, arguments.rounds)
    face_model.save(arguments.out, arrays)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
