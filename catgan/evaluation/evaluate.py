"""Evaluates a model on one split of a data set: its predictions, and the faces that it generates."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from catgan import metrics, random_streams
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation import control, distances
from catgan.evaluation.encoders import Encoder
from catgan.evaluation.figures import Curve, calibration_plot, control_curves, cross_talk_map
from catgan.evaluation.judges import Judge
from catgan.evaluation.predictions import predict_labels
from catgan.labels import Labels
from catgan.metrics import calibration
from catgan.metrics.figures import Figures
from catgan.metrics.identity import Fisherfaces
from catgan.models.gan.model import CatGAN

IDENTITY_FACES = 20_000
"""Training faces that Fisherfaces are fitted to, at most."""
VERIFIED_FACES = 3000
"""Faces whose pairs are verified, at most."""

Features: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Faces uint8 `(n, side, side, 3)` -> `(n, d)`."""


def evaluate(gan: CatGAN, dataset: DualDataset, split: str = "test", judges: Sequence[Judge] = (), n: int = 2000,
             seed: random_streams.Seed = 0, figures_folder: Path | None = None, encoders: Sequence[Encoder] = (),
             identity: Encoder | None = None, verbose: bool = True) -> Figures:
    """Measures a model on one split of a data set.

    Args:
        gan: the model, with its thresholds and calibration.
        dataset: of aligned faces.
        split: `train`, `validation`, `test` or `all`.
        judges: see `catgan.evaluation.judges`. They measure the labels of generated faces (the first in `control`, the
            others in `other_judges`). Features of the first network among them give distances to real faces (`image`).
        n: faces of each kind that the judges read.
        seed: of the generated faces.
        figures_folder: folder for figures; none are drawn without.
        encoders: see `catgan.evaluation.encoders`; more features for distances.
        identity: a judge or an encoder whose features separate people, for the drift along sweeps. By default
            Fisherfaces of the training faces, where people have several.
        verbose: whether to show a progress bar.

    Returns:
        The result of `catgan evaluate`; `docs/training.md` explains its fields.

    Raises:
        CatganError: two judges of one name, which the result could not tell apart.
    """
    started, seed = time.perf_counter(), random_streams.seed_of(seed)
    names = [judge.name for judge in judges]
    if len(set(names)) < len(names):
        raise CatganError(f"Judges must differ in the names of their folders. Received: {', '.join(names)}.")
    truth, subjects = dataset.labels(split, gan.spec), dataset.subjects(split)
    predicted = predict_labels(gan, dataset.images(split, 3), verbose=verbose)
    result = metrics.evaluate_labels(truth, predicted, gan.thresholds, subjects=subjects,
                                     presences=dataset.presences(split, gan.spec))
    result["uncertainty"] = uncertainty(gan, truth, predicted, subjects)
    result |= {"image": {}, "image_intervals": {}, "control": {}, "other_judges": {}}
    if figures_folder is not None:
        _plot_calibration(figures_folder / "calibration.png", result["uncertainty"])
    if judges:
        result |= _control(gan, dataset, split, judges, n, seed, figures_folder, identity)
    networks = [*[judge for judge in judges if isinstance(judge, Encoder)][:1], *encoders]
    if networks:
        result |= distances.image_metrics(gan, dataset, networks, split, n, seed)
    return {**result, "n": len(truth), "split": split, "dataset": dataset.info["name"],
            "seconds": round(time.perf_counter() - started, 2)}


def _control(gan: CatGAN, dataset: DualDataset, split: str, judges: Sequence[Judge], n: int, seed: int,
             figures_folder: Path | None, identity: Encoder | None) -> Figures:
    """Computes `identity`, `control` and `other_judges` of the result."""
    name, features = ("fisherfaces", fisherfaces(dataset)) if identity is None else (identity.name, identity.features)
    asked = control.asked_faces(gan, dataset, split, n, seed)
    each = [_judged_control(gan, dataset, judge, asked, n, seed, None if place else figures_folder, features)
            for place, judge in enumerate(judges)]
    return {"identity": {"name": name, **(verified(features, dataset, split) if features else {})},
            "control": each[0], "other_judges": {judge.name: part for judge, part in zip(judges[1:], each[1:])}}


def _plot_calibration(path: Path, uncertain: Mapping[str, Figures]) -> None:
    calibration_plot(path, {name: entry["table"] for name, entry in uncertain.items()},
                     {name: entry["gaussian"] for name, entry in uncertain.items() if "gaussian" in entry})


