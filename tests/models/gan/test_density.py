"""Where the Action Units of training faces lie together."""

import numpy as np
import pytest

from catgan.labels import Labels, LabelSpec
from catgan.models.gan.density import INSIDE, RIDGE, ActionUnitDensity, learn_density

SPEC = LabelSpec((1, 4, 12), "intensity", True)


def labels(values, mask=None):
    full = np.zeros((len(values), 5), np.float32)
    full[:, :3] = values
    known = np.ones((len(values), 5), bool)
    known[:, :3] = True if mask is None else mask
    return Labels(SPEC, full, known)


def test_distance_and_bound_by_hand():
    """Variances 4 and 1 (and the ridge), no covariance: two levels of the first are as far as one of the second."""
    density = ActionUnitDensity(np.array([1.0, 2.0]), np.diag([4.0, 1.0]), 1.5)
    np.testing.assert_allclose(density.distance(np.array([[1.0, 2.0], [3.0, 2.0], [1.0, 3.0], [3.0, 3.0]])),
                               [0.0, 1.0, 1.0, np.sqrt(2.0)])
    assert density.inside(np.array([[3.0, 3.0], [1.0, 4.0]])).tolist() == [True, False]


def test_learn_density_of_correlated_units_excludes_them_apart():
    random = np.random.default_rng(0)
    first = random.uniform(0, 5, 4000)
    values = np.stack([first, np.clip(first + random.normal(0, 0.2, 4000), 0, 5), random.uniform(0, 5, 4000)], axis=1)
    density = learn_density(labels(values))
    np.testing.assert_allclose(density.covariance, np.cov(values, rowvar=False, ddof=0) + RIDGE * np.eye(3), atol=1e-4)
    assert density.inside(values).mean() == pytest.approx(INSIDE, abs=0.002)
    assert density.inside(np.array([[4.0, 4.0, 1.0]]))[0] and not density.inside(np.array([[4.0, 0.0, 1.0]]))[0]


def test_learn_density_ignores_unknown_labels():
    random = np.random.default_rng(1)
    values, mask = random.uniform(0, 5, (500, 3)), np.ones((500, 3), bool)
    mask[:, 1], mask[::2, 0] = False, False  # nobody knows the second unit, half of them the first
    changed = np.where(mask, values, 99.0)
    one, other = learn_density(labels(values, mask)), learn_density(labels(changed, mask))
    np.testing.assert_allclose(one.covariance, other.covariance, atol=1e-9)
    assert one.mean[0] == pytest.approx(values[1::2, 0].mean(), abs=1e-5) and one.mean[1] == 0.0
    assert learn_density(labels(values, np.zeros((500, 3), bool))) is None


def test_learn_density_finds_exclusive_pairs():
    values = np.random.default_rng(3).uniform(1.5, 5, (400, 3))
    values[::2, 0], values[1::2, 1] = 0.5, 0.0  # the first two units take turns: a hundred faces should show both
    density = learn_density(labels(values))
    assert density.exclusive_pairs == ((0, 1),)
    both = np.array([[3.0, 3.0, 0.0], [3.0, 0.9, 3.0], [1.0, 1.0, 0.0]])
    assert density.violates_exclusion(both, np.zeros(3)).tolist() == [True, False, True]
    assert density.violates_exclusion(both, np.array([2.0, 2.0, 0.0])).tolist() == [False] * 3  # together before
    mask = np.ones((400, 3), bool)
    mask[::2, 0], mask[1::2, 1] = False, False  # nobody knows both
    assert learn_density(labels(values, mask)).exclusive_pairs == ()
    assert learn_density(labels(values[:60])).exclusive_pairs == ()  # too few to say


def test_density_survives_a_round_trip():
    values = np.random.default_rng(2).uniform(0, 5, (200, 3))
    values[:100, 1], values[100:, 2] = 0.0, 0.0
    density = learn_density(labels(values))
    assert ActionUnitDensity.from_dict(density.to_dict()).exclusive_pairs == density.exclusive_pairs == ((1, 2),)
    again = ActionUnitDensity.from_dict(density.to_dict())
    np.testing.assert_allclose(again.distance(np.eye(3)), density.distance(np.eye(3)), atol=2e-3)
    presence = LabelSpec((1, 4), "presence")
    known = learn_density(Labels(presence, np.ones((9, 2), np.float32), np.ones((9, 2), bool)))
    np.testing.assert_allclose(known.mean, 5.0)  # a presence counts as 5 levels
