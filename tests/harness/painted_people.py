"""Painted people, and a stand-in for `PeopleReader` that finds them without MediaPipe.

A face is a red square, the body a green square of twice its side below it. Each can be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from catgan.errors import CatganError
from catgan.modalities.gait_reader import resampled
from catgan.modalities.joints import person_joints
from catgan.modalities.person import Person
from catgan.modalities.views import PersonView
from tests.harness.people import standing
from tests.harness.views import detected_face


class Painted(NamedTuple):
    """Where a person is painted: left and top of the face, its side, and which parts are there."""

    left: int
    top: int
    side: int
    face: bool = True
    body: bool = True

    @property
    def body_box(self) -> tuple[float, float, float, float]:
        """Box of face and body."""
        return self.left - self.side / 2, float(self.top), 2.0 * self.side, 3.0 * self.side


def painted(people: Sequence[Painted], width: int = 320, height: int = 240) -> np.ndarray:
    """Returns a picture, uint8 RGB: people on a grey gradient."""
    picture = np.repeat(np.linspace(60, 120, width)[None, :, None], height, 0).repeat(3, 2).astype(np.uint8)
    for left, top, side, face, body in people:
        if body:
            picture[top + side:top + 3 * side, left - side // 2:left + 3 * side // 2] = 0, 255, 0
        if face:
            picture[top:top + side, left:left + side] = 255, 0, 0
    return picture


def write(path, people: Sequence[Painted]) -> None:
    """Writes the picture as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), painted(people)[..., ::-1])


class PaintedReader:
    """Finds painted people."""

    def __enter__(self) -> PaintedReader:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is open."""

    def photograph(self, image: np.ndarray) -> list[PersonView]:
        """Returns the people, the leftmost first."""
        if image.max() == 0:
            raise CatganError("this picture is black")
        mask = self.mask(image, [], [])
        faces, bodies = (_squares(image, colour) for colour in ((255, 0, 0), (0, 255, 0)))
        found = [(box, _below(box, bodies)) for box in faces]
        found += [(None, box) for box in bodies if box not in [body for _, body in found]]
        return [_view(image, mask, face, body) for face, body in found]

    def clip(self, frames: Iterable[tuple[float, np.ndarray]], rate: float = 15.0) -> list[PersonView]:
        """Follows the people by their order from the left; all are in every frame."""
        seen = [(seconds, self.photograph(image)) for seconds, image in frames]
        people = []
        for place in range(min(len(views) for _, views in seen) if seen else 0):
            mine = [(seconds, views[place]) for seconds, views in seen]
            at, middle = mine[len(mine) // 2]
            times, joints, known = resampled(
                np.array([seconds for seconds, _ in mine]), np.stack([view.joints[0] for _, view in mine]),
                np.stack([view.known[0] for _, view in mine]), rate)
            boxes = [[seconds, *(view.body_box or [np.nan] * 4), *(view.face_box or [np.nan] * 4)]
                     for seconds, view in mine]
            people.append(PersonView(times, joints, known, middle.picture, at, middle.face, middle.body, middle.mask,
                                     len(times) // 2, rate, given={"boxes": np.array(boxes)}))
        return people

    def mask(self, image: np.ndarray, bodies: Sequence[Person], faces: Sequence[object]) -> np.ndarray:
        """Returns where red or green is, float32 `(h, w)`."""
        return (np.ptp(image.astype(int), axis=2) > 100).astype(np.float32)


def _squares(image: np.ndarray, colour: tuple[int, int, int]) -> list[tuple[float, float, float, float]]:
    mask = (image == colour).all(2).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return sorted((float(left), float(top), float(width), float(height))
                  for left, top, width, height, _ in stats[1:count].tolist())


def _below(face, bodies):
    return next((body for body in bodies if abs(body[1] - face[1] - face[3]) < 2
                 and body[0] <= face[0] <= body[0] + body[2]), None)


def _view(image, mask, face, body) -> PersonView:
    person = None if body is None else standing(body[0], body[1], body[2])
    joints, known = person_joints(person) if person else (np.zeros((16, 3), np.float32), np.zeros(16, bool))
    return PersonView(np.zeros(1), joints[None], known[None], image, 0.0,
                      None if face is None else detected_face(*face[:3]), person, mask)
