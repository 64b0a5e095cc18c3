"""Writes a snapshot of a training: sample sheets, and the presets `last/` and `best/`."""

from __future__ import annotations

import json
import math
from pathlib import Path

from catgan import files
from catgan.faces.images import write_image
from catgan.models.gan.model import CatGAN
from catgan.training import sheets
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment
from catgan.training.run import Line
from catgan.training.tasks.base import Validation


def write(folder: Path, gan: CatGAN, datasets: Datasets, experiment: Experiment, line: Line) -> dict[str, float]:
    """Measures a model and writes sample sheets, `last/`, and `best/` when its score is the best yet.

    Args:
        folder: the run.
        gan: the averaged networks; the kind of training sets their thresholds, calibration and critic reference.
        datasets: the data sets of the training.
        experiment: the training.
        line: `tick` and `images` (faces seen) tell when the snapshot is taken.

    Returns:
        Figures for `stats.jsonl`: those of the validation that are defined.
    """
    gan.trained_on = {"data": experiment.data_hash, "split": experiment.split}
    result = experiment.kind.validate(gan, datasets, experiment)
    for name, picture in result.pictures.items():
        write_image(folder / "samples" / f"{name}.png", picture)
    sheets.keep(folder, result.pictures, math.ceil(line["tick"] / experiment.training.snapshot_ticks),
                int(line["images"]))
    figures = {name: round(value, 6) for name, value in result.figures.items() if value is not None}
    previous = best_score(folder)
    better = previous is None or figures.get("score", previous) > previous
    card = experiment.kind.card(gan, datasets, result)
    for preset in ("last",) + (("best",) if better else ()):
        _write_preset(folder / preset, gan, result, figures, card)
    return figures


def best_score(folder: Path) -> float | None:
    """Returns the validation score of `best/` in a run, None if there is none."""
    path = folder / "best" / "metrics.json"
    return json.loads(path.read_text(encoding="utf-8")).get("score") if path.is_file() else None


def _write_preset(folder: Path, gan: CatGAN, result: Validation, figures: dict[str, float], card: str) -> None:
    gan.save_to_preset(folder)
    files.write_json(folder / "metrics.json", {**figures, **result.details})
    files.write_text(folder / "card.md", card)
    if result.sheet is not None:
        write_image(folder / "samples.png", result.sheet)
