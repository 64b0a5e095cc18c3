"""Two data sets in one training: joined labels, shared batches, presences of what the other one grades."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catgan import config, metrics
from catgan.conditions import Condition
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.evaluate import choose_thresholds, evaluate
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.training import run, validation
from catgan.training.datasets import Datasets, Mixed, datasets_of
from catgan.training.experiment import AuxiliaryConfig, Experiment, TrainingConfig
from catgan.training.loop import resolve, train
from catgan.training.tasks.editor import EditorConfig, EditorInputs
from tests.harness.experiments import TINY, tiny_experiment

GRADED = LabelSpec((4, 12), "intensity", True)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "data"
    render(RenderConfig(96, 16, 6, channels=1, subjects=30), folder, workers=1)
    return load_dataset(folder)


def both(rendered, **training):
    """Makes an experiment on the drawn pictures, with rendered faces as auxiliary data."""
    made = tiny_experiment(**training)
    return replace(made, labels=replace(made.labels, action_units=(4, 12)),
                   auxiliary_data=AuxiliaryConfig(str(rendered.folder), 0.25))


def test_presences_know_units_without_intensity(drawn, rendered):
    dataset = load_dataset(drawn)
    presences, truth = dataset.presences("train", GRADED), dataset.labels("train")
    np.testing.assert_array_equal(presences.values, truth.values[:, :2])
    np.testing.assert_array_equal(presences.mask, truth.mask[:, :2])
    assert dataset.presences("train", dataset.spec) is None  # they are the labels themselves
    assert rendered.presences("train", GRADED) is None  # every intensity is known


def test_batches_of_two_data_sets(drawn, rendered):
    datasets = Datasets(load_dataset(drawn), rendered, 0.25)
    assert datasets.rendered is rendered and datasets.photographs is datasets.main
    assert datasets.spec.scale == "intensity" and datasets.spec.action_units[:2] == (4, 12)
    mixed = Mixed(datasets, GRADED, 1, 8, TrainingConfig())
    assert len(mixed) == 60 + rendered.count("train") and mixed.encoded[0].shape == (len(mixed), 4)
    batch = mixed(3)
    assert batch.images.shape == (8, 16, 16, 1) and batch.presence.shape == (8, 2)
    assert not batch.mask[:6, :2].any() and batch.mask[6:].all()  # pictures have no grades, rendered faces all
    assert batch.presence_mask[:6].any() and not batch.presence_mask[6:].any()
    for one, other in zip(batch, mixed(3)):
        np.testing.assert_array_equal(one, other)


def test_uncertainties_are_those_of_its_own_faces_where_they_know_enough(drawn, rendered, monkeypatch):
    gan = CatGAN(NetworkConfig(**TINY), GRADED, seed=1)
    datasets = Datasets(load_dataset(drawn), rendered, 0.25)
    main, known = datasets.main.count("validation"), datasets.main.labels("validation", GRADED).mask
    monkeypatch.setattr(validation, "calibrate", lambda columns, truth: truth)
    for enough in (1, 10 ** 6):
        monkeypatch.setattr(validation, "MIN_CALIBRATION_FACES", enough)
        mask = validation.calibration_of(gan, datasets, "validation").mask
        np.testing.assert_array_equal(mask[:main], known)
        assert mask[main:, :2].all()  # pictures have no grades
        assert mask[main:, 2:].any() == (enough > known[:, 2:].sum(0).min())


def test_batch_of_one_data_set_has_no_presences(drawn):
    dataset = load_dataset(drawn)
    batch = Mixed(Datasets(dataset), dataset.spec, 1, 8, TrainingConfig())(0)
    assert batch.presence.shape == batch.presence_mask.shape == (8, 0)


def test_labels_of_two_data_sets_are_those_of_either(drawn, rendered):
    made = both(rendered)
    spec = made.spec(datasets_of(made, load_dataset(drawn)).spec)
    assert spec == GRADED
    with pytest.raises(CatganError, match="AU27"):
        replace(made, labels=replace(made.labels, action_units=(27,))).spec(spec)


@pytest.mark.parametrize("changes, message", [
    ({"auxiliary_data": AuxiliaryConfig("nowhere")}, "nowhere does not exist"),
    ({"auxiliary_data": AuxiliaryConfig("drawn", 0.01)}, "leaves one data set without any"),
    ({"network": {**TINY, "image_size": 32, "generator_widths": [8, 8, 8, 8], "discriminator_widths": [8, 8, 8, 0],
                  "generator_blocks": [1, 0, 0, 0], "discriminator_blocks": [0, 0, 1, 0]}}, "faces of 16 px"),
])
def test_data_sets_that_do_not_fit_are_refused(drawn, changes, message):
    if "auxiliary_data" in changes and changes["auxiliary_data"].data == "drawn":
        changes = {"auxiliary_data": replace(changes["auxiliary_data"], data=str(drawn))}
    with pytest.raises(CatganError, match=message):
        datasets_of(replace(tiny_experiment(), **changes), load_dataset(drawn))


def test_share_outside_0_to_1_is_refused():
    for share in (0.0, 1.0, -1.0):
        with pytest.raises(CatganError, match="'auxiliary_data.share' must lie between 0 and 1"):
            AuxiliaryConfig("x", share)
    made = config.from_mapping(Experiment, {"name": "x", "auxiliary_data": {"data": "y", "share": 0.3}})
    assert made.auxiliary_data == AuxiliaryConfig("y", 0.3)


def test_training_on_two_data_sets_learns_presence_and_intensity(drawn, rendered, tmp_path):
    """Pictures know presence and rendered faces intensity: one head learns from both, and is measured on pictures."""
    result = train(both(rendered), drawn, tmp_path, verbose=False)
    folder, dataset = Path(result["run"]), load_dataset(drawn)
    resolved = run.read_config(folder)
    assert resolved.auxiliary_data.data_hash == rendered.info["hash"] and resolved.data_hash == dataset.info["hash"]
    assert "presence" in run.read_stats(folder)[-1]
    gan = CatGAN.from_preset(folder)
    assert gan.spec == GRADED and set(gan.calibration.quantiles) >= {"AU04", "AU12"}  # from the rendered faces
    found = evaluate(gan, dataset, "test")
    assert found["action_units"]["AU12"]["f1"] is not None and found["action_units"]["AU12"]["icc"] is None
    assert found["action_units"]["AU12"]["n"] == 15 and found["valence"]["n"] == 20
    assert resolve(both(rendered), dataset).auxiliary_data == resolved.auxiliary_data


def test_presences_count_in_f1_and_thresholds(drawn):
    dataset = load_dataset(drawn)
    truth, presences = dataset.labels("test", GRADED), dataset.presences("test", GRADED)
    said = {"AU04": 5.0 * presences.values[:, 0], "AU12": 1.0 - presences.values[:, 1],
            "valence": truth.values[:, 2], "arousal": truth.values[:, 3]}
    figures = metrics.evaluate_labels(truth, said, {4: 1.0, 12: 1.0}, presences=presences)["action_units"]
    assert figures["AU04"]["f1"] == figures["AU04"]["auc"] == 1.0 and figures["AU12"]["f1"] == 0.0
    gan = CatGAN(tiny_experiment().network_config, GRADED)
    assert choose_thresholds(gan, truth, said, presences)[4] == 2.5


# === Editors ===


def test_editor_inputs_of_photographs_move_valence_and_arousal_only(drawn, rendered):
    """Every picture is to get the labels of the next one; without known grades only valence and arousal move."""
    model = CatGAN(tiny_experiment().network_config, GRADED)
    training = TrainingConfig(batch_size=8, tick_images=8)
    inputs = EditorInputs(Datasets(load_dataset(drawn), rendered, 0.25), model, training, EditorConfig())
    assert len(inputs) == 60 + rendered.count("train")
    batches = [inputs(step) for step in range(20)]
    batch = batches[0]
    assert batch["paired"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0] and batch["before"].shape == (8, 16, 16, 1)
    np.testing.assert_array_equal(batch["after"][2], batch["before"][3])
    np.testing.assert_array_equal(batch["after"][7], batch["before"][2])
    change = Condition.decode(np.concatenate([part["change"][2:] for part in batches]))
    assert not change.mask[:, :2].any() and change.mask[:, 2:].any() and not change.values[change.mask == 0].any()
    assert batch["presence_mask"][2:].any() and not batch["presence_mask"][:2].any()
    reversible = np.concatenate([part["reversible"][2:] for part in batches])
    assert not reversible.any()  # labels were left free
    wanted = Condition.decode(np.concatenate([part["condition"][2:] for part in batches]))
    np.testing.assert_array_equal(wanted.mask, change.mask)


def test_editor_without_rendered_faces_is_refused(drawn):
    model = CatGAN(tiny_experiment().network_config, load_dataset(drawn).spec)
    with pytest.raises(CatganError, match="was not rendered, so nobody knows"):
        EditorInputs(Datasets(load_dataset(drawn)), model, TrainingConfig(), EditorConfig())


@pytest.mark.slow
def test_editor_trains_on_rendered_faces_and_photographs(drawn, rendered, tmp_path):
    made = both(rendered, images=32, tick_images=32, snapshot_ticks=1)
    CatGAN(made.network_config, GRADED, seed=5).save_to_preset(tmp_path / "start")
    weights = {"label_weight": 1.0, "adversarial_weight": 0.1, "cycle_weight": 1.0}
    made = replace(made, start=str(tmp_path / "start"), task="editor", options=EditorConfig(**weights))
    result = train(made, drawn, tmp_path / "runs", verbose=False)
    line = run.read_stats(Path(result["run"]))[-1]
    assert {"presence", "labels", "e_loss", "cycle", "explained_change", "validation_f1"} <= set(line)
