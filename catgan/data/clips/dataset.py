"""Gives the windows of a split with pictures and labels, from a memory map."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catgan.data.batches import releaser
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import find_tracks
from catgan.data.clips.windows import Windows, cut_windows, no_windows
from catgan.labels import Labels, LabelSpec

if TYPE_CHECKING:
    from catgan.data.store import DualDataset


class ClipBatch(NamedTuple):
    """Holds windows with pictures and labels.

    Attributes:
        images: uint8 `(b, frames, side, side, 3)`, 0 where the face is not seen.
        values, mask: float32 `(b, frames, spec.width)`, see `Labels.encode`; 0 where the face is not seen.
        seen: bool `(b, frames)`.
    """

    images: np.ndarray
    values: np.ndarray
    mask: np.ndarray
    seen: np.ndarray


class Clips:
    """Reads the windows of a split. Pictures stay in a memory map, so memory does not grow with their number.

    Args:
        dataset: a data set with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        options: see `ClipOptions`.

    Raises:
        DataError: see `find_tracks`; or there are tracks, but no window of which enough is seen.

    Attributes:
        tracks: the tracks, as `find_tracks` gives them.
        windows: their windows, as `cut_windows` gives them.
    """

    def __init__(self, dataset: DualDataset, split: str, options: ClipOptions):
        self.dataset, self.split, self.options = dataset, split, options
        self.tracks = find_tracks(dataset, split, options)
        self.windows: Windows = cut_windows(self.tracks, options)
        self._last: tuple[LabelSpec, tuple[np.ndarray, np.ndarray]] | None = None
        if self.tracks and not len(self):
            rows = np.concatenate([track.rows for track in self.tracks])
            raise no_windows(str(dataset.folder), float((rows >= 0).mean()), options)

    def __len__(self) -> int:
        """Returns the number of windows."""
        return len(self.windows.rows)

    @property
    def subjects(self) -> list[str]:
        """The person of each track; the video where the person is unknown."""
        return [track.subject for track in self.tracks]

    @cached_property
    def images(self) -> np.ndarray:
        """The pictures of the split by row, uint8 `(rows, side, side, 3)`, memory-mapped; see `DualDataset.images`."""
        return self.dataset.images(self.split, 3)

    def labels(self, spec: LabelSpec | None = None) -> Labels:
        """Returns the labels of the split by row, by default all of the data set."""
        return self.dataset.labels(self.split, spec)

    def batch(self, indices: np.ndarray, spec: LabelSpec | None = None) -> ClipBatch:
        """Reads some windows.

        Args:
            indices: int `(b,)`, numbers of windows.
            spec: the labels to read; default: all of the data set.
        """
        rows = self.windows.rows[indices]
        seen = rows >= 0
        images = np.zeros((*rows.shape, *self.images.shape[1:]), np.uint8)
        images[seen] = self._pictures(rows[seen])
        values, mask = (np.where(seen[..., None], part[rows], np.float32(0)) for part in self._encoded(spec))
        return ClipBatch(images, values, mask, seen)

    def _pictures(self, rows: np.ndarray) -> np.ndarray:
        different, places = np.unique(rows, return_inverse=True)  # sorted, so that the file is read in order
        found = self.images.view(np.ndarray)[different]
        releaser(self.images)()
        return found[places]

    def _encoded(self, spec: LabelSpec | None) -> tuple[np.ndarray, np.ndarray]:
        spec = spec or self.dataset.spec
        if self._last is None or self._last[0] != spec:
            self._last = spec, self.labels(spec).encode()
        return self._last[1]
