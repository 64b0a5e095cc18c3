"""Writes model cards, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catgan import facs
from catgan.models.gan.model import CatGAN


def label_card(gan: CatGAN, name: str, result: Mapping, columns: Sequence[str]) -> str:
    """Writes the card of a preset that reads labels.

    Args:
        gan: the model.
        name: of the data set that it was trained on.
        result: figures on the validation split, see `catgan.metrics.evaluate_labels`.
        columns: titles of the columns of `samples.png`; none where there is no such picture.
    """
    rows = "".join(f"| {unit} | {figure(figures, 'f1')} | {figure(figures, 'auc')} | {figures['n']} |\n"
                   for unit, figures in result.get("action_units", {}).items() if isinstance(figures, dict))
    dimensions = "".join(f"- {key}: CCC {figure(result[key], 'ccc')}, RMSE {figure(result[key], 'rmse')} "
                         f"(n = {result[key]['n']})\n" for key in ("valence", "arousal") if result.get(key))
    names = ", ".join(f"{facs.au_name(number)} {facs.action_unit(number).name}" for number in gan.spec.action_units)
    return (f"# catgan preset\n\nTrained on the data set `{name}`; labels of that data set are only as "
            "good as its sources: see its card.\n\n"
            f"Faces of {gan.network.image_size} px, {gan.network.channels} channel(s). Action Units: {names or 'none'} "
            f"({gan.spec.scale}).\n\n## Validation split\n\n{dimensions}\n"
            + (f"| Action Unit | F1 | AUC | n |\n|---|---|---|---|\n{rows}\n" if rows else "")
            + (f"![samples](samples.png)\n\nColumns: {', '.join(columns)}.\n\n" if columns else "")
            + "## Use and misuse\n\nFor research on what a model reads in a face. An Action Unit or a valence read "
            "here is not what a person feels, and must not be used to judge people. Generated faces are synthetic.\n")


def figure(figures: Mapping[str, float | None], name: str) -> str:
    """Formats one figure with three decimals, or as `undefined`."""
    return "undefined" if figures.get(name) is None else f"{figures[name]:.3f}"
