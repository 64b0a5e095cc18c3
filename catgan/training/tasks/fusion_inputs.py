"""Makes the inputs of steps on people: mirrored, with noise in the joints, and with modalities hidden at random."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan import random_streams
from catgan.data.people.pose_errors import add_errors
from catgan.data.people.samples import PeopleSamples
from catgan.errors import DataError
from catgan.evaluation.people_measures import PeopleTruth
from catgan.joints import MIRRORED
from catgan.training import schedules
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.base import Batch


class FusionInputs:
    """Makes the inputs of steps on people of whom a label is known. Every epoch has an order of its own.

    Args:
        samples: the people, with the modalities of the network in its order.
        truth: their labels, in the names of the network.
        training: batch size, mirroring, schedules, seed.
        modality_dropout: probability with which each modality of a person is hidden from the fusion.
        all_hidden: probability with which all of them are hidden, so that the answer without any is learned.
        jitter: standard deviation of the noise of each coordinate of a joint, in metres.
        pose_errors: scale of the errors of a pose landmarker that are added to joints; 1 is as measured.
        weighted: whether an emotion counts by 1 / sqrt(number of people who show it).

    Raises:
        DataError: fewer than two emotions are shown.
    """

    def __init__(self, samples: PeopleSamples, truth: PeopleTruth, training: TrainingConfig,
                 modality_dropout: float = 0.0, all_hidden: float = 0.0, jitter: float = 0.0, weighted: bool = True,
                 pose_errors: float = 0.0):
        shown = np.unique(truth.labels[truth.labels >= 0])
        if len(shown) < 2:
            names = [truth.classes[label] for label in shown.tolist()]
            raise DataError("Networks on people need people of at least two emotions in the training split. "
                            f"Received: {len(samples)} people, of {', '.join(names) or 'no known emotion'}.")
        self.samples, self.truth, self.training, self.rows = samples, truth, training, np.flatnonzero(truth.known)
        self.modality_dropout, self.all_hidden = modality_dropout, all_hidden
        self.jitter, self.pose_errors = jitter, pose_errors
        self.weights = class_weights(truth.labels, len(truth.classes)) if weighted else \
            np.ones(len(truth.classes), np.float32)
        self.available = np.stack([samples.available[name] for name in samples.modalities], 1)
        self._orders: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        """Number of training people."""
        return len(self.rows)

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns the inputs of the network by name, labels and schedules.

        `"available"` is what the fusion is shown, bool `(n, modalities)`, `"has"` what there is, float32. `"labels"`
        int32 `(n,)`, 0 where `"labelled"`, their weight, is 0. `"affect"`, `"affect_known"` `(n, d)`; `"categories"`,
        `"categories_known"` `(n, k)`.
        """
        random = random_streams.generator("fusion_inputs", self.training.seed, step, attempt)
        rows = self._rows(step)
        has = self.available[rows]
        mirrored = (random.random(len(rows)) < 0.5) & self.training.mirror
        batch = self._inputs(rows, mirrored, random)
        hidden = (random.random(has.shape) < self.modality_dropout) | (
            random.random(len(rows)) < self.all_hidden)[:, None]
        labels, affect, categories = self.truth.labels[rows], self.truth.affect[rows], self.truth.categories[rows]
        return {**batch, "available": has & ~hidden, "has": has.astype(np.float32),
                "labels": np.maximum(labels, 0).astype(np.int32),
                "labelled": np.where(labels >= 0, self.weights[labels], 0).astype(np.float32),
                "affect": np.nan_to_num(affect), "affect_known": np.isfinite(affect).astype(np.float32),
                "categories": np.nan_to_num(categories),
                "categories_known": np.isfinite(categories).astype(np.float32),
                **{name: np.float32(value) for name, value in
                   schedules.common(self.training, step, attempt).items()}}

    def _rows(self, step: int) -> np.ndarray:
        """Returns the people of a step: a piece of the orders of all epochs, one after the other."""
        size, count = self.training.batch_size, len(self.rows)
        places = np.arange(step * size, (step + 1) * size)
        return np.array([self.rows[self._order(int(place) // count)[place % count]] for place in places])

    def _order(self, epoch: int) -> np.ndarray:
        if epoch not in self._orders:
            if len(self._orders) > 1:
                self._orders.clear()
            random = random_streams.generator("fusion_order", self.training.seed, epoch)
            self._orders[epoch] = random.permutation(len(self.rows))
        return self._orders[epoch]

    def _inputs(self, rows: np.ndarray, mirrored: np.ndarray, random: np.random.Generator) -> Batch:
        chosen: dict[str, dict[str, np.ndarray]] = {}
        for modality, inputs in self.samples.inputs.items():
            arrays = {name: array[rows] for name, array in inputs.items()}
            for name, flipped in mirror(modality, {name: array[mirrored] for name, array in arrays.items()}).items():
                arrays[name][mirrored] = flipped
            if self.jitter and "joints" in arrays:
                noise = random.normal(0.0, self.jitter, arrays["joints"].shape).astype(np.float32)
                arrays["joints"] = arrays["joints"] + noise * arrays["known"][..., None]
            chosen[modality] = arrays
        return {f"{modality}.{name}": array
                for modality, arrays in add_errors(chosen, self.pose_errors, random).items()
                for name, array in arrays.items()}


def mirror(modality: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the inputs of mirrored people; those of a modality that catgan does not know stay as they are.

    Pictures are flipped. Of joints x changes its sign, and the sides change places.

    Args:
        modality: its name.
        arrays: by name of the input, `(n, ...)`.
    """
    if modality in ("face", "context"):
        return {name: array[:, :, ::-1] for name, array in arrays.items()}
    if modality in ("posture", "gait"):
        joints, known = arrays["joints"], arrays["known"]
        flipped = joints[..., MIRRORED, :] * np.array([-1, 1, 1], np.float32)
        return {**arrays, "joints": flipped, "known": known[..., MIRRORED]}
    return dict(arrays)


def class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Returns 1 / sqrt(number of people) of each class, float32, with mean 1 over people.

    Args:
        labels: class numbers, -1 = unknown; a class of nobody has the weight 1.
        classes: how many.
    """
    counts = np.bincount(labels[labels >= 0], minlength=classes)
    weights = 1.0 / np.sqrt(np.maximum(counts, 1))
    mean = float((weights * counts).sum() / max(counts.sum(), 1))
    return np.where(counts > 0, weights / max(mean, 1e-12), 1.0).astype(np.float32)
