"""Divides annotated people among training, validation and test, so that nobody and no picture is on two sides."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catgan.data.builder import split
from catgan.data.builder.merge import Connected
from catgan.data.builder.recipe import SplitConfig
from catgan.data.people.records import PersonRecord
from catgan.data.schema import SPLITS

TRAIN, VALIDATION = SPLITS.index("train"), SPLITS.index("validation")


class Division(NamedTuple):
    """Holds the split of every person.

    Args:
        splits: int8 `(n,)`, numbers in `SPLITS`.
        taken: sources without an official validation part, of whose training part one was taken.
        moved: number of people in another split than their official one, without those of `taken`.
    """

    splits: np.ndarray
    taken: tuple[str, ...]
    moved: int


def divided(records: Sequence[PersonRecord], contents: Sequence[bytes], families: Sequence[str],
            config: SplitConfig) -> Division:
    """Divides people.

    All rows of a person, a video, a photograph or a file with the same bytes stay together. With `config.official`,
    they stay in their official split; of several, in the one farthest from training. Of sources without an official
    validation part, one is taken from the training part, by the shares of `config`.

    Args:
        records: the people.
        contents: hash of each photograph's bytes; empty for clips.
        families: of each record; within one, the same name is the same person.
        config: shares, seed, and whether official splits are kept.
    """
    owners, names = _groups(records, contents, families)
    tokens = [_tokens(record) for record in records]
    keys = np.array([split.order_key(config.seed, name) for name in names], np.uint64)
    shares = split.split_shares(config)
    official = np.array([-1 if record.official_split is None else SPLITS.index(split.OFFICIAL[record.official_split])
                         for record in records], np.int8)
    if not config.official:
        return Division(split.assign(owners, keys, _strata(tokens), shares), (), 0)
    pinned = split.pins(owners, len(keys), official)
    taken = _without_validation(records) if config.validation > 0 else set()
    _take_validation(pinned, owners, keys, tokens, np.array([record.source in taken for record in records]), shares)
    splits = split.assign(owners, keys, _strata(tokens), shares, pinned)
    expected = np.isin(splits, (TRAIN, VALIDATION)) & (official == TRAIN) & [one.source in taken for one in records]
    return Division(splits, tuple(sorted(taken)),
                    int(((official >= 0) & (splits != official) & ~expected).sum()))


def _groups(records: Sequence[PersonRecord], contents: Sequence[bytes],
            families: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Returns the number of each record's group, and names of the groups."""
    first: dict[object, int] = {}
    together = Connected(len(records))
    for index, (record, content, family) in enumerate(zip(records, contents, families)):
        for kind, value in (("subject", record.subject), ("video", record.video), ("content", content or None),
                            ("file", os.path.realpath(record.file))):
            key = (kind, family if kind in ("subject", "video") else "", value)
            if value is not None:
                together.join(first.setdefault(key, index), index)
    roots, owners = np.unique(together.roots(), return_inverse=True)
    return owners.astype(np.int64), [f"{families[root]}/{records[root].key}" for root in roots]


def _without_validation(records: Sequence[PersonRecord]) -> set[str]:
    """Returns the sources with an official training part and no official validation part."""
    parts = {(record.source, record.official_split) for record in records}
    return {source for source, part in parts if part == "training" and (source, "validation") not in parts}


def _take_validation(pinned: np.ndarray, owners: np.ndarray, keys: np.ndarray, tokens: Sequence[Sequence[str]],
                     chosen: np.ndarray, shares: dict[str, float]) -> None:
    """Moves groups of the chosen records from training to validation, in place."""
    inside = np.flatnonzero(chosen & (pinned[owners] == TRAIN))
    if not len(inside):
        return
    groups, numbers = np.unique(owners[inside], return_inverse=True)
    rest = shares["train"] + shares["validation"]
    parts = split.assign(numbers.astype(np.int64), keys[groups], _strata([tokens[row] for row in inside.tolist()]),
                         {name: shares[name] / rest for name in ("train", "validation")})
    pinned[owners[inside[parts == 1]]] = VALIDATION


def _strata(tokens: Sequence[Sequence[str]]) -> split.Strata:
    strata = split.Strata()
    for one in tokens:
        strata.add(one)
    return strata


def _tokens(record: PersonRecord) -> list[str]:
    """Returns what should be equally frequent in all splits."""
    labels = {name: value for name in ("valence", "arousal", "expression")
              if (value := getattr(record, name)) is not None}
    return split.tokens(labels) + [f"category={name}" for name in record.categories or ()]
