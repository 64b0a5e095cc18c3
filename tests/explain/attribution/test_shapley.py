"""Shares of Action Units against numbers worked out by hand, and the axioms that define them."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.attribution.shapley import BATCH, au_path_ig, shapley

INTENSITIES = st.lists(st.floats(0, 5), min_size=4, max_size=4)


def product(levels):
    return levels.prod(1)


def wild(seed):
    """A smooth function of four AUs in which all act together."""
    inner, outer = np.random.default_rng(seed).normal(size=(2, 4, 6))
    return lambda levels: np.tanh(levels @ inner / 3) @ outer.sum(0)


@pytest.mark.parametrize("method", [shapley, au_path_ig])
def test_what_is_done_together_is_shared(method):
    """u0 u1 from (0, 0) to (2, 3): each is nothing without the other, so that each has half of 6."""
    result = method(product, np.zeros(2), np.array([2.0, 3.0]))
    np.testing.assert_allclose(result.values, [3.0, 3.0])
    assert (result.value, result.baseline_value, result.gap) == (6.0, 0.0, pytest.approx(0.0))


def test_three_together():
    np.testing.assert_allclose(shapley(product, np.zeros(3), np.array([1.0, 2.0, 3.0])).values, [2.0, 2.0, 2.0])


def test_from_where_all_are_present():
    """u0 u1 from (1, 1) to (2, 3): alone u0 adds 1 and u1 2; after the other 3 and 4."""
    np.testing.assert_allclose(shapley(product, np.ones(2), np.array([2.0, 3.0])).values, [2.0, 3.0])


def test_the_two_differ_where_the_way_matters():
    """u0 ** 2 u1 from 0 to 1. Switched: half each. Along the diagonal: the integrals of 2 t ** 2 and of t ** 2."""
    def drawn(levels):
        return levels[:, 0] ** 2 * levels[:, 1]

    np.testing.assert_allclose(shapley(drawn, np.zeros(2), np.ones(2)).values, [0.5, 0.5])
    np.testing.assert_allclose(au_path_ig(drawn, np.zeros(2), np.ones(2), steps=200).values, [2 / 3, 1 / 3], atol=1e-4)
    # The midpoint rule gives 1 - 1 / (4 steps ** 2) for the integral of 3 t ** 2.
    gaps = [au_path_ig(drawn, np.zeros(2), np.ones(2), steps=steps).gap for steps in (1, 2, 10)]
    assert gaps == pytest.approx([-1 / 4, -1 / 16, -1 / 400])


@pytest.mark.parametrize("method", [shapley, au_path_ig])
def test_units_that_do_not_act_together_keep_their_own(method):
    """Exactly, and along the path at a single step too."""
    before, after = np.array([0.0, 5.0, 2.0, 1.0]), np.array([5.0, 0.0, 4.0, 1.0])
    options = {"steps": 1} if method is au_path_ig else {}
    result = method(lambda levels: (levels ** 3).sum(1), before, after, **options)
    np.testing.assert_allclose(result.values, after ** 3 - before ** 3)


def test_dummy_and_unmoved_units_have_no_share():
    def drawn(levels):
        return np.exp(levels[:, 0]) * levels[:, 1] * (1 + levels[:, 3])

    before, after = np.array([0.0, 1.0, 0.0, 2.0]), np.array([1.0, 2.0, 5.0, 2.0])
    for method in (shapley, au_path_ig):
        values = method(drawn, before, after).values
        assert values[2] == values[3] == 0.0 and (values[:2] > 0).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), before=INTENSITIES, after=INTENSITIES)
def test_shapley_values_are_efficient_and_the_mean_over_all_orders(seed, before, after):
    drawn, before, after = wild(seed), np.array(before), np.array(after)
    result = shapley(drawn, before, after)
    change = drawn(after[None])[0] - drawn(before[None])[0]
    assert result.values.sum() == pytest.approx(change, abs=1e-9) and abs(result.gap) < 1e-9
    expected = np.zeros(4)
    for order in permutations(range(4)):
        levels = before.copy()
        for unit in order:
            previous = drawn(levels[None])[0]
            levels[unit] = after[unit]
            expected[unit] += (drawn(levels[None])[0] - previous) / 24
    np.testing.assert_allclose(result.values, expected, atol=1e-9)
    backwards = shapley(drawn, after, before)
    np.testing.assert_allclose(backwards.values, -result.values, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), before=INTENSITIES, after=INTENSITIES)
def test_the_path_comes_to_its_value(seed, before, after):
    assert au_path_ig(wild(seed), np.array(before), np.array(after), steps=400).gap == pytest.approx(0.0, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), level=st.floats(0.5, 5))
def test_units_that_act_alike_share_alike(seed, level):
    def drawn(levels):
        return wild(seed)(np.stack([levels[:, 0] + levels[:, 2], levels[:, 1], levels[:, 1], levels[:, 0] * 0], axis=1))

    for method in (shapley, au_path_ig):
        values = method(drawn, np.zeros(3), np.full(3, level)).values
        assert values[0] == pytest.approx(values[2], abs=1e-9)


def test_what_is_drawn():
    """All subsets, in batches; the path never leaves the two settings."""
    drawn = []

    def sums(levels):
        assert len(levels) <= BATCH
        drawn.extend(levels.tolist())
        return levels.sum(1)

    before, after = np.zeros(9), np.array([1.0, 2, 3, 4, 5, 1, 2, 3, 0])
    assert shapley(sums, before, after).renders == len(drawn) == 256 == len({tuple(levels) for levels in drawn})
    drawn.clear()
    assert au_path_ig(sums, before, after, steps=3).renders == len(drawn) == 2 * 8 * 3 + 2
    assert np.min(drawn) >= 0 and (np.array(drawn) <= after).all()


@pytest.mark.parametrize("method", [shapley, au_path_ig])
def test_nothing_changes(method):
    result = method(product, np.ones(3), np.ones(3))
    assert not result.values.any() and (result.value, result.baseline_value, result.gap) == (1.0, 1.0, 0.0)


def test_settings_are_not_written_to():
    before, after = np.zeros(2), np.ones(2)
    shapley(product, before, after)
    assert not before.any() and after.all()


def test_wrong_turns():
    assert shapley(product, np.zeros(12), np.ones(12)).renders == 4096
    with pytest.raises(CatganError, match="at most 12 Action Units .* Received: 13."):
        shapley(product, np.zeros(13), np.ones(13))
    with pytest.raises(CatganError, match=r"Received: \(2,\) and \(3,\)."):
        shapley(product, np.zeros(2), np.ones(3))
    for bad in (5.5, -1.0, np.nan):
        with pytest.raises(CatganError, match=f"0..5. Received: {bad:g}."):
            au_path_ig(product, np.zeros(2), np.array([1.0, bad]))
    with pytest.raises(CatganError, match="steps must be whole, from 1. Received: 0."):
        au_path_ig(product, np.zeros(2), np.ones(2), steps=0)
    with pytest.raises(CatganError, match="one finite answer"):
        shapley(lambda levels: np.full(len(levels), np.nan), np.zeros(2), np.ones(2))
    with pytest.raises(CatganError, match=r"one finite answer. Received: 8 of shape \(4, 2\)"):
        shapley(lambda levels: levels, np.zeros(2), np.ones(2))
