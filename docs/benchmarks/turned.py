"""Count the faces that are found in photographs turned by 0, 90, 180 and 270 degrees, with and without verification.

    python docs/benchmarks/turned.py FOLDER --n 300 --seed 0

The truth is the fit in the upright photograph; photographs without one are left out. A fit is wrong where an eye or the
mouth lies more than 0.3 eye distances from its place.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from catgan.errors import CatganError
from catgan.faces.alignment import anchors
from catgan.faces.detected import DetectedFace
from catgan.faces.finding import turned_back
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker

WRONG = 0.3
"""Distance, in distances between the eyes, from which an eye or the mouth is misplaced."""
ENDINGS = (".jpg", ".jpeg", ".png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="photographs of mostly one upright face, at any depth")
    parser.add_argument("--n", type=int, default=100, help="photographs (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="which photographs (default: 0)")
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in ENDINGS)
    paths = [paths[place] for place in np.random.default_rng(arguments.seed).permutation(len(paths))]
    counts: dict[tuple[int, str], Counter[str]] = {}
    left = arguments.n
    with FaceLandmarker(max_faces=1) as landmarker:
        for path in paths:
            upright = _upright(path, landmarker)
            if upright is not None and left > 0:
                left -= 1
                _count(*upright, landmarker, counts)
    print(f"{arguments.n - left} photographs: right / wrong / none")
    for (quarters, method), found in sorted(counts.items()):
        print(f"{90 * quarters:4d} degrees, {method:9s} {found['right']} / {found['wrong']} / {found['none']}")


def _upright(path: Path, landmarker: FaceLandmarker) -> tuple[np.ndarray, DetectedFace] | None:
    try:
        photo = read_image(path)
    except CatganError:  # damaged files are part of the real collections
        return None
    faces = landmarker.detect_upright(photo)
    return (photo, faces[0]) if faces else None


def _count(photo: np.ndarray, truth: DetectedFace, landmarker: FaceLandmarker,
           counts: dict[tuple[int, str], Counter[str]]) -> None:
    """Adds one photograph in four directions to `counts`, by quarters of a turn and method."""
    for quarters in range(4):
        view = np.ascontiguousarray(np.rot90(photo, quarters))
        for method, faces in (("MediaPipe", landmarker.detect_upright(view)), ("verified", landmarker.detect(view))):
            found = turned_back(faces[0], quarters, photo.shape) if faces else None
            counts.setdefault((quarters, method), Counter())[_judged(found, truth)] += 1


def _judged(found: DetectedFace | None, truth: DetectedFace) -> str:
    if found is None:
        return "none"
    places = anchors(truth.landmarks)
    distance = np.linalg.norm(places[1] - places[0])
    moved = np.linalg.norm(anchors(found.landmarks) - places, axis=1).max()
    return "right" if moved <= WRONG * distance else "wrong"


if __name__ == "__main__":
    main()
