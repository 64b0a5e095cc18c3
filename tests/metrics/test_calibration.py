import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.calibration import calibration_curve

from catgan.errors import CatganError
from catgan.metrics import calibration
from catgan.metrics.calibration import (conformal_quantile, coverage, expected_calibration_error, pit_table,
                                        reliability, temperature, variance_scale)

NONE = np.zeros(4, bool)

# === Standard deviations ===


def test_variance_scale_by_hand():
    assert variance_scale(np.array([1.0, -2, 3]), np.array([1.0, 1, 3])) == pytest.approx(math.sqrt(2))


def test_variance_scale_is_the_most_likely():
    random = np.random.default_rng(0)
    std = random.uniform(0.1, 1, 400)
    error = random.normal(0, 1.7 * std)
    best = optimize.minimize_scalar(lambda s: -stats.norm.logpdf(error, scale=s * std).sum(), bounds=(0.1, 10),
                                    method="bounded", options={"xatol": 1e-9})
    assert variance_scale(error, std) == pytest.approx(best.x, rel=1e-5)
    assert variance_scale(error, std * variance_scale(error, std)) == pytest.approx(1.0)


def test_pit_table_against_scipy():
    random = np.random.default_rng(0)
    std = random.uniform(0.1, 1, 500)
    error = random.normal(0, std)
    two_sided = 2 * np.abs(stats.norm.cdf(error / std) - 0.5)  # of a PIT value, how far from the middle
    rows = pit_table(error, std)
    assert [row["nominal"] for row in rows] == list(calibration.LEVELS)
    assert [row["observed"] for row in rows] == pytest.approx([(two_sided <= level).mean()
                                                               for level in calibration.LEVELS])
    assert all(abs(row["nominal"] - row["observed"]) < 0.07 for row in rows)
    assert pit_table(error, 0.5 * std)[4]["observed"] < 0.35 < 0.65 < pit_table(error, 2 * std)[4]["observed"]


def test_pit_table_by_hand():
    edge = NormalDist().inv_cdf(0.75)
    row, = pit_table(np.array([0.0, 2 * edge - 1e-9, -2 * edge - 1e-9, 9]), np.full(4, 2.0), levels=(0.5,))
    assert row == {"nominal": 0.5, "observed": 0.5, "count": 4}


def test_deviations_of_zero_are_refused():
    for function in (variance_scale, pit_table):
        with pytest.raises(CatganError, match="above 0"):
            function(np.ones(2), np.array([1.0, 0.0]))
        function(np.ones(2), np.array([1.0, 0.0]), np.array([True, False]))


# === Probabilities ===