def uncertainty(gan: CatGAN, truth: Labels, predicted: Mapping[str, np.ndarray],
                subjects: Sequence[str]) -> dict[str, Figures]:
    """Computes per label the figures of its predicted uncertainty.

    Of an intensity, of valence and of arousal: share of faces whose truth lies in the 90 % interval (`coverage`, with a
    95 % bootstrap interval over subjects), `table` the same for every level, and `gaussian` for central Gaussian
    intervals of the standard deviation, which is right on average even where errors are not Gaussian. Of a presence:
    expected calibration error and its reliability `table`.
    """
    result: dict[str, Figures] = {}
    for name in truth.spec.columns:
        values, mask = truth.column(name)
        if name.endswith("_present"):
            result[name] = {"ece": calibration.expected_calibration_error(predicted[name], values, mask),
                            "table": calibration.reliability(predicted[name], values, mask)}
        elif name in gan.calibration.quantiles:
            error = predicted[name] - values
            result[name] = {**_interval_coverage(gan, predicted, name, 0.9, values, mask, subjects),
                            "table": [{"nominal": level, "observed": found["coverage"], "count": found["n"]}
                                      for level in gan.calibration.levels
                                      for found in [_interval_coverage(gan, predicted, name, level, values, mask)]],
                            "gaussian": calibration.pit_table(error, predicted[f"{name}_std"], mask)}
    return result


def _interval_coverage(gan: CatGAN, predicted: Mapping[str, np.ndarray], name: str, level: float, values: np.ndarray,
                       mask: np.ndarray, subjects: Sequence[str] | None = None) -> Figures:
    bounds = gan.calibration.intervals(predicted, level, gan.spec)
    low, high = bounds[f"{name}_low"], bounds[f"{name}_high"]
    found = calibration.coverage(values - (low + high) / 2, (high - low) / 2 + 1e-6, subjects, mask)
    return {**found, "mean_width": float((high - low).mean())}


def _judged_control(gan: CatGAN, dataset: DualDataset, judge: Judge, asked: control.AskedFaces, n: int, seed: int,
                    figures_folder: Path | None, identity: Features | None = None) -> Figures:
    """Computes the part `control` of the result: per label its response, ceiling and cross-talk, and their means."""
    answers = control.responses(asked, judge)
    swept = control.sweeps(gan, judge, seed, dataset.sampler)
    crossed = control.cross_talk(swept, judge, gan.spec.maximum) if gan.spec.action_units else None
    result: Figures = {
        name: {**figures, "ceiling": answers["ceiling"][name],
               "cross_talk": (crossed or {"per_label": {}})["per_label"].get(name)}
        for name, figures in answers["response"].items()}
    result |= {name: value for name, value in answers.items() if name not in ("response", "ceiling")}
    result |= {"cross_talk": crossed, "judge": judge.name, "n": n}
    result["drift"] = control.drift(swept, identity) if identity else None
    if figures_folder is not None:
        control_curves(figures_folder / "control.png", {name: Curve(sweep["asked"], sweep["measured"],
                                                                    sweep.get("ceiling"))
                                                        for name, sweep in swept.items() if "measured" in sweep})
        if crossed:
            cross_talk_map(figures_folder / "cross_talk.png", crossed["matrix"], crossed["moved"], crossed["measured"])
    return result


def fisherfaces(dataset: DualDataset) -> Features | None:
    """Fits identity features to the training faces; None where too few people have several faces."""
    subjects = dataset.subjects("train")[:IDENTITY_FACES]
    try:
        return Fisherfaces.fit(dataset.images("train", 3)[:IDENTITY_FACES], subjects)
    except CatganError:
        return None


def verified(features: Features, dataset: DualDataset, split: str) -> Figures:
    """Computes `metrics.identity.verification` on up to `VERIFIED_FACES` faces of a split."""
    return metrics.identity.verification(features(dataset.images(split, 3)[:VERIFIED_FACES]),
                                         dataset.subjects(split)[:VERIFIED_FACES])


def choose_thresholds(gan: CatGAN, truth: Labels, predicted: Mapping[str, np.ndarray],
                      presences: Labels | None = None) -> dict[int, float]:
    """Chooses the threshold of best F1 per AU on validation faces; an AU that is never present keeps its default."""
    chosen = {}
    for number, column in zip(gan.spec.action_units, gan.spec.action_unit_columns):
        best = metrics.au.best_threshold(*metrics.presence_targets(truth, presences, number, predicted[column]))
        chosen[number] = gan.thresholds[number] if best is None else best
    return chosen


def score(result: Figures) -> float | None:
    """Computes the number that snapshots are compared by: the mean of mean F1, CCC of valence and CCC of arousal.

    None where none of them can be measured: no face knows the label, or it is the same on all faces.
    """
    parts = [result.get("action_units", {}).get("mean_f1")]
    parts += [result.get(name, {}).get("ccc") for name in ("valence", "arousal")]
    known = [part for part in parts if part is not None]
    return float(np.mean(known)) if known else None
