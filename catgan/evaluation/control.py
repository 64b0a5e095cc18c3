"""Does the generator do what its labels say? Faces are drawn, a judge reads them, and the figures are compared with
those of real faces whose labels are known: what the judge itself is able to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation import samples
from catgan.metrics import bootstrap
from catgan.metrics import control as measures
from catgan.models.gan.model import CatGAN
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

PEOPLE = 40
LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
DIMENSION_LEVELS = (-0.8, -0.4, 0.0, 0.4, 0.8)
SPANS = {"valence": 2.0, "arousal": 2.0}


def asked_faces(gan: CatGAN, dataset: DualDataset, split: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`n` generated faces with the labels of `n` faces of a split.

    Returns:
        The rows of the split whose labels were asked for `(n,)`, and the faces uint8 `(n, side, side, 3)`.
    """
    labels = dataset.labels(split, gan.spec)
    random = random_streams.generator("control_faces", seed)
    rows = np.sort(random.permutation(len(labels))[:n])
    latents = random.standard_normal((len(rows), gan.network.latent_size)).astype(np.float32)
    return rows, gan.draw(latents, Condition.of(labels[rows]).encode())


def responses(gan: CatGAN, dataset: DualDataset, judge, split: str, n: int, seed: int) -> dict[str, Any]:
    """`metrics.control.beside_ceiling` of the labels that the judge reads, and `found`, the share of generated faces
    that it could read. Intervals are over subjects."""
    rows, generated = asked_faces(gan, dataset, split, n, seed)
    truth, subjects = dataset.labels(split, gan.spec)[rows], np.asarray(dataset.subjects(split))[rows]
    names = {name: seen for name in gan.spec.columns for seen in [seen_as(name, judge.columns)] if seen}
    asked = {seen: np.where(known, values, np.nan) for name, seen in names.items()
             for values, known in [truth.column(name)]}
    seen, real = judge.read(generated), judge.read(dataset.images(split, 3)[rows])
    return {**measures.beside_ceiling(asked, seen, real, subjects),
            "found": float(np.mean([np.isfinite(values).mean() for values in seen.values()]))}


def sweeps(gan: CatGAN, judge, seed: int, sampler: Sampler | None) -> dict[str, Any]:
    """One label moved through its range while the other labels of its kind stay at 0: what the judge reads.

    Args:
        sampler: of a rendered data set, whose scenes serve as truth; else None.

    Returns:
        Per label `asked` `(levels,)`, `faces` uint8 `(people, levels, side, side, 3)`, `measured` of the label itself
        `(people, levels)` where the judge reads it, and `all`, `(people, levels, columns of the judge)`; with
        `sampler` also `ceiling` and `true_all`, the same of the renderer's faces.
    """
    latents = samples.fixed_latents(PEOPLE, gan.network.latent_size, seed)
    absent = {number: 0.0 for number in gan.spec.action_units}
    settings: list[tuple[str, int | None, tuple[float, ...]]] = [
        (name, number, LEVELS) for name, number in zip(gan.spec.action_unit_columns, gan.spec.action_units)]
    if gan.spec.valence_arousal:
        settings += [(name, None, DIMENSION_LEVELS) for name in ("valence", "arousal")]
    result: dict[str, Any] = {}
    for name, number, levels in settings:
        conditions = np.concatenate([
            gan.condition(action_units={**absent, number: level}) if number is not None
            else gan.condition(valence=level * (name == "valence"), arousal=level * (name == "arousal"))
            for level in levels])
        faces = gan.draw(np.repeat(latents, len(levels), axis=0), np.tile(conditions, (PEOPLE, 1)))
        result[name] = {"asked": np.array(levels) * (gan.spec.maximum / 5.0 if number is not None else 1.0),
                        "faces": faces.reshape(PEOPLE, len(levels), *faces.shape[1:])}
    _read(judge, result, {name: sweep["faces"] for name, sweep in result.items()}, ("measured", "all"))
    if sampler is not None:
        truth = {name: _rendered(sampler, gan, number, levels) for name, number, levels in settings
                 if number in ACTION_UNITS}
        _read(judge, result, truth, ("ceiling", "true_all"))
    return result


