"""Plots the predictions of a video over time."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from catgan import facs, files, plots
from catgan.errors import CatganError
from catgan.pipelines.expression_panels import colours_of, draw_expressions
from catgan.plots import COLOURS, GREY

MAX_POINTS = 4000
"""Maximum number of points. More are averaged, so that memory does not grow with the length of a video."""
MIN_SECONDS = 1 / 256
"""Initial length, in seconds, of the intervals of the average; shorter than the time between two frames."""
MAX_FACES = len(COLOURS)
"""Maximum number of plotted faces."""
MAX_MARKS = 200
"""Maximum number of plotted beginnings of tracks."""
TRACK, CLASS = "track", "expression="
"""The column of tracks, and the beginning of the names of columns of probabilities of expressions."""


class Timeline:
    """Collects predictions of one video, averaged over intervals that double when there are too many points.

    Args:
        schema: of the added tables, see `catgan.pipelines.predictions.table_schema`.

    Attributes:
        labels: names of the plotted labels that have a standard deviation.
        expressions: names of the expressions whose probabilities are plotted.
        seconds: length of the intervals of the average, in seconds.
        end: time of the last frame, in seconds.
    """

    def __init__(self, schema: pa.Schema):
        self.labels = [name for name in schema.names if f"{name}_std" in schema.names]
        self.expressions = [name.removeprefix(CLASS) for name in schema.names if name.startswith(CLASS)]
        self.seconds, self.end = MIN_SECONDS, 0.0
        self._columns = [column for name in self.labels for column in (name, f"{name}_std")]
        self._columns += [CLASS + name for name in self.expressions]
        self._bins: dict[tuple[int, int], tuple[int, np.ndarray]] = {}
        self._tracks: dict[int, tuple[int, float]] = {}  # by number of the track: its face, and when it begins

    def add(self, batch: pa.RecordBatch) -> None:
        """Adds rows; those without a face or without an answer are ignored."""
        self.end = max(self.end, *batch["time"].to_pylist())
        batch = batch.filter(batch["face"].is_valid())
        batch = batch.filter(batch[self._columns[0]].is_valid()) if self._columns else batch
        if TRACK in batch.schema.names and len(self._tracks) <= MAX_MARKS:
            for track, face, time in zip(*(batch[name].to_pylist() for name in (TRACK, "face", "time"))):
                self._tracks.setdefault(track, (face, time))
        columns = [np.asarray(batch[name], np.float64) for name in ("time", *self._columns)]
        for face, row in zip(batch["face"].to_pylist(), np.stack(columns, axis=1)):
            self._put((face, int(row[0] // self.seconds)), 1, row)
        while len(self._bins) > MAX_POINTS:
            self._merge()

    def _put(self, key: tuple[int, int], count: int, values: np.ndarray) -> None:
        before, total = self._bins.get(key, (0, 0.0))
        self._bins[key] = before + count, total + values

    def _merge(self) -> None:
        bins, self._bins, self.seconds = self._bins, {}, 2 * self.seconds
        for (face, place), (count, total) in bins.items():
            self._put((face, place // 2), count, total)

    def faces(self) -> list[int]:
        """Returns the numbers of the faces, sorted by the number of frames that show them, most frames first."""
        seen: Counter[int] = Counter()
        for (face, _), (count, _) in self._bins.items():
            seen[face] += count
        return sorted(seen, key=lambda face: (-seen[face], face))

    def begins(self, face: int) -> list[float]:
        """Returns the times at which tracks of a face begin, in seconds; none if there are more than `MAX_MARKS`."""
        if len(self._tracks) > MAX_MARKS:
            return []
        return sorted(time for owner, time in self._tracks.values() if owner == face)

    def shares(self, face: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Returns the probabilities of expressions of one face: times in seconds, and mean probabilities by expression.

        All arrays are `(points,)`, with gaps as in `curve`.
        """
        rows = self._rows(face)
        first = 1 + 2 * len(self.labels)
        return rows[:, 0], {name: rows[:, first + place] for place, name in enumerate(self.expressions)}

    def curve(self, face: int) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Returns the curve of one face: times in seconds, and per label means and standard deviations.

        All arrays are `(points,)`. A point of NaN interrupts the curve where the face was not seen for long.
        """
        rows = self._rows(face)
        values = {name: (rows[:, 2 * place + 1], rows[:, 2 * place + 2]) for place, name in enumerate(self.labels)}
        return rows[:, 0], values

    def _rows(self, face: int) -> np.ndarray:
        """Returns the mean time and the mean columns of each interval, with a row of NaN in each gap and before each
        new track."""
        keys = sorted(key for key in self._bins if key[0] == face)
        rows = np.array([self._bins[key][1] / self._bins[key][0] for key in keys])
        steps = np.diff(rows[:, 0])
        gaps = np.flatnonzero(steps > 3.0 * np.median(steps)) + 1 if len(steps) else np.empty(0, int)
        begins = np.searchsorted(rows[:, 0], self.begins(face))
        gaps = np.union1d(gaps, begins[(begins > 0) & (begins < len(rows))])
        return np.insert(rows, gaps, np.nan, axis=0)


def check_plot_path(path: str | os.PathLike) -> None:
    """Raises `CatganError` if a plot cannot be written to `path`."""
    if Path(path).suffix.lower() != ".png":
        raise CatganError(f"Plots are written as .png. Received: {path}.")
    files.check_output(path)


def save_timeline(path: str | os.PathLike, timeline: Timeline, title: str, maximum: float = 5.0) -> None:
    """Plots Action Units above, valence and arousal below, each with a band of one standard deviation.

    Probabilities of expressions are stacked below, one panel for each face. Dotted lines mark where a track begins.

    Args:
        path: ends in `.png`.
        timeline: of at least one face. The `MAX_FACES` faces with the most frames are drawn.
        title: above the plot.
        maximum: of the range of an Action Unit: 5 for intensities, 1 for probabilities of presence.
    """
    check_plot_path(path)
    units = [name for name in timeline.labels if name.startswith("AU")]
    dimensions = [name for name in timeline.labels if name not in units]
    drawn = timeline.faces()
    stacked = [f"expression of face {face}" if len(drawn) > 1 else "expression"
               for face in drawn[:MAX_FACES] if timeline.expressions]
    figure, panels, stacks = _panels(units, dimensions, stacked, maximum)
    for colour, face in zip(COLOURS, drawn[:MAX_FACES]):
        times, values = timeline.curve(face)
        for name, panel in panels.items():
            _draw(panel, times, *values[name], colour, f"face {face}")
            _mark(panel, timeline.begins(face), colour)
    for panel, face in zip(stacks, drawn):
        draw_expressions(panel, *timeline.shares(face))
        _mark(panel, timeline.begins(face), "black")
    first = [*panels.values(), *stacks][0]
    first.set_xlim(0.0, timeline.end or 1.0)
    first.xaxis.set_major_formatter(FuncFormatter(_clock if timeline.end >= 120 else _seconds))
    if len(drawn) > 1:
        figure.legend(*first.get_legend_handles_labels(), loc="upper right", ncols=MAX_FACES,
                      fontsize=8, frameon=False)
    if stacks:
        patches = [Patch(color=colour, label=name) for name, colour in colours_of(timeline.expressions).items()
                   if name in timeline.expressions]
        stacks[0].legend(handles=patches, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(patches),
                         fontsize=7.5, frameon=False, borderaxespad=0.0)
    title += f", {len(drawn) - MAX_FACES} more faces are not shown" if len(drawn) > MAX_FACES else ""
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, parse_math=False)
    figure.supxlabel("time in the video" + (" (bands: one standard deviation)" if panels else ""), fontsize=8)
    with files.atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the font may lack letters of the file's name
        figure.savefig(temporary, dpi=120)


def _panels(units: Sequence[str], dimensions: Sequence[str], stacked: Sequence[str],
            maximum: float) -> tuple[Figure, dict[str, Axes], list[Axes]]:
    """Creates two columns of low panels for Action Units, and a wide panel for each of valence and arousal, and for
    each title in `stacked`."""
    rows = -(-len(units) // 2)
    heights = [0.62] * rows + [1.25] * (len(dimensions) + len(stacked))
    figure = plots.figure(10.0, sum(heights) + 1.2, dpi=100)
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    panels: dict[str, Axes] = {}
    for place, name in enumerate(units):
        panels[name] = _panel(figure, grid[place % rows, place // rows], _title(name), (0.0, maximum), panels)
        panels[name].tick_params(labelbottom=place in (rows - 1, len(units) - 1))
    for place, name in enumerate(dimensions):
        panels[name] = _panel(figure, grid[rows + place, :], name, (-1.0, 1.0), panels)
        panels[name].axhline(0.0, color=GREY, lw=0.6)
    first, stacks = rows + len(dimensions), dict[str, Axes]()
    for place, title in enumerate(stacked):
        stacks[title] = _panel(figure, grid[first + place, :], title, (0.0, 1.0), panels or stacks)
    return figure, panels, list(stacks.values())


def _panel(figure: Figure, place: SubplotSpec, title: str, limits: tuple[float, float],
           others: dict[str, Axes]) -> Axes:
    panel = figure.add_subplot(place, sharex=next(iter(others.values()), None))
    margin = 0.05 * (limits[1] - limits[0])
    panel.set_ylim(limits[0] - margin, limits[1] + margin)
    panel.set_yticks(limits)
    panel.tick_params(labelsize=7)
    panel.set_title(title, fontsize=7.5, loc="left", pad=2)
    plots.hide_spines(panel)
    return panel


def _draw(panel: Axes, times: np.ndarray, values: np.ndarray, deviation: np.ndarray, colour: str, label: str) -> None:
    low, high = panel.get_yticks()[[0, -1]]
    below, above = (np.clip(edge, low, high) for edge in (values - deviation, values + deviation))
    panel.fill_between(times, below, above, color=colour, alpha=0.2, lw=0)
    marker = "." if np.isfinite(values).sum() == 1 else None  # a line needs two points
    panel.plot(times, values, color=colour, lw=1.1, label=label, marker=marker)


def _mark(panel: Axes, begins: Sequence[float], colour: str) -> None:
    """Marks where tracks begin; the first one of a face needs no mark."""
    for time in begins[1:]:
        panel.axvline(time, color=colour, lw=0.8, ls=":")


def _title(name: str) -> str:
    unit = facs.action_unit(facs.parse_action_unit(name.removesuffix("_present")))
    return f"{name.removesuffix('_present')} {unit.name.lower()}"


def _seconds(time: float, _: object = None) -> str:
    return f"{time:g} s"


def _clock(time: float, _: object = None) -> str:
    minutes, seconds = divmod(round(time), 60)
    return f"{minutes}:{seconds:02d}"
