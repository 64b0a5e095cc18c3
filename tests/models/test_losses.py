"""Every loss against numbers worked out by hand."""

import numpy as np
import pytest

from catgan.backend import sums
from catgan.models import losses


def value(tensor):
    return float(np.asarray(tensor))


def array(*rows):
    return np.array(rows, np.float32)


def test_adversarial_losses_by_hand():
    real, fake = array(2.0, 0.0), array(0.0, 0.0)
    # softplus(-2) = 0.126928, softplus(0) = 0.693147
    assert value(losses.discriminator_loss(real, fake)) == pytest.approx((0.126928 + 0.693147) / 2, abs=1e-6)
    assert value(losses.generator_loss(real, fake)) == pytest.approx((2.126928 + 0.693147) / 2, abs=1e-6)


def test_gradient_penalty_is_the_mean_squared_norm():
    gradient = np.zeros((2, 2, 2, 1), np.float32)
    gradient[0] = 3.0  # squared norm 4 * 9
    assert value(losses.gradient_penalty(gradient)) == pytest.approx(18.0)


def test_image_and_edge_distance_by_hand():
    truth = np.zeros((2, 2, 2, 1), np.float32)
    drawn = truth.copy()
    drawn[0, 0, 0] = 0.12  # sqrt(.12 ** 2 + .05 ** 2) - .05 = .08, in one of 4 pixels of one of 2 faces
    assert value(losses.image_distance(drawn, truth)) == pytest.approx(0.08 / 8)
    assert value(losses.image_distance(drawn, truth, array(1, 0))) == pytest.approx(0.08 / 4)
    assert value(losses.image_distance(drawn, truth, array(0, 0))) == 0.0
    wide = (0.12 ** 2 + 0.5 ** 2) ** 0.5 - 0.5
    assert value(losses.image_distance(drawn, truth, small=0.5)) == pytest.approx(wide / 8, rel=1e-4)
    # One of two steps down, and one of two across, in one of 2 faces.
    assert value(losses.edge_distance(drawn, truth)) == pytest.approx(2 * 0.08 / 2 / 2)
    assert value(losses.edge_distance(drawn + 0.3, truth + 0.3)) == pytest.approx(2 * 0.08 / 2 / 2, rel=1e-5)


def test_normalise_by_change_equalises_sizes():
    before = np.zeros((3, 4, 4, 1), np.float32)
    after = before.copy()
    after[0, :2] = np.sqrt(2) * 0.055  # half of the pixels: a root mean square of .055
    after[1, 0, 0] = 0.06  # one of sixteen: .015
    factors = np.asarray(losses.normalise_by_change(before, after))
    np.testing.assert_allclose(factors.ravel(), [1.0, 3.0, 12.0], rtol=1e-4)
    assert factors.shape == (3, 1, 1, 1)


def test_masked_mean_weights_faces_equally():
    """A face with one known label counts as much as one with three; one with none counts not at all."""
    loss = array([1.0, 2.0, 3.0], [10.0, 99.0, 99.0], [99.0, 99.0, 99.0])
    mask = array([1, 1, 1], [1, 0, 0], [0, 0, 0])
    assert value(losses.masked_mean(loss, mask)) == pytest.approx((2.0 + 10.0) / 2)
    assert value(losses.masked_mean(loss, np.zeros_like(mask))) == 0.0


def test_presence_loss_by_hand():
    logits, truth = array([0.0, np.log(3.0)]), array([1.0, 0.0])
    # -log 1/2 and -log 1/4
    assert value(losses.presence_loss(logits, truth, array([1, 1]))) == pytest.approx(1.5 * np.log(2), abs=1e-6)
    assert value(losses.presence_loss(logits, truth, array([1, 0]))) == pytest.approx(np.log(2), abs=1e-6)


def test_presence_loss_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    logits, truth = random.normal(size=(50, 1)).astype(np.float32), random.integers(0, 2, (50, 1)).astype(np.float32)
    expected = metrics.log_loss(truth[:, 0], 1 / (1 + np.exp(-logits[:, 0].astype(float))))
    assert value(losses.presence_loss(logits, truth, np.ones_like(truth))) == pytest.approx(expected, abs=1e-6)


def test_huber_loss_by_hand():
    # Error 0.05: 0.5 * 0.0025; error 0.3: 0.1 * (0.3 - 0.05). Times 10.
    loss = losses.huber_loss(array([0.5], [0.5]), array([0.55], [0.8]), array([1], [1]))
    assert value(loss) == pytest.approx(10 * (0.00125 + 0.025) / 2, abs=1e-6)


def test_batch_ccc_equals_its_definition():
    random = np.random.default_rng(0)
    truth = random.uniform(-1, 1, (40, 2))
    predicted = 0.5 * truth + random.normal(0, 0.2, truth.shape) + 0.1
    mask = (random.random((40, 2)) < 0.7).astype(np.float32)
    got = np.asarray(losses.batch_ccc(predicted.astype(np.float32), truth.astype(np.float32), mask))
    for column in range(2):
        known = mask[:, column] > 0
        a, b = predicted[known, column], truth[known, column]
        expected = 2 * np.mean((a - a.mean()) * (b - b.mean())) / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)
        assert got[column] == pytest.approx(expected, abs=1e-4)


