"""Any number of faces in batches of a few sizes."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.models.batching import BATCH_SIZES, in_batches, one_by_one


@pytest.mark.parametrize("count", [0, 1, 4, 5, 13, 16, 39, 49, 64, 65, 130])
def test_in_batches_of_any_count_returns_every_row_in_order(count):
    sizes = []

    def function(part, other):
        sizes.append(len(part))
        return {"sum": part + other, "twice": 2 * part}

    rows = np.arange(count, dtype=np.float32)[:, None]
    result = in_batches(function, rows, rows + 1)
    np.testing.assert_array_equal(result["sum"], 2 * rows + 1)
    np.testing.assert_array_equal(result["twice"], 2 * rows)
    assert set(sizes) <= set(BATCH_SIZES) and sum(sizes) <= max(4, 4 * count / 3 + 3)


def test_one_by_one_calls_the_function_per_row():
    sizes, rows = [], np.arange(6.0)[:, None]

    def function(part):
        sizes.append(len(part))
        return {"twice": 2 * part, "names": np.array(["a"], dtype=object)}

    result = one_by_one(function, rows)
    np.testing.assert_array_equal(result["twice"], 2 * rows)
    assert sizes == [1] * 6 and result["names"].tolist() == ["a"] * 6


def test_in_batches_with_a_batch_size_uses_it_for_every_batch():
    sizes, rows = [], np.arange(10.0)[:, None]

    def function(part):
        sizes.append(len(part))
        return 2 * part

    np.testing.assert_array_equal(in_batches(function, rows, batch_size=3), 2 * rows)
    assert sizes == [3, 3, 3, 3]
    with pytest.raises(CatganError, match="'batch_size' must be 1 or more. Received: 0"):
        in_batches(function, rows, batch_size=0)


@pytest.mark.parametrize("count, expected", [(0, [4]), (1, [1]), (7, [7]), (130, [64, 64, 2])])
def test_in_batches_without_padding_takes_what_is_left(count, expected):
    sizes, rows = [], np.arange(count, dtype=np.float32)[:, None]

    def function(part):
        sizes.append(len(part))
        return 2 * part, [part]

    doubled, (same,) = in_batches(function, rows, padded=False)
    np.testing.assert_array_equal(doubled, 2 * rows)
    np.testing.assert_array_equal(same, rows)
    assert sizes == expected
