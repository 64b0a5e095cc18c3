"""Readers of persons without MediaPipe: each frame shows what a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.faces.detected import DetectedFace
from catgan.modalities import people
from catgan.modalities.people import PeopleReader
from catgan.modalities.person import Person

Script = Mapping[int, tuple[Sequence[Person], Sequence[DetectedFace]]]
"""Number of a frame -> the persons and faces of that frame."""


def frame(number: int, height: int = 300, width: int = 400) -> np.ndarray:
    """Returns the picture that stands for a frame: its first pixel holds the number, the others are noise."""
    picture = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
    picture[0, 0] = number
    return picture


def scripted(monkeypatch, script: Script, confidence: float = 0.0) -> PeopleReader:
    """Returns a reader that sees what `script` says in the pictures of `frame`.

    Args:
        monkeypatch: pytest's.
        script: what is seen.
        confidence: what the segmenter says of all pixels.
    """
    class Fake:
        def __init__(self, *arguments: object):
            pass

        def __enter__(self) -> Fake:
            return self

        def __exit__(self, *error: object) -> None:
            pass

    class Landmarker(Fake):
        def detect(self, image: np.ndarray) -> list[DetectedFace]:
            return list(script.get(int(image[0, 0, 0]), ((), ()))[1])

        detect_large = detect

        def detect_near(self, image: np.ndarray, box: Sequence[float]) -> list[DetectedFace]:
            return [face for face in self.detect(image) if abs(face.box[0] - box[0]) < box[2]]

    class Pose(Fake):
        def detect(self, image: np.ndarray, faces: Sequence[object] = ()) -> list[Person]:
            return list(script.get(int(image[0, 0, 0]), ((), ()))[0])

        def video(self) -> Pose:
            return self

        def read(self, seconds: float, image: np.ndarray, faces: Sequence[object] = ()) -> list[Person]:
            return self.detect(image)

    class Segmenter(Fake):
        def confidence(self, image: np.ndarray) -> np.ndarray:
            return np.full(image.shape[:2], confidence, np.float32)

    for name, fake in (("FaceLandmarker", Landmarker), ("PoseReader", Pose), ("PersonSegmenter", Segmenter)):
        monkeypatch.setattr(people, name, fake)
    return PeopleReader()
