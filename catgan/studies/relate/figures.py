"""Draws the figures of `catgan relate`: the circumplex, coefficients, profiles beside prototype tables, errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from catgan import facs, plots
from catgan.evaluation.clip_figures import confusion_plane
from catgan.metrics.figures import Figures
from catgan.studies.relate.faces import DIMENSIONS
from catgan.studies.relate.linear import INTERCEPT
from catgan.studies.relate.prototypes import OPTIONAL, compared_tables


def draw(folder: Path, result: Figures) -> dict[str, Path]:
    """Draws all figures that a result of `catgan.studies.relate.study.relations` has parts for, by title."""
    parts, title = result["parts"], f"{result['dataset']}, {result['split']}"
    paths: dict[str, Path] = {}
    if "centroids" in parts:
        paths["Expressions in the valence-arousal plane"] = folder / "circumplex.png"
        confusion_plane(folder / "circumplex.png", parts["centroids"], {}, [],
                        f"{title}: {sum(place['n'] for place in parts['centroids'].values())} faces")
    for scale, found in parts.get("regression", {}).items():
        path = paths[f"Coefficients of Action Units ({scale})"] = folder / f"coefficients_{scale}.png"
        coefficient_plot(path, {name: {"": figures["coefficients"]} for name, figures in found.items()}, scale)
    for scale, found in parts.get("profiles", {}).items():
        path = paths[f"Profiles of expressions and the prototype tables ({scale})"] = folder / f"profiles_{scale}.png"
        profile_maps(path, found, scale)
    if parts.get("errors", {}).get("true"):
        path, errors = folder / "errors.png", parts["errors"]
        paths["Errors of the run in the plane"] = path
        confusion_plane(path, errors["true"], errors["predicted"], errors["confusions"],
                        f"{title}: {errors['n']} faces, accuracy {errors['accuracy']['value']:.3f}")
    compared = {name: parts["consistency"][name]["compared"] for name in DIMENSIONS
                if "compared" in parts.get("consistency", {}).get(name, {})}
    if compared:
        path = paths["Relation of the run and of the data"] = folder / "consistency.png"
        coefficient_plot(path, {name: _both(found) for name, found in compared.items()},
                         parts["consistency"]["scale"])
    return paths


def _both(compared: Figures) -> dict[str, Figures]:
    """Lays out the coefficients of data and model as `coefficient_plot` wants them, without the intercept."""
    each = {name: entry for name, entry in compared["coefficients"].items() if name != INTERCEPT}
    return {title: {name: entry[source] for name, entry in each.items()}
            for source, title in (("data", "data"), ("model", "run"))}


# === Coefficients ===


def coefficient_plot(path: Path, found: Mapping[str, Mapping[str, Figures]], scale: str) -> None:
    """Plots coefficients with their intervals, one panel for each dimension; those whose interval holds 0 are grey.

    Args:
        path: of the PNG.
        found: dimension -> source (one, or two beside each other) -> Action Unit -> `value` and `interval`.
        scale: of the Action Units.
    """
    names = list(dict.fromkeys(name for sources in found.values() for each in sources.values() for name in each))
    figure = plots.figure(3.9 * len(found) + 0.4, 0.24 * len(names) + 1.4)
    panels = np.ravel(figure.subplots(1, len(found), sharey=True))
    for panel, (dimension, sources) in zip(panels, found.items()):
        plots.hide_spines(panel)
        panel.axvline(0, color=plots.GREY, lw=0.9)
        for place, (source, each) in enumerate(sources.items()):
            _coefficients(panel, each, names, place - (len(sources) - 1) / 2, source,
                          plots.COLOURS[place] if len(sources) > 1 else None)
        panel.set_yticks(range(len(names)), list(map(_titled, names)), fontsize=7)
        panel.set_ylim(len(names) - 0.4, -0.6)
        panel.tick_params(axis="x", labelsize=7)
        panel.tick_params(axis="y", length=0)
        panel.grid(axis="x", color=plots.GRID, lw=0.6)
        panel.set_axisbelow(True)
        panel.set_title(dimension, fontsize=9)
    unit = "one step of intensity (of 5)" if scale == "intensity" else "an Action Unit that is present"
    figure.supxlabel(f"change for {unit}, the others held", fontsize=8, color=plots.TEXT)
    if any(len(sources) > 1 for sources in found.values()):
        plots.legend(figure, list(panels))
    plots.save(figure, path)


def _titled(name: str) -> str:
    return f"{name} {facs.action_unit(facs.parse_action_unit(name)).name}"


def _coefficients(panel: Axes, each: Figures, names: Sequence[str], offset: float, label: str,
                  colour: str | None) -> None:
    for name, entry in each.items():
        if entry["value"] is None:
            continue
        low, high = entry["interval"] or (entry["value"],) * 2
        shade = colour or (plots.COLOURS[0] if low > 0 else plots.COLOURS[1] if high < 0 else plots.GREY)
        height = names.index(name) + 0.28 * offset
        panel.plot((low, high), (height, height), color=shade, lw=1.6, solid_capstyle="butt")
        panel.plot(entry["value"], height, "o", color=shade, ms=3.6, label=label or None)


# === Profiles ===


def profile_maps(path: Path, found: Figures, scale: str) -> None:
    """Plots the profiles as one heat map per prototype table, in which the table's Action Units are outlined.

    Args:
        path: of the PNG.
        found: of `catgan.studies.relate.profiles.profiles`.
        scale: of the Action Units.
    """
    expressions, units = found["expressions"], found["action_units"]
    values = np.array([[_number(found["profile"][name][unit]["value"]) for unit in units] for name in expressions])
    tables = compared_tables(expressions, list(map(facs.parse_action_unit, units)))
    ranking = found["ranking"]
    figure, panels = plots.grid(max(len(ranking), 1), 2, 0.23 * len(units) + 1.5, 0.24 * len(expressions) + 0.9)
    for place, panel in enumerate(panels):
        image = panel.imshow(values, cmap="Blues", vmin=0, vmax=5 if scale == "intensity" else 1, aspect="auto")
        panel.set_facecolor("#dddddd")
        panel.grid(False)
        panel.set_xticks(range(len(units)), [unit[2:] for unit in units], fontsize=7)
        panel.set_yticks(range(len(expressions)), expressions, fontsize=7)
        panel.tick_params(length=0, colors=plots.TEXT)
        if ranking:
            _outline(panel, tables.memberships[ranking[place]["table"]],
                     [expressions.index(name) for name in tables.expressions], tables.columns)
            panel.set_title(_table_title(ranking[place]), fontsize=8)
    bar = figure.colorbar(image, ax=panels, aspect=40, shrink=0.6)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("mean intensity" if scale == "intensity" else "share of faces that show it", fontsize=7.5)
    figure.supxlabel("Action Unit (outlined: belongs to the expression; dotted: optional)", fontsize=8,
                     color=plots.TEXT)
    plots.save(figure, path)


def _outline(panel: Axes, membership: np.ndarray, rows: Sequence[int], columns: Sequence[int]) -> None:
    for (row, column), member in np.ndenumerate(membership):
        if member:
            panel.add_patch(Rectangle((columns[column] - 0.44, rows[row] - 0.44), 0.88, 0.88, fill=False,
                                      edgecolor=plots.COLOURS[1], lw=1.4, ls=":" if member == OPTIONAL else "-"))


def _table_title(entry: Figures) -> str:
    if entry["agreement"] is None:
        return f"{entry['table']}: no agreement defined"
    interval = entry["interval"]
    return f"{entry['table']}: {entry['agreement']:.2f}" + (
        f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
