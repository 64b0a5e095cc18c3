"""Files of foreign models: what they are by content, and that none of them runs code of its own."""

import json
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.loading import declared_by, explained_model
from catgan.explain.preprocessing import Preprocessing
from tests.harness.onnx_files import save_onnx

FACES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
WRITTEN = "written_by_a_model.txt"


def small(side=16, channels=3, outputs=2):
    inputs = keras.Input((side, side, channels))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="emo")(mean))


@pytest.mark.parametrize("name", ["other.keras", "other.KERAS", "other.h5", "OTHER.HDF5", "renamed_h5.keras",
                                  "renamed_keras.h5", "no_ending"])
def test_keras_files_with_any_ending_are_loaded(tmp_path, name):
    network = small()
    ending = ".h5" if "h5" in name.lower().replace("keras.h5", "keras") or "hdf5" in name.lower() else ".keras"
    network.save(tmp_path / f"saved{ending}")
    (tmp_path / f"saved{ending}").rename(tmp_path / name)
    model = explained_model(str(tmp_path / name), ("calm", "angry"), classes=True)
    assert model.differentiable and set(model.labels) == {"calm", "angry", "class"}
    said = np.asarray(network(FACES.astype(np.float32)))
    np.testing.assert_allclose(model.read(FACES)["angry"], said[:, 1], rtol=1e-4)
    assert {path.name for path in tmp_path.iterdir()} == {name}


def test_sequential_networks_declare_their_pictures():
    network = keras.Sequential([keras.Input((8, 12, 1)), keras.layers.GlobalAveragePooling2D(),
                                keras.layers.Dense(2, name="emo")])
    model = explained_model(network)
    assert model.preprocessing.size == (8, 12) and model.preprocessing.channels == "grey"
    assert set(model.labels) == {"output[0]", "output[1]"}
    assert "emo[1]" in explained_model(network, heads=["emo"]).labels


def with_lambda(path):
    """A model whose Lambda layer writes a file."""
    inputs = keras.Input((16, 16, 3))
    outputs = keras.layers.Lambda(lambda x: (__import__("pathlib").Path(WRITTEN).write_text("x"), x)[1])(inputs)
    keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(outputs)).save(path)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_lambda_layer_is_refused_with_a_way_out(tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)
    with_lambda(tmp_path / f"lambda{ending}")
    (tmp_path / WRITTEN).unlink(missing_ok=True)
    with pytest.raises(CatganError, match="holds a Lambda layer.*catgan.explain.counterfactual.model") as caught:
        explained_model(tmp_path / f"lambda{ending}")
    assert not (tmp_path / WRITTEN).exists() and "\n" not in str(caught.value)


class Unregistered(keras.layers.Layer):
    """A layer that a fresh process does not know."""

    def call(self, inputs):
        return keras.ops.mean(inputs, axis=(1, 2))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_custom_layer_is_refused_with_a_way_out(tmp_path, ending):
    inputs = keras.Input((16, 16, 3))
    path = tmp_path / f"custom{ending}"
    keras.Model(inputs, Unregistered(name="mine")(inputs)).save(path)
    _rename_classes(path, "Unregistered", "NobodysLayer")
    with pytest.raises(CatganError, match="not Keras' own.*custom_objects.*catgan.explain.counterfactual"):
        explained_model(path)


def _rename_classes(path, old, new):
    """As if the class were of a program that is not here."""
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = file.attrs["model_config"].replace(old, new)
        return
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["config.json"] = content["config.json"].replace(old.encode(), new.encode())
    content["config.json"] = content["config.json"].replace(b"tests.explain.test_loading", b"nowhere.at.all")
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)


def test_file_of_weights_alone_is_refused(tmp_path):
    small().save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(CatganError, match="weights without the network"):
        explained_model(tmp_path / "only.weights.h5")


@pytest.mark.parametrize("name, match", [
    ("model.pt", "is no model that catgan loads. Give a .keras, .h5 or .onnx file"), ("bad.onnx", "cannot be loaded"),
    ("bad.keras", "neither a Keras nor"), ("bad.h5", "neither a Keras nor"), ("bad.tflite", "is no model")])
