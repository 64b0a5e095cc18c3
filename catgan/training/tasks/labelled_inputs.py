"""Makes the inputs of steps on labelled faces: faces, labels, noise, schedules, as a function of (seed, step) alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan import random_streams
from catgan.backend.sharding import BatchAxis
from catgan.conditions import Condition
from catgan.labels import LabelSpec
from catgan.models.gan import augment
from catgan.models.gan.model import CatGAN, to_network
from catgan.training import schedules
from catgan.training.datasets import Datasets, Mixed
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.base import Batch

CANDIDATES = 64
"""Faces among which `completion: joint` looks for the one with the most similar labels."""
BATCH_AXES: Mapping[str, BatchAxis] = {"latents": BatchAxis(1), "augment": BatchAxis(0, blocks=2)}
"""Batch axes of these inputs; `"augment"` has numbers for all real faces, then for all generated ones."""
UNKNOWN_LABEL = 1e3
"""Distance that a candidate face gets for each label that it cannot fill in."""


class LabelledInputs:
    """Makes the inputs of steps that train on labelled faces.

    Args:
        datasets: where the faces come from.
        model: its label specification and sizes.
        training: batch size, schedules, seed.
        latents: batches of noise that a step needs.
        label_dropout: share of faces of which some or all known labels are hidden from both networks, 0..1.
        completion: how unknown labels in the generator's condition are filled in: `"none"`, `"joint"` or `"head"`, see
            `catgan.training.tasks.adversarial.AdversarialConfig`.
        split: of the data sets.
        predicted: whether labels that `catgan complete` predicted replace unknown ones.
        labelled_only: whether faces of which no label is known are left out.
    """

    def __init__(self, datasets: Datasets, model: CatGAN, training: TrainingConfig, latents: int,
                 label_dropout: float = 0.0, completion: str = "none", split: str = "train", predicted: bool = False,
                 labelled_only: bool = False):
        network = model.network
        self.training, self.channels, self.spec = training, network.channels, model.spec
        self.label_dropout, self.completion = label_dropout, completion
        self.noise_shape = (latents, training.batch_size, network.latent_size)
        self.batches = Mixed(datasets, model.spec, network.channels, training.batch_size, training, split,
                             predicted, labelled_only)
        self.known = self.batches.encoded if completion == "joint" else None

    def __len__(self) -> int:
        """Number of training faces."""
        return len(self.batches)

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns the inputs of step number `step`.

        Args:
            step: counted from 0.
            attempt: number of times that the training was rolled back; each attempt gets other faces and noise.

        Returns:
            `"images"` float32 `(b, h, w, c)` in -1..1; for the label heads `"values"` and `"mask"` `(b, width)`,
            `"presence"` and `"presence_mask"` `(b, k)`; `"condition"` `(b, 2 * width)` of the critic;
            `"generator_condition"` `(b, 2 * width)`; `"impute_mask"` `(b, width)`, 1 for labels that the averaged heads
            fill in; `"latents"` `(latents, b, latent_size)`; `"augment"` `(2 b, numbers)`; and scalar schedules.
        """
        training = self.training
        batch = self.batches(step + attempt * training.steps)
        random = random_streams.generator("step_inputs", training.seed, step, attempt)
        kept = visible_labels(random, len(batch.mask), self.spec, self.label_dropout)
        shown = batch.mask * kept
        values, mask = batch.values * shown, shown
        if self.completion == "joint":
            values, mask = self._joint(random, values, mask, kept)
        return {"images": to_network(batch.images, self.channels), "values": batch.values, "mask": batch.mask,
                "presence": batch.presence, "presence_mask": batch.presence_mask,
                "condition": Condition(batch.values, shown).encode(),
                "generator_condition": Condition(values, mask).encode(),
                "impute_mask": (1.0 - batch.mask) * kept,
                "latents": random.standard_normal(self.noise_shape, np.float32),
                "augment": random.random((2 * training.batch_size, augment.NUMBERS), np.float32),
                **{name: np.float32(value) for name, value in self.schedules(step, attempt).items()}}

    def schedules(self, step: int, attempt: int) -> dict[str, float]:
        """Returns the scalars of a step that change over the training."""
        return schedules.common(self.training, step, attempt)

    def _joint(self, random: np.random.Generator, values: np.ndarray, mask: np.ndarray,
               kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fills in unknown labels from the training faces that know them and whose other labels are nearest."""
        assert self.known is not None
        known_values, known_mask = self.known
        rows = random.integers(len(known_values), size=(len(values), CANDIDATES))
        theirs, knows = known_values[rows], known_mask[rows]
        missing = (mask == 0) & (kept > 0)
        distance = (np.square(theirs - values[:, None]) * mask[:, None]).sum(-1)
        distance += UNKNOWN_LABEL * ((knows == 0) & missing[:, None]).sum(-1)
        chosen = (np.arange(len(values)), distance.argmin(1))
        filled = missing & (knows[chosen] > 0)
        return np.where(filled, theirs[chosen], values), np.where(filled, 1.0, mask).astype(np.float32)


def visible_labels(random: np.random.Generator, n: int, spec: LabelSpec, dropout: float) -> np.ndarray:
    """Draws which labels the networks see, float32 `(n, spec.width)` of 0 (hidden) and 1.

    A share `dropout` of the faces hides labels, in equal parts: all labels, the Action Units, everything but the Action
    Units, or each label with a probability drawn per face.
    """
    units = np.arange(spec.width) < len(spec.action_units)
    faces = random.random((n, 3))
    kind = np.where(faces[:, :1] < dropout, (faces[:, 1:2] * 4).astype(int), 4)
    chance = np.select([kind == 0, kind == 1, kind == 2, kind == 3],
                       [np.zeros_like(faces[:, 2:]), ~units, units, faces[:, 2:]], 1.0)
    return (random.random((n, spec.width)) < chance).astype(np.float32)
