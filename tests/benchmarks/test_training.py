"""How fast a step is, on tiny networks: the figures are there, and are what their names say."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from catgan.benchmarks import layer_speed, training
from catgan.benchmarks.training import benchmark_train
from catgan.errors import CatganError
from catgan.models.cost import step_multiply_adds, step_passes
from catgan.training.experiment import read_experiment
from tests.harness.experiments import TINY
from tests.harness.paths import REPOSITORY

SMALL = {**TINY, "generator_blocks": [0, 0, 0], "discriminator_blocks": [0, 0, 0]}
NAMES = {"images_per_second", "lowest", "highest", "gmac_per_image", "share_of_convolution_rate", "loader_share",
         "first_step_seconds", "peak_memory_mb", "preset", "batch_size", "precision", "engine"}


def check(result):
    assert set(result) == NAMES
    assert 0 < result["lowest"] <= result["images_per_second"] <= result["highest"]
    assert 0 < result["loader_share"] < 1 and result["share_of_convolution_rate"] > 0
    assert result["first_step_seconds"] > 0 and result["peak_memory_mb"] > 100


@pytest.fixture(scope="module")
def experiment():
    return training._experiment("xs_64", SMALL, 8, 1, "float32")


@pytest.fixture(scope="module")
def measured(experiment, drawn):
    return training._time_steps(experiment, drawn, 40)


def test_time_steps_runs_two_cycles_and_then_rounds_of_whole_cycles(experiment, measured):
    cycle = training.STEPS["strided"]["penalty_interval"]
    assert experiment.options.critic.penalty_interval == cycle
    assert measured.steps == 2 * cycle + training.ROUNDS * cycle  # 40 faces are fewer than one cycle of 8 steps has
    assert len(measured.speeds) == training.ROUNDS and min(measured.speeds) > 0
    assert 0 < measured.loader_share < 1 and measured.first_step > 0 and measured.memory > 100


def test_figures_are_those_of_the_measured_speeds(experiment, measured):
    speeds = measured._replace(speeds=[90.0, 100.0, 95.0, 120.0, 110.0], loader_share=0.25, first_step=2.0, memory=500)
    figures = training._figures(experiment, speeds, [1e-4, 1e-5])
    assert set(figures) == NAMES - {"preset", "batch_size", "precision", "engine"}
    assert (figures["images_per_second"], figures["lowest"], figures["highest"]) == (100.0, 90.0, 120.0)
    assert (figures["loader_share"], figures["first_step_seconds"], figures["peak_memory_mb"]) == (0.25, 2.0, 500)
    interval = experiment.options.critic.penalty_interval
    expected = step_multiply_adds(measured.model.generator, measured.model.discriminator, interval)
    assert figures["gmac_per_image"] == pytest.approx(expected / 1e9, abs=1e-4)
    generator, discriminator = step_passes(interval)
    assert figures["share_of_convolution_rate"] == pytest.approx(100.0 * (generator * 1e-4 + discriminator * 1e-5),
                                                                 abs=1e-3)


def test_faces_of_the_benchmark_have_the_size_of_the_networks(experiment):
    faces = training._faces(experiment)
    assert (faces.n, faces.size, faces.channels, faces.seed) == (training.FACES, 16, 1, 1)
    large = training._faces(training._experiment("xs_64", SMALL, 1000, 1, "float32"))
    assert large.n == 2000  # two batches


def test_steps_are_those_of_the_experiments():
    """A preset is timed as it is trained."""
    for name in ("xs_32", "xs_64", "s_64", "m_64", "s_128", "m_128"):
        trained = read_experiment(REPOSITORY / "experiments" / f"{name}.yaml")
        timed = training._experiment(name, None, 64, 0, "float32")
        assert trained.network_config == timed.network_config
        assert trained.task == timed.task == "adversarial"
        for setting in ("augment", "accumulate"):
            assert getattr(trained.training, setting) == getattr(timed.training, setting), (name, setting)
        for setting in ("completion", "regression_weight"):
            assert getattr(trained.options, setting) == getattr(timed.options, setting), (name, setting)
        assert trained.options.critic.penalty_interval == timed.options.critic.penalty_interval
        assert (trained.options.matching_weight > 0) == (timed.options.matching_weight > 0)


@pytest.mark.parametrize("given, message", [
    ({"preset": "xs_65"}, "Did you mean 'xs_64'"), ({"n": 0}, "'n' must be 1 or more"), ({"batch": 0}, "batch_size"),
    ({"precision": "half"}, "precision"), ({"seed": -1}, "'seed'")])
def test_wrong_turns(given, message):
    with pytest.raises(CatganError, match=message):
        benchmark_train(**given)


def layered():
    layers = keras.layers
    inputs = keras.Input((8, 8, 4))
    features = layers.Conv2D(4, 3, padding="same")(inputs)
    features = layers.Conv2D(4, 3, padding="same")(features)  # the same again
    features = layers.Conv2D(8, 3, padding="same", groups=2, dtype="mixed_bfloat16")(features)
    features = layers.Conv2DTranspose(2, 4, strides=2, padding="same", use_bias=False)(features)
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(features)))


def test_layers_are_timed_once_each(monkeypatch):
    timed = []
    monkeypatch.setattr(layer_speed, "seconds_of", lambda layer, batch: timed.append(layer) or 6.0)
    model = layered()
    assert layer_speed.seconds_a_pass([model, model], 4) == [5 * 6.0 / 12] * 2
    assert [type(layer).__name__ for layer in timed] == ["Conv2D", "Conv2D", "Conv2DTranspose", "Dense"]
    assert [layer_speed.input_shape(layer) for layer in timed] == [(8, 8, 4), (8, 8, 4), (8, 8, 8), (512,)]


@pytest.mark.parametrize("index", [1, 3, 4, 6])
def test_a_layer_goes_forward_and_backward(index):
    """The gradients are those of the layer, by differences; a chain of runs has one gradient of the weights a run."""
    layer = layered().layers[index]
    shape = (2, *layer_speed.input_shape(layer))
    random = np.random.default_rng(0)
    x = random.standard_normal(shape).astype(np.float32)
    slope, way = (random.standard_normal(size).astype(np.float32)
                  for size in (layer.compute_output_shape(shape), shape))
    both_ways = layer_speed._jax if keras.backend.backend() == "jax" else layer_speed._tensorflow
    given = [keras.ops.convert_to_tensor(array, layer.compute_dtype) for array in (x, slope)]
    y, towards_input, towards_weights = both_ways(layer, *given)

    def score(at):
        return float((np.asarray(keras.ops.cast(layer(at), "float32")) * slope).sum())

    gradient = np.asarray(keras.ops.cast(towards_input, "float32"))
    exact = layer.compute_dtype == "float32"
    # Sums of many products are as wrong as these are large, however small the sum: weights differ from run to run.
    wrong = (1e-3 if exact else 0.05) * float(np.linalg.norm(gradient))
    assert float((gradient * way).sum()) == pytest.approx((score(x + way) - score(x - way)) / 2, abs=max(wrong, 1e-2))
    assert tuple(y.shape) == slope.shape and [tuple(one.shape) for one in towards_weights] == [
        tuple(variable.shape) for variable in layer.trainable_variables]
    assert layer_speed.seconds_of(layer, 2) > 0


CODE = """
import json, sys
from catgan.benchmarks.training import benchmark_train
if __name__ == "__main__":
    print(json.dumps(benchmark_train(batch=8, n=8, precision="float32", network=json.loads(sys.argv[1]))))
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["tensorflow", "jax"])
def test_benchmark_train_gives_all_figures_with_each_engine(engine, tmp_path):
    pytest.importorskip(engine)
    (tmp_path / "measure.py").write_text(CODE)  # workers that draw faces import it again
    environment = {**os.environ, "KERAS_BACKEND": engine, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-W", "error::RuntimeWarning", str(tmp_path / "measure.py"),
                           json.dumps(SMALL)], capture_output=True, text=True, env=environment, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    check(result)
    assert result["engine"] == engine
