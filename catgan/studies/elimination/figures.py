"""Figures of an elimination on people who were never seen: intervals, paired differences, stability of rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from catgan.explain.landmarks.stability import stability
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.studies.elimination.options import MAIN, Elimination
from catgan.studies.elimination.run import Material, Piece
from catgan.studies.elimination.tables import CHOSEN, CHOSEN_RANDOM, FoldResult, Key, Table, read_fold, tabulated

MEAN = "mean"
"""Stands for the mean over expressions."""
METRICS = ("balanced_accuracy", "auc")


def figures(study: Elimination, material: Material, out: Path) -> Figures:
    """Computes all figures of a finished study.

    Returns:
        `networks`: per kind of network `curves` and `last_test` (see `curves_of`); `chosen`: per arm and expression the
        number of points that each fold chose, and the points of the last fold; `stability` and `relevance` (see
        `stability_of`); `completeness_gap` of the attributions (median); `seconds`. Beside it the counts of clips and
        people, `sizes`, `expressions` and `folds`.
    """
    networks = {name: _network(study, material, name, out) for name in study.networks}
    rows = np.concatenate([fold.test for fold in material.folds[:study.folds]])
    last = material.folds[study.folds].test if len(material.folds) > study.folds else np.zeros(0, np.int64)
    subjects = material.clips.subjects
    return {"name": study.name, "sizes": list(material.sizes), "expressions": list(material.expressions),
            "folds": study.folds, "seeds": list(study.seeds), "criterion": study.criterion,
            "clips": len(rows), "people": len({subjects[row] for row in rows}),
            "last_clips": len(last), "last_people": len({subjects[row] for row in last}),
            "landmark_set": material.clips.landmark_set, "networks": networks}


def _network(study: Elimination, material: Material, name: str, out: Path) -> Figures:
    by_seed = [[read_fold(study, material, Piece(name, seed, fold), out) for fold in range(len(material.folds))]
               for seed in study.seeds]
    outer = [results[:study.folds] for results in by_seed]
    tables = merged([tabulated(results) for results in outer])
    result: Figures = {"curves": curves_of(tables, material, study.draws),
                       "chosen": _chosen(by_seed, material),
                       **stability_of([fold for results in outer for fold in results], material),
                       "completeness_gap": _gap([fold for results in outer for fold in results]),
                       "seconds": _seconds([fold for results in by_seed for fold in results])}
    if len(material.folds) > study.folds:
        last = merged([tabulated(results[study.folds:]) for results in by_seed])
        result["last_test"] = curves_of(last, material, study.draws)
    return result


def merged(tables: Sequence[Table]) -> Table:
    """Puts the columns of several seeds beside each other; the tested clips are the same."""
    first = tables[0]
    for other in tables[1:]:
        first.keys += other.keys
        first.scores += other.scores
        first.said += other.said
        first.costs += other.costs
    return first


# === Curves ===


def curves_of(table: Table, material: Material, draws: int) -> Figures:
    """Measures every arm with every number of points, with 95 % intervals over people.

    Repetitions (seeds, random draws) are averaged on every draw of people. AUC compares clips of one fold only, since
    each fold has its own network.

    Args:
        table: of one kind of network.
        material: clips and expressions.
        draws: of the bootstrap.

    Returns:
        arm -> expression (and `mean`) -> a list with one entry for each number of points: `points` (mean over folds),
        `parameters`, `multiply_adds`, and for `balanced_accuracy` and `auc` the `value`, its `interval`, and the paired
        differences `to_all` (all points) and `to_random` (random subsets of the same size) with theirs.
    """
    clips = material.clips
    labels = clips.labels[table.rows]
    truth = np.stack([labels == clips.classes.index(key.expression) for key in table.keys], 1)
    measured = table.measured(truth)
    keys, weights, costs = _averages(table, material.expressions)
    references = _references(keys, material.sizes[0])

    def statistics(rows: np.ndarray) -> Mapping[str, float | None]:
        found = measured.figures(np.bincount(rows, minlength=len(labels)))
        values: dict[str, float | None] = {}
        for metric in METRICS:
            each = _weighted(weights, getattr(found, metric))
            values |= {f"{metric}/value/{place}": _number(value) for place, value in enumerate(each)}
            values |= {f"{metric}/{name}/{place}": _number(each[place] - each[other])
                       for (name, place), other in references.items()}
        return values

    people = [clips.subjects[row] for row in table.rows]
    all_rows = statistics(np.arange(len(labels)))
    intervals = bootstrap.intervals(statistics, people, draws)
    result: Figures = {}
    for place, (key, cost) in enumerate(zip(keys, costs)):
        entry = {"size": key.size, **cost}
        for metric in METRICS:
            names = ["value", *(name for name, where in references if where == place)]
            entry[metric] = {name: {"value": all_rows[f"{metric}/{name}/{place}"],
                                    "interval": intervals[f"{metric}/{name}/{place}"]} for name in names}
            entry[metric] |= entry[metric].pop("value")
        result.setdefault(key.arm, {}).setdefault(key.expression, []).append(entry)
    return result


def _averages(table: Table, expressions: Sequence[str]) -> tuple[list[Key], np.ndarray, list[Figures]]:
    """Returns the keys, with the means over expressions, and the weights `(keys, columns)` of the columns of each."""
    places: dict[Key, list[int]] = {}
    for place, key in enumerate(table.keys):
        places.setdefault(key, []).append(place)
    for key in list(places):
        whole = [places.get(key._replace(expression=name)) for name in expressions]
        if all(whole):
            places.setdefault(key._replace(expression=MEAN), [place for part in whole for place in part or []])
    weights = np.zeros((len(places), len(table.keys)))
    for row, members in enumerate(places.values()):
        weights[row, members] = 1.0 / len(members)
    costs = weights @ np.array(table.costs)
    return list(places), weights, [dict(zip(("points", "parameters", "multiply_adds"), map(float, row)))
                                   for row in costs]


def _references(keys: Sequence[Key], everything: int) -> dict[tuple[str, int], int]:
    """Returns what each key is compared with: `(to_all or to_random, place)` -> place of the other."""
    where = {key: place for place, key in enumerate(keys)}
    found: dict[tuple[str, int], int] = {}
    for key, place in where.items():
        chosen = key.arm.removeprefix(f"{CHOSEN}:")
        others = {"to_all": Key(MAIN, everything, key.expression),
                  "to_random": key._replace(arm="random" if chosen == key.arm else f"{CHOSEN_RANDOM}:{chosen}")}
        found |= {(name, place): where[other] for name, other in others.items() if other in where and other != key}
    return found


def _weighted(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Returns weighted means, NaN where a value that counts is NaN."""
    known = np.isfinite(values)
    return np.where((weights > 0.0) @ ~known, np.nan, weights @ np.where(known, values, 0.0))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


