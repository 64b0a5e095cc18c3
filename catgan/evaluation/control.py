"""Control of a generator: a judge reads generated faces, and real faces whose labels are known, which show what the
judge is able to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation import samples
from catgan.evaluation.judges import Judge
from catgan.labels import Labels
from catgan.metrics import bootstrap
from catgan.metrics import control as measures
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

PEOPLE = 40
"""Latents of a sweep."""
LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
"""Intensities of an Action Unit in a sweep."""
DIMENSION_LEVELS = (-0.8, -0.4, 0.0, 0.4, 0.8)
"""Values of valence and arousal in a sweep."""
SPANS = {"valence": 2.0, "arousal": 2.0}
"""Width of the range of a label, where it is not that of an Action Unit."""


class Sweep(TypedDict, total=False):
    """One label moved through its range; see `sweeps`."""

    asked: np.ndarray
    faces: np.ndarray
    measured: np.ndarray
    all: np.ndarray
    ceiling: np.ndarray
    true_all: np.ndarray


@dataclass(frozen=True)
class AskedFaces:
    """Real faces, and generated faces that were asked to have their labels.

    Args:
        labels: of the real faces.
        subjects: of the real faces, `(n,)`.
        real, generated: uint8 `(n, side, side, 3)`.
    """

    labels: Labels
    subjects: np.ndarray
    real: np.ndarray
    generated: np.ndarray


def asked_faces(gan: CatGAN, dataset: DualDataset, split: str, n: int, seed: int) -> AskedFaces:
    """Generates faces with the labels of `n` faces of a split."""
    labels = dataset.labels(split, gan.spec)
    random = random_streams.generator("control_faces", seed)
    rows = np.sort(random.permutation(len(labels))[:n])
    latents = random.standard_normal((len(rows), gan.network.latent_size)).astype(np.float32)
    return AskedFaces(labels[rows], np.asarray(dataset.subjects(split))[rows], dataset.images(split, 3)[rows],
                      gan.draw(latents, Condition.of(labels[rows]).encode()))


def responses(asked: AskedFaces, judge: Judge) -> Figures:
    """Compares what a judge reads from generated and from real faces with the labels that were asked for.

    Returns:
        That of `metrics.control.beside_ceiling`, for the labels that the judge reads, and `found`, the share of
        generated faces that it could read. Intervals are over subjects.
    """
    names = {name: seen for name in asked.labels.spec.columns for seen in [seen_as(name, judge.columns)] if seen}
    wanted = {seen: np.where(known, values, np.nan) for name, seen in names.items()
              for values, known in [asked.labels.column(name)]}
    seen, real = judge.read(asked.generated), judge.read(asked.real)
    return {**measures.beside_ceiling(wanted, seen, real, asked.subjects.tolist()),
            "found": float(np.mean([np.isfinite(values).mean() for values in seen.values()]))}


def sweeps(gan: CatGAN, judge: Judge, seed: int, sampler: Sampler | None) -> dict[str, Sweep]:
    """Generates faces in which one label moves through its range while the others of its kind stay at 0, and reads
    them.

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
    result: dict[str, Sweep] = {}
    for name, number, levels in settings:
        conditions = np.concatenate([
            gan.condition(action_units={**absent, number: level}) if number is not None
            else gan.condition(valence=level * (name == "valence"), arousal=level * (name == "arousal"))
            for level in levels])
        faces = gan.draw(np.repeat(latents, len(levels), axis=0), np.tile(conditions, (PEOPLE, 1)))
        result[name] = {"asked": np.array(levels) * (gan.spec.maximum / 5.0 if number is not None else 1.0),
                        "faces": faces.reshape(PEOPLE, len(levels), *faces.shape[1:])}
    for name, (own, everything) in _read(judge, {name: sweep["faces"] for name, sweep in result.items()}).items():
        result[name]["all"] = everything
        if own is not None:
            result[name]["measured"] = own
    truth = {} if sampler is None else {name: _rendered(sampler, gan, number, levels)
                                        for name, number, levels in settings if number in ACTION_UNITS}
    for name, (own, everything) in _read(judge, truth).items() if truth else ():
        result[name]["true_all"] = everything
        if own is not None:
            result[name]["ceiling"] = own
    return result


