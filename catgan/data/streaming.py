"""Streams batches of a data set to TensorFlow and PyTorch.

Shards are read one after the other, so that the memory in use does not grow with the number of faces. Every element is
a pair `(images, targets)`, the input of `keras.Model.fit`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

import numpy as np

from catgan import random_streams, system
from catgan.data import store
from catgan.data.arrow_labels import label_columns, labels_of
from catgan.data.shards import scan
from catgan.errors import CatganError, DataError, unknown_name
from catgan.labels import Labels, LabelSpec

if TYPE_CHECKING:
    import tensorflow as tf

    from catgan.data.torch_streaming import TorchStream

Item = TypeVar("Item")
Targets = dict[str, np.ndarray]
Element = tuple[np.ndarray, Targets]
Face = tuple[bytes, np.ndarray]
"""Pair of a stored PNG and its row of `target_rows`."""
PixelType = Literal["uint8", "float32"]

ROWS_READ = 256
"""Number of rows that are read from a shard at once."""


class StreamOptions(TypedDict, total=False):
    """Lists the options of `BatchStream` that have a default."""

    batch_size: int
    shuffle: bool
    seed: random_streams.Seed
    channels: int
    dtype: PixelType
    buffer_size: int


@dataclass(frozen=True)
class BatchStream:
    """Streams batches of a split, shard by shard.

    Args:
        dataset: a data set written by `catgan build` or `catgan render`.
        split: `train`, `validation`, `test` or `all`.
        spec: the labels to read.
        batch_size: faces per batch; the last batch of an epoch may be smaller.
        shuffle: if True, each epoch has another order: shards are shuffled, and their faces pass through a buffer.
        seed: of the order, 0 or more.
        channels: 1 (grey) or 3 (colour).
        dtype: `uint8`, or `float32` for pixels in [-1, 1].
        buffer_size: faces in the shuffle buffer, as PNG. A face can move forward by at most this many faces. A larger
            buffer makes the order more random, and needs more memory.

    Raises:
        CatganError: an argument out of range.
    """

    dataset: store.DualDataset
    split: str
    spec: LabelSpec
    batch_size: int = 64
    shuffle: bool = True
    seed: int = 0
    channels: int = 3
    dtype: PixelType = "uint8"
    buffer_size: int = 2048

    def __post_init__(self):
        self.dataset.count(self.split)
        if self.channels not in (1, 3):
            raise CatganError(f"'channels' must be 1 or 3. Received: {self.channels}.")
        if self.dtype not in ("uint8", "float32"):
            raise unknown_name("pixel type", self.dtype, ("uint8", "float32"))
        if self.batch_size < 1 or self.buffer_size < 1:
            raise CatganError("'batch_size' and 'buffer_size' must be 1 or more. "
                              f"Received: {self.batch_size} and {self.buffer_size}.")

    def epoch(self, number: int, worker: int = 0, workers: int = 1) -> Iterator[Element]:
        """Reads one epoch.

        Args:
            number: of the epoch, from 0. With `shuffle`, the order depends on it and on `seed`.
            worker, workers: index of this reader and number of readers. It reads every `workers`-th shard, starting
                at shard number `worker`.

        Yields:
            Images `(b, side, side, channels)`, and targets as in `targets_of`; new arrays each time.

        Raises:
            DataError: a damaged shard or picture.
        """
        shards = self.dataset.shards(self.split) if self.dataset.count(self.split) else []
        if self.shuffle:
            order = random_streams.generator("streamed_shards", self.seed, number).permutation(len(shards))
            shards = [shards[index] for index in order]
        faces = self._faces(shards[worker::workers])
        if self.shuffle:
            random = random_streams.generator("streamed_faces", self.seed, number, worker)
            faces = shuffled(faces, random, self.buffer_size)
        while batch := list(itertools.islice(faces, self.batch_size)):
            yield self._images([png for png, _ in batch]), divided(np.stack([row for _, row in batch]), self.spec)

    def _faces(self, shards: Iterable[Path]) -> Iterator[Face]:
        for shard in shards:
            columns = ["image", *label_columns(self.spec, self.dataset.info["columns"])]
            for batch in scan([shard], columns, ROWS_READ):
                rows = target_rows(labels_of(self.spec, batch))
                pictures = batch.column("image").field("bytes")
                yield from ((png.as_py(), row) for png, row in zip(pictures, rows))

    def _images(self, pictures: list[bytes]) -> np.ndarray:
        side = self.dataset.image_size
        images = np.empty((len(pictures), side, side, self.channels), np.uint8)
        for image, png in zip(images, pictures):
            try:
                image[:] = store.picture(png, self.channels).reshape(image.shape)
            except (OSError, SyntaxError, ValueError, TypeError) as error:
                raise DataError(f"A picture of {self.dataset.folder} is damaged: {' '.join(str(error).split())}.") \
                    from None
        return images if self.dtype == "uint8" else images / np.float32(127.5) - np.float32(1.0)


def stream_of(dataset: store.DualDataset, split: str, spec: LabelSpec | None = None, *,
              seed: random_streams.Seed = 0, **options: Any) -> BatchStream:
    """Returns the stream of a split, by default with all labels of the data set; see `BatchStream`."""
    return BatchStream(dataset, split, spec or dataset.spec, seed=random_streams.seed_of(seed), **options)


def shuffled(items: Iterator[Item], random: np.random.Generator, size: int) -> Iterator[Item]:
    """Shuffles a stream through a buffer of `size` items: each new item replaces a random one, which is yielded."""
    buffer = list(itertools.islice(items, size))
    for item in items:
        place = int(random.integers(len(buffer)))
        leaving, buffer[place] = buffer[place], item
        yield leaving
    yield from (buffer[place] for place in random.permutation(len(buffer)))


# === Targets ===


def targets_of(labels: Labels) -> Targets:
    """Encodes labels as the targets of a recogniser, one array per head of the specification.

    Returns:
        `action_units` `(n, k)` in the units of the specification (0..5 or 0/1), `valence_arousal` `(n, 2)` in -1..1,
        `expression` `(n, classes)` one-hot: float32, NaN where the label is unknown.
    """
    return divided(target_rows(labels), labels.spec)


def target_rows(labels: Labels) -> np.ndarray:
    """Encodes all targets of each face in one row, float32 `(n, spec.width)`, NaN where the label is unknown."""
    values, mask = labels.encode()
    count = len(labels.spec.action_units)
    values[:, :count] = labels.values[:, :count]
    return np.where(mask > 0, values, np.float32(np.nan))


def divided(rows: np.ndarray, spec: LabelSpec) -> Targets:
    """Splits rows of targets, float32 `(n, spec.width)`, into one array per head of a specification."""
    widths = {"action_units": len(spec.action_units), "valence_arousal": 2 * spec.valence_arousal,
              "expression": len(spec.expressions)}
    edges = np.cumsum(list(widths.values()))[:-1]
    return {name: part for name, part in zip(widths, np.split(rows, edges, axis=1)) if part.shape[1]}


# === Frameworks ===


def to_tf(stream: BatchStream) -> tf.data.Dataset:
    """Returns a `tf.data.Dataset` of the elements of a stream. Every pass over it is the next epoch."""
    try:
        with system.silenced():
            import tensorflow as tf
    except ImportError:
        raise CatganError("'to_tf' needs TensorFlow, which is not installed: pip install tensorflow.") from None
    side, passes = stream.dataset.image_size, itertools.count()
    images = tf.TensorSpec((None, side, side, stream.channels), tf.as_dtype(stream.dtype))
    targets = {name: tf.TensorSpec((None, part.shape[1]), tf.float32)
               for name, part in divided(np.empty((0, stream.spec.width), np.float32), stream.spec).items()}
    dataset = tf.data.Dataset.from_generator(lambda: stream.epoch(next(passes)), output_signature=(images, targets))
    batches = -(-stream.dataset.count(stream.split) // stream.batch_size)
    return dataset.apply(tf.data.experimental.assert_cardinality(batches)).prefetch(tf.data.AUTOTUNE)


def to_torch(stream: BatchStream) -> TorchStream:
    """Returns a PyTorch `IterableDataset` of the elements of a stream. Every pass over it is the next epoch.

    Raises:
        CatganError: PyTorch is not installed.
    """
    from catgan.data.torch_streaming import TorchStream

    return TorchStream(stream)
