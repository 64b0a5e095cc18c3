"""Explained change by hand."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.metrics import editing


def test_explained_change_by_hand():
    before, truth = np.zeros((2, 4, 4, 1), np.uint8), np.full((2, 4, 4, 1), 20, np.uint8)
    assert editing.explained_change(before, truth, truth) == 1.0
    assert editing.explained_change(before, before, truth) == 0.0
    assert editing.explained_change(before, np.full_like(truth, 15), truth) == pytest.approx(1 - 25 / 400)
    assert editing.explained_change(before, np.full_like(truth, 50), truth) == pytest.approx(1 - 900 / 400)
    assert editing.explained_change(truth, before, truth) is None


def test_large_changes_count_more():
    assert editing.share(np.array([1.0, 1.0]), np.array([10.0, 90.0])) == pytest.approx(0.98)
    low, high = editing.share_interval(np.ones(40), np.linspace(5, 15, 40), [str(n // 2) for n in range(40)])
    assert low < editing.share(np.ones(40), np.linspace(5, 15, 40)) < high


def test_shapes_must_agree():
    with pytest.raises(CatganError, match="one shape"):
        editing.squared_errors(np.zeros((2, 4, 4, 1), np.uint8), np.zeros((2, 4, 4, 3), np.uint8))