# === Numbers of points, rankings, time ===


def _chosen(by_seed: Sequence[Sequence[FoldResult]], material: Material) -> Figures:
    """Lists per arm and expression the numbers that the folds chose; of the last fold (all people of the study, if
    there is a last test) also the points."""
    result: Figures = {}
    for arm, name in by_seed[0][0].choices:
        final = by_seed[0][-1]
        size = final.choices[arm, name].size
        step = final.steps[final.sizes.index(size)]
        place = final.place(step, arm, name)
        assert place is not None
        result.setdefault(arm, {})[name] = {
            "sizes": [fold.choices[arm, name].size for results in by_seed for fold in results],
            "validation": list(final.choices[arm, name].figures), "error": final.choices[arm, name].error,
            "size": size, "points": step.points[place].tolist()}
    return result


def stability_of(results: Sequence[FoldResult], material: Material) -> Figures:
    """Compares rankings of the main arm between folds and seeds.

    Returns:
        `stability`: per expression `relevance`, of all points, and `order`, of elimination, each as
        `catgan.explain.landmarks.stability.stability` returns it. `relevance`: per expression the relevance of all
        points, mean over folds, with the sum 1.
    """
    first = {name: [_relevance(result, name) for result in results] for name in material.expressions}
    order = {name: [_order(result, name) for result in results] for name in material.expressions}
    return {"stability": {name: {"relevance": stability(first[name]), "order": stability(order[name])}
                          for name in material.expressions},
            "relevance": {name: np.mean(each, 0).tolist() for name, each in first.items()}}


def _relevance(result: FoldResult, name: str) -> np.ndarray:
    """Returns the relevance of all points with the sum 1, float64 `(p,)`."""
    step = result.steps[0]
    place = step.find(MAIN, name)
    values = step.relevance[place].astype(np.float64)
    return values / max(float(values.sum()), 1e-300)


def _order(result: FoldResult, name: str) -> np.ndarray:
    """Returns for each point how long it stays: the number of its last step, and its relevance there as a fraction."""
    stays = np.zeros(len(_relevance(result, name)))
    for number, step in enumerate(result.steps):
        place = step.find(MAIN, name)
        assert place is not None
        points = step.points[place]
        ranks = np.argsort(np.argsort(step.relevance[place][points], kind="stable"), kind="stable")
        stays[points] = number + ranks / len(points)
    return stays


def _gap(results: Sequence[FoldResult]) -> float | None:
    """Returns the median completeness gap over folds and numbers of points."""
    known = [step.gap for result in results for step in result.steps if step.gap is not None]
    return float(np.median(known)) if known else None


def _seconds(results: Sequence[FoldResult]) -> Figures:
    steps = [step for result in results for step in result.steps]
    return {"training": round(sum(step.seconds["training"] for step in steps), 1),
            "ranking": round(sum(step.seconds["ranking"] for step in steps), 1),
            "networks": sum(len(step.members) for step in steps),
            "by_size": {str(size): round(float(np.mean([sum(step.seconds.values()) for step in steps
                                                        if step.size == size])), 1)
                        for size in dict.fromkeys(step.size for step in steps)}}
