"""All that one step needs: faces, labels, noise and schedules, as a function of (seed, step) alone."""

from __future__ import annotations

import numpy as np

from catgan.data.batches import Batches
from catgan.data.store import DualDataset
from catgan.gan import augment
from catgan.gan.model import CatGAN, to_network
from catgan.training import schedules
from catgan.training.experiment import TrainingConfig

CANDIDATES = 64  # faces among which `completion: joint` looks for the one with the most similar labels


class Inputs:
    """Makes the inputs of a step.

    Args:
        dataset: its training split is used.
        model: its label specification and sizes.
        training: batch size, schedules, dropout and completion of labels, seed.
        latents: batches of noise that a step needs.
    """

    def __init__(self, dataset: DualDataset, model: CatGAN, training: TrainingConfig, latents: int):
        network = model.network
        self.training, self.channels = training, network.channels
        self.noise_shape = (latents, training.batch_size, network.latent_size)
        self.batches = Batches(dataset.images("train", network.channels), dataset.labels("train", model.spec),
                               training.batch_size, training.seed, training.mirror)

    def __len__(self) -> int:
        """Number of training faces."""
        return len(self.batches.images)

    def __call__(self, step: int, attempt: int = 0) -> dict:
        """Inputs of step number `step`.

        Args:
            attempt: times that the training was set back to a good state: another attempt gets other faces and noise.

        Returns:
            `"images"` float32 `(b, h, w, c)`; `"values"`, `"mask"` `(b, width)`, all that is known, for the heads;
            `"condition"` `(b, 2 * width)`, under which the critic judges; `"told"` `(b, 2 * width)`, what the
            generator is told; `"missing"` `(b, width)`, what the averaged heads are to fill in; `"latents"`;
            `"augment"`; and scalar schedules.
        """
        training = self.training
        batch = self.batches(step + attempt * training.steps)
        random = np.random.default_rng([training.seed, 2, step, attempt])
        kept = keep(random, batch.mask.shape, training.label_dropout)
        shown = batch.mask * kept
        values, mask = batch.values * shown, shown
        if training.completion == "joint":
            values, mask = self._joint(random, values, mask, kept)
        scales = schedules.at(training, step * training.batch_size)
        scales["learning_rate"] *= 0.5 ** attempt
        return {"images": to_network(batch.images, self.channels), "values": batch.values, "mask": batch.mask,
                "condition": np.concatenate([batch.values * shown, shown], axis=1),
                "told": np.concatenate([values, mask], axis=1), "missing": (1.0 - batch.mask) * kept,
                "latents": random.standard_normal(self.noise_shape, np.float32),
                "augment": random.random((2 * training.batch_size, augment.NUMBERS), np.float32),
                **{name: np.float32(value) for name, value in scales.items()}}

    def _joint(self, random: np.random.Generator, values: np.ndarray, mask: np.ndarray,
               kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fills unknown labels from training faces that know them and whose other labels are nearest."""
        known_values, known_mask = self.batches.encoded
        rows = random.integers(len(known_values), size=(len(values), CANDIDATES))
        theirs, knows = known_values[rows], known_mask[rows]
        missing = (mask == 0) & (kept > 0)
        apart = (np.square(theirs - values[:, None]) * mask[:, None]).sum(-1)
        apart += 1e3 * ((knows == 0) & missing[:, None]).sum(-1)
        chosen = (np.arange(len(values)), apart.argmin(1))
        filled = missing & (knows[chosen] > 0)
        return np.where(filled, theirs[chosen], values), np.where(filled, 1.0, mask).astype(np.float32)


def keep(random: np.random.Generator, shape: tuple[int, int], dropout: float) -> np.ndarray:
    """Which labels are not hidden, float32 of 0 and 1: of a share `dropout` of the faces all labels are hidden from the
    networks in half of the cases, else each with a chance of its own."""
    faces = random.random((shape[0], 3))
    chance = np.where(faces[:, :1] >= dropout, 1.0, np.where(faces[:, 1:2] < 0.5, 0.0, faces[:, 2:]))
    return (random.random(shape) < chance).astype(np.float32)
