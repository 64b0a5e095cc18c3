"""Draws the figures of a data set's card."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle, Ellipse
from PIL import Image

from catgan import facs, plots
from catgan.data.schema import SPLITS, Info
from catgan.data.card.summary import CELLS, CORNERS, SHOWN_CORNER, Summary, expression_means
from catgan.faces.images import grid, write_image

_INK, _SOFT = "#1f4e79", "#9ec1e0"
_SPLIT_COLOURS = (_INK, "#3f88c5", _SOFT)
_SOURCE_COLOURS = ("#1f4e79", "#d98c3f", "#5a9e6f", "#a45a8c", "#7a7a7a", "#c0b13c", "#4aa6b5", "#b5534a")
_WORDS = {"happiness": "happy", "sadness": "sad", "surprise": "surprised", "fear": "fearful", "disgust": "disgusted",
          "anger": "angry"}
_GRADES = ("#f0f0f0", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c")


def au_rates(info: Info, path: Path) -> None:
    """Draws the share of faces with each AU present, and the number of faces where it is known."""
    coverage = {name: figures for name, figures in info["coverage"].items() if facs.is_presence(name)}
    known = np.array([sum(split["known"] for split in figures.values()) for figures in coverage.values()])
    shown = np.array([sum(split["present"] for split in figures.values()) for figures in coverage.values()])
    figure, axes = _figure(max(5.0, 0.55 * len(coverage) + 1.5), 3.4)
    rates = 100 * shown / np.maximum(known, 1)
    bars = axes.bar(range(len(known)), rates, color=_INK)
    axes.bar_label(bars, [f"{count:,}" for count in known], fontsize=7, color="#555555", padding=2)
    axes.set_xticks(range(len(known)), [facs.without_presence(name) for name in coverage], rotation=45, ha="right")
    axes.set_ylabel("present, % of known")
    axes.set_ylim(0, max(10.0, rates.max(initial=0) * 1.15))
    axes.set_title("Action Units: how often they are present (number: faces where it is known)", fontsize=9)
    plots.save(figure, path)


def au_sources(summary: Summary, path: Path) -> bool:
    """Draws for each source the share of faces with each AU present, divided by intensity if that is known.

    Returns:
        False if no source has known AU labels; nothing is drawn then.
    """
    sources = sorted({source for source, _ in summary.known})
    if not sources:
        return False
    figure, axes = _figure(max(5.5, 0.55 * len(summary.units) + 2.0), 1.6 + 1.5 * len(sources), rows=len(sources))
    for source, plot in zip(sources, np.ravel(axes)):
        for place, unit in enumerate(summary.units):
            known, bottom = summary.known[source, unit], 0.0
            if not known:
                plot.text(place, 3, "–", ha="center", color="#aaaaaa", fontsize=8)
                continue
            grades = summary.grades.get((source, unit))
            parts = [(grade, grades[grade] / grades.sum()) for grade in range(1, 6)] if grades is not None else [
                (4, summary.present[source, unit] / known)]
            for grade, share in parts:
                plot.bar(place, 100 * share, bottom=bottom, color=_GRADES[grade], width=0.7)
                bottom += 100 * share
        plot.set_xlim(-0.6, len(summary.units) - 0.4)
        plot.set_xticks(range(len(summary.units)), [facs.au_name(unit) for unit in summary.units], rotation=45,
                        ha="right", fontsize=7)
        plot.set_ylabel("%", fontsize=8)
        plot.set_title(f"{source}: {'intensity 1 (light) to 5 (dark)' if _graded(summary, source) else 'present'}",
                       fontsize=8, loc="left")
    plots.save(figure, path)
    return True


def _graded(summary: Summary, source: str) -> bool:
    return any(name == source for name, _ in summary.grades)


def au_cooccurrence(summary: Summary, path: Path) -> None:
    """Draws the correlation (phi) between AUs, over faces where both are known."""
    names = [facs.au_name(unit) for unit in summary.units]
    figure, axes = _figure(max(4.0, 0.36 * len(names) + 1.8), max(3.4, 0.36 * len(names) + 1.0))
    image = axes.imshow(summary.cooccurrence.reshape(len(names), len(names)), cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_facecolor("#eeeeee")
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    figure.colorbar(image, ax=axes, label="correlation", shrink=0.8)
    axes.set_title("Action Units together (grey: never both known)", fontsize=9)
    plots.save(figure, path)


def va_density(density: np.ndarray, path: Path) -> None:
    """Draws the number of faces over the plane of valence and arousal; `density` is `(cells, cells)`."""
    figure, axes = _figure(4.8, 4.2)
    if density.any():
        image = axes.imshow(np.ma.masked_equal(density.T, 0), origin="lower", extent=(-1, 1, -1, 1), norm=LogNorm(),
                            cmap="viridis", interpolation="nearest")
        figure.colorbar(image, ax=axes, label="faces")
    _plane(axes)
    axes.set_title(f"Valence and arousal of {density.sum():,} faces", fontsize=9)
    plots.save(figure, path)


def circumplex(summary: Summary, path: Path) -> None:
    """Draws the expressions in the plane of valence and arousal, and the number of faces by direction.

    The first panel shows mean and one standard deviation of each expression in this data set. Crosses mark the ratings
    of the words by people (Russell & Mehrabian 1977).
    """
    figure = plots.figure(9.6, 4.4)
    axes, around = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2, projection="polar")
    _plane(axes)
    for colour, (word, facts) in zip(_SOURCE_COLOURS * 3, expression_means(summary).items()):
        axes.add_patch(Ellipse(facts["mean"], *(2 * facts["sd"]), color=colour, alpha=0.25, lw=0))
        axes.plot(*facts["mean"], "o", color=colour, ms=4)
        axes.annotate(f"{word} ({facts['n']:,})", facts["mean"], xytext=(4, 4), textcoords="offset points", fontsize=7,
                      color=colour)
        if word in _WORDS:
            axes.plot(*facs.VA_ANCHORS[_WORDS[word]][:2], "x", color=colour, ms=6)
    axes.set_title("Expressions: mean and deviation of the faces (o), rating of the word (x)", fontsize=8)
    centres = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    valence, arousal = np.meshgrid(centres, centres, indexing="ij")
    sectors = (np.arctan2(arousal, valence) % (2 * np.pi) / (2 * np.pi) * 24).astype(int) % 24
    counts = np.bincount(sectors.ravel(), summary.density.ravel(), minlength=24)
    around.bar((np.arange(24) + 0.5) * 2 * np.pi / 24, counts, width=2 * np.pi / 24, color=_INK, edgecolor="white")
    around.set_xticks(np.arange(4) * np.pi / 2, ["+ valence", "+ arousal", "- valence", "- arousal"], fontsize=8)
    around.tick_params(axis="y", labelsize=7)
    around.set_title("Faces by direction in the plane", fontsize=8)
    plots.save(figure, path)


def regression(summary: Summary, path: Path) -> bool:
    """Draws the regression of valence and arousal on the AUs, with 95 % confidence intervals.

    Returns:
        False if either regression is missing; nothing is drawn then.
    """
    results = {dimension: summary.regression(dimension) for dimension in ("valence", "arousal")}
    if not all(results.values()):
        return False
    figure, axes = _figure(8.4, 0.26 * len(summary.units) + 1.6, columns=2)
    for plot, (dimension, result) in zip(axes, results.items()):
        assert result is not None
        places = np.arange(len(result.units))[::-1]
        plot.errorbar(result.slopes, places, xerr=result.intervals, fmt="o", color=_INK, ms=4, capsize=2, lw=1)
        plot.axvline(0, color="#888888", lw=0.6)
        plot.set_yticks(places, [f"{facs.au_name(unit)} {facs.action_unit(unit).name.lower()}" for unit in
                                 result.units], fontsize=7)
        plot.set_title(f"{dimension}: R² {result.r2:.2f}, n {result.n:,}", fontsize=9)
        plot.set_xlabel("change where the AU is present, 95 % CI", fontsize=8)
    plots.save(figure, path)
    return True


def label_coverage(info: Info, path: Path) -> None:
    """Draws for each label the number of faces in each split where it is known, and the number where it is not."""
    names, total = list(info["coverage"]), info["counts"]["faces"]
    figure, axes = _figure(6.4, 0.24 * len(names) + 1.4)
    left = np.zeros(len(names))
    for split, colour in zip(SPLITS, _SPLIT_COLOURS):
        known = np.array([info["coverage"][name][split]["known"] for name in names])
        axes.barh(range(len(names)), known, left=left, color=colour, label=split)
        left += known
    axes.barh(range(len(names)), total - left, left=left, color="#eeeeee", label="unknown")
    axes.set_yticks(range(len(names)), [facs.without_presence(name) for name in names], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, total)
    axes.set_xlabel("faces")
    figure.legend(loc="outside upper center", ncols=4, fontsize=8, frameon=False)
    plots.save(figure, path)


def balance(info: Info, path: Path) -> None:
    """Draws each split's share of the faces with each label, compared with its share of all faces."""
    shares = {token: splits for token, splits in info["balance"].items() if token and not token.endswith("=0")}
    figure, axes = _figure(6.4, 0.19 * len(shares) + 1.4)
    for split, colour in zip(SPLITS, _SPLIT_COLOURS):
        axes.plot([100 * splits[split] for splits in shares.values()], range(len(shares)), "o", ms=4, color=colour,
                  label=split)
        axes.axvline(100 * info["balance"][""][split], color=colour, lw=0.8)
    axes.set_yticks(range(len(shares)), [token.replace("_present=1", "") for token in shares], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("% of the faces with this label (line: of all faces)")
    figure.legend(loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    plots.save(figure, path)


def contact_sheet(pictures: Sequence[bytes], path: Path) -> None:
    """Writes PNG pictures of one size as a contact sheet, in rows of twelve."""
    write_image(path, grid([decoded(picture) for picture in pictures], columns=12, gap=2))


def va_corners(corners: Mapping[str, Sequence[bytes]], path: Path) -> None:
    """Draws the faces nearest to the corners of the plane of valence and arousal, one row per corner."""
    figure, axes = _figure(SHOWN_CORNER * 0.72, len(CORNERS) * 0.95, rows=len(CORNERS))
    for plot, (name, pictures) in zip(axes, corners.items()):
        if pictures:
            plot.imshow(grid([decoded(picture) for picture in pictures], columns=SHOWN_CORNER, gap=2))
        _bare(plot, f"{name}" if pictures else f"{name}: no face within 1 of the corner")
    plots.save(figure, path)


def rejected(samples: Mapping[str, tuple[int, Sequence[np.ndarray]]], path: Path) -> None:
    """Draws the number of rejected rows for each reason, with thumbnails of one size of the readable pictures."""
    pictures = {reason: shown for reason, (_, shown) in samples.items() if shown}
    rest = ", ".join(f"{reason}: {count:,}" for reason, (count, shown) in samples.items() if not shown)
    figure, axes = _figure(7.6, 0.95 * len(pictures) + 0.6, rows=len(pictures) + 1)
    *panels, last = np.ravel(axes)
    for plot, (reason, shown) in zip(panels, pictures.items()):
        sheet = grid(shown, columns=8, gap=2)
        plot.imshow(sheet, extent=(0, sheet.shape[1], sheet.shape[0], 0))
        plot.set_xlim(0, 8 * (shown[0].shape[1] + 2))
        _bare(plot, f"{reason}: {samples[reason][0]:,}")
    _bare(last, f"no picture to show: {rest}" if rest else "")
    plots.save(figure, path)


def decoded(picture: bytes) -> np.ndarray:
    """Decodes a PNG to uint8 `(h, w, 3)` RGB."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _figure(width: float, height: float, rows: int = 1, columns: int = 1):
    figure = plots.figure(width, height)
    axes = figure.subplots(rows, columns)
    for plot in np.ravel(axes):
        plots.hide_spines(plot)
    return figure, axes


def _bare(plot, title: str) -> None:
    plot.set_axis_off()
    plot.set_title(title, fontsize=8, loc="left")


def _plane(axes) -> None:
    axes.axhline(0, color="#888888", lw=0.6)
    axes.axvline(0, color="#888888", lw=0.6)
    axes.add_patch(Circle((0, 0), 1.0, fill=False, color="#bbbbbb", lw=0.8))
    axes.set(xlabel="valence", ylabel="arousal", xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
