"""A model explained over a data set: which Action Units it uses for an answer, overall and by subgroup; a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from matplotlib.figure import Figure
from tqdm import tqdm

from catgan import files, plots, random_streams
from catgan.data.store import DualDataset
from catgan.errors import CatganError, unknown_name
from catgan.explain import overall
from catgan.explain.counterfactual import counterfactuals
from catgan.explain.loading import explained_model
from catgan.explain.question import beside
from catgan.explain.targets import parse_target
from catgan.models.gan.model import CatGAN

AT_ONCE, FOLLOWED, SHOWN, QUARTERS = 32, 40, 8, 4
"""Faces in a batch; faces of which curves and Shapley values are taken, which need a hundred drawings each; Action
Units in a figure; groups that a column of numbers is cut into."""


def survey(model: Any, gan: CatGAN, dataset: DualDataset, target: str, n: int = 200, split: str = "test",
           by: str | None = None, seed: int = 0, **options: Any) -> dict[str, Any]:
    """Explains the same question for many faces of a data set.

    Args:
        model: what is explained, see `catgan.explain.loading.explained_model`; `gan` draws.
        dataset: of aligned faces of the size that `gan` draws.
        target: see `catgan.explain.targets`.
        n: faces, drawn at random among those of the split.
        split: of the data set.
        by: a column of the data set: text is a subgroup, numbers are cut into quarters.
        seed: of the faces.
        options: of `catgan.explain.counterfactuals`.

    Returns:
        `n`, `met` (the share of which the target holds already; the rest is explained), `usage` (see `overall.usage`,
        with `groups` where `by` is given), and of `followed` faces `curves` (mean answer at each level of each unit,
        and its slopes) and `shapley` (see `overall.mean_shapley`).

    Raises:
        CatganError: faces of another size, a column that is not there, an empty split.
    """
    if dataset.image_size != gan.network.image_size:
        raise CatganError(f"{dataset.folder} holds faces of {dataset.image_size} px, the model draws "
                          f"{gan.network.image_size} px. Build it with that image_size.")
    if not dataset.count(split):
        raise CatganError(f"{dataset.folder} has no faces in its {split} split.")
    rows = np.sort(random_streams.generator("surveyed_faces", seed).permutation(dataset.count(split))[:n])
    faces, people = dataset.images(split, 3)[rows], np.array(dataset.subjects(split))[rows]
    groups = None if by is None else np.array(groups_of(dataset.table(split), by))[rows]
    results: list[Any] = []
    for first in tqdm(range(0, len(faces), AT_ONCE), "explain", leave=False, disable=None):
        results += counterfactuals(model, faces[first:first + AT_ONCE], target, gan=gan, seed=seed, **options)
    asked = np.array([result.status != "already met" for result in results])
    used = overall.usage([result for result, ask in zip(results, asked) if ask], people[asked].tolist(),
                         None if groups is None else groups[asked].tolist())
    content: dict[str, Any] = {"n": len(faces), "split": split, "dataset": dataset.info["name"], "target": target,
                               "by": by, "met": float(1.0 - asked.mean()), "usage": used, "followed": 0}
    asking, _ = beside(explained_model(model), gan)
    goal = parse_target(target, asking.labels).goals[0]
    column = goal.label.columns[goal.label.classes.index(goal.name)] if goal.name else goal.label.columns[0]
    some = faces[asked][:FOLLOWED]
    if len(some):
        followed = overall.curves(asking, some, column, gan, seed=seed)
        content |= {"followed": len(some), "curves": {
            "answer": column, "levels": followed.levels.tolist(), "slopes": followed.slopes(),
            "means": {name: values.mean(0).tolist() for name, values in followed.answers.items()}},
            "shapley": overall.mean_shapley(gan, some, column, asking, seed=seed)}
    return content


def groups_of(table: pa.Table, column: str) -> list[str]:
    """The subgroup of every row: what the column says, or which quarter of its numbers it lies in; `unknown` where it
    says nothing."""
    simple = [field.name for field in table.schema if pa.types.is_string(field.type) or pa.types.is_floating(field.type)
              or pa.types.is_integer(field.type)]
    if column not in simple:
        raise unknown_name("column of the data set", column, simple)
    values = table[column].to_pylist()
    if pa.types.is_string(table.schema.field(column).type):
        return [value or "unknown" for value in values]
    known = np.array([value for value in values if value is not None and np.isfinite(value)], float)
    if len(np.unique(known)) <= QUARTERS:
        return ["unknown" if value is None else f"{value:g}" for value in values]
    edges = np.quantile(known, np.linspace(0, 1, QUARTERS + 1))
    names = [f"{column} {low:.2f} .. {high:.2f}" for low, high in zip(edges, edges[1:])]
    return ["unknown" if value is None or not np.isfinite(value) else
            names[int(np.clip(np.searchsorted(edges, value, "right") - 1, 0, QUARTERS - 1))] for value in values]


def save(content: Mapping[str, Any], folder: str | Path) -> None:
    """Writes `survey.png` and, last, `survey.json`."""
    folder = Path(folder)
    plots.save(draw(content), folder / "survey.png")
    files.write_json(folder / "survey.json", content)


def draw(content: Mapping[str, Any]) -> Figure:
    """Bars of how often answers change each Action Unit, what each is worth, how the answer follows it; subgroups."""
    used = content["usage"]["action_units"]
    groups = content["usage"].get("groups", {}) if used else {}
    names = sorted(used, key=lambda name: -used[name]["share"])[:SHOWN]
    figure = plots.figure(12.0, 3.6 + (0.6 + 0.28 * len(groups) if groups else 0.0))
    rows = figure.add_gridspec(2 if groups else 1, 3, height_ratios=[3.4, 0.6 + 0.28 * len(groups)] if groups else None)
    figure.suptitle(f"{content['target']}: {content['usage']['n']} faces of {content['dataset']}, "
                    f"{100 * content['met']:.0f} % met it before", fontsize=9)
    _bars(figure.add_subplot(rows[0, 0]), names, [used[name]["share"] for name in names],
          "share of answers that change it", [used[name]["share_interval"] for name in names])
    worth = content.get("shapley", {})
    strongest = sorted(worth, key=lambda name: -worth[name]["mean_absolute"])[:SHOWN]
    _bars(figure.add_subplot(rows[0, 1]), strongest, [worth[name]["mean"] for name in strongest],
          f"mean Shapley value, {content['followed']} faces")
    panel = figure.add_subplot(rows[0, 2])
    if content["followed"]:
        curves = content["curves"]
        for name in sorted(curves["slopes"], key=lambda name: -abs(curves["slopes"][name]))[:6]:
            panel.plot(curves["levels"], curves["means"][name], marker="o", ms=3, lw=1.2, label=name)
        panel.set(xlabel="intensity of the Action Unit", ylabel=f"mean {curves['answer']}")
        panel.legend(fontsize=7, frameon=False)
    if groups:
        _groups(figure.add_subplot(rows[1, :]), groups, names)
    return figure


def _bars(panel: Any, names: Sequence[str], values: Sequence[float], title: str,
          intervals: Sequence[Sequence[float] | None] = ()) -> None:
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


def _groups(panel: Any, groups: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> None:
    shares = np.array([[part["action_units"].get(name, {"share": 0.0})["share"] for name in names]
                       for part in groups.values()]).reshape(len(groups), len(names))
    panel.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    panel.set_yticks(range(len(groups)), [f"{name} (n = {part['n']})" for name, part in groups.items()])
    panel.set_xticks(range(len(names)), names)
    panel.tick_params(labelsize=7)
    for (row, column), share in np.ndenumerate(shares):
        panel.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=6.5,
                   color="white" if share > 0.6 else "black")
