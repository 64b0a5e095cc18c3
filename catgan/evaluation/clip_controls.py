"""Controls of models of clips: what becomes of their answers when the order of frames, or frames, are taken away.

A model that uses time falls when the frames of a window are shuffled or stand still; a model of single frames does not.
Frames are exchanged after their features are computed, so a control costs as much as reading the temporal network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from catgan import random_streams
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track
from catgan.data.clips.windows import Windows, cut_windows
from catgan.data.store import DualDataset
from catgan.evaluation.clips import (ClipModel, Columns, CutSplit, cut_split, evaluate_predictions, model_options,
                                     on_rows, read_windows, split_features)
from catgan.evaluation.delay import hidden
from catgan.metrics.figures import Figures

MISSING = (0.1, 0.3, 0.5)
"""Shares of frames that are taken away."""
FROZEN_STRIDE = 4
"""Frames between the windows whose middle frame is repeated."""


def clip_controls(model: ClipModel, dataset: DualDataset, split: str = "test", options: ClipOptions | None = None,
                  seed: int = 0, draws: int = 0) -> dict[str, Figures]:
    """Measures a model on the changed frames of a split.

    Args:
        model: the model of clips.
        dataset: with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        options: how windows are cut.
        seed: of the order of frames, and of missing ones.
        draws: of the bootstrap; 0 leaves the intervals out.

    Returns:
        Per control (`shuffled`, `frozen`, `missing 10 %` ...) `as_is` and `changed`: the figures of
        `catgan.metrics.sequences.evaluate_sequences` on the same rows, before and after the change.
    """
    options = options or model_options(model)
    features, cut = split_features(model, dataset, split), cut_split(model, dataset, split, options)
    as_is = on_rows(read_windows(model, features, cut.windows.rows), cut, model.spec, model.causal)
    changed = {"shuffled": shuffled(model, features, cut, seed), "frozen": frozen(model, features, cut, options)}
    for share in MISSING:
        changed[f"missing {100 * share:.0f} %"] = with_missing(model, features, cut, options, share, seed)
    return {name: {title: evaluate_predictions(model, dataset, split, columns, draws)
                   for title, columns in (("as_is", _same_rows(as_is, answers)), ("changed", answers))}
            for name, answers in changed.items()}


def shuffled(model: ClipModel, features: np.ndarray, cut: CutSplit, seed: int) -> Columns:
    """Reads windows whose seen frames are in a random order; each answer is that of its own frame."""
    random = random_streams.generator("shuffled_frames", seed)
    order = np.tile(np.arange(cut.windows.rows.shape[1]), (len(cut.windows.rows), 1))
    for window, rows in enumerate(cut.windows.rows):
        seen = np.flatnonzero(rows >= 0)
        order[window, seen] = random.permutation(seen)
    read = read_windows(model, features, np.take_along_axis(cut.windows.rows, order, 1))
    back = np.argsort(order, axis=1)
    restored = {name: np.take_along_axis(values, back, 1) for name, values in read.items()}
    return on_rows(restored, cut, model.spec, model.causal)


def frozen(model: ClipModel, features: np.ndarray, cut: CutSplit, options: ClipOptions) -> Columns:
    """Reads windows in which the middle frame is repeated; only middle frames have an answer."""
    windows = cut_windows(cut.tracks, replace(options, stride=min(FROZEN_STRIDE / options.rate, options.length)))
    middle = windows.rows.shape[1] // 2
    seen = windows.rows[:, middle] >= 0
    windows = Windows(windows.rows[seen], windows.tracks[seen], windows.starts[seen])
    alone = np.full(windows.rows.shape, -1, np.int64)
    alone[:, middle] = windows.rows[:, middle]
    read = read_windows(model, features, np.repeat(windows.rows[:, [middle]], windows.rows.shape[1], axis=1))
    return on_rows(read, CutSplit(cut.tracks, windows._replace(rows=alone), cut.total), model.spec, causal=False)


def with_missing(model: ClipModel, features: np.ndarray, cut: CutSplit, options: ClipOptions, share: float,
                 seed: int) -> Columns:
    """Reads windows of which a random share of the seen frames is missing; the others have an answer."""
    lost = random_streams.generator("missing_frames", seed).random(cut.total) < share
    tracks = [_without(track, lost) for track in cut.tracks]
    windows = cut_windows(tracks, options)
    read = read_windows(model, features, windows.rows)
    return on_rows(read, CutSplit(tracks, windows, cut.total), model.spec, model.causal)


def table(controls: Mapping[str, Figures]) -> str:
    """Formats the result of `clip_controls` as Markdown: macro-F1 and CCC before and after each change."""
    lines = ["| frames | n | macro-F1 | CCC valence | CCC arousal |", "|---|---|---|---|---|"]
    for name, found in controls.items():
        cells = [_change(found, *where) for where in (("expression", "macro_f1"), ("valence", "ccc"),
                                                      ("arousal", "ccc"))]
        part = next(part for part in ("expression", "valence", "action_units") if part in found["changed"])
        count = found["changed"][part].get("n", "")
        lines.append(f"| {name} | {count} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _change(found: Figures, part: str, key: str) -> str:
    pair = [found[title].get(part, {}).get(key) for title in ("as_is", "changed")]
    return "-" if None in pair else f"{pair[0]:.3f} -> {pair[1]:.3f}"


def _without(track: Track, lost: np.ndarray) -> Track:
    return track._replace(rows=np.where((track.rows >= 0) & lost[track.rows], -1, track.rows))


def _same_rows(columns: Columns, answers: Columns) -> Columns:
    return {name: hidden(values, answers[name]) for name, values in columns.items()}
