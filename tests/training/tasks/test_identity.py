"""A network that tells people apart: its inputs, its loss by hand, a run, and what `catgan evaluate` does with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catgan.backend import get_engine
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.judges import RunJudge
from catgan.models import losses
from catgan.models.gan.model import CatGAN
from catgan.training import run
from catgan.training.datasets import Datasets
from catgan.training.experiment import TrainingConfig
from catgan.training.loop import train
from catgan.training.tasks.identity import IdentityInputs
from tests.harness.experiments import tiny_experiment


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people") / "data"
    render(RenderConfig(240, 16, 8, channels=1, subjects=40), folder, workers=1)
    return load_dataset(folder)


def test_contrast_by_hand():
    """Two people at right angles: each face is e^(1/T) times as like its own person as the other one."""
    one, other = np.array([[2.0, 0.0], [0.0, 0.5]], np.float32), np.array([[1.0, 0.0], [0.0, 3.0]], np.float32)
    loss, right = losses.contrast(one, other, temperature=0.5)
    assert float(loss) == pytest.approx(np.log(1 + np.exp(-2.0)), rel=1e-5) and float(right) == 1.0
    loss, right = losses.contrast(one, other[::-1].copy(), temperature=0.5)
    assert float(loss) == pytest.approx(np.log(1 + np.exp(2.0)), rel=1e-5) and float(right) == 0.0


def test_inputs_are_two_faces_of_each_person(people):
    model = CatGAN(tiny_experiment().network_config, replace(people.spec, expressions=()))
    inputs = IdentityInputs(Datasets(people), model, TrainingConfig(batch_size=8, tick_images=8, mirror=False))
    subjects = np.array(people.subjects("train"))
    stored = {image.tobytes(): subject for image, subject in zip(people.images("train", 1), subjects)}
    batch = inputs(3)
    pixels = np.rint(127.5 * (batch["images"] + 1.0)).astype(np.uint8)
    who = [stored[face.tobytes()] for face in pixels]
    assert who[0::2] == who[1::2] and len(set(who)) == 8
    assert all((one != other).any() for one, other in zip(pixels[0::2], pixels[1::2]))
    np.testing.assert_array_equal(batch["images"], inputs(3)["images"])
    assert (batch["images"] != inputs(3, attempt=1)["images"]).any()
    with pytest.raises(CatganError, match="99 people a step need as many with two faces or more"):
        IdentityInputs(Datasets(people), model, TrainingConfig(batch_size=99, tick_images=99))


@pytest.mark.slow
def test_identity_run_verifies_people_above_chance(people, tmp_path):
    made = tiny_experiment(images=4800, tick_images=1200, batch_size=16, snapshot_ticks=2, task="identity")
    result = train(made, people, tmp_path, verbose=False)
    folder = Path(result["run"])
    lines = run.read_stats(folder)
    assert lines[-1]["verification_auc"] > 0.7 and lines[-1]["recognised"] > lines[0]["recognised"]
    assert (folder / "best" / "card.md").read_text().startswith("# catgan preset: who it is")
    assert RunJudge(folder).features(people.images("test", 3)[:4]).shape == (4, 16)


def test_identity_step_reports_the_loss_and_the_share_recognised(people):
    made = tiny_experiment(task="identity", batch_size=8, tick_images=8)
    spec = replace(people.spec, expressions=())
    model, average = (made.kind.networks(made, spec) for _ in range(2))
    engine = get_engine()
    step, inputs = made.kind.step(model, average, made, engine), made.kind.inputs(Datasets(people), model, made)
    before = average.discriminator.get_weights()
    report = engine.compile(lambda batch: step(batch), step.variables)(inputs(1))
    engine.synchronize()
    assert float(report["contrast"]) > 0.0 and 0.0 <= float(report["recognised"]) <= 1.0
    assert any((old != new).any() for old, new in zip(before, average.discriminator.get_weights()))
