"""Draws the figures of an evaluation of clips: the confusion matrix, and confusions in the valence-arousal plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, FancyArrowPatch

from catgan import plots
from catgan.metrics.figures import Figures
from catgan.metrics.plane import ellipse

CLASS_COLOURS = (*plots.COLOURS, "#333333", "#8C564B", "#7F7F00", "#5D3FD3")
"""Colours of classes; further classes begin again."""


def confusion_map(path: str | Path, matrix: Sequence[Sequence[int]] | np.ndarray, names: Sequence[str],
                  title: str = "") -> None:
    """Plots a confusion matrix: the share of each true class, and below it the number of frames.

    Args:
        path: of the PNG.
        matrix: counts `(classes, classes)`, rows true, columns predicted.
        names: of the classes.
        title: above the plot.
    """
    counts = np.asarray(matrix, np.float64)
    totals = counts.sum(1, keepdims=True)
    shares = np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)
    side = 0.62 * len(names)
    figure = plots.figure(max(side + 2.2, 3.6), max(side + 1.4, 2.6))
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_facecolor("#dddddd")
    for (row, column), share in np.ndenumerate(shares):
        if counts[row, column]:
            axes.text(column, row, f"{100 * share:.0f} %\n{counts[row, column]:.0f}", ha="center", va="center",
                      fontsize=6.5, linespacing=1.4, color="white" if share > 0.55 else "#222222")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7.5)
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted", fontsize=8, color=plots.TEXT)
    axes.set_ylabel("true", fontsize=8, color=plots.TEXT)
    axes.set_title(title, fontsize=8.5)
    bar = figure.colorbar(image, ax=axes, aspect=25, ticks=(0, 0.25, 0.5, 0.75, 1))
    bar.ax.tick_params(labelsize=7)
    bar.ax.set_title("share", fontsize=7)
    plots.save(figure, path)


def confusion_plane(path: str | Path, true: Mapping[str, Figures], predicted: Mapping[str, Figures],
                    confusions: Sequence[Figures], title: str = "") -> None:
    """Plots classes in the valence-arousal plane, and arrows for their confusions.

    A class is its true centroid (dot) and the ellipse of one standard deviation; a hollow square is the mean of what
    the model predicts for its frames. An arrow leads from a true class to the class that it is taken for, the wider
    the more often; the list beside the plot has the shares.

    Args:
        path: of the PNG.
        true: per class its true position, see `catgan.metrics.plane.positions`.
        predicted: the positions of predicted valence and arousal, by true class; `{}` where none are predicted.
        confusions: see `catgan.metrics.plane.largest_confusions`.
        title: above the plot.
    """
    figure = plots.figure(7.8, 6.2)
    axes = figure.subplots()
    _plane(axes)
    colours = {name: CLASS_COLOURS[place % len(CLASS_COLOURS)] for place, name in enumerate(true)}
    labels = _label_places(true)
    for name, place in true.items():
        centre = (place["valence"], place["arousal"])
        width, height, angle = ellipse(place["covariance"])
        axes.add_patch(Ellipse(centre, width, height, angle=angle, facecolor=colours[name], alpha=0.10, lw=0))
        axes.add_patch(Ellipse(centre, width, height, angle=angle, fill=False, edgecolor=colours[name], lw=0.9))
        axes.plot(*centre, "o", color=colours[name], ms=6, zorder=4)
        axes.text(*labels[name], name, fontsize=8.5, color=colours[name], weight="bold", ha="center",
                  va="center", zorder=6)
        if name in predicted:
            said = (predicted[name]["valence"], predicted[name]["arousal"])
            axes.plot(*zip(centre, said), color=colours[name], lw=1.0, ls=":", zorder=3)
            axes.plot(*said, "s", mfc="white", mec=colours[name], mew=1.4, ms=5.5, zorder=4)
    shown = [entry for entry in confusions if entry["true"] in true and entry["predicted"] in true]
    for entry in shown:
        _arrow(axes, true[entry["true"]], true[entry["predicted"]], entry["share"], colours[entry["true"]])
    _list(axes, shown, colours)
    axes.set_title(title, fontsize=9)
    _explain(axes, bool(predicted), bool(confusions))
    plots.save(figure, path)


def _plane(axes: Axes) -> None:
    axes.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), aspect="equal")
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(turn), np.sin(turn), color="#dddddd", lw=0.8, zorder=0)
    axes.axhline(0, color="#dddddd", lw=0.8, zorder=0)
    axes.axvline(0, color="#dddddd", lw=0.8, zorder=0)
    axes.set_xlabel("valence", fontsize=8.5, color=plots.TEXT)
    axes.set_ylabel("arousal", fontsize=8.5, color=plots.TEXT)
    axes.tick_params(labelsize=7, color=plots.GREY)
    plots.hide_spines(axes)


def _label_places(places: Mapping[str, Figures]) -> dict[str, tuple[float, float]]:
    """Returns a point for the name of each class: just outside its ellipse, where most room is."""
    centres = {name: np.array([place["valence"], place["arousal"]]) for name, place in places.items()}
    labels: dict[str, np.ndarray] = {}
    for name, centre in centres.items():
        taken = [*(other for key, other in centres.items() if key != name), *labels.values()]
        around = [_beside(centre, places[name]["covariance"], angle) for angle in np.arange(16) * np.pi / 8]
        labels[name] = max(around, key=lambda point: min([_room(point - other) for other in taken], default=0.0))
    return {name: (float(point[0]), float(point[1])) for name, point in labels.items()}


def _beside(centre: np.ndarray, covariance: Sequence[Sequence[float]], angle: float) -> np.ndarray:
    """Returns the point outside an ellipse of one standard deviation at which a name has room, in one direction."""
    away = np.array([np.cos(angle), np.sin(angle)])
    extent = 1.0 / np.sqrt(away @ np.linalg.inv(np.asarray(covariance) + 1e-4 * np.eye(2)) @ away)
    return centre + away * (extent + 0.05 + 0.08 * abs(away[0]))


def _room(difference: np.ndarray) -> float:
    """Returns the distance of two points, in which names, which are wide, count as round."""
    return float(np.hypot(difference[0] / 2.5, difference[1]))


def _arrow(axes: Axes, start: Figures, end: Figures, share: float, colour: str) -> None:
    """Draws a bent arrow; the two directions between two classes, and arrows of near classes, lie apart."""
    tail, head = (start["valence"], start["arousal"]), (end["valence"], end["arousal"])
    bend = 0.2 + 0.5 * max(0.0, 1.0 - float(np.hypot(head[0] - tail[0], head[1] - tail[1])) / 0.6)
    axes.add_patch(FancyArrowPatch(tail, head, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>",
                                   mutation_scale=7 + 8 * share, lw=0.8 + 5 * share, color=colour, alpha=0.7,
                                   shrinkA=4, shrinkB=4, zorder=5))


def _list(axes: Axes, confusions: Sequence[Figures], colours: Mapping[str, str]) -> None:
    """Writes the share of each confusion beside the plot."""
    if confusions:
        axes.text(1.03, 0.97, "taken for another class", transform=axes.transAxes, fontsize=7.5, color=plots.TEXT)
    for place, entry in enumerate(confusions):
        axes.text(1.03, 0.935 - 0.035 * place, f"{100 * entry['share']:>3.0f} %  {entry['true']} \u2192 "
                  f"{entry['predicted']}", transform=axes.transAxes, fontsize=7.5, color=colours[entry["true"]])


def _explain(axes: Axes, predicted: bool, confused: bool) -> None:
    axes.plot([], [], "o", color=plots.GREY, ms=6, label="true mean, and one standard deviation")
    if predicted:
        axes.plot([], [], "s", mfc="white", mec=plots.GREY, mew=1.4, ms=5.5, label="mean prediction")
    if confused:
        axes.plot([], [], color=plots.GREY, lw=2.5, label="taken for another class")
    axes.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3,
                handlelength=1.4, columnspacing=1.2)


def draw_figures(folder: Path, result: Figures) -> list[Path]:
    """Draws the figures of a result of `catgan.evaluation.clips.evaluate_clips` that has expressions.

    Args:
        folder: of the pictures `confusion.png` and `confusion_plane.png`.
        result: with `expression`, and with `plane` where valence and arousal are known.

    Returns:
        The files that were written.
    """
    figures = result.get("expression") or {}
    paths: list[Path] = []
    if figures.get("n"):
        known = [f"{title} {figures[name]:.3f}" for title, name in
                 (("accuracy", "accuracy"), ("macro-F1", "macro_f1"), ("UAR", "uar")) if figures[name] is not None]
        title = f"{result['dataset']}, {result['split']}: {figures['n']} frames\n{', '.join(known)}"
        paths.append(folder / "confusion.png")
        confusion_map(paths[-1], figures["confusion"], figures["classes"], title)
        if result.get("plane"):
            plane = result["plane"]
            paths.append(folder / "confusion_plane.png")
            confusion_plane(paths[-1], plane["true"], plane["predicted"], plane["confusions"], title)
    return paths
