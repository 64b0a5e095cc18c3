"""A look at a training from outside: sample sheets, validation, and the presets `last/` and `best/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from catgan import facs, files, metrics
from catgan.data.store import DualDataset
from catgan.faces.images import write_image
from catgan.gan.model import CatGAN
from catgan.training import samples
from catgan.training.evaluate import choose_thresholds, read_all, score

REFERENCE_FACES = 256


def write(folder: Path, gan: CatGAN, dataset: DualDataset, seed: int, log=print) -> dict[str, float]:
    """Writes sample sheets and `last/`, and `best/` when the validation score is the best so far.

    Args:
        folder: the run.
        gan: the averaged networks; gets thresholds and the critic's reference.
        dataset: its validation split is used, never its test split.
        seed: of the sample sheets.

    Returns:
        Figures for `stats.jsonl`: `score` and what it is made of.
    """
    # === Thresholds and reference ===
    condition = np.repeat(gan.condition(), REFERENCE_FACES, axis=0)
    generated = gan.draw(samples.fixed_latents(REFERENCE_FACES, gan.network.latent_size, seed), condition)
    gan.critic_reference = gan.critic_reference + _logit_mean(gan.read(generated)["realness"])
    predicted = read_all(gan, dataset.images("validation", 3))
    gan.thresholds = choose_thresholds(gan, dataset, predicted)
    result = metrics.evaluate_labels(dataset.labels("validation", gan.spec), predicted, gan.thresholds)

    # === Files ===
    sheet = samples.free_samples(gan, seed=seed)
    swept, titles = samples.sweep(gan, seed=seed)
    for name, image in (("free", sheet), ("sweep", swept)):
        write_image(folder / "samples" / f"{name}.png", image)
    figures = {"score": round(score(result), 6)}
    previous = _best_score(folder)
    for preset in ("last",) + (("best",) if previous is None or figures["score"] > previous else ()):
        gan.save(folder / preset)
        files.write_json(folder / preset / "metrics.json", {"split": "validation", **figures, **result})
        files.write_text(folder / preset / "card.md", card(gan, dataset, result, titles))
        write_image(folder / preset / "samples.png", swept)

    # === Headline figures ===
    if "mean_f1" in result.get("action_units", {}):
        figures["validation_f1"] = result["action_units"]["mean_f1"]
    for name in ("valence", "arousal"):
        if result.get(name, {}).get("ccc") is not None:
            figures[f"validation_ccc_{name}"] = result[name]["ccc"]
    figures["diversity"] = diversity(generated)
    return {name: round(value, 6) for name, value in figures.items() if value is not None}


def diversity(images: np.ndarray) -> float:
    """Mean standard deviation of a pixel over generated faces, 0..1: falls towards 0 when a generator collapses."""
    return float(np.std(images.astype(np.float32) / 255.0, axis=0).mean())


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
            + f"![samples](samples.png)\n\nColumns: {', '.join(titles)}.\n\n"
            "## Use and misuse\n\nFor research on what a model reads in a face. An Action Unit or a valence read here "
            "is not what a person feels, and must not be used to judge people. Generated faces are synthetic.\n")


def _figure(figures: dict[str, Any], name: str) -> str:
    return "undefined" if figures.get(name) is None else f"{figures[name]:.3f}"


def _best_score(folder: Path) -> float | None:
    path = folder / "best" / "metrics.json"
    return json.loads(path.read_text(encoding="utf-8"))["score"] if path.is_file() else None


def _logit_mean(probability: np.ndarray) -> float:
    clipped = np.clip(probability, 1e-12, 1 - 1e-12)
    return float(np.mean(np.log(clipped / (1 - clipped))))