def _read(judge: Judge, faces: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray | None, np.ndarray]]:
    """Reads the faces of all sweeps at once, since a judge may start workers.

    Args:
        judge: reads.
        faces: per label uint8 `(people, levels, side, side, 3)`.

    Returns:
        Per label its own readings `(people, levels)`, None where the judge does not read it, and the readings of all
        columns `(people, levels, columns)`.
    """
    columns = judge.read(np.concatenate([part.reshape(-1, *part.shape[2:]) for part in faces.values()]))
    start, result = 0, dict[str, tuple[np.ndarray | None, np.ndarray]]()
    for name, part in faces.items():
        rows, shape = slice(start, start + part.shape[0] * part.shape[1]), part.shape[:2]
        start, seen = rows.stop, seen_as(name, judge.columns)
        everything = np.stack([columns[column][rows] for column in judge.columns], -1)
        result[name] = (columns[seen][rows].reshape(shape) if seen else None, everything.reshape(*shape, -1))
    return result


def seen_as(name: str, columns: Sequence[str]) -> str | None:
    """Finds the column in which a judge reads the label `name`; a presence may be read as an intensity and vice versa.
    Returns None where there is none."""
    unit = name.removesuffix("_present")
    return next((column for column in (name, unit, f"{unit}_present") if column in columns), None)


def _rendered(sampler: Sampler, gan: CatGAN, number: int, levels: tuple[float, ...]) -> np.ndarray:
    """Renders people of the data set, with one Action Unit at each level."""
    scenes = [sampler.scene(index) for index in range(PEOPLE)]
    wanted = [replace(scene, action_units={number: level}, expression=None) for scene in scenes for level in levels]
    faces = Renderer(gan.network.image_size).render(wanted, gan.network.channels)[0]
    return faces.reshape(PEOPLE, len(levels), *faces.shape[1:])


def cross_talk(swept: Mapping[str, Sweep], judge: Judge, maximum: float) -> Figures:
    """Computes `metrics.control.cross_talk` of the Action Units of `sweeps`, on the columns that the judge reads. Where
    rendered faces were read too, the changes that follow in truth are subtracted."""
    own = {name: seen_as(name, judge.columns) or name for name in swept if name.startswith("AU")}
    moved = {seen: maximum for seen in own.values()}
    measured = {name: SPANS.get(name, 1.0 if name.endswith("_present") else 5.0) for name in judge.columns}
    if not moved or not measured:
        raise CatganError("Cross-talk needs Action Units that are moved, and labels that the judge reads.")

    def matrix(parts: list[np.ndarray], expected: np.ndarray | None = None) -> Figures:
        base = np.stack([np.repeat(part[:, :1], part.shape[1] - 1, 1).reshape(-1, len(measured)) for part in parts])
        changed = np.stack([part[:, 1:].reshape(-1, len(measured)) for part in parts])
        asked = np.stack([np.tile(swept[name]["asked"][1:], PEOPLE) for name in own])
        known = np.isfinite(base).all(-1) & np.isfinite(changed).all(-1)
        people = np.repeat(_people(), changed.shape[1] // PEOPLE).tolist()
        return measures.cross_talk(np.nan_to_num(base), np.nan_to_num(changed), asked, moved, measured, known, expected,
                                   people)

    generated = [swept[name]["all"] for name in own]
    if not all("true_all" in swept[name] for name in own):
        return matrix(generated)
    truth = matrix([swept[name]["true_all"] for name in own])
    expected = np.array(truth["matrix"], np.float64)
    return {**matrix(generated, np.nan_to_num(expected)), "renderer": truth["matrix"],
            "renderer_mean_absolute": truth["mean_absolute"]}


def drift(swept: Mapping[str, Sweep], identity: Callable[[np.ndarray], np.ndarray]) -> Figures:
    """Computes `metrics.control.drift` of every sweep; `mean_ratio` is the mean over the labels, with a 95 % interval
    over people."""
    features = {}
    for name, sweep in swept.items():
        people, levels = sweep["faces"].shape[:2]
        faces = sweep["faces"].reshape(people * levels, *sweep["faces"].shape[2:])
        features[name] = identity(faces).reshape(people, levels, -1)

    def mean_ratio(rows: np.ndarray | slice) -> float:
        ratios = np.array([measures.drift(part[rows])["ratio"] for part in features.values()], np.float64)
        return float(np.nanmean(ratios)) if np.isfinite(ratios).any() else float("nan")

    everybody = mean_ratio(slice(None))
    known = np.isfinite(everybody)
    return {"labels": {name: measures.drift(part) for name, part in features.items()},
            "mean_ratio": everybody if known else None,
            "mean_ratio_interval": bootstrap.jackknife(mean_ratio, _people()) if known else None}


def _people() -> list[str]:
    return [str(person) for person in range(PEOPLE)]
