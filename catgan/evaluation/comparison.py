"""Compares models of clips on the same frames: what a model of both label systems gains over each alone, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.data.store import DualDataset
from catgan.errors import ModelError
from catgan.evaluation.clips import ClipModel, Columns, predict_clips, videos_and_groups
from catgan.labels import Labels, LabelSpec
from catgan.metrics import bootstrap, expression, plane
from catgan.metrics.figures import Figures
from catgan.metrics.moments import Moments
from catgan.metrics.sequences import answered_labels, expression_figures, filled_columns


def gain_of_both(category: Sequence[ClipModel], dimensions: Sequence[ClipModel], both: Sequence[ClipModel],
                 dataset: DualDataset, split: str = "test", draws: int = 1000, seed: int = 0) -> Figures:
    """Measures what models of expressions, valence and arousal gain over models of each.

    Intervals over people say nothing about another seed of the training. Give the models of several seeds: the figures
    of each are averaged, on every draw of people.

    Args:
        category: models that read expressions.
        dimensions: models that read valence and arousal.
        both: models that read all three.
        dataset: with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        draws, seed: of the paired bootstrap over subjects.

    Returns:
        `expression`: both - category; `valence_arousal`: both - dimensions; each as `compare` returns it, on the frames
        that all of them answer. `n`, `split`, `dataset`, `people`, and `models`, how many of each there are.

    Raises:
        ModelError: a model lacks the labels that it stands for, or the classes differ.
    """
    _check(category, dimensions, both)
    truth = dataset.labels(split, LabelSpec(valence_arousal=True, expressions=both[0].spec.expressions))
    _, groups = videos_and_groups(dataset, split)
    answers = [[predict_clips(model, dataset, split) for model in models] for models in (both, category, dimensions)]
    return {"expression": compare_expressions(truth, answers[0], answers[1], groups, draws, seed),
            "valence_arousal": compare_dimensions(truth, answers[0], answers[2], groups, draws, seed),
            "n": len(truth), "people": len(set(groups)), "split": split, "dataset": dataset.info["name"],
            "models": {"category": len(category), "valence_arousal": len(dimensions), "both": len(both)}}


def compare_expressions(truth: Labels, first: Sequence[Columns], second: Sequence[Columns], groups: Sequence[str],
                        draws: int = 1000, seed: int = 0) -> Figures:
    """Compares the classes of two kinds of models on the frames that all of them answer.

    Args:
        truth: valence, arousal and expressions of `n` frames.
        first, second: predictions, with `expression`, of one or more models of each kind.
        groups: per frame its subject.
        draws, seed: of the paired bootstrap.

    Returns:
        `overall` (`accuracy`, `macro_f1`, `uar`), `f1` and `recall` per class, and `accuracy` per region of the
        annotated valence and arousal (`catgan.metrics.plane.REGIONS`), each as `catgan.metrics.bootstrap.paired`.
    """
    spec = LabelSpec(expressions=truth.spec.expressions)
    known, regions = _answered_by_all(truth, [*first, *second], spec), _regions(truth)
    overall = [_mean_over([expression_figures(known, filled_columns(columns, spec)) for columns in models])
               for models in (first, second)]
    where = [_mean_over([_where_of_classes(known, filled_columns(columns, spec), regions) for columns in models])
             for models in (first, second)]
    return {"overall": bootstrap.paired(overall[0], overall[1], groups, draws, seed),
            **_nested(bootstrap.paired(where[0], where[1], groups, draws, seed)), "n": int(known.mask.sum())}


def compare_dimensions(truth: Labels, first: Sequence[Columns], second: Sequence[Columns], groups: Sequence[str],
                       draws: int = 1000, seed: int = 0) -> Figures:
    """Compares valence and arousal of two kinds of models on the frames that all of them answer.

    Args:
        truth, first, second, groups, draws, seed: as in `compare_expressions`.

    Returns:
        `overall`: `ccc_valence`, `ccc_arousal`, `ccc` (their mean), `rmse_valence`, `rmse_arousal`; `rmse` (of valence
        and arousal together) per true class and per region, each as `catgan.metrics.bootstrap.paired`. Within a region
        the truth hardly varies, so that CCC says little there. A negative difference of RMSE is a gain.
    """
    spec = LabelSpec(valence_arousal=True)
    known = _answered_by_all(truth, [*first, *second], spec)
    classes, has_class = truth.column("expression")
    parts: dict[str, np.ndarray] = {f"rmse/{name}": rows for name, rows in _regions(truth).items()}
    parts |= {f"rmse_of_class/{name}": np.logical_and(has_class, classes == number)
              for number, name in enumerate(truth.spec.expressions)}
    overall = [_mean_over([_dimension_figures(known, filled_columns(columns, spec)) for columns in models])
               for models in (first, second)]
    where = [_mean_over([_errors_in(known, filled_columns(columns, spec), parts) for columns in models])
             for models in (first, second)]
    return {"overall": bootstrap.paired(overall[0], overall[1], groups, draws, seed),
            **_nested(bootstrap.paired(where[0], where[1], groups, draws, seed)),
            "n": int(known.mask.all(1).sum())}


def _answered_by_all(truth: Labels, models: Sequence[Columns], spec: LabelSpec) -> Labels:
    known = truth.select(spec)
    for columns in models:
        known = answered_labels(known, columns)
    return known


def _mean_over(models: Sequence[bootstrap.Statistics]) -> bootstrap.Statistics:
    """Averages the figures of several models; None where one of them has none."""
    def figures(rows: np.ndarray) -> dict[str, float | None]:
        each = [statistics(rows) for statistics in models]
        return {name: mean([one[name] for one in each]) for name in each[0]}

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(values) else None

    return figures


def _regions(truth: Labels) -> Mapping[str, np.ndarray]:
    (valence, has_valence), (arousal, has_arousal) = truth.column("valence"), truth.column("arousal")
    return {name: rows & has_valence & has_arousal for name, rows in plane.regions(valence, arousal).items()}


def _where_of_classes(truth: Labels, predicted: Columns, regions: Mapping[str, np.ndarray]) -> bootstrap.Statistics:
    names = truth.spec.expressions
    values, mask = truth.column("expression")
    place = {name: number for number, name in enumerate(names)}
    said = np.array([place[name] for name in predicted["expression"]], np.int64)
    right = said == values

    def figures(rows: np.ndarray) -> dict[str, float | None]:
        matrix = expression.confusion_matrix(values[rows], said[rows], mask[rows], len(names))
        found = {f"f1/{name}": value for name, value in expression.summary(matrix, names)["f1"].items()}
        found |= {f"recall/{name}": value for name, value in expression.recalls(matrix, names).items()}
        for name, region in regions.items():
            inside = rows[region[rows] & mask[rows]]
            found[f"accuracy/{name}"] = float(right[inside].mean()) if len(inside) else None
        return found

    return figures


def _dimension_figures(truth: Labels, predicted: Columns) -> bootstrap.Statistics:
    columns = {name: (*truth.column(name), predicted[name]) for name in ("valence", "arousal")}

    def figures(rows: np.ndarray) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        for name, (values, mask, said) in columns.items():
            moments = Moments.of(values[rows], said[rows], mask[rows])
            found |= {f"ccc_{name}": moments.ccc, f"rmse_{name}": moments.rmse}
        each = [value for value in (found["ccc_valence"], found["ccc_arousal"]) if value is not None]
        return {**found, "ccc": float(np.mean(each)) if len(each) == 2 else None}

    return figures


def _errors_in(truth: Labels, predicted: Columns, parts: Mapping[str, np.ndarray]) -> bootstrap.Statistics:
    known = np.asarray(truth.mask.all(1))
    errors = [predicted[name] - truth.column(name)[0] for name in ("valence", "arousal")]
    squares = errors[0] ** 2 + errors[1] ** 2

    def figures(rows: np.ndarray) -> dict[str, float | None]:
        inside = {name: rows[part[rows] & known[rows]] for name, part in parts.items()}
        return {name: float(np.sqrt(np.mean(squares[found]) / 2)) if len(found) else None
                for name, found in inside.items()}

    return figures


def _nested(found: Mapping[str, Figures]) -> Figures:
    """Turns names such as `f1/fear` into nested figures."""
    result: Figures = {}
    for name, figures in found.items():
        kind, part = name.split("/", 1)
        result.setdefault(kind, {})[part] = figures
    return result


def _check(category: Sequence[ClipModel], dimensions: Sequence[ClipModel], both: Sequence[ClipModel]) -> None:
    classes = {model.spec.expressions for model in (*category, *both)}
    if len(classes) != 1 or () in classes:
        raise ModelError("The models of expressions and of both must read the same expressions. Received: "
                         f"{'; '.join(', '.join(names) or 'none' for names in sorted(classes))}.")
    if not all(model.spec.valence_arousal for model in (*dimensions, *both)):
        raise ModelError("The models of valence-arousal and of both must read valence and arousal.")
