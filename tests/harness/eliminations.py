"""Clips of landmarks whose expressions move known points, and networks on them that train in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from catgan.data.clips.landmarks import LandmarkClips, ShapedClips
from catgan.faces.landmark_sets import anatomical_subsets, landmark_set
from catgan.studies.elimination.trainer import Relevance
from catgan.training.landmarks import Member
from tests.harness.clips import filmed, write_clips

CLASSES = ("neutral", "happiness", "anger")
FRAMES = 4


def moving_clips(people: int = 18, name: str = "ibug_68", seed: int = 0, classes: Sequence[str] = CLASSES,
                 noise: float = 0.02) -> LandmarkClips:
    """One clip of each class and person: `happiness` moves the mouth up, `anger` the brows down."""
    known, random = landmark_set(name), np.random.default_rng(seed)
    parts = anatomical_subsets(known)
    start = random.uniform(-1.0, 1.0, (known.count, 2))
    for eye, x in zip(known.eyes, (-0.5, 0.5)):
        start[list(eye)] = (x, 0.0)
    rows = [(person, label) for person in range(people) for label in range(len(classes))]
    points = np.tile(start, (len(rows), FRAMES, 1, 1)) + noise * random.normal(size=(len(rows), FRAMES, *start.shape))
    for row, (_, label) in enumerate(rows):
        part, by = {"happiness": ("mouth", -0.1), "anger": ("brows", 0.1)}.get(classes[label], ("mouth", 0.0))
        points[row, :, parts[part], 1] += by * np.arange(FRAMES)
    subjects = tuple(f"person{person:02d}" for person, _ in rows)
    return LandmarkClips((20.0 * points + 32.0).astype(np.float32), np.ones((len(rows), FRAMES), bool),
                         np.array([label for _, label in rows], np.int64), tuple(classes), subjects,
                         tuple(f"video{row}" for row in range(len(rows))), np.zeros((len(rows), FRAMES)), name, 5.0)


def write_moving_clips(folder: Path, people: int = 18, last: int = 4) -> Path:
    """Writes a data set of `moving_clips` with 478 points: `last` people in the test split, the others in training."""
    clips = moving_clips(people, "mediapipe_478", classes=CLASSES[:2])
    rows: dict[str, list] = {"train": [], "validation": [], "test": []}
    for points, label, subject, video in zip(clips.points, clips.labels, clips.subjects, clips.videos):
        split = "test" if int(subject[-2:]) >= people - last else "train"
        rows[split] += filmed(video, np.arange(FRAMES) / 5.0, subject, expression=CLASSES[label],
                              landmarks=list(points.reshape(FRAMES, -1)))
    return write_clips(folder, rows)


class ToyTrainer:
    """Fits ridge regressions on mean displacements; `asked` records the members of each call."""

    def __init__(self) -> None:
        self.asked: list[tuple[Member, ...]] = []

    def fit(self, clips: ShapedClips, validation: ShapedClips, members: Sequence[Member], seed: int) -> ToyFitted:
        self.asked.append(tuple(members))
        return ToyFitted(clips, members)


class ToyFitted:
    """Linear networks; the relevance of a point is the mean of |weight x displacement| over the explained clips."""

    def __init__(self, clips: ShapedClips, members: Sequence[Member]):
        self.members, self.count = members, clips.shapes.shape[2]
        features = clips.shapes.mean(1).astype(np.float64)
        self.weights = [self._ridge(features[:, list(member.points)].reshape(len(features), -1),
                                    np.where(clips.labels == member.positive, 1.0, -1.0)) for member in members]
        self.parameters = [len(weights) for weights in self.weights]
        self.multiply_adds = self.parameters

    def logits(self, clips: ShapedClips) -> np.ndarray:
        features = clips.shapes.mean(1)
        return np.stack([features[:, list(member.points)].reshape(len(features), -1) @ weights
                         for member, weights in zip(self.members, self.weights)], 1)

    def relevance(self, clips: ShapedClips, members: Sequence[int]) -> Relevance:
        found, features = np.zeros((len(members), self.count)), clips.shapes.mean(1)
        for row, number in enumerate(members):
            points = list(self.members[number].points)
            parts = features[:, points] * self.weights[number].reshape(-1, 2)
            found[row, points] = np.abs(parts.sum(-1)).mean(0)
        return Relevance(found, 0.0)

    @staticmethod
    def _ridge(inputs: np.ndarray, aims: np.ndarray) -> np.ndarray:
        return inputs.T @ np.linalg.solve(inputs @ inputs.T + 0.1 * np.eye(len(inputs)), aims)


def toy_trainer(network: object, study: object) -> ToyTrainer:
    """Makes a `ToyTrainer`, as `catgan.studies.elimination.run.TrainerOf`."""
    return ToyTrainer()
