"""Streams batches of a data set to TensorFlow and PyTorch.

Shards are read one after the other, so that the memory in use does not grow with the number of faces. Every element is
a pair `(images, targets)`, the input of `keras.Model.fit`. `catgan.data.clips.streaming` streams windows of videos.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypedDict, TypeVar

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
Inputs = TypeVar("Inputs")
Targets = dict[str, np.ndarray]
Element = tuple[np.ndarray, Targets]
Arrays = np.ndarray | dict[str, np.ndarray]
ArraySpec = tuple[tuple[int | None, ...], str]
"""Shape and type of an array; None for the number of faces in a batch."""
Face = tuple[bytes, np.ndarray]
"""Pair of a stored PNG and its row of `target_rows`."""
PixelType = Literal["uint8", "float32"]

ROWS_READ = 256
"""Number of rows that are read from a shard at once."""


class StreamOptions(TypedDict, total=False):
    """Lists the options of `Stream` that have a default."""

    batch_size: int
    shuffle: bool
    seed: random_streams.Seed
    channels: int
    dtype: PixelType
    buffer_size: int


class Elements(Protocol):
    """What TensorFlow and PyTorch read of a stream."""

    @property
    def batch_size(self) -> int: ...

    def count(self) -> int: ...

    def epoch(self, number: int, worker: int = 0, workers: int = 1) -> Iterator[tuple[Arrays, Targets]]: ...

    def input_specs(self) -> ArraySpec | dict[str, ArraySpec]: ...

    def target_specs(self) -> dict[str, ArraySpec]: ...


@dataclass(frozen=True)
class Stream(Generic[Item, Inputs]):
    """Streams batches of a split, shard by shard.

    Args:
        dataset: a data set written by `catgan build` or `catgan render`.
        split: `train`, `validation`, `test` or `all`.
        spec: the labels to read.
        batch_size: items per batch; the last batch of an epoch may be smaller.
        shuffle: if True, each epoch has another order: shards are shuffled, and their items pass through a buffer.
        seed: of the order, 0 or more.
        channels: 1 (grey) or 3 (colour).
        dtype: `uint8`, or `float32` for pixels in [-1, 1].
        buffer_size: items in the shuffle buffer, as PNG. An item can move forward by at most this many items. A larger
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

    def __post_init__(self) -> None:
        self.dataset.count(self.split)
        if self.channels not in (1, 3):
            raise CatganError(f"'channels' must be 1 or 3. Received: {self.channels}.")
        if self.dtype not in ("uint8", "float32"):
            raise unknown_name("pixel type", self.dtype, ("uint8", "float32"))
        if self.batch_size < 1 or self.buffer_size < 1:
            raise CatganError("'batch_size' and 'buffer_size' must be 1 or more. "
                              f"Received: {self.batch_size} and {self.buffer_size}.")

    def epoch(self, number: int, worker: int = 0, workers: int = 1) -> Iterator[tuple[Inputs, Targets]]:
        """Reads one epoch.

        Args:
            number: of the epoch, from 0. With `shuffle`, the order depends on it and on `seed`.
            worker, workers: index of this reader and number of readers. It reads every `workers`-th shard, starting
                at shard number `worker`.

        Yields:
            Inputs of a network, and targets as in `targets_of`; new arrays each time.

        Raises:
            DataError: a damaged shard or picture.
        """
        shards = self.shards()
        if self.shuffle:
            order = random_streams.generator("streamed_shards", self.seed, number).permutation(len(shards))
            shards = [shards[index] for index in order]
        items = self.items(shards[worker::workers])
        if self.shuffle:
            random = random_streams.generator("streamed_faces", self.seed, number, worker)
            items = shuffled(items, random, self.buffer_size)
        while batch := list(itertools.islice(items, self.batch_size)):
            yield self.element(batch)

    def shards(self) -> list[Path]:
        """Returns the shards of the split; none if it is empty."""
        return self.dataset.shards(self.split) if self.dataset.count(self.split) else []

    def count(self) -> int:
        """Returns the number of items of an epoch."""
        raise NotImplementedError

    def items(self, shards: Sequence[Path]) -> Iterator[Item]:
        """Yields the items of shards."""
        raise NotImplementedError

    def element(self, items: Sequence[Item]) -> tuple[Inputs, Targets]:
        """Makes a batch of items."""
        raise NotImplementedError

    def input_specs(self) -> ArraySpec | dict[str, ArraySpec]:
        """Returns shape and type of the inputs."""
        raise NotImplementedError

    def target_specs(self) -> dict[str, ArraySpec]:
        """Returns shape and type of the targets of each head."""
        heads = divided(np.empty((0, self.spec.width), np.float32), self.spec)
        return {name: (self.leading() + (part.shape[1],), "float32") for name, part in heads.items()}

    def leading(self) -> tuple[int | None, ...]:
        """Returns the dimensions of an array before those of a face."""
        return (None,)

    def image_specs(self) -> ArraySpec:
        """Returns shape and type of the pictures."""
        side = self.dataset.image_size
        return (*self.leading(), side, side, self.channels), self.dtype

    def decoded(self, pictures: Sequence[bytes]) -> np.ndarray:
        """Decodes pictures as `(n, side, side, channels)`. Raises `DataError` if one is damaged."""
        side = self.dataset.image_size
        images = np.empty((len(pictures), side, side, self.channels), np.uint8)
        for image, png in zip(images, pictures):
            try:
                image[:] = store.picture(png, self.channels).reshape(image.shape)
            except (OSError, SyntaxError, ValueError, TypeError) as error:
                raise DataError(f"A picture of {self.dataset.folder} is damaged: {' '.join(str(error).split())}.") \
                    from None
        return images if self.dtype == "uint8" else images / np.float32(127.5) - np.float32(1.0)


