"""Draws the curves of a training run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from catgan import plots

_PANELS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("losses", lambda key: key.endswith("_loss")),
    ("critic: real - generated", lambda key: key.startswith("gap")),
    ("gradient penalties", {"r1", "r2"}.__contains__),
    ("label losses", {"action_units", "valence_arousal", "expression"}.__contains__),
    ("distance from the true changed face", {"pixels", "edges", "features", "labels", "cycle"}.__contains__),
    ("explained change", lambda key: key.startswith("explained_change") or key == "back_ssim"),
    ("validation scores", lambda key: key == "score" or key.startswith("validation_")),
    ("diversity", lambda key: key.startswith("diversity")),
    ("faces per second", {"images_per_second"}.__contains__))
"""Panels of the figure: a title, and which keys of `stats.jsonl` it shows."""


def curves(path: str | Path, lines: Sequence[Mapping[str, float]]) -> None:
    """Plots every statistic of a run over the number of faces that the discriminator has seen.

    Args:
        path: of the PNG.
        lines: of the run's `stats.jsonl`. A key may be absent from some lines; a panel without keys is left out.
    """
    panels = panels_of(dict.fromkeys(key for line in lines for key in line))
    figure, axes = plots.grid(len(panels), 4, 2.5, 1.95)
    largest = max((line["images"] for line in lines), default=0)
    factor, unit = (1e6, "million") if largest >= 2e6 else (1e3, "thousand")
    for plot, (title, keys) in zip(axes, panels.items()):
        for key, colour in zip(keys, plots.COLOURS * len(keys)):
            points = [(line["images"] / factor, line[key]) for line in lines if line.get(key) is not None]
            plot.plot(*zip(*points), color=colour, lw=1.2, marker="o" if len(points) < 40 else None, ms=2,
                      label=words(key))
        plot.set_title(title, fontsize=8)
        plot.set_xlim(0, 1.03 * largest / factor)
        if len(keys) > 1:
            plot.legend(fontsize=6, frameon=False, handlelength=1.2, labelspacing=0.25)
    figure.supxlabel(f"faces seen, {unit}", fontsize=8, color=plots.TEXT)
    plots.save(figure, path)


def panels_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Groups keys of `stats.jsonl` into panels: title to keys, in the order of the figure; other keys are left out."""
    names = list(names)
    return {title: keys for title, belongs in _PANELS if (keys := [key for key in names if belongs(key)])}


def words(key: str) -> str:
    """Formats a key for a legend: `validation_ccc_valence` becomes `CCC valence`."""
    known = {"d_loss": "discriminator", "g_loss": "generator", "r1": "R1 (real)", "r2": "R2 (generated)"}
    parts = key.removeprefix("validation_").removesuffix("_loss").split("_")
    return known.get(key, " ".join(word.upper() if word in ("ccc", "f1", "auc", "icc") else word for word in parts))
