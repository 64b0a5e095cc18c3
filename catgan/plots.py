"""Figures in one style: an empty figure, a grid of panels, one legend, saving. Nothing here knows what is plotted."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from catgan import files

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that people with any colour vision tell apart (Okabe & Ito 2008), without black and yellow."""
GREY = "#999999"
"""Of ticks and reference lines."""
TEXT = "#444444"
"""Of axis labels."""
GRID = "#eeeeee"
"""Of the lines behind a plot."""


class ShownFigure(Figure):
    """A figure that notebooks show. Those of pyplot are shown by its backend, which does not know this one."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png", metadata={"Software": None})
        return content.getvalue()


def figure(width: float, height: float, dpi: float = 130) -> Figure:
    """Makes an empty figure that draws itself without a window.

    Args:
        width, height: in inches.
        dpi: pixels an inch.
    """
    result = ShownFigure((width, height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(result)
    return result


def grid(count: int, columns: int, width: float, height: float, min_width: float = 3.2) -> tuple[Figure, list[Axes]]:
    """Makes a figure of `count` panels, row by row; the last row may be shorter.

    Args:
        count: number of panels.
        columns: panels side by side, at most.
        width, height: of one panel, in inches.
        min_width: of the whole figure, in inches.

    Returns:
        The figure and its panels.
    """
    columns = max(1, min(columns, count))
    rows = max(1, -(-count // columns))
    result = figure(max(width * columns + 0.4, min_width), height * rows + 0.6)
    panels: list[Axes] = list(np.ravel(result.subplots(rows, columns, squeeze=False)))
    for panel in panels[count:]:
        panel.remove()
    for panel in panels[:count]:
        hide_spines(panel)
        panel.tick_params(labelsize=6.5, color=GREY)
        panel.grid(color=GRID, lw=0.6)
        panel.set_axisbelow(True)
    return result, panels[:count]


def hide_spines(panel: Axes) -> None:
    """Hides the upper and the right border of a panel."""
    panel.spines[["top", "right"]].set_visible(False)


def legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Puts one legend for all panels above them. Equal labels are listed once."""
    entries = {label: line for panel in panels for line, label in zip(*panel.get_legend_handles_labels())}
    if entries:
        figure.legend(list(entries.values()), list(entries), loc="outside upper center", ncols=len(entries),
                      fontsize=7.5, frameon=False)


def save(figure: Figure, path: str | Path, text: Mapping[str, str] | None = None) -> None:
    """Writes a figure as PNG, atomically; the same figure gives the same bytes.

    Args:
        path: of the PNG.
        text: PNG text chunks, for example the provenance of a synthetic face.
    """
    with files.atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None, **(text or {})})
