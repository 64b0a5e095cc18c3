"""Tests of `catgan.exporters.onnx_keras`, `onnx_layers` and `onnx_operations`: onnxruntime computes what Keras does."""

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers, ops

from catgan.conditions import encoded_width
from catgan.errors import ModelError
from catgan.exporters.onnx_graph import Graph
from catgan.exporters.onnx_keras import add_network
from catgan.models.gan.architectures import network_config
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editor import build_editor
from catgan.models.gan.generator import build_generator
from catgan.models.layers import FiLM
from tests.harness.experiments import TINY
from tests.harness.networks import FILTERED, JOINT, SPECS

FAMILIES = {"strided": {}, "colour": {"channels": 3}, "filtered": FILTERED,
            "legacy": {"family": "legacy", "image_size": 32},
            "ordinal": {"action_unit_head": "ordinal", "valence_arousal_head": "categorical", "bins": 5},
            "huber": {"action_unit_head": "huber"}}
"""Changes of the tiny networks: each has layers or operations of its own."""


def config_of(family):
    return network_config("xs_64", {**TINY, **FAMILIES[family]})


def shaken(network, seed=0):
    """Gives every weight noise, so that no layer is the identity or 0."""
    random = np.random.default_rng(seed)
    for weight in network.weights:
        noise = 0.1 * random.standard_normal(weight.shape)
        weight.assign(np.asarray(weight) + (np.abs(noise) if "variance" in weight.name else noise))
    return network


def given(network, count, seed=1):
    random = np.random.default_rng(seed)
    return {name: random.uniform(-1, 1, (count, *tensor.shape[1:])).astype(np.float32)
            for name, tensor in network.input.items()}


def written(network, half=False):
    """The file's bytes; outputs are called `new_NAME`."""
    graph = Graph(half)
    found = add_network(graph, network, {name: name for name in network.input})
    tensors = network.output if isinstance(network.output, dict) else {network.name: network.output}
    shapes = {graph.rename(found[name], f"new_{name}"): tensor.shape[1:] for name, tensor in tensors.items()}
    inputs = {name: tensor.shape[1:] for name, tensor in network.input.items()}
    return graph.model(inputs, shapes, "test", {}, "faces").SerializeToString()


