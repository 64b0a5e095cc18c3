"""Splits and folds: nobody is divided, labels are spread, official ones are kept."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data.builder import split
from catgan.data.builder.recipe import SplitConfig
from catgan.data.builder.split import SPLITS, Strata, tokens
from catgan.errors import CatganError


def strata(labels):
    found = Strata()
    for face in labels:
        found.add(face)
    return found


def deal(names, labels, config=SplitConfig(), official=None):
    """The names of the splits of faces that belong to `names`."""
    people, owners = np.unique(names, return_inverse=True)
    keys = np.array([split.order_key(config.seed, name) for name in people], np.uint64)
    pinned = None if official is None else split.pins(owners, len(people), np.array(official, np.int8))
    numbers = split.assign(owners, keys, strata(labels), split.split_shares(config), pinned)
    return [SPLITS[number] for number in numbers]


def test_tokens_name_what_is_known():
    assert tokens({"AU12_present": 1, "AU12": 3.0, "valence": -1.0, "arousal": 1.0, "expression": "fear"}) \
        == ["AU12_present=1", "expression=fear", "valence:0", "arousal:3"]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 15), min_size=1, max_size=120), st.integers(0, 5))
def test_nobody_is_in_two_splits(owners, seed):
    names = [f"person{owner}" for owner in owners]
    splits = deal(names, [["x"]] * len(names), SplitConfig(seed=seed))
    where = {}
    for name, found in zip(names, splits):
        assert where.setdefault(name, found) == found
    assert deal(names, [["x"]] * len(names), SplitConfig(seed=seed)) == splits


def test_rare_labels_are_in_every_split():
    random = np.random.default_rng(0)
    labels = [["common", f"cell{random.integers(4)}"] + ["rare"] * (index % 50 == 0) for index in range(2000)]
    splits = deal([str(index) for index in range(2000)], labels)
    counts = Counter(splits)
    assert abs(counts["train"] - 1600) < 10 and abs(counts["validation"] - 200) < 10
    rare = Counter(where for where, label in zip(splits, labels) if "rare" in label)
    assert rare == {"train": 32, "validation": 4, "test": 4}


def test_another_seed_is_another_split():
    names = [str(index) for index in range(100)]
    first, second = (deal(names, [["x"]] * 100, SplitConfig(seed=seed)) for seed in (0, 1))
    assert first != second


def test_a_split_without_share_stays_empty():
    splits = deal([str(index) for index in range(50)], [[]] * 50, SplitConfig(0.5, 0.5, 0.0))
    assert Counter(splits) == {"train": 25, "validation": 25}


def test_official_splits_are_kept_and_the_farthest_from_training_wins():
    names = ["a", "a", "b", *(f"n{index}" for index in range(97))]
    official = [0, 2, 1, *([-1] * 97)]  # of a there is a face in training and one in the test set
    splits = deal(names, [["x"]] * 100, official=official)
    assert splits[:3] == ["test", "test", "validation"]
    assert Counter(splits) == {"train": 80, "validation": 10, "test": 10}  # the others make up for it


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=10, max_size=150), st.integers(2, 5))
def test_every_face_is_tested_in_one_fold(owners, count):
    people, owners = np.unique(owners, return_inverse=True)
    keys = np.arange(len(people)).astype(np.uint64)
    found = split.folds(owners, keys, strata([["x"]] * len(owners)), SplitConfig(folds=count))
    tested = np.stack([splits == 2 for splits in found])
    assert len(found) == count and (tested.sum(0) == 1).all()
    for splits in found:
        for person in range(len(people)):
            assert len(set(splits[owners == person].tolist())) == 1


def test_official_folds():
    owners = np.arange(30)
    official = np.array([0] * 10 + [1] * 10 + [2] * 10, np.int8)
    found = split.folds(owners, owners.astype(np.uint64), strata([["x"]] * 30), SplitConfig(folds=3), official)
    for number, splits in enumerate(found):
        assert np.array_equal(splits == 2, official == number)
        assert Counter(splits[official != number].tolist()) == {0: 18, 1: 2}


def test_shares_by_hand():
    shares = strata([["x"], ["x"], [], []]).shares(np.array([0, 1, 0, 0]), SPLITS)
    assert shares == {"": {"train": 0.75, "validation": 0.25, "test": 0.0},
                      "x": {"train": 0.5, "validation": 0.5, "test": 0.0}}


@pytest.mark.parametrize("changes", [{"train": 0.5}, {"folds": 1}, {"folds": 21}, {"train": 0.0, "test": 0.9}])
def test_splits_that_cannot_be(changes):
    with pytest.raises(CatganError):
        SplitConfig(**changes)
