"""Attribution of the answer about a clip to moments, and to facial regions in time."""

from __future__ import annotations

from typing import Literal

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.explain.attribution import sequences
from catgan.explain.attribution.sequence_results import SequenceAttribution
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.outputs import SequenceModel, feature_output, pixel_output

METHODS = ("integrated_gradients", "temporal_occlusion")
INPUTS = ("features", "pixels")
PIXEL_BATCH_SIZE = 3
"""Clips whose frames go through the trunk at once."""


def attribute_clip(model: SequenceModel, clip: Clip, target: str, over: tuple[float, float] | None = None,
                   inputs: Literal["features", "pixels"] = "features", method: str = "integrated_gradients",
                   baseline: str | int | np.ndarray = "neutral", n_steps: int = sequences.N_STEPS,
                   seconds: float = sequences.WINDOW_SECONDS, verbose: bool = False) -> SequenceAttribution:
    """Attributes an output over a clip to its frames.

    Args:
        model: reads clips.
        clip: what it reads, at the model's rate and no longer than its window.
        target: an output, see `catgan.explain.clips.outputs.feature_output`.
        over: start and end in seconds of the frames over which the output is averaged; the clip when None.
        inputs: `"features"` of the trunk, which tells moments and is cheap; or `"pixels"`, which tells facial regions
            in time too.
        method: `"integrated_gradients"` or `"temporal_occlusion"`.
        baseline: `"neutral"`, the frame that is read as the most neutral, held still; or as
            `catgan.explain.attribution.sequences.baseline_sequence` takes it.
        n_steps: of Integrated Gradients.
        seconds: length of an occluded window.
        verbose: whether a progress bar is shown.

    Raises:
        CatganError: an unknown method, input, output or baseline, or a clip that is longer than the model's window.
    """
    if method not in METHODS:
        raise unknown_name("method of attribution over time", method, METHODS)
    if inputs not in INPUTS:
        raise unknown_name("input of an attribution over time", inputs, INPUTS)
    check_length(model, clip)
    frames = clip.seen if over is None else clip.between(*over)
    features = clip_features(model, clip)
    if isinstance(baseline, str) and baseline == "neutral":
        baseline = most_neutral(model, features, clip.seen)
    output = (feature_output if inputs == "features" else pixel_output)(model, target, clip.seen, frames)
    sequence = features if inputs == "features" else clip.images
    at_once = sequences.BATCH_SIZE if inputs == "features" else PIXEL_BATCH_SIZE
    if method == "temporal_occlusion":
        return sequences.temporal_occlusion(output, sequence, clip.seen, clip.times, baseline, target, seconds,
                                            batch_size=at_once)
    return sequences.integrated_gradients(output, sequence, clip.seen, clip.times, baseline, target, n_steps, at_once,
                                          verbose)


def clip_features(model: SequenceModel, clip: Clip) -> np.ndarray:
    """Computes the features of a clip, float32 `(t, f)`; 0 in frames that were not seen."""
    found = model.features(clip.images[clip.seen])
    features = np.zeros((len(clip), found.shape[1]), np.float32)
    features[clip.seen] = found
    return features


def check_length(model: SequenceModel, clip: Clip) -> None:
    """Raises `CatganError` if a clip is longer than the window of the model, which would read it in parts."""
    if len(clip) > model.frames:
        raise CatganError(f"A clip is explained within one window of the model, {model.frames} frames or "
                          f"{model.frames / model.rate:.1f} s. Received: {len(clip)} frames.")


def most_neutral(model: SequenceModel, features: np.ndarray, seen: np.ndarray) -> int:
    """Returns the number of the seen frame that is read as the most neutral.

    It is that of the highest probability of `neutral`; without such a class, that of the smallest valence and arousal,
    or else of the smallest Action Units.

    Args:
        model: reads clips.
        features: `(t, f)`.
        seen: bool `(t,)`.
    """
    read = model.read_features(features[None], seen[None])
    if "neutral" in model.spec.expressions:
        strength = -read["expression=neutral"][0]
    elif model.spec.valence_arousal:
        strength = np.hypot(read["valence"][0], read["arousal"][0])
    else:
        strength = np.sum([read[name][0] for name in model.spec.action_unit_columns], axis=0)
    return int(np.where(seen, strength, np.inf).argmin())
