import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from catgan.metrics import Moments, va

X, Y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0, 3.0, 5.0])


def test_by_hand():
    # means 2.5 and 3; Sxx = 5, Syy = 6, Sxy = 5
    moments = Moments.of(X, Y)
    assert moments.pcc == pytest.approx(5 / np.sqrt(30))
    assert moments.ccc == pytest.approx(2 * 5 / (5 + 6 + 4 * 0.25))
    assert moments.rmse == pytest.approx(np.sqrt(2 / 4))
    assert moments.icc == pytest.approx(2 * 5 / 11)


def icc_3_1(ratings):
    """ICC(3,1) from the two-way analysis of variance, as pingouin computes it."""
    n, k = ratings.shape
    grand = ratings.mean()
    rows = k * ((ratings.mean(1) - grand) ** 2).sum()
    columns = n * ((ratings.mean(0) - grand) ** 2).sum()
    error = ((ratings - grand) ** 2).sum() - rows - columns
    ms_rows, ms_error = rows / (n - 1), error / ((n - 1) * (k - 1))
    return (ms_rows - ms_error) / (ms_rows + (k - 1) * ms_error)


def test_against_libraries():
    random = np.random.default_rng(0)
    x = random.normal(3, 2, 500)
    y = 0.7 * x + random.normal(1, 1, 500)
    moments = Moments.of(x, y)
    assert moments.pcc == pytest.approx(stats.pearsonr(x, y)[0])
    assert moments.icc == pytest.approx(icc_3_1(np.stack([x, y], 1)))
    lin = 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert moments.ccc == pytest.approx(lin)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.booleans()), min_size=1, max_size=60),
       st.integers(1, 60))
def test_batches_add_up_to_one_pass(rows, cut):
    x, y, mask = (np.array(part) for part in zip(*rows))
    whole = Moments.of(x, y, mask)
    parts = Moments.of(x[:cut], y[:cut], mask[:cut]) + Moments.of(x[cut:], y[cut:], mask[cut:])
    assert parts.n == whole.n
    np.testing.assert_allclose([parts.xx, parts.yy, parts.xy], [whole.xx, whole.yy, whole.xy], atol=1e-9)


def test_large_mean_does_not_cancel():
    moments = Moments.of(X + 1e8, Y + 1e8)
    assert moments.pcc == pytest.approx(5 / np.sqrt(30), rel=1e-6)


def test_masked_values_never_matter():
    spoiled = np.array([1.0, 2.0, 3.0, 4.0, np.nan, np.inf])
    mask = np.array([True] * 4 + [False] * 2)
    assert Moments.of(spoiled, np.append(Y, [9.0, 9.0]), mask) == Moments.of(X, Y)


def test_undefined_is_none():
    assert Moments().ccc is None and Moments().rmse is None
    constant = Moments.of(np.full(5, 0.1), np.full(5, 0.1))
    assert constant.pcc is None and constant.ccc is None and constant.icc is None and constant.rmse == 0.0
    assert Moments.of(np.full(4, 0.3), Y).pcc is None


def test_sign_agreement_by_hand():
    true, predicted = np.array([0.5, -0.5, 0.0, 0.1]), np.array([0.1, 0.2, 0.0, 0.9])
    mask = np.array([True, True, True, False])
    parts = va.Dimension.of(true[:2], predicted[:2], mask[:2]) + va.Dimension.of(true[2:], predicted[2:], mask[2:])
    assert parts.result()["sagr"] == pytest.approx(2 / 3) and parts.result()["n"] == 3
    assert va.Dimension().result() == {"ccc": None, "pcc": None, "rmse": None, "sagr": None, "n": 0}
