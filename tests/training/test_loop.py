"""The training loop from end to end on drawn pictures."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from catgan import config
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.evaluate import evaluate
from catgan.models.gan.model import CatGAN
from catgan.training import loop, run
from catgan.training.tasks import adversarial
from tests.harness import schemas
from tests.harness.datasets import write_dataset
from tests.harness.experiments import TINY, tiny_experiment
from tests.harness.paths import REPOSITORY

VOLATILE = ("seconds", "images_per_second", "memory_mb")


def figures(folder):
    return [{name: value for name, value in line.items() if name not in VOLATILE} for line in run.read_stats(folder)]


def test_trained_network_predicts_unseen_faces(tiny_gan, drawn):
    """A bright bar is AU12, brightness is valence: far better than chance on faces never seen."""
    result = evaluate(tiny_gan, load_dataset(drawn), "test")
    assert result["action_units"]["AU12"]["auc"] > 0.8 and result["valence"]["ccc"] > 0.5
    assert result["n"] == 30 and result["split"] == "test" and result["dataset"] == "drawn"
    low, high = result["valence"]["ccc_interval"]
    assert low < result["valence"]["ccc"] < high


def test_finished_run_has_all_its_files(tiny_run):
    lines = run.read_stats(tiny_run)
    assert [line["images"] for line in lines] == [1200, 2400, 3600, 4800] and lines[-1]["finished"]
    assert {"d_loss", "g_loss", "gap", "r1", "r2", "action_units", "valence_arousal", "images_per_second",
            "memory_mb"} <= set(lines[0])
    assert "score" in lines[1] and "score" not in lines[0]
    for preset in ("best", "last"):
        names = {path.name for path in (tiny_run / preset).iterdir()}
        assert names == {"config.json", "generator.weights.h5", "discriminator.weights.h5", "metrics.json", "card.md",
                         "samples.png"}
    assert json.loads((tiny_run / "best" / "metrics.json").read_text())["split"] == "validation"
    schemas.check_run(tiny_run)
    assert {path.name for path in (tiny_run / "samples").iterdir()} >= {"free.png", "sweep.png"}
    assert (tiny_run / "curves.png").is_file()
    for path in tiny_run.rglob("*.png"):
        assert cv2.imread(str(path)).std() > 1
    assert run.read_config(tiny_run).training.precision == "float32"
    assert not list(tiny_run.rglob(".*"))


@pytest.mark.parametrize("mode", ["au", "va"])
def test_training_of_one_label_mode_evaluates_its_labels(mode, drawn, tmp_path):
    result = loop.train(tiny_experiment(mode), drawn, tmp_path, verbose=False)
    gan = CatGAN.from_preset(result["run"])
    assert gan.spec.columns == (("AU04_present", "AU12_present") if mode == "au" else ("valence", "arousal"))
    evaluated = evaluate(gan, load_dataset(drawn), "validation")
    assert ("action_units" in evaluated) == (mode == "au") and ("valence" in evaluated) == (mode == "va")


# === Interruptions ===


class Recorder:
    """A callback, as Keras has them."""

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, epoch, logs):
        self.seen.append((epoch, logs["tick"], logs["images"], logs["loss"] > logs["d_loss"] + logs["g_loss"]))


@pytest.fixture(scope="module")
def recorder():
    return Recorder()


@pytest.fixture(scope="module")
def undisturbed(drawn, tmp_path_factory, recorder):
    return Path(loop.train(tiny_experiment(), drawn, tmp_path_factory.mktemp("runs"), callbacks=[recorder],
                           verbose=False)["run"])


def test_callback_hears_of_every_tick(undisturbed, recorder):
    assert recorder.seen == [(0, 1, 32, True), (1, 2, 64, True), (2, 3, 96, True)]


class Stop(Exception):
    pass


class StopAt:
    """Crashes in the callback of a tick."""

    def __init__(self, tick):
        self.tick = tick

    def on_epoch_end(self, epoch, logs):
        if logs["tick"] == self.tick:
            raise Stop


def test_training_resumed_after_a_crash_has_the_same_numbers(undisturbed, drawn, tmp_path):
    """The crash comes between the line of `stats.jsonl` and its checkpoint: that tick is trained again."""
    with pytest.raises(Stop):
        loop.train(tiny_experiment(), drawn, tmp_path, verbose=False, callbacks=[StopAt(2)])
    again = loop.train(tiny_experiment(), drawn, tmp_path, verbose=False)
    assert len(list(tmp_path.iterdir())) == 1
    assert figures(Path(again["run"])) == figures(undisturbed) and again["finished"]
    ours, theirs = (CatGAN.from_preset(folder) for folder in (again["run"], undisturbed))
    np.testing.assert_array_equal(ours.generate(2), theirs.generate(2))


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_tick_saves_a_checkpoint(undisturbed, drawn, tmp_path):
    """Ctrl-C (SIGINT) in a process of its own; then the same command goes on."""
    code = ("import sys, time\n"
            "from tests.harness.experiments import tiny_experiment\n"
            "from catgan.training import loop\n"
            "from catgan.training.tasks import adversarial\n"
            "class Slowly(adversarial.AdversarialInputs):\n"
            "    def __call__(self, step, attempt=0):\n"
            "        print(step, flush=True)\n"
            "        time.sleep(0.5 if step == 6 else 0)\n"
            "        return super().__call__(step, attempt)\n"
            "adversarial.AdversarialInputs = Slowly\n"
            "loop.train(tiny_experiment(), sys.argv[1], sys.argv[2])")
    process = subprocess.Popen([sys.executable, "-c", code, str(drawn), str(tmp_path)], cwd=REPOSITORY, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in process.stdout:
        if line.strip() == "6":  # steps 4..7 are the second tick
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=120)
    assert "Saved at 56 of" in errors or "Saved at 56 faces" in errors, errors[-2000:]
    folder, = tmp_path.iterdir()
    assert [line["images"] for line in run.read_stats(folder)] == [32]
    loop.train(tiny_experiment(), drawn, tmp_path, verbose=False)
    assert figures(folder) == figures(undisturbed)


def test_nan_stops_the_training(drawn, tmp_path):
    with pytest.raises(CatganError, match="became NaN or infinite.*learning_rate"):
        loop.train(tiny_experiment(learning_rate=1e30), drawn, tmp_path, verbose=False)
    folder, = tmp_path.iterdir()
    assert json.loads((folder / "stopped.json").read_text())["reason"] == "not finite"
    assert all(np.isfinite(line["d_loss"]) for line in run.read_stats(folder))


def poisoned(monkeypatch, attempts):
    """Faces of the sixth step are NaN in the first `attempts` attempts."""
    class Poisoned(adversarial.AdversarialInputs):
        def __call__(self, step, attempt=0):
            content = super().__call__(step, attempt)
            if step == 5 and attempt < attempts:
                content["images"] = np.full_like(content["images"], np.nan)
            return content

    monkeypatch.setattr(adversarial, "AdversarialInputs", Poisoned)


def test_nan_rolls_back_to_the_last_checkpoint_with_other_faces(drawn, tmp_path, monkeypatch, caplog):
    poisoned(monkeypatch, 1)
    result = loop.train(tiny_experiment(), drawn, tmp_path)
    lines = run.read_stats(Path(result["run"]))
    assert result["finished"] and [line["images"] for line in lines] == [32, 64, 96]
    assert all(np.isfinite(value) for line in lines for value in line.values() if isinstance(value, float))
    assert "Continues from the last good state with half the learning rate" in caplog.text


@pytest.mark.slow
def test_nan_that_comes_back_stops_the_training(drawn, tmp_path, monkeypatch):
    poisoned(monkeypatch, 99)
    with pytest.raises(CatganError, match="became NaN or infinite, 4 times"):
        loop.train(tiny_experiment(), drawn, tmp_path, verbose=False)


@pytest.fixture
def other_step(request, drawn, tmp_path):
    """An experiment, and its data: the paper's step on 32 px faces (`legacy`), or label heads alone (`alone`)."""
    widths = {"legacy_generator_widths": [8, 8, 8], "legacy_discriminator_widths": [8, 8, 8]}
    training = {"images": 16, "batch_size": 4, "tick_images": 8, "precision": "float32", "snapshot_ticks": 2}
    paper = request.param == "legacy"
    changes = {"architecture": "legacy_32", "network": {"channels": 1, **widths}} if paper else {"network": TINY}
    experiment = config.from_mapping(type(tiny_experiment()), {
        "name": request.param, "task": "legacy" if paper else "recogniser", "training": training, **changes})
    return experiment, write_dataset(tmp_path / "data", 48, 32) if paper else drawn


