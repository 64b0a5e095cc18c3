"""One step on both engines: gradients by finite differences, one after the other, and the same numbers."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from catgan.models import heads, losses
from catgan.models.gan.architectures import ARCHITECTURES
from tests.harness.paths import REPOSITORY
from tests.harness.steps import ALL, batch, make_step, tensors, tiny_step, train_steps


def test_input_gradient_by_finite_differences():
    step, engine = tiny_step()
    images, convert = batch()["images"], keras.ops.convert_to_tensor
    condition = convert(batch()["condition"])

    def judge(x):
        outputs = step.discriminator({"image": convert(x), "condition": condition})
        return outputs["critic"], outputs

    def score(x):
        return float(np.sum(np.asarray(judge(x)[0])))

    outputs, gradient = engine.input_gradient(judge, convert(images))
    gradient = np.asarray(gradient)
    np.testing.assert_array_equal(outputs["critic"], judge(images)[0])
    assert gradient.shape == images.shape
    for seed in range(3):
        way = np.random.default_rng(seed).standard_normal(images.shape).astype(np.float32)
        slope = (score(images + 1e-3 * way) - score(images - 1e-3 * way)) / 2e-3
        assert float((gradient * way).sum()) == pytest.approx(slope, rel=0.03, abs=0.02)
    expected = np.mean(np.sum(gradient ** 2, axis=(1, 2, 3)))
    assert float(losses.gradient_penalty(gradient)) == pytest.approx(expected, rel=1e-5)


def test_step_updates_all_networks_and_their_average():
    step, engine = tiny_step(matching_weight=1.0)
    before = [np.asarray(variable).copy() for variable in step.variables]
    start = {name: [np.asarray(value).copy() for value in getattr(step.model, name).trainable_variables]
             for name in ("generator", "discriminator")}
    step(tensors(batch()), True)
    step(tensors(batch(1)), False)
    changed = [not np.array_equal(old, np.asarray(new)) for old, new in zip(before, step.variables)]
    assert np.mean(changed) > 0.9
    for name in ("generator", "discriminator"):
        moved = [np.asarray(value) for value in getattr(step.model, name).trainable_variables]
        mean = [np.asarray(value) for value in getattr(step.average, name).trainable_variables]
        for old, now, averaged in zip(start[name], moved, mean):
            assert np.abs(averaged - old).max() <= np.abs(now - old).max() + 2e-3


def test_labels_of_unlabelled_faces_teach_nothing():
    """Without any known label the label heads have no gradient, and Adam does not move them."""
    step, _ = tiny_step()
    unlabelled = batch()
    unlabelled["mask"] = np.zeros_like(unlabelled["mask"])
    unlabelled["values"] = np.zeros_like(unlabelled["values"])
    unlabelled["condition"] = unlabelled["generator_condition"] = np.zeros_like(unlabelled["condition"])
    head = step.discriminator.get_layer("action_units").kernel
    before = np.asarray(head).copy()
    report = step(tensors(unlabelled), False)
    np.testing.assert_array_equal(np.asarray(head), before)
    assert float(report["action_units"]) == float(report["valence_arousal"]) == 0.0


def test_fakes_teach_the_generator_nothing_about_labels():
    """The generator's loss is adversarial alone by default, and heads see real faces alone."""
    step, _ = tiny_step()
    report = step(tensors(batch()), *step.kind(0))
    assert set(report) == {"d_loss", "gap", "sign_rate", "action_units", "valence_arousal", "r1", "r2", "g_loss"}
    assert "r1" not in step(tensors(batch(1)), *step.kind(1))


def test_step_with_all_terms_reports_finite_losses():
    step, _ = tiny_step(**ALL)
    assert step.kind(0) == (True,) and step.kind(1) == (False,)
    report = step(tensors(batch()), *step.kind(0))
    assert "bias" in report and all(np.isfinite(float(value)) for value in report.values())


@pytest.mark.slow
def test_the_bias_network_learns_how_differently_fakes_are_read():
    """With a generator that stands still, the difference of the readings; it begins at 0."""
    step, _ = tiny_step(matching_weight=1.0)
    inputs = tensors(batch())
    judged = {"fake": np.full((8, 4), 0.7, np.float32), "real": np.full((8, 4), 0.5, np.float32)}
    assert float(step.update_bias(inputs, inputs["generator_condition"], judged)["bias"]) < 1e-3
    for _ in range(300):
        report = step.update_bias(inputs, inputs["generator_condition"], judged)
    assert float(report["bias"]) == pytest.approx(0.04, rel=0.2)


def test_the_averaged_heads_fill_in_what_is_missing():
    step, _ = tiny_step(completion="head")
    inputs = batch()
    told = np.asarray(step.complete(tensors(inputs)))
    values, mask = told[:, :4], told[:, 4:]
    np.testing.assert_array_equal(mask, 1.0)
    known = inputs["mask"] > 0
    np.testing.assert_array_equal(values[known], inputs["values"][known])
    read = np.asarray(heads.decode_outputs(step.heads, step.average.discriminator(
        {"image": inputs["images"], "condition": inputs["condition"]})))
    np.testing.assert_allclose(values[~known], read[~known], atol=1e-6)


def test_accumulated_gradients_move_the_networks_every_second_step():
    step, _ = tiny_step(accumulate=2)
    kernel = step.generator.get_layer("to_image").kernel
    before = np.asarray(kernel).copy()
    step(tensors(batch()), False)
    np.testing.assert_array_equal(np.asarray(kernel), before)
    step(tensors(batch(1)), False)
    assert np.abs(np.asarray(kernel) - before).max() > 0


@pytest.mark.slow
def test_steps_repeated_give_the_same_numbers():
    assert train_steps() == train_steps()


@pytest.mark.slow
def test_full_size_networks_are_repeatable():
    """At 64 px, where convolutions share threads; in small networks none would notice."""
    network = ARCHITECTURES["xs_64"]

    def reports():
        step, engine = make_step(network)
        compiled = engine.compile(lambda inputs: step(inputs, True), step.variables)
        return [{name: float(value) for name, value in compiled(batch(index, 64, network)).items()}
                for index in range(8)]

    first = reports()
    assert reports() == first and reports() == first


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_give_the_numbers_of_tensorflow(backend):
    pytest.importorskip(backend)
    here = train_steps()
    assert here["engine"] == "tensorflow"
    code = "import json; from tests.harness.steps import train_steps as s; print(json.dumps(s()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True,
                          env={**os.environ, "KERAS_BACKEND": backend})
    assert done.returncode == 0, done.stderr[-2000:]
    there = json.loads(done.stdout.splitlines()[-1])
    assert there["engine"] == backend
    for ours, theirs in zip(here["reports"], there["reports"]):
        assert ours == pytest.approx(theirs, abs=5e-3)  # six steps of Adam, which magnifies rounding
    assert here["total"] == pytest.approx(there["total"], rel=1e-4)
