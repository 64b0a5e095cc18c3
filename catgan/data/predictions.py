"""Predictions beside labels: the columns `predicted_...` that `catgan complete` writes, and how they stand in for
labels that nobody gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from catgan import facs
from catgan.labels import LabelSpec

PREFIX = "predicted_"
BY = "predicted_by"
PRESENT_PROBABILITY = 0.5
"""The predicted probability from which an AU counts as present: a presence label is 0 or 1, never between."""


def origin(name: str, stored: Collection[str]) -> str | None:
    """The column of `stored` that can stand in for the label `name`, or None.

    A predicted intensity tells presence too; a predicted presence tells no intensity.
    """
    candidates = (PREFIX + name, PREFIX + name.removesuffix("_present"))
    return next((candidate for candidate in candidates if candidate in stored), None)


def joined(own: LabelSpec, model: LabelSpec) -> LabelSpec:
    """The labels of a data set, and those that a model predicts for it."""
    scale = own.scale if own.action_units else model.scale
    readable = model.scale == "intensity" or scale == "presence"
    more = [number for number in model.action_units if readable and number not in own.action_units]
    return replace(own, scale=scale, action_units=(*own.action_units, *more),
                   valence_arousal=own.valence_arousal or model.valence_arousal,
                   expressions=tuple(dict.fromkeys((*own.expressions, *model.expressions))))


def needed(spec: LabelSpec, stored: Collection[str]) -> list[str]:
    """The columns of a shard, beside the labels themselves, that `filled` reads."""
    found = {column for name in spec.columns if (column := origin(name, stored))}
    if spec.scale == "intensity":
        found |= {f"{facs.au_name(number)}_present" for number in spec.action_units}
    return [name for name in stored if name in found]


def filled(spec: LabelSpec, labels: Mapping[str, list], table: pa.Table, present_from: float) -> dict[str, list]:
    """Labels in which an unknown one is the predicted one, where there is one.

    Args:
        spec: which labels.
        labels: per column `n` cells, None (or NaN) = unknown. What is known stays.
        table: `n` rows with the columns `needed`.
        present_from: the intensity from which an AU counts as present.

    Returns:
        Columns as `Labels.from_columns` takes them. Presence is 0 or 1: a predicted probability from 0.5, or a
        predicted intensity from `present_from`, is 1. A predicted intensity that contradicts a known presence is not
        taken, nor an expression that `spec` does not name.
    """
    found = dict(labels)
    for name in spec.columns:
        column = origin(name, table.column_names)
        if column is not None:
            guesses = _as_labels(spec, name, column, table, present_from)
            cells = labels.get(name) or [None] * table.num_rows
            found[name] = [guess if cell is None or cell != cell else cell for cell, guess in zip(cells, guesses)]
    return found


def _as_labels(spec: LabelSpec, name: str, column: str, table: pa.Table, present_from: float) -> Iterable[Any]:
    """The predictions in `column` as labels `name`."""
    guesses = table[column].to_pylist()
    if name == "expression":
        return [guess if guess in spec.expressions else None for guess in guesses]
    if name.endswith("_present"):
        least = PRESENT_PROBABILITY if column.endswith("_present") else present_from
        return [None if guess is None else float(guess >= least) for guess in guesses]
    presence = f"{name}_present"
    if presence not in table.column_names:
        return guesses
    return [guess if guess is None or said is None or bool(said) == (guess >= present_from) else None
            for guess, said in zip(guesses, table[presence].to_pylist())]
