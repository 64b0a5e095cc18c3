"""Pictures of explanations in time: a strip of frames with curves, and frames side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catgan import facs, plots
from catgan.explain.attribution.sequence_results import SequenceAttribution
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.result import CounterfactualSequence
from catgan.explain.panel import STATUS_COLOURS
from catgan.plots import COLOURS, GREY

SHOWN_FRAMES = 10
"""Frames in a strip."""
SHOWN_SIDE = 128
"""Side of a face in the video, in pixels, at the least."""
MAX_CURVES = 4
"""Readings that are drawn over time, those that change most."""
SENTENCE_WIDTH = 150
"""Characters of a line below a strip."""
UNSEEN = 200
"""Grey level of a frame that was not seen."""


def counterfactual_strip(answer: CounterfactualSequence) -> Figure:
    """Draws the clip above, the changed clip below it, and the changes and readings over time."""
    clip = answer.clip
    figure = plots.figure(10.0, 6.4, dpi=110)
    grid = figure.add_gridspec(4, 1, height_ratios=(1.0, 1.0, 1.3, 1.5))
    for place, (title, images) in enumerate((("original", clip.images), ("counterfactual", answer.drawn))):
        _strip(figure.add_subplot(grid[place]), clip, images, title)
    changes, readings = (figure.add_subplot(grid[place]) for place in (2, 3))
    for colour, change in zip(COLOURS, answer.drawn_changes):
        values = answer.differences[:, answer.units.index(change.unit)]
        changes.plot(clip.times, np.where(clip.seen, values, np.nan), color=colour, lw=1.4, alpha=0.8,
                     label=f"{facs.au_name(change.unit)} {facs.action_unit(change.unit).name.lower()}")
    _axes(changes, clip, "change of intensity")
    for colour, name in zip(COLOURS, _most_changed(answer)):
        readings.plot(clip.times, answer.original[name], color=colour, lw=1.0, ls="--")
        readings.plot(clip.times, answer.counterfactual[name], color=colour, lw=1.6, label=name.replace("=", " "))
    _axes(readings, clip, "read (dashed: before)")
    readings.set_xlabel("seconds; shaded: the frames in question", fontsize=8)
    for axes in (changes, readings):
        _shade(axes, clip, answer.frames)
    figure.suptitle(f"{answer.target}: {answer.status}", color=STATUS_COLOURS[answer.status], fontweight="bold",
                    parse_math=False)
    # A line that matplotlib wraps counts with its whole length in the layout, which then cuts labels off.
    figure.supxlabel(textwrap.fill(answer.sentence(), SENTENCE_WIDTH), fontsize=9, parse_math=False)
    return figure


def attribution_strip(found: SequenceAttribution, clip: Clip) -> Figure:
    """Draws a clip, the attribution of each frame below it, and that of facial regions where it is known."""
    figure = plots.figure(10.0, 5.2 if found.regions else 3.6, dpi=110)
    grid = figure.add_gridspec(3 if found.regions else 2, 1, height_ratios=(1.0, 1.5, 1.5)[:3 if found.regions else 2])
    _strip(figure.add_subplot(grid[0]), clip, clip.images, "clip")
    moments = figure.add_subplot(grid[1])
    colours = ["#b2182b" if value > 0.0 else "#2166ac" for value in found.moments]
    moments.bar(clip.times, found.moments, 0.9 * clip.step, color=colours)
    moments.axhline(0.0, color="black", lw=0.6)
    _axes(moments, clip, f"attribution of {found.target}")
    if found.regions:
        regions = figure.add_subplot(grid[2])
        table = np.stack(list(found.regions.values()))
        largest = np.abs(table).max() or 1.0
        half = 0.5 * clip.step
        regions.imshow(table, aspect="auto", cmap="RdBu_r", vmin=-largest, vmax=largest,
                       extent=(clip.times[0] - half, clip.times[-1] + half, len(table) - 0.5, -0.5))
        regions.set_yticks(range(len(table)), list(found.regions), fontsize=7)
        regions.tick_params(labelsize=7)
        regions.set_xlim(clip.times[0] - half, clip.times[-1] + half)
    gap = "" if found.convergence_delta is None else f"; convergence delta {found.convergence_delta:+.4f}"
    figure.supxlabel(f"seconds; {found.method.replace('_', ' ')}: output {found.baseline_value:.3f} for the baseline, "
                     f"{found.value:.3f} for the clip{gap}", fontsize=8, parse_math=False)
    return figure


def side_by_side(answer: CounterfactualSequence) -> np.ndarray:
    """Puts the clip and the changed clip beside each other, uint8 `(t, height, width, 3)` of even sizes."""
    scale = max(1, -(-SHOWN_SIDE // answer.clip.images.shape[1]))
    side = scale * answer.clip.images.shape[1] // 2 * 2
    pairs = [np.concatenate([_enlarged(before, side), _enlarged(after, side)], axis=1) if seen else
             np.full((side, 2 * side, 3), UNSEEN, np.uint8)
             for before, after, seen in zip(answer.clip.images, answer.drawn, answer.clip.seen)]
    return np.stack(pairs)


def _enlarged(image: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)


def _strip(axes: Axes, clip: Clip, images: np.ndarray, title: str) -> None:
    """Draws some frames of a clip beside each other, each with its time."""
    rows = np.unique(np.linspace(0, len(clip) - 1, min(SHOWN_FRAMES, len(clip))).round().astype(int))
    side = images.shape[1]
    shown = [images[row] if clip.seen[row] else np.full_like(images[row], UNSEEN) for row in rows]
    axes.imshow(np.concatenate(shown, axis=1), interpolation="bicubic")
    axes.set_xticks((np.arange(len(rows)) + 0.5) * side, [f"{clip.times[row]:.2f} s" for row in rows], fontsize=7)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=8, loc="left", pad=2)


def _axes(axes: Axes, clip: Clip, label: str) -> None:
    plots.hide_spines(axes)
    axes.set_xlim(clip.times[0] - 0.5 * clip.step, clip.times[-1] + 0.5 * clip.step)
    axes.set_ylabel(label, fontsize=8)
    axes.tick_params(labelsize=7, color=GREY)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0))


def _shade(axes: Axes, clip: Clip, frames: np.ndarray) -> None:
    """Shades the frames in question."""
    axes.fill_between(clip.times, 0.0, 1.0, where=frames.tolist(), transform=axes.get_xaxis_transform(),
                      color="#f0f0f0", lw=0, zorder=0)


def _most_changed(answer: CounterfactualSequence) -> list[str]:
    """Returns the readings that change most: probabilities of expressions, valence and arousal."""
    names = [name for name in answer.original if name in ("valence", "arousal") or name.startswith("expression=")]
    names = names or [name for name in answer.original if name.startswith("AU") and not name.endswith("_std")]
    return sorted(names, key=lambda name: -_change(answer.original, answer.counterfactual, name))[:MAX_CURVES]


def _change(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], name: str) -> float:
    return float(np.nanmax(np.abs(after[name] - before[name])))
