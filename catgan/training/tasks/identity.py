"""Training a network to tell people apart: the judge of whether an edited face is still the same person.

It learns from people with several faces under changing expression, light and pose: two faces of one person are to be
more alike than those of two people (normalised temperature-scaled cross-entropy: Sohn 2016, Chen et al. 2020). What is
kept of it are the features of the discriminator's trunk; its heads learn nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.data.batches import releaser
from catgan.errors import CatganError
from catgan.models.gan import augment
from catgan.models.gan.model import CatGAN, to_network
from catgan.models.losses import contrast
from catgan.training import schedules
from catgan.training.datasets import Datasets
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.supervised import SupervisedStep


class IdentityInputs:
    """Two faces each of `batch_size` people, as a function of (seed, step) alone.

    Args:
        datasets: whose subjects have several faces.
        model: its sizes.
        training: batch size, augmentation, seed.
        latents, predicted: not needed.
        split: of the data sets.

    Raises:
        CatganError: fewer people with two faces than a batch takes.
    """

    def __init__(self, datasets: Datasets, model: CatGAN, training: TrainingConfig, latents: int = 0,
                 split: str = "train", predicted: bool = False):
        self.training, self.channels = training, model.network.channels
        self.images = datasets.own.images(split, self.channels)
        self._let_go = releaser(self.images)
        _, who = np.unique(datasets.own.subjects(split), return_inverse=True)
        order = np.argsort(who, kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(who))[:-1])
        self.people = [rows for rows in groups if len(rows) > 1]
        if len(self.people) < training.batch_size:
            raise CatganError(f"{training.batch_size} people a step need as many with two faces or more. "
                              f"{datasets.own.folder} has {len(self.people)} in its split '{split}'.")

    def __len__(self) -> int:
        """Number of training faces."""
        return sum(map(len, self.people))

    def __call__(self, step: int, attempt: int = 0) -> dict:
        """`"images"` float32 `(2 b, h, w, c)`: two faces each of `b` people, one after the other; `"augment"`; and
        scalar schedules."""
        training = self.training
        random = random_streams.generator("identity_inputs", training.seed, step, attempt)
        people = random.choice(len(self.people), training.batch_size, replace=False)
        rows = np.concatenate([random.choice(self.people[person], 2, replace=False) for person in people])
        faces = self.images[rows]
        self._let_go()
        if training.mirror:
            flip = np.repeat(random.random(training.batch_size) < 0.5, 2)  # a mirrored person is another one
            faces = np.where(flip[:, None, None, None], faces[:, :, ::-1], faces)
        scales = schedules.at(training, step * training.batch_size)
        scales["learning_rate"] *= 0.5 ** attempt
        return {"images": to_network(faces, self.channels),
                "augment": random.random((len(rows), augment.NUMBERS), np.float32),
                **{name: np.float32(value) for name, value in scales.items()}}


class IdentityStep(SupervisedStep):
    """Updates of the discriminator's trunk."""

    def loss(self, images, batch: dict) -> tuple[Any, dict]:
        unknown = Condition.unknown(images.shape[0], self.model.spec).encode()
        features = self.model.discriminator({"image": images, "condition": unknown}, training=True)["features"]
        loss, right = contrast(features[0::2], features[1::2])
        return loss, {"contrast": loss, "recognised": right}
