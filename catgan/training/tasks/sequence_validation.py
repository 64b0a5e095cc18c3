"""Measures a clip recogniser during training, and writes its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from catgan import facs, metrics
from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.evaluation.clips import model_options, predict_clips, split_features
from catgan.evaluation.evaluate import choose_thresholds
from catgan.metrics.sequences import is_answered
from catgan.models.calibration import Calibration, calibrate
from catgan.models.sequence.model import ClipRecogniser
from catgan.training.cards import figure
from catgan.training.tasks.base import Validation


def validate_clips(model: ClipRecogniser, dataset: DualDataset, split: str, clips: ClipOptions,
                   features: np.ndarray | None = None) -> Validation:
    """Measures a model on the frames of a split, and sets its calibration and thresholds.

    The score is the mean of macro-F1 of expressions, CCC of valence and CCC of arousal, and mean F1 of Action Units,
    of those that the model predicts.

    Args:
        model: the averaged networks.
        dataset, split: the frames.
        clips: how the training cuts windows; here they overlap by half, and few seen frames suffice.
        features: of the rows of the split, `(n, features)`; computed where not given.
    """
    model.calibration = Calibration()
    options = replace(clips, stride=model_options(model).stride, min_seen=0.0)
    features = split_features(model, dataset, split) if features is None else features
    predicted = predict_clips(model, dataset, split, options, features)
    answered = is_answered(predicted, model.spec)
    truth, presences = dataset.labels(split, model.spec)[answered], dataset.presences(split, model.spec)
    presences = presences and presences[answered]
    known = {name: values[answered] for name, values in predicted.items()}
    model.calibration = calibrate(known, truth)
    model.calibration.apply(known)
    model.thresholds = choose_thresholds(model, truth, known, presences)
    result = metrics.evaluate_labels(truth, known, model.thresholds, presences=presences)
    figures = {"validation_f1": result.get("action_units", {}).get("mean_f1"),
               "validation_macro_f1": result.get("expression", {}).get("macro_f1"),
               "validation_ccc_valence": result.get("valence", {}).get("ccc"),
               "validation_ccc_arousal": result.get("arousal", {}).get("ccc")}
    measured = [value for value in figures.values() if value is not None]
    figures["score"] = float(np.mean(measured)) if measured else None
    return Validation(figures, {"split": split, "frames": int(answered.sum()), **result})


def clip_card(model: ClipRecogniser, name: str, result: Mapping) -> str:
    """Writes the card of a clip recogniser, in Markdown.

    Args:
        model: the model.
        name: of the data set that it was trained on.
        result: figures on the validation split, see `catgan.metrics.evaluate_labels`.
    """
    expression = result.get("expression", {})
    lines = [f"- {key}: CCC {figure(result[key], 'ccc')}, RMSE {figure(result[key], 'rmse')} "
             f"(n = {result[key]['n']})\n" for key in ("valence", "arousal") if result.get(key)]
    if expression:
        lines.append(f"- expression: macro-F1 {figure(expression, 'macro_f1')}, accuracy "
                     f"{figure(expression, 'accuracy')} (n = {expression['n']})\n")
    lines += [f"- {unit}: F1 {figure(figures, 'f1')}, ICC {figure(figures, 'icc')} (n = {figures['n']})\n"
              for unit, figures in result.get("action_units", {}).items() if isinstance(figures, dict)]
    units = ", ".join(f"{facs.au_name(number)} {facs.action_unit(number).name}" for number in model.spec.action_units)
    network = f"{model.sequence.kind}, {model.sequence.units} units"
    need = "no later frame" if model.causal else f"{model.look_ahead} later frames"
    return (f"# catgan clip preset\n\nTrained on the data set `{name}`; labels of that data set are only as good as "
            f"its sources: see its card.\n\nClips of faces of {model.network.image_size} px at {model.rate:g} frames a "
            f"second, in windows of {model.frames} frames. Temporal network: {network}; an answer needs {need}. "
            f"Expressions: {', '.join(model.spec.expressions) or 'none'}. Action Units: {units or 'none'}.\n\n"
            f"## Validation split\n\n{''.join(lines)}\n"
            "## Use and misuse\n\nFor research on what a model reads in a face. A valence or an expression read "
            "here is not what a person feels, and must not be used to judge people.\n")
