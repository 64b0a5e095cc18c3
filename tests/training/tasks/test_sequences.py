"""Training of clip recognisers: kinds of networks, modes, frozen and trained CNN, resuming."""

import json

import keras
import numpy as np
import pytest

from catgan import config
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.models.loading import load_model
from catgan.models.sequence.model import ClipRecogniser
from catgan.training import loop, run
from catgan.training.experiment import Experiment
from catgan.training.tasks.sequence_inputs import SequenceInputs, class_statistics
from tests.harness.clips import filmed, write_clips
from tests.harness.experiments import TINY

FRAMES = 8


def clip_experiment(mode="both", kind="gru", start=None, options=None, **training):
    settings = {"images": 768, "batch_size": 64, "tick_images": 192, "snapshot_ticks": 2, "precision": "float32",
                "ema_half_life": 50.0, "learning_rate": 2e-3, **training}
    return config.from_mapping(Experiment, {
        "name": f"tiny-{kind}", "task": "sequences", "start": start, "network": TINY, "labels": {"mode": mode},
        "training": settings, "options": {"temporal": {"kind": kind, "units": 8, "layers": 2, "dilations": [1, 2]},
                                          "clips": {"length": 0.8, "rate": 10.0}, **(options or {})}})


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Clips whose grey level rises (happiness, valence 1) or falls (neutral, valence -1)."""
    rows = {}
    for split, count in (("train", 12), ("validation", 6), ("test", 2)):
        rows[split] = []
        for number in range(count):
            level = np.linspace(40, 200, FRAMES) + 5 * number
            level = level if number % 2 else level[::-1]
            rows[split] += filmed(f"{split}{number}", np.arange(FRAMES) / 10, f"person{split}{number}",
                                  expression="happiness" if number % 2 else "neutral",
                                  valence=1.0 if number % 2 else -1.0, arousal=0.05 * number, AU12=2.0 * (number % 2),
                                  AU12_present=number % 2, AU04=0.0, AU04_present=0,
                                  picture=[np.full((16, 16, 3), value, np.uint8) for value in level])
    return load_dataset(write_clips(tmp_path_factory.mktemp("clips") / "data", rows))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["frame", "bigru", "lstm", "tcn", "causal_tcn"])
def test_every_kind_of_network_trains_and_loads(kind, clips, tmp_path):
    result = loop.train(clip_experiment(kind=kind, images=192, snapshot_ticks=1), clips, tmp_path, verbose=False)
    model = load_model(result["run"])
    assert isinstance(model, ClipRecogniser) and model.sequence.kind == kind and model.frames == FRAMES
    assert np.isfinite(result["score"])
    assert model.trained_on == {"data": clips.info["hash"], "split": "train"}


@pytest.mark.slow
@pytest.mark.parametrize("mode, names", [("expression", {"expression"}), ("va", {"valence", "arousal"}),
                                         ("joint", {"AU04", "AU12", "valence", "arousal"})])
def test_a_mode_learns_its_labels_alone(mode, names, clips, tmp_path):
    result = loop.train(clip_experiment(mode, images=192, snapshot_ticks=1), clips, tmp_path, verbose=False)
    read = load_model(result["run"]).predict(clips.images("test")[:FRAMES])
    assert {name for name in read if not name.endswith(("_std", "_probability")) and "=" not in name} == names
    card = (tmp_path / "00000-tiny-gru" / "last" / "card.md").read_text()
    assert ("expression: macro-F1" in card) == (mode == "expression")


@pytest.mark.slow
def test_a_recurrent_network_learns_a_class_that_only_the_order_of_frames_tells(clips, tmp_path):
    options = {"train_trunk": True, "frame_dropout": 0.0}
    result = loop.train(clip_experiment(images=6400, tick_images=3200, snapshot_ticks=2, learning_rate=0.01,
                                        options=options), clips, tmp_path, verbose=False)
    measured = json.loads((tmp_path / "00000-tiny-gru" / "last" / "metrics.json").read_text())
    assert measured["expression"]["accuracy"] > 0.8 and result["finished"]


@pytest.mark.slow
def test_a_resumed_training_gives_the_same_bits(clips, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    experiment = clip_experiment(options={"train_trunk": True}, images=384, tick_images=64)
    whole = loop.train(experiment, clips, tmp_path / "whole", verbose=False)
    with pytest.raises(KeyboardInterrupt):
        loop.train(experiment, clips, tmp_path / "cut", verbose=False, callbacks=[Stop()])
    rest = loop.train(experiment, clips, tmp_path / "cut", verbose=False)
    for one, other in zip(load_model(whole["run"]).get_weights(), load_model(rest["run"]).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    lines = [[{key: value for key, value in line.items() if key not in ("seconds", "images_per_second", "memory_mb")}
              for line in run.read_stats(tmp_path / name / "00000-tiny-gru")] for name in ("whole", "cut")]
    assert lines[0] == lines[1]
    model = load_model(whole["run"])
    assert isinstance(model, ClipRecogniser) and model.trained_on == {"data": clips.info["hash"], "split": "train"}
    card = (tmp_path / "whole" / "00000-tiny-gru" / "last" / "card.md").read_text()
    assert "expression: macro-F1" in card and "an answer needs no later frame" in card


def test_the_cnn_is_that_of_the_start_and_stays_when_frozen(clips, tiny_run, tiny_gan, tmp_path):
    result = loop.train(clip_experiment(start=str(tiny_run), images=192, snapshot_ticks=1), clips, tmp_path,
                        verbose=False)
    faces = clips.images("test")[:3]
    np.testing.assert_allclose(load_model(result["run"]).features(faces), tiny_gan.features(faces), atol=1e-5)


@pytest.mark.slow
def test_a_training_goes_on_from_a_clip_recogniser(clips, tmp_path):
    first = loop.train(clip_experiment(images=192, snapshot_ticks=1), clips, tmp_path / "1", verbose=False)
    second = clip_experiment(start=first["run"], images=192, snapshot_ticks=1, learning_rate=1e-9,
                             final_learning_rate=1e-9)
    result = loop.train(second, clips, tmp_path / "2", verbose=False)
    old, new = (load_model(each["run"]) for each in (first, result))
    np.testing.assert_allclose(old.trunk.get_weights()[0], new.trunk.get_weights()[0])
    with pytest.raises(CatganError, match="other labels or another temporal network"):
        loop.train(clip_experiment(kind="tcn", start=first["run"]), clips, tmp_path / "3", verbose=False)


@pytest.mark.slow
def test_consistency_of_the_heads_is_trained(clips, tmp_path):
    result = loop.train(clip_experiment(images=3840, tick_images=960, options={"consistency": 1.0}), clips, tmp_path,
                        verbose=False)
    lines = run.read_stats(tmp_path / "00000-tiny-gru")
    assert lines[-1]["consistency"] < lines[0]["consistency"] and result["finished"]


@pytest.mark.parametrize("changes, message", [
    ({"batch_size": 60, "tick_images": 60}, "multiple of the 8 frames of a window"),
    ({"mode": "va", "options": {"consistency": 1.0}}, "needs labels.mode 'both' or 'joint'"),
    ({"kind": "transformer"}, "Unknown temporal network"),
    ({"options": {"clips": {"length": -1}}}, "'length' of clips must be a positive number")])
def test_an_experiment_that_cannot_work_is_refused(changes, message):
    with pytest.raises(CatganError, match=message):
        clip_experiment(**changes)


def test_inputs_hide_frames_that_are_not_seen(clips):
    experiment = clip_experiment(mirror=False)
    model = experiment.kind.networks(experiment, clips.spec.mode("both"))
    inputs = SequenceInputs(clips, "train", model, experiment.training, experiment.options.clips, frame_dropout=0.5)
    batch = inputs(3)
    assert batch["features"].shape == (8, FRAMES, 16) and 0.3 < batch["seen"].mean() < 0.7
    assert not batch["features"][batch["seen"] == 0].any()
    assert batch["mask"].all()  # a frame that is hidden from the network has its labels
    for name, values in inputs(3).items():
        np.testing.assert_array_equal(values, batch[name])
    assert not np.array_equal(inputs(4)["seen"], batch["seen"])


def test_class_weights_and_centroids_are_those_of_the_frames(clips):
    labels = clips.labels("train", clips.spec)
    labels.mask[:FRAMES, labels.spec.columns.index("expression")] = False  # one clip of 'neutral'
    weights, centroids = class_statistics(labels)
    counts = np.array([5.0, 6.0]) * FRAMES
    expected = 1 / np.sqrt(counts)
    np.testing.assert_allclose(weights, expected * counts.sum() / (expected * counts).sum(), rtol=1e-5)
    np.testing.assert_allclose(centroids, [[-1.0, 0.3], [1.0, 0.3]], atol=1e-5)
