"""Draws the figures of clips on a data set's card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from catgan.data.card.figures import decoded
from catgan.data.schema import SPLITS
from catgan.faces.images import grid, write_image

SHOWN_CLIPS = 12
SHOWN_FRAMES = 20


def strips(folder: Path, frames: int, path: Path) -> None:
    """Draws the first clips of a data set, one a row, at even steps of time; missing frames are white.

    Args:
        folder: of the data set, with its shards.
        frames: largest number of frames of a clip.
        path: of the picture.
    """
    paths = [shard for split in SPLITS for shard in sorted((folder / "shards").glob(f"{split}-*.parquet"))]
    shard = next(shard for shard in paths if pq.ParquetFile(shard).metadata.num_rows)
    table = next(pq.ParquetFile(shard).iter_batches(SHOWN_CLIPS * frames, columns=["image", "video", "frame"]))
    pictures = dict(zip(zip(table["video"].to_pylist(), table["frame"].to_pylist()), table["image"].to_pylist()))
    clips = list(dict.fromkeys(video for video, _ in pictures))[:SHOWN_CLIPS]
    shown = np.unique(np.linspace(0, frames - 1, min(frames, SHOWN_FRAMES)).round().astype(int)).tolist()
    white = np.full_like(decoded(next(iter(pictures.values()))["bytes"]), 255)
    rows = [decoded(pictures[clip, frame]["bytes"]) if (clip, frame) in pictures else white
            for clip in clips for frame in shown]
    write_image(path, grid(rows, columns=len(shown), gap=2))
