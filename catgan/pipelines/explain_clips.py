"""Explains answers about clips: attribution over time and a counterfactual sequence, as files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

import catgan
from catgan import files, plots
from catgan.data.clips.options import ClipOptions
from catgan.data.store import DualDataset
from catgan.errors import CatganError, Failure, TargetError
from catgan.explain.attribution.sequence_results import SequenceAttribution
from catgan.explain.clips.attribution import attribute_clip, clip_features
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.counterfactual import counterfactual_sequence
from catgan.explain.clips.drawers import EditorClipDrawer
from catgan.explain.clips.figure import attribution_strip, counterfactual_strip, side_by_side
from catgan.explain.clips.questions import target_of
from catgan.explain.clips.result import FILE, CounterfactualSequence
from catgan.explain.clips.search import ClipSearchOptions
from catgan.explain.clips.sources import clip_of_track, exact_drawer, track_of
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.picture_sequences import write_pictures
from catgan.faces.videos import Video
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.models.sequence.model import ClipRecogniser
from catgan.pipelines.clips import grid_of
from catgan.pipelines.edit import NOTICE
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.row_tracks import row_tracks
from catgan.pipelines.videos import watch


@dataclass(frozen=True)
class ClipQuestion:
    """What is asked about a clip, and how.

    Args:
        target: see `catgan.explain.parse_target`.
        over, summary: see `catgan.explain.clips.questions.ask`.
        without: FACS numbers of Action Units that must not change.
        inputs: of the attribution: `"features"`, or `"pixels"`, which tells facial regions and takes a minute.
        options: of the search.
    """

    target: str
    over: str = "auto"
    summary: str = "auto"
    without: Sequence[int] = ()
    inputs: Literal["features", "pixels"] = "features"
    options: ClipSearchOptions = field(default_factory=ClipSearchOptions)


@dataclass(frozen=True)
class ClipExplanation:
    """Holds the answer about a clip.

    Args:
        counterfactual: the smallest change after which the answer changes.
        attribution: of the output in question to the frames.
    """

    counterfactual: CounterfactualSequence
    attribution: SequenceAttribution

    def to_dict(self) -> Figures:
        """Returns what JSON holds."""
        return {**self.counterfactual.to_dict(), "attribution": self.attribution.to_dict()}


def clip_of_video(model: ClipRecogniser, path: str | os.PathLike, face: int = 0, start: float | None = None) -> Clip:
    """Reads one window of a face of a video, as `catgan.pipelines.clips.predict_clip` reads it.

    Points of the time grid without a frame are not seen. A window never crosses a cut, nor a gap that ends a track.

    Args:
        model: reads clips; its rate and window are used.
        path: the video.
        face: number of the face by size; the largest is 0.
        start: seconds at which the window begins; None: where the strongest expression is read.

    Raises:
        CatganError: the file is no video, or does not show that face, or not after `start`.
    """
    failures: list[Failure] = []
    with FaceLandmarker() as landmarker:
        rows = watch(Video(Path(path)), landmarker, model.network.image_size, face, grid_of(model), failures)
        clips = tracks_of_rows(rows, model.rate, Path(path).name)
    if not clips:
        raise CatganError(f"{path}: {failures[0].reason if failures else 'no frame shows a face'}.")
    return one_window(model, clips, start)


def tracks_of_rows(rows: Iterable[FaceRow], rate: float, name: str = "") -> list[Clip]:
    """Makes a clip of each track of one face: frames on an even time grid, without a cut or a long gap.

    Args:
        rows: of a video, of one face, in order; the grid begins with the first.
        rate: points of the grid per second.
        name: of the video.
    """
    return [Clip(track.filled(lambda row: row.crop), track.seen, track.times, name) for track in row_tracks(rows, rate)]


def clip_of_dataset(model: ClipRecogniser, dataset: DualDataset, video: str, split: str = "test",
                    start: float | None = None) -> Clip:
    """Reads one window of a video of a data set; `start` and errors as `clip_of_video`."""
    clips = dataset.clips(split, ClipOptions(length=model.frames / model.rate, rate=model.rate))
    return one_window(model, [clip_of_track(clips, track_of(clips, video))], start)


def one_window(model: ClipRecogniser, clips: Sequence[Clip], start: float | None = None) -> Clip:
    """Cuts one window of a model out of the clips of a video.

    Args:
        model: reads clips.
        clips: of any length, one or more, in order.
        start: seconds at which the window begins; None: the window in which the expressions other than neutral are
            most probable, or valence and arousal largest.

    Raises:
        TargetError: no frame lies after `start`.
    """
    if start is None:
        return max((_strongest(model, clip) for clip in clips), key=lambda found: found[1])[0]
    for clip in clips:
        if clip.times[-1] >= start - 1e-9:
            return _window(model, clip, int(np.searchsorted(clip.times, start - 1e-9)))
    raise TargetError(f"No frame of {clips[-1].name} lies after {start:g} s. It ends at {clips[-1].times[-1]:.2f} s.")


def _strongest(model: ClipRecogniser, clip: Clip) -> tuple[Clip, float]:
    """Returns the window that shows the most, and how much that is."""
    read = model.read_track(clip_features(model, clip), clip.seen)
    strength = 1.0 - read["expression=neutral"] if "neutral" in model.spec.expressions else \
        np.hypot(read["valence"], read["arousal"]) if model.spec.valence_arousal else np.ones(len(clip))
    summed = np.concatenate([[0.0], np.cumsum(strength * clip.seen)])
    length = min(model.frames, len(clip))
    windows = summed[length:] - summed[:-length]
    first = int(windows.argmax())
    return _window(model, clip, first), float(windows[first])


def _window(model: ClipRecogniser, clip: Clip, first: int) -> Clip:
    part = slice(first, first + model.frames)
    return replace(clip, images=clip.images[part], seen=clip.seen[part], times=clip.times[part])


def explain_clip(model: ClipRecogniser, clip: Clip, question: ClipQuestion, gan: CatGAN | None = None,
                 dataset: DualDataset | None = None) -> ClipExplanation:
    """Attributes the answer about a clip to its frames, and finds the smallest change that changes the answer.

    Args:
        model: the explained model.
        clip: one window.
        question: what is asked.
        gan: a model with an editor, which draws the changes.
        dataset: of rendered clips, which are drawn exactly instead.

    Raises:
        CatganError: neither `gan` nor `dataset`, or as `counterfactual_sequence`.
    """
    if dataset is None and gan is None:
        raise CatganError("A model with an editor, or the data set of rendered clips, must draw the changes.")
    drawer = exact_drawer(dataset, clip) if dataset is not None else EditorClipDrawer(gan, clip) if gan else None
    assert drawer is not None
    found = counterfactual_sequence(model, clip, question.target, drawer, over=question.over, summary=question.summary,
                                    without=question.without, options=question.options)
    return ClipExplanation(found, _attribution(model, clip, question, found))


def _attribution(model: ClipRecogniser, clip: Clip, question: ClipQuestion,
                 found: CounterfactualSequence) -> SequenceAttribution:
    """Attributes what the frames in question show: their expression, or the first output that the target moves."""
    goal, times = target_of(model, question.target).goals[0], clip.times[found.frames]
    word = found.asked or goal.name
    output = goal.label.name if word is None else f"expression={word}"
    return attribute_clip(model, clip, output, (float(times[0]), float(times[-1])), question.inputs, verbose=True)


def save(explanation: ClipExplanation, folder: str | os.PathLike, model: str = "") -> None:
    """Writes `strip.png`, `side_by_side.mp4`, `attribution.png` and `.json`, and last `counterfactual_sequence.json`.

    Args:
        explanation: the answer.
        folder: is made if needed.
        model: names of the explained model and of the one that draws, for the provenance.
    """
    folder, found = Path(folder), explanation.counterfactual
    mark = {"notice": NOTICE, "model": model, "version": catgan.__version__}
    plots.save(counterfactual_strip(found), folder / "strip.png", mark)
    write_pictures(folder / "side_by_side.mp4", side_by_side(found), 1.0 / found.clip.step, NOTICE)
    plots.save(attribution_strip(explanation.attribution, found.clip), folder / "attribution.png")
    files.write_json(folder / "attribution.json", explanation.attribution.to_dict())
    files.write_json(folder / FILE, {**found.to_dict(), "provenance": mark})
