"""Figures of explanations: faces, readings before and after, and the sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from catgan import plots
from catgan.explain.result import Counterfactual
from catgan.explain.semifactual import Semifactual

PICTURES = ("original", "reconstruction", "counterfactual", "difference")
MAX_OUTPUTS = 16
"""Outputs of a foreign model that are shown."""
MAX_NAME_LENGTH = 24
"""Letters of an output's name that are shown."""
FULL_COLOUR = 64.0
"""Change in grey levels that `heat` shows in full colour."""
STATUS_COLOURS = {"ok": "#1b7837", "already met": "#555555", "not found": "#b35806", "poor inversion": "#b2182b"}

Reading = Mapping[str, float | str]


def heat(change: np.ndarray) -> np.ndarray:
    """Draws a signed change in grey levels, `(h, w)`, in red (lighter) and blue (darker), uint8 `(h, w, 3)`."""
    strength = np.clip(np.abs(change) / FULL_COLOUR, 0.0, 1.0)[..., None]
    colour = np.where(change[..., None] > 0, (178, 24, 43), (33, 102, 172))
    return np.rint(255 * (1 - strength) + colour * strength).astype(np.uint8)


def with_difference(images: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Adds `difference`, the heat map between `original` and `counterfactual`, to pictures of an answer."""
    change = images["counterfactual"].astype(np.float32) - images["original"]
    return {**images, "difference": heat(change.mean(-1))}


def counterfactual_figure(result: Counterfactual, images: Mapping[str, np.ndarray] | None = None) -> Figure:
    """Draws an answer on one page: four pictures, the readings before and after, and the sentence.

    Args:
        result: the answer.
        images: pictures named in `PICTURES`, uint8 `(h, w, 3)`; those of the answer when None.
    """
    images = with_difference(result.images) if images is None else images
    figure = plots.figure(10.0, 5.6, dpi=120)
    grid = figure.add_gridspec(2, 4, height_ratios=(1.0, 0.85))
    titles = {"original": "photograph", "reconstruction": result.kept, "counterfactual": "counterfactual",
              "difference": "difference\n(red lighter, blue darker)"}
    for column, name in enumerate(PICTURES):
        _picture(figure.add_subplot(grid[0, column]), images[name], titles[name])
    both = result.catgan is None and {"valence", "arousal"} <= set(result.original)
    if result.catgan is not None:
        _outputs(figure.add_subplot(grid[1, :2]), result)
        ours = replace(result, original=result.catgan["original"], counterfactual=result.catgan["counterfactual"])
        _bars(figure.add_subplot(grid[1, 2:]), ours, "what catgan reads")
    else:
        _bars(figure.add_subplot(grid[1, :3] if both else grid[1, :]), result, "what the model reads")
    if both:
        _plane(figure.add_subplot(grid[1, 3]), result)
    figure.suptitle(f"{result.target}: {result.status}", color=STATUS_COLOURS[result.status], fontweight="bold",
                    parse_math=False)
    figure.supxlabel(result.sentence(), fontsize=9, wrap=True, parse_math=False)
    return figure


def list_figure(results: Sequence[Counterfactual]) -> Figure:
    """Draws a row for each answer: face, counterfactual, difference, and the sentence."""
    figure = plots.figure(10.0, 2.6 * max(len(results), 1))
    grid = figure.add_gridspec(max(len(results), 1), 4, width_ratios=(1, 1, 1, 1.6))
    for row, result in enumerate(results):
        images = with_difference(result.images)
        for column, name in enumerate(("original", "counterfactual", "difference")):
            _picture(figure.add_subplot(grid[row, column]), images[name], "" if row else name)
        axes = figure.add_subplot(grid[row, 3])
        axes.axis("off")
        axes.text(0.0, 0.5, f"{result.status}\n{result.sentence()}", fontsize=8, va="center", wrap=True,
                  color=STATUS_COLOURS[result.status], parse_math=False)
    return figure


def semifactual_figure(result: Semifactual) -> Figure:
    """Draws the face of a semifactual, with its sentence below."""
    figure = plots.figure(5.0, 4.6)
    _picture(figure.add_subplot(), result.image, "even if")
    figure.supxlabel(result.sentence(), fontsize=9, wrap=True, parse_math=False)
    return figure


def _picture(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image, interpolation="bicubic")
    axes.set_title(title, fontsize=9)
    axes.axis("off")


def _outputs(axes: Axes, result: Counterfactual) -> None:
    """Draws a foreign model's outputs before and after, in their own units; of many those that changed most."""
    before, after = _numbers(result.original), _numbers(result.counterfactual)
    largest = sorted(before, key=lambda name: -abs(after[name] - before[name]))[:MAX_OUTPUTS]
    names = [name for name in before if name in largest]
    _pairs(axes, [before[name] for name in names], [after[name] for name in names], ("#e5c39b", "#8c510a"))
    shown = [name if len(name) <= MAX_NAME_LENGTH else f"{name[:MAX_NAME_LENGTH - 1]}~" for name in names]
    axes.set_xticks(range(len(names)), shown, fontsize=7, rotation=90 if len(names) > 6 else 0, parse_math=False)
    axes.set_ylabel("what the explained model says", fontsize=8)
    _legend(axes)


def _bars(axes: Axes, result: Counterfactual, title: str) -> None:
    """Draws catgan's readings before and after, Action Units as a share of their range; changed ones are bold."""
    before, after = _numbers(result.original), _numbers(result.counterfactual)
    names = [name for name in before if not name.endswith(("_std", "_probability")) and "=" not in name]
    scale = [5.0 if name.startswith("AU") and not name.endswith("_present") else 1.0 for name in names]
    _pairs(axes, [before[name] / top for name, top in zip(names, scale)],
           [after[name] / top for name, top in zip(names, scale)], ("#9ec1e0", "#1f4e79"))
    ticks = axes.set_xticks(range(len(names)), [name.removesuffix("_present") for name in names], fontsize=7,
                            rotation=90 if len(names) > 12 else 0)
    for tick, name in zip(ticks, names):
        if name.removesuffix("_present") in result.changes:
            tick.label1.set_fontweight("bold")
    axes.set_ylabel(title, fontsize=8)
    lowest = min((reading[name] for name in names for reading in (before, after)), default=0.0)
    axes.set_ylim(-1.05 if lowest < -0.02 else 0.0, 1.05)
    _legend(axes)


def _pairs(axes: Axes, before: Sequence[float], after: Sequence[float], colours: tuple[str, str]) -> None:
    """Draws two bars for each number: before and after."""
    for offset, (label, heights, colour) in enumerate((("photograph", before, colours[0]),
                                                       ("counterfactual", after, colours[1]))):
        axes.bar(np.arange(len(heights)) + 0.4 * offset - 0.2, heights, 0.38, label=label, color=colour)
    axes.axhline(0, color="#444444", lw=0.6)


def _plane(axes: Axes, result: Counterfactual) -> None:
    """Draws valence and arousal before and after in their plane."""
    (x0, y0), (x1, y1) = ((reading["valence"], reading["arousal"])
                          for reading in (_numbers(result.original), _numbers(result.counterfactual)))
    axes.axhline(0, color="#bbbbbb", lw=0.6)
    axes.axvline(0, color="#bbbbbb", lw=0.6)
    axes.add_artist(Circle((0, 0), 1.0, fill=False, color="#dddddd", lw=0.8))
    axes.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "color": "#1f4e79", "lw": 1.4})
    axes.plot([x0], [y0], "o", color="#9ec1e0", ms=6)
    axes.plot([x1], [y1], "o", color="#1f4e79", ms=6)
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
    axes.set_xlabel("valence", fontsize=8)
    axes.set_ylabel("arousal", fontsize=8)
    axes.tick_params(labelsize=7)


def _legend(axes: Axes) -> None:
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    plots.hide_spines(axes)


def _numbers(reading: Reading) -> dict[str, float]:
    """Returns the numbers of a reading, without names of classes."""
    return {name: value for name, value in reading.items() if not isinstance(value, str)}
