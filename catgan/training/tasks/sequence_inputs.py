"""Makes the inputs of steps on clips: windows of frames or of their features, and labels, by the number of the step."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from catgan import files, random_streams
from catgan.data.batches import releaser
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import find_tracks
from catgan.data.clips.windows import cut_windows
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.evaluation.clips import feature_batches
from catgan.labels import Labels
from catgan.models.pixels import to_network
from catgan.models.sequence.model import ClipRecogniser
from catgan.training import schedules
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.base import Batch


class SequenceInputs:
    """Makes the inputs of steps on windows of clips.

    Args:
        dataset: a data set with frames of videos.
        split: of the data set.
        model: its trunk computes the features of a frozen trunk, once; its specification names the labels.
        training: batch size in frames, mirroring, schedules, seed.
        clips: how windows are cut.
        train_trunk: whether the inputs are pictures, not features.
        frame_dropout: share of seen frames that are hidden at random.
        class_weights: whether classes are weighted, see `class_statistics`.
        predicted: whether labels that `catgan complete` predicted replace unknown ones.
    """

    def __init__(self, dataset: DualDataset, split: str, model: ClipRecogniser, training: TrainingConfig,
                 clips: ClipOptions, train_trunk: bool = False, frame_dropout: float = 0.0, class_weights: bool = True,
                 predicted: bool = False):
        self.training, self.frame_dropout, self.channels = training, frame_dropout, model.network.channels
        self.rows = cut_windows(find_tracks(dataset, split, clips), clips).rows
        if not len(self.rows):
            raise DataError(f"No window of {clips.length:g} s in split '{split}' of {dataset.folder} shows the face in "
                            f"{100 * clips.min_seen:g} % of its frames. Lower 'options.clips.min_seen' or 'length'.")
        labels = dataset.labels(split, model.spec, predicted and "completed" in dataset.info)
        presences = dataset.presences(split, model.spec)
        self.encoded = [encoded(labels, presences)]
        if training.mirror:
            self.encoded.append(encoded(labels.flip(), presences and presences.flip()))
        self.name = "images" if train_trunk else "features"
        self.frames: np.ndarray = (dataset.images(split, self.channels) if train_trunk else
                                   trunk_features(model, dataset, split, training.mirror))
        self._let_go = releaser(self.frames)
        self.windows = training.batch_size // clips.frames
        weights, self.centroids = class_statistics(labels)
        self.label_weights = np.ones(model.spec.width, np.float32)
        if class_weights and len(weights):
            self.label_weights[-len(weights):] = weights

    def __len__(self) -> int:
        """Number of training frames."""
        return int((np.unique(self.rows) >= 0).sum())

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns the inputs of step number `step`; see `catgan.training.tasks.base.Inputs`.

        Returns:
            `"features"` `(n, t, features)` or `"images"` `(n, t, h, w, c)` in -1..1; `"seen"` `(n, t)`; `"values"` and
            `"mask"` `(n, t, width)`; `"weighted"`, the values with the weights of the classes; `"presence"` and
            `"presence_mask"` `(n, t, k)`; `"centroids"` `(n, classes, 2)`, mean valence and arousal of each class, the
            same for all windows; and scalar schedules.
        """
        training, place = self.training, step + attempt * self.training.steps
        random = random_streams.generator("sequence_inputs", training.seed, step, attempt)
        rows = self.rows[self._chosen(place)]
        seen = rows >= 0
        flip = (random.random(len(rows)) < 0.5) if training.mirror else np.zeros(len(rows), bool)
        known = [np.where(flip[:, None, None], self.encoded[-1][part][rows], self.encoded[0][part][rows])
                 * seen[..., None] for part in range(4)]
        shown = seen & (random.random(seen.shape) >= self.frame_dropout)
        return {self.name: self._inputs(rows, flip, shown), "seen": shown.astype(np.float32),
                **dict(zip(("values", "mask", "presence", "presence_mask"), known)),
                "weighted": known[0] * self.label_weights,
                "centroids": np.repeat(self.centroids[None], len(rows), axis=0),
                **{name: np.float32(value) for name, value in schedules.common(training, step, attempt).items()}}

    def _inputs(self, rows: np.ndarray, flip: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Takes the pictures or features of windows, zeros where nothing is shown."""
        if self.name == "features":
            found = self.frames[rows, flip[:, None].astype(int)].astype(np.float32)
        else:
            images = self.frames[rows]
            images[flip] = images[flip][:, :, :, ::-1]
            found = to_network(images.reshape(-1, *images.shape[2:]), self.channels).reshape(images.shape)
        self._let_go()
        return found * shown.reshape(*shown.shape, *(1,) * (found.ndim - 2))

    def _chosen(self, step: int) -> np.ndarray:
        """Returns the windows of a step: every epoch has its own order, and a step may span two epochs."""
        count = len(self.rows)
        places = np.arange(step * self.windows, (step + 1) * self.windows)
        chosen = np.empty(self.windows, np.int64)
        for epoch in np.unique(places // count):
            order = random_streams.generator("window_order", self.training.seed, int(epoch)).permutation(count)
            here = places // count == epoch
            chosen[here] = order[places[here] % count]
        return chosen


def encoded(labels: Labels, presences: Labels | None) -> tuple[np.ndarray, ...]:
    """Encodes values, mask, presence and its mask of all faces, float32 `(n, ...)`."""
    none = np.zeros((len(labels), 0), np.float32)
    return (*labels.encode(), *((none, none) if presences is None else presences.encode()))


def class_statistics(labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """Computes the class weights and centroids of `SequenceInputs`; empty arrays without expressions.

    A class that no frame has gets weight 0. Classes whose valence or arousal is unknown have their centroid at 0.
    """
    spec = labels.spec
    classes, known = labels.column("expression") if spec.expressions else (np.zeros(0), np.zeros(0, bool))
    counts = np.bincount(classes[known].astype(int), minlength=len(spec.expressions)).astype(np.float64)
    weights = np.where(counts > 0, 1.0 / np.sqrt(np.maximum(counts, 1)), 0.0)
    weights *= counts.sum() / max((weights * counts).sum(), 1e-12)
    centroids = np.zeros((len(spec.expressions), 2))
    for place, name in enumerate(("valence", "arousal") if spec.valence_arousal else ()):
        values, told = labels.column(name)
        for number in range(len(centroids)):
            chosen = known & told & (classes == number)
            centroids[number, place] = values[chosen].mean() if chosen.any() else 0.0
    return weights.astype(np.float32), centroids.astype(np.float32)


def trunk_features(model: ClipRecogniser, dataset: DualDataset, split: str, mirrored: bool) -> np.ndarray:
    """Computes the features of all faces of a split, or finds them in the cache of the data set.

    Args:
        model: its trunk computes them.
        dataset, split: the faces.
        mirrored: also compute those of the faces flipped left to right.

    Returns:
        float16 `(n, 1 or 2, features)`, memory-mapped: as they are, and flipped.
    """
    digest = hashlib.sha256(b"".join(np.asarray(weight).tobytes() for weight in model.trunk.get_weights()))
    name = (f"{dataset.info['hash']}-{split}-features-{model.precision}-{digest.hexdigest()[:16]}"
            f"{'-mirrored' * mirrored}.npy")
    path = dataset.folder / "cache" / name
    if not path.is_file() and not os.access(dataset.folder, os.W_OK):
        path = files.cache_folder("features") / name
    if not path.is_file():
        _store(model, dataset.images(split, 3), path, mirrored)
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _store(model: ClipRecogniser, images: np.ndarray, path: Path, mirrored: bool) -> None:
    with files.atomic_path(path) as temporary:
        target = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float16,
                                           shape=(len(images), 1 + mirrored, model.network.features))
        start = 0
        for part in feature_batches(model, images, mirrored):
            target[start:start + len(part)] = part
            start += len(part)
        target.flush()
