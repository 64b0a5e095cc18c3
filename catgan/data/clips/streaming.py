"""Streams batches of windows to TensorFlow and PyTorch, shard by shard.

A video never lies in two shards, so the windows of a shard need no other shard. Only the pictures of windows that are
not complete yet are in memory, as PNG, however long the videos are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from catgan import random_streams
from catgan.data.clips.cuts import find_cuts
from catgan.data.clips.moments import Moments, no_videos, shard_moments
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track, tracks_of, warn_of
from catgan.data.clips.windows import cut_windows, no_windows
from catgan.data.shards import rows_of
from catgan.data.store import DualDataset
from catgan.data.streaming import ArraySpec, Face, Item, Stream, Targets, divided, faces_of
from catgan.errors import DataError
from catgan.labels import LabelSpec

Inputs = dict[str, np.ndarray]
Window = list[Face | None]
"""The faces of a window, None where the face is not seen."""

OPEN_SHARDS = 8
"""Number of shards that a shuffled stream reads in turn, so that a batch has windows of several videos."""


@dataclass(frozen=True)
class WindowStream(Stream[Window, Inputs]):
    """Streams windows of a split; see `Stream`.

    An element is `({"images", "seen"}, targets)`: images `(b, frames, side, side, channels)`, 0 where the face is not
    seen; seen, bool `(b, frames)`; targets of each head, float32 `(b, frames, k)`, NaN where unknown or not seen.

    Args:
        batch_size: windows per batch.
        buffer_size: windows in the shuffle buffer.
        options: of the windows.

    Raises:
        DataError: in an epoch: the split has no frames of videos, their times are unknown, a video lies in two shards,
            or no window has enough seen frames.
    """

    batch_size: int = 16
    buffer_size: int = 256
    options: ClipOptions = ClipOptions()

    def count(self) -> int:
        return sum(self._counts.values())

    def items(self, shards: Sequence[Path]) -> Iterator[Window]:
        filled = [shard for shard in shards if self._counts[shard]]
        return in_turn(map(self._windows, filled), OPEN_SHARDS if self.shuffle else 1)

    def element(self, items: Sequence[Window]) -> tuple[Inputs, Targets]:
        seen = np.array([[face is not None for face in window] for window in items], bool)
        faces = [face for window in items for face in window if face is not None]
        images = np.zeros((*seen.shape, *self.image_specs()[0][2:]), self.dtype)
        images[seen] = self.decoded([png for png, _ in faces])
        rows = np.full((*seen.shape, self.spec.width), np.nan, np.float32)
        rows[seen] = [row for _, row in faces]
        return {"images": images, "seen": seen}, divided(rows, self.spec)

    def input_specs(self) -> dict[str, ArraySpec]:
        return {"images": self.image_specs(), "seen": (self.leading(), "bool")}

    def leading(self) -> tuple[int | None, ...]:
        return None, self.options.frames

    @cached_property
    def _cuts(self) -> dict[Path, np.ndarray]:
        """The cuts of the rows of each shard, if they are wanted."""
        if not self.options.cuts:
            return {}
        cuts, shards = find_cuts(self.dataset, self.split, self.options.source_rate), self.shards()
        return dict(zip(shards, np.split(cuts, np.cumsum([rows_of(shard) for shard in shards])[:-1])))

    @cached_property
    def _counts(self) -> dict[Path, int]:
        """The number of windows of each shard."""
        counts, homes, grid, seen = {}, dict[str, Path](), 0, 0
        for shard in self.shards():
            moments = self._moments(shard)
            warn_of(moments, self.options)
            tracks = self._tracks(shard, moments)
            for video in {track.video for track in tracks}:
                if homes.setdefault(video, shard) != shard:
                    raise DataError(f"The video {video} lies in two shards of {self.dataset.folder}, "
                                    f"{homes[video].name} and {shard.name}, so its windows cannot be streamed. Build "
                                    "the data set again.")
            counts[shard] = len(cut_windows(tracks, self.options).rows)
            grid += sum(len(track.rows) for track in tracks)
            seen += sum(int((track.rows >= 0).sum()) for track in tracks)
        if self.shards() and not grid:
            raise no_videos(f"Split '{self.split}' of {self.dataset.folder}")
        if grid and not any(counts.values()):
            raise no_windows(str(self.dataset.folder), seen / grid, self.options)
        return counts

    def _moments(self, shard: Path) -> Moments:
        return shard_moments(self.dataset, shard, self.options.source_rate)

    def _tracks(self, shard: Path, moments: Moments) -> list[Track]:
        cuts = self._cuts[shard][moments.rows] if self.options.cuts else None
        return tracks_of(moments, self.options, cuts)

    def _windows(self, shard: Path) -> Iterator[Window]:
        """Yields the windows of a shard, each as soon as its last frame was read."""
        windows = cut_windows(self._tracks(shard, self._moments(shard)), self.options).rows
        last = windows.max(1)
        order = np.argsort(last, kind="stable")
        windows, last = windows[order], last[order]
        first = np.where(windows < 0, last[:, None], windows).min(1)
        oldest = np.minimum.accumulate(first[::-1])[::-1]  # the first row that this or a later window needs
        held: dict[int, Face] = {}
        number = 0
        for row, face in enumerate(faces_of(shard, self.spec, self.dataset.info["columns"])):
            if row >= oldest[number]:
                held[row] = face
            while last[number] == row:
                yield [held[place] if place >= 0 else None for place in windows[number].tolist()]
                number += 1
                if number == len(windows):
                    return
            while held and next(iter(held)) < oldest[number]:  # rows are held in rising order
                del held[next(iter(held))]


def window_stream_of(dataset: DualDataset, split: str, spec: LabelSpec | None, clips: ClipOptions, *,
                     seed: random_streams.Seed = 0, **options: Any) -> WindowStream:
    """Returns the stream of the windows of a split, by default with all labels of the data set; see `WindowStream`."""
    return WindowStream(dataset, split, spec or dataset.spec, seed=random_streams.seed_of(seed), options=clips,
                        **options)


def in_turn(streams: Iterable[Iterator[Item]], at_once: int) -> Iterator[Item]:
    """Takes items of several streams in turn, one of each; a stream that has ended is replaced by the next one."""
    waiting = iter(streams)
    running = deque(islice(waiting, at_once))
    while running:
        stream = running.popleft()
        for item in stream:
            yield item
            running.append(stream)
            break
        else:
            running.extend(islice(waiting, 1))
