"""Keras callbacks, the real ones, on tiny trainings."""

import csv
import importlib.util
import json
import warnings

import keras
import numpy as np
import pytest

from catgan import config
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.training import checkpoints, loop, run, schedules
from catgan.training.callbacks import CallbackList, SharedOptimizer, loss_of
from catgan.training.tasks import recogniser
from tests.harness.experiments import TINY, tiny_experiment

K = keras.callbacks


def experiment(**training):
    """Label heads alone: compiled in a second. Three epochs of four steps."""
    return tiny_experiment(**{"task": "recogniser", "snapshot_ticks": 1, **training})


def train(drawn, tmp_path, callbacks, **training):
    return loop.train(experiment(**training), drawn, tmp_path / "runs", callbacks=callbacks, verbose=False)


@pytest.fixture(scope="module")
def gan():
    return CatGAN(config.from_mapping(NetworkConfig, TINY), LabelSpec((4, 12), "presence", True))


# === All at once ===


@pytest.fixture(scope="module")
def heard():
    return {"epochs": [], "batches": [], "begin": [], "end": 0}


@pytest.fixture(scope="module")
def everything(drawn, tmp_path_factory, heard):
    """One training with callbacks of all kinds, and the folder that they wrote to."""
    folder = tmp_path_factory.mktemp("callbacks")

    def ends(logs):
        heard["end"] += 1

    callbacks = [
        K.ModelCheckpoint(folder / "{epoch}.keras"), K.CSVLogger(folder / "log.csv"), K.TerminateOnNaN(),
        K.ModelCheckpoint(folder / "best.weights.h5", monitor="val_score", mode="max", save_best_only=True,
                          save_weights_only=True),
        K.ModelCheckpoint(folder / "by_step.weights.h5", save_weights_only=True, save_freq=5),
        K.EarlyStopping("val_ccc_valence", mode="max", patience=99), K.ReduceLROnPlateau("val_score", mode="max"),
        K.LearningRateScheduler(lambda epoch, rate: rate), K.ProgbarLogger(), K.History(),
        K.LambdaCallback(on_epoch_end=lambda epoch, logs: heard["epochs"].append((epoch, dict(logs))),
                         on_train_batch_end=lambda batch, logs: heard["batches"].append((batch, dict(logs))),
                         on_train_begin=lambda logs: heard["begin"].append(logs), on_train_end=ends)]
    result = train(drawn, folder, callbacks)
    return folder, result, callbacks


def test_callbacks_hear_of_every_epoch_and_batch(everything, heard):
    folder, result, callbacks = everything
    assert [epoch for epoch, _ in heard["epochs"]] == [0, 1, 2] and heard["end"] == 1
    assert [batch for batch, _ in heard["batches"]] == [0, 1, 2, 3] * 3
    assert heard["begin"][0]["images"] == 0 and heard["begin"][0]["run"].endswith("runs/00000-tiny-joint")
    assert callbacks[-1].params == {"epochs": 3, "steps": 4, "samples": 50, "verbose": 1}  # 10 of 60 know no label
    logs = heard["epochs"][-1][1]
    assert all(type(value) is float for value in logs.values())
    assert {"loss", "action_units", "valence_arousal", "learning_rate", "tick", "images", "val_score", "val_f1",
            "val_ccc_valence"} <= set(logs)
    line = run.read_stats(folder / "runs" / "00000-tiny-joint")[-1]
    assert logs["val_score"] == line["score"] and logs["val_f1"] == line["validation_f1"] and logs["tick"] == 3
    reported = [each for _, each in heard["batches"][-4:]]
    assert logs["loss"] == pytest.approx(np.mean([each["loss"] for each in reported]), rel=1e-4)
    assert reported[0]["loss"] == pytest.approx(loss_of({name: reported[0][name] for name in reported[0]
                                                         if name != "loss"}))


@pytest.mark.slow
def test_training_with_callbacks_has_the_score_of_one_without(everything, drawn, tmp_path):
    _, result, _ = everything
    alone = train(drawn, tmp_path, [])
    assert alone["score"] == result["score"]


