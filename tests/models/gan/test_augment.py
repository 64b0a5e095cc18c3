"""Augmentation that leaves labels alone."""

import numpy as np

from catgan.models.gan.augment import HOLE_SIDE, NUMBERS, augment


def faces(n=4, side=16):
    return np.random.default_rng(0).uniform(-1, 1, (n, side, side, 3)).astype(np.float32)


def numbers(n=4, seed=1, **fixed):
    random = np.random.default_rng(seed).random((n, NUMBERS)).astype(np.float32)
    for column, value in fixed.items():
        random[:, int(column[1:])] = value
    return random


def test_augment_with_probability_zero_is_the_identity():
    np.testing.assert_allclose(augment(faces(), numbers(), 0.0), faces(), atol=1e-6)


def test_augment_shifts_by_whole_pixels():
    # Chosen: the second of three kinds. Down by 1 of at most 2 pixels, to the left by 2.
    moved = np.asarray(augment(faces(), numbers(c0=1, c1=0, c2=1, c5=0.75, c6=0.0), 0.5))
    np.testing.assert_allclose(moved[:, 1:, :-2], faces()[:, :-1, 2:], atol=1e-6)
    np.testing.assert_array_equal(moved[:, 0], 0.0)
    np.testing.assert_array_equal(moved[:, :, -2:], 0.0)


def test_augment_hole_is_a_square_of_a_quarter_of_the_side():
    holed = np.asarray(augment(np.ones((2, 16, 16, 1), np.float32), numbers(2, c0=1, c1=1, c2=0, c7=0.5, c8=0.5), 0.5))
    assert (holed == 0).sum() == 2 * (HOLE_SIDE * 16) ** 2
    assert (holed[:, 6:10, 6:10] == 0).all()


def test_augment_colour_keeps_the_order_of_pixels():
    coloured = np.asarray(augment(faces(), numbers(c0=0, c1=1, c2=1), 0.5))
    for before, after in zip(faces(), coloured):
        order = np.argsort(before.ravel())
        assert (np.diff(after.ravel()[order]) > 0).all()
    assert np.abs(coloured - faces()).max() > 0.02
