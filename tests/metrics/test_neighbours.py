"""Precision, recall, density and coverage against PyPI's `prdc`."""

import numpy as np
import pytest
from prdc import compute_prdc

from catgan.metrics.neighbours import density_coverage, precision_recall


@pytest.mark.parametrize("dimensions, shift, k", [(2, 0.5, 1), (2, 2.0, 5), (16, 0.0, 3), (64, 1.0, 5)])
def test_precision_recall_density_coverage_agree_with_prdc(dimensions, shift, k):
    random = np.random.default_rng(k)
    real = random.normal(size=(150, dimensions))
    fake = 0.9 * random.normal(size=(120, dimensions)) + shift / np.sqrt(dimensions)
    expected = compute_prdc(real, fake, k)
    found = {**precision_recall(real, fake, k), **density_coverage(real, fake, k)}
    assert found == pytest.approx(expected, abs=1e-12)
    assert 0.0 < found["precision"] < 1.0 or 0.0 < found["recall"] < 1.0