def test_callbacks_of_keras_write_their_files(everything):
    folder, result, callbacks = everything
    with open(folder / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"] and float(rows[2]["val_score"]) == result["score"]
    assert callbacks[9].history["val_score"][-1] == result["score"]
    assert (folder / "by_step.weights.h5").is_file()
    assert {path.name for path in folder.glob("*.keras")} == {"1.keras", "2.keras", "3.keras"}


def test_model_checkpoint_holds_the_averaged_networks(everything):
    folder, result, _ = everything
    loaded = keras.saving.load_model(folder / "3.keras")
    last = CatGAN.from_preset(f"{result['run']}/last")
    assert isinstance(loaded, CatGAN) and loaded.network_names == ("generator", "discriminator")
    for name in loaded.network_names:
        for one, other in zip(getattr(loaded, name).get_weights(), getattr(last, name).get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    before = [value.copy() for value in loaded.get_weights()]
    loaded.load_weights(folder / "best.weights.h5")
    assert len(before) == len(loaded.get_weights())


# === Ends ===


class Worse(K.Callback):
    """Makes a figure that gets worse from epoch to epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_made_up"] = float(epoch)


def test_early_stopping_leaves_a_finished_run(drawn, tmp_path, caplog):
    """Its presets hold what Keras has restored: the weights after the first epoch."""
    kept = []
    caplog.set_level("INFO")
    keep = K.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(keep.model.discriminator.get_weights()))
    early = K.EarlyStopping("val_made_up", mode="min", patience=1, restore_best_weights=True)
    result = train(drawn, tmp_path, [keep, Worse(), early], snapshot_ticks=3)
    folder, = (tmp_path / "runs").iterdir()
    lines = run.read_stats(folder)
    assert result["finished"] and [line["images"] for line in lines] == [32, 64]
    assert [line["finished"] for line in lines] == [False, True] and run.is_finished(folder)
    assert lines[-1]["score"] == result["score"] is not None
    assert {path.name for path in folder.iterdir()} >= {"best", "last", "curves.png", "checkpoints"}
    assert "Ended by a callback at 64 of 96 faces" in caplog.messages[-1]
    last = CatGAN.from_preset(folder / "last").discriminator.get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(kept[0], last, strict=True))
    assert not all(np.array_equal(one, other) for one, other in zip(kept[1], last, strict=True))


@pytest.fixture
def cheap(monkeypatch):
    """Snapshots that measure nothing, for tests of other things."""
    monkeypatch.setattr(loop.snapshot, "write", lambda *arguments: {"score": 0.5})
    monkeypatch.setattr(loop, "curves", lambda *arguments: None)


def test_stop_in_the_middle_of_an_epoch_ends_the_run_there(drawn, tmp_path, cheap):
    class Stop(K.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = self.model.optimizer.iterations == 6

    board = K.TensorBoard(tmp_path / "board", histogram_freq=1, update_freq="batch", write_steps_per_second=True)
    with_files = keras.backend.backend() == "tensorflow"  # which writes them
    result = train(drawn, tmp_path, [Stop()] + [board] * with_files)
    assert result["images"] == 48 and result["score"] is not None
    assert [line["tick"] for line in run.read_stats(tmp_path / "runs" / "00000-tiny-joint")] == [1, 2]
    written = {path.parent.name for path in (tmp_path / "board").rglob("events.out.tfevents.*")}
    assert written == ({"train", "validation"} if with_files else set())


def test_terminate_on_nan_ends_at_the_first_attempt(drawn, tmp_path, monkeypatch, cheap):
    """No second attempt where a callback has asked to end."""
    class Poisoned(recogniser.LabelledInputs):
        def __call__(self, step, attempt=0):
            content = super().__call__(step, attempt)
            return {**content, "images": content["images"] * (np.nan if step == 5 else 1)}

    monkeypatch.setattr(recogniser, "LabelledInputs", Poisoned)
    with pytest.raises(CatganError, match="stopped at 48 faces.*became NaN or infinite, 1 times"):
        train(drawn, tmp_path, [K.TerminateOnNaN()])
    assert [line["images"] for line in run.read_stats(tmp_path / "runs" / "00000-tiny-joint")] == [32]


# === Learning rate ===


def scheduled(step):
    return schedules.learning_rate(experiment().training, 8 * step)


@pytest.mark.slow
def test_reduced_learning_rate_is_kept_by_checkpoints(drawn, tmp_path, monkeypatch, cheap):
    """Halved after the second epoch; a crash in the third; the resumed training keeps the half."""
    used, shown = [], []
    scaled_rate = loop.scaled_rate
    monkeypatch.setattr(loop, "scaled_rate", lambda *arguments: used.append(scaled_rate(*arguments)) or used[-1])

    class Crash(K.Callback):
        def on_epoch_end(self, epoch, logs=None):
            shown.append(logs["learning_rate"])

        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 10:
                raise RuntimeError("enough")

    reduce = K.ReduceLROnPlateau("val_made_up", factor=0.5, patience=1, mode="min")
    with pytest.raises(RuntimeError, match="enough"):
        train(drawn, tmp_path, [Crash(), Worse(), reduce])
    assert shown == pytest.approx([scheduled(4), scheduled(8)], rel=1e-5)
    given = [float(batch["learning_rate"]) for batch in used]
    assert given == pytest.approx([scheduled(step) * (1 if step < 8 else 0.5) for step in range(10)], rel=1e-5)

    folder = tmp_path / "runs" / "00000-tiny-joint"
    with np.load(checkpoints.newest(folder / "checkpoints")) as stored:
        assert json.loads(stored["state"].tobytes())["state"]["rate"] == pytest.approx(0.5)
    train(drawn, tmp_path, [])
    again = [float(batch["learning_rate"]) for batch in used[10:]]
    assert again == pytest.approx([0.5 * scheduled(step) for step in range(8, 12)], rel=1e-5)


def callbacks_of(gan, *callbacks):
    return CallbackList(list(callbacks), gan, lambda: None, {"epochs": 3, "steps": 4, "samples": 60})


def test_learning_rate_scheduler_sets_the_factor(gan, tmp_path):
    heard = callbacks_of(gan, K.LearningRateScheduler(lambda epoch, rate: 1e-3 * (epoch + 1)))
    with heard.training(tmp_path, 0, 1.0):
        for epoch in (0, 1):
            heard.epoch_begins(epoch, 4 * epoch, 4e-3)
            assert heard.rate == pytest.approx(0.25 * (epoch + 1))
            heard.epoch_ends(epoch, 4 * epoch + 4, 2e-3, {}, {}, {})
            assert heard.rate == pytest.approx(0.25 * (epoch + 1))
    negative = callbacks_of(gan, K.LearningRateScheduler(lambda epoch: -1.0))
    with negative.training(tmp_path, 0, 1.0), pytest.raises(CatganError, match="rate from 0. Received: -1"):
        negative.epoch_begins(0, 0, 1e-3)


def test_learning_rate_that_nobody_sets_keeps_the_factor():
    optimizer = SharedOptimizer()
    for scheduled, factor in ((2e-3, 0.3), (0.0, 0.7)):
        optimizer.show(5, scheduled, factor)
        assert optimizer.factor(factor) == factor
    optimizer.show(6, 1e-3, 0.5)
    optimizer.learning_rate = 1e-4
    assert optimizer.factor(0.5) == pytest.approx(0.1) and optimizer.iterations == 6


# === What is and is not a callback ===


def test_keras_warns_only_of_figures_that_never_come(gan, tmp_path):
    """Keras warns of what is monitored and not there: of a name that never comes, not of one that comes later."""
    known = [K.EarlyStopping("val_score", mode="max"), K.ReduceLROnPlateau("val_score", mode="max"),
             K.ModelCheckpoint(tmp_path / "x.keras", monitor="val_score", mode="max", save_best_only=True)]
    misspelled = K.EarlyStopping("val_scores", mode="max")
    heard = callbacks_of(gan, *known, misspelled)
    with heard.training(tmp_path, 0, 1.0):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            heard.epoch_ends(0, 4, 1e-3, {"images": 32}, {}, {})
        assert not (tmp_path / "x.keras").exists()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", UserWarning)
            warnings.simplefilter("ignore", DeprecationWarning)  # Keras makes arrays in an old way
            heard.epoch_ends(1, 8, 1e-3, {"images": 64}, {}, {"score": 0.5})
    assert (tmp_path / "x.keras").exists()
    assert len(said) == 1 and "`val_scores` which is not available" in str(said[0].message)


@pytest.mark.parametrize("callbacks, message", [
    ([K.BackupAndRestore("somewhere")], "does not take keras.callbacks.BackupAndRestore.*goes on from its own"),
    ([K.EarlyStopping], "must be a Keras callback.*Received"), (["loss"], "on_epoch_end"), ([None], "Received: None")])
def test_unusable_callback_is_refused(callbacks, message, gan):
    with pytest.raises(CatganError, match=message):
        CallbackList(callbacks, gan, lambda: None, {})


def test_tensorboard_callback_without_its_package_is_refused(gan, monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CatganError, match="needs the package tensorboard. Install it"):
        CallbackList([K.TensorBoard(tmp_path)], gan, lambda: None, {})


def test_no_callbacks_build_no_keras_model(gan):
    assert CallbackList((), gan, lambda: None, {})._model is None
