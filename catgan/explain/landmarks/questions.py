"""What the answer of a network on landmarks must become."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan.errors import TargetError, unknown_name

_TARGET = re.compile(r"\s*expression\s*(!?=)\s*(\S+)\s*")


@dataclass(frozen=True)
class LandmarkTarget:
    """The class that must become the most probable one, or must cease to be it.

    Args:
        text: as it was asked.
        place: of the class among those of the model.
        away: whether any other class must become the most probable one.
    """

    text: str
    place: int
    away: bool = False

    def lead(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns by how much the target leads in probability, above 0 where it is met: `(..., classes)` -> `(...)`."""
        own = probabilities[..., self.place]
        other = np.delete(probabilities, self.place, -1).max(-1)
        return other - own if self.away else own - other


def parse_landmark_target(text: str, classes: Sequence[str]) -> LandmarkTarget:
    """Parses `expression=surprise` or `expression!=happiness`.

    Raises:
        TargetError: anything else, or a class that the model does not know.
    """
    match = _TARGET.fullmatch(text)
    if match is None:
        raise TargetError("A target of a network on landmarks reads expression=surprise or expression!=happiness. "
                          f"Received: '{text}'.")
    if match[2] not in classes:
        raise TargetError(str(unknown_name("expression of this model", match[2], classes)))
    return LandmarkTarget(text.strip(), list(classes).index(match[2]), match[1] == "!=")


def default_target(probabilities: np.ndarray, classes: Sequence[str]) -> LandmarkTarget:
    """Returns the question that is asked of a clip unless another is: the next most probable class, `(classes,)`."""
    place = int(np.argsort(-probabilities, kind="stable")[1])
    return LandmarkTarget(f"expression={classes[place]}", place)
