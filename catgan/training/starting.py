"""Builds the networks that a training begins with: new ones, or those of a finished run."""

from __future__ import annotations

import keras

from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.gan.growing import grow
from catgan.models.gan.model import CatGAN
from catgan.system import logger
from catgan.training.experiment import Experiment


def initial_networks(experiment: Experiment, spec: LabelSpec) -> CatGAN:
    """Builds generator and discriminator, with the weights of `experiment.start` if it names a run or preset.

    Networks to start from may be smaller: their weights grow into the new sizes (`catgan.models.gan.growing`).

    Raises:
        CatganError: the run has other labels or channels, or no layer that fits.
    """
    training = experiment.training
    gan = CatGAN(experiment.network_config, spec, training.precision, seed=training.seed)
    if experiment.start is not None:
        start = compatible_model(experiment.start, gan)
        for name in ("generator", "discriminator"):
            transfer_weights(getattr(gan, name), getattr(start, name), experiment.start)
        gan.critic_reference, gan.density = start.critic_reference, start.density
    return gan


def transfer_weights(network: keras.Model, before: keras.Model, name: str) -> None:
    """Copies the weights of `before`, of the model called `name`, into the layers of `network` that they fit.

    Raises:
        CatganError: no layer fits.
    """
    layers, of = grow(network, before)
    if not layers:
        raise ModelError(f"No layer of the {network.name} of {name} has a place in this one. Start from a run of the "
                         "same family of networks.")
    if layers < of:
        logger.info("%d of %d layers of the %s begin as in %s", layers, of, network.name, name)


def compatible_model(name: str, gan: CatGAN) -> CatGAN:
    """Loads a run or preset with the labels and channels of `gan`.

    Raises:
        CatganError: it has other ones.
    """
    start = CatGAN.from_preset(name)
    if start.spec != gan.spec:
        raise ModelError(f"{name} has other labels: they (and their order, 'labels.action_units') must be those that "
                         "it was trained with.")
    if start.network.channels != gan.network.channels:
        raise ModelError(f"{name} draws with {start.network.channels} channels. Received: {gan.network.channels}.")
    return start
