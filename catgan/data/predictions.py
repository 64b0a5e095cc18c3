"""Reads the columns `predicted_...`, written by `catgan complete`, as labels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catgan import facs
from catgan.data.arrow_labels import numbers
from catgan.facs import is_presence, presence_column, without_presence
from catgan.labels import Labels, LabelSpec

PREFIX = "predicted_"
BY = "predicted_by"
PRESENT_PROBABILITY = 0.5
"""Predicted probability from which an AU counts as present."""


def origin(name: str, stored: Collection[str]) -> str | None:
    """Returns the column of `stored` that predicts the label `name`, or None.

    A predicted intensity also predicts presence; a predicted presence does not predict intensity.
    """
    candidates = (PREFIX + name, PREFIX + without_presence(name))
    return next((candidate for candidate in candidates if candidate in stored), None)


def joined(own: LabelSpec, model: LabelSpec) -> LabelSpec:
    """Returns the union of the labels of a data set and those that a model predicts for it."""
    scale = own.scale if own.action_units else model.scale
    readable = model.scale == "intensity" or scale == "presence"
    more = [number for number in model.action_units if readable and number not in own.action_units]
    return replace(own, scale=scale, action_units=(*own.action_units, *more),
                   valence_arousal=own.valence_arousal or model.valence_arousal,
                   expressions=tuple(dict.fromkeys((*own.expressions, *model.expressions))))


def needed(spec: LabelSpec, stored: Collection[str]) -> list[str]:
    """Returns the columns of a shard that `filled` reads in addition to the labels."""
    found = {column for name in spec.columns if (column := origin(name, stored))}
    if spec.scale == "intensity":
        found |= {facs.presence_column(number) for number in spec.action_units}
    return [name for name in stored if name in found]


def filled(labels: Labels, table: pa.Table, present_from: float) -> Labels:
    """Replaces unknown labels by predicted ones, where there are any.

    Args:
        labels: of `n` faces. Known labels stay.
        table: `n` rows with the columns `needed`.
        present_from: the intensity from which an AU counts as present.

    Returns:
        Labels under the same specification. Presence is 1 from a predicted probability of 0.5, or from a predicted
        intensity of `present_from`, else 0. A predicted intensity that contradicts a known presence stays unknown, as
        does a predicted expression that the specification does not name.

    Raises:
        CatganError: a prediction is out of the range of its label.
    """
    columns = {}
    for name in labels.spec.columns:
        values, known = labels.column(name)
        column = origin(name, table.column_names)
        guesses = np.nan if column is None else _as_labels(labels.spec, name, column, table, present_from)
        columns[name] = np.where(known, values, guesses)
    return Labels.from_columns(labels.spec, columns, len(labels))


def _as_labels(spec: LabelSpec, name: str, column: str, table: pa.Table, present_from: float) -> np.ndarray:
    """Returns the predictions in `column` as labels `name`, float64 `(n,)`, NaN = none."""
    if name == "expression":
        return numbers(pc.index_in(table[column], value_set=pa.array(spec.expressions, table[column].type)))
    guesses = numbers(table[column]).astype(np.float64)
    if is_presence(name):
        least = PRESENT_PROBABILITY if is_presence(column) else present_from
        return np.where(np.isnan(guesses), np.nan, guesses >= least)
    if presence_column(name) not in table.column_names:
        return guesses
    stated = numbers(table[presence_column(name)])
    contradicted = ~np.isnan(stated) & ((stated > 0) != (guesses >= present_from))
    return np.where(contradicted, np.nan, guesses)
