"""Every layer and network of catgan can be saved as Keras saves models, and comes back as it was."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import catgan
from catgan.conditions import encoded_width
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models import fine_tuning
from catgan.models.gan.architectures import network_config
from catgan.models.gan.bias import build_bias
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editor import build_editor
from catgan.models.gan.generator import build_generator
from catgan.models.gan.model import CatGAN
from catgan.models.gan.networks import Networks
from catgan.models.layers import FiLM, Smooth, UnitNorm
from catgan.models.multimodal.bodies import CentredJoints, Movement, RootMotion
from catgan.models.multimodal.fusion import Gates, KeepAvailable
from catgan.models.multimodal.graphs import GraphConvolution
from catgan.models.multimodal.model import FusionRecogniser
from catgan.models.multimodal.pictures import FilledPicture, SpatialWeights
from catgan.models.multimodal.shapes import PoseShape
from catgan.models.reader import LabelReader, TrainedModel
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.landmarks.parallel import ParallelDense, ParallelGRU, PerMember, SelectPoints, Summary
from catgan.models.landmarks.reservoir import Reservoir
from catgan.models.sequence.model import ClipRecogniser
from tests.harness.experiments import TINY
from tests.harness.layers import run_layer_test, run_model_test
from tests.harness.networks import FILTERED, JOINT, noise
from tests.harness.paths import REPOSITORY

OF_MEMBERS = {ParallelDense, ParallelGRU, PerMember, SelectPoints, Summary, Reservoir}
SEEN = np.ones((2, 5, 16), np.float32)
SEEN[:, 1:3, 4:6] = 0
CASES = {
    "film": (FiLM, {}, [noise((2, 4, 4, 3)), noise((2, 5), 1)], (2, 4, 4, 3)),
    "film of another initializer": (FiLM, {"initializer": keras.initializers.VarianceScaling(0.5, seed=3)},
                                    [noise((2, 4, 4, 3)), noise((2, 5), 1)], (2, 4, 4, 3)),
    "film by name": (FiLM, {"initializer": "he_normal", "trainable": False},
                     [noise((1, 2, 2, 3)), noise((1, 5), 1)], (1, 2, 2, 3)),
    "unit norm": (UnitNorm, {}, noise((3, 6)), (3, 6)),
    "smooth": (Smooth, {}, noise((2, 4, 6, 3)), (2, 2, 3, 3)),
    "centred joints": (CentredJoints, {}, [noise((2, 16, 3)), SEEN[:, 0]], (2, 16, 4)),
    "movement": (Movement, {}, [noise((2, 5, 16, 3)), SEEN], (2, 5, 16, 7)),
    "root motion": (RootMotion, {}, [noise((2, 5, 16, 3)), SEEN], (2, 5, 3)),
    "shape of a pose": (PoseShape, {}, np.concatenate([noise((2, 16, 3)), SEEN[:, 0, :, None]], -1), (2, 44)),
    "graph convolution": (GraphConvolution, {"units": 5, "initializer": "glorot_uniform"}, noise((2, 3, 16, 4)),
                          (2, 3, 16, 5)),
    "spatial weights": (SpatialWeights, {}, noise((2, 4, 6, 1)), (2, 4, 6, 1)),
    "filled picture": (FilledPicture, {}, [127 + 99 * noise((2, 4, 6, 3)), np.abs(noise((2, 4, 6)))], (2, 4, 6, 3)),
    "available features": (KeepAvailable, {}, [noise((3, 4)), np.array([1, 0, 1], np.float32)], (3, 4)),
    "gates": (Gates, {}, [noise((3, 4)), np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]], np.float32)],
              (3, 4)),
}

FINE_TUNING = {fine_tuning.MaskedHuber, fine_tuning.MaskedBinaryCrossentropy, fine_tuning.MaskedCategoricalCrossentropy,
               fine_tuning.ConcordanceLoss, fine_tuning.MaskedMeanAbsoluteError, fine_tuning.MaskedF1,
               fine_tuning.MaskedAccuracy, fine_tuning.ConcordanceCorrelation}


@pytest.mark.parametrize("case", CASES)
def test_layer_survives_config_and_file(case, tmp_path):
    run_layer_test(*CASES[case], tmp_path)


def modules(package=catgan):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        try:
            yield importlib.import_module(found.name)
        except CatganError as error:
            assert "pip install 'catgan[torch]'" in str(error), found.name  # the only optional package of a module


def test_every_keras_class_is_registered_and_has_a_case():
    """A new layer, loss, metric or initializer without a case above fails here."""
    kinds = (keras.Layer, keras.Loss, keras.Metric, keras.Initializer, keras.Regularizer, keras.constraints.Constraint)
    own = {member for module in modules() for _, member in inspect.getmembers(module, inspect.isclass)
           if issubclass(member, kinds) and member.__module__.startswith("catgan.")}
    registered = {name: value for name, value in keras.saving.get_custom_objects().items()
                  if name.startswith("catgan>")}
    own -= {fine_tuning.MaskedLoss, fine_tuning.SummedMetric, LabelReader, TrainedModel}  # bases
    assert own == set(registered.values())
    # test_keras_model.py, sequence/test_model.py, tests/models/landmarks and tests/models/multimodal save the models,
    # test_fine_tuning.py the losses and metrics; layers whose first axis counts networks are rebuilt in
    # landmarks/test_parallel.py
    models = {CatGAN, ClipRecogniser, Networks, LandmarkRecogniser, FusionRecogniser}
    assert own == {cls for cls, *_ in CASES.values()} | models | FINE_TUNING | OF_MEMBERS
    assert set(registered) - {f"catgan>{cls.__name__}" for cls in FINE_TUNING | OF_MEMBERS} == {  # names in files
        "catgan>landmarks", "catgan>people", "catgan>CentredJoints", "catgan>Movement", "catgan>RootMotion",
        "catgan>PoseShape", "catgan>GraphConvolution", "catgan>FilledPicture", "catgan>SpatialWeights",
        "catgan>KeepAvailable", "catgan>Gates",
        "catgan>catgan", "catgan>clips", "catgan>FiLM", "catgan>UnitNorm", "catgan>Smooth", "catgan>Networks"}


# === Networks ===

INTENSITY = LabelSpec((1, 2, 4), "intensity", True)
FAMILIES = {"plain": {}, "residual": FILTERED, "legacy": {"family": "legacy", "image_size": 32},
            "ordinal": {"action_unit_head": "ordinal", "valence_arousal_head": "categorical", "bins": 5}}


def network_of(family):
    return network_config("xs_64", {**TINY, **FAMILIES[family]})


def saved(model, path):
    inputs = {name: noise((3, *tensor.shape[1:])) for name, tensor in model.input.items()}
    loaded = run_model_test(model, inputs, path)
    assert loaded.name == model.name and len(loaded.trainable_variables) == len(model.trainable_variables)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_saved_generator_and_discriminator_are_the_same(family, precision, tmp_path):
    network, spec = network_of(family), INTENSITY if family == "ordinal" else JOINT
    saved(build_generator(network, spec.width, precision, seed=1), tmp_path / "generator.keras")
    saved(build_discriminator(network, spec, precision, seed=1), tmp_path / "discriminator.keras")


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_saved_editor_is_the_same(precision, tmp_path):
    model = build_editor(network_of("plain"), JOINT.width, precision, seed=1)
    random = np.random.default_rng(0)
    model.set_weights([value + 0.05 * random.standard_normal(value.shape) for value in model.get_weights()])
    saved(model, tmp_path / "editor.keras")


def test_saved_bias_network_is_the_same(tmp_path):
    run_model_test(build_bias(JOINT), noise((3, encoded_width(JOINT.width))), tmp_path / "bias.keras")


@pytest.mark.slow
def test_saved_editor_is_loaded_by_another_process(tmp_path):
    """All that it needs is the import that registers the layers."""
    model, change = build_editor(network_of("plain"), 4, seed=1), np.ones((1, 8), np.float32)
    model.save(tmp_path / "editor.keras")
    image = np.zeros((1, 16, 16, 1), np.float32)
    code = ("import sys, numpy, keras, catgan.models.layers\n"
            "model = keras.saving.load_model(sys.argv[1])\n"
            "outputs = model({'image': numpy.zeros((1, 16, 16, 1)), 'change': numpy.ones((1, 8))})\n"
            "print(float(keras.ops.sum(outputs['mask'])))")
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path / "editor.keras")], cwd=REPOSITORY, text=True,
                            capture_output=True, timeout=120)
    assert result.returncode == 0, result.stderr[-2000:]
    expected = float(keras.ops.sum(model({"image": image, "change": change})["mask"]))
    assert float(result.stdout) == pytest.approx(expected, rel=1e-6)
