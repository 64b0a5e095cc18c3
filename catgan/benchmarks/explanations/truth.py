"""True counterfactuals of rendered faces.

The labels of a scene are a known function of its Action Units, so the smallest change that meets a target can be
computed, and drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from catgan import facs
from catgan.explain.models import ExplainedModel, Label
from catgan.explain.search.options import INTENSITY_RANGE, MAX_UNITS, MIN_CHANGE
from catgan.explain.targets import Target
from catgan.models.gan.density import violates_exclusion
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import EXCLUSIVE, Scene

BISECTIONS = 12
"""Halvings by which a change is made small."""
MAX_REFINED = 24
"""Sets of Action Units whose changes are made small unit by unit, those of the smallest change first."""
TIE = 0.25
"""Levels by which the change of a set may be longer than the smallest one and still count as good."""

Reading: TypeAlias = Callable[[Scene, Sequence[int], np.ndarray], dict[str, np.ndarray]]
"""Labels, as columns `(m,)`, of a scene whose Action Units (FACS numbers) have the levels `(m, k)`."""


@dataclass(frozen=True)
class TrueAnswer:
    """The smallest true change of one face.

    Args:
        levels: true intensities 0..5 after it, `(k,)`; those of the scene where nothing reaches the target.
        sets: all smallest sets of Action Units (places) that reach the target with about the same change. Empty where
            none does, or where the scene meets the target.
        as_good: the intensities after the smallest change of each of these sets, `(len(sets), k)`.
    """

    levels: np.ndarray
    sets: tuple[frozenset[int], ...]
    as_good: np.ndarray


def true_reading(scene: Scene, units: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
    """Computes the labels of a scene with its Action Units at `levels` `(m, k)`, as columns `(m,)`."""
    columns = {facs.au_name(number): levels[:, place] for place, number in enumerate(units)}
    pairs = np.array([scene.with_action_units(dict(zip(units, row.tolist()))).valence_arousal for row in levels])
    return {**columns, "valence": pairs[:, 0], "arousal": pairs[:, 1]}


def as_read(model: ExplainedModel, side: int, channels: int) -> Reading:
    """Makes a function like `true_reading` that returns a model's readings of true pictures.

    The smallest change that meets a target is then the model's own, whatever it has learned. It does not depend on the
    drawer of the answers.

    Args:
        model: reads the pictures.
        side: of the pictures, in pixels.
        channels: of the pictures, 1 or 3.
    """
    renderer = Renderer(side)

    def reading(scene: Scene, units: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
        scenes = [scene.with_action_units(dict(zip(units, row.tolist()))) for row in levels]
        return dict(model.read(renderer.render(scenes, channels)[0]))

    return reading


def true_labels(units: Sequence[int]) -> dict[str, Label]:
    """Returns the labels that targets of rendered faces may name."""
    names = [facs.au_name(number) for number in units]
    return {**{name: Label(name, (name,), 0.0, 5.0, "intensity") for name in names},
            **{name: Label(name, (name,), -1.0, 1.0) for name in ("valence", "arousal")}}


def true_answer(scene: Scene, units: Sequence[int], target: Target,
                reading: Reading = true_reading, free: np.ndarray | None = None) -> TrueAnswer:
    """Finds the fewest Action Units, and the smallest change of them, after which the truth meets a target.

    All sets up to `MAX_UNITS` are tried at both ends of their ranges, which is enough where the truth is monotonic in
    every unit. The change of every set that reaches the target is then made as small as possible. Changes that combine
    mutually exclusive units (`EXCLUSIVE`, from FACS) are left out.

    Args:
        scene: the face.
        units: FACS numbers that may change.
        target: of labels that `reading` gives.
        reading: the truth, as `true_reading`.
        free: which units may change, `(k,)`.
    """
    now = np.array([scene.action_units.get(number, 0.0) for number in units])
    places = [place for place in range(len(units)) if free is None or free[place]]
    exclusive = [(units.index(one), units.index(other)) for one, other in EXCLUSIVE if {one, other} <= set(units)]

    def shortfall(levels: np.ndarray) -> np.ndarray:
        excluded = violates_exclusion(exclusive, levels, now)
        return np.where(excluded, np.inf, target.shortfall(reading(scene, units, levels)))

    for size in range(1, MAX_UNITS + 1) if shortfall(now[None])[0] > 0.0 else ():
        options = [changed for chosen in itertools.combinations(places, size) for changed in _ends(now, chosen)]
        if not options:
            break
        every = np.stack(options)
        reaching = every[shortfall(every) <= 0.0]
        if len(reaching):
            return _smallest(now, _shrunk(now, reaching, shortfall))
    return TrueAnswer(now, (), np.empty((0, len(units))))


def _smallest(now: np.ndarray, levels: np.ndarray) -> TrueAnswer:
    """Chooses the smallest of several changes that reach the target, and those of other sets that are as good."""
    lengths = np.abs(levels - now).sum(1)
    by_set: dict[frozenset[int], np.ndarray] = {}
    for row in np.argsort(lengths, kind="stable"):
        if lengths[row] <= lengths.min() + TIE:
            by_set.setdefault(frozenset(np.flatnonzero(levels[row] != now).tolist()), levels[row])
    sets = sorted(by_set, key=sorted)
    return TrueAnswer(levels[int(lengths.argmin())], tuple(sets), np.stack([by_set[one] for one in sets]))


def _ends(now: np.ndarray, chosen: Sequence[int]) -> list[np.ndarray]:
    """Lists the levels `(k,)` at which each chosen unit is at an end of its range."""
    ends = [[end for end in INTENSITY_RANGE if abs(end - now[place]) >= MIN_CHANGE] for place in chosen]
    changed = []
    for levels in itertools.product(*ends):
        row = now.copy()
        row[list(chosen)] = levels
        changed.append(row)
    return changed


def _shrunk(now: np.ndarray, levels: np.ndarray, shortfall: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Makes each change as small as the target allows: first all units by one share, then each unit alone."""
    low, high = np.zeros(len(levels)), np.ones(len(levels))
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        met = shortfall(now + middle[:, None] * (levels - now)) <= 0.0
        low, high = np.where(met, low, middle), np.where(met, middle, high)
    levels = now + high[:, None] * (levels - now)
    levels = levels[np.argsort(np.abs(levels - now).sum(1), kind="stable")[:MAX_REFINED]]
    for place in np.flatnonzero((levels != now).any(0)):
        rows = np.flatnonzero((levels[:, place] != now[place]) & ((levels != now).sum(1) > 1))
        near, end = np.full(len(rows), now[place]), levels[rows, place]
        for _ in range(BISECTIONS if len(rows) else 0):
            middle = levels[rows].copy()
            middle[:, place] = (near + end) / 2.0
            met = shortfall(middle) <= 0.0
            near, end = np.where(met, near, middle[:, place]), np.where(met, middle[:, place], end)
        levels[rows, place] = end
    return levels
