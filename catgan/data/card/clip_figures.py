"""Draws the figures of clips on a data set's card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from catgan import facs, plots
from catgan.data.card.figures import decoded
from catgan.data.schema import SPLITS
from catgan.faces.images import grid, write_image
from catgan.synthesis.clip_truth import ClipTruth
from catgan.synthesis.face_model import ACTION_UNITS

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


def layers(clip: ClipTruth, annotated: np.ndarray, path: Path) -> None:
    """Draws what one clip is made of: Action Units of its layers over time, valence and arousal.

    Args:
        clip: its truth.
        annotated: valence and arousal as annotated, `(frames, 2)`.
        path: of the picture.
    """
    blink = np.zeros_like(clip.emotion)
    blink[:, ACTION_UNITS.index(43)] = clip.blink
    parts = {"emotion": clip.emotion, "rest": np.broadcast_to(clip.rest, clip.emotion.shape),
             "speech": clip.speech, "blinks": blink, "visible": clip.visible}
    figure = plots.figure(11.0, 5.4)
    plan = figure.add_gridspec(2, len(parts), height_ratios=(3, 2))
    for place, (name, values) in enumerate(parts.items()):
        axes = figure.add_subplot(plan[0, place])
        axes.imshow(values.T, aspect="auto", vmin=-5, vmax=5, cmap="RdBu_r", interpolation="nearest",
                    extent=(clip.times[0], clip.times[-1], len(ACTION_UNITS) - 0.5, -0.5))
        axes.set_title(name, fontsize=9)
        axes.set_yticks(range(len(ACTION_UNITS)), map(facs.au_name, ACTION_UNITS) if not place else [], fontsize=6)
        axes.tick_params(labelsize=6)
    axes = figure.add_subplot(plan[1, :])
    for name, colour, true, said in zip(("valence", "arousal"), ("#1f4e79", "#d98c3f"), clip.valence_arousal.T,
                                        annotated.T):
        axes.plot(clip.times, true, "--", color=colour, lw=1, label=f"{name}, true")
        axes.plot(clip.times, said, color=colour, lw=1.6, label=f"{name}, annotated")
    shown = np.array([word != "neutral" for word in clip.expressions])
    axes.fill_between(clip.times, 0, 1, where=shown.tolist(), transform=axes.get_xaxis_transform(), color="#eeeeee",
                      label=next((word for word in clip.expressions if word != "neutral"), "neutral"))
    axes.fill_between(clip.times, 0, 0.04, where=(~clip.flaws.seen).tolist(), transform=axes.get_xaxis_transform(),
                      color="#b5534a", label="no face found")
    axes.set_xlabel("seconds")
    axes.set_ylim(-1.35, 1.05)
    axes.legend(fontsize=7, ncols=6, loc="lower center")
    plots.save(figure, path)
