"""The PyTorch engine on functions whose derivatives are known, in a process of its own."""

import importlib
import json
import os
import subprocess
import sys

import pytest

from catgan.errors import CatganError
from tests.harness.paths import REPOSITORY

CODE = """
import json
import keras, numpy as np
from keras import ops
from catgan.backend import get_engine
from catgan.errors import CatganError

engine, results = get_engine(), {}
weight, other = keras.Variable([1.0, 2.0]), keras.Variable([5.0])
optimizer = keras.optimizers.SGD(0.1)
optimizer.build([weight, other])

def loss_fn():
    loss = ops.sum(weight * weight)  # the other variable has no part in it
    return loss, {"loss": loss}

step = engine.compile(lambda batch: engine.minimize(loss_fn, [weight, other], optimizer), [weight, other])
results["loss"] = float(step({"x": np.ones(2, np.float32)})["loss"])
results["weight"], results["other"] = np.asarray(weight).tolist(), np.asarray(other).tolist()

outputs, gradient = engine.input_gradient(lambda x: (x ** 3, {"double": 2 * x}), np.array([1.0, 2.0], np.float32))
results["outputs"], results["gradient"] = np.asarray(outputs["double"]).tolist(), np.asarray(gradient).tolist()

scale = keras.Variable(3.0)
penalised = keras.optimizers.SGD(0.1)
penalised.build([scale])

def penalty():  # the gradient of scale * x^2 by x is 2 scale x: its square has the derivative 8 scale x^2 by scale
    _, slope = engine.input_gradient(lambda x: (scale * x * x, x), ops.convert_to_tensor([0.5]))
    loss = ops.sum(slope * slope)
    return loss, loss

engine.compile(lambda: engine.minimize(penalty, [scale], penalised), [scale])()
results["scale"] = float(np.asarray(scale))
for devices in (2, "two"):
    try:
        get_engine(devices)
    except CatganError as error:
        results[str(devices)] = str(error)
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results():
    pytest.importorskip("torch")
    done = subprocess.run([sys.executable, "-c", CODE], cwd=REPOSITORY, capture_output=True, text=True,
                          env={**os.environ, "KERAS_BACKEND": "torch"})
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_minimize_takes_a_step_down_the_gradient(results):
    assert results["loss"] == pytest.approx(5.0) and results["weight"] == pytest.approx([0.8, 1.6])
    assert results["other"] == [5.0]


def test_input_gradient_returns_outputs_and_derivatives(results):
    assert results["outputs"] == pytest.approx([2.0, 4.0]) and results["gradient"] == pytest.approx([3.0, 12.0])


def test_minimize_differentiates_an_input_gradient(results):
    assert results["scale"] == pytest.approx(3.0 - 0.1 * 8 * 3.0 * 0.25)


def test_missing_package_is_named_with_its_extra(monkeypatch):
    importlib.import_module("catgan.backend.hosts")  # with Keras and SciPy, which look for PyTorch by themselves
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "catgan.backend.torch", raising=False)
    with pytest.raises(CatganError, match=r"pip install 'catgan\[torch\]'"):
        importlib.import_module("catgan.backend.torch")


def test_several_devices_are_refused(results):
    assert "one device and one process" in results["2"] and "number from 1" in results["two"]
