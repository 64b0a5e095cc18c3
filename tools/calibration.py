"""Calibrates a fitted face model by what MediaPipe measures in rendered faces.

Fields and components are changed until each AU changes its own measurement only, and neutral people measure as neutral.
A linear fit keeps correlations of the photographs (smiles part lips, raised brows widen eyes) and loses what the limits
of regions cut off. The field of every AU, and of every pair of `COMBINATIONS`, is mixed from the fields of all AUs and
helpers, within its region, by damped Gauss-Newton steps on the matrix of measurements. MediaPipe's measurements are not
human perception, so changes of a field away from the photographs are penalised. The best round is kept.
"""

from __future__ import annotations

from dataclasses import replace

import appearance
import numpy as np
from measured_pairs import SELDOM_MEASURED_TOGETHER
from reading import Reader
from tqdm import tqdm

from catgan.synthesis.face_model import (ACTION_UNITS, BY_DESCRIPTION, COMBINATIONS, REGIONS, SHAPE_COMPONENTS,
                                         TEXTURE_COMPONENTS, region_weight, unit_vector)
from catgan.synthesis.scene import EXCLUSIVE, Sampler, Scene, possible

PEOPLE = 24
FACES = 2000
NEUTRAL_PEOPLE = 400
AMPLITUDE = (0.8, 0.7)
"""Standard deviations of shape and texture coefficients."""

STEP = 0.4
"""Share of a field that is added to measure its effect."""
STIFFNESS = 3.0
"""Weight of the penalty on changes away from the photographs."""
OWN_SHARE = (0.6, 2.2)
"""Smallest and largest share of an AU's own field in the mixture."""
CURVES = (0.35, 1.4)
"""Smallest and largest exponent of a response curve."""
SMALLEST_AREA = 0.3
"""Smallest area of a skin pixel after an AU at intensity 5, relative to its area at rest."""
WANTED_CORRELATION = 0.9
"""AUs that correlate less with their measurement get more weight."""
OPEN_SMILE = {12, 25, 26}

SMALL_FIELD = 0.05
"""Norm of a field over 478 landmarks at intensity 1, in sides of the crop, below which changes are penalised less."""

# Measurements by geometry adjust their own AU, and have little weight against the others.
_SOFT = {5: 0.3, 23: 0.2, 25: 0.3}
_WEIGHTS = np.array([0.0 if number in BY_DESCRIPTION else _SOFT.get(number, 1.0) for number in ACTION_UNITS])

# Largest strength of texture maps around the eyes; a stronger texture would look like a mask.
_LARGEST_MAP = {4: 0.8, 7: 0.5, 43: 1.0}

# Calibrated causes: AUs one by one, then pairs. Their row of the shape basis is 1 + index.
CAUSES: list[tuple[int, ...]] = [(number,) for number in ACTION_UNITS] + list(COMBINATIONS)
_MEASURED = [index for index, numbers in enumerate(CAUSES)
             if not set(numbers) & BY_DESCRIPTION and numbers not in SELDOM_MEASURED_TOGETHER]


def calibrate(fitted: appearance.Appearance, landmarker: str, rounds: int) -> dict[str, np.ndarray]:
    """Returns the arrays of the face model with calibrated fields, curves and components."""
    mix = np.eye(len(CAUSES), len(fitted.fields))
    mix[len(ACTION_UNITS):] = 0.0  # initially, faces are the sum of their AUs
    state = fitted.arrays | {"curves": np.ones(len(ACTION_UNITS))}
    best, highest = {}, -1.0
    with Reader(landmarker, fitted.scale) as reader:
        for number in range(rounds + 1):
            arrays, damping = assembled(fitted, state, mix), 0.8 * 0.8 ** number
            slopes, correlations = _slopes(reader, arrays)
            score = np.mean(correlations[_WEIGHTS == 1.0]) + 0.2 * np.min(correlations[_WEIGHTS == 1.0])
            if score > highest:
                best, highest = arrays, score
            if number == rounds:
                break
            weights = _WEIGHTS * np.clip(WANTED_CORRELATION / np.maximum(correlations, 0.1), 1.0, 2.0) ** 2
            changes = _changes(reader, arrays, fitted, f"calibration {number + 1}")
            mix = np.stack([_improved(index, mix[index], changes, slopes, weights, fitted, damping)
                            if index in _MEASURED else mix[index] for index in range(len(CAUSES))])
            state = state | {"curves": _straightened(reader, arrays, damping),
                             "identity": _quietened(reader, arrays, state["identity"], slopes, damping)}
    return with_smooth_pairs(best)


