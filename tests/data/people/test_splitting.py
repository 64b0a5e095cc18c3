"""The division of annotated people among splits."""

from pathlib import Path

import numpy as np
import pytest

from catgan.data.builder.recipe import SplitConfig
from catgan.data.people.records import PersonRecord
from catgan.data.people.splitting import divided


def people(n, **more):
    return [PersonRecord("src", f"{index}.png", Path(f"/p/{index}.png"), f"t.csv:{index + 2}",
                         expression=("neutral", "anger")[index % 2],
                         **{name: values[index] for name, values in more.items()}) for index in range(n)]


def divide(records, contents=None, **config):
    return divided(records, contents or [b""] * len(records), ["src"] * len(records), SplitConfig(**config))


def test_shares_and_groups():
    records = people(200, subject=[f"p{index // 4}" if index < 100 else None for index in range(200)],
                     video=[f"v{index // 5}" if index >= 100 else None for index in range(200)])
    splits = divide(records).splits
    assert np.bincount(splits, minlength=3).tolist() == pytest.approx([160, 20, 20], abs=6)
    for first, last, size in ((0, 100, 4), (100, 200, 5)):
        parts = splits[first:last].reshape(-1, size)
        assert (parts == parts[:, :1]).all()
    assert (splits == divide(records).splits).all() and (splits != divide(records, seed=1).splits).any()


def test_one_photograph_and_equal_files_stay_together():
    records = people(40)
    records[1] = PersonRecord("src", "0.png", records[0].file, "t.csv:99", valence=0.5)
    splits = divide(records, [b"same" if index in (5, 30) else bytes([index]) for index in range(40)]).splits
    assert splits[0] == splits[1] and splits[5] == splits[30]


def test_official_splits_and_a_validation_part_from_training():
    records = people(100, official_split=["training"] * 60 + ["test"] * 40)
    splits, taken, moved = divide(records)
    assert (splits[60:] == 2).all() and not (splits[:60] == 2).any() and taken == ("src",) and moved == 0
    assert 4 <= (splits[:60] == 1).sum() <= 9  # a ninth of 60
    splits, taken, _ = divide(records, validation=0.0, train=0.9)
    assert (splits[:60] == 0).all() and taken == ()
    assert (divide(records, official=False).splits[60:] != 2).any()


def test_rows_that_belong_together_move_to_the_side_farther_from_training():
    records = people(30, official_split=["training"] * 10 + ["validation"] * 10 + ["test"] * 10,
                     subject=["a" if index in (0, 1, 29) else None for index in range(30)])
    splits, taken, moved = divide(records)
    assert splits[[0, 1, 29]].tolist() == [2, 2, 2] and moved == 2 and taken == ()
    assert (splits[2:10] == 0).all() and (splits[10:20] == 1).all()