def _read(judge, sweeps: dict[str, Any], faces: Mapping[str, np.ndarray], keys: tuple[str, str]) -> None:
    """Adds to every sweep what the judge reads, in one go: workers start once."""
    columns = judge.read(np.concatenate([part.reshape(-1, *part.shape[2:]) for part in faces.values()]))
    start = 0
    for name, part in faces.items():
        rows = slice(start, start + part.shape[0] * part.shape[1])
        start = rows.stop
        seen = seen_as(name, judge.columns)
        if seen:
            sweeps[name][keys[0]] = columns[seen][rows].reshape(part.shape[:2])
        sweeps[name][keys[1]] = np.stack([columns[column][rows] for column in judge.columns], -1).reshape(
            *part.shape[:2], -1)


def seen_as(name: str, columns: Sequence[str]) -> str | None:
    """The column in which a judge reads the label `name`: a presence may be judged by its intensity, or the other way
    round. None if it does not."""
    unit = name.removesuffix("_present")
    return next((column for column in (name, unit, f"{unit}_present") if column in columns), None)


def _rendered(sampler: Sampler, gan: CatGAN, number: int, levels: tuple[float, ...]) -> np.ndarray:
    """The renderer's own people, as their scenes are, with one Action Unit at each level."""
    scenes = [sampler.scene(index) for index in range(PEOPLE)]
    wanted = [replace(scene, action_units={number: level}, expression=None) for scene in scenes for level in levels]
    faces = Renderer(gan.network.image_size).render(wanted, gan.network.channels)[0]
    return faces.reshape(PEOPLE, len(levels), *faces.shape[1:])


def cross_talk(swept: Mapping[str, Mapping[str, Any]], judge, maximum: float) -> dict[str, Any]:
    """`metrics.control.cross_talk` of the Action Units of `sweeps`, on the columns that the judge reads. Where the
    renderer's own faces were read too, what belongs together in truth is taken off."""
    own = {name: seen_as(name, judge.columns) or name for name in swept if name.startswith("AU")}
    moved = {seen: maximum for seen in own.values()}
    measured = {name: SPANS.get(name, 1.0 if name.endswith("_present") else 5.0) for name in judge.columns}
    if not moved or not measured:
        raise CatganError("Cross-talk needs Action Units that are moved, and labels that the judge reads.")

    def matrix(key: str, expected: np.ndarray | None = None) -> dict[str, Any]:
        parts = [swept[name][key] for name in own]
        base = np.stack([np.repeat(part[:, :1], part.shape[1] - 1, 1).reshape(-1, len(measured)) for part in parts])
        changed = np.stack([part[:, 1:].reshape(-1, len(measured)) for part in parts])
        asked = np.stack([np.tile(swept[name]["asked"][1:], PEOPLE) for name in own])
        known = np.isfinite(base).all(-1) & np.isfinite(changed).all(-1)
        people = np.repeat(_people(), changed.shape[1] // PEOPLE).tolist()
        return measures.cross_talk(np.nan_to_num(base), np.nan_to_num(changed), asked, moved, measured, known, expected,
                                   people)

    if not all("true_all" in swept[name] for name in own):
        return matrix("all")
    truth = matrix("true_all")
    expected = np.array(truth["matrix"], np.float64)
    return {**matrix("all", np.nan_to_num(expected)), "renderer": truth["matrix"],
            "renderer_mean_absolute": truth["mean_absolute"]}


def drift(swept: Mapping[str, Mapping[str, Any]], identity: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
    """Identity drift of every sweep: see `metrics.control.drift`; `mean_ratio` is the mean over the labels, with a 95 %
    interval over people."""
    features = {}
    for name, sweep in swept.items():
        people, levels = sweep["faces"].shape[:2]
        faces = sweep["faces"].reshape(people * levels, *sweep["faces"].shape[2:])
        features[name] = identity(faces).reshape(people, levels, -1)

    def mean_ratio(rows) -> float:
        ratios = np.array([measures.drift(part[rows])["ratio"] for part in features.values()], np.float64)
        return float(np.nanmean(ratios)) if np.isfinite(ratios).any() else float("nan")

    everybody = mean_ratio(slice(None))
    known = np.isfinite(everybody)
    return {"labels": {name: measures.drift(part) for name, part in features.items()},
            "mean_ratio": everybody if known else None,
            "mean_ratio_interval": bootstrap.jackknife(mean_ratio, _people()) if known else None}


def _people() -> list[str]:
    return [str(person) for person in range(PEOPLE)]
