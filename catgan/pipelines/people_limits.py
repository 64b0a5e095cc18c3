"""Chooses the limits of explanations on the validation people of a data set."""

from __future__ import annotations

from pathlib import Path

from catgan.data.people.columns import read_people
from catgan.data.store import load_dataset
from catgan.explain.people.limits import Limits, limits_of_samples
from catgan.explain.people.model import FusionModel

VALIDATION = "validation"


def limits_of_dataset(model: FusionModel, folder: str | Path) -> Limits:
    """Chooses when an answer is not given and a contradiction is said.

    Args:
        model: the network.
        folder: of a data set of people with a validation split.

    Raises:
        DataError: no data set of people.
        CatganError: too few validation people.
    """
    return limits_of_samples(model, read_people(load_dataset(folder), VALIDATION, tuple(model.classes)))
