"""Attribution for batches of sequences, on functions whose attributions are known by hand and on Keras models."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops
from scipy import integrate

from catgan.errors import CatganError
from catgan.explain.attribution.sequence_baselines import Background, baseline_sequences
from catgan.explain.attribution.sequence_family import COMPLETE, METHODS, attribute_sequences
from catgan.explain.attribution.sequence_gradients import KerasOutput, gives_probabilities, output_of
from catgan.explain.attribution.sequence_occlusion import moment_parts, region_parts
from catgan.explain.attribution.sequence_paths import gauss_legendre, placed_nodes

SHAPE = (4, 3, 2)
"""Frames, points, coordinates."""
random = np.random.default_rng(0)
WEIGHTS = random.normal(size=SHAPE).astype(np.float32)
SEQUENCES = random.normal(size=(3, *SHAPE)).astype(np.float32)
SEEN = np.array([[True] * 4, [True, True, False, True], [False, True, True, True]])
BACKGROUND = Background(random.normal(size=(5, *SHAPE)).astype(np.float32), np.ones((5, 4), bool))
MASK = SEEN[:, :, None, None]


@keras.saving.register_keras_serializable("tests")
class Polynomial(layers.Layer):
    """The sum of weights times a power of the seen numbers."""

    def __init__(self, power=1, **arguments):
        super().__init__(**arguments)
        self.power = power

    def build(self, shape):
        self.kernel = self.add_weight(shape=SHAPE, initializer=keras.initializers.Zeros())

    def call(self, inputs):
        values, seen = inputs
        terms = self.kernel * ops.power(values, self.power) * seen[..., None, None]
        return ops.sum(terms, axis=(1, 2, 3))[:, None]


def polynomial(power):
    inputs = {"shapes": keras.Input(SHAPE, name="shapes"), "seen": keras.Input(SHAPE[:1], name="seen")}
    model = keras.Model(inputs, Polynomial(power)([inputs["shapes"], inputs["seen"]]))
    model.set_weights([WEIGHTS])
    return output_of(model, 0, ("shapes", "seen"))


LINEAR, SQUARE, CUBE = (polynomial(power) for power in (1, 2, 3))
TOGETHER = KerasOutput(LINEAR.network, lambda outputs, seen: ops.square(outputs[:, 0]), ("shapes", "seen"))
"""The square of the sum: what a frame adds depends on the others."""


def recurrent(kind):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 5))
    hidden = layers.Conv1D(7, 3, activation="tanh")(inputs) if kind == "conv" else inputs
    hidden = layers.GlobalAveragePooling1D()(hidden) if kind == "conv" else \
        (layers.LSTM if kind == "lstm" else layers.GRU)(8, unroll=True)(hidden)
    return keras.Model(inputs, layers.Dense(2)(hidden))


def attributed(output, method="integrated_gradients", **options):
    return attribute_sequences(output, SEQUENCES, SEEN, method, background=BACKGROUND, **options)


# === By hand ===

@pytest.mark.parametrize("method", ["integrated_gradients", "sequential", "timing"])
def test_linear_function_gives_weights_times_displacements(method):
    found = attributed(LINEAR, method, nodes=2)
    np.testing.assert_allclose(found.values, WEIGHTS * SEQUENCES * MASK, atol=1e-6)
    np.testing.assert_allclose(found.gaps, 0.0, atol=1e-5)


def test_expected_gradients_of_linear_function_compare_with_mean_of_whole_background():
    found = attributed(LINEAR, "expected_gradients", nodes=1, draws=5)
    np.testing.assert_allclose(found.values, WEIGHTS * (SEQUENCES - BACKGROUND.sequences.mean(0)) * MASK, atol=1e-5)
    np.testing.assert_allclose(found.gaps, 0.0, atol=1e-4)


def test_square_gives_weights_times_squares():
    np.testing.assert_allclose(attributed(SQUARE, nodes=1).values, WEIGHTS * SEQUENCES ** 2 * MASK, rtol=1e-5)


def test_cube_from_a_baseline_equals_numerical_integration():
    found = attributed(CUBE, baseline="first", nodes=2).values[0, 2, 1, 0]
    start, end = float(SEQUENCES[0, 0, 1, 0]), float(SEQUENCES[0, 2, 1, 0])
    slope = integrate.quad(lambda part: 3.0 * float(WEIGHTS[2, 1, 0]) * (start + part * (end - start)) ** 2, 0, 1)[0]
    assert found == pytest.approx((end - start) * slope, rel=1e-4)


def test_idgi_of_linear_function_shares_the_rise_by_squared_weights():
    found = attributed(LINEAR, "idgi", nodes=3)
    squares = np.square(WEIGHTS) * MASK
    rises = (WEIGHTS * SEQUENCES * MASK).sum((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(found.values, rises * squares / squares.sum((1, 2, 3), keepdims=True), atol=1e-5)


def test_sequential_moves_one_frame_while_the_others_stay():
    """Of the product of two frames, each frame adds the whole product; Integrated Gradients halve it."""
    inputs = keras.Input((2, 1))
    model = keras.Model(inputs, inputs[:, 0] * inputs[:, 1])
    given, seen = np.array([[[2.0], [3.0]]]), np.ones((1, 2), bool)
    alone = attribute_sequences(output_of(model), given, seen, "sequential")
    np.testing.assert_allclose(alone.values[0, :, 0], [6.0, 6.0], rtol=1e-6)
    assert alone.gaps[0] == pytest.approx(1.0)  # it does not add up, and says so
    np.testing.assert_allclose(attribute_sequences(output_of(model), given, seen).values[0, :, 0], [3.0, 3.0],
                               rtol=1e-6)


def test_occlusion_of_points_is_their_loss_spread_over_seen_frames():
    found = attributed(LINEAR, "occlusion").values
    losses = (WEIGHTS * SEQUENCES * MASK).sum((1, 3))
    np.testing.assert_allclose(found.sum((1, 3)), losses, atol=1e-5)
    np.testing.assert_allclose(found[1, 0, :, 0] * 2 * 3, losses[1], atol=1e-5)  # 3 seen frames of 2 coordinates


def test_occlusion_of_regions_and_moments_gives_their_losses():
    terms = WEIGHTS * SEQUENCES * MASK
    regions = attributed(LINEAR, "occlusion", parts=region_parts(4, 3, {"brow": [0, 2], "mouth": [1]})).values
    np.testing.assert_allclose(regions[:, :, 1].sum((1, 2)), terms[:, :, 1].sum((1, 2)), atol=1e-5)
    moments = attributed(LINEAR, "occlusion", parts=moment_parts(4, 3)).values
    np.testing.assert_allclose(moments.sum((2, 3)), terms.sum((2, 3)), atol=1e-5)


def test_moment_parts_end_with_the_sequence():
    assert [part[:, 0].nonzero()[0].tolist() for part in moment_parts(5, 1, 2, 2)] == [[0, 1], [2, 3], [3, 4]]
    assert len(moment_parts(3, 2, 9)) == 1
    with pytest.raises(CatganError, match="1 frame or more"):
        moment_parts(3, 2, 0)


def test_nodes_lie_where_the_output_changes():
    """A jump within a fiftieth of the line, which 32 evenly placed nodes miss by tenths."""
    inputs = keras.Input((1, 1))
    output = output_of(keras.Model(inputs, ops.tanh(300.0 * (inputs[:, 0] - 0.1))))
    end, seen = np.ones((1, 1, 1), np.float32), np.ones((1, 1), bool)
    parts, weights = placed_nodes(output, end, seen, 0.0 * end, 32)
    assert parts.shape == (1, 32) and weights.sum() == pytest.approx(1.0)
    even, even_weights = gauss_legendre(32)
    slopes = [output.gradients(end * places[:, None, None], np.ones((32, 1)))[1].ravel() for places in (parts[0], even)]
    assert abs(slopes[0] @ weights[0] - 2.0) < 0.03 and abs(slopes[1] @ even_weights - 2.0) > 0.3
    assert attribute_sequences(output, end, seen).gaps[0] < 0.02


# === Every method ===

@pytest.mark.parametrize("method", METHODS)
def test_unseen_frames_get_0_and_keep_their_values(method):
    given = []

    class Watched:
        def values(self, sequences, seen):
            return self.gradients(sequences, seen)[0]

        def gradients(self, sequences, seen):
            given.append((sequences, seen))
            return LINEAR.gradients(sequences, seen)

    found = attribute_sequences(Watched(), SEQUENCES[1:2], SEEN[1:2], method, nodes=3, background=BACKGROUND)
    assert not found.values[:, 2].any() and found.values[:, [0, 1, 3]].any()
    for sequences, seen in given:
        np.testing.assert_array_equal(sequences[:, 2], np.broadcast_to(SEQUENCES[1, 2], sequences[:, 2].shape))
        assert (seen == SEEN[1]).all()


@pytest.mark.parametrize("kind", ["gru", "lstm", "conv"])
def test_complete_methods_of_keras_models_add_up(kind):
    output = output_of(recurrent(kind), 1)
    given, seen = 3.0 * np.random.default_rng(3).normal(size=(3, 6, 5)), np.ones((3, 6), bool)
    background = Background(given[::-1], seen)
    assert attribute_sequences(output, given, seen).gaps.max() < 1e-3
    for method in COMPLETE:
        assert attribute_sequences(output, given[:2], seen[:2], method, background=background).gaps.max() < 0.02
    assert attribute_sequences(output, given[:2], seen[:2], baseline="first").gaps.max() < 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_gives_the_same_numbers(method):
    one, two = (attributed(TOGETHER, method, seed=5, nodes=2, draws=3).values for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = attributed(TOGETHER, method, seed=6, nodes=2, draws=3).values
    assert (np.abs(one - other).max() > 1e-3) == (method in ("timing", "expected_gradients"))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9))
def test_batches_give_what_each_sequence_gives_alone(seed, count):
    draw = np.random.default_rng(seed)
    sequences, seen = draw.normal(size=(count, *SHAPE)).astype(np.float32), draw.random((count, 4)) < 0.7
    together = attribute_sequences(CUBE, sequences, seen, nodes=4).values
    row = int(draw.integers(count))
    np.testing.assert_allclose(together[row], attribute_sequences(CUBE, sequences[row:row + 1], seen[row:row + 1],
                                                                  nodes=4).values[0], atol=1e-5)


# === Baselines ===

def test_baselines_by_name_keep_unseen_frames():
    first = baseline_sequences(SEQUENCES, SEEN, "first")
    np.testing.assert_array_equal(first[2], np.concatenate([SEQUENCES[2, :1], SEQUENCES[2, [1, 1, 1]]]))
    zeros = baseline_sequences(SEQUENCES, SEEN, "zeros")
    assert not zeros[1, [0, 1, 3]].any() and (zeros[1, 2] == SEQUENCES[1, 2]).all()
    mean = baseline_sequences(SEQUENCES, SEEN, "class_mean", BACKGROUND)
    np.testing.assert_allclose(mean[0], BACKGROUND.sequences.mean(0), atol=1e-6)


def test_background_holds_the_last_seen_frame_where_one_was_not_seen():
    values = np.arange(4.0)[None, :, None]
    assert Background(values, np.array([[False, True, False, True]])).held()[0, :, 0].tolist() == [1, 1, 1, 3]


@pytest.mark.parametrize("options, message", [
    ({"method": "improved"}, "method of attribution for sequences"), ({"baseline": "black"}, "baseline of sequences"),
    ({"baseline": "class_mean"}, "needs background"), ({"method": "expected_gradients"}, "needs background"),
    ({"baseline": np.zeros(7)}, "must have the shape"), ({"nodes": 0}, "number of steps"),
    ({"draws": 0}, "'draws' must be"), ({"method": "occlusion", "parts": np.ones((1, 2, 3), bool)}, "Parts of"),
    ({"background": Background(np.zeros((1, 2, 2)), np.ones((1, 2))), "baseline": "class_mean"}, "of the shape")])
def test_wrong_choices_are_said(options, message):
    with pytest.raises(CatganError, match=message):
        attribute_sequences(LINEAR, SEQUENCES, SEEN, **options)


def test_wrong_sequences_are_said():
    with pytest.raises(CatganError, match="must have the shape"):
        attribute_sequences(LINEAR, SEQUENCES, SEEN[:2])
    with pytest.raises(CatganError, match="not finite"):
        attribute_sequences(LINEAR, SEQUENCES * np.inf, SEEN)


# === Outputs of Keras models ===

@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_probabilities_are_explained_by_their_log_odds(activation):
    inputs = keras.Input((2, 1))
    model = keras.Model(inputs, layers.Dense(2, activation=activation)(layers.Flatten()(inputs)))
    kernel = np.array([[1.0, 0.0], [2.0, 0.0]])
    model.set_weights([kernel, np.zeros(2)])
    assert gives_probabilities(model)
    found = attribute_sequences(output_of(model), np.array([[[1.0], [1.5]]]), np.ones((1, 2), bool))
    # Log odds of the softmax over (z, 0) are z, as those of the sigmoid of z.
    np.testing.assert_allclose(found.values[0, :, 0], [1.0, 3.0], rtol=1e-3)


def test_outputs_per_frame_are_averaged_over_seen_frames():
    inputs = {"x": keras.Input((3, 1), name="x"), "m": keras.Input((3,), name="m")}
    output = output_of(keras.Model(inputs, inputs["x"] * 2.0 + 0.0 * inputs["m"][..., None]), 0, ("x", "m"))
    given, seen = np.array([[[1.0], [5.0], [4.0]]]), np.array([[True, False, True]])
    assert output.values(given, seen).tolist() == [5.0]
    np.testing.assert_allclose(output.gradients(given, seen)[1][0, :, 0], [1.0, 0.0, 1.0])


def test_other_weights_are_no_change_of_the_model():
    other = CUBE.with_weights([2.0 * weight for weight in CUBE.weights])
    np.testing.assert_allclose(other.values(SEQUENCES, SEEN), 2.0 * CUBE.values(SEQUENCES, SEEN), rtol=1e-5)
    np.testing.assert_array_equal(CUBE.weights[0], WEIGHTS)
    with pytest.raises(CatganError, match="must have the shapes"):
        CUBE.with_weights([np.zeros(2)])


def test_outputs_that_a_model_lacks_are_said():
    model = recurrent("conv")
    with pytest.raises(CatganError, match="counted from 0"):
        output_of(model, 2)
    with pytest.raises(CatganError, match="one tensor"):
        output_of(model, 0, ("shapes", "seen"))
    with pytest.raises(CatganError, match="'batch_size'"):
        KerasOutput(model, lambda outputs, seen: outputs[:, 0], batch_size=0)
