"""Samples changes of labels that a face can show, for training and for measuring editors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import EXCLUSIVE, Scene, expressed_units, independent_units, valence_arousal

GAUSS_NEWTON_STEPS = 6  # the last of them change nothing visible


def move_units(random: np.random.Generator, scene: Scene, count: int,
               among: Sequence[int] = ACTION_UNITS) -> dict[int, float]:
    """Samples new intensities of `count` Action Units of `among`: a third of them 0, the others anywhere in 0..5.

    An AU that is exclusive with one that the scene shows (`EXCLUSIVE`) is left unchanged, unless it is removed.
    """
    changes: dict[int, float] = {}
    for number in random.permutation(among).tolist():
        if len(changes) == count:
            break
        level = 5.0 * max(1.5 * random.random() - 0.5, 0.0)
        shown = {**scene.action_units, **changes}
        if level == 0.0 and shown.get(number, 0.0) == 0.0:
            continue
        if level == 0.0 or not any(shown.get(other, 0.0) > 0.0 for other in excluded_by(number)):
            changes[number] = level
    return changes


def exchange_units(random: np.random.Generator, scene: Scene,
                   among: Sequence[int] = ACTION_UNITS) -> dict[int, float] | None:
    """Samples an AU of `among` that replaces the AUs that exclude it.

    The new AU gets an intensity in 1..5. The AUs that it excludes get an intensity below 1 in half of the cases, else
    0. Returns None if the scene shows no AU that excludes one of `among`.
    """
    coming = [number for number in among if (shown := _shown_against(scene, number)) and set(shown) <= set(among)]
    if not coming:
        return None
    number = int(random.choice(coming))
    going = {other: float(max(random.uniform(-1.0, 1.0), 0.0)) for other in _shown_against(scene, number)}
    return {number: float(random.uniform(1.0, 5.0))} | going


def _shown_against(scene: Scene, number: int) -> list[int]:
    return [other for other in excluded_by(number) if scene.action_units.get(other, 0.0) > 0.0]


def excluded_by(number: int) -> tuple[int, ...]:
    """Returns the AUs that never appear together with AU `number`."""
    return tuple(other for pair in EXCLUSIVE if number in pair for other in pair if other != number)


def another_face(random: np.random.Generator, among: Sequence[int] = ACTION_UNITS) -> dict[int, float]:
    """Samples the Action Units of `among` as another random face has them."""
    units = independent_units(random) if random.random() < 0.4 else expressed_units(random)[1]
    return {number: units.get(number, 0.0) for number in among}


def move_valence_arousal(scene: Scene, changes: Mapping[str, float], held: Collection[int] = ()) -> dict[int, float]:
    """Finds the smallest change of Action Units that brings a scene's valence, arousal or both to wanted values.

    Smallest means the Euclidean norm of the change, with intensities within 0..5. If the wanted values cannot be
    reached, the result is as near as these Gauss-Newton steps, clipped to the range, come.

    Args:
        scene: the face.
        changes: `valence` and `arousal`, by how much each should change; one that is missing may change freely.
        held: AUs that stay fixed; AUs that exclude one that the scene shows stay fixed too.

    Returns:
        The new intensities of the AUs that change; empty if the steps lead away from the wanted values.
    """
    names = [name for name in ("valence", "arousal") if name in changes]
    places = [("valence", "arousal").index(name) for name in names]
    free = [number for number in ACTION_UNITS if number not in held
            and not any(scene.action_units.get(other, 0.0) > 0.0 for other in excluded_by(number))]
    start = np.array([scene.action_units.get(number, 0.0) for number in free])
    kept = {number: value for number, value in scene.action_units.items() if number not in free}

    def values(units: np.ndarray) -> np.ndarray:
        return np.array(valence_arousal({**kept, **dict(zip(free, units.tolist()))}, scene.expression))[places]

    wanted = np.clip(values(start) + [changes[name] for name in names], -1.0, 1.0)
    units = start
    for _ in range(GAUSS_NEWTON_STEPS):
        now = values(units)
        slopes = np.stack([(values(units + step) - now) / 0.01 for step in 0.01 * np.eye(len(free))], 1)
        # Steps are taken from the start, so that the whole change stays short; AUs that would leave 0..5 are held.
        stuck = ((units <= 0.0) & (start <= 0.0)) | (units >= 5.0)
        move = _least(slopes, wanted - now + slopes @ (units - start))
        leaving = stuck & ((start + move <= 0.0) | (start + move >= 5.0))
        if leaving.any():
            slopes = np.where(leaving, 0.0, slopes)
            move = _least(slopes, wanted - now + slopes @ (units - start))
        units = np.clip(start + move, 0.0, 5.0)
    if np.linalg.norm(wanted - values(units)) > np.linalg.norm(wanted - values(start)):
        return {}  # where `tanh` is almost flat, a step can lead away
    return {number: value for number, value, before in zip(free, units.tolist(), start.tolist())
            if abs(value - before) > 0.02}


def _least(slopes: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Solves for the shortest step that closes the distance `missing`, slightly damped where slopes are flat."""
    return slopes.T @ np.linalg.solve(slopes @ slopes.T + 1e-4 * np.eye(len(slopes)), missing)
