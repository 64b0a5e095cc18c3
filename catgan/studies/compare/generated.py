"""Measures the faces that generators draw, by a judge: control, and distances from real faces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.special import ndtri

from catgan import files, random_streams
from catgan.data.store import DualDataset
from catgan.evaluation import control, distances
from catgan.evaluation.judges import MEDIAPIPE, Judge, RunJudge, open_judge
from catgan.metrics import distribution
from catgan.metrics.figures import Figures, Interval
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import find_preset
from catgan.studies.compare.names import GENERATED
from catgan.studies.compare.options import CompareOptions
from catgan.studies.compare.runs import ComparedRun

SAMPLES = "samples.png"
"""Picture that the presets of trained generators hold; others hold a generator that learned nothing."""
VERSION = 1
"""Of the figures; a change makes kept ones anew."""


def draws_faces(run: ComparedRun) -> bool:
    """Tells whether a run has a generator that was trained."""
    return (run.preset / SAMPLES).is_file()


def check_judge(runs: Sequence[ComparedRun], dataset: DualDataset, options: CompareOptions) -> None:
    """Opens the judge for the first run with a generator, so that its errors come before any work."""
    for run in [run for run in runs if draws_faces(run) and options.judge is not None][:1]:
        open_judge(str(options.judge), dataset, run.folder)


def judged_figures(run: ComparedRun, dataset: DualDataset, split: str, options: CompareOptions) -> Figures:
    """Measures the faces that a run draws, or reads what was measured before.

    Args:
        run: with a trained generator.
        dataset: gives the labels that are asked for, and real faces that have them.
        split: `train`, `validation`, `test` or `all`.
        options: `judge` and `judged`.

    Returns:
        By name of `catgan.studies.compare.names.GENERATED` its `value` and 95 % `interval` over subjects; None where
        undefined. Distances need a judge that is a run.

    Raises:
        CatganError: the judge learned from the faces that the run learned from, or from those that are judged.
    """
    judge = open_judge(str(options.judge), dataset, run.folder)
    path = dataset.cache_path(f"{split}-generated-{_key(run, options)}.json")
    if path.is_file():
        found = _kept(path)
        if found is not None:
            return found
    gan = CatGAN.from_preset(run.preset)
    figures = _control(gan, dataset, judge, split, options)
    if isinstance(judge, RunJudge):
        figures |= _distances(gan, dataset, judge, split, options)
    files.write_json(path, figures)
    return figures


def _control(gan: CatGAN, dataset: DualDataset, judge: Judge, split: str, options: CompareOptions) -> Figures:
    asked = control.asked_faces(gan, dataset, split, options.judged, options.seed)
    answers = control.responses(asked, judge)
    figures = {"generated/pcc": _entry(answers, "mean_pcc_response"),
               "generated/slope": _entry(answers["ratio"], "slope")}
    if gan.spec.action_units:
        swept = control.sweeps(gan, judge, options.seed, dataset.sampler)
        figures["generated/cross_talk"] = _entry(control.cross_talk(swept, judge, gan.spec.maximum), "mean_absolute")
    return figures


def _distances(gan: CatGAN, dataset: DualDataset, judge: RunJudge, split: str, options: CompareOptions) -> Figures:
    """Takes the distances in the features of the judge from those of `catgan.evaluation.distances`."""
    found = distances.image_metrics(gan, dataset, [judge], split, options.judged, options.seed)
    n = min(options.judged, dataset.count(split))
    names = {name: distribution.identifier(name, judge.name, gan.network.image_size, n)
             for name in ("fd", "precision", "recall")}
    return {f"generated/{name}": {"value": found["image"][key], "interval": found["image_intervals"][key]}
            for name, key in names.items()}


def _entry(figures: Mapping, name: str) -> Figures:
    return {"value": figures[name], "interval": figures.get(f"{name}_interval")}


def _key(run: ComparedRun, options: CompareOptions) -> str:
    """Returns a hash of what the figures depend on: weights of run and judge, and the options."""
    digest = hashlib.sha256(f"{VERSION} {options.judged} {options.seed}".encode())
    folders = [run.preset] + ([] if options.judge == MEDIAPIPE else [find_preset(str(options.judge))])
    for folder in folders:
        weights = sorted([*folder.glob("*.weights.h5"), *folder.glob("*.safetensors")])
        for path in (*weights, folder / "config.json"):
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:24]


def _kept(path: Path) -> Figures | None:
    try:
        found: Figures = json.loads(path.read_text(encoding="utf-8"))
        return found if set(found) <= set(GENERATED) else None
    except (OSError, ValueError):
        return None


def drawn_figures(found: Figures, draws: int, seed: int, model: int) -> dict[str, np.ndarray]:
    """Turns figures with intervals into draws, `(1 + draws,)` by name: normal, of the width of the interval.

    Draws of two models are independent, though both were asked for the same labels, so that the interval of their
    difference is rather too wide; those of one model's seeds move together.

    Args:
        found: of `judged_figures`.
        draws, seed: as of the other figures.
        model: place of the model.
    """
    random = random_streams.generator("compared_generators", seed, model)
    result = {}
    for name, entry in found.items():
        places = ndtri((random.permutation(draws) + 0.5) / draws)
        if entry["value"] is not None and entry["interval"] is not None:
            result[name] = np.concatenate([[entry["value"]], entry["value"] + _error(entry["interval"]) * places])
    return result


def _error(interval: Interval) -> float:
    """Returns the standard error that a 95 % interval stands for."""
    return (interval[1] - interval[0]) / (2 * 1.959964)
