"""Tests of the formats: each file is run by its own runtime, and answers as Keras does."""

import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from catgan.errors import CatganError, ModelError
from catgan.exporters.formats import Options, export_model
from catgan.exporters.parts import parts_of
from catgan.models.gan.model import CatGAN
from catgan.models.pixels import to_network
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler
from tests.harness.exported import exported_gan, filtered_gan, float32, public_outputs, some_faces

FACES = 200
TOLERANCE, HALF_TOLERANCE = 1e-3, 5e-3
"""Of the range of an output; for weights of 16 bits, which are stored with 11 binary digits."""
FORMATS = ["keras", "saved_model", "litert", "litert half"]


def exported(gan, to, folder, **options):
    """The paths of an export by part."""
    name, *half = to.split()
    paths = export_model(gan, folder, name, "smiles", Options(half=bool(half), **options))
    return {part: path for part, path in zip(("predictor", "generator", "editor"), paths[::2])}


def run_keras(path, inputs):
    return keras.saving.load_model(path).predict_on_batch(inputs)


def run_saved_model(path, inputs):
    signature = tf.saved_model.load(path).signatures["serving_default"]
    return signature(**{name: tf.constant(values) for name, values in inputs.items()})


def run_litert(path, inputs):
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")(**inputs)


RUNTIMES = {"keras": run_keras, "saved_model": run_saved_model, "litert": run_litert, "litert half": run_litert}


def asked(gan, faces):
    """Inputs of each part: the faces, and random latents and labels."""
    random = np.random.default_rng(5)
    image = to_network(faces, gan.network.channels)
    condition = np.repeat(gan.condition({12: 4.0}, valence=0.5), len(faces), 0)
    change = np.zeros_like(condition)
    change[:, :gan.spec.width] = random.uniform(-1, 1, (len(faces), gan.spec.width))
    change[:, gan.spec.width:] = 1.0
    latents = random.standard_normal((len(faces), gan.network.latent_size)).astype(np.float32)
    return {"predictor": {"image": image}, "generator": {"latents": latents, "condition": condition},
            "editor": {"image": image, "change": change}}


def check_agreement(gan, to, faces, paths):
    """Compares every output of every part with the networks of the model itself."""
    inputs, tolerance = asked(gan, faces), HALF_TOLERANCE if "half" in to else TOLERANCE
    expected = {"predictor": public_outputs(gan, faces),
                "generator": {"image": np.asarray(gan.generator(inputs["generator"]))},
                "editor": {name: np.asarray(values) for name, values in gan.editor(inputs["editor"]).items()}}
    expected["editor"]["edited"] = expected["editor"].pop("image").clip(-1, 1)
    for part in parts_of(gan):
        found = RUNTIMES[to](paths[part.name], inputs[part.name])
        assert set(found) == set(expected[part.name])
        for tensor in part.description["outputs"]:
            values, wanted = np.asarray(found[tensor["name"]]), expected[part.name][tensor["name"]]
            low, high = tensor["range"]
            span = wanted.max() - wanted.min() if low is None or high is None else high - low
            assert values.shape == wanted.shape and values.dtype == np.float32
            assert np.abs(values - wanted).max() <= tolerance * span, (part.name, tensor["name"])


@pytest.fixture(scope="module")
def gan():
    return exported_gan("expressions")


@pytest.fixture(scope="module")
def paths(gan, tmp_path_factory):
    """The paths of the parts of that model by format, each written once."""
    folder = tmp_path_factory.mktemp("exports")
    return {to: exported(gan, to, folder / to) for to in FORMATS}


@pytest.mark.parametrize("to", FORMATS)
def test_export_answers_as_keras_does(to, gan, paths):
    check_agreement(gan, to, some_faces(FACES, 16), paths[to])