def opened(content):
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def assert_agree(network, content, counts=(1, 7), atol=1e-4):
    session = opened(content)
    names = [output.name for output in session.get_outputs()]
    for count in counts:
        values = given(network, count)
        wanted = network(values, training=False)
        wanted = wanted if isinstance(wanted, dict) else {network.name: wanted}
        answers = dict(zip(names, session.run(names, values)))
        assert set(answers) == {f"new_{name}" for name in wanted}
        for name, value in wanted.items():
            np.testing.assert_allclose(answers[f"new_{name}"], value, rtol=1e-4, atol=atol, err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_generator_agrees(family):
    network = shaken(build_generator(config_of(family), JOINT.width))
    assert_agree(network, written(network))


@pytest.mark.parametrize("family", FAMILIES)
def test_discriminator_agrees(family):
    network = shaken(build_discriminator(config_of(family), JOINT))
    assert_agree(network, written(network))


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_discriminator_of_other_labels_agrees(spec):
    network = shaken(build_discriminator(config_of("strided"), spec))
    assert_agree(network, written(network))


@pytest.mark.parametrize("family", ["strided", "colour"])
def test_editor_agrees(family):
    network = shaken(build_editor(config_of(family), JOINT.width))
    assert_agree(network, written(network))


def test_network_of_mixed_precision_is_written_in_float32():
    single, mixed = (shaken(build_generator(config_of("strided"), JOINT.width, precision))
                     for precision in ("float32", "mixed_bfloat16"))
    assert_agree(single, written(mixed))


def test_halved_weights_stay_near():
    network = shaken(build_editor(config_of("strided"), JOINT.width))
    whole, half = written(network), written(network, half=True)
    assert len(half) < 0.75 * len(whole)
    assert_agree(network, half, atol=0.01)


def test_weights_that_16_bits_hold_change_nothing():
    network = build_discriminator(config_of("strided"), JOINT)
    network.set_weights([weight.astype(np.float16).astype(np.float32) for weight in network.get_weights()])
    assert_agree(network, written(network, half=True))


def test_weights_beyond_16_bits_are_refused():
    network = build_discriminator(config_of("strided"), JOINT)
    layer = network.get_layer("features")
    layer.set_weights([1e6 * np.ones_like(part) for part in layer.get_weights()])
    with pytest.raises(ModelError, match="does not fit into float16. Write float32"):
        written(network, half=True)


@pytest.mark.parametrize("size, strides, side", [(3, 1, 8), (4, 2, 8), (5, 2, 9), (3, 2, 7)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_convolutions_pad_as_keras_does(size, strides, side, padding):
    inputs = keras.Input((side, side, 2), name="image")
    down = layers.Conv2D(3, size, strides=strides, padding=padding, activation="tanh")(inputs)
    up = layers.Conv2DTranspose(2, size, strides=strides, padding=padding)(inputs)
    network = shaken(keras.Model({"image": inputs}, {"down": down, "up": up}))
    assert_agree(network, written(network))


KEYS = [(Ellipsis, 1), (slice(None), None, slice(1, -1)), (slice(None), -1), (Ellipsis, None),
        (slice(None), 2, None, Ellipsis, slice(None, 2))]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_keys_select_what_they_do_in_keras(key):
    inputs = keras.Input((4, 5, 3), name="values")
    network = keras.Model({"values": inputs}, {"part": inputs[key]})
    assert_agree(network, written(network))


def test_operations_of_both_layouts_agree():
    """A convolution's output, channels first, meets tensors whose channels are last."""
    inputs = keras.Input((4, 6, 3), name="values")
    filtered = layers.Conv2D(3, 3, padding="same")(inputs)
    factors = ops.reshape(ops.sum(inputs, axis=(1, 2)), (-1, 1, 1, 3))
    network = shaken(keras.Model({"values": inputs}, {
        "scaled": ops.tanh(filtered * factors) - inputs, "array": filtered + np.arange(3, dtype=np.float32),
        "parts": ops.split(filtered, 3, axis=-1)[1], "square": ops.square(filtered), "half": 0.5 * filtered}))
    assert_agree(network, written(network))


def test_convolutions_in_a_row_are_not_transposed():
    network = build_generator(config_of("strided"), JOINT.width)
    nodes = [node.op_type for node in onnx.load_from_string(written(network)).graph.node]
    assert nodes.count("Transpose") <= 2


def test_film_keeps_its_identity():
    features, style = keras.Input((2, 2, 3), name="features"), keras.Input((4,), name="style")
    network = keras.Model({"features": features, "style": style}, {"same": FiLM()([features, style])})
    values = given(network, 3)
    np.testing.assert_allclose(opened(written(network)).run(None, values)[0], values["features"], rtol=1e-6)


@pytest.mark.parametrize("layer, message", [
    (layers.LayerNormalization(name="norm"), "'norm' cannot be written as ONNX: no operators are known for LayerNor"),
    (layers.Dense(2, activation="gelu", name="dense"), "'dense' cannot be written as ONNX: its activation 'gelu'"),
    (layers.ReLU(max_value=6.0, name="six"), "'six' cannot be written as ONNX: only a ReLU without")])
def test_unknown_layers_are_refused(layer, message):
    inputs = keras.Input((3,), name="values")
    with pytest.raises(ModelError, match=message):
        written(keras.Model({"values": inputs}, {"out": layer(inputs)}))


def test_unknown_operation_is_refused():
    inputs = keras.Input((3,), name="values")
    with pytest.raises(ModelError, match="no operators are known for Sin"):
        written(keras.Model({"values": inputs}, {"out": ops.sin(inputs)}))


def test_slices_with_steps_are_refused():
    inputs = keras.Input((3,), name="values")
    with pytest.raises(ModelError, match="slices have a step of 1"):
        written(keras.Model({"values": inputs}, {"out": inputs[:, ::2]}))


def test_file_has_a_free_batch_and_named_tensors():
    network = build_editor(config_of("strided"), encoded_width(JOINT.width) // 2)
    graph = onnx.load_from_string(written(network)).graph
    shapes = {one.name: [dim.dim_param or dim.dim_value for dim in one.type.tensor_type.shape.dim]
              for one in [*graph.input, *graph.output]}
    assert shapes["image"] == ["faces", 16, 16, 1] and shapes["new_moves"] == ["faces", 16, 16, 2]
