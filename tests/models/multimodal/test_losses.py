"""Losses of networks of several modalities, against numbers worked out by hand."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from catgan.errors import CatganError
from catgan.models.multimodal.losses import (LossWeights, Targets, affect_loss, attention_loss, categories_loss,
                                             emotion_loss, fusion_loss)
from tests.harness.untrained_people import random_people, untrained_people

NAN = float("nan")


def tensors(*arrays):
    return [ops.convert_to_tensor(np.asarray(array)) for array in arrays]


def test_cross_entropy_is_weighted_by_class_and_leaves_unknown_people_out():
    logits = np.array([[0, math.log(3)], [math.log(4), 0], [5, -5]], np.float32)
    found = emotion_loss(*tensors(logits, np.array([1, 1, -1]), np.array([1.0, 3.0], np.float32)))
    # probabilities of the true class: 3/4 and 1/5, both of weight 3
    assert float(found) == pytest.approx((-math.log(0.75) - math.log(0.2)) / 2, rel=1e-6)
    found = emotion_loss(*tensors(logits, np.array([0, 1, -1]), np.array([1.0, 3.0], np.float32)))
    assert float(found) == pytest.approx((-math.log(0.25) - 3 * math.log(0.2)) / 4, rel=1e-6)
    assert float(emotion_loss(*tensors(logits, np.full(3, -1), np.ones(2, np.float32)))) == 0


def test_binary_cross_entropy_leaves_unknown_categories_out():
    logits = np.array([[0, math.log(3)], [math.log(4), 7], [1, 1]], np.float32)
    values = np.array([[1, 0], [1, NAN], [NAN, NAN]], np.float32)
    expected = ((-math.log(0.5) - math.log(0.25)) / 2 - math.log(0.8)) / 2
    assert float(categories_loss(*tensors(logits, values))) == pytest.approx(expected, rel=1e-6)


def test_affect_is_concordance_error_and_likelihood():
    predicted = np.array([[0.0], [0.4], [0.9]], np.float32)
    values = np.array([[0.2], [0.4], [NAN]], np.float32)
    log_deviation = np.full((3, 1), math.log(0.5), np.float32)
    # means .2 and .3, variances .04 and .01, covariance .02; squared errors .04 and 0
    ccc = 2 * 0.02 / (0.04 + 0.01 + 0.01)
    spread = 0.1 * (math.log(0.5) + 0.5 * 0.02 / 0.25)
    found = affect_loss(*tensors(predicted, log_deviation, values))
    assert float(found) == pytest.approx(1 - ccc + 0.5 * 0.02 + spread, rel=1e-3)


def test_attention_is_the_mean_over_faces_that_are_there():
    mask = np.stack([np.full((2, 2), 0.25), np.full((2, 2), 0.75), np.ones((2, 2))]).astype(np.float32)
    assert float(attention_loss(*tensors(mask, np.array([1, 1, 0], np.float32)))) == pytest.approx(0.5)
    assert float(attention_loss(*tensors(mask, np.zeros(3, np.float32)))) == 0


@pytest.fixture(scope="module")
def batch():
    inputs, available = random_people(16)
    draw = np.random.default_rng(0)
    targets = Targets(*tensors(draw.integers(-1, 3, 16), draw.uniform(-1, 1, (16, 2)).astype(np.float32),
                               draw.integers(0, 2, (16, 2)).astype(np.float32)))
    return inputs, available, targets


def whole(model, batch, weights):
    inputs, available, targets = batch
    outputs = model(model.network_inputs(inputs, available))
    masks = {name: ops.convert_to_tensor(mask.astype(np.float32)) for name, mask in available.items()}
    return fusion_loss(outputs, masks, targets, ops.ones(3), weights)


def test_the_whole_loss_adds_up(batch):
    found = {name: float(value) for name, value in whole(untrained_people(), batch, LossWeights(
        alone=0.5, attention=2.0)).items()}
    own = [found[name] for name in ("face", "posture", "gait", "context")]
    assert found["loss"] == pytest.approx(found["fused"] + 0.5 * sum(own) / 4 + 2.0 * found["attention"], rel=1e-5)
    assert "attention" not in whole(untrained_people(), batch, LossWeights())
    only = whole(untrained_people(), batch, LossWeights(emotion=0, affect=0, categories=1, alone=0))
    assert float(only["loss"]) == float(only["fused"]) > 0


def test_own_heads_learn_from_whom_they_see(batch):
    inputs, available, targets = batch
    nobody = {**available, "gait": np.zeros(16, bool)}
    found = whole(untrained_people(), (inputs, nobody, targets), LossWeights())
    assert float(found["gait"]) == 0 and float(found["face"]) > 0


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients are taken as TensorFlow does")
@pytest.mark.parametrize("settings", [{}, {"fusion": "gated", "gait": "stgcn"}], ids=str)
def test_every_weight_has_a_finite_gradient(batch, settings):
    import tensorflow as tf

    model = untrained_people(**settings)
    with tf.GradientTape() as tape:
        loss = whole(model, batch, LossWeights(attention=0.1))["loss"]
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_variables])
    for weight, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None and np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0 or "stage" in weight.path, weight.path  # few channels may be off for all


def test_negative_weights_are_refused():
    with pytest.raises(CatganError, match="'losses.alone' must be 0 or more"):
        LossWeights(alone=-1)