# === Arrays of the model ===


def assembled(fitted: appearance.Appearance, state: dict[str, np.ndarray], mix: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the arrays of the file for a mixture `(causes, K + H)` of fields."""
    rest, count = fitted.arrays["rest"], len(ACTION_UNITS)
    places = appearance.rest_places(rest, fitted.arrays["frame"])
    fields = np.stack([_confined(index, np.tensordot(row, fitted.fields, 1), rest) for index, row in enumerate(mix)])
    for index, pair in enumerate(CAUSES):
        if pair in SELDOM_MEASURED_TOGETHER:
            fields[index] = appearance.described_pair(pair, fields, rest)
    fields[:count] *= np.array([_unfolding(field, rest, fitted.arrays["frame"]) for field in fields[:count]])[
        :, None, None]
    strengths = [min(mix[index, index], _LARGEST_MAP.get(number, np.inf)) for index, number in enumerate(ACTION_UNITS)]
    maps = np.stack([appearance.confined_map(number, strength * image, places)
                     for number, strength, image in zip(ACTION_UNITS, strengths, fitted.maps)])
    arrays = {"photographs": state["photographs"], "readings": fitted.scale.astype(np.float32),
              "fields": fields[:count].astype(np.float16), "combined": fields[count:].astype(np.float16),
              "curves": state["curves"].astype(np.float32), "rest": rest.astype(np.float32),
              "frame": state["frame"].astype(np.float32), "identity": state["identity"].astype(np.float16),
              "texture": state["texture"].astype(np.float16)}
    for name, scales, images in (("maps", "map_scales", maps), ("faces", "face_scales", state["faces"])):
        peak = np.abs(images).max((1, 2))
        arrays[name] = np.rint(images / peak[:, None, None] * 127).astype(np.int8)
        arrays[scales] = (peak / 127).astype(np.float32)
    return arrays


def with_smooth_pairs(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the arrays with each pair's field reduced until the skin does not fold when both AUs are at 5, alone or
    in an open smile."""
    rest, frame, combined = arrays["rest"].astype(float), arrays["frame"].astype(float), arrays["combined"].copy()

    def area(numbers: set[int]) -> float:
        shape = rest + 5.0 * sum(arrays["fields"][ACTION_UNITS.index(number)].astype(float) for number in numbers)
        shape = shape + 5.0 * sum((combined[index].astype(float) for index, pair in enumerate(COMBINATIONS)
                                   if set(pair) <= numbers), np.zeros(()))
        return appearance.smallest_area(shape, frame)

    for index, pair in enumerate(COMBINATIONS):
        faces = [set(pair)] + [OPEN_SMILE] * (set(pair) <= OPEN_SMILE)
        whole, best = combined[index].copy(), (-np.inf, 0.0)
        for share in np.linspace(1.0, 0.0, 11):
            combined[index] = (share * whole.astype(float)).astype(whole.dtype)
            best = max(best, (min(min(map(area, faces)), 0.5 * SMALLEST_AREA), float(share)))
        combined[index] = (best[1] * whole.astype(float)).astype(whole.dtype)
        print(f"{pair}: {best[1]:.1f} of its field, smallest area {best[0]:.2f}")
    return arrays | {"combined": combined}


def _unfolding(field: np.ndarray, rest: np.ndarray, frame: np.ndarray) -> float:
    """Returns the largest share of a field, up to 1, with which intensity 5 leaves every skin pixel `SMALLEST_AREA`."""
    for share in np.linspace(1.0, 0.3, 15):
        if appearance.smallest_area(rest + 5.0 * share * field, frame) >= SMALLEST_AREA:
            return float(share)
    return 0.3


def _confined(index: int, field: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Returns a field that is 0 outside the regions of a cause."""
    return field * np.max([region_weight(number, rest[:, 0], rest[:, 1]) for number in CAUSES[index]], axis=0)[:, None]


def _columns(index: int, count: int) -> list[int]:
    """Returns the fields to mix into that of a cause: AUs in its part of the face, and helpers for the lower face."""
    top = min(REGIONS[number][0] for number in CAUSES[index])
    bottom = max(REGIONS[number][1] for number in CAUSES[index])
    near = [unit for unit, number in enumerate(ACTION_UNITS) if number not in BY_DESCRIPTION
            and min(bottom, REGIONS[number][1]) - max(top, REGIONS[number][0]) > 0.03]
    helped = bottom > 0.6 and len(CAUSES[index]) == 1
    return near + (list(range(len(ACTION_UNITS), count)) if helped else [])


# === Faces to measure ===


def people(count: int, seed: int) -> list[Scene]:
    """Samples neutral people, frontal in even light."""
    random = np.random.default_rng(seed)
    return [Scene(shape=tuple(AMPLITUDE[0] * random.standard_normal(SHAPE_COMPONENTS).clip(-2, 2)),
                  texture=tuple(AMPLITUDE[1] * random.standard_normal(TEXTURE_COMPONENTS).clip(-2, 2)))
            for _ in range(count)]


def faces(count: int, seed: int) -> list[Scene]:
    """Samples people with random AUs that MediaPipe can measure together, frontal in even light."""
    sampler = Sampler(seed, subjects=count)
    return [replace(person, action_units=possible(sampler.scene(index).action_units, (), SELDOM_MEASURED_TOGETHER))
            for index, person in enumerate(people(count, seed))]


def showing(numbers: tuple[int, ...], level: float) -> list[Scene]:
    """Samples such people, all with the given AUs at `level`."""
    apart = EXCLUSIVE + SELDOM_MEASURED_TOGETHER
    return [replace(scene, action_units=possible(scene.action_units | dict.fromkeys(numbers, level), numbers, apart))
            for scene in faces(PEOPLE, 1)]


# === Measuring ===


def _changes(reader: Reader, arrays: dict[str, np.ndarray], fitted: appearance.Appearance,
             title: str) -> dict[tuple[int, int], np.ndarray]:
    """Measures how the mean measurement of people with a cause at 5 changes with the share of a field in that of the
    cause."""
    columns = {index: _columns(index, len(fitted.fields)) for index in _MEASURED}
    jobs = [(showing(CAUSES[index], 5.0), 1 + index,
             np.stack([STEP * _confined(index, fitted.fields[column], fitted.arrays["rest"]) for column in chosen]))
            for index, chosen in columns.items()]
    read = tqdm(reader.changes(arrays, jobs), total=len(jobs), desc=title)
    return {(index, column): change / STEP for (index, chosen), changes in zip(columns.items(), read)
            for column, change in zip(chosen, changes)}


def _slopes(reader: Reader, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Measures the slope of each measurement by each cause, all else equal, `(causes, K)`, ideally the identity over
    zeros; and the correlation of each AU with its measurement within 0..5, `(K,)`, which is 1 for AUs without a
    measurement."""
    scenes = faces(FACES, 3)
    read = reader.read(arrays, scenes)
    known = ~np.isnan(read[:, 0])
    read, drawn = read[known], np.stack([unit_vector(scene.action_units) for scene in scenes])[known]
    places = [[ACTION_UNITS.index(number) for number in pair] for pair in COMBINATIONS]
    causes = np.column_stack([drawn, *(drawn[:, a] * drawn[:, b] / 5.0 for a, b in places)])
    slopes = appearance.regress(read, causes, np.zeros((len(read), 0)), ridge=10.0)[0]
    correlations = np.ones(len(ACTION_UNITS))
    for unit in (index for index in _MEASURED if len(CAUSES[index]) == 1):
        correlations[unit] = np.corrcoef(drawn[:, unit], read[:, unit].clip(0.0, 5.0))[0, 1]
        others = " ".join(f"{ACTION_UNITS[index]}:{value:+.2f}" for index, value in enumerate(slopes[unit])
                          if index != unit and abs(value) > 0.15)
        print(f"AU{ACTION_UNITS[unit]}: correlation {correlations[unit]:.2f}, reads {slopes[unit, unit]:.2f} of what "
              f"is drawn; others {others}")
    hard = correlations[_WEIGHTS == 1.0]
    print(f"found {known.mean():.3f}, mean correlation {hard.mean():.3f}, least {hard.min():.3f}", flush=True)
    return slopes, correlations


# === Steps ===


def _improved(index: int, row: np.ndarray, changes: dict[tuple[int, int], np.ndarray], slopes: np.ndarray,
              weights: np.ndarray, fitted: appearance.Appearance, damping: float) -> np.ndarray:
    """Takes one damped Gauss-Newton step on the measurements of one cause; returns the new row of the mixture."""
    columns = [column for one, column in changes if one == index]
    slope = np.stack([changes[index, column] for column in columns], axis=1)
    missing, weights, wanted = -5.0 * slopes[index], weights.copy(), np.zeros(len(columns))
    fields = np.stack([_confined(index, fitted.fields[column], fitted.arrays["rest"]).ravel() for column in columns])
    # Penalty on the distance from the field of the photographs; it is relaxed for small fields.
    products, size = fields @ fields.T, SMALL_FIELD ** 2
    if len(CAUSES[index]) == 1:
        own = columns.index(index)
        missing[index], weights[index], wanted[own] = missing[index] + 5.0, 1.5 * weights[index], 1.0
        size = max(size, products[own, own])
        products[own], products[:, own] = 0.0, 0.0  # changes of the field's own strength are penalised separately
        products[own, own] = size / STIFFNESS
    cost = STIFFNESS * products / size
    a, b = slope * weights[:, None], missing * weights
    step = np.linalg.solve(a.T @ a + cost + 0.05 * np.eye(len(columns)), a.T @ b - cost @ (row[columns] - wanted))
    result = row.copy()
    result[columns] += damping * step
    if len(CAUSES[index]) == 1:
        result[index] = np.clip(result[index], *OWN_SHARE)
    return result


def _straightened(reader: Reader, arrays: dict[str, np.ndarray], damping: float) -> np.ndarray:
    """Returns curves with which half the intensity measures as half."""
    curves, levels = arrays["curves"].astype(float), (0.0, 2.5, 5.0)
    units = [index for index in _MEASURED if len(CAUSES[index]) == 1]
    scenes = [scene for unit in units for level in levels for scene in showing(CAUSES[unit], level)]
    read = reader.read(arrays, scenes).reshape(len(units), len(levels), PEOPLE, -1)
    for unit, values in zip(units, np.nanmean(read, axis=2)):
        half = (values[1, unit] - values[0, unit]) / max(values[2, unit] - values[0, unit], 0.1)
        curves[unit] /= (np.log(np.clip(half, 0.1, 0.9)) / np.log(0.5)) ** damping
    curves = curves.clip(*CURVES)
    print("curves " + " ".join(f"{number}:{curve:.2f}" for number, curve in zip(ACTION_UNITS, curves)))
    return curves


def _quietened(reader: Reader, arrays: dict[str, np.ndarray], identity: np.ndarray, slopes: np.ndarray,
               damping: float) -> np.ndarray:
    """Removes from identity components what measures as an AU of neutral people."""
    scenes = people(NEUTRAL_PEOPLE, 2)
    read = reader.read(arrays, scenes)
    known = ~np.isnan(read[:, 0])
    shape = np.array([person.shape for person in scenes])[known]
    by_shape, _, left = appearance.regress(read[known], shape, np.zeros((len(shape), 0)), ridge=10.0)
    print("deviation of readings at rest, all / not by shape: " + " ".join(
        f"{number}:{whole:.2f}/{rest:.2f}"
        for number, whole, rest in zip(ACTION_UNITS, read[known].std(0), left.std(0))))
    hard = np.flatnonzero(_WEIGHTS == 1.0)
    amounts = by_shape[:, hard] @ np.linalg.pinv(slopes[np.ix_(hard, hard)], rcond=0.2)
    return identity - damping * np.tensordot(amounts, arrays["fields"].astype(float)[hard], 1)