def test_concordance_loss_without_known_labels_is_zero():
    predicted, truth = array([0.5, -0.5], [0.1, 0.1]), np.zeros((2, 2), np.float32)
    assert value(losses.concordance_loss(predicted, truth, np.zeros((2, 2), np.float32))) == pytest.approx(0.0)
    assert value(losses.concordance_loss(truth, truth, np.ones((2, 2), np.float32))) == pytest.approx(1.0)


def test_spread_loss_by_hand_has_no_gradient_for_the_mean():
    # 0.1 * 0.5 * (log variance + error^2 / variance), log variance 0, error 1
    zero, one = np.zeros((3, 1), np.float32), np.ones((3, 1), np.float32)
    assert value(losses.spread_loss(one, zero, zero, one)) == pytest.approx(0.05)
    best = [value(losses.spread_loss(one, np.full((3, 1), v, np.float32), zero, one)) for v in (-0.5, 0.0, 0.5)]
    assert min(best) == best[1]  # least where the variance is the squared error


def test_expression_loss_is_cross_entropy():
    logits = np.log(array([0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]))
    one_hot = array([1, 0, 0], [0, 0, 1], [0, 1, 0])
    mask = array([1, 1, 1], [1, 1, 1], [0, 0, 0])
    expected = -(np.log(0.5) + np.log(0.8)) / 2
    assert value(losses.expression_loss(logits, one_hot, mask)) == pytest.approx(expected, abs=1e-6)


def test_beta_nll_by_hand():
    """0.5 (log v + e^2 / v), weighted by v^0.5, times 5; the weight teaches the variance nothing."""
    mean, truth = array([0.5], [0.1]), array([0.7], [0.1])
    variance = np.array([[0.04], [0.25]], np.float32)
    expected = 5 * np.mean([0.2 * 0.5 * (np.log(0.04) + 1.0), 0.5 * 0.5 * np.log(0.25)])
    assert value(losses.beta_nll(mean, np.log(variance), truth, array([1], [1]))) == pytest.approx(expected, abs=1e-5)


def test_ordinal_loss_by_hand():
    """Intensity 0.5 (2.5 of 5) exceeds 0 and 1 for sure, 2 by half, 3 and 4 not."""
    logits = np.zeros((1, 1, 5), np.float32)
    assert value(losses.ordinal_loss(logits, array([0.5]), array([1]))) == pytest.approx(np.log(2))
    sure = 30 * array([1, 1, 0, -1, -1])[None]
    assert value(losses.ordinal_loss(sure, array([0.5]), array([1]))) == pytest.approx(np.log(2) / 5, abs=1e-6)


def test_bins_loss_by_hand():
    """Least where the distribution is the label's own Gaussian; there it is that Gaussian's entropy."""
    centres = np.linspace(-1, 1, 5, dtype=np.float32)
    wanted = np.exp(-0.5 * ((centres - 0.2) / 0.5) ** 2)
    wanted /= wanted.sum()
    loss = losses.bins_loss(np.log(wanted)[None, None], array([0.2]), array([1]), centres)
    assert value(loss) == pytest.approx(-(wanted * np.log(wanted)).sum() / np.log(5), abs=1e-5)
    assert value(losses.bins_loss(np.zeros((1, 1, 5), np.float32), array([0.2]), array([1]), centres)) == pytest.approx(
        1.0)


def test_mean_matching_has_the_gradient_of_the_squared_bias():
    """Of readings a + b * z the mean is a, whatever b is: the gradient is 2 (a - expected) for a, and about 0 for b."""
    noise = np.random.default_rng(0).standard_normal((20000, 1)).astype(np.float32)
    mask = np.ones_like(noise)

    def loss(a, b, bias):
        return value(losses.mean_matching(a + b * noise, np.full_like(noise, bias), mask))

    for a, expected in ((0.7, 0.5), (0.2, 0.5)):
        bias = a - expected
        slope = (loss(a + 0.01, 0.3, bias) - loss(a - 0.01, 0.3, bias)) / 0.02
        assert slope == pytest.approx(2 * (a - expected), abs=1e-3)
        assert (loss(a, 0.4, bias) - loss(a, 0.2, bias)) / 0.2 == pytest.approx(0.0, abs=0.01)


def test_regression_by_hand():
    assert value(losses.regression(array([0.5, 1.0]), array([0.0, 0.0]), array([1, 0]))) == pytest.approx(0.25)


def test_sums_in_summed_by_add_over_devices():
    """With a sum over two devices that hold the same, counts double and means stay."""
    x = array(1.0, 3.0)
    with sums.summed_by(lambda part: 2 * part):
        assert value(sums.total(x)) == 8.0 and value(sums.mean(x)) == 2.0
        nested = losses.masked_mean(array([1.0], [3.0]), array([1], [1]))
    assert value(nested) == 2.0 and value(sums.total(x)) == 4.0
