"""The part of `catgan evaluate` for networks on landmarks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.data.store import DualDataset
    from catgan.metrics.figures import Figures

OTHERS = {"judges": "--judge", "encoders": "--encoder", "identity": "--identity", "find_delay": "--find-delay"}
"""Arguments that concern other kinds of models."""


def run(arguments: argparse.Namespace, dataset: DualDataset, folder: Path) -> Result:
    """Measures a network on landmarks, and prints the result. Files are written beside the other figures of a run."""
    from catgan.errors import CatganError
    from catgan.evaluation.landmarks import draw_landmark_figures, evaluate_landmarks
    from catgan.files import write_json
    from catgan.models.gan.preset_folders import find_preset
    from catgan.models.landmarks.model import LandmarkRecogniser

    given = [option for name, option in OTHERS.items() if getattr(arguments, name)]
    if given:
        raise CatganError(f"{' and '.join(given)} measure other kinds of models. {folder} is a network on landmarks, "
                          "which predicts one expression for each clip.")
    model, split = LandmarkRecogniser.from_preset(folder), arguments.split
    result = evaluate_landmarks(model, dataset, split, source_rate=arguments.source_rate)
    is_run = find_preset(folder).parent == folder
    figures = arguments.figures or (folder / f"evaluation-{split}" if is_run else None)
    if figures:
        draw_landmark_figures(Path(figures), result)
    if is_run:
        write_json(folder / f"evaluation-{split}.json", result)
    print(text(result))
    return result


def text(result: Figures) -> str:
    """Formats the result as a table; in brackets intervals."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} clips of {result['people']} people; in "
             "brackets 95 % intervals over people",
             f"{'':14}{'balanced accuracy':24}{'AUC':24}{'n':>6}"]
    for name, figures in (*result["binaries"].items(), ("mean", result["mean"])):
        cells = "".join(f"{_figure(figures, key):24}" for key in ("balanced_accuracy", "auc"))
        lines.append(f"{name:14}{cells}{figures.get('n', ''):>6}".rstrip())
    figures = result["expression"]
    lines.append("together: " + "  ".join(f"{title} {_figure(figures, key)}" for title, key in (
        ("accuracy", "accuracy"), ("macro-F1", "macro_f1"), ("UAR", "uar"))))
    errors = result["calibration"]
    lines.append(f"calibration error {_figure(errors, 'error')}, mean of the classes {_figure(errors, 'class_error')}")
    return "\n".join(lines)


def _figure(figures: Figures, name: str) -> str:
    if figures[name] is None:
        return "-"
    interval = figures.get(f"{name}_interval")
    return f"{figures[name]:.3f}" + (f" ({interval[0]:.3f}..{interval[1]:.3f})" if interval else "")
