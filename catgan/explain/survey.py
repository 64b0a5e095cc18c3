"""Survey of a data set: which Action Units a model uses for an answer, overall and by subgroup, with a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catgan import files, plots, random_streams
from catgan.data.store import DualDataset
from catgan.errors import CatganError, unknown_name
from catgan.explain import overall
from catgan.explain.counterfactual import Counterfactuals
from catgan.explain.search.options import SearchOptions
from catgan.explain.targets import parse_target
from catgan.models.gan.faces import FaceGAN
from catgan.random_streams import Seed, seed_of

BATCH_SIZE = 32
"""Faces that are searched at once."""
MAX_FOLLOWED = 40
"""Faces of which curves and Shapley values are computed; each needs about a hundred drawings."""
MAX_SHOWN = 8
"""Action Units in a bar chart or a table."""
MAX_CURVES = 6
"""Action Units whose curves are drawn."""
QUANTILE_GROUPS = 4
"""Groups that a numeric column is divided into."""


class SurveyCurves(TypedDict):
    """Mean answer at each level of each Action Unit, see `catgan.explain.overall.curves`."""

    answer: str
    levels: list[float]
    slopes: dict[str, float]
    means: dict[str, list[float]]


class Survey(TypedDict):
    """Content of `survey.json`, see `survey`."""

    n: int
    split: str
    dataset: str
    target: str
    by: str | None
    met: float
    usage: overall.Usage
    followed: int
    curves: NotRequired[SurveyCurves]
    shapley: NotRequired[dict[str, overall.MeanShapley]]


def survey(model: object, gan: FaceGAN, dataset: DualDataset, target: str, n: int = 200, split: str = "test",
           by: str | None = None, seed: Seed = 0, *, method: str = "search", options: SearchOptions = SearchOptions(),
           without: Sequence[int] = (), batch_size: int = BATCH_SIZE, verbose: bool = True) -> Survey:
    """Explains many faces of a data set with one target, and sums up which Action Units the answers change.

    Args:
        model: what is explained, see `catgan.explain.explained_model`.
        gan: draws the changes and reads Action Units.
        dataset: of aligned faces of the size that `gan` draws.
        target: see `catgan.explain.parse_target`.
        n: number of faces, drawn at random from the split.
        split: of the data set.
        by: a column of the data set that divides the faces into subgroups: by its text, or by quarters of its numbers.
        seed: of the choice of faces, and of the drawer.
        method, options: of the search, see `catgan.explain.Counterfactuals`.
        without: FACS numbers of Action Units that must not be changed.
        batch_size: faces that are searched at once.
        verbose: whether to show progress bars.

    Returns:
        `n`; `met`, the share of faces for which the target holds already; `usage` of the answers for the others, see
        `catgan.explain.overall.usage`, with `groups` where `by` is given; and, of `followed` faces, `curves` and
        `shapley`, see `catgan.explain.overall`.

    Raises:
        CatganError: faces of another size, a column that is not there, or an empty split.
    """
    if dataset.image_size != gan.network.image_size:
        raise CatganError(f"{dataset.folder} holds faces of {dataset.image_size} px, the model draws "
                          f"{gan.network.image_size} px. Build it with that image_size.")
    if not dataset.count(split):
        raise CatganError(f"{dataset.folder} has no faces in its {split} split.")
    seed = seed_of(seed)
    rows = np.sort(random_streams.generator("surveyed_faces", seed).permutation(dataset.count(split))[:n])
    faces, people = dataset.images(split, 3)[rows], np.array(dataset.subjects(split))[rows]
    groups = None if by is None else np.array(groups_of(dataset.table(split), by))[rows]
    explainer = Counterfactuals(model, method=method, options=options, seed=seed, gan=gan)
    results = explainer.explain(faces, target, without=without, batch_size=batch_size, verbose=verbose)
    asked = np.array([result.status != "already met" for result in results], bool)
    used = overall.usage([result for result, ask in zip(results, asked) if ask], people[asked].tolist(),
                         None if groups is None else groups[asked].tolist())
    content: Survey = {"n": len(faces), "split": split, "dataset": dataset.info["name"], "target": target, "by": by,
                       "met": float(1.0 - asked.mean()), "usage": used, "followed": 0}
    _follow(content, explainer, faces[asked][:MAX_FOLLOWED], seed, verbose)
    return content


def _follow(content: Survey, explainer: Counterfactuals, faces: np.ndarray, seed: int, verbose: bool) -> None:
    """Adds curves and Shapley values of faces to a survey."""
    goal = parse_target(content["target"], explainer.model.labels).goals[0]
    column = goal.label.columns[goal.label.classes.index(goal.name)] if goal.name else goal.label.columns[0]
    if not len(faces):
        return
    found = overall.curves(explainer.model, faces, column, explainer.gan, seed=seed)
    content["followed"] = len(faces)
    content["curves"] = {"answer": column, "levels": found.levels.tolist(), "slopes": found.slopes(),
                         "means": {name: values.mean(0).tolist() for name, values in found.answers.items()}}
    content["shapley"] = overall.mean_shapley(explainer.gan, faces, column, explainer.model, seed=seed,
                                              verbose=verbose)


def groups_of(table: pa.Table, column: str) -> list[str]:
    """Returns the subgroup of every row: the text of the column, or the quarter of its numbers; else `unknown`."""
    simple = [field.name for field in table.schema if pa.types.is_string(field.type) or pa.types.is_floating(field.type)
              or pa.types.is_integer(field.type)]
    if column not in simple:
        raise unknown_name("column of the data set", column, simple)
    values = table[column].to_pylist()
    if pa.types.is_string(table.schema.field(column).type):
        return [value or "unknown" for value in values]
    known = np.array([value for value in values if value is not None and np.isfinite(value)], float)
    if len(np.unique(known)) <= QUANTILE_GROUPS:
        return ["unknown" if value is None else f"{value:g}" for value in values]
    edges = np.quantile(known, np.linspace(0, 1, QUANTILE_GROUPS + 1))
    names = [f"{column} {low:.2f} .. {high:.2f}" for low, high in zip(edges, edges[1:])]
    return ["unknown" if value is None or not np.isfinite(value) else
            names[int(np.clip(np.searchsorted(edges, value, "right") - 1, 0, QUANTILE_GROUPS - 1))] for value in values]


def save(content: Survey, folder: str | Path) -> None:
    """Writes `survey.png` and, last, `survey.json`."""
    folder = Path(folder)
    plots.save(draw(content), folder / "survey.png")
    files.write_json(folder / "survey.json", content)


def draw(content: Survey) -> Figure:
    """Draws how often answers change each Action Unit, its mean Shapley value, the curves, and a table of subgroups."""
    used = content["usage"]["action_units"]
    groups = content["usage"].get("groups", {}) if used else {}
    names = sorted(used, key=lambda name: -used[name]["share"])[:MAX_SHOWN]
    figure = plots.figure(12.0, 3.6 + (0.6 + 0.28 * len(groups) if groups else 0.0))
    rows = figure.add_gridspec(2 if groups else 1, 3, height_ratios=[3.4, 0.6 + 0.28 * len(groups)] if groups else None)
    figure.suptitle(f"{content['target']}: {content['usage']['n']} faces of {content['dataset']}, "
                    f"{100 * content['met']:.0f} % met it before", fontsize=9)
    _bars(figure.add_subplot(rows[0, 0]), names, [used[name]["share"] for name in names],
          "share of answers that change it", [used[name]["share_interval"] for name in names])
    worth = content.get("shapley", {})
    strongest = sorted(worth, key=lambda name: -worth[name]["mean_absolute"])[:MAX_SHOWN]
    _bars(figure.add_subplot(rows[0, 1]), strongest, [worth[name]["mean"] for name in strongest],
          f"mean Shapley value, {content['followed']} faces")
    panel = figure.add_subplot(rows[0, 2])
    if content["followed"]:
        curves = content["curves"]
        for name in sorted(curves["slopes"], key=lambda name: -abs(curves["slopes"][name]))[:MAX_CURVES]:
            panel.plot(curves["levels"], curves["means"][name], marker="o", ms=3, lw=1.2, label=name)
        panel.set(xlabel="intensity of the Action Unit", ylabel=f"mean {curves['answer']}")
        panel.legend(fontsize=7, frameon=False)
    if groups:
        _groups(figure.add_subplot(rows[1, :]), groups, names)
    return figure


def _bars(panel: Axes, names: Sequence[str], values: Sequence[float], title: str,
          intervals: Sequence[Sequence[float] | None] = ()) -> None:
    """Draws a horizontal bar for each name, and a line for each interval."""
    places = np.arange(len(names))[::-1]
    panel.barh(places, values, color="#2166ac", height=0.7)
    for place, interval in zip(places, intervals):
        if interval is not None:
            panel.plot(interval, [place, place], color="black", lw=1.0)
    panel.set_yticks(places, names)
    panel.axvline(0.0, color="black", lw=0.6)
    panel.set_title(title, fontsize=8)
    plots.hide_spines(panel)
    panel.tick_params(labelsize=7)


def _groups(panel: Axes, groups: Mapping[str, overall.Usage], names: Sequence[str]) -> None:
    """Draws a table: the share of answers that change each unit, for each subgroup."""
    shares = np.array([[part["action_units"][name]["share"] if name in part["action_units"] else 0.0 for name in names]
                       for part in groups.values()]).reshape(len(groups), len(names))
    panel.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    panel.set_yticks(range(len(groups)), [f"{name} (n = {part['n']})" for name, part in groups.items()])
    panel.set_xticks(range(len(names)), names)
    panel.tick_params(labelsize=7)
    for (row, column), share in np.ndenumerate(shares):
        panel.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=6.5,
                   color="white" if share > 0.6 else "black")