@pytest.mark.parametrize("other_step", ["legacy", "alone"], indirect=True)
def test_training_of_another_task_writes_stats_and_preset(other_step, tmp_path):
    folder = Path(loop.train(*other_step, tmp_path / "runs", verbose=False)["run"])
    assert len(figures(folder)) == 2
    assert (folder / "last" / "samples.png").is_file() == (other_step[0].name == "legacy")


@pytest.mark.slow
@pytest.mark.parametrize("other_step", ["legacy", "alone"], indirect=True)
def test_training_of_another_task_resumes_with_the_same_numbers(other_step, tmp_path):
    whole = Path(loop.train(*other_step, tmp_path / "whole", verbose=False)["run"])
    with pytest.raises(Stop):
        loop.train(*other_step, tmp_path / "parts", verbose=False, callbacks=[StopAt(2)])
    parts = Path(loop.train(*other_step, tmp_path / "parts", verbose=False)["run"])
    assert figures(parts) == figures(whole)
    ours, theirs = (CatGAN.from_preset(folder / "last").discriminator.get_weights() for folder in (whole, parts))
    assert all(np.array_equal(one, other) for one, other in zip(ours, theirs))


# === Which run goes on ===


@pytest.mark.slow
def test_a_finished_run_is_followed_by_a_new_one(undisturbed, drawn):
    assert undisturbed.name == "00000-tiny-joint"
    second = loop.train(tiny_experiment(), drawn, undisturbed.parent, verbose=False)["run"]
    assert Path(second).name == "00001-tiny-joint" and figures(Path(second)) == figures(undisturbed)


