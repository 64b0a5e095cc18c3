"""Shapley values and path integrals of Action Units, against numbers worked out by hand and their axioms."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.attribution.shapley import BATCH_SIZE, au_path_ig, shapley

INTENSITIES = st.lists(st.floats(0, 5), min_size=4, max_size=4)


def product(levels):
    return levels.prod(1)


def wild(seed):
    """A smooth function of four AUs in which all act together."""
    inner, outer = np.random.default_rng(seed).normal(size=(2, 4, 6))
    return lambda levels: np.tanh(levels @ inner / 3) @ outer.sum(0)


@pytest.mark.parametrize("method", [shapley, au_path_ig])
def test_product_of_two_units_is_shared_equally(method):
    """u0 u1 from (0, 0) to (2, 3): each is nothing without the other, so that each has half of 6."""
    result = method(product, np.zeros(2), np.array([2.0, 3.0]))
    np.testing.assert_allclose(result.values, [3.0, 3.0])
    assert (result.value, result.baseline_value, result.convergence_delta) == (6.0, 0.0, pytest.approx(0.0))


def test_product_of_three_units_is_shared_equally():
    np.testing.assert_allclose(shapley(product, np.zeros(3), np.array([1.0, 2.0, 3.0])).values, [2.0, 2.0, 2.0])


def test_product_from_nonzero_levels_by_hand():
    """u0 u1 from (1, 1) to (2, 3): alone u0 adds 1 and u1 2; after the other 3 and 4."""
    np.testing.assert_allclose(shapley(product, np.ones(2), np.array([2.0, 3.0])).values, [2.0, 3.0])


def test_shapley_and_path_differ_for_asymmetric_function():
    """u0 ** 2 u1 from 0 to 1. Switched: half each. Along the diagonal: the integrals of 2 t ** 2 and of t ** 2."""
    def drawn(levels):
        return levels[:, 0] ** 2 * levels[:, 1]

    np.testing.assert_allclose(shapley(drawn, np.zeros(2), np.ones(2)).values, [0.5, 0.5])
    np.testing.assert_allclose(au_path_ig(drawn, np.zeros(2), np.ones(2), steps=200).values, [2 / 3, 1 / 3], atol=1e-4)
    # The midpoint rule gives 1 - 1 / (4 steps ** 2) for the integral of 3 t ** 2.
    deltas = [au_path_ig(drawn, np.zeros(2), np.ones(2), steps=steps).convergence_delta for steps in (1, 2, 10)]
    assert deltas == pytest.approx([-1 / 4, -1 / 16, -1 / 400])


@pytest.mark.parametrize("method", [shapley, au_path_ig])
def test_additive_function_is_attributed_exactly(method):
    """Exactly, and along the path at a single step too."""
    before, after = np.array([0.0, 5.0, 2.0, 1.0]), np.array([5.0, 0.0, 4.0, 1.0])
    options = {"steps": 1} if method is au_path_ig else {}
    result = method(lambda levels: (levels ** 3).sum(1), before, after, **options)
    np.testing.assert_allclose(result.values, after ** 3 - before ** 3)


def test_dummy_and_unmoved_units_get_zero():
    def drawn(levels):
        return np.exp(levels[:, 0]) * levels[:, 1] * (1 + levels[:, 3])

    before, after = np.array([0.0, 1.0, 0.0, 2.0]), np.array([1.0, 2.0, 5.0, 2.0])
    for method in (shapley, au_path_ig):
        values = method(drawn, before, after).values
        assert values[2] == values[3] == 0.0 and (values[:2] > 0).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), before=INTENSITIES, after=INTENSITIES)
def test_shapley_is_efficient_and_mean_over_all_orders(seed, before, after):
    drawn, before, after = wild(seed), np.array(before), np.array(after)
    result = shapley(drawn, before, after)
    change = drawn(after[None])[0] - drawn(before[None])[0]
    assert result.values.sum() == pytest.approx(change, abs=1e-9) and abs(result.convergence_delta) < 1e-9
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
def test_path_with_many_steps_is_complete(seed, before, after):
    result = au_path_ig(wild(seed), np.array(before), np.array(after), steps=400)
    assert result.convergence_delta == pytest.approx(0.0, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), level=st.floats(0.5, 5))
def test_symmetric_units_get_equal_values(seed, level):
    def drawn(levels):
        return wild(seed)(np.stack([levels[:, 0] + levels[:, 2], levels[:, 1], levels[:, 1], levels[:, 0] * 0], axis=1))

    for method in (shapley, au_path_ig):
        values = method(drawn, np.zeros(3), np.full(3, level)).values
        assert values[0] == pytest.approx(values[2], abs=1e-9)


def test_all_subsets_are_drawn_in_batches_and_path_stays_between_settings():
    """All subsets, in batches; the path never leaves the two settings."""
    drawn = []

    def sums(levels):
        assert len(levels) <= BATCH_SIZE
        drawn.extend(levels.tolist())
        return levels.sum(1)

    before, after = np.zeros(9), np.array([1.0, 2, 3, 4, 5, 1, 2, 3, 0])
    assert shapley(sums, before, after).renders == len(drawn) == 256 == len({tuple(levels) for levels in drawn})
    drawn.clear()
    assert au_path_ig(sums, before, after, steps=3).renders == len(drawn) == 2 * 8 * 3 + 2
    assert np.min(drawn) >= 0 and (np.array(drawn) <= after).all()


@pytest.mark.parametrize("method", [shapley, au_path_ig])
def test_equal_settings_get_zero(method):
    result = method(product, np.ones(3), np.ones(3))
    assert not result.values.any() and result.convergence_delta == 0.0
    assert (result.value, result.baseline_value) == (1.0, 1.0)


def test_settings_are_not_written_to():
    before, after = np.zeros(2), np.ones(2)
    shapley(product, before, after)
    assert not before.any() and after.all()


def test_wrong_settings_steps_and_outputs_are_refused():
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


def test_gap_is_deprecated_name_of_convergence_delta():
    result = au_path_ig(product, np.zeros(3), np.array([1.0, 2.0, 3.0]), steps=1)
    with pytest.warns(DeprecationWarning, match="convergence_delta"):
        assert result.gap == result.convergence_delta != 0.0
