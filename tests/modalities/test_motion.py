"""Derivatives of joints that are partly unknown, and the cycle of a walk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import DataError
from catgan.modalities.motion import cycle_frequency, differentiate, with_unknown

SECONDS = np.arange(40) / 15


def cubic(seconds):
    """A path whose derivatives are known: x = 1 + 2 t + 3 t^2 + 4 t^3, y = -t, z = 5."""
    return np.stack([1 + 2 * seconds + 3 * seconds ** 2 + 4 * seconds ** 3, -seconds, 5 + 0 * seconds], -1)[:, None]


def test_derivatives_of_a_cubic_are_exact():
    found = differentiate(cubic(SECONDS), 15)
    inner = slice(2, -2)
    np.testing.assert_allclose(found.position[inner], cubic(SECONDS)[inner], atol=1e-8)
    np.testing.assert_allclose(found.velocity[inner, 0, 0], (2 + 6 * SECONDS + 12 * SECONDS ** 2)[inner], rtol=1e-6)
    np.testing.assert_allclose(found.velocity[inner, 0, 1:], np.tile((-1.0, 0.0), (36, 1)), atol=1e-6)
    np.testing.assert_allclose(found.acceleration[inner, 0, 0], (6 + 24 * SECONDS)[inner], rtol=1e-5)
    np.testing.assert_allclose(found.jerk[inner, 0], np.tile((24.0, 0.0, 0.0), (36, 1)), atol=1e-4)


def test_derivatives_at_the_ends_are_unknown_and_positions_stay():
    found = differentiate(cubic(SECONDS), 15)
    assert np.isnan(found.velocity[[0, 1, -2, -1]]).all() and np.isfinite(found.velocity[2:-2]).all()
    np.testing.assert_array_equal(found.position[[0, -1]], cubic(SECONDS)[[0, -1]])


def test_unknown_frames_change_nothing_else():
    positions = cubic(SECONDS)
    positions[[10, 20, 21]] = np.nan
    found = differentiate(positions, 15)
    assert np.isnan(found.position[10]).all() and np.isnan(found.velocity[[10, 20, 21]]).all()
    np.testing.assert_allclose(found.velocity[[9, 11, 13], 0, 0],
                               (2 + 6 * SECONDS + 12 * SECONDS ** 2)[[9, 11, 13]], rtol=1e-6)


def test_smoothing_reduces_noise_before_differentiating():
    noise = 0.006 * np.random.default_rng(0).standard_normal((600, 16, 3))
    found = differentiate(noise, 15)
    naive = np.diff(noise, axis=0) * 15
    assert np.nanstd(found.position) < 0.006 and np.nanstd(found.velocity) < 0.6 * naive.std()


def test_movement_of_a_walk_survives_the_smoothing():
    swing = np.zeros((200, 1, 3))
    swing[:, 0, 2] = 0.3 * np.sin(2 * np.pi * np.arange(200) / 15)  # 1 cycle per second
    found = differentiate(swing, 15)
    assert np.nanmax(found.velocity) == pytest.approx(0.3 * 2 * np.pi, rel=0.03)
    assert np.nanmax(found.acceleration) == pytest.approx(0.3 * (2 * np.pi) ** 2, rel=0.13)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(DataError, match="positive rate"):
        differentiate(cubic(SECONDS), rate)


def test_joints_that_are_nan_are_unknown():
    joints, known = np.zeros((2, 16, 3)), np.ones((2, 16), bool)
    joints[0, 3, 1], known[1, 4] = np.inf, False
    unknown = np.isnan(with_unknown(joints, known))
    assert np.argwhere(unknown.all(-1)).tolist() == [[0, 3], [1, 4]] and unknown.sum() == 6
    with pytest.raises(DataError, match=r"\(t, 16, 3\).*Received: \(2, 15, 3\)"):
        with_unknown(joints[:, 1:], known)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.45, 1.8), st.floats(0, 1), st.integers(0, 1000))
def test_cycle_of_feet_with_missing_frames_and_noise(frequency, phase, seed):
    random = np.random.default_rng(seed)
    apart = np.zeros((40, 3))
    apart[:, 0], apart[:, 2] = 0.2, 0.6 * np.sin(2 * np.pi * (frequency * SECONDS + phase))
    apart += 0.01 * random.standard_normal(apart.shape)
    apart[random.choice(np.arange(1, 39), 8, replace=False)] = np.nan
    assert cycle_frequency(apart, 15) == pytest.approx(frequency, abs=0.015)


@pytest.mark.parametrize("apart", [
    np.zeros((40, 3)), np.random.default_rng(0).standard_normal((40, 3)), np.full((40, 3), np.nan),
    np.tile(np.sin(np.arange(12) / 15 * 2 * np.pi)[:, None], 3)])
def test_no_cycle_is_stated_of_who_stands_or_takes_no_two_steps(apart):
    assert np.isnan(cycle_frequency(apart, 15))
