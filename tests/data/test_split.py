from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data.recipe import SplitConfig
from catgan.data.split import assign, tokens


def test_tokens_name_what_is_known():
    assert tokens({"AU12_present": 1, "AU12": 3.0, "valence": -1.0, "arousal": 1.0, "expression": "fear"}) \
        == ["AU12_present=1", "expression=fear", "valence:0", "arousal:3"]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 15), min_size=1, max_size=120), st.integers(0, 5))
def test_nobody_is_in_two_splits(owners, seed):
    names = [f"person{owner}" for owner in owners]
    splits = assign(names, [["x"]] * len(names), SplitConfig(seed=seed))
    where = {}
    for name, split in zip(names, splits):
        assert where.setdefault(name, split) == split
    assert assign(names, [["x"]] * len(names), SplitConfig(seed=seed)) == splits


def test_rare_labels_are_in_every_split():
    random = np.random.default_rng(0)
    labels = [["common", f"cell{random.integers(4)}"] + ["rare"] * (index % 50 == 0) for index in range(2000)]
    splits = assign([str(index) for index in range(2000)], labels, SplitConfig())
    counts = Counter(splits)
    assert abs(counts["train"] - 1600) < 10 and abs(counts["validation"] - 200) < 10
    rare = Counter(split for split, label in zip(splits, labels) if "rare" in label)
    assert rare == {"train": 32, "validation": 4, "test": 4}


def test_another_seed_is_another_split():
    names = [str(index) for index in range(100)]
    first, second = (assign(names, [["x"]] * 100, SplitConfig(seed=seed)) for seed in (0, 1))
    assert first != second


def test_a_split_without_share_stays_empty():
    splits = assign([str(index) for index in range(50)], [[]] * 50, SplitConfig(0.5, 0.5, 0.0))
    assert Counter(splits) == {"train": 25, "validation": 25}
