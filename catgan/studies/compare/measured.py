"""Measures the answers of one run on all faces and on every draw of subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from catgan import facs
from catgan.labels import LabelSpec
from catgan.studies.compare import areas, sums
from catgan.studies.compare.draws import Draws
from catgan.studies.compare.names import OF_UNITS
from catgan.studies.relate.faces import DIMENSIONS, LabelledFaces

PRESENT_FROM = 1.0
"""True intensity from which an Action Unit counts as present, as in `catgan evaluate`."""


@dataclass(frozen=True)
class Shared:
    """Labels on which models are compared.

    Args:
        action_units: FACS numbers.
        graded: whether their values can be compared too (ICC, PCC), not their presence alone.
        valence_arousal: whether valence and arousal are among them.
        expressions: names of classes, or `()`.
    """

    action_units: tuple[int, ...] = ()
    graded: bool = True
    valence_arousal: bool = False
    expressions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.action_units or self.valence_arousal or self.expressions)


@dataclass(frozen=True)
class Measured:
    """Figures of one run, on all faces first, then on every draw; NaN where undefined.

    Args:
        units: per figure of `OF_UNITS` float64 `(1 + draws, k)`.
        numbers: FACS numbers of the `k` Action Units.
        dimensions: by name, such as `valence/ccc`, float64 `(1 + draws,)`.
        matrices: confusions of expressions `(1 + draws, c, c)`, rows true; None without.
        expressions: names of the `c` classes of model and data together.
        generated: figures of generated faces by name, float64 `(1 + draws,)`.
    """

    units: Mapping[str, np.ndarray]
    numbers: tuple[int, ...]
    dimensions: Mapping[str, np.ndarray]
    matrices: np.ndarray | None
    expressions: tuple[str, ...]
    generated: Mapping[str, np.ndarray] = field(default_factory=dict)

    def figures(self, shared: Shared) -> dict[str, np.ndarray]:
        """Returns the figures on some labels by name, `(1 + draws,)` each."""
        found: dict[str, np.ndarray] = {}
        columns = [self.numbers.index(number) for number in shared.action_units]
        names = [name for name in OF_UNITS if columns and (shared.graded or name in ("f1", "auc"))]
        found |= {f"mean_{name}": sums.mean_known(self.units[name][:, columns]) for name in names}
        found |= self.dimensions if shared.valence_arousal else {}
        if shared.expressions and self.matrices is not None:
            matrices = self._among(shared.expressions)
            found |= {"expression/macro_f1": sums.macro_f1(matrices, len(shared.expressions)),
                      "expression/accuracy": sums.accuracy(matrices)}
        each = {f"{facs.au_name(number)}/{name}": self.units[name][:, column]
                for name in names for number, column in zip(shared.action_units, columns)}
        return {**found, **self.generated, **each}

    def _among(self, classes: tuple[str, ...]) -> np.ndarray:
        """Returns confusions of faces whose true class is one of `classes`: these first, then one column and empty row
        for answers of all other classes."""
        assert self.matrices is not None
        chosen = [self.expressions.index(name) for name in classes]
        rows = self.matrices[:, chosen]
        matrices = np.zeros((len(rows), len(chosen) + 1, len(chosen) + 1))
        matrices[:, :-1, :-1] = rows[:, :, chosen]
        matrices[:, :-1, -1] = rows.sum(2) - rows[:, :, chosen].sum(2)
        return matrices


def measure(truth: LabelledFaces, spec: LabelSpec, answers: Mapping[str, np.ndarray], thresholds: Mapping[int, float],
            draws: Draws, presence_alone: bool = False) -> Measured:
    """Measures the answers of a run.

    Args:
        truth: labels of `n` faces.
        spec: labels of the run.
        answers: columns `(n,)` by name, as `CatGAN.read` returns them.
        thresholds: per FACS number the prediction from which the Action Unit counts as present.
        draws: of subjects.
        presence_alone: take the presence of Action Units from the data set for a run of intensities too, since it is
            compared with one of presences.

    Returns:
        Figures of the labels that the run and the data set have.
    """
    numbers = tuple(number for number in spec.action_units if number in truth.numbers and truth.units)
    columns = [truth.numbers.index(number) for number in numbers]
    units = _units(truth, columns, spec, numbers, answers, thresholds, draws, presence_alone) if numbers else {}
    dimensions = {}
    if spec.valence_arousal and np.isfinite(truth.affect).any():
        moments = sums.DrawnMoments(truth.affect, np.stack([answers[name] for name in DIMENSIONS], 1), draws)
        dimensions = {f"{name}/{figure}": getattr(moments, figure)[:, place]
                      for figure in ("ccc", "rmse") for place, name in enumerate(DIMENSIONS)}
    names = tuple(dict.fromkeys((*truth.names, *spec.expressions)))
    matrices = None
    if spec.expressions and (truth.classes >= 0).any():
        place = {name: number for number, name in enumerate(names)}
        said = np.array([place[name] for name in answers["expression"]], np.int64)
        matrices = sums.confusions(truth.classes, said, len(names), draws)
    return Measured(units, numbers, dimensions, matrices, names)


def _units(truth: LabelledFaces, columns: list[int], spec: LabelSpec, numbers: tuple[int, ...],
           answers: Mapping[str, np.ndarray], thresholds: Mapping[int, float], draws: Draws,
           presence_alone: bool) -> dict[str, np.ndarray]:
    suffix = "_present" if spec.scale == "presence" else ""
    scores = np.stack([answers[facs.au_name(number) + suffix] for number in numbers], 1).astype(np.float64)
    said = scores >= np.array([thresholds[number] for number in numbers])
    presence = presences(truth, "presence" if presence_alone else spec.scale)[:, columns]
    known = np.isfinite(presence)
    values = truth.units.get(spec.scale, np.full((len(truth), len(truth.numbers)), np.nan))[:, columns]
    moments = sums.DrawnMoments(values, scores, draws)
    return {"f1": sums.f1(presence >= 0.5, said, known, draws),
            "auc": np.stack([areas.auc(presence[:, place], scores[:, place], draws)
                             for place in range(len(numbers))], 1),
            "icc": moments.icc, "pcc": moments.pcc}


def presences(truth: LabelledFaces, scale: str) -> np.ndarray:
    """Returns presence 0 or 1 of all Action Units, NaN = unknown: for a run of intensities that of `PRESENT_FROM` where
    intensity is known, as `catgan evaluate` takes it; else the data set's own."""
    empty = np.full((len(truth), len(truth.numbers)), np.nan)
    said = truth.units.get("presence", empty)
    if scale == "presence":
        return said
    graded = truth.units.get("intensity", empty)
    return np.where(np.isfinite(graded), np.where(graded >= PRESENT_FROM, 1.0, 0.0), said)
