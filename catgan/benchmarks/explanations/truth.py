"""The true answers of rendered faces: their labels are a known function of their Action Units, so the least change that
meets a target can be computed, and drawn."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan import facs
from catgan.explain.models import Label
from catgan.explain.search.options import INTENSITY_RANGE, MAX_UNITS, MIN_CHANGE
from catgan.explain.targets import Target
from catgan.models.gan.density import violates_exclusion
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import EXCLUSIVE, Scene

ROUNDS, KEPT, TIE = 12, 24, 0.25
"""Halvings of a change; sets that are made as small as they can be, the most promising; those whose least change is
longer than the least of all by no more than `TIE` are as good."""


@dataclass(frozen=True)
class TrueAnswer:
    """The least true change of one face.

    Args:
        levels: true intensities 0..5 after it, `(k,)`; those of the scene where nothing reaches the target.
        sets: all smallest sets of Action Units (places) that do with about the same change; empty where none does, or
            nothing needs to change.
        as_good: the least change of each of these sets, `(len(sets), k)`.
    """

    levels: np.ndarray
    sets: tuple[frozenset[int], ...]
    as_good: np.ndarray


def true_reading(scene: Scene, units: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
    """The labels of a scene with its Action Units at `levels` `(m, k)`, as columns `(m,)`."""
    columns = {facs.au_name(number): levels[:, place] for place, number in enumerate(units)}
    pairs = np.array([scene.with_action_units(dict(zip(units, row.tolist()))).valence_arousal for row in levels])
    return {**columns, "valence": pairs[:, 0], "arousal": pairs[:, 1]}


def as_read(model: Any, side: int, channels: int) -> Callable[..., dict[str, np.ndarray]]:
    """What a model reads off true pictures, in the place of `true_reading`: the least change that meets a target is
    then the model's own, whatever it has learned, and does not depend on who draws the answers.

    Args:
        model: see `catgan.explain.models`.
        side, channels: of the pictures that it reads.
    """
    renderer = Renderer(side)

    def reading(scene: Scene, units: Sequence[int], levels: np.ndarray) -> dict[str, np.ndarray]:
        scenes = [scene.with_action_units(dict(zip(units, row.tolist()))) for row in levels]
        return model.read(renderer.render(scenes, channels)[0])

    return reading


def true_labels(units: Sequence[int]) -> dict[str, Label]:
    """What targets may ask of rendered faces."""
    names = [facs.au_name(number) for number in units]
    return {**{name: Label(name, (name,), 0.0, 5.0, "intensity") for name in names},
            **{name: Label(name, (name,), -1.0, 1.0) for name in ("valence", "arousal")}}


def true_answer(scene: Scene, units: Sequence[int], target: Target,
                reading: Callable[..., dict[str, Any]] = true_reading, free: np.ndarray | None = None) -> TrueAnswer:
    """The fewest Action Units, and the smallest change of them, after which the truth meets a target.

    All sets up to `MAX_UNITS` are tried at both ends of their ranges, which is enough where the truth grows or falls
    with every unit, and every set that does is made as small as it can be. What brings together units that no face
    shows together (`EXCLUSIVE`, from FACS) is no answer.

    Args:
        scene: the face.
        units: FACS numbers that may change.
        target: of labels that `reading` gives.
        reading: the truth, as `true_reading`.
        free: which units may change, `(k,)`.
    """
    now = np.array([scene.action_units.get(number, 0.0) for number in units])
    places = [place for place in range(len(units)) if free is None or free[place]]
    apart = [(units.index(one), units.index(other)) for one, other in EXCLUSIVE if {one, other} <= set(units)]

    def far(levels: np.ndarray) -> np.ndarray:
        return np.where(violates_exclusion(apart, levels, now), np.inf, target.shortfall(reading(scene, units, levels)))

    for size in range(1, MAX_UNITS + 1) if far(now[None])[0] > 0.0 else ():
        options = [changed for chosen in itertools.combinations(places, size) for changed in _ends(now, chosen)]
        if not options:
            break
        every = np.stack(options)
        reaching = every[far(every) <= 0.0]
        if len(reaching):
            small = _shrunk(now, reaching, far)
            lengths = np.abs(small - now).sum(1)
            least: dict[frozenset[int], np.ndarray] = {}
            for row in np.argsort(lengths, kind="stable"):
                if lengths[row] <= lengths.min() + TIE:
                    least.setdefault(frozenset(np.flatnonzero(small[row] != now).tolist()), small[row])
            sets = sorted(least, key=sorted)
            return TrueAnswer(small[int(lengths.argmin())], tuple(sets), np.stack([least[one] for one in sets]))
    return TrueAnswer(now, (), np.empty((0, len(units))))


def _ends(now: np.ndarray, chosen: Sequence[int]) -> list[np.ndarray]:
    ends = [[end for end in INTENSITY_RANGE if abs(end - now[place]) >= MIN_CHANGE] for place in chosen]
    changed = []
    for levels in itertools.product(*ends):
        row = now.copy()
        row[list(chosen)] = levels
        changed.append(row)
    return changed


def _shrunk(now: np.ndarray, levels: np.ndarray, far: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Each change as small as the target allows: all of it by one share, then, of the smallest, unit after unit."""
    low, high = np.zeros(len(levels)), np.ones(len(levels))
    for _ in range(ROUNDS):
        middle = (low + high) / 2.0
        met = far(now + middle[:, None] * (levels - now)) <= 0.0
        low, high = np.where(met, low, middle), np.where(met, middle, high)
    levels = now + high[:, None] * (levels - now)
    levels = levels[np.argsort(np.abs(levels - now).sum(1), kind="stable")[:KEPT]]
    for place in np.flatnonzero((levels != now).any(0)):
        rows = np.flatnonzero((levels[:, place] != now[place]) & ((levels != now).sum(1) > 1))
        near, end = np.full(len(rows), now[place]), levels[rows, place]
        for _ in range(ROUNDS if len(rows) else 0):
            middle = levels[rows].copy()
            middle[:, place] = (near + end) / 2.0
            met = far(middle) <= 0.0
            near, end = np.where(met, near, middle[:, place]), np.where(met, middle[:, place], end)
        levels[rows, place] = end
    return levels
