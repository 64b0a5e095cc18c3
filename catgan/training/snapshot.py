"""A look at a training from outside: sample sheets, validation, and the presets `last/` and `best/`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from catgan import facs, files, metrics
from catgan.conditions import Condition
from catgan.data.store import DualDataset
from catgan.evaluation import editing, samples
from catgan.evaluation.evaluate import choose_thresholds, score, verified
from catgan.evaluation.reading import read_all
from catgan.faces.images import write_image
from catgan.labels import Labels
from catgan.models.calibration import Calibration, calibrate
from catgan.models.gan.density import learn_density
from catgan.models.gan.model import CatGAN
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment
from catgan.training.tasks.editing_inputs import pairs_of

REFERENCE_FACES, SHOWN_PEOPLE = 256, 8
CHOICE_FACES = 5000
"""The most faces that a snapshot is measured on."""
ENOUGH = 100
"""Faces whose label is known, from which a calibration learns from its own data set alone."""
COLLAPSED = 0.3
"""Generated faces that differ from each other less than this, relative to real faces, have collapsed."""


def write(folder: Path, gan: CatGAN, datasets: Datasets, experiment: Experiment,
          log: Callable[[str], None]) -> dict[str, float]:
    """Writes sample sheets, `last/`, and `best/` when the validation score is the best yet.

    Args:
        folder: the run.
        gan: the averaged networks; gets thresholds, calibration and the critic's reference.
        datasets: the validation split of its own one is used, never its test split (a judge that was trained on the
            validation split is measured on training faces), and for the calibration that of both.
        experiment: what is trained.
        log: takes a line if the generator has collapsed.

    Returns:
        Figures for `stats.jsonl`: `score`, where it can be measured, what it is made of, and `diversity`.
    """
    dataset, split = datasets.own, "validation" if experiment.split == "train" else "train"
    if experiment.training.identity:
        result = verified(gan.features, dataset, split)
        figures: dict[str, Any] = {"score": result["auc"] or 0.0, "verification_auc": result["auc"]}
        return _presets(folder, gan, figures, {"split": split, "verification": result},
                        identity_card(gan, dataset, result))

    # === Readings, calibration, thresholds ===
    gan.calibration = calibration_of(gan, datasets, split)
    if not experiment.training.supervised:  # else the faces that its generator learned from, if it has one
        gan.density = learn_density(_known(gan, datasets, experiment.split, experiment.labels.predicted))
    images, truth = dataset.images(split, 3)[:CHOICE_FACES], dataset.labels(split, gan.spec)[:CHOICE_FACES]
    presences = dataset.presences(split, gan.spec)
    presences = presences and presences[:CHOICE_FACES]
    predicted = read_all(gan, images)
    gan.thresholds = choose_thresholds(gan, truth, predicted, presences)
    result = metrics.evaluate_labels(truth, predicted, gan.thresholds, presences=presences)
    figures = {"score": score(result)}
    for name, key in (("validation_f1", "mean_f1"), ("validation_icc", "mean_icc")):
        figures[name] = result.get("action_units", {}).get(key)
    for name in ("valence", "arousal"):
        figures[f"validation_ccc_{name}"] = result.get(name, {}).get("ccc")

    # === Edited and generated faces ===
    swept, titles = None, list[str]()
    if gan.editor is not None:
        figures |= editing.validate(gan, pairs_of(datasets, gan, split), seed=experiment.training.seed)
        figures["score"] = figures.get("explained_change", figures.get("explained_change_va", 0.0))
        write_image(folder / "samples" / "edits.png", editing.edit_sheet(gan, images[:SHOWN_PEOPLE])[0])
    if experiment.training.critic_weight or not experiment.training.supervised:
        swept, titles = samples.sweep(gan, seed=experiment.training.seed)
        write_image(folder / "samples" / "free.png", samples.free_samples(gan, seed=experiment.training.seed))
        write_image(folder / "samples" / "sweep.png", swept)
        figures |= _generated(gan, images, truth, experiment.training.seed)
        if figures["diversity"] < COLLAPSED:
            log(f"Collapse: generated faces differ {figures['diversity']:.2f} times as much as real ones (below "
                f"{COLLAPSED}). Raise training.gamma, lower training.learning_rate, or go back to an earlier snapshot.")

    return _presets(folder, gan, figures, {"split": split, **result}, card(gan, dataset, result, titles), swept)


def _presets(folder: Path, gan: CatGAN, figures: dict[str, Any], result: dict[str, Any], text: str,
             swept: np.ndarray | None = None) -> dict[str, float]:
    """Writes `last/`, and `best/` when `figures["score"]` is the best yet or none was measured; returns the figures
    that are defined."""
    figures = {name: round(value, 6) for name, value in figures.items() if value is not None}
    previous = _best_score(folder)
    better = previous is None or figures.get("score", previous) > previous
    for preset in ("last",) + (("best",) if better else ()):
        gan.save(folder / preset)
        files.write_json(folder / preset / "metrics.json", {**figures, **result})
        files.write_text(folder / preset / "card.md", text)
        if swept is not None:
            write_image(folder / preset / "samples.png", swept)
    return figures


def calibration_of(gan: CatGAN, datasets: Datasets, split: str) -> Calibration:
    """What makes the uncertainties of a model right on up to `CHOICE_FACES` faces of its own data set, and, for labels
    that `ENOUGH` of those do not know, on those of the one beside: drawn faces are easier to read than photographs."""
    gan.calibration = Calibration()
    images = np.concatenate([dataset.images(split, 3)[:CHOICE_FACES] for dataset in datasets.all])
    truth, own = _known(gan, datasets, split), min(datasets.own.count(split), CHOICE_FACES)
    truth.mask[own:, truth.mask[:own].sum(0) >= ENOUGH] = 0
    return calibrate(read_all(gan, images), truth)


def _known(gan: CatGAN, datasets: Datasets, split: str, predicted: bool = False) -> Labels:
    """Labels of up to `CHOICE_FACES` faces of each data set."""
    known = [dataset.labels(split, gan.spec, predicted and "completed" in dataset.info)[:CHOICE_FACES]
             for dataset in datasets.all]
    return Labels(gan.spec, *(np.concatenate([getattr(part, name) for part in known]) for name in ("values", "mask")))


def _generated(gan: CatGAN, images: np.ndarray, truth: Labels, seed: int) -> dict[str, float]:
    """Diversity of faces with the labels of real ones, relative to these, and of faces of one label and many latents;
    sets the critic's reference."""
    conditions = Condition.of(truth[:REFERENCE_FACES]).encode()
    latents = samples.fixed_latents(len(conditions), gan.network.latent_size, seed)
    generated = gan.draw(latents, conditions)
    free = gan.draw(latents, np.repeat(gan.condition(), len(conditions), axis=0))
    gan.critic_reference = gan.critic_reference + _logit_mean(gan.read(free)["realness"])
    real = spread(gan.features(images[:REFERENCE_FACES]))
    alike = gan.draw(latents, np.repeat(conditions[:1], len(conditions), axis=0))
    return {"diversity": spread(gan.features(generated)) / real, "diversity_alike": spread(gan.features(alike)) / real}


