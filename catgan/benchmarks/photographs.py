"""Quality of an editor on photographs, whose true changed faces are unknown: by judges alone."""

from __future__ import annotations

import numpy as np

from catgan import facs, random_streams
from catgan.conditions import DIMENSIONS, Condition
from catgan.benchmarks.editing import NO_EDITOR
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation.evaluate import Features
from catgan.evaluation.judges import Judge
from catgan.metrics import bootstrap, identity
from catgan.metrics.figures import Figures
from catgan.metrics.image import sharpness
from catgan.metrics.moments import Moments
from catgan.models.gan.changes import Changes, encode_change
from catgan.models.gan.model import CatGAN

MAX_DIMENSION_CHANGE = 0.4
"""Largest change of valence and arousal."""


def benchmark_photographs(gan: CatGAN, dataset: DualDataset, judge: Judge, features: Features | None,
                          n: int = 500, seed: random_streams.Seed = 0, split: str = "test") -> Figures:
    """Measures the edits of photographs.

    Args:
        gan: with an editor that takes Action Units.
        dataset: of photographs.
        judge: reads the faces, see `catgan.evaluation.judges`.
        features: identity features; None: identity is not measured.
        n: the most faces; each gets every Action Unit set to an intensity of its own, where that does not bring it
            together with one that no face shows beside it, see `catgan.models.gan.density`.
        seed: of the faces and the intensities.
        split: of the data set.

    Returns:
        `moves_pcc`: correlation of measured with asked change, mean over the Action Units that the judge reads, and per
        unit in `action_units`, with the `n` of faces asked; `slope`, of measured on asked change, the same;
        `identity`, mean cosine similarity to the face before, `identity_others_95`, what 95 % of pairs of different
        people stay below, and `identity_kept`, the share of edits above that; `sharpness`, the median of each edited
        face's over its own before; `dimension_error`, mean difference between asked and read change of valence and
        arousal. With 95 % intervals.

    Raises:
        CatganError: no editor, no Action Units that the judge reads.
    """
    if gan.editor is None or not gan.spec.action_units:
        raise CatganError(NO_EDITOR)
    random = random_streams.generator("edited_photographs", random_streams.seed_of(seed))
    rows = np.sort(random.permutation(dataset.count(split))[:n])
    faces, people = dataset.images(split, 3)[rows], np.array(dataset.subjects(split))[rows].tolist()
    columns = {name.removesuffix("_present"): name for name in judge.columns}
    names = [facs.au_name(number) for number in gan.spec.action_units if facs.au_name(number) in columns]
    if not names:
        raise CatganError(f"{judge.name} reads none of this model's Action Units. Give another --judge.")

    # === Every Action Unit of every face, to an intensity at random ===
    read = gan.read(faces)
    asked, drawn = {}, {}
    for name in names:
        change = np.concatenate([
            encode_change(Changes(to={name: level}), {key: values[place:place + 1] for key, values in read.items()},
                          gan.spec).change for place, level in enumerate(random.uniform(0.0, 5.0, len(faces)))])
        asked[name] = np.where(_shown_by_faces(gan, read, change), 5.0 * change[:, _place(gan, name)], np.nan)
        drawn[name] = gan.apply_change(faces, change).images
    seen = judge.read(np.concatenate([faces, *drawn.values()]))
    result: Figures = {"n": len(faces), "split": split, "dataset": dataset.info["name"], "judge": judge.name}
    result |= moves(names, columns, asked, seen, people)
    if features is not None:
        result |= _kept(features, faces, drawn, people)
    ratios = np.concatenate([sharpness(part) / np.maximum(sharpness(faces), 1e-6) for part in drawn.values()])
    everybody = people * len(names)
    result |= {"sharpness": float(np.median(ratios)), "sharpness_interval": bootstrap.interval(
        lambda picked: float(np.median(ratios[picked])), everybody)}
    if gan.spec.valence_arousal:
        result |= _dimensions(gan, faces, read, random, people)
    return result


def _place(gan: CatGAN, name: str) -> int:
    return gan.spec.action_units.index(int(name[2:]))


