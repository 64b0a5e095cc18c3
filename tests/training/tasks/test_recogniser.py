"""Label heads alone; a better reader for finished networks, whose critic stays."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.backend import get_engine
from catgan.errors import CatganError
from catgan.models.gan.model import CatGAN
from catgan.training import loop
from catgan.training.starting import initial_networks
from catgan.training.tasks.recogniser import RecogniserStep
from tests.harness.experiments import tiny_experiment
from tests.harness.steps import batch, tensors


def held_experiment(start, weight, **training):
    return replace(tiny_experiment(task="recogniser", **training), start=str(start), options={"critic_weight": weight})


def scores(gan, content):
    """Of the critic, for the faces of a batch and for what the generator draws of its first noise."""
    drawn = gan.generator({"latents": content["latents"][0], "condition": content["generator_condition"]})
    return np.concatenate([np.asarray(gan.discriminator({"image": faces, "condition": content["condition"]})["critic"])
                           for faces in (content["images"], drawn)])


def test_the_critic_stays_while_the_heads_learn(tiny_run, tiny_gan):
    content, moved, learned = tensors(batch(n=8)), {}, {}
    for weight in (0.0, 100.0):
        experiment = held_experiment(tiny_run, weight)
        model, average = (initial_networks(experiment, tiny_gan.spec) for _ in range(2))
        engine = get_engine()
        step = RecogniserStep(model, average, experiment.training, weight, engine)
        compiled = engine.compile(lambda one: step(one), step.variables)
        before, reports = scores(model, content), []
        for _ in range(30):
            reports.append({name: float(value) for name, value in compiled(content).items()})
        engine.synchronize()
        moved[weight] = np.square(scores(model, content) - before).mean()
        learned[weight] = reports[0]["valence_arousal"] - reports[-1]["valence_arousal"]
        if weight:
            assert reports[0]["critic"] == pytest.approx(0.0, abs=1e-9)  # it begins as it was
            assert reports[-1]["critic"] == pytest.approx(moved[weight], rel=0.5)
        else:
            assert "critic" not in reports[0]
    assert moved[100.0] < 0.1 * moved[0.0]
    assert min(learned.values()) > 0.0


def test_a_whole_training_keeps_generator_and_critic(drawn, tiny_run, tiny_gan, tmp_path):
    result = loop.train(held_experiment(tiny_run, 100.0), drawn, tmp_path, verbose=False)
    after = CatGAN.from_preset(result["run"])
    for old, new in zip(tiny_gan.generator.get_weights(), after.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert after.density.to_dict() == tiny_gan.density.to_dict()
    content = tensors(batch(n=64))
    assert after.critic_reference == pytest.approx(tiny_gan.critic_reference, abs=0.2)
    assert np.corrcoef(scores(tiny_gan, content), scores(after, content))[0, 1] > 0.95


@pytest.mark.parametrize("start, task", [(None, "recogniser"), ("run", "adversarial")])
def test_critic_weight_without_a_start_or_with_a_generator_is_refused(start, task):
    with pytest.raises(CatganError, match="critic_weight"):
        replace(tiny_experiment(), start=start, task=task, options={"critic_weight": 1.0})
