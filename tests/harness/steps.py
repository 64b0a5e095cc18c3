"""Adversarial steps of tiny networks, and the batches that they take."""

import functools

import keras
import numpy as np

from catgan import config
from catgan.backend import get_engine
from catgan.conditions import Condition
from catgan.labels import LabelSpec
from catgan.models.gan import augment
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.adversarial import AdversarialConfig, AdversarialStep
from catgan.training.tasks.critic import CriticConfig
from tests.harness.experiments import TINY

SPEC = LabelSpec((4, 12), "presence", True)
TRAINING = {"accumulate", "augment", "batch_size", "tick_images", "precision"}
"""Options of all kinds of training that tests of a step change."""
CRITIC = {"gamma", "final_gamma", "penalty_interval", "label_weight"}
# Everything a step can do, in one.
ALL = {"penalty_interval": 2, "matching_weight": 1.0, "regression_weight": 0.1, "completion": "head", "augment": 0.5}


def make_step(network, **changes):
    model, average = (CatGAN(network, SPEC, seed=1) for _ in range(2))
    engine = get_engine()
    training = TrainingConfig(learning_rate=1e-3, **{name: changes.pop(name) for name in TRAINING & set(changes)})
    critic = CriticConfig(**{name: changes.pop(name) for name in CRITIC & set(changes)})
    step = AdversarialStep(model, average, training, AdversarialConfig(critic, **changes), engine)
    random = np.random.default_rng(0)  # initial weights of one seed differ between backends
    for part in (model.generator, model.discriminator, step.bias):
        scale = 1e-4 if part is step.bias else 1.0
        for variable in part.trainable_variables:
            if len(variable.shape) > 1:
                fan_in = np.prod(variable.shape[:-1])
                variable.assign(random.standard_normal(variable.shape).astype(np.float32) * scale * fan_in ** -0.5)
    average.generator.set_weights(model.generator.get_weights())
    average.discriminator.set_weights(model.discriminator.get_weights())
    return step, engine


def tiny_step(**changes):
    return make_step(config.from_mapping(NetworkConfig, TINY), **changes)


def batch(seed=0, n=8, network=config.from_mapping(NetworkConfig, TINY)):
    random = np.random.default_rng(seed)
    mask = (random.random((n, 4)) < 0.7).astype(np.float32)
    values = mask * np.concatenate([random.integers(0, 2, (n, 2)), random.uniform(-1, 1, (n, 2))], 1)
    images = random.uniform(-1, 1, (n, network.image_size, network.image_size, 1))
    condition = Condition(values, mask).encode()
    return {"images": images.astype(np.float32), "values": values.astype(np.float32), "mask": mask,
            "presence": np.zeros((n, 0), np.float32), "presence_mask": np.zeros((n, 0), np.float32),
            "condition": condition, "generator_condition": condition, "impute_mask": 1.0 - mask,
            "latents": random.standard_normal((6, n, network.latent_size)).astype(np.float32),
            "augment": random.random((2 * n, augment.NUMBERS)).astype(np.float32),
            "learning_rate": np.float32(1e-3), "ema_decay": np.float32(0.5),
            "gamma": np.float32(0.5), "beta2": np.float32(0.99), "augmentation": np.float32(0.5),
            "matching": np.float32(1.0)}


def tensors(content):
    return {name: keras.ops.convert_to_tensor(value) for name, value in content.items()}


def train_steps(count=6):
    """Losses of some steps, every second one with penalties, and a checksum of all variables."""
    step, engine = tiny_step(**ALL)
    compiled = functools.cache(lambda *kind: engine.compile(lambda inputs: step(inputs, *kind), step.variables))
    reports = []
    for index in range(count):
        report = compiled(*step.kind(index))(batch(index))
        reports.append({name: float(value) for name, value in report.items()})
    engine.synchronize()
    total = sum(float(np.abs(np.asarray(variable)).sum()) for variable in step.variables)
    return {"engine": engine.name, "reports": reports, "total": total}