def test_damaged_or_unknown_file_is_refused(tmp_path, name, match):
    if name == "bad.onnx":
        pytest.importorskip("onnxruntime")
    (tmp_path / name).write_bytes(b"some bytes")
    with pytest.raises(CatganError, match=match):
        explained_model(tmp_path / name)


def test_truncated_file_is_refused(tmp_path):
    for ending in (".keras", ".h5"):
        small().save(tmp_path / f"whole{ending}")
        content = (tmp_path / f"whole{ending}").read_bytes()
        for share in (0.3, 0.9):
            (tmp_path / f"cut{ending}").write_bytes(content[:int(share * len(content))])
            with pytest.raises(CatganError):
                explained_model(tmp_path / f"cut{ending}")


def test_pickle_is_refused_unopened(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n")
    with pytest.raises(CatganError, match="PyTorch file: its pickles can run any code.*ONNX"):
        explained_model(tmp_path / "model.pth")


def test_folder_without_model_or_missing_file_is_refused(tmp_path):
    with pytest.raises(CatganError, match="folder without saved_model.pb"):
        explained_model(tmp_path)
    with pytest.raises(CatganError, match="No such model"):
        explained_model(tmp_path / "nowhere.keras")


# === SavedModel ===


@pytest.fixture(scope="module")
def saved_models(tmp_path_factory):
    tf = pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("saved")

    class Module(tf.Module):
        def __init__(self, writes):
            super().__init__()
            self.writes, self.scale = writes, tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 3], tf.float32, "faces")])
        def __call__(self, faces):
            if self.writes:
                tf.io.write_file(str(folder / WRITTEN), tf.constant("x"))
            return {"means": tf.reduce_mean(faces, [1, 2]) * self.scale, "bright": tf.reduce_mean(faces, [1, 2, 3]),
                    "text": tf.strings.as_string(faces[:, 0, 0, 0])}

    for name, writes in (("good", False), ("evil", True)):
        module = Module(writes)
        tf.saved_model.save(module, str(folder / name), signatures=module.__call__)
    (folder / WRITTEN).unlink(missing_ok=True)
    return folder


def test_saved_model_folder_is_loaded(saved_models):
    model = explained_model(saved_models / "good")
    assert model.outputs == ("bright", "means[0]", "means[1]", "means[2]") and "'text'" in model.skipped[0]
    assert explained_model(saved_models / "good" / "saved_model.pb").outputs == model.outputs
    np.testing.assert_allclose(model.read(FACES)["means[1]"], 2 * FACES[..., 1].mean((1, 2)), rtol=1e-4)


def test_saved_model_that_writes_files_is_refused(saved_models):
    with pytest.raises(CatganError, match="touch files or run Python .WriteFile.: it is not loaded"):
        explained_model(saved_models / "evil")
    assert not (saved_models / WRITTEN).exists()


def test_damaged_saved_model_is_refused(saved_models, tmp_path):
    shutil.copytree(saved_models / "good", tmp_path / "damaged")
    (tmp_path / "damaged" / "saved_model.pb").write_bytes(b"\xff\xff\xff")
    with pytest.raises(CatganError, match="cannot be loaded"):
        explained_model(tmp_path / "damaged")


def test_exported_keras_model_is_loaded(tmp_path):
    pytest.importorskip("tensorflow")
    network = small()
    network.export(tmp_path / "exported", verbose=False)
    model = explained_model(tmp_path / "exported")
    np.testing.assert_allclose(model.read(FACES)["output[0]"], np.asarray(network(FACES.astype(np.float32)))[:, 0],
                               rtol=1e-4)


# === ONNX ===


@pytest.mark.parametrize("shape, batch", [(["n", 3, 16, 16], None), (["n", 16, 16, 3], None), ([1, 16, 16, 3], 1),
                                          ([4, 3, 16, 16], 4), (["n", 3, "h", "w"], None)])
def test_onnx_file_is_loaded(tmp_path, shape, batch):
    path = save_onnx(tmp_path / "mean.ONNX", shape)
    model = explained_model(path, ("red", "green", "blue"))
    np.testing.assert_allclose(model.read(FACES)["green"], FACES[..., 1].mean(axis=(1, 2)), rtol=1e-4)
    assert not model.differentiable and model.batch == batch
    renamed = path.rename(tmp_path / "renamed.keras")
    assert len(explained_model(renamed).labels) == 3