class BatchStream(Stream[Face, np.ndarray]):
    """Streams faces: images `(b, side, side, channels)`, and targets as in `targets_of`; see `Stream`."""

    def count(self) -> int:
        return self.dataset.count(self.split)

    def items(self, shards: Sequence[Path]) -> Iterator[Face]:
        return itertools.chain.from_iterable(
            faces_of(shard, self.spec, self.dataset.info["columns"]) for shard in shards)

    def element(self, items: Sequence[Face]) -> Element:
        return self.decoded([png for png, _ in items]), divided(np.stack([row for _, row in items]), self.spec)

    def input_specs(self) -> ArraySpec:
        return self.image_specs()


def faces_of(shard: Path, spec: LabelSpec, stored: Sequence[str]) -> Iterator[Face]:
    """Yields the rows of a shard, of which `ROWS_READ` are in memory.

    Args:
        shard: the Parquet file.
        spec: the labels to read.
        stored: columns of the data set.
    """
    for batch in scan([shard], ["image", *label_columns(spec, stored)], ROWS_READ):
        rows = target_rows(labels_of(spec, batch))
        pictures = batch.column("image").field("bytes")
        yield from ((png.as_py(), row) for png, row in zip(pictures, rows))


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
    """Splits rows of targets, float32 `(..., spec.width)`, into one array per head of a specification."""
    widths = {"action_units": len(spec.action_units), "valence_arousal": 2 * spec.valence_arousal,
              "expression": len(spec.expressions)}
    edges = np.cumsum(list(widths.values()))[:-1]
    return {name: part for name, part in zip(widths, np.split(rows, edges, axis=-1)) if part.shape[-1]}


# === Frameworks ===


def to_tf(stream: Elements) -> tf.data.Dataset:
    """Returns a `tf.data.Dataset` of the elements of a stream. Every pass over it is the next epoch."""
    try:
        with system.silenced():
            import tensorflow as tf
    except ImportError:
        raise CatganError("'to_tf' needs TensorFlow, which is not installed: pip install tensorflow.") from None

    def signature(spec: ArraySpec | dict[str, ArraySpec]) -> tf.TensorSpec | dict[str, tf.TensorSpec]:
        if isinstance(spec, dict):
            return {name: tf.TensorSpec(*part) for name, part in spec.items()}
        return tf.TensorSpec(*spec)

    passes = itertools.count()
    signatures = (signature(stream.input_specs()), signature(stream.target_specs()))
    dataset = tf.data.Dataset.from_generator(lambda: stream.epoch(next(passes)), output_signature=signatures)
    batches = -(-stream.count() // stream.batch_size)
    return dataset.apply(tf.data.experimental.assert_cardinality(batches)).prefetch(tf.data.AUTOTUNE)


def to_torch(stream: Elements) -> TorchStream:
    """Returns a PyTorch `IterableDataset` of the elements of a stream. Every pass over it is the next epoch.

    Raises:
        CatganError: PyTorch is not installed.
    """
    from catgan.data.torch_streaming import TorchStream

    return TorchStream(stream)
