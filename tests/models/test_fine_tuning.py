import keras
import numpy as np
import pytest

from catgan.labels import LabelSpec
from catgan.metrics.moments import Moments
from catgan.models import fine_tuning

NAN = float("nan")
LOSSES = [fine_tuning.MaskedHuber(delta=0.5), fine_tuning.MaskedBinaryCrossentropy(),
          fine_tuning.MaskedCategoricalCrossentropy(), fine_tuning.ConcordanceLoss()]
METRICS = [fine_tuning.MaskedMeanAbsoluteError, fine_tuning.MaskedF1, fine_tuning.MaskedAccuracy,
           fine_tuning.ConcordanceCorrelation]


def value(loss, true, predicted, **arguments):
    return float(loss(np.array(true, np.float32), np.array(predicted, np.float32), **arguments))


def test_huber_by_hand_leaves_unknown_labels_and_faces_out():
    """Errors of .2 (square) and 2 (linear) of one face, 1 of another; a third has no label."""
    true, predicted = [[1.0, 3.0], [NAN, 2.0], [NAN, NAN]], [[1.2, 1.0], [9.0, 1.0], [5.0, 5.0]]
    first = (0.5 * 0.2 ** 2 + 1.5) / 2
    assert value(fine_tuning.MaskedHuber(), true, predicted) == pytest.approx((first + 0.5) / 2)


def test_huber_weights_faces_by_sample_weight():
    true, predicted = [[1.0], [2.0]], [[2.0], [2.0]]
    weight = np.array([3.0, 1.0], np.float32)
    assert value(fine_tuning.MaskedHuber(), true, predicted, sample_weight=weight) == pytest.approx(3 * 0.5 / 2)


def test_binary_crossentropy_by_hand():
    loss = value(fine_tuning.MaskedBinaryCrossentropy(), [[1.0, NAN], [0.0, 0.0]], [[0.8, 0.1], [0.1, 0.4]])
    assert loss == pytest.approx((-np.log(0.8) + (-np.log(0.9) - np.log(0.6)) / 2) / 2, abs=1e-6)


def test_categorical_crossentropy_by_hand():
    true, predicted = [[0.0, 1.0, 0.0], [NAN] * 3], [[0.2, 0.7, 0.1], [0.9, 0.05, 0.05]]
    assert value(fine_tuning.MaskedCategoricalCrossentropy(), true, predicted) == pytest.approx(-np.log(0.7), abs=1e-6)


def test_concordance_loss_of_perfect_predictions_is_zero():
    true = [[0.1, NAN], [-0.5, NAN], [0.7, NAN]]
    assert value(fine_tuning.ConcordanceLoss(), true, np.nan_to_num(true, nan=0.3)) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_loss_without_any_known_label_is_finite_and_has_no_gradient(loss):
    import tensorflow as tf
    predicted = tf.constant([[0.3, 0.7], [0.6, 0.4]])
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        result = loss(tf.fill((2, 2), NAN), predicted)
    assert float(result) == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_array_equal(tape.gradient(result, predicted), np.zeros((2, 2)))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_loss_from_its_config_is_the_same_loss(loss):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(again) is type(loss) and again.get_config() == loss.get_config()


@pytest.mark.parametrize("cls", METRICS, ids=lambda cls: cls.__name__)
def test_metric_from_its_config_is_the_same_metric(cls):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(cls(name="named")))
    assert type(again) is cls and again.name == "named"


def measured(metric, true, predicted, batch=7):
    """The metric over batches."""
    for start in range(0, len(true), batch):
        metric.update_state(true[start:start + batch], predicted[start:start + batch])
    result = float(metric.result())
    metric.reset_state()
    metric.update_state(true[:1], predicted[:1])
    return result


def with_unknown(random, true):
    return np.where(random.random(true.shape) < 0.3, NAN, true).astype(np.float32)


def test_mean_absolute_error_over_batches():
    random = np.random.default_rng(0)
    true, predicted = with_unknown(random, random.uniform(0, 5, (40, 3))), random.uniform(0, 5, (40, 3))
    found = measured(fine_tuning.MaskedMeanAbsoluteError(), true, predicted)
    assert found == pytest.approx(np.nanmean(np.abs(true - predicted)), rel=1e-5)


def test_f1_over_batches_is_the_mean_over_action_units():
    random = np.random.default_rng(1)
    true, predicted = with_unknown(random, random.integers(0, 2, (40, 3))), random.random((40, 3))
    each = []
    for column in range(3):
        known = ~np.isnan(true[:, column])
        present, found = true[known, column] > 0.5, predicted[known, column] >= 0.5
        each.append(2 * (present & found).sum() / (present.sum() + found.sum()))
    assert measured(fine_tuning.MaskedF1(), true, predicted) == pytest.approx(np.mean(each), rel=1e-5)


def test_accuracy_over_batches_counts_known_classes():
    true = np.array([[1, 0], [0, 1], [NAN, NAN], [1, 0]], np.float32)
    predicted = np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.7, 0.3]], np.float32)
    assert measured(fine_tuning.MaskedAccuracy(), true, predicted, 2) == pytest.approx(2 / 3)


def test_concordance_over_batches_equals_that_of_the_package():
    random = np.random.default_rng(2)
    true = with_unknown(random, random.uniform(-1, 1, (60, 2)))
    predicted = np.clip(np.nan_to_num(true) + random.normal(0, 0.3, true.shape), -1, 1).astype(np.float32)
    expected = [Moments.of(np.nan_to_num(true[:, column]), predicted[:, column], ~np.isnan(true[:, column])).ccc
                for column in range(2)]
    assert measured(fine_tuning.ConcordanceCorrelation(), true, predicted) == pytest.approx(np.mean(expected), abs=1e-4)


@pytest.mark.parametrize("spec, heads", [
    (LabelSpec((4,), "presence"), ["action_units"]),
    (LabelSpec((4,), "intensity", True, ("anger",)), ["action_units", "valence_arousal", "expression"])])
def test_losses_and_metrics_of_a_spec_are_for_its_heads(spec, heads):
    assert list(fine_tuning.recogniser_losses(spec)) == list(fine_tuning.recogniser_metrics(spec)) == heads
