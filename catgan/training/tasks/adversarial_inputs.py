"""All that one step needs: faces, labels, noise and schedules, as a function of (seed, step) alone."""

from __future__ import annotations

import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.labels import LabelSpec
from catgan.models.gan import augment
from catgan.models.gan.model import CatGAN, to_network
from catgan.training import schedules
from catgan.training.datasets import Datasets, Mixed
from catgan.training.experiment import TrainingConfig

CANDIDATES = 64  # faces among which `completion: joint` looks for the one with the most similar labels


class Inputs:
    """Makes the inputs of a step.

    Args:
        datasets: where the faces come from.
        model: its label specification and sizes.
        training: batch size, schedules, dropout and completion of labels, seed.
        latents: batches of noise that a step needs.
        split: of the data set.
        predicted: whether labels that `catgan complete` predicted take the place of unknown ones.
    """

    def __init__(self, datasets: Datasets, model: CatGAN, training: TrainingConfig, latents: int,
                 split: str = "train", predicted: bool = False):
        network = model.network
        self.training, self.channels, self.spec = training, network.channels, model.spec
        self.noise_shape = (latents, training.batch_size, network.latent_size)
        self.batches = Mixed(datasets, model.spec, network.channels, training.batch_size, training, split,
                             predicted)
        self.known = self.batches.encoded if training.completion == "joint" else None

    def __len__(self) -> int:
        """Number of training faces."""
        return len(self.batches)

    def __call__(self, step: int, attempt: int = 0) -> dict:
        """Inputs of step number `step`.

        Args:
            attempt: times that the training was set back to a good state: another attempt gets other faces and noise.

        Returns:
            `"images"` float32 `(b, h, w, c)`; `"values"`, `"mask"` `(b, width)`, `"presence"` and
            `"presence_mask"` `(b, k)`, all that is known, for the heads;
            `"condition"` `(b, 2 * width)`, under which the critic judges; `"told"` `(b, 2 * width)`, what the
            generator is told; `"missing"` `(b, width)`, what the averaged heads are to fill in; `"latents"`;
            `"augment"`; and scalar schedules.
        """
        training = self.training
        batch = self.batches(step + attempt * training.steps)
        random = random_streams.generator("step_inputs", training.seed, step, attempt)
        kept = keep(random, len(batch.mask), self.spec, training.label_dropout)
        shown = batch.mask * kept
        values, mask = batch.values * shown, shown
        if training.completion == "joint":
            values, mask = self._joint(random, values, mask, kept)
        scales = schedules.at(training, step * training.batch_size)
        scales["learning_rate"] *= 0.5 ** attempt
        scales["rate"] = 0.5 ** attempt
        return {"images": to_network(batch.images, self.channels), "values": batch.values, "mask": batch.mask,
                "presence": batch.presence, "presence_mask": batch.presence_mask,
                "condition": Condition(batch.values, shown).encode(),
                "told": Condition(values, mask).encode(), "missing": (1.0 - batch.mask) * kept,
                "latents": random.standard_normal(self.noise_shape, np.float32),
                "augment": random.random((2 * training.batch_size, augment.NUMBERS), np.float32),
                **{name: np.float32(value) for name, value in scales.items()}}

    def _joint(self, random: np.random.Generator, values: np.ndarray, mask: np.ndarray,
               kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fills unknown labels from training faces that know them and whose other labels are nearest."""
        assert self.known is not None
        known_values, known_mask = self.known
        rows = random.integers(len(known_values), size=(len(values), CANDIDATES))
        theirs, knows = known_values[rows], known_mask[rows]
        missing = (mask == 0) & (kept > 0)
        apart = (np.square(theirs - values[:, None]) * mask[:, None]).sum(-1)
        apart += 1e3 * ((knows == 0) & missing[:, None]).sum(-1)
        chosen = (np.arange(len(values)), apart.argmin(1))
        filled = missing & (knows[chosen] > 0)
        return np.where(filled, theirs[chosen], values), np.where(filled, 1.0, mask).astype(np.float32)


def keep(random: np.random.Generator, n: int, spec: LabelSpec, dropout: float) -> np.ndarray:
    """Which labels are not hidden from the networks, float32 `(n, spec.width)` of 0 and 1.

    Of a share `dropout` of the faces, in equal parts: all labels, the Action Units, everything but the Action Units, or
    each label with a chance of the face's own is hidden.
    """
    units = np.arange(spec.width) < len(spec.action_units)
    faces = random.random((n, 3))
    kind = np.where(faces[:, :1] < dropout, (faces[:, 1:2] * 4).astype(int), 4)
    chance = np.select([kind == 0, kind == 1, kind == 2, kind == 3],
                       [np.zeros_like(faces[:, 2:]), ~units, units, faces[:, 2:]], 1.0)
    return (random.random((n, spec.width)) < chance).astype(np.float32)
