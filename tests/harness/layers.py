"""Checks that every Keras layer of catgan passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")


def run_layer_test(cls: type[keras.Layer], init_kwargs: dict[str, Any], inputs: Any, expected_shape: tuple[int, ...],
                   folder: Path) -> None:
    """Checks a layer by itself and inside a saved model, under every dtype policy.

    Args:
        cls: the class of the layer.
        init_kwargs: small arguments of its constructor.
        inputs: one float32 array, or a list of them, as the layer is called; the first axis counts examples.
        expected_shape: of the output.
        folder: an empty folder for the saved model.
    """
    for policy in POLICIES:
        layer = cls(**init_kwargs, dtype=keras.DTypePolicy(policy), name="tested")
        outputs = layer(inputs)
        assert tuple(outputs.shape) == expected_shape
        assert np.isfinite(_array(outputs)).all()
        assert {weight.dtype for weight in layer.weights} <= {"float32"}
        _perturb(layer)
        _check_config(cls, layer, inputs)
        _check_saved(layer, inputs, expected_shape, folder / f"{policy}.keras")


def run_model_test(model: keras.Model, inputs: dict[str, np.ndarray], path: Path) -> keras.Model:
    """Saves a network to `path`, loads it in safe mode, and checks that both are the same. Returns the loaded one."""
    model.save(path)
    loaded = keras.saving.load_model(path, safe_mode=True)
    assert [layer.dtype_policy.name for layer in loaded.layers] == [layer.dtype_policy.name for layer in model.layers]
    assert [weight.path for weight in loaded.weights] == [weight.path for weight in model.weights]
    before, after = model(inputs), loaded(inputs)
    keras.tree.assert_same_structure(before, after)
    for one, other in zip(keras.tree.flatten(before), keras.tree.flatten(after)):
        assert keras.backend.standardize_dtype(one.dtype) == keras.backend.standardize_dtype(other.dtype)
        np.testing.assert_array_equal(_array(one), _array(other))
    return loaded


def _check_config(cls: type[keras.Layer], layer: keras.Layer, inputs: Any) -> None:
    """A layer that is made from the configuration, alone or as Keras stores it, is the same layer."""
    copies = [cls.from_config(layer.get_config()),
              keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer), safe_mode=True)]
    for copy in copies:
        assert type(copy) is cls and copy.get_config() == layer.get_config()
        assert copy.dtype_policy == layer.dtype_policy and copy.name == layer.name
        copy(inputs)
        copy.set_weights(layer.get_weights())
        np.testing.assert_array_equal(_array(copy(inputs)), _array(layer(inputs)))


def _check_saved(layer: keras.Layer, inputs: Any, expected_shape: tuple[int, ...], path: Path) -> None:
    symbols = keras.tree.map_structure(lambda array: keras.Input(array.shape[1:]), inputs)
    outputs = layer(symbols)
    assert outputs.shape == (None, *expected_shape[1:])
    model = keras.Model(symbols, outputs)
    model.save(path)
    loaded = keras.saving.load_model(path, safe_mode=True)
    found = loaded.get_layer("tested")
    assert type(found) is type(layer) and found.dtype_policy == layer.dtype_policy
    assert keras.backend.standardize_dtype(loaded(inputs).dtype) == keras.backend.standardize_dtype(
        model(inputs).dtype)
    np.testing.assert_array_equal(_array(loaded(inputs)), _array(model(inputs)))


def _perturb(layer: keras.Layer) -> None:
    """Weights that no initializer gives, so that a weight which is not stored shows."""
    random = np.random.default_rng(0)
    layer.set_weights([value + 0.1 * random.standard_normal(value.shape).astype(value.dtype)
                       for value in layer.get_weights()])


def _array(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))
