"""Draws the figures of an evaluation of people: macro-F1 by shown modalities, and confusions."""

from __future__ import annotations

from pathlib import Path

from catgan import plots
from catgan.evaluation.clip_figures import confusion_map
from catgan.metrics.figures import Figures


def draw_people_figures(folder: Path, result: Figures) -> list[Path]:
    """Draws `confusion.png` of everybody, and `modalities.png` where subsets of modalities were measured.

    Args:
        folder: of the pictures.
        result: of `catgan.evaluation.people.evaluate_people`.

    Returns:
        The files that were written.
    """
    paths, found = [], result["all"]
    if found.get("macro_f1") is not None:
        paths.append(folder / "confusion.png")
        confusion_map(paths[0], found["confusion"], list(found["f1"]),
                      f"{result['dataset']}, {result['split']}: {found['n_labelled']} rows, {result['people']} people\n"
                      f"accuracy {found['accuracy']:.3f}, macro-F1 {found['macro_f1']:.3f}")
    if result.get("chance") is not None:
        paths.append(folder / "modalities.png")
        subset_bars(paths[-1], result)
    return paths


def subset_bars(path: Path, result: Figures) -> None:
    """Plots macro-F1 by shown modalities with 95 % intervals over people, and that of answers at random."""
    rows = [(name, found) for name, found in result["subsets"].items() if found["macro_f1"] is not None][::-1]
    figure = plots.figure(6.4, 0.26 * len(rows) + 1.1)
    axes = figure.subplots()
    for place, (name, found) in enumerate(rows):
        colour = plots.COLOURS[min(name.count("+"), len(plots.COLOURS) - 1)]
        axes.barh(place, found["macro_f1"], color=colour, height=0.7)
        if interval := found.get("macro_f1_interval"):
            axes.plot(interval, [place, place], color="#222222", lw=1.1)
    axes.axvline(result["chance"], color="#222222", lw=0.9, ls=":")
    axes.set_yticks(range(len(rows)), [name.replace("+", " + ") for name, _ in rows], fontsize=7.5)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("macro-F1; dotted: answers at random", fontsize=8, color=plots.TEXT)
    axes.set_title(f"{result['dataset']}, {result['split']}: {result['complete']} rows with everything", fontsize=8.5)
    plots.save(figure, path)
