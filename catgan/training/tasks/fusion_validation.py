"""Measures networks on people during training, and writes their card."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.data.people.samples import PeopleSamples
from catgan.evaluation.people import own_heads
from catgan.evaluation.people_measures import PeopleTruth, measure
from catgan.explain.people import limits
from catgan.metrics.figures import Figures
from catgan.models.multimodal.architectures import FUSED
from catgan.models.multimodal.calibration import FusionCalibration, fit_scales, fit_temperature
from catgan.models.multimodal.model import FusionRecogniser
from catgan.training.cards import figure
from catgan.training.tasks.base import Validation


def validate_people(model: FusionRecogniser, samples: PeopleSamples) -> Validation:
    """Sets the calibration of a model, and measures it; the score is the macro-F1 of the fusion.

    Also chooses when explanations say "insufficient evidence" or a contradiction, see `catgan.explain.people.limits`.

    Args:
        model: the averaged networks.
        samples: people of the validation split.
    """
    truth = PeopleTruth.of(samples, model.classes, model.dimensions, model.categories)
    available = {name: samples.available[name] for name in model.modalities}
    features = model.features({name: samples.inputs[name] for name in available})
    model.calibration = fit_calibration(model, features, available, truth)
    result = measure(truth, model.fused(features, available), draws=0)
    alone = own_heads(model, features, available, truth, draws=0)
    figures = {"validation_macro_f1": result["macro_f1"], "validation_accuracy": result["accuracy"],
               "validation_ece": result["ece"], "validation_map": result.get("map"),
               **{f"validation_ccc_{name}": result[f"ccc_{name}"] for name in model.dimensions},
               **{f"validation_macro_f1_{name}": found["macro_f1"] for name, found in alone.items()},
               "score": result["macro_f1"]}
    details: Figures = {"people": len(set(samples.subjects)), "all": result, "own_heads": alone}
    if model.classes and (truth.labels >= 0).sum() >= limits.FEWEST:
        details[limits.KEY] = limits.choose_limits(model, features, available, truth.labels, samples.truth).to_dict()
    return Validation(figures, details)


def fusion_card(model: FusionRecogniser, name: str, details: Mapping) -> str:
    """Writes the card of a model on people, in Markdown.

    Args:
        model: the model.
        name: of the data set that it was trained on.
        details: of `validate_people`.
    """
    found, config = details["all"], model.config
    lines = [f"| all that is there | {figure(found, 'macro_f1')} | {figure(found, 'accuracy')} | "
             f"{found['n_labelled']} |\n"]
    lines += [f"| {module} alone | {figure(one, 'macro_f1')} | {figure(one, 'accuracy')} | {one['n_labelled']} |\n"
              for module, one in details["own_heads"].items()]
    affect = [f"- {dimension}: CCC {figure(found, f'ccc_{dimension}')}\n" for dimension in model.dimensions]
    affect += [f"- {len(model.categories)} categories: mAP {figure(found, 'map')}\n"] if model.categories else []
    return (f"# catgan preset on people\n\nTrained on the data set `{name}`; labels of that data set are only as good "
            f"as its sources: see its card.\n\nReads {', '.join(model.modalities)}; any of them may be missing. "
            f"Fusion: {config.fusion}{', with attention over the face' * config.attention}. Tells apart: "
            f"{', '.join(model.classes)}.\n\n## Validation split\n\n{details['people']} people.\n\n"
            f"| shown | macro-F1 | accuracy | n |\n|---|---|---|---|\n{''.join(lines)}\n"
            f"Calibration error {figure(found, 'ece')}.\n\n{''.join(affect)}\n"
            "## Use and misuse\n\nFor research on what a model reads in a person and in the surroundings. What is read "
            "here is not what a person feels, and must not be used to judge people. The place alone must not decide: "
            "see the figures of people whose place contradicts their emotion.\n")


def fit_calibration(model: FusionRecogniser, features: Mapping[str, np.ndarray], available: Mapping[str, np.ndarray],
                    truth: PeopleTruth) -> FusionCalibration:
    """Fits temperatures and scales of the fusion, and of each module on the people who have it."""
    model.calibration = FusionCalibration()
    parts = {FUSED: (model.fused(features, available), np.ones(len(truth.labels), bool))}
    parts |= {name: (outputs, available[name]) for name, outputs in model.alone(features).items()}
    return FusionCalibration(
        {part: fit_temperature(outputs.logits[rows], truth.labels[rows]) for part, (outputs, rows) in parts.items()},
        {part: fit_scales(outputs.affect[rows], outputs.affect_deviation[rows], truth.affect[rows])
         for part, (outputs, rows) in parts.items()} if model.dimensions else {})
