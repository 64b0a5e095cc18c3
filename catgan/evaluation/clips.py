"""Predicts and evaluates the frames of the videos of a data set with a model of clips."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from catgan.data.batches import releaser
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.tracks import Track, find_tracks
from catgan.data.clips.windows import Windows, average_windows, cut_windows
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.labels import LabelSpec
from catgan.metrics import plane
from catgan.metrics.figures import Figures
from catgan.metrics.sequences import evaluate_sequences, is_known
from catgan.system import progress_bar

FACES = 512
"""Faces in memory at once while features are computed."""
WINDOWS = 64
"""Windows that are read at once."""
Columns = dict[str, np.ndarray]
"""Predictions `(n,)` by column."""


class ClipModel(Protocol):
    """What a model of clips offers here; `catgan.models.sequence` has such models.

    Attributes:
        rate, frames: frames per second, and per window.
        spec: its labels.
        thresholds: per FACS number, the value from which the AU counts as present.
    """

    rate: float
    frames: int
    spec: LabelSpec
    thresholds: Mapping[int, float]

    @property
    def causal(self) -> bool:
        """Tells whether the answer for a frame depends on no later frame."""

    def features(self, images: np.ndarray) -> np.ndarray:
        """Computes the features of aligned faces uint8 `(n, side, side, 3)`, `(n, f)`."""

    def read_features(self, features: np.ndarray, seen: np.ndarray) -> Columns:
        """Reads windows of features `(b, t, f)` of which frames are `seen` `(b, t)`: columns `(b, t)`."""


class CutSplit(NamedTuple):
    """A split of a data set, cut into windows.

    Attributes:
        tracks, windows: see `catgan.data.clips`.
        total: number of rows of the split.
    """

    tracks: list[Track]
    windows: Windows
    total: int


def predict_clips(model: ClipModel, dataset: DualDataset, split: str = "test", options: ClipOptions | None = None,
                  features: np.ndarray | None = None) -> Columns:
    """Predicts the labels of the frames of a split.

    Args:
        model: the model of clips.
        dataset: with frames of videos.
        split: `train`, `validation`, `test` or `all`.
        options: how windows are cut. By default windows of the model's length and rate that overlap by half, and every
            frame that lies on the grid is answered.
        features: of the rows of the split, `(n, f)`; computed where not given.

    Returns:
        Columns `(n,)` as `ClipRecogniser.predict` gives them for each track: averaged over the windows that contain the
        frame; of a causal model, from the window with the longest past. NaN, and None of `expression`, for rows that
        lie between two points of the time grid.

    Raises:
        DataError: the split has no frames of videos, or the options have another rate than the model.
    """
    cut = cut_split(model, dataset, split, options)
    features = split_features(model, dataset, split) if features is None else features
    return on_rows(read_windows(model, features, cut.windows.rows), cut, model.spec, model.causal)


def evaluate_clips(model: ClipModel, dataset: DualDataset, split: str = "test", options: ClipOptions | None = None,
                   draws: int = 200, predicted: Columns | None = None) -> Figures:
    """Measures a model of clips on the frames of a split.

    Args:
        model, dataset, split, options: as in `predict_clips`.
        draws: of the bootstrap over subjects (videos, where subjects are unknown); 0 leaves the intervals out, which
            is faster.
        predicted: the predictions, where they are known already.

    Returns:
        The result of `catgan evaluate`: see `catgan.metrics.sequences.evaluate_sequences`, with `n` frames, `split`,
        `dataset` and `seconds`; unless `draws` is 0, also `plane`, see `expression_plane`.
    """
    started = time.perf_counter()
    predicted = predict_clips(model, dataset, split, options) if predicted is None else predicted
    result = evaluate_predictions(model, dataset, split, predicted, draws)
    return {**result, "n": dataset.count(split), "split": split, "dataset": dataset.info["name"],
            "seconds": round(time.perf_counter() - started, 2)}


def evaluate_predictions(model: ClipModel, dataset: DualDataset, split: str, predicted: Columns,
                         draws: int = 200) -> Figures:
    """Measures predictions of the rows of a split; see `evaluate_clips`."""
    videos, groups = videos_and_groups(dataset, split)
    result = evaluate_sequences(dataset.labels(split, model.spec), predicted, model.thresholds, videos, groups, draws,
                                dataset.presences(split, model.spec))
    if model.spec.expressions and draws:
        result["plane"] = expression_plane(model.spec, dataset, split, predicted, result["expression"]["confusion"])
    return result


def expression_plane(spec: LabelSpec, dataset: DualDataset, split: str, predicted: Columns,
                     confusion: Sequence[Sequence[int]]) -> Figures | None:
    """Computes where true classes lie in the valence-arousal plane, and which of them are confused.

    Returns:
        `true` and `predicted`: per true class the position of its annotated, and of its predicted, valence and arousal
        (`catgan.metrics.plane.positions`), over frames with an answer; `predicted` is empty for a model that predicts
        none. `confusions`: see `catgan.metrics.plane.largest_confusions`. None where no frame knows all three labels.
    """
    truth = dataset.labels(split, LabelSpec(valence_arousal=True, expressions=spec.expressions))
    (valence, arousal, classes), mask = truth.values.T, truth.mask.all(1) & is_known(predicted["expression"])
    if not mask.any():
        return None
    names = spec.expressions
    said: dict[str, Figures] = {}
    if spec.valence_arousal:  # which may be delayed by more than the classes, and so unanswered
        said = plane.positions(classes, predicted["valence"], predicted["arousal"],
                               mask & is_known(predicted["valence"]) & is_known(predicted["arousal"]), names)
    return {"true": plane.positions(classes, valence, arousal, mask, names), "predicted": said,
            "confusions": plane.largest_confusions(np.asarray(confusion), names)}


def videos_and_groups(dataset: DualDataset, split: str) -> tuple[list[str], list[str]]:
    """Returns per row its video, and what intervals draw: its subject, else its video. A photograph has its id."""
    table = dataset.table(split, ["id", "video", "subject"])
    faces, videos, subjects = (table[name].to_pylist() for name in ("id", "video", "subject"))
    return ([video or face for video, face in zip(videos, faces)],
            [subject or video or face for subject, video, face in zip(subjects, videos, faces)])


def cut_split(model: ClipModel, dataset: DualDataset, split: str, options: ClipOptions | None = None) -> CutSplit:
    """Cuts a split into windows for a model. Raises `DataError` where the options have another rate."""
    options = options or model_options(model)
    if options.rate != model.rate:
        raise DataError(f"The model reads {model.rate:g} frames per second. Received: {options.rate:g}.")
    tracks = find_tracks(dataset, split, options)
    return CutSplit(tracks, cut_windows(tracks, options), dataset.count(split))


def model_options(model: ClipModel, source_rate: float | None = None) -> ClipOptions:
    """Returns the windows of a model: its length and rate, half overlapping, also those with few seen frames.

    Args:
        model: the model of clips.
        source_rate: frames per second of videos whose frames have no time.
    """
    return ClipOptions(model.frames / model.rate, model.rate, max(model.frames // 2, 1) / model.rate,
                       source_rate=source_rate, min_seen=0.0)


def split_features(model: ClipModel, dataset: DualDataset, split: str) -> np.ndarray:
    """Computes the features of all rows of a split, float32 `(n, f)`."""
    return np.concatenate([part[:, 0] for part in feature_batches(model, dataset.images(split, 3))])


def feature_batches(model: ClipModel, images: np.ndarray, mirrored: bool = False) -> Iterator[np.ndarray]:
    """Computes the features of faces uint8 `(n, side, side, 3)` in batches, which memory can hold.

    Args:
        model: computes the features.
        images: may be memory-mapped.
        mirrored: also compute the features of the faces flipped left to right.

    Yields:
        `(m, 1 or 2, f)`: of the faces as they are, and flipped. One empty batch where there are no faces.
    """
    let_go = releaser(images)
    for start in progress_bar(range(0, max(len(images), 1), FACES), "features", unit=f"x {FACES} faces"):
        part = images[start:start + FACES]
        views = (part, part[:, :, ::-1]) if mirrored else (part,)
        yield np.stack([model.features(view) for view in views], axis=1)
        let_go()


def read_windows(model: ClipModel, features: np.ndarray, rows: np.ndarray) -> Columns:
    """Reads windows of rows `(n, frames)`, -1 = not seen: columns `(n, frames)`."""
    parts = []
    for start in range(0, max(len(rows), 1), WINDOWS):
        part = rows[start:start + WINDOWS]
        seen = part >= 0
        parts.append(model.read_features(np.where(seen[..., None], features[np.maximum(part, 0)], 0), seen))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def on_rows(read: Columns, cut: CutSplit, spec: LabelSpec, causal: bool) -> Columns:
    """Joins what was read from windows, and lays it out by the rows of the split: columns `(n,)`.

    Values and variances are averaged over windows; of a causal model the earliest window is taken.
    """
    names = [name for name in read if name not in ("expression", "expression_probability")]
    power = np.array([2.0 if name.endswith("_std") else 1.0 for name in names])
    answers = np.stack([read[name] for name in names], axis=-1).astype(np.float64) ** power
    if causal:
        answers[_answered_before(cut.windows)] = np.nan
    values = np.full((cut.total, len(names)), np.nan)
    for track, mean in zip(cut.tracks, average_windows(answers, cut.windows, cut.tracks)):
        values[track.rows[track.rows >= 0]] = mean[track.rows >= 0]
    return with_expression(dict(zip(names, (values ** (1 / power)).T)), spec)


def with_expression(columns: Columns, spec: LabelSpec) -> Columns:
    """Adds `expression` (name, or None) and `expression_probability` from the probabilities of the classes."""
    if not spec.expressions:
        return columns
    shares = np.stack([columns[f"expression={name}"] for name in spec.expressions], axis=-1)
    known, largest = np.isfinite(shares).all(-1), np.argmax(shares, axis=-1)
    names = [spec.expressions[place] if answered else None for place, answered in zip(largest, known)]
    return {**columns, "expression": np.array(names, object), "expression_probability": shares.max(-1)}


def _answered_before(windows: Windows) -> np.ndarray:
    """Tells which frames of windows an earlier window of the track has, bool `(n, frames)`."""
    frames = windows.rows.shape[1]
    overlap = np.zeros(len(windows.rows), np.int64)
    same = windows.tracks[1:] == windows.tracks[:-1]
    overlap[1:] = np.where(same, windows.starts[:-1] + frames - windows.starts[1:], 0)
    return np.arange(frames) < overlap[:, None]
