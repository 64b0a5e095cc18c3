"""What a training begins with: new networks, or those of a finished run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras

from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan.growing import grow
from catgan.models.gan.model import CatGAN
from catgan.training.experiment import Experiment


def networks_of(experiment: Experiment, spec: LabelSpec, log: Callable[[str], None] = lambda text: None) -> CatGAN:
    """New networks, or those of the run that the experiment starts from; for an editor, also an old or a new editor.

    What it starts from may be smaller: what it learned grows into the new sizes (`catgan.models.gan.growing`).

    Raises:
        CatganError: such a run has other labels or channels, no editor, or no layer that has a place in the new ones.
    """
    training, editing = experiment.training, experiment.training.editing
    gan = CatGAN(experiment.network_config, spec, training.precision, seed=training.seed)
    start = None
    if experiment.start is not None:
        start = related(experiment.start, gan)
        for kind in ("generator", "discriminator"):
            take(getattr(gan, kind), getattr(start, kind), experiment.start, log)
        gan.critic_reference, gan.density = start.critic_reference, start.density
    if start is not None and editing is not None:
        if replace(start.network, editor_widths=()) != replace(gan.network, editor_widths=()):
            raise CatganError(f"{experiment.start} has other sizes: an editor is trained for finished networks. Train "
                              "those of these sizes first ('start' may be smaller there).")
        gan.add_editor(training.seed)
        before = start if editing.start is None else related(editing.start, gan)
        if before.editor is not None:
            take(gan.editor, before.editor, editing.start or experiment.start, log)
        elif editing.start is not None:
            raise CatganError(f"{editing.start} has no editor to go on from.")
    return gan


def take(network: keras.Model, before: keras.Model, name: str | None, log: Callable[[str], None]) -> None:
    """What `before` learned becomes the begin of `network`.

    Raises:
        CatganError: nothing of it has a place there.
    """
    layers, of = grow(network, before)
    if not layers:
        raise CatganError(f"No layer of the {network.name} of {name} has a place in this one. Start from a run of the "
                          "same family of networks.")
    if layers < of:
        log(f"{layers} of {of} layers of the {network.name} begin as in {name}")


def related(name: str, gan: CatGAN) -> CatGAN:
    """A run or preset of the same labels and channels as `gan`.

    Raises:
        CatganError: it has other ones.
    """
    start = CatGAN.from_preset(name)
    if start.spec != gan.spec:
        raise CatganError(f"{name} has other labels: they (and their order, 'labels.action_units') must be those that "
                          "it was trained with.")
    if start.network.channels != gan.network.channels:
        raise CatganError(f"{name} draws with {start.network.channels} channels. Received: {gan.network.channels}.")
    return start
