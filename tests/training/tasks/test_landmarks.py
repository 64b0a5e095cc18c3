"""Training of networks on landmarks: kinds, points of each expression, resuming, errors."""

import json

import numpy as np
import pytest

from catgan import config
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.loading import load_model
from catgan.training import loop
from catgan.training.experiment import Experiment
from catgan.training.tasks.landmarks import LandmarksConfig
from tests.harness.clips import filmed, write_clips
from tests.harness.eliminations import FRAMES, moving_clips

ONE_STEP = {"images": 1, "batch_size": 1, "tick_images": 1, "snapshot_ticks": 1}


def experiment(kind="trained", options=None, mode="expression", **training):
    settings = {"images": 64, "batch_size": 16, "tick_images": 32, "snapshot_ticks": 1, "precision": "float32",
                "ema_half_life": 20.0, **training}
    network = {"kind": kind, "units": 100 if kind == "randomised" else 6, "dense": 6, "density": 1.0}
    return config.from_mapping(Experiment, {
        "name": f"tiny-{kind}", "task": "landmarks", "labels": {"mode": mode}, "training": settings,
        "options": {"network": network, "clips": {"length": FRAMES / 5.0, "rate": 5.0}, **(options or {})}})


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Clips of 12 people: the mouth moves in `happiness`, nothing in `neutral`."""
    clips = moving_clips(12, "mediapipe_478", classes=("neutral", "happiness"))
    rows = {"train": [], "validation": []}
    for points, label, subject, video in zip(clips.points, clips.labels, clips.subjects, clips.videos):
        rows["validation" if int(subject[-2:]) >= 8 else "train"] += filmed(
            video, np.arange(FRAMES) / 5.0, subject, expression=clips.classes[label],
            landmarks=list(points.reshape(FRAMES, -1)))
    return load_dataset(write_clips(tmp_path_factory.mktemp("clips") / "data", rows))


@pytest.mark.parametrize("kind", ["randomised", "linear"])
def test_networks_in_closed_form_are_fitted_in_one_step_and_load(kind, dataset, tmp_path):
    result = loop.train(experiment(kind, **ONE_STEP), dataset, tmp_path, verbose=False)
    model = load_model(result["run"])
    assert isinstance(model, LandmarkRecogniser) and model.landmarks.kind == kind and result["score"] > 0.8
    assert model.trained_on == {"data": dataset.info["hash"], "split": "train"}
    assert np.asarray(model.network.get_layer("scaled").scale).std() > 0.1  # that of the training clips, not ones
    clips = moving_clips(12, "mediapipe_478", classes=("neutral", "happiness")).select(np.arange(16, 24))
    places = [model.classes.index(clips.classes[label]) for label in clips.labels]
    assert (model.predict(clips.points).argmax(1) == places).mean() > 0.7


@pytest.mark.slow
def test_a_resumed_training_on_landmarks_gives_the_same_bits(dataset, tmp_path):
    class Stops:
        def on_epoch_end(self, epoch, logs=None):
            if not epoch:
                raise KeyboardInterrupt

    whole = loop.train(experiment(), dataset, tmp_path / "whole", verbose=False)["run"]
    with pytest.raises(KeyboardInterrupt):
        loop.train(experiment(), dataset, tmp_path / "cut", callbacks=[Stops()], verbose=False)
    cut = loop.train(experiment(), dataset, tmp_path / "cut", verbose=False)["run"]
    first, second = (LandmarkRecogniser.from_preset(folder) for folder in (whole, cut))
    for one, other in zip(first.network.get_weights(), second.network.get_weights()):
        np.testing.assert_array_equal(one, other)
    assert first.combination == second.combination
    metrics = json.loads((tmp_path / "whole").glob("*/last/metrics.json").__next__().read_text())
    assert metrics["score"] == pytest.approx(np.mean([one["auc"] for one in metrics["binaries"].values()]))


@pytest.mark.slow
def test_a_joint_network_reads_chosen_points_alone(dataset, tmp_path):
    made = experiment(options={"network": {"kind": "trained", "units": 6, "joint": True}, "points": [13, 14, 61]})
    model = load_model(loop.train(made, dataset, tmp_path, verbose=False)["run"])
    assert model.points.tolist() == [[13, 14, 61]] and model.landmarks.joint
    clips = moving_clips(2, "mediapipe_478", classes=("neutral", "happiness"))
    moved = clips.points.copy()
    moved[:, :, 152] += 3.0
    np.testing.assert_array_equal(model.predict(moved), model.predict(clips.points))


def test_points_of_an_expression_replace_those_of_all():
    options = LandmarksConfig(points=(1, 2, 3), class_points={"anger": (7,)})
    assert options.points_of(("anger", "fear"), 478).tolist() == [[7, -1, -1], [1, 2, 3]]


@pytest.mark.parametrize("make, message", [
    (lambda: experiment(mode="joint"), "labels.mode to 'expression'"),
    (lambda: experiment("linear"), "fitted in one step"),
    (lambda: experiment(options={"network": {"kind": "lstm"}}), "kind of network on landmarks"),
    (lambda: experiment(options={"network": {"joint": True}, "class_points": {"anger": [1]}}), "joint network"),
    (lambda: LandmarksConfig(class_points={"joy": (1,)}).points_of(("anger", "fear"), 478), "names 'joy'")])
def test_experiments_on_landmarks_that_cannot_work_say_why(make, message):
    with pytest.raises(CatganError, match=message):
        make()


def test_landmarks_that_never_move_are_an_error(dataset, tmp_path):
    rows = {split: [row for number in range(4) for row in filmed(
        f"{split}{number}", np.arange(FRAMES) / 5.0, f"{split}{number}",
        expression=("neutral", "happiness")[number % 2],
        landmarks=[np.arange(956, dtype=np.float32)] * FRAMES)] for split in ("train", "validation")}
    still = load_dataset(write_clips(tmp_path / "data", rows))
    with pytest.raises(CatganError, match="never move"):
        loop.train(experiment("linear", **ONE_STEP), still, tmp_path, verbose=False)