@pytest.mark.parametrize("kind", ["UINT8", "FLOAT16", "DOUBLE", "INT32"])
def test_onnx_file_gets_its_input_type(tmp_path, kind):
    model = explained_model(save_onnx(tmp_path / "mean.onnx", ["n", 16, 16, 3], kind=kind))
    np.testing.assert_allclose(model.read(FACES)["output[2]"], FACES[..., 2].mean(axis=(1, 2)), rtol=1e-3)


def test_onnx_file_with_another_input_type_is_refused(tmp_path):
    with pytest.raises(CatganError, match="takes tensor.bool.. A model to explain takes one of"):
        explained_model(save_onnx(tmp_path / "mean.onnx", ["n", 16, 16, 3], kind="BOOL"))


def test_onnx_outputs_are_read_by_name(tmp_path):
    path = save_onnx(tmp_path / "heads.onnx", ["n", 3, 16, 12], ("emotion", "AU12"), text=True)
    model = explained_model(path)
    assert model.outputs == ("emotion[0]", "emotion[1]", "emotion[2]", "AU12[0]", "AU12[1]", "AU12[2]")
    assert "'label' holds no numbers" in model.skipped[0] and model.preprocessing.size == (16, 12)
    assert explained_model(path, heads=["AU12"]).outputs == ("AU12[0]", "AU12[1]", "AU12[2]")


def test_channel_order_follows_from_the_shape():
    for shape, order, size in (((None, 3, 64, 48), "first", (64, 48)), ((None, 64, 48, 3), "last", (64, 48)),
                               ((None, 3, None, None), "first", None), (("n", "h", "w", 3), "last", None),
                               ((None, 1, 8, 8), "first", (8, 8)), ((None, None, None, None), "last", None)):
        made = declared_by(shape, Preprocessing(), "m")
        assert (made.order, made.size) == (order, size)
    assert declared_by((None, 3, 8, 3), Preprocessing(order="first", pixels="0..1"), "m").size == (8, 3)
    with pytest.raises(CatganError, match="pictures of 4 channels"):
        declared_by((None, 4, 8, 8), Preprocessing(), "m")


# === The trial models, where they are ===


@pytest.mark.parametrize("name, expected", [
    ("k.h5", 3), ("k_1.keras", 1), ("k_cf.keras", 3), ("k_dict.keras", ["emo[0]", "emo[1]", "emo[2]"]),
    ("k_lambda.keras", "Lambda layer"), ("k_renamed_h5.keras", 3),
    ("k_two_heads.keras", [*(f"emotion[{k}]" for k in range(7)), "valence_arousal[0]", "valence_arousal[1]"]),
    ("label_then_probs.onnx", ["label", "y[0]", "y[1]", "y[2]"]), ("nan.onnx", "not finite"), ("nonsquare.onnx", 3),
    ("three_heads.onnx", ["y[0]", "y[1]", "y[2]", "valence", "arousal"]), ("uint8_nhwc.onnx", 3)])
def test_trial_models_are_loaded_and_read(shared, name, expected):
    path = shared / "data" / "trials" / "models" / name
    if not path.is_file():
        pytest.skip("the trial models are not on this machine")
    if name.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    if isinstance(expected, str):
        with pytest.raises(CatganError, match=expected):
            explained_model(path)
    else:
        wanted = expected if isinstance(expected, list) else [f"output[{k}]" for k in range(expected)]
        assert list(explained_model(path).outputs) == wanted


def test_keras_file_with_broken_config_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "odd.keras", "w") as archive:
        archive.writestr("config.json", b"{not json")
    with pytest.raises(CatganError, match="cannot be loaded"):
        explained_model(tmp_path / "odd.keras")
    with zipfile.ZipFile(tmp_path / "empty.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({}))
    with pytest.raises(CatganError, match="cannot be loaded"):
        explained_model(tmp_path / "empty.keras")


def test_archive_that_unpacks_to_far_more_than_it_holds_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (80 << 20))
    with pytest.raises(CatganError, match="unpacks from 0.1 MB to 80 MB, more than 20 times"):
        explained_model(tmp_path / "bomb.keras")