def drawn(scale, n=4000, seed=0):
    """Logits that are `scale` times too large."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, n)
    return scale * logits, random.random(n) < 1 / (1 + np.exp(-logits))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 4.0), st.integers(0, 1000))
def test_temperature_against_scipy(scale, seed):
    logits, present = drawn(scale, 500, seed)
    best = optimize.minimize_scalar(
        lambda log: np.mean(np.logaddexp(0, logits / np.exp(log)) - present * logits / np.exp(log)),
        bounds=(-4, 4), method="bounded", options={"xatol": 1e-8})
    assert temperature(logits, present) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_temperature_finds_what_was_planted():
    assert temperature(*drawn(2.0, 20000)) == pytest.approx(2.0, rel=0.1)
    logits, present = drawn(3.0)
    scaled = 1 / (1 + np.exp(-logits / temperature(logits, present)))
    raw = 1 / (1 + np.exp(-logits))
    assert expected_calibration_error(scaled, present) < 0.3 * expected_calibration_error(raw, present)


def test_temperature_at_its_ends():
    logits, present = np.array([-1.0, -2, 1, 2]), np.array([0, 0, 1, 1])
    assert temperature(logits, present) < 0.05  # parted without error: as sure as may be
    assert temperature(-logits, present) == pytest.approx(100.0, rel=1e-3)
    assert temperature(logits, np.ones(4)) is None and temperature(logits, present, NONE) is None


def test_reliability_by_hand():
    probability, present = np.array([0.0, 0.1, 0.5, 0.9, 1.0]), np.array([0, 1, 1, 1, 0])
    rows = reliability(probability, present, bins=4)
    assert rows == [{"centre": 0.125, "predicted": pytest.approx(0.05), "share": 0.5, "count": 2},
                    {"centre": 0.375, "predicted": None, "share": None, "count": 0},
                    {"centre": 0.625, "predicted": 0.5, "share": 1.0, "count": 1},
                    {"centre": 0.875, "predicted": pytest.approx(0.95), "share": 0.5, "count": 2}]
    assert expected_calibration_error(probability, present, bins=4) == pytest.approx((2 * 0.45 + 0.5 + 2 * 0.45) / 5)


def test_reliability_against_scikit_learn():
    logits, present = drawn(1.7)
    probability = 1 / (1 + np.exp(-logits))
    share, predicted = calibration_curve(present, probability, n_bins=10, strategy="uniform")
    rows = [row for row in reliability(probability, present) if row["count"]]
    np.testing.assert_allclose([row["share"] for row in rows], share)
    np.testing.assert_allclose([row["predicted"] for row in rows], predicted)


def test_probabilities_outside_their_range_are_refused():
    with pytest.raises(CatganError, match="0..1"):
        reliability(np.array([0.5, 1.2]), np.ones(2))


# === Intervals ===


def test_conformal_quantile_by_hand():
    score = np.arange(1.0, 20)  # 19 scores: the 19th promises 95 %, the 18th 90 %
    assert conformal_quantile(score, 0.95) == 19.0 and conformal_quantile(score[::-1], 0.9) == 18.0
    assert conformal_quantile(score, 0.951) == math.inf and conformal_quantile(score[:18], 0.95) == math.inf
    assert conformal_quantile(np.array([]), 0.5) == math.inf
    with pytest.raises(CatganError, match="between 0 and 1"):
        conformal_quantile(score, 1.0)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_conformal_quantile_keeps_its_promise(level):
    random = np.random.default_rng(0)
    kept = np.mean([random.exponential() <= conformal_quantile(random.exponential(size=20), level)
                    for _ in range(4000)])
    assert level - 0.02 < kept < level + 1 / 21 + 0.02  # Lei et al.: at most 1 / (n + 1) more


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0.05, 0.95))
def test_conformal_quantile_is_the_least_that_holds_enough(scores, level):
    scores = np.array(scores)
    quantile = conformal_quantile(scores, level)
    needed = (len(scores) + 1) * level - 1e-9
    assert (scores <= quantile).sum() >= needed or quantile == math.inf
    assert (scores < quantile).sum() < needed


def test_coverage_by_hand():
    error = np.array([0.1, -0.2, 0.3, -0.4])
    assert coverage(error, 0.25) == {"coverage": 0.5, "n": 4}
    assert coverage(error, np.array([0.0, 1, 1, math.inf])) == {"coverage": 0.75, "n": 4}
    people = coverage(np.repeat(error, 20), 0.25, np.repeat(list("abcd"), 20))
    assert people["coverage_interval"][0] <= 0.25 and people["coverage_interval"][1] >= 0.75
    masked = coverage(np.append(error, np.nan), 0.25, list("abcde"), np.array([1, 1, 1, 1, 0]))
    assert masked["coverage"] == 0.5 and masked["n"] == 4


# === Unknown labels ===


def test_what_is_masked_never_matters():
    error, std, mask = np.array([1.0, -2, np.nan, 9]), np.array([1.0, 2, -1, np.nan]), np.array([1, 1, 0, 0], bool)
    assert variance_scale(error, std, mask) == 1.0
    assert [row["count"] for row in pit_table(error, std, mask)] == [2] * 10
    assert conformal_quantile(np.abs(error), 0.6, mask) == 2.0
    probability, present = np.array([0.2, 0.8, 7, np.nan]), np.array([0, 1, np.nan, 0])
    assert expected_calibration_error(probability, present, mask) == pytest.approx(0.2)
    assert temperature(probability, present, mask) == temperature(probability[:2], present[:2])


def test_nothing_known_is_none():
    four = np.ones(4)
    assert variance_scale(four, four, NONE) is None and expected_calibration_error(four, four, NONE) is None
    assert coverage(four, 1.0, list("abcd"), NONE) == {"coverage": None, "n": 0, "coverage_interval": None}
    assert {row["observed"] for row in pit_table(four, four, NONE)} == {None}
    assert {row["count"] for row in reliability(four, four, NONE)} == {0}


def test_other_shapes_and_known_nan_are_refused():
    with pytest.raises(CatganError, match="one shape"):
        variance_scale(np.ones(3), np.ones(4))
    with pytest.raises(CatganError, match="must not be NaN"):
        temperature(np.array([np.nan, 1.0]), np.array([0, 1]))
