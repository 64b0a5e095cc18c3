"""A new kind of training is one object and one line in the registry."""

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from catgan.conditions import Condition
from catgan.errors import CatganError
from catgan.training import run, starting
from catgan.training.loop import train
from catgan.training.tasks import TASKS, get_task
from catgan.training.tasks.base import Validation
from catgan.training.tasks.recogniser import RecogniserStep
from tests.harness.experiments import tiny_experiment

# === The new kind, as a user would write it: features that tell how bright a face is ===


@dataclass(frozen=True)
class BrightnessConfig:
    target: float = 0.0


class BrightnessStep(RecogniserStep):
    def loss(self, images, batch):
        features = self.model.discriminator({"image": images, "condition": batch["condition"]})["features"]
        error = ops.mean(ops.square(ops.mean(features, -1) - ops.mean(images, (1, 2, 3)) - batch["target"]))
        return error, {"brightness": error}


class BrightnessTask:
    config, columns, labelled = BrightnessConfig, ("brightness", "score"), False

    def check(self, experiment):
        if experiment.options.target < 0:
            raise CatganError("'options.target' must be 0 or more.")

    def networks(self, experiment, spec):
        return starting.initial_networks(experiment, spec)

    def inputs(self, datasets, model, experiment):
        images = datasets.main.images(experiment.split, 1).astype(np.float32) / 127.5 - 1.0
        size, target = experiment.training.batch_size, np.float32(experiment.options.target)

        class Inputs(list):
            def __call__(self, step, attempt=0):
                rows = (step * size + np.arange(size)) % len(images)
                return {"images": images[rows], "condition": Condition.unknown(size, model.spec).encode(),
                        "target": target, "learning_rate": np.float32(1e-3), "ema_decay": np.float32(0.5)}

        return Inputs(images)

    def step(self, model, average, experiment, engine):
        return BrightnessStep(model, average, experiment.training, 0.0, engine)

    def validate(self, model, datasets, experiment):
        return Validation({"score": float(model.features(datasets.main.images("validation", 3)).mean())})

    def card(self, model, datasets, validation):
        return "# Brightness\n"


def test_new_task_trains_after_one_line_in_the_registry(monkeypatch, drawn, tmp_path, capfd):
    monkeypatch.setitem(TASKS, "brightness", BrightnessTask())
    made = replace(tiny_experiment(), task="brightness", options={"target": 0.25})
    folder = Path(train(made, drawn, tmp_path)["run"])
    lines = run.read_stats(folder)
    assert lines[-1]["finished"] and lines[-1]["brightness"] < lines[0]["brightness"]
    assert (folder / "last" / "card.md").read_text() == "# Brightness\n" and "score" in lines[-1]
    assert run.read_config(folder).options == BrightnessConfig(0.25)


def test_options_of_a_new_task_are_checked(monkeypatch):
    monkeypatch.setitem(TASKS, "brightness", BrightnessTask())
    with pytest.raises(CatganError, match="Did you mean 'target'"):
        replace(tiny_experiment(), task="brightness", options={"targets": 1.0})
    with pytest.raises(CatganError, match="must be 0 or more"):
        replace(tiny_experiment(), task="brightness", options={"target": -1.0})


@pytest.mark.parametrize("name", TASKS)
def test_every_registered_task_has_the_members_of_the_protocol(name):
    task = get_task(name)
    assert all(callable(getattr(task, member)) for member in (
        "check", "networks", "inputs", "step", "validate", "card", "config"))
    assert task.columns[-1] == "score" and isinstance(task.labelled, bool) and task.config() == task.config()
    assert keras.backend.backend() in ("tensorflow", "jax")
