"""Opens data sets on disk: Parquet shards with one row per face, and `dataset.json`, which is written last."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from catgan import files
from catgan.data import predictions
from catgan.data.arrow_labels import labels_of
from catgan.data.schema import SPLITS, Info
from catgan.errors import CatganError, unknown_name
from catgan.facs import without_presence
from catgan.labels import Labels, LabelSpec

if TYPE_CHECKING:
    import tensorflow as tf

    from catgan.data.clip_scenes import ClipScenes
    from catgan.data.clips.dataset import Clips
    from catgan.data.clips.options import ClipOptions
    from catgan.data.scenes import Scenes
    from catgan.data.streaming import Elements, StreamOptions
    from catgan.data.torch_streaming import TorchStream
    from catgan.synthesis.scene import Sampler

FORMAT = 1


def picture(content: bytes, channels: int = 3) -> np.ndarray:
    """Decodes a stored PNG as uint8 `(h, w, 3)`, or `(h, w)` with one channel."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB" if channels == 3 else "L"))


def load_dataset(folder: str | os.PathLike) -> DualDataset:
    """Opens a finished data set. Raises `CatganError` if the folder is not one."""
    return DualDataset(folder)


class DualDataset:
    """Reads a data set on disk.

    Args:
        folder: a folder written by `catgan build` or `catgan render`.

    Raises:
        CatganError: no such folder, an unfinished build, or damaged files.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder).resolve()
        path = self.folder / "dataset.json"
        if not path.is_file():
            what = "does not exist" if not self.folder.exists() else "is not a catgan data set, or its build did not " \
                "finish: it holds no dataset.json"
            raise CatganError(f"{folder} {what}. Give a folder that 'catgan build' wrote.")
        try:
            self.info: Info = json.loads(path.read_text(encoding="utf-8"))
            if self.info["format"] != FORMAT:
                raise CatganError(f"{folder} has format {self.info['format']}; this version reads format {FORMAT}.")
            self.spec = LabelSpec.from_dict(self.info["labels"])
            self.image_size, counts = int(self.info["image_size"]), self.info["counts"]["splits"]
            self._counts = {split: int(counts.get(split, 0)) for split in SPLITS}
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, CatganError):
                raise
            raise CatganError(f"{path} is damaged: {type(error).__name__}: {error}.") from None

    def __len__(self) -> int:
        return sum(self._counts.values())

    def count(self, split: str) -> int:
        """Returns the number of faces in a split."""
        return sum(self._counts[name] for name in self._splits(split))

    def table(self, split: str = "all", columns: Sequence[str] | None = None) -> pa.Table:
        """Reads the rows of a split (`train`, `validation`, `test` or `all`), by default with all columns."""
        try:
            parts = [pq.read_table(path, columns=list(columns) if columns else None) for path in self.shards(split)]
        except (OSError, pa.ArrowException) as error:
            raise CatganError(f"A shard of {self.folder} is damaged: {' '.join(str(error).split())[:200]}.") from None
        return pa.concat_tables(parts)

    def labels(self, split: str = "all", spec: LabelSpec | None = None, predicted: bool = False) -> Labels:
        """Reads the labels of a split.

        Args:
            split: `train`, `validation`, `test` or `all`.
            spec: the labels to read; default: all of the data set (with `predicted`, `completed_spec`).
            predicted: if True, replaces unknown labels by the predictions of `catgan complete`, where there are any.
                Presence stays 0 or 1: it is 1 from a predicted probability of 0.5, or from a predicted intensity of
                `presence_from` in `dataset.json`. If False, returns annotated labels only.

        Raises:
            CatganError: `predicted` is True, and the data set has predictions of none of these labels.
        """
        spec = spec or (self.completed_spec if predicted else self.spec)
        known = [name for name in spec.columns
                 if name in self.spec.columns or without_presence(name) in self.info["columns"]]
        more = self._predicted_columns(spec) if predicted else []
        table = self.table(split, list(dict.fromkeys([*known, *more])) or ["id"])
        labels = labels_of(spec, table)
        if predicted:
            return predictions.filled(labels, table, float(self.info.get("presence_from", 1.0)))
        return labels

    def presences(self, split: str, spec: LabelSpec) -> Labels | None:
        """Reads the presence of Action Units whose intensity is unknown.

        Returns:
            Presence of the Action Units of `spec`, unknown where their intensity is known. None if no presence is
            left, or if `spec` has no intensities.
        """
        if spec.scale != "intensity" or not spec.action_units:
            return None
        presence = self.labels(split, LabelSpec(spec.action_units, "presence"))
        graded = self.labels(split, LabelSpec(spec.action_units, "intensity")).mask
        mask = presence.mask & ~graded
        return Labels(presence.spec, presence.values * mask, mask) if mask.any() else None

    @property
    def completed_spec(self) -> LabelSpec:
        """Returns the labels that are annotated or predicted. Raises `CatganError` if none are predicted."""
        if "completed" not in self.info:
            raise CatganError(f"{self.folder} holds no predictions, only labels as annotated. Make a copy that does: "
                              "catgan complete DIR RUN --out COPY.")
        return predictions.joined(self.spec, LabelSpec.from_dict(self.info["completed"]["labels"]))

    def _predicted_columns(self, spec: LabelSpec) -> list[str]:
        """Returns the columns of predictions for the labels of `spec`."""
        possible, stored = self.completed_spec, self.info["columns"]
        if not any(predictions.origin(name, stored) for name in spec.columns):
            raise CatganError(f"{self.folder} holds no prediction of any of {', '.join(spec.columns)}. "
                              f"It can give: {', '.join(possible.columns)}.")
        return predictions.needed(spec, stored)

    def subjects(self, split: str = "all") -> list[str]:
        """Returns the subject of each face, or the id of the face if the subject is unknown."""
        table = self.table(split, ["subject", "id"])
        return [subject or face for subject, face in zip(table["subject"].to_pylist(), table["id"].to_pylist())]

    @property
    def is_rendered(self) -> bool:
        """Returns True if `catgan render` made the faces, so that their `scenes` are known."""
        return bool(self._rendering)

    @property
    def has_rendered_clips(self) -> bool:
        """Returns True if `catgan render --clips` made the faces, so that `clip_scenes.clip_of` knows their layers."""
        return "render_clips" in self.info.get("plan", {})

    @property
    def _rendering(self) -> Info:
        """Returns the settings of a rendering of faces or of clips; empty if the faces were not rendered."""
        plan = self.info.get("plan", {})
        return plan.get("render") or plan.get("render_clips") or {}

    def scenes(self, split: str = "all") -> Scenes | ClipScenes:
        """Returns the scenes that the faces of a split were rendered from, in the order of its rows.

        Scenes of clips say what is visible; `true_valence` and `true_arousal` of a clip follow from its emotion alone.

        Raises:
            DataError: the faces were not rendered, or were rendered by a version with other random streams.
        """
        from catgan.data.clip_scenes import ClipScenes
        from catgan.data.scenes import Scenes

        return ClipScenes(self, split) if self.has_rendered_clips else Scenes(self, split)

    @property
    def sampler(self) -> Sampler | None:
        """Returns the sampler of the rendered people, of all versions; None if the faces were not rendered."""
        from catgan.synthesis.scene import Sampler

        settings = self._rendering
        return Sampler(settings["seed"], settings["subjects"]) if settings else None

    def clips(self, split: str = "all", options: ClipOptions | None = None) -> Clips:
        """Returns the clips of a split: tracks of faces through videos, and windows of them on a common time grid.

        Args:
            split: `train`, `validation`, `test` or `all`.
            options: length, frame rate and stride of the windows; default: `ClipOptions()`.

        Raises:
            DataError: the split has no frames of videos, or their times are unknown.
        """
        from catgan.data.clips.dataset import Clips
        from catgan.data.clips.options import ClipOptions

        return Clips(self, split, options or ClipOptions())

    def images(self, split: str = "all", channels: int = 3) -> np.ndarray:
        """Returns the faces of a split, uint8 `(n, side, side, channels)`, read-only and memory-mapped.

        The first call decodes them into `cache/` of the data set. If the data set is read-only, it decodes them into
        the user's cache folder (see `catgan.files.cache_folder`).
        """
        if channels not in (1, 3):
            raise CatganError(f"'channels' must be 1 or 3. Received: {channels}.")
        if not self.count(split):
            return np.empty((0, self.image_size, self.image_size, channels), np.uint8)
        path = self.cache_path(f"{split}-{channels}.npy")
        if not path.is_file():
            self._decode(split, channels, path)
        return np.load(path, mmap_mode="r", allow_pickle=False)

    def cache_path(self, name: str) -> Path:
        """Returns the path of a file that can be computed again.

        It lies in `cache/` of the data set or, if it is not there and the data set is read-only, in the user's cache
        folder.
        """
        name = f"{self.info['hash']}-{name}"
        path = self.folder / "cache" / name
        if not path.is_file() and not os.access(self.folder, os.W_OK):
            path = files.cache_folder("faces") / name
        return path

    def to_tf(self, split: str = "train", *, spec: LabelSpec | None = None, clips: ClipOptions | None = None,
              **options: Unpack[StreamOptions]) -> tf.data.Dataset:
        """Streams batches of a split as a `tf.data.Dataset`, ready for `keras.Model.fit`.

        Args:
            split: `train`, `validation`, `test` or `all`.
            spec: the labels to read; default: all of the data set.
            clips: if given, streams windows of videos instead of faces.
            **options: `batch_size=64`, `shuffle=True`, `seed=0`, `channels=3`, `dtype="uint8"`, `buffer_size=2048`, as
                in `catgan.data.streaming.Stream`. For clips they count windows: `batch_size=16`, `buffer_size=256`.

        Returns:
            Elements `(images, targets)`: images `(b, side, side, channels)`, and a dictionary of the heads in `spec`:
            `action_units` `(b, k)`, `valence_arousal` `(b, 2)`, `expression` `(b, classes)` one-hot. Targets are
            float32, NaN where a label is unknown. Every pass is another epoch, in an order that depends on `seed`.
            For clips, `({"images", "seen"}, targets)`: images `(b, frames, side, side, channels)`, seen bool
            `(b, frames)`, targets `(b, frames, k)`.

        Raises:
            CatganError: an argument out of range, or TensorFlow is not installed.
        """
        from catgan.data import streaming

        return streaming.to_tf(self._stream(split, spec, clips, options))

    def to_torch(self, split: str = "train", *, spec: LabelSpec | None = None, clips: ClipOptions | None = None,
                 **options: Unpack[StreamOptions]) -> TorchStream:
        """Streams batches of a split as a PyTorch `IterableDataset`; arguments and elements are those of `to_tf`.

        Use it as `DataLoader(dataset, batch_size=None, num_workers=n)`: the data set makes the batches itself, and
        divides the shards among the workers.

        Raises:
            CatganError: an argument out of range, or PyTorch is not installed.
        """
        from catgan.data import streaming

        return streaming.to_torch(self._stream(split, spec, clips, options))

    def _stream(self, split: str, spec: LabelSpec | None, clips: ClipOptions | None,
                options: StreamOptions) -> Elements:
        if clips is not None:
            from catgan.data.clips.streaming import window_stream_of

            return window_stream_of(self, split, spec, clips, **options)
        from catgan.data.streaming import stream_of

        return stream_of(self, split, spec, **options)

    def shards(self, split: str = "all") -> list[Path]:
        """Returns the Parquet files of a split, in order."""
        paths = [path for name in self._splits(split) for path in sorted((self.folder / "shards").glob(f"{name}-*"))]
        if not paths:
            raise CatganError(f"{self.folder} has no shards of split '{split}'.")
        return paths

    def _splits(self, split: str) -> tuple[str, ...]:
        if split not in (*SPLITS, "all"):
            raise unknown_name("split", split, (*SPLITS, "all"))
        return SPLITS if split == "all" else (split,)

    def _decode(self, split: str, channels: int, path: Path) -> None:
        shape = (self.count(split), self.image_size, self.image_size, channels)
        with files.atomic_path(path) as temporary:
            target = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
            row = 0
            for shard in self.shards(split):
                for batch in pq.ParquetFile(shard).iter_batches(512, columns=["image"]):
                    for image in batch["image"].to_pylist():
                        target[row] = picture(image["bytes"], channels).reshape(shape[1:])
                        row += 1
            target.flush()
