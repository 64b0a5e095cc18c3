"""How well a model predicts: label metrics on one split, with thresholds that were chosen on validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catgan import metrics
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation import control, distances
from catgan.evaluation.figures import calibration_plot, control_curves, cross_talk_map
from catgan.evaluation.reading import read_all
from catgan.labels import Labels
from catgan.metrics import calibration
from catgan.metrics.identity import Fisherfaces
from catgan.models.gan.model import CatGAN

IDENTITY_FACES, VERIFIED_FACES = 20_000, 3000

Features = Callable[[np.ndarray], np.ndarray]
"""Faces uint8 `(n, side, side, 3)` -> `(n, d)`."""


def evaluate(gan: CatGAN, dataset: DualDataset, split: str = "test", judges: Sequence[Any] = (), n: int = 2000,
             seed: int = 0, figures_folder: Path | None = None, encoders: Sequence[Any] = (),
             identity: Any = None) -> dict[str, Any]:
    """The result of `catgan evaluate`; see the design for its fields.

    Args:
        gan: the model, with its thresholds and calibration.
        dataset: a `DualDataset`.
        split: `train`, `validation`, `test` or `all`.
        judges: see `catgan.evaluation.judges`. They say whether the generator does what its labels say (the first in
            `control`, the others in `other_judges`); the first network among them how far generated faces are from
            real ones (`image`).
        encoders: see `catgan.evaluation.encoders`; they measure the distances too.
        identity: a judge or an encoder whose features tell people apart, for the drift along sweeps; without it
            Fisherfaces of the training faces serve, where people have several.
        n: faces that the judges see of each kind.
        seed: of the generated faces.
        figures_folder: where pictures go; none are drawn without.

    Raises:
        CatganError: two judges of one name, which the result could not tell apart.
    """
    started = time.perf_counter()
    names = [judge.name for judge in judges]
    if len(set(names)) < len(names):
        raise CatganError(f"Judges must differ in the names of their folders. Received: {', '.join(names)}.")
    truth, subjects = dataset.labels(split, gan.spec), dataset.subjects(split)
    predicted = read_all(gan, dataset.images(split, 3))
    result = metrics.evaluate_labels(truth, predicted, gan.thresholds, subjects=subjects,
                                     presences=dataset.presences(split, gan.spec))
    result["uncertainty"] = uncertainty(gan, truth, predicted, subjects)
    result |= {"image": {}, "image_intervals": {}, "control": {}, "other_judges": {}}
    if figures_folder is not None:
        calibration_plot(figures_folder / "calibration.png",
                         {name: entry["table"] for name, entry in result["uncertainty"].items()},
                         {name: entry["gaussian"] for name, entry in result["uncertainty"].items()
                          if "gaussian" in entry})
    if judges:
        name, features = ("fisherfaces", fisherfaces(dataset)) if identity is None else (identity.name,
                                                                                         identity.features)
        result["identity"] = {"name": name, **(verified(features, dataset, split) if features else {})}
        result["control"] = judged_control(gan, dataset, judges[0], split, n, seed, figures_folder, features)
        result["other_judges"] = {judge.name: judged_control(gan, dataset, judge, split, n, seed, None, features)
                                  for judge in judges[1:]}
    networks = [judge for judge in judges if hasattr(judge, "features")][:1] + list(encoders)
    if networks:
        result |= distances.image_metrics(gan, dataset, networks, split, n, seed)
    return {**result, "n": len(truth), "split": split, "dataset": dataset.info["name"],
            "seconds": round(time.perf_counter() - started, 2)}


def uncertainty(gan: CatGAN, truth: Labels, predicted: Mapping[str, np.ndarray],
                subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Per label what the figure shows, and one number.

    Of an intensity, of valence and of arousal: share of faces whose truth lies in the 90 % interval (`coverage`, with a
    95 % bootstrap interval over subjects), `table` the same for every level, and `gaussian` for central Gaussian
    intervals of the standard deviation, which is right on average even where errors are not Gaussian. Of a presence:
    expected calibration error and its reliability `table`.
    """
    result: dict[str, dict[str, Any]] = {}
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
                       mask: np.ndarray, subjects: Sequence[str] | None = None) -> dict[str, Any]:
    bounds = gan.calibration.intervals(predicted, level, gan.spec)
    low, high = bounds[f"{name}_low"], bounds[f"{name}_high"]
    found = calibration.coverage(values - (low + high) / 2, (high - low) / 2 + 1e-6, subjects, mask)
    return {**found, "mean_width": float((high - low).mean())}


def judged_control(gan: CatGAN, dataset: DualDataset, judge, split: str, n: int, seed: int,
                   figures_folder: Path | None, identity: Features | None = None) -> dict[str, Any]:
    """The part `control` of the result: per label its response, ceiling and cross-talk, and their means."""
    answers = control.responses(gan, dataset, judge, split, n, seed)
    swept = control.sweeps(gan, judge, seed, dataset.sampler)
    crossed = control.cross_talk(swept, judge, gan.spec.maximum) if gan.spec.action_units else None
    result: dict[str, Any] = {
        name: {**figures, "ceiling": answers["ceiling"][name],
               "cross_talk": (crossed or {"per_label": {}})["per_label"].get(name)}
        for name, figures in answers["response"].items()}
    result |= {name: value for name, value in answers.items() if name not in ("response", "ceiling")}
    result |= {"cross_talk": crossed, "judge": judge.name, "n": n}
    result["drift"] = control.drift(swept, identity) if identity else None
    if figures_folder is not None:
        control_curves(figures_folder / "control.png", {
            name: {key: sweep[key] for key in ("asked", "measured", "ceiling") if key in sweep}
            for name, sweep in swept.items() if "measured" in sweep})
        if crossed:
            cross_talk_map(figures_folder / "cross_talk.png", crossed["matrix"], crossed["moved"], crossed["measured"])
    return result


def fisherfaces(dataset: DualDataset) -> Features | None:
    """Identity features of the training faces; None where the data set does not say who is who often enough."""
    subjects = dataset.subjects("train")[:IDENTITY_FACES]
    try:
        return Fisherfaces.fit(dataset.images("train", 3)[:IDENTITY_FACES], subjects)
    except CatganError:
        return None


def verified(features: Features, dataset: DualDataset, split: str) -> dict[str, Any]:
    """`metrics.identity.verification` on up to `VERIFIED_FACES` faces of a split."""
    return metrics.identity.verification(features(dataset.images(split, 3)[:VERIFIED_FACES]),
                                         dataset.subjects(split)[:VERIFIED_FACES])


def choose_thresholds(gan: CatGAN, truth: Labels, predicted: dict[str, np.ndarray],
                      presences: Labels | None = None) -> dict[int, float]:
    """The threshold of best F1 per AU on validation faces; what cannot be chosen keeps its default."""
    chosen = {}
    for number, column in zip(gan.spec.action_units, gan.spec.action_unit_columns):
        best = metrics.au.best_threshold(*metrics.presence_targets(truth, presences, number, predicted[column]))
        chosen[number] = gan.thresholds[number] if best is None else best
    return chosen


def score(result: dict[str, Any]) -> float | None:
    """Gives one number to choose the best snapshot by: the mean of mean F1, CCC of valence and CCC of arousal.

    None where none of them can be measured: no face knows the label, or it is the same on all faces.
    """
    parts = [result.get("action_units", {}).get("mean_f1")]
    parts += [result.get(name, {}).get("ccc") for name in ("valence", "arousal")]
    known = [part for part in parts if part is not None]
    return float(np.mean(known)) if known else None