def _shown_by_faces(gan: CatGAN, read: dict[str, np.ndarray], change: np.ndarray) -> np.ndarray:
    """Tells whether changes `(n, 2 * width)` keep exclusive Action Units apart, `(n,)`."""
    now = np.stack([read[name] for name in gan.spec.action_unit_columns], axis=1) * (5.0 / gan.spec.maximum)
    after = now + 5.0 * change[:, :now.shape[1]]
    return np.ones(len(now), bool) if gan.density is None else ~gan.density.violates_exclusion(after, now)


def moves(names: list[str], columns: dict[str, str], asked: dict[str, np.ndarray], seen: dict[str, np.ndarray],
          people: list[str]) -> Figures:
    """Computes correlation and slope of measured on asked change, see `benchmark_photographs`.

    Args:
        names: Action Units; columns: what the judge calls each.
        asked: changes in levels `(n,)`; NaN: not asked of this face.
        seen: the judge's readings of all faces before, and then after each Action Unit's change, by column.
        people: who the faces are.
    """
    count = len(people)
    scale = {name: 5.0 if columns[name].endswith("_present") else 1.0 for name in names}
    change = {name: scale[name] * (seen[columns[name]][count * (place + 1):count * (place + 2)]
                                   - seen[columns[name]][:count]) for place, name in enumerate(names)}

    def figures(name: str, picked: np.ndarray | slice) -> tuple[float | None, float | None]:
        measured = change[name][picked]
        known = np.isfinite(measured) & np.isfinite(asked[name][picked])
        moments = Moments.of(np.nan_to_num(asked[name][picked]), np.nan_to_num(measured), known)
        return moments.pcc, moments.xy / moments.xx if moments.xx > 0 else None

    def mean(which: int, picked: np.ndarray | slice) -> float | None:
        known = [value for value in (figures(name, picked)[which] for name in names) if value is not None]
        return float(np.mean(known)) if known else None

    units = {name: {"n": int(np.isfinite(asked[name]).sum()),
                    **dict(zip(("pcc", "slope"), figures(name, slice(None))))} for name in names}
    found = np.isfinite(np.stack([part for part in change.values()]))
    return {"moves_pcc": mean(0, slice(None)),
            "moves_pcc_interval": bootstrap.interval(lambda rows: mean(0, rows), people),
            "slope": mean(1, slice(None)), "slope_interval": bootstrap.interval(lambda rows: mean(1, rows), people),
            "found": float(found.mean()), "action_units": units}


def _kept(features: Features, faces: np.ndarray, drawn: dict[str, np.ndarray],
          people: list[str]) -> Figures:
    before = features(faces)
    others = identity.verification(before, people)
    before = before / np.maximum(np.linalg.norm(before, axis=1, keepdims=True), 1e-12)
    alike = []
    for part in drawn.values():
        after = features(part)
        alike.append((before * after).sum(1) / np.maximum(np.linalg.norm(after, axis=1), 1e-12))
    each = np.concatenate(alike)
    result = {"identity": float(each.mean()), "identity_interval": bootstrap.interval(
        lambda picked: float(each[picked].mean()), people * len(drawn)), "identity_others_95": others["others_95"],
        "verification_auc": others["auc"]}
    if others["others_95"] is not None:
        result["identity_kept"] = float((each > others["others_95"]).mean())
    return result


def _dimensions(gan: CatGAN, faces: np.ndarray, read: dict[str, np.ndarray], random: np.random.Generator,
                people: list[str]) -> Figures:
    errors = []
    for name in DIMENSIONS:
        change_by = random.uniform(-MAX_DIMENSION_CHANGE, MAX_DIMENSION_CHANGE, len(faces))
        wanted = np.clip(read[name] + change_by, -1.0, 1.0)
        change = Condition.change(gan.spec, {name: wanted - read[name]}).encode()
        errors.append(np.abs(gan.read(gan.apply_change(faces, change).images)[name] - wanted))
    each = np.concatenate(errors)
    return {"dimension_error": float(each.mean()), "dimension_error_interval": bootstrap.interval(
        lambda picked: float(each[picked].mean()), people * len(DIMENSIONS))}
