"""Photographs a second of MediaPipe's Face Landmarker alone: read, detect, nothing else. What `catgan build` is
measured against.

    python docs/benchmarks/bare_landmarker.py datasets/photos.yaml --workers 2
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from catgan.data import sources
from catgan.data.builder.build import CHUNK
from catgan.data.builder.recipe import read_recipe
from catgan.data.sources.records import Record
from catgan.faces import model_files

_landmarker = None


def start(model: str) -> None:
    """Opens one landmarker per process, with the options catgan uses."""
    global _landmarker
    import sys

    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=model), num_faces=5, output_face_blendshapes=True,
        output_facial_transformation_matrixes=True)
    _landmarker = (vision.FaceLandmarker.create_from_options(options), mediapipe)


def count_faces(paths: list[str]) -> int:
    """The photographs with a face among `paths`."""
    import cv2

    cv2.setNumThreads(1)
    landmarker, mediapipe = _landmarker
    found = 0
    for path in paths:
        pixels = cv2.imread(path)
        if pixels is not None:
            image = mediapipe.Image(mediapipe.ImageFormat.SRGB, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
            found += bool(landmarker.detect(image).face_landmarks)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    paths = [str(row.file) for source in read_recipe(arguments.recipe).sources
             for row in sources.read(source.format, source.name, Path(source.root), source.options)
             if isinstance(row, Record)]
    chunks = [paths[start:start + CHUNK] for start in range(0, len(paths), CHUNK)]
    started = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    model = str(model_files.find("face_landmarker"))
    with ProcessPoolExecutor(arguments.workers, context, start, (model,)) as pool:
        found = sum(pool.map(count_faces, chunks))
    seconds = time.perf_counter() - started
    print(f"{len(paths)} photographs, {found} with a face, {seconds:.1f} s, {len(paths) / seconds:.1f} photographs/s, "
          f"{arguments.workers} processes")


if __name__ == "__main__":
    main()
