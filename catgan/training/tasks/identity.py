"""Training of features that tell people apart: a judge of whether an edited face is still the same person.

The discriminator's trunk learns from people with several faces under changing expression, light and pose. Features of
two faces of one person become more alike than those of two people (normalised temperature-scaled cross-entropy: Sohn
2016, Chen et al. 2020). Label heads and generator learn nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from keras import ops

from catgan import random_streams
from catgan.backend.engine import Engine, Tensor
from catgan.backend.sharding import ALL_FACES_FIRST
from catgan.conditions import Condition
from catgan.data.batches import releaser
from catgan.errors import CatganError
from catgan.evaluation.evaluate import verified
from catgan.labels import LabelSpec
from catgan.models.gan import augment
from catgan.models.gan.model import CatGAN, to_network
from catgan.models.losses import contrast
from catgan.training import schedules, starting
from catgan.training.cards import figure
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Batch, Report, Validation
from catgan.training.tasks.recogniser import RecogniserStep


@dataclass(frozen=True)
class IdentityConfig:
    """Holds no options: those of `TrainingConfig` are all there are."""


class IdentityTask:
    """Trains the features of the discriminator's trunk to tell people apart."""

    config = IdentityConfig
    columns = ("contrast", "recognised", "score")
    labelled = False

    def check(self, experiment: Experiment) -> None:
        """Accepts every experiment."""

    def networks(self, experiment: Experiment, spec: LabelSpec) -> CatGAN:
        return starting.initial_networks(experiment, spec)

    def inputs(self, datasets: Datasets, model: CatGAN, experiment: Experiment) -> IdentityInputs:
        return IdentityInputs(datasets, model, experiment.training, experiment.split)

    def step(self, model: CatGAN, average: CatGAN, experiment: Experiment, engine: Engine) -> IdentityStep:
        return IdentityStep(model, average, experiment.training, 0.0, engine)

    def validate(self, model: CatGAN, datasets: Datasets, experiment: Experiment) -> Validation:
        result = verified(model.features, datasets.main, experiment.validation_split)
        return Validation({"score": result["auc"] or 0.0, "verification_auc": result["auc"]},
                          {"split": experiment.validation_split, "verification": result})

    def card(self, model: CatGAN, datasets: Datasets, validation: Validation) -> str:
        result = validation.details["verification"]
        assert isinstance(result, dict)
        return (f"# catgan preset: who it is\n\nIts features tell people of the data set "
                f"`{datasets.main.info['name']}` apart, whatever they express, on faces of "
                f"{model.network.image_size} px: the judge of whether an edited face is still the same person. Its "
                "label heads and its generator learned nothing.\n\n## Validation split\n\n"
                f"Verification AUC {figure(result, 'auc')}; cosine similarity {figure(result, 'same')} between faces "
                f"of one person, {figure(result, 'others')} between different people, 95 % of whom stay below "
                f"{figure(result, 'others_95')}.\n\n## Use and misuse\n\nFor measuring what an edit keeps. Not for "
                "recognising anybody: it was made on too few faces, and people did not agree to that.\n")


TASK = IdentityTask()


class IdentityInputs:
    """Draws two faces each of `batch_size` people, as a function of (seed, step) alone.

    Args:
        datasets: the main one's subjects must have several faces.
        model: its sizes.
        training: batch size, augmentation, seed.
        split: of the data sets.

    Raises:
        CatganError: fewer people with two faces than a batch takes.
    """

    def __init__(self, datasets: Datasets, model: CatGAN, training: TrainingConfig, split: str = "train"):
        self.training, self.channels = training, model.network.channels
        self.images = datasets.main.images(split, self.channels)
        self._let_go = releaser(self.images)
        _, who = np.unique(datasets.main.subjects(split), return_inverse=True)
        order = np.argsort(who, kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(who))[:-1])
        self.people = [rows for rows in groups if len(rows) > 1]
        if len(self.people) < training.batch_size:
            raise CatganError(f"{training.batch_size} people a step need as many with two faces or more. "
                              f"{datasets.main.folder} has {len(self.people)} in its split '{split}'.")

    def __len__(self) -> int:
        """Returns the number of training faces."""
        return sum(map(len, self.people))

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns `"images"` float32 `(2 b, h, w, c)` in -1..1, two faces each of `b` people, one after the other;
        `"augment"` `(2 b, numbers)`; and scalar schedules."""
        training = self.training
        random = random_streams.generator("identity_inputs", training.seed, step, attempt)
        people = random.choice(len(self.people), training.batch_size, replace=False)
        rows = np.concatenate([random.choice(self.people[person], 2, replace=False) for person in people])
        faces = self.images[rows]
        self._let_go()
        if training.mirror:
            flip = np.repeat(random.random(training.batch_size) < 0.5, 2)  # a mirrored person is another one
            faces = np.where(flip[:, None, None, None], faces[:, :, ::-1], faces)
        return {"images": to_network(faces, self.channels),
                "augment": random.random((len(rows), augment.NUMBERS), np.float32),
                **{name: np.float32(value) for name, value in schedules.common(training, step, attempt).items()}}


class IdentityStep(RecogniserStep):
    """Updates the discriminator's trunk."""

    batch_axes = ALL_FACES_FIRST

    def loss(self, images: Tensor, batch: Batch) -> tuple[Tensor, Report]:
        """Computes the contrastive loss, and the share of faces whose person is recognised."""
        unknown = ops.convert_to_tensor(Condition.unknown(images.shape[0], self.model.spec).encode())
        features = self.model.discriminator({"image": images, "condition": unknown}, training=True)["features"]
        loss, right = contrast(features[0::2], features[1::2])
        return loss, {"contrast": loss, "recognised": right}