def spread(features: np.ndarray) -> float:
    """Mean squared distance between two rows of `(n, d)`: twice the summed variance. 0 when all are alike."""
    return float(max(2.0 * features.astype(np.float64).var(axis=0).sum(), 1e-12))


def card(gan: CatGAN, dataset: DualDataset, result: dict[str, Any], titles: list[str]) -> str:
    """The model card of a preset."""
    rows = "".join(f"| {name} | {_figure(figures, 'f1')} | {_figure(figures, 'auc')} | {figures['n']} |\n"
                   for name, figures in result.get("action_units", {}).items() if isinstance(figures, dict))
    dimensions = "".join(f"- {name}: CCC {_figure(result[name], 'ccc')}, RMSE {_figure(result[name], 'rmse')} "
                         f"(n = {result[name]['n']})\n" for name in ("valence", "arousal") if result.get(name))
    names = ", ".join(f"{facs.au_name(number)} {facs.action_unit(number).name}" for number in gan.spec.action_units)
    return (f"# catgan preset\n\nTrained on the data set `{dataset.info['name']}`; labels of that data set are only as "
            "good as its sources: see its card.\n\n"
            f"Faces of {gan.network.image_size} px, {gan.network.channels} channel(s). Action Units: {names or 'none'} "
            f"({gan.spec.scale}).\n\n## Validation split\n\n{dimensions}\n"
            + (f"| Action Unit | F1 | AUC | n |\n|---|---|---|---|\n{rows}\n" if rows else "")
            + (f"![samples](samples.png)\n\nColumns: {', '.join(titles)}.\n\n" if titles else "")
            + "## Use and misuse\n\nFor research on what a model reads in a face. An Action Unit or a valence read "
            "here is not what a person feels, and must not be used to judge people. Generated faces are synthetic.\n")


def identity_card(gan: CatGAN, dataset: DualDataset, result: dict[str, Any]) -> str:
    """The model card of a preset that tells people apart."""
    return (f"# catgan preset: who it is\n\nIts features tell people of the data set `{dataset.info['name']}` apart, "
            f"whatever they express, on faces of {gan.network.image_size} px: the judge of whether an edited face is "
            "still the same person. Its label heads and its generator learned nothing.\n\n## Validation split\n\n"
            f"Verification AUC {_figure(result, 'auc')}; cosine similarity {_figure(result, 'same')} between faces of "
            f"one person, {_figure(result, 'others')} between different people, 95 % of whom stay below "
            f"{_figure(result, 'others_95')}.\n\n## Use and misuse\n\nFor measuring what an edit keeps. Not for "
            "recognising anybody: it was made on too few faces, and people did not agree to that.\n")


def _figure(figures: dict[str, Any], name: str) -> str:
    return "undefined" if figures.get(name) is None else f"{figures[name]:.3f}"


def _best_score(folder: Path) -> float | None:
    path = folder / "best" / "metrics.json"
    return json.loads(path.read_text(encoding="utf-8")).get("score") if path.is_file() else None


def _logit_mean(probability: np.ndarray) -> float:
    clipped = np.clip(probability, 1e-12, 1 - 1e-12)
    return float(np.mean(np.log(clipped / (1 - clipped))))