@pytest.mark.parametrize("to", ["keras", "saved_model", "litert"])
@pytest.mark.slow
def test_export_of_grouped_convolutions_answers_as_keras_does(to, tmp_path):
    gan = filtered_gan()
    check_agreement(gan, to, some_faces(8, 16), exported(gan, to, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("preset", ["rendered_64", "faces_64"])
def test_export_of_a_preset_answers_as_keras_does(to, preset, tmp_path):
    sampler = Sampler(77)
    faces = Renderer(64).render([sampler.scene(index) for index in range(FACES)], 3)[0]
    gan = CatGAN.from_preset(preset)
    check_agreement(float32(gan), to, faces, exported(gan, to, tmp_path))


@pytest.mark.parametrize("to", FORMATS)
def test_export_takes_any_number_of_faces(to, paths):
    path, image = paths[to]["predictor"], to_network(some_faces(7, 16), 1)
    whole = np.asarray(RUNTIMES[to](path, {"image": image})["action_units"])
    for part in (slice(0, 1), slice(1, 4), slice(4, 7)):
        np.testing.assert_allclose(RUNTIMES[to](path, {"image": image[part]})["action_units"], whole[part], atol=1e-5)


@pytest.mark.parametrize("to", FORMATS)
def test_description_lies_in_the_file_and_beside_it(to, paths):
    path = paths[to]["editor"]
    beside = json.loads(path.with_name(path.name + ".json").read_text())
    if path.is_dir():
        inside = json.loads((path / "assets.extra" / "catgan.json").read_text())
    else:
        with zipfile.ZipFile(path) as archive:
            inside = json.loads(archive.read("catgan.json"))
    assert {**inside, "file": path.name} == beside and beside["batch"] == "any number of faces"
    assert beside["precision"] == ("weights in float16, computed in float32" if to == "litert half" else "float32")


def test_half_the_weights_take_half_the_space(tmp_path):
    gan = exported_gan(features=512)
    whole, half = (exported(gan, to, tmp_path / to, parts=("predictor",))["predictor"].stat().st_size
                   for to in FORMATS[2:])
    assert half < 0.6 * whole


def test_keras_file_loads_without_catgan(paths, tmp_path):
    path = paths["keras"]["editor"]
    code = (f"import sys, keras; model = keras.saving.load_model({str(path)!r}, safe_mode=True)\n"
            "print(sorted(model.output), 'catgan' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "['edited', 'mask', 'moves'] False"


def test_plain_interpreter_of_litert_is_resized(paths):
    from ai_edge_litert.interpreter import Interpreter

    path, image = paths["litert"]["predictor"], to_network(some_faces(5, 16), 1)
    interpreter = Interpreter(str(path), num_threads=1)
    given, = interpreter.get_input_details()
    assert given["shape"].tolist() == [1, 16, 16, 1] and given["shape_signature"].tolist() == [-1, 16, 16, 1]
    interpreter.resize_tensor_input(given["index"], image.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], image)
    interpreter.invoke()
    found = [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]
    expected = run_litert(path, {"image": image})["action_units"]
    assert any(values.shape == expected.shape and np.allclose(values, expected, atol=1e-6) for values in found)


def test_saved_model_replaces_an_older_one_and_nothing_else(gan, tmp_path):
    exported(gan, "saved_model", tmp_path, parts=("predictor",))
    exported(gan, "saved_model", tmp_path, parts=("predictor",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["smiles-predictor", "smiles-predictor.json"]
    (tmp_path / "other" / "smiles-predictor").mkdir(parents=True)
    with pytest.raises(CatganError, match="must be a new folder or an older SavedModel. Received: .*smiles-predictor"):
        exported(gan, "saved_model", tmp_path / "other", parts=("predictor",))


def test_saved_model_holds_each_weight_once_and_more_than_a_signature(gan, paths):
    path = paths["saved_model"]["predictor"]
    weights = 4 * parts_of(gan, ["predictor"])[0].network.count_params()
    assert (path / "variables" / "variables.data-00000-of-00001").stat().st_size < weights + 3000
    loaded, image = tf.saved_model.load(path), to_network(some_faces(3, 16), 1)
    found = loaded.serve(image=tf.constant(image))["action_units"]
    np.testing.assert_allclose(found, run_saved_model(path, {"image": image})["action_units"], atol=1e-6)


@pytest.mark.parametrize("to", ["saved_model", "litert"])
def test_formats_of_tensorflow_need_its_backend(to, gan, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match="Set KERAS_BACKEND=tensorflow. Received: jax"):
        exported(gan, to, tmp_path, parts=("predictor",))


def test_what_litert_cannot_hold_is_said_in_one_line(gan, tmp_path, monkeypatch):
    class Unwritten:
        target_spec = type("Spec", (), {})()

        @classmethod
        def from_saved_model(cls, *arguments, **options):
            return cls()

        def convert(self):
            raise RuntimeError("some operator\nis not known")

    monkeypatch.setattr(tf.lite, "TFLiteConverter", Unwritten)
    with pytest.raises(ModelError, match="The predictor cannot be written for LiteRT: some operator is not known"):
        exported(gan, "litert", tmp_path, parts=("predictor",))
    assert not list(tmp_path.iterdir())
