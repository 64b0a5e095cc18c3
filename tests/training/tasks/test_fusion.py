"""Training of networks on people: kinds, labels, resuming, errors."""

import json
from dataclasses import replace

import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.models.loading import load_model
from catgan.models.multimodal.model import FusionRecogniser
from catgan.training import loop
from catgan.training.fusion import fit_people
from catgan.training.tasks.fusion import label_names
from tests.harness.datasets import write_dataset
from tests.harness.people_data import CLASSES, write_people
from tests.harness.tiny_fusion import tiny_fusion
from tests.harness.toy_people import MODALITIES, toy_people


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return load_dataset(write_people(tmp_path_factory.mktemp("people"), 80, missing=0.1))


@pytest.mark.slow
def test_a_resumed_training_on_people_gives_the_same_bits(dataset, tmp_path):
    class Stops:
        def on_epoch_end(self, epoch, logs=None):
            if not epoch:
                raise KeyboardInterrupt

    made = tiny_fusion(network={"modalities": ["posture", "context"]})
    whole = loop.train(made, dataset, tmp_path / "whole", verbose=False)["run"]
    with pytest.raises(KeyboardInterrupt):
        loop.train(made, dataset, tmp_path / "cut", callbacks=[Stops()], verbose=False)
    cut = loop.train(made, dataset, tmp_path / "cut", verbose=False)["run"]
    first, second = (FusionRecogniser.from_preset(f"{folder}/last") for folder in (whole, cut))
    for one, other in zip(first.network.get_weights(), second.network.get_weights()):
        np.testing.assert_array_equal(one, other)
    assert first.calibration == second.calibration and first.calibration.temperatures["fused"] != 1.0
    assert first.trained_on == {"data": dataset.info["hash"], "split": "train"}
    assert (first.classes, first.dimensions, first.categories) == (CLASSES, ("valence", "arousal"), ())


def test_a_run_has_figures_of_the_fusion_and_of_each_module_and_loads(dataset, tmp_path):
    run = loop.train(tiny_fusion(mode="expression", network={"fusion": "gated", "modalities": ["posture", "face"]},
                                 images=32), dataset, tmp_path, verbose=False)["run"]
    line = json.loads((tmp_path / "00000-tiny-people" / "stats.jsonl").read_text().splitlines()[-1])
    assert {"loss", "own_heads", "accuracy", "validation_macro_f1_posture", "validation_macro_f1_face",
            "validation_ece"} <= set(line) and line["score"] == line["validation_macro_f1"]
    model = load_model(run)
    assert model.modalities == ("posture", "face") and model.dimensions == ()
    card = (tmp_path / "00000-tiny-people" / "last" / "card.md").read_text()
    assert "| posture alone |" in card and "contradicts" in card


@pytest.mark.slow
def test_a_network_in_memory_learns_to_do_without_any_module():
    people, others = toy_people(400, 1, right=0.85), toy_people(120, 2, right=0.85)
    made = tiny_fusion(images=8000, tick_images=16, ema_half_life=200.0)
    model = fit_people(people, others, made.options, made.training)
    available = {name: np.ones(120, bool) for name in MODALITIES}
    features = model.features(others.inputs)
    shown = {name: (model.fused(features, {**available, name: np.zeros(120, bool)}).probabilities.argmax(1)
                    == others.labels).mean() for name in MODALITIES}
    assert min(shown.values()) > 0.6
    nothing = model.fused(features, {name: np.zeros(120, bool) for name in MODALITIES}).probabilities
    assert nothing.max() < 0.6 and np.ptp(nothing, axis=0).max() < 1e-6  # it says nothing of the person


def test_categories_of_which_several_are_true_and_unknown_ones_are_learned():
    people = toy_people(64, 1)
    categories = np.stack([people.labels > 2, people.labels == 1], 1).astype(np.float32)
    categories[::3] = np.nan
    people = replace(people, categories=categories, category_names=("peace", "fatigue"))
    made = tiny_fusion(network={"modalities": ["posture"]})
    model = fit_people(people, people, made.options, made.training)
    found = model.predict(people.inputs, {"posture": people.available["posture"]})
    assert found.categories.shape == (64, 2) and np.isfinite(found.categories).all()
    assert model.categories == ("peace", "fatigue")


def test_emotions_that_nobody_shows_are_left_out(dataset, tmp_path):
    folder = write_people(tmp_path / "data", 24)
    info = json.loads((folder / "dataset.json").read_text())
    info["labels"]["expressions"] = ["disgust", *CLASSES]
    (folder / "dataset.json").write_text(json.dumps(info))
    names = label_names(tiny_fusion(), load_dataset(folder))
    assert "disgust" not in names.classes and set(names.classes) <= set(CLASSES)
    assert names.dimensions == ("valence", "arousal")
    assert label_names(tiny_fusion(mode="expression"), dataset).dimensions == ()


@pytest.mark.parametrize("make, message", [
    (lambda: tiny_fusion(mode="joint"), "set labels.mode to 'expression', or 'both'"),
    (lambda: tiny_fusion({"modality_dropout": 1.0}), "modality_dropout"),
    (lambda: tiny_fusion({"jitter": -1.0}), "jitter.*0 or more"),
    (lambda: tiny_fusion(network={"fusion": "late"}), "fusion"),
    (lambda: tiny_fusion({"attention": False}), "attention")])
def test_experiments_on_people_that_cannot_work_say_why(make, message):
    with pytest.raises(CatganError, match=message):
        make()


def test_modalities_that_the_data_lack_are_named():
    people = toy_people(20).only(["face", "context"])
    made = tiny_fusion()
    with pytest.raises(CatganError, match="has no posture, gait.*options.network.modalities"):
        fit_people(people, people, made.options, made.training)


def test_data_of_faces_alone_are_refused(tmp_path):
    write_dataset(tmp_path / "data", 40, 64)
    info = json.loads((tmp_path / "data" / "dataset.json").read_text())
    info["labels"]["expressions"] = ["neutral", "anger"]
    (tmp_path / "data" / "dataset.json").write_text(json.dumps(info))
    with pytest.raises(CatganError, match="faces alone.*render --people"):
        loop.train(tiny_fusion(), load_dataset(tmp_path / "data"), tmp_path / "runs", verbose=False)
