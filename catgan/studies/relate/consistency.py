"""Consistency of a model: do its valence and arousal follow from its Action Units as those of the data do?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from catgan.errors import DataError
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.metrics.moments import Moments
from catgan.studies.relate.chosen_units import choose_units
from catgan.studies.relate.faces import DIMENSIONS, LabelledFaces
from catgan.studies.relate.linear import INTERCEPT, check_enough, coefficients, predict, regress
from catgan.studies.relate.options import RelateOptions


def consistency(truth: LabelledFaces, answers: LabelledFaces, options: RelateOptions) -> Figures:
    """Regresses the answers of a model for valence and arousal on its answers for Action Units.

    Args:
        truth: annotated labels of `n` faces.
        answers: of the model for them.
        options: draws, folds and seed.

    Returns:
        `scale` of the Action Units; per dimension `model`, see `catgan.studies.relate.linear.regress`, of the answers
        for all faces; and `compared`, or `not_compared`, the reason. `compared` has on the faces whose annotations know
        the dimension and the Action Units: `n`; `coefficients` by name: `model`, `data` and their `difference`, each
        `value` and `interval`; `implied`: CCC between the model's answer and the one that the relation of the data
        would give from its Action Units, `value` and `interval`; and `ccc_of_data`, the same of the annotations.

    Raises:
        DataError: the model does not read both Action Units and valence-arousal, or its answers do not vary.
    """
    if not answers.units or not np.isfinite(answers.affect).any():
        raise DataError("the run does not read both Action Units and valence-arousal")
    scale, values = next(iter(answers.units.items()))
    result: Figures = {"scale": scale}
    for place, dimension in enumerate(DIMENSIONS):
        result[dimension] = {"model": regress(values, answers.affect[:, place], answers.groups, answers.unit_names,
                                              options)}
        try:
            result[dimension]["compared"] = _compared(truth, answers, scale, place, options)
        except DataError as error:
            result[dimension]["not_compared"] = str(error)
    return result


def _compared(truth: LabelledFaces, answers: LabelledFaces, scale: str, place: int, options: RelateOptions) -> Figures:
    """Compares the relation of the model with that of the data, on the same faces and Action Units."""
    shared = [name for name in answers.unit_names if name in truth.unit_names]
    if scale not in truth.units or not shared:
        raise DataError(f"the data set knows no {scale} of the run's Action Units")
    annotated = truth.units[scale][:, [truth.unit_names.index(name) for name in shared]]
    answered = answers.units[scale][:, [answers.unit_names.index(name) for name in shared]]
    usable = np.isfinite(truth.affect[:, place]) & np.isfinite(answers.affect[:, place]) & np.isfinite(answered).all(1)
    chosen = choose_units(annotated, usable, truth.groups, shared)
    rows, columns = chosen.rows, chosen.columns
    target, said = truth.affect[rows, place], answers.affect[rows, place]
    check_enough(chosen, target)
    figures = _statistics(chosen.values(annotated), target, chosen.values(answered), said,
                          [shared[column] for column in columns])
    everyone = figures(np.arange(len(rows)))
    intervals = bootstrap.intervals(figures, truth.groups[rows], options.draws, options.seed)
    names = [INTERCEPT, *(shared[column] for column in columns)]
    return {"n": len(rows), "left_out": chosen.left_out,
            "coefficients": {name: {source: _figure(f"{source}/{name}", everyone, intervals)
                                    for source in ("model", "data", "difference")} for name in names},
            "implied": _figure("ccc", everyone, intervals),
            "ccc_of_data": _figure("ccc_of_data", everyone, intervals)}


def _figure(name: str, values: Mapping[str, float | None], intervals: Mapping[str, list[float] | None]) -> Figures:
    return {"value": values[name], "interval": intervals[name]}


def _statistics(annotated: np.ndarray, target: np.ndarray, answered: np.ndarray, said: np.ndarray,
                names: Sequence[str]) -> Callable[[np.ndarray], dict[str, float | None]]:
    """Returns a function of row numbers: both relations, their difference, and how well one explains the other."""
    def figures(rows: np.ndarray) -> dict[str, float | None]:
        data, model = coefficients(annotated[rows], target[rows]), coefficients(answered[rows], said[rows])
        found: dict[str, float | None] = {}
        for place, name in enumerate((INTERCEPT, *names)):
            one, other = (None if fitted is None else float(fitted[place]) for fitted in (model, data))
            found |= {f"model/{name}": one, f"data/{name}": other,
                      f"difference/{name}": None if one is None or other is None else one - other}
        for name, units, values in (("ccc", answered, said), ("ccc_of_data", annotated, target)):
            found[name] = None if data is None else Moments.of(predict(data, units[rows]), values[rows]).ccc
        return found

    return figures
