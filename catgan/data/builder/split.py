"""Computes subject-disjoint, label-stratified splits and folds."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from catgan import facs
from catgan.data.builder.recipe import SplitConfig
from catgan.data.schema import SPLITS

OFFICIAL = {"training": "train", "validation": "validation", "test": "test"}
CELLS = 4


def tokens(values: Mapping[str, Any]) -> list[str]:
    """Returns the tokens of a face for stratification: AU presence, expression, intervals of valence and arousal."""
    found = []
    for column, value in values.items():
        if facs.is_presence(column):
            found.append(f"{column}={value}")
        elif column == "expression":
            found.append(f"expression={value}")
    for column in ("valence", "arousal"):
        if column in values:
            found.append(f"{column}:{min(int((values[column] + 1.0) / 2.0 * CELLS), CELLS - 1)}")
    return found


class Strata:
    """Stores the tokens of all faces for a stratified split, at a few bytes per face."""

    def __init__(self) -> None:
        self.names: list[str] = [""]  # a token that every face has
        self._numbers = {"": 0}
        self._tokens = array("H")
        self._counts = array("H")

    def add(self, face: Sequence[str]) -> None:
        """Adds the tokens of the next face."""
        self._counts.append(len(face) + 1)
        self._tokens.append(0)
        for token in face:
            number = self._numbers.setdefault(token, len(self.names))
            if number == len(self.names):
                self.names.append(token)
            self._tokens.append(number)

    def table(self, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns group, token and count of every combination that occurs, sorted by group and token.

        Args:
            owners: int64 `(faces,)`, group number of each face.
        """
        per_token = np.repeat(owners, np.frombuffer(self._counts, np.uint16))
        width = len(self.names)
        codes, counts = np.unique(per_token * width + np.frombuffer(self._tokens, np.uint16), return_counts=True)
        return codes // width, codes % width, counts

    def shares(self, chosen: np.ndarray, groups: Sequence[str]) -> dict[str, dict[str, float]]:
        """Returns token -> group -> share of the token's faces in that group.

        Args:
            chosen: int `(faces,)`, number of each face's group in `groups`.
            groups: names of the groups, for example of the splits.
        """
        per_token = np.repeat(chosen, np.frombuffer(self._counts, np.uint16)).astype(np.int64)
        width = len(self.names)
        table = np.bincount(per_token * width + np.frombuffer(self._tokens, np.uint16), minlength=width * len(groups))
        table = table.reshape(len(groups), width)
        return {self.names[token]: {group: round(float(table[number, token] / table[:, token].sum()), 4)
                                    for number, group in enumerate(groups)}
                for token in sorted(range(width), key=lambda token: self.names[token])}


def assign(owners: np.ndarray, keys: np.ndarray, strata: Strata, shares: Mapping[str, float],
           pinned: np.ndarray | None = None, closed: Sequence[str] = ()) -> np.ndarray:
    """Assigns every face to a split by iterative stratification (Sechidis, Tsoumakas & Vlahavas 2011) of whole groups.

    The rarest label is assigned first. Each group with that label goes to the split that lacks most faces with it.

    Args:
        owners: int64 `(faces,)`, group number 0 .. n - 1 of each face; a group is never divided.
        keys: `(n,)`, sort keys of the groups, see `order_key`.
        strata: tokens of the faces.
        shares: split -> share of the faces.
        pinned: int `(n,)`, number of each group's fixed split, -1 for none.
        closed: splits that receive only pinned groups.

    Returns:
        int8 `(faces,)`, numbers of splits in the order of `shares`.
    """
    wanted_shares = np.array(list(shares.values()), np.float64)
    owner, token, count = strata.table(owners)
    starts = np.searchsorted(owner, np.arange(len(keys) + 1))
    totals = np.bincount(token, count, len(strata.names))
    wanted = wanted_shares[:, None] * totals[None, :]
    chosen = np.full(len(keys), -1, np.int8)
    for name in np.flatnonzero(pinned >= 0) if pinned is not None else ():
        _give(int(name), int(pinned[name]), chosen, wanted, starts, token, count)  # type: ignore[index]
    rank = np.empty(len(keys), np.int64)
    rank[np.argsort(keys, kind="stable")] = np.arange(len(keys))
    by_token = np.lexsort((rank[owner], token))
    edges = np.searchsorted(token[by_token], np.arange(len(strata.names) + 1))
    open_splits = [number for number, name in enumerate(shares) if shares[name] > 0 and name not in closed]
    for number in sorted(range(len(strata.names)), key=lambda number: (totals[number], strata.names[number])):
        for name in owner[by_token[edges[number]:edges[number + 1]]]:
            if chosen[name] < 0:
                # Splits are in a fixed order, so that ties are always broken the same way.
                best = max(open_splits, key=lambda split: (wanted[split, number], wanted[split, 0]))
                _give(int(name), int(best), chosen, wanted, starts, token, count)
    return chosen[owners]


def _give(name: int, split: int, chosen: np.ndarray, wanted: np.ndarray, starts: np.ndarray, token: np.ndarray,
          count: np.ndarray) -> None:
    chosen[name] = split
    part = slice(starts[name], starts[name + 1])
    wanted[split, token[part]] -= count[part]


def order_key(seed: int, name: str) -> int:
    """Returns a pseudo-random sort key of a group, which depends only on seed and name."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")


def pins(owners: np.ndarray, n: int, official: np.ndarray) -> np.ndarray:
    """Returns the official split of each group, int8 `(n,)`, -1 for none.

    If a group has several official splits, the one farthest from training is used. So no person with
    an official test face is in the training split.

    Args:
        owners: int64 `(faces,)`, group number of each face.
        n: number of groups.
        official: int8 `(faces,)`, number in `SPLITS`, -1 for none.
    """
    pinned = np.full(n, -1, np.int8)
    np.maximum.at(pinned, owners, official.astype(np.int8))
    return pinned


def split_shares(config: SplitConfig) -> dict[str, float]:
    """Returns split -> share of the faces."""
    return {name: getattr(config, name) for name in SPLITS}


def folds(owners: np.ndarray, keys: np.ndarray, strata: Strata, config: SplitConfig,
          official: np.ndarray | None = None) -> list[np.ndarray]:
    """Computes for each fold the splits of a data set with this fold as the test split.

    The other faces are divided into train and validation by their shares.

    Args:
        owners, keys, strata: as for `assign`.
        config: number of folds, and shares.
        official: int8 `(n,)`, official fold of each group, -1 for none.

    Returns:
        Numbers in `SPLITS`, int8 `(faces,)`, for each fold.
    """
    fold = assign(owners, keys, strata, {str(number): 1.0 / config.folds for number in range(config.folds)}, official)
    of_owner = np.zeros(len(keys), np.int8)
    of_owner[owners] = fold
    rest = config.train + config.validation
    shares = {"train": config.train / rest * (1 - 1 / config.folds),
              "validation": config.validation / rest * (1 - 1 / config.folds), "test": 1 / config.folds}
    found = []
    for number in range(config.folds):
        pinned = np.where(of_owner == number, SPLITS.index("test"), -1)
        # Groups outside the fold must not enter the test split, even if that would improve the balance.
        found.append(assign(owners, keys, strata, shares, pinned, closed=("test",)))
    return found
