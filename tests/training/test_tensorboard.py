"""What `--tensorboard` writes, read back."""

import importlib.util
import io
from pathlib import Path

import pytest
from PIL import Image

from catgan import config
from catgan.cli.main import main
from catgan.errors import CatganError
from catgan.training import loop, run
from catgan.training.tensorboard import NAME, TensorBoard
from tests.harness.experiments import tiny_experiment

needed = pytest.mark.skipif(importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is not installed")


def events(folder):
    """All events, by an independent reader of the file format."""
    import tensorflow as tf
    from tensorboardX.proto.event_pb2 import Event

    return [Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(folder / "tensorboard" / NAME))]


def figures(folder):
    """`(faces, name, value)` of every number in the file."""
    return [(event.step, value.tag, value.simple_value) for event in events(folder) for value in event.summary.value
            if value.HasField("simple_value")]


def expected(folder):
    return [(line["images"], name, pytest.approx(value)) for line in run.read_stats(folder)
            for name, value in line.items() if name not in ("tick", "images", "finished")]


def write_stats(folder, *images):
    for count in images:
        run.append_stats(folder, {"tick": count // 10, "images": count, "d_loss": count / 7, "finished": False})


@needed
@pytest.mark.slow
def test_resumed_training_continues_its_event_file(drawn, tmp_path):
    """The crash comes after a tick was written and before its checkpoint: that tick is trained again."""
    def crash(self, number, stats):
        if number == 1:  # the second tick; they count from 0
            raise TimeoutError

    with pytest.raises(TimeoutError):
        loop.train(tiny_experiment(), drawn, tmp_path, verbose=False,
                   callbacks=[TensorBoard(), type("Crash", (), {"on_epoch_end": crash})()])
    folder, = tmp_path.iterdir()
    assert {step for step, _, _ in figures(folder)} == {32, 64}
    loop.train(tiny_experiment(), drawn, tmp_path, callbacks=[TensorBoard()], verbose=False)
    assert figures(folder) == expected(folder)
    sheets = {value.tag: value.image for event in events(folder) for value in event.summary.value
              if value.HasField("image")}
    assert set(sheets) == {"samples/free", "samples/sweep"}
    for name, sheet in sheets.items():
        with Image.open(io.BytesIO(sheet.encoded_image_string)) as image:
            assert image.size == (sheet.width, sheet.height)
        assert sheet.encoded_image_string == (folder / f"{name}.png").read_bytes()


@needed
def test_event_file_is_brought_in_line_with_the_stats(tmp_path):
    write_stats(tmp_path, 10, 20, 30)
    TensorBoard().on_train_begin({"run": str(tmp_path), "images": 30})  # the run began without it
    assert figures(tmp_path) == expected(tmp_path)
    assert events(tmp_path)[0].file_version == "brain.Event:2"
    run.cut_stats(tmp_path, 20)
    write_stats(tmp_path, 25)
    TensorBoard().on_train_begin({"run": str(tmp_path), "images": 25})
    assert figures(tmp_path) == expected(tmp_path)
    whole = (tmp_path / "tensorboard" / NAME).read_bytes()
    for cut in (3, 14, 40):  # a crash in the middle of an event
        (tmp_path / "tensorboard" / NAME).write_bytes(whole[:-cut])
        TensorBoard().on_train_begin({"run": str(tmp_path), "images": 25})
        assert figures(tmp_path) == expected(tmp_path)
    assert [path.name for path in (tmp_path / "tensorboard").iterdir()] == [NAME]


@needed
def test_tensorboard_option_adds_the_callback(drawn, tmp_path, monkeypatch):
    taken = []

    def train(experiment, data, runs, resume, callbacks, **others):
        taken.extend(callbacks)
        return {"run": "x", "images": 0, "score": None}

    monkeypatch.setattr(loop, "train", train)
    path = tmp_path / "tiny.yaml"
    path.write_text(config.to_yaml(tiny_experiment()))
    assert main(["train", str(path), "--data", str(drawn)]) == 0 and not taken
    assert main(["train", str(path), "--data", str(drawn), "--tensorboard"]) == 0
    assert [type(callback) for callback in taken] == [TensorBoard]


def test_tensorboard_without_its_package_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CatganError, match="tensorboardX.*pip install"):
        TensorBoard()


@pytest.mark.slow
def test_keras_callbacks_hear_of_begin_and_end(drawn, tmp_path):
    heard = []

    class Everything:
        def on_train_begin(self, logs):
            heard.append((logs["images"], Path(logs["run"]).name))

        def on_train_end(self, logs):
            heard.append("end")

    loop.train(tiny_experiment(images=32), drawn, tmp_path, callbacks=[Everything()], verbose=False)
    assert heard == [(0, "00000-tiny-joint"), "end"]
