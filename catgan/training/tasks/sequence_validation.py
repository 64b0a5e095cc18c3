"""Measures a clip recogniser during training, and writes its card."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan import facs, metrics
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import find_tracks
from catgan.data.clips.windows import average_windows, cut_windows
from catgan.data.store import DualDataset
from catgan.evaluation.evaluate import choose_thresholds
from catgan.models.calibration import Calibration, calibrate
from catgan.models.sequence.model import ClipRecogniser
from catgan.training.cards import figure
from catgan.training.tasks.base import Validation
from catgan.training.tasks.sequence_inputs import trunk_features


def validate_clips(model: ClipRecogniser, dataset: DualDataset, split: str, clips: ClipOptions) -> Validation:
    """Measures a model on the frames of a split, and sets its calibration and thresholds.

    The score is the mean of macro-F1 of expressions, CCC of valence and CCC of arousal, and mean F1 of Action Units,
    of those that the model predicts.
    """
    model.calibration = Calibration()
    rows, predicted = read_frames(model, dataset, split, clips)
    truth, presences = dataset.labels(split, model.spec)[rows], dataset.presences(split, model.spec)
    presences = presences and presences[rows]
    model.calibration = calibrate(predicted, truth)
    model.calibration.apply(predicted)
    model.thresholds = choose_thresholds(model, truth, predicted, presences)
    result = metrics.evaluate_labels(truth, predicted, model.thresholds, presences=presences)
    figures = {"validation_f1": result.get("action_units", {}).get("mean_f1"),
               "validation_macro_f1": result.get("expression", {}).get("macro_f1"),
               "validation_ccc_valence": result.get("valence", {}).get("ccc"),
               "validation_ccc_arousal": result.get("arousal", {}).get("ccc")}
    known = [value for value in figures.values() if value is not None]
    figures["score"] = float(np.mean(known)) if known else None
    return Validation(figures, {"split": split, "frames": len(rows), **result})


def read_frames(model: ClipRecogniser, dataset: DualDataset, split: str,
                clips: ClipOptions) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Predicts the labels of the frames of a split, averaged over overlapping windows.

    Returns:
        The rows of the split that lie on the time grid, int64 `(n,)`; and uncalibrated columns `(n,)`.
    """
    tracks = find_tracks(dataset, split, clips)
    windows = cut_windows(tracks, clips)
    features = trunk_features(model, dataset, split, False)[:, 0].astype(np.float32)
    seen = windows.rows >= 0
    columns = model.read_features(features[windows.rows] * seen[..., None], seen)
    names = [name for name, values in columns.items() if values.dtype != object]
    joined = np.concatenate(average_windows(np.stack([columns[name] for name in names], -1), windows, tracks))
    rows = np.concatenate([track.rows for track in tracks])
    kept = (rows >= 0) & np.isfinite(joined[:, 0])
    found = dict(zip(names, joined[kept].T.astype(np.float32)))
    if model.spec.expressions:
        probability = np.stack([found[f"expression={name}"] for name in model.spec.expressions])
        found["expression"] = np.array(model.spec.expressions, dtype=object)[probability.argmax(0)]
    return rows[kept], found


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
