"""Attribution of one output of a model on sequences to frames: Integrated Gradients and temporal occlusion.

A sequence is any array `(t, ...)`: features of frames `(t, f)`, pictures `(t, side, side, 3)`, landmarks. The output is
a `ScalarModel` of batches of sequences, see `catgan.explain.clips.outputs`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.explain.attribution.baselines import blurred, checked_steps
from catgan.explain.attribution.outputs import ScalarModel, evaluate
from catgan.explain.attribution.paths import gradient_share, integrate, straight_path
from catgan.explain.attribution.sequence_results import SequenceAttribution
from catgan.faces.regions import face_regions
from catgan.system import progress_bar

N_STEPS = 50
"""Steps of a path, which the sequences along it share passes for."""
BATCH_SIZE = 17
"""Sequences that go through the model at once."""
WINDOW_SECONDS = 0.4
"""Length of an occluded window: about one onset of an expression."""
BASELINES = ("first", "blurred")


def baseline_sequence(sequence: np.ndarray, seen: np.ndarray, baseline: str | int | np.ndarray = "first") -> np.ndarray:
    """Makes the sequence that an attribution compares with, float64 `(t, ...)`.

    Frames that were not seen are equal in both sequences, so that their attribution is 0.

    Args:
        sequence: `(t, ...)`.
        seen: bool `(t,)`.
        baseline: `"first"`, the first seen frame held still; the number of a frame to hold still, such as a neutral
            one; `"blurred"`, for pictures; one frame `(...)` for all, such as the mean of training features; or a
            sequence `(t, ...)`.

    Raises:
        CatganError: an unknown name, a frame that was not seen, another shape, or no frame seen.
    """
    sequence, seen = np.asarray(sequence, np.float64), np.asarray(seen, bool)
    if seen.shape != sequence.shape[:1] or not seen.any():
        raise CatganError(f"A sequence needs a frame that was seen, and 'seen' of shape {sequence.shape[:1]}. "
                          f"Received: {int(seen.sum())} seen of shape {seen.shape}.")
    start = np.broadcast_to(_frames(sequence, seen, baseline), sequence.shape)
    return np.where(seen.reshape(-1, *[1] * (sequence.ndim - 1)), start, sequence)


def _frames(sequence: np.ndarray, seen: np.ndarray, baseline: str | int | np.ndarray) -> np.ndarray:
    if isinstance(baseline, str):
        if baseline not in BASELINES or baseline == "blurred" and sequence.ndim != 4:
            raise unknown_name("baseline of a sequence", baseline, BASELINES[:2 if sequence.ndim == 4 else 1])
        return sequence[seen.argmax()] if baseline == "first" else np.stack([blurred(frame) for frame in sequence])
    if isinstance(baseline, (int, np.integer)):
        if not 0 <= baseline < len(sequence) or not seen[baseline]:
            raise CatganError(f"The frame that is held still must be one of those that were seen, 0..{len(seen) - 1}. "
                              f"Received: {baseline}.")
        return sequence[baseline]
    given = np.asarray(baseline, np.float64)
    if given.shape not in (sequence.shape, sequence.shape[1:]):
        raise CatganError(f"The baseline must have the shape {sequence.shape} or {sequence.shape[1:]}. "
                          f"Received: {given.shape}.")
    return given


def integrated_gradients(output: ScalarModel, sequence: np.ndarray, seen: np.ndarray, times: np.ndarray,
                         baseline: str | int | np.ndarray = "first", target: str = "", n_steps: int = N_STEPS,
                         batch_size: int = BATCH_SIZE, verbose: bool = False) -> SequenceAttribution:
    """Attributes an output to frames by Integrated Gradients (Sundararajan et al. 2017) along the straight line.

    Frames keep their mask along the path. Those that were not seen stay as they are, and get 0.

    Args:
        output: one number of a sequence.
        sequence: `(t, ...)`; pictures `(t, side, side, 3)` are attributed to facial regions too.
        seen: bool `(t,)`.
        times: in seconds, `(t,)`.
        baseline: see `baseline_sequence`.
        target: name of the output, for the result.
        n_steps: of the trapezoidal rule, from 1; `n_steps + 1` gradients are taken.
        batch_size: sequences that go through the model at once.
        verbose: whether a progress bar is shown.

    Raises:
        CatganError: as `baseline_sequence`, or a model without gradients.
    """
    start, steps = baseline_sequence(sequence, seen, baseline), checked_steps(n_steps)
    end = np.asarray(sequence, np.float64)
    nodes = straight_path(output, end[None], start[None], steps, batch_size)
    total, = integrate(progress_bar(nodes, "integrated gradients", total=steps + 1, unit="pass", verbose=verbose), 1,
                       gradient_share)
    assert total.first is not None and total.last is not None
    moments = total.total.reshape(len(end), -1).sum(1)
    value, first = total.last.value, total.first.value
    return SequenceAttribution("integrated_gradients", target, np.asarray(times, np.float64), np.asarray(seen, bool),
                               moments, value, first, float(moments.sum() - (value - first)), total.nodes,
                               _by_region(total.total))


def _by_region(attributions: np.ndarray) -> Mapping[str, np.ndarray]:
    """Sums attributions of pictures `(t, side, side, 3)` over facial regions; empty for other sequences."""
    if attributions.ndim != 4 or attributions.shape[1] != attributions.shape[2]:
        return {}
    pixels = attributions.sum(-1)
    return {name: pixels[:, region].sum(1) for name, region in face_regions(pixels.shape[1:]).items()}


def temporal_occlusion(output: ScalarModel, sequence: np.ndarray, seen: np.ndarray, times: np.ndarray,
                       baseline: str | int | np.ndarray = "first", target: str = "",
                       seconds: float = WINDOW_SECONDS, stride: float | None = None,
                       batch_size: int = BATCH_SIZE) -> SequenceAttribution:
    """Measures what an output loses while the frames of a window are held at the baseline.

    No gradient is taken. The loss of a window is shared evenly by its seen frames; a frame gets the mean over the
    windows that hold it.

    Args:
        output, sequence, seen, times, baseline, target, batch_size: as `integrated_gradients`.
        seconds: length of a window.
        stride: seconds between the starts of two windows; a quarter of a window when None.

    Raises:
        CatganError: as `baseline_sequence`, or a length that is not positive.
    """
    step = seconds / 4.0 if stride is None else stride
    if not seconds > 0.0 or not step > 0.0:
        raise CatganError(f"Windows and their stride must be longer than 0 s. Received: {seconds:g} and {step:g}.")
    times, seen = np.asarray(times, np.float64), np.asarray(seen, bool)
    start, end = baseline_sequence(sequence, seen, baseline), np.asarray(sequence, np.float64)
    windows = [(span, seen & (times >= span[0] - 1e-9) & (times < span[1] - 1e-9))
               for span in _windows(times, seconds, step)]
    spans, held = zip(*[(span, mask) for span, mask in windows if mask.any()])
    given = (np.where(mask.reshape(-1, *[1] * (end.ndim - 1)), start, end)
             for mask in (np.zeros_like(seen), seen, *held))
    value, baseline_value, *left = evaluate(output, given, batch_size).tolist()
    losses = value - np.array(left)
    masks = np.array(held, np.float64)
    each = (masks * (losses / masks.sum(1))[:, None]).sum(0) / np.maximum(masks.sum(0), 1.0)
    return SequenceAttribution("temporal_occlusion", target, times, seen, each, value, baseline_value, None,
                               2 + len(losses), windows=np.column_stack([np.array(spans), losses]))


def _windows(times: np.ndarray, seconds: float, stride: float) -> list[tuple[float, float]]:
    """Lists windows `[start, end)` in seconds that together cover all frames."""
    first, last = float(times[0]), float(times[-1])
    count = max(0, int(np.ceil((last - first - seconds) / stride + 1e-9))) + 1
    return [(first + number * stride, first + number * stride + seconds) for number in range(count + 1)]
