"""What is explained: our own discriminator, Keras models, ONNX files and plain functions, as columns."""

import keras
import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.explain.models import Beside, CatGANModel, ForeignModel, explained_model
from catgan.training.engine import get_engine


@pytest.fixture(scope="module")
def faces(drawn):
    return load_dataset(drawn).images("test", 3)[:3]


def small(side=16, channels=3, outputs=2):
    """Means of the picture's rows, weighed."""
    inputs = keras.Input((side, side, channels))
    flat = keras.layers.Flatten()(keras.layers.AveragePooling2D(side // 4)(inputs))
    weights = keras.initializers.GlorotUniform(seed=3)
    return keras.Model(inputs, keras.layers.Dense(outputs, kernel_initializer=weights)(flat))


def test_ours_says_what_a_model_predicts(tiny_gan, faces):
    model, read = explained_model(tiny_gan), tiny_gan.read(faces)
    columns = model.read(faces)
    for name, values in read.items():
        np.testing.assert_array_equal(columns[name], values)
    classes = [columns[name] for name in model.labels["expression"].columns] if "expression" in model.labels else None
    if classes:
        np.testing.assert_allclose(np.sum(classes, axis=0), 1.0, atol=1e-5)
    assert model.labels["AU12"].kind == "presence" and model.labels["AU12"].threshold == tiny_gan.thresholds[12]


@pytest.mark.parametrize("make", [lambda gan: CatGANModel(gan), lambda gan: explained_model(small(channels=1)),
                                  lambda gan: Beside(explained_model(small(24)), CatGANModel(gan))])
def test_gradients_are_of_what_is_read(tiny_gan, faces, make):
    """`told` says what `read` says, and its gradient is the rise of it."""
    model = make(tiny_gan)
    pixels = faces.astype(np.float32)
    told = {name: np.asarray(values) for name, values in model.told(pixels).items()}
    read = model.read(faces)
    for name, values in told.items():
        # One of them rounds luminance, and enlarges in its own way.
        np.testing.assert_allclose(values, read[name], rtol=0.02, atol=5e-3, err_msg=name)
    column = next(iter(told))
    outputs, gradient = get_engine().input_gradient(lambda x: (model.told(x)[column],) * 2, pixels)
    direction = np.random.default_rng(0).standard_normal(pixels.shape).astype(np.float32)
    ahead, back = (np.asarray(model.told(pixels + step * direction)[column], np.float64) for step in (0.5, -0.5))
    np.testing.assert_allclose((np.asarray(gradient) * direction).sum((1, 2, 3)), ahead - back, rtol=0.05, atol=2e-3)


def test_pixels_sides_and_channels():
    seen = []

    def function(pixels):
        seen.append(np.asarray(pixels))
        return np.asarray(pixels).mean(axis=(1, 2, 3))

    faces = np.full((2, 16, 16, 3), 51, np.uint8)
    for pixels, expected in (("0..1", 0.2), ("-1..1", -0.6), ("0..255", 51.0)):
        model = ForeignModel(function, ["bright"], side=8, channels=1, pixels=pixels, first=True)
        assert model.read(faces)["bright"] == pytest.approx([expected] * 2, abs=1e-4) and seen[-1].shape == (2, 1, 8, 8)
    with pytest.raises(CatganError, match="'pixels' must be one of"):
        ForeignModel(function, ["bright"], pixels="0..100")
    with pytest.raises(CatganError, match="gives 1 numbers.*2 names"):
        ForeignModel(function, ["bright", "dark"]).read(faces)


def test_a_saved_keras_model(tmp_path, faces):
    network = small()
    network.save(tmp_path / "other.keras")
    model = explained_model(str(tmp_path / "other.keras"), ("calm", "angry"), classes=True)
    assert model.differentiable and set(model.labels) == {"calm", "angry", "class"}
    said = np.asarray(network(faces.astype(np.float32)))
    np.testing.assert_allclose(model.read(faces)["angry"], said[:, 1], rtol=1e-4)
    assert set(explained_model(network).labels) == {"output[0]", "output[1]"}


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("batch", ["n", 1])
def test_an_onnx_file(tmp_path, faces, first, batch):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    shape = [batch, 3, 16, 16] if first else [batch, 16, 16, 3]
    axes = onnx.helper.make_tensor("axes", onnx.TensorProto.INT64, [2], [2, 3] if first else [1, 2])
    node = onnx.helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "mean", [value("x", onnx.TensorProto.FLOAT, shape)],
                                   [value("y", onnx.TensorProto.FLOAT, [batch, 3])], [axes])
    file = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(file, str(tmp_path / "mean.onnx"))
    model = explained_model(tmp_path / "mean.onnx", ("red", "green", "blue"))
    np.testing.assert_allclose(model.read(faces)["green"], faces[..., 1].mean(axis=(1, 2)), rtol=1e-4)
    assert not model.differentiable and len(explained_model(tmp_path / "mean.onnx").labels) == 3


def test_what_cannot_be_explained(tmp_path):
    with pytest.raises(CatganError, match="Received: int"):
        explained_model(3)
    with pytest.raises(CatganError, match="No such model"):
        explained_model("nowhere.keras")
    (tmp_path / "model.pt").write_bytes(b"x")
    with pytest.raises(CatganError, match=".keras or an .onnx"):
        explained_model(tmp_path / "model.pt")
    for name in ("bad.keras", "bad.onnx"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(CatganError, match="cannot be loaded"):
            explained_model(tmp_path / name)
    flat = keras.Input((2,))
    with pytest.raises(CatganError, match="takes one picture"):
        explained_model(keras.Model(flat, keras.layers.Dense(1)(flat)))