def test_resume_checks_the_configuration(undisturbed, drawn, tmp_path):
    with pytest.raises(CatganError, match="another configuration"):
        loop.train(tiny_experiment(seed=5), drawn, tmp_path, resume=undisturbed, verbose=False)
    with pytest.raises(CatganError, match="not a run"):
        loop.train(tiny_experiment(), drawn, tmp_path, resume=tmp_path, verbose=False)
    assert loop.train(tiny_experiment(), drawn, tmp_path, resume=undisturbed, verbose=False)["finished"]


def test_faces_of_another_size_are_refused(drawn, tmp_path):
    wrong = config.from_mapping(type(tiny_experiment()), {"name": "big"})
    with pytest.raises(CatganError, match="faces of 16 px.*need 64 px"):
        loop.train(wrong, drawn, tmp_path, verbose=False)
    assert not list(tmp_path.iterdir())


def test_stats_cut_short_by_a_crash_are_read(tmp_path):
    (tmp_path / "stats.jsonl").write_text('{"images": 10}\n{"images": 20}\n{"ima')
    assert [line["images"] for line in run.read_stats(tmp_path)] == [10, 20]
    run.cut_stats(tmp_path, 10)
    assert (tmp_path / "stats.jsonl").read_text() == '{"images": 10}\n'
