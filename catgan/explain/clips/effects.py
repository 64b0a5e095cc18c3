"""Effects of single Action Units on the features of a clip, from which changes are foretold without drawing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catgan.explain.clips.changes import UnitChange, differences
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.drawers import ClipDrawer, highest
from catgan.explain.clips.outputs import SequenceModel
from catgan.explain.clips.questions import Question

REFERENCE = 2.5
"""Intensity by which a unit is raised to see its effect."""
SAMPLES = 14
"""Frames of a clip, at most, in which each unit's effect is drawn; between them it is interpolated."""
SHOWN = 0.3
"""Difference of intensity from which a unit is worth drawing."""
OWN_PERCENTILES = (10.0, 90.0)
SLACKS = (0.25, 0.75, 1.5)
"""Shares by which a clip's own range is widened, tried in this order: readings are nearer to the middle than the truth,
and an editor draws less than it is asked."""


class Direction(NamedTuple):
    """One Action Unit, and whether it is lowered (-1) or raised (1)."""

    unit: int
    sign: int


class Effects:
    """Foretells what a model reads off changed clips.

    The features of a frame are taken to move in proportion to the change of a unit, and those of several units to add
    up. That is rough, but costs no drawing; what it finds is drawn and read before it is an answer.

    Args:
        model: reads clips.
        clip: the explained clip.
        features: of its frames, `(t, f)`.
        drawer: draws it.
        question: what is asked; effects are drawn in its frames, and read off between them.
        held: FACS numbers of units that must not change.
        slack: keep intensities within what the clip itself shows, see `own_bounds`; None does not.

    Attributes:
        directions: those that were drawn.
        draws: frames that were drawn.
    """

    def __init__(self, model: SequenceModel, clip: Clip, features: np.ndarray, drawer: ClipDrawer, question: Question,
                 held: frozenset[int] = frozenset(), slack: float | None = None):
        self.model, self.clip, self.features, self.drawer, self.question = model, clip, features, drawer, question
        self.bounds = bounds_of(drawer, clip.seen, slack)
        asked = np.flatnonzero(question.frames)
        rows = asked[np.unique(np.linspace(0, len(asked) - 1, min(SAMPLES, len(asked))).round().astype(int))]
        free = [(place, unit) for place, unit in enumerate(drawer.units) if unit not in held]
        self.directions = [Direction(unit, sign) for sign, bound in zip((-1, 1), self.bounds) for place, unit in free
                           if np.median(np.abs(bound[asked, place])) >= SHOWN]
        self.draws = len(rows) * len(self.directions)
        self._moves = {one: self._moved(one, rows) for one in self.directions}

    def reference(self, direction: Direction) -> np.ndarray:
        """Returns the difference of intensities whose effect was drawn, `(t,)`."""
        place = self.drawer.units.index(direction.unit)
        return self.bounds[0][:, place] if direction.sign < 0 else np.minimum(REFERENCE, self.bounds[1][:, place])

    def largest(self, direction: Direction) -> float:
        """Returns the largest useful difference of a unit in the frames in question, in intensities; has a sign."""
        place = self.drawer.units.index(direction.unit)
        bound = self.bounds[int(direction.sign > 0)][self.question.frames, place]
        return float(bound.min() if direction.sign < 0 else min(bound.max(), 2.0 * REFERENCE))

    def _moved(self, direction: Direction, rows: np.ndarray) -> np.ndarray:
        """Draws a unit's reference change in some frames; returns the change of all features, `(t, f)`."""
        changes = np.zeros((len(rows), len(self.drawer.units)))
        changes[:, self.drawer.units.index(direction.unit)] = self.reference(direction)[rows]
        moves = self.model.features(self.drawer.draw(rows, changes)) - self.features[rows]
        places = np.arange(len(self.features))
        return np.stack([np.interp(places, rows, column) for column in moves.T], axis=1).astype(np.float32)

    def foretold(self, changes: Sequence[Sequence[UnitChange]]) -> np.ndarray:
        """Foretells the distance of changed clips from the target of the question, `(m,)`.

        Args:
            changes: m changes of the clip.
        """
        return self.question.distance(self.read(np.stack([self._features(one) for one in changes])))

    def read(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Reads clips of features `(m, t, f)`: columns `(m, t)`."""
        return self.model.read_features(features, np.repeat(self.clip.seen[None], len(features), 0))

    def _features(self, changes: Sequence[UnitChange]) -> np.ndarray:
        drawn, features = self.differences(changes), self.features.copy()
        for change in changes:
            direction = Direction(change.unit, -1 if change.by < 0.0 else 1)
            reference, place = self.reference(direction), self.drawer.units.index(change.unit)
            share = np.divide(drawn[:, place], reference, out=np.zeros(len(drawn)), where=np.abs(reference) > 1e-6)
            features += share[:, None].astype(np.float32) * self._moves[direction]
        return np.where(self.clip.seen[:, None], features, self.features)

    def differences(self, changes: Sequence[UnitChange]) -> np.ndarray:
        """Returns the differences that are drawn for a change, `(t, k)`."""
        return differences(changes, self.clip.times, self.drawer.units, *self.bounds)

    def size(self, changes: Sequence[UnitChange]) -> float:
        """Returns the Euclidean length of the differences, summed over seen frames, in intensities times seconds."""
        return float(np.linalg.norm(self.differences(changes)[self.clip.seen], axis=1).sum() * self.clip.step)


def bounds_of(drawer: ClipDrawer, seen: np.ndarray, slack: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Returns the least and the largest difference of every unit in every frame, `(t, k)` each.

    With a slack, units stay within what the face shows somewhere in the clip. A face at rest, which shows a unit
    throughout, has no room to lower it: that unit is not what makes the episode. The range is that between
    `OWN_PERCENTILES`, widened by the share `slack`.
    """
    least, largest = drawer.lowest, highest(drawer)
    if slack is None:
        return least, largest
    low, high = np.percentile(drawer.levels[seen], OWN_PERCENTILES, axis=0)
    return (np.maximum((1.0 + slack) * np.minimum(low - drawer.levels, 0.0), least),
            np.minimum((1.0 + slack) * np.maximum(high - drawer.levels, 0.0), largest))
