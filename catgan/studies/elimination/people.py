"""Divides people into folds: those a network is fitted and validated on, and those it is tested on once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from catgan.data.builder.split import Strata, assign, order_key
from catgan.data.clips.landmarks import LandmarkClips
from catgan.errors import DataError

PARTS = ("fit", "validation", "test")


@dataclass(frozen=True)
class Fold:
    """Numbers of the clips of one fold, int64 each. No person is in two of the parts.

    Args:
        fit: points are ranked and networks trained on these.
        validation: thresholds and the number of points are chosen on these.
        test: only figures are measured on these.
    """

    fit: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def joined(parts: Sequence[LandmarkClips]) -> LandmarkClips:
    """Joins clips of several splits of one data set."""
    points, seen, labels, times = (np.concatenate([getattr(part, name) for part in parts])
                                   for name in ("points", "seen", "labels", "times"))
    subjects, videos = (tuple(one for part in parts for one in getattr(part, name)) for name in ("subjects", "videos"))
    return replace(parts[0], points=points, seen=seen, labels=labels, times=times, subjects=subjects, videos=videos)


def outer_folds(clips: LandmarkClips, study: np.ndarray, last: np.ndarray, folds: int, validation: float,
                seed: int, expressions: Sequence[str] = ()) -> list[Fold]:
    """Divides the people of a study into folds with about equal numbers of clips of each expression.

    Args:
        clips: all clips; their expressions are known.
        study: numbers of the clips that are divided into folds.
        last: numbers of the clips that none of the folds sees. If there are any, one more fold is added: it is fitted
            and validated on all people of the study and tested on these.
        folds: number of folds, from 2.
        validation: share of the people outside the fold that are kept for validation.
        seed: of the order of people.
        expressions: those whose points are sought; all that occur when empty.

    Raises:
        DataError: a person is both in the study and in `last`, or a part lacks clips of one of these expressions, or of
            all others.
    """
    shared = {clips.subjects[row] for row in study} & {clips.subjects[row] for row in last}
    if shared:
        raise DataError(f"People of the last test must not take part in the study. Received: {len(shared)} who do, "
                        f"such as '{min(shared)}'.")
    dealt = _dealt(clips, study, {str(number): 1.0 / folds for number in range(folds)}, seed)
    found = [_fold(clips, study[dealt != number], study[dealt == number], validation, seed) for number in range(folds)]
    found += [_fold(clips, study, last, validation, seed)] if len(last) else []
    for number, fold in enumerate(found):
        _check(clips, fold, number, folds, expressions)
    return found


def _fold(clips: LandmarkClips, rest: np.ndarray, test: np.ndarray, validation: float, seed: int) -> Fold:
    dealt = _dealt(clips, rest, {"fit": 1.0 - validation, "validation": validation}, seed)
    return Fold(rest[dealt == 0], rest[dealt == 1], test)


def _dealt(clips: LandmarkClips, rows: np.ndarray, shares: dict[str, float], seed: int) -> np.ndarray:
    """Deals whole people to parts by iterative stratification over expressions; returns the part of each clip."""
    people, owners = np.unique([clips.subjects[row] for row in rows], return_inverse=True)
    strata = Strata()
    for label in clips.labels[rows].tolist():
        strata.add([clips.classes[label]])
    keys = np.array([order_key(seed, str(person)) for person in people], np.uint64)
    return assign(owners, keys, strata, shares)


def _check(clips: LandmarkClips, fold: Fold, number: int, folds: int, expressions: Sequence[str]) -> None:
    """Checks that each part has clips of every expression that is sought, and of others."""
    occurring = [clips.classes[label] for label in np.unique(clips.labels)]
    for name in PARTS:
        there = {clips.classes[label] for label in np.unique(clips.labels[getattr(fold, name)])}
        missing = [word for word in occurring if word not in there and (word in expressions or not expressions)]
        missing = missing or ["another expression"] * (len(there) < 2)
        if missing:
            is_last = name == "test" and number == folds
            where = "The last test" if is_last else f"Fold {number + 1} of {folds}, '{name}',"
            raise DataError(f"{where} has no clip of {', '.join(missing)}: there are too few people "
                            f"({len(set(clips.subjects))}) for these folds. Choose fewer 'folds', or leave an "
                            "expression out with 'expressions'.")
