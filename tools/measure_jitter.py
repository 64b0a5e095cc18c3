"""Measures the jitter of MediaPipe's landmarks on photographs: the table of `catgan.data.clips.jitter`.

    python tools/measure_jitter.py FOLDER [--photographs 240]

Reads each photograph several times, slightly moved, turned, scaled, with noise and stored anew. Prints the standard
deviations by region in eye distances, correlations by distance, and the spread over photographs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import upright
from catgan.faces.landmarks import FaceLandmarker
from catgan.synthesis import face_model

READINGS = 9
SHIFT, TURN, SCALE, NOISE, QUALITY = 3.0, 2.0, 0.03, 2.0, (75, 95)
LARGEST_YAW = 25.0
KNOWN = landmark_set("mediapipe_478")


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photographs", type=int, default=240)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    files = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    chosen = [files[index] for index in random.permutation(len(files))[:options.photographs]]
    with FaceLandmarker() as landmarker:
        found = [points for path in chosen if (points := readings(landmarker, path, random)) is not None]
    report(np.stack([upright(points, np.ones(READINGS, bool), KNOWN) for points in found]))


def readings(landmarker: FaceLandmarker, path: Path, random: np.random.Generator) -> np.ndarray | None:
    """Returns the points of all readings in the photograph's own pixels, `(READINGS, 478, 2)`; None for photographs
    without exactly one large face that looks at the camera."""
    picture = cv2.imread(str(path))
    if picture is None:
        return None
    faces = landmarker.detect_large(picture[..., ::-1])
    if len(faces) != 1 or abs(faces[0].yaw) > LARGEST_YAW:
        return None
    result = []
    for image, matrix in variants(picture, random):
        again = landmarker.detect_upright(image[..., ::-1])
        if not again:
            return None
        back = cv2.invertAffineTransform(matrix)
        result.append(again[0].landmarks[:, :2] @ back[:, :2].T + back[:, 2])
    return np.stack(result)


def variants(picture: np.ndarray, random: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields changed pictures, each with the matrix `(2, 3)` that moved it."""
    height, width = picture.shape[:2]
    for _ in range(READINGS):
        shift, scale = random.uniform(-SHIFT, SHIFT, 2), random.uniform(-SCALE, SCALE)
        turn = random.uniform(-TURN, TURN)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0 + scale)
        matrix[:, 2] += shift
        moved = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC,
                               borderMode=cv2.BORDER_REPLICATE)
        noisy = np.clip(moved + random.normal(0, NOISE, moved.shape), 0, 255).astype(np.uint8)
        stored = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*QUALITY, endpoint=True))])
        yield cv2.imdecode(stored[1], cv2.IMREAD_COLOR), matrix


def report(points: np.ndarray) -> None:
    """Prints the figures of aligned points, `(photographs, READINGS, 478, 2)`."""
    moves = (points - points.mean(1, keepdims=True)) * np.sqrt(READINGS / (READINGS - 1))
    deviations, single = np.sqrt((moves ** 2).mean((0, 1))), np.sqrt((moves ** 2).sum(-1).mean((1, 2)))
    print(f"{len(points)} photographs, {READINGS} readings each; root mean square {np.sqrt((single ** 2).mean()):.4f}, "
          f"5 to 95 % of the photographs {np.percentile(single, 5):.4f} to {np.percentile(single, 95):.4f}, "
          f"deviation of the logarithm {np.log(single).std():.2f}")
    for name, region in KNOWN.regions.items():
        print(f"  {name:12s} x {deviations[region, 0].mean():.4f}  y {deviations[region, 1].mean():.4f}")
    rest = upright(face_model.numbers()["rest"][None], np.ones(1, bool), KNOWN)[0]
    apart = np.linalg.norm(rest[:, None] - rest[None], axis=-1)
    for axis, letter in enumerate("xy"):
        related = np.corrcoef(moves[..., axis].reshape(-1, points.shape[2]).T)
        print(f"  correlation of {letter}: " + ", ".join(
            f"{related[(apart > low) & (apart <= low + 0.1)].mean():.2f} at {low + 0.05:.2f}"
            for low in (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.4)))


if __name__ == "__main__":
    main()
