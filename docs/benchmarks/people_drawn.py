"""Measure what MediaPipe and `rendered_64` see of drawn people whose truth is known.

    python docs/benchmarks/people_drawn.py pictures --n 40 --side 512 --seed 0
    python docs/benchmarks/people_drawn.py covers --n 40 --side 512 --seed 0
    python docs/benchmarks/people_drawn.py clips --n 16 --frames 50 --side 512 --seed 0

Every person has another walk, face, clothes and place. The truth of joints is their projection into the picture.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from catgan.faces.alignment import align
from catgan.faces.landmarks import FaceLandmarker, overlap
from catgan.metrics import bootstrap
from catgan.modalities.joints import person_joints, to_joints
from catgan.modalities.person_mask import PersonSegmenter
from catgan.modalities.pose import PoseReader
from catgan.models.gan.model import CatGAN
from catgan.synthesis.bodies import walk_joints
from catgan.synthesis.clothes import sample_clothes
from catgan.synthesis.figures import DrawnFigure, Figure, draw_figure, face_pose
from catgan.synthesis.heads import COVERS, Face
from catgan.synthesis.occluders import THINGS, hide
from catgan.synthesis.places import PLACES, draw_place
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler, Scene
from catgan.synthesis.walks import EMOTIONS, sample_walk, walker

FOUND = 0.5
"""A pose is found if its joints lie, on average, less than this many trunk lengths from the truth; a face if the
intersection over union of its box with the true one is at least this."""
FACE_SIDE = 256
AUS = (1, 2, 4, 5, 6, 7, 12, 15, 17, 20, 24, 25, 26, 43)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("pictures", "covers", "clips"))
    parser.add_argument("--n", type=int, default=40, help="people (default: 40)")
    parser.add_argument("--side", type=int, default=512, help="of the pictures in pixels (default: 512)")
    parser.add_argument("--frames", type=int, default=50, help="of a clip, 15 a second (default: 50)")
    parser.add_argument("--towards", action="store_true", help="people of clips come nearer (default: on the spot)")
    parser.add_argument("--turned", type=float, default=35.0, help="most degrees to either side (default: 35)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    figures = {"pictures": pictures, "covers": covers, "clips": clips}[arguments.what](arguments)
    for name, value in figures.items():
        print(f"{name:40s} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


# === People ===


class People:
    """Draws person number `number` in a place."""

    def __init__(self, arguments: argparse.Namespace):
        self.seed, self.side, self.turned = arguments.seed, arguments.side, arguments.turned
        self.renderer, self.sampler = Renderer(FACE_SIDE), Sampler(arguments.seed)

    def scene(self, number: int, joints: np.ndarray) -> Scene:
        """The face without what a photograph of a face alone has."""
        return replace(self.sampler.scene(number), pose=face_pose(joints), blur=0.0, noise=0.0, clutter=0.0,
                       glasses=0.0)

    def joints(self, number: int, frames: int, start: float = 0.0) -> np.ndarray:
        """A walk towards the camera, `(frames, 16, 3)`; emotions take turns."""
        random, person = np.random.default_rng([self.seed, number]), walker(self.seed, number)
        emotion = EMOTIONS[number % len(EMOTIONS)]
        walk = sample_walk(person, emotion, emotion, 1.0, random)
        heading = random.uniform(-self.turned, self.turned)
        return walk_joints(person.proportions, walk, frames, 15.0, heading, (0.0, start))

    def place(self, number: int) -> np.ndarray:
        return draw_place(list(PLACES)[number % len(PLACES)], number, (self.side, self.side))

    def drawn(self, number: int, joints: np.ndarray, place: np.ndarray,
              cover: str | None = None) -> list[tuple[DrawnFigure, Scene, Face]]:
        """The frames of joints `(frames, 16, 3)`."""
        scenes = [self.scene(number, frame) for frame in joints]
        faces = [Face(*face) for face in zip(*self.renderer.render(scenes))]
        clothes = sample_clothes(number, scenes[0].skin)
        return [(draw_figure(place, Figure(frame, clothes, face, cover)), scene, face)
                for frame, scene, face in zip(joints, scenes, faces)]


# === Pictures ===


def pictures(arguments: argparse.Namespace) -> dict[str, object]:
    people = People(arguments)
    rows: list[dict[str, float]] = []
    crops, plain, scenes = [], [], []
    with FaceLandmarker() as landmarker, PoseReader() as reader, PersonSegmenter() as segmenter:
        for number in range(arguments.n):
            started = time.perf_counter()
            (drawn, scene, face), = people.drawn(number, people.joints(number, 1), people.place(number))
            row = {"seconds a picture": time.perf_counter() - started}
            row |= _pose(drawn, reader) | _mask(drawn, segmenter)
            faces = landmarker.detect(drawn.picture)
            hit = next((found for found in faces if overlap(found.box, drawn.face_box) >= FOUND), None)
            rows.append(row | {"face found": float(hit is not None), "other faces": len(faces) - (hit is not None)})
            if hit is not None:
                crops.append(align(drawn.picture, hit.landmarks, 64).image)
                plain.append(align(face.image, face.landmarks, 64).image)
                scenes.append(scene)
    names = {name: None for row in rows for name in row}
    figures = {name: _mean([row[name] for row in rows if name in row]) for name in names}
    gan = CatGAN.from_preset("rendered_64")
    for title, images in (("in the picture", crops), ("face alone", plain)):
        figures |= {f"{name}, {title}": value for name, value in _read(gan, np.stack(images), scenes).items()}
    return figures


def _pose(drawn: DrawnFigure, reader: PoseReader) -> dict[str, float]:
    found = reader.detect(drawn.picture, [drawn.face_box] if drawn.face_box else [])
    trunk = float(np.linalg.norm(drawn.joints[2] - drawn.joints[0]))
    errors = []
    for person in found:
        points, _ = to_joints(person.points[:, :2], np.ones(33, bool))
        _, visible = to_joints(person.points[:, :2], person.visible)
        errors.append((np.linalg.norm(points - drawn.joints, axis=1) / trunk, visible))
    best, visible = min(errors, key=lambda pair: float(pair[0].mean()), default=(np.full(16, np.inf), drawn.hidden))
    if best.mean() >= FOUND:
        return {"pose found": 0.0, "other poses": len(found)}
    called = {f"{name} joints called visible": float(visible[which].mean())
              for name, which in (("hidden", drawn.hidden), ("seen", ~drawn.hidden)) if which.any()}
    return called | {
        "pose found": 1.0, "other poses": len(found) - 1, "joint error / trunk": float(best.mean()),
        "head error / trunk": float(best[3]), "hand error / trunk": float(best[[6, 9]].mean()),
        "foot error / trunk": float(best[[12, 15]].mean())}


def _mask(drawn: DrawnFigure, segmenter: PersonSegmenter) -> dict[str, float]:
    found = segmenter.confidence(drawn.picture) > 0.5
    return {"mask IoU": float((found & drawn.mask).sum() / (found | drawn.mask).sum())}


def _read(gan: CatGAN, images: np.ndarray, scenes: list[Scene]) -> dict[str, object]:
    """What `rendered_64` reads of aligned faces, against the truth."""
    read = gan.predict(images)
    known = [number for number in AUS if f"AU{number:02d}" in read]
    truth = np.array([[scene.action_units.get(number, 0.0) for number in known] for scene in scenes])
    told = np.stack([read[f"AU{number:02d}"] for number in known], 1)
    figures: dict[str, object] = {"AU error (0..5)": _mean(np.abs(told - truth).mean(1)),
                                  "AU correlation": _correlation(told, truth)}
    values = np.array([scene.valence_arousal for scene in scenes])
    for column, name in enumerate(("valence", "arousal")):
        figures[f"{name} correlation"] = _correlation(read[name], values[:, column])
    return figures


# === Hidden parts ===


def covers(arguments: argparse.Namespace) -> dict[str, object]:
    """How often a pose and a face are found where something hides a part, and what is said of hidden joints."""
    people, figures = People(arguments), {}
    with FaceLandmarker() as landmarker, PoseReader() as reader:
        for name in (*COVERS, *THINGS):
            rows = []
            for number in range(arguments.n):
                joints, cover = people.joints(number, 1), name if name in COVERS else None
                (drawn, _, face), = people.drawn(number, joints, people.place(number), cover)
                if name in THINGS:
                    drawn = hide(drawn, name, (0.0, 0.0), number)
                rows.append(_pose(drawn, reader) | {"face found": float(bool(landmarker.detect(drawn.picture)))})
            names = ("pose found", "face found", "joint error / trunk", "hidden joints called visible",
                     "seen joints called visible")
            figures |= {f"{name}: {figure}": _mean([row[figure] for row in rows if figure in row])
                        for figure in names if any(figure in row for row in rows)}
    return figures


# === Clips ===


def clips(arguments: argparse.Namespace) -> dict[str, object]:
    people = People(arguments)
    true: list[Mapping[str, float]] = []
    measured: list[Mapping[str, float]] = []
    found, seconds = [], 0.0
    with PoseReader() as reader:
        for number in range(arguments.n):
            joints = people.joints(number, arguments.frames, -4.6 if arguments.towards else 0.0)
            if not arguments.towards:
                joints = joints - joints[:, :1] * (1, 0, 1)
            frames = [(at / 15.0, figure.picture)
                      for at, (figure, _, _) in enumerate(people.drawn(number, joints, people.place(number)))]
            started = time.perf_counter()
            seen = [person_joints(persons[0]) if persons else None for persons in reader.follow(frames)]
            seconds += time.perf_counter() - started
            known = np.array([pose is not None for pose in seen])
            found.append(known.mean())
            if known.sum() >= 20:
                true.append(movement(joints[known] - joints[known, :1], np.flatnonzero(known) / 15.0))
                measured.append(movement(np.stack([pose[0] for pose in seen if pose]), np.flatnonzero(known) / 15.0))
    figures: dict[str, object] = {"clips": len(true), "frames with a pose": _mean(found),
                                  "frames a second (reading)": arguments.n * arguments.frames / seconds}
    for name in true[0]:
        figures[f"correlation of {name}"] = _correlation(np.array([row[name] for row in measured]),
                                                         np.array([row[name] for row in true]))
    return figures


def movement(joints: np.ndarray, times: np.ndarray) -> dict[str, float]:
    """Movements of a person, from joints from the root `(t, 16, 3)` in metres and seconds `(t,)`; lengths in trunks."""
    joints = joints / np.median(np.linalg.norm(joints[:, 2] - joints[:, 0], axis=1))
    trunk, neck = joints[:, 2] - joints[:, 0], joints[:, 3] - joints[:, 2]
    speed = np.linalg.norm(np.gradient(joints, times, axis=0), axis=-1)
    elbows = [_bend(joints[:, first], joints[:, first + 1], joints[:, first + 2]) for first in (4, 7)]
    apart = np.linalg.norm(joints[:, 12] - joints[:, 15], axis=1)
    return {"cadence": _cadence(joints[:, 12, 1] - joints[:, 15, 1], times), "elbow angle": float(np.mean(elbows)),
            "speed of hands": float(speed[:, [6, 9]].mean()), "speed of feet": float(speed[:, [12, 15]].mean()),
            "longest step": float(np.percentile(apart, 95)), "trunk inclination": float(np.median(_tilt(trunk))),
            "head inclination": float(np.median(_tilt(neck))),
            "head height above the neck": float(np.median(neck[:, 1])),
            "height of the shoulders": float(np.median(joints[:, [4, 7], 1].mean(1))),
            "hand apart from root": float(np.linalg.norm(joints[:, [6, 9]], axis=-1).mean())}


def _cadence(difference: np.ndarray, times: np.ndarray) -> float:
    """Steps per second: twice the strongest frequency between .4 and 2 Hz of the feet's difference in height."""
    wave = (difference - difference.mean()) * np.hanning(len(times))
    frequencies = np.linspace(0.4, 2.0, 321)
    power = np.abs(np.exp(-2j * np.pi * np.outer(frequencies, times)) @ wave)
    return 2 * float(frequencies[power.argmax()])


def _bend(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    first, second = a - b, c - b
    cosine = (first * second).sum(1) / (np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1) + 1e-9)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def _tilt(direction: np.ndarray) -> np.ndarray:
    """Degrees between directions `(t, 3)` and the vertical, in the plane towards the camera; forward is positive."""
    return np.degrees(np.arctan2(direction[:, 2], direction[:, 1]))


# === Figures ===


def _mean(values) -> list[float]:
    """Mean with the 95 % bootstrap interval, and n."""
    values = np.asarray(values, float)
    low, high = bootstrap.interval(lambda rows: float(values[rows].mean()), list(range(len(values))))
    return [round(float(number), 3) for number in (values.mean(), low, high)] + [len(values)]


def _correlation(a: np.ndarray, b: np.ndarray) -> list[float]:
    def pearson(rows: np.ndarray) -> float:
        return float(np.corrcoef(a[rows].ravel(), b[rows].ravel())[0, 1])

    everything = np.arange(len(a))
    low, high = bootstrap.interval(pearson, everything.tolist())
    return [round(float(number), 3) for number in (pearson(everything), low, high)] + [len(a)]


if __name__ == "__main__":
    main()
