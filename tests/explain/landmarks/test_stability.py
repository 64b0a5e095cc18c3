"""Agreement of rankings, by hand."""

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.explain.landmarks.stability import (kendall_tau, most_relevant, partial_rank_correlation, rank_correlation,
                                                stability, top_jaccard)

ONE, TWO = np.array([4.0, 3.0, 2.0, 1.0]), np.array([4.0, 3.0, 1.0, 2.0])


def test_kendall_tau_counts_pairs_in_the_same_order():
    assert kendall_tau(ONE, TWO) == pytest.approx((5 - 1) / 6)
    assert kendall_tau(ONE, -ONE) == pytest.approx(-1.0) and kendall_tau(ONE, np.ones(4)) is None


def test_rank_correlation_follows_the_squared_differences_of_ranks():
    assert rank_correlation(ONE, TWO) == pytest.approx(1.0 - 6.0 * 2.0 / (4 * 15))


def test_partial_rank_correlation_takes_out_what_a_third_map_explains():
    random = np.random.default_rng(0)
    motion = random.normal(size=400)
    one, two = (motion + 0.5 * random.normal(size=400) for _ in range(2))
    assert rank_correlation(one, two) > 0.7 and abs(partial_rank_correlation(one, two, motion)) < 0.15
    between = [rank_correlation(*pair) for pair in ((one, two), (one, motion), (two, motion))]
    expected = (between[0] - between[1] * between[2]) / np.sqrt((1 - between[1] ** 2) * (1 - between[2] ** 2))
    assert partial_rank_correlation(one, two, motion) == pytest.approx(expected)  # the textbook's formula
    assert partial_rank_correlation(one, motion, motion) is None and partial_rank_correlation(one, two, 0 * two) is None


def test_top_jaccard_is_the_overlap_of_the_most_relevant():
    assert top_jaccard(ONE, TWO, 2) == 1.0 and top_jaccard(ONE, TWO, 3) == pytest.approx(2 / 4)
    assert most_relevant(np.array([1.0, 2.0, 2.0]), 2).tolist() == [1, 2]


def test_stability_summarises_all_pairs():
    found = stability([ONE, TWO, -ONE], 2)
    assert found["kendall_tau"] == pytest.approx({"mean": (4 / 6 - 1.0 - 4 / 6) / 3, "lowest": -1.0})
    assert found["jaccard"] == pytest.approx({"mean": 1 / 3, "lowest": 0.0})
    assert found["chance_jaccard"] == pytest.approx(1 / 3) and found["n"] == 3


@pytest.mark.parametrize("given", [[ONE], [ONE, ONE[:3]]])
def test_stability_needs_two_alike(given):
    with pytest.raises(DataError, match="two relevances"):
        stability(given)
