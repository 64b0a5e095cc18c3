"""What a step is fed: hidden labels, completed labels, another attempt."""

import numpy as np
import pytest

from catgan.conditions import Condition
from catgan.data.store import load_dataset
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN
from catgan.training.datasets import Datasets
from catgan.training.tasks.labelled_inputs import LabelledInputs, visible_labels
from tests.harness.experiments import tiny_experiment


def inputs(drawn, **options):
    dataset = load_dataset(drawn)
    experiment = tiny_experiment()
    model = CatGAN(experiment.network_config, experiment.spec(dataset.spec))
    return LabelledInputs(Datasets(dataset), model, experiment.training, 3, **options)


def test_a_step_is_a_function_of_its_number(drawn):
    first, second = inputs(drawn), inputs(drawn)
    for step in (3, 0):
        for name, value in first(step).items():
            np.testing.assert_array_equal(value, second(step)[name])
    assert not np.array_equal(first(0)["latents"], first(1)["latents"])


def test_another_attempt_has_other_faces_and_half_the_rate(drawn):
    made = inputs(drawn)
    first, second = made(2), made(2, attempt=1)
    assert not np.array_equal(first["images"], second["images"])
    assert not np.array_equal(first["latents"], second["latents"])
    assert second["learning_rate"] == pytest.approx(first["learning_rate"] / 2)


def test_dropout_hides_labels_from_both_networks_but_not_from_the_heads(drawn):
    made = inputs(drawn, label_dropout=1.0)(0)
    open_ = inputs(drawn, label_dropout=0.0)(0)
    np.testing.assert_array_equal(made["mask"], open_["mask"])
    assert Condition.decode(made["condition"]).mask.sum() < made["mask"].sum()
    np.testing.assert_array_equal(made["condition"], made["generator_condition"])
    np.testing.assert_array_equal(open_["condition"], Condition(open_["values"], open_["mask"]).encode())


def test_visible_labels_hide_four_patterns_alike_often():
    """Of the faces with hidden labels a quarter has none left, a quarter no AUs, a quarter nothing but AUs."""
    spec = LabelSpec((4, 12), "presence", True)
    assert (visible_labels(np.random.default_rng(0), 50, spec, 0.0) == 1).all()
    kept = visible_labels(np.random.default_rng(0), 8000, spec, 1.0)
    patterns = {pattern: (kept == pattern).all(1).mean() for pattern in ((0, 0, 0, 0), (0, 0, 1, 1), (1, 1, 0, 0))}
    assert all(0.25 < share < 0.36 for share in patterns.values())  # some of the last quarter fall into them by chance
    assert 0.87 < visible_labels(np.random.default_rng(0), 4000, spec, 0.2).mean() < 0.93


def test_completion_from_the_training_joint(drawn):
    """Unknown labels come from faces that know them; in the drawn data arousal is -valence / 2, and stays so."""
    made = inputs(drawn, completion="joint", label_dropout=0.0)(1)
    given = Condition.decode(made["generator_condition"])
    values = given.values
    np.testing.assert_array_equal(given.mask, 1.0)
    known = made["mask"] > 0
    np.testing.assert_allclose(values[known], made["values"][known])
    np.testing.assert_allclose(values[:, 3], -values[:, 2] / 2, atol=1e-6)
    assert set(np.unique(values[:, :2])) <= {0.0, 1.0}
    assert (Condition.decode(made["condition"]).mask == made["mask"]).all()  # the critic sees no filled-in label
