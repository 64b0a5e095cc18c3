"""Attribution of one output of any Keras model on sequences to the numbers of a batch of sequences, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from catgan import random_streams
from catgan.errors import CatganError, unknown_name
from catgan.explain.attribution import sequence_paths
from catgan.explain.attribution.baselines import checked_steps
from catgan.explain.attribution.sequence_baselines import (Background, baseline_sequences, checked_sequences, fitting)
from catgan.explain.attribution.sequence_gradients import SequenceFunction
from catgan.explain.attribution.sequence_occlusion import occlude, point_parts, spread

NODES = 32
"""Points of each path, of the Gauss-Legendre rule, see `catgan.explain.attribution.sequence_paths.placed_nodes`."""
DRAWS = 8
"""Background sequences of Expected Gradients, and segments of TIMING."""
COMPLETE = ("integrated_gradients", "expected_gradients", "idgi")
"""Methods whose attributions add up to the difference of the outputs, but for the error that `gaps` states."""


@dataclass(frozen=True)
class SequenceAttributions:
    """Attributions of one output to the numbers of `n` sequences, in the unit of the output.

    Args:
        method: its name.
        values: float64 `(n, t, ...)`; 0 in frames that were not seen.
        outputs: for the sequences, float64 `(n,)`.
        baseline_outputs: for their baselines, float64 `(n,)`; the mean over the background in Expected Gradients.
    """

    method: str
    values: np.ndarray
    outputs: np.ndarray
    baseline_outputs: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """Completeness gap of each sequence, float64 `(n,)`.

        It is |sum of the attributions - (output - baseline output)|, relative to |output - baseline output|; NaN where
        both outputs are equal. Methods that are not in `COMPLETE` need not add up, and have a gap all the same.
        """
        rises = self.outputs - self.baseline_outputs
        sums = self.values.reshape(len(self.values), -1).sum(1)
        return np.divide(np.abs(sums - rises), np.abs(rises), out=np.full(len(rises), np.nan), where=rises != 0.0)


@dataclass(frozen=True)
class _Given:
    """What the methods take, see `attribute_sequences`."""

    output: SequenceFunction
    sequences: np.ndarray
    seen: np.ndarray
    starts: np.ndarray
    nodes: int
    draws: int
    random: np.random.Generator = field(compare=False)
    background: Background | None
    parts: np.ndarray | None

    @property
    def frames(self) -> int:
        """Frames of a sequence."""
        return self.sequences.shape[1]

    def walked(self, walk: Callable[[int], sequence_paths.Walk]) -> np.ndarray:
        """Integrates along the walk of each sequence from its baseline."""
        return sequence_paths.along(self.output, self.sequences, self.seen, lambda row: self.starts[row:row + 1], walk)

    def placed(self) -> tuple[np.ndarray, np.ndarray]:
        """Places nodes on the straight line of each sequence, `(n, m)`, with their weights."""
        return sequence_paths.placed_nodes(self.output, self.sequences, self.seen, self.starts, self.nodes)


Found: TypeAlias = tuple[np.ndarray, np.ndarray | None]
"""Attributions, and the outputs of the baselines where they are not those of `_Given.starts`."""


def _integrated_gradients(given: _Given) -> Found:
    parts, weights = given.placed()
    return given.walked(lambda row: sequence_paths.straight(parts[row:row + 1], weights[row:row + 1],
                                                            given.frames)), None


def _sequential(given: _Given) -> Found:
    walk = sequence_paths.one_frame_at_a_time(given.nodes, given.frames)
    return given.walked(lambda row: walk), None


def _timing(given: _Given) -> Found:
    parts, weights = given.placed()
    moving = sequence_paths.drawn_segments(given.frames, given.draws, given.random)
    return given.walked(lambda row: sequence_paths.segments_kept(parts[row], weights[row], moving)), None


def _idgi(given: _Given) -> Found:
    return sequence_paths.important_directions(given.output, given.sequences, given.seen, given.starts,
                                               given.nodes), None


def _expected_gradients(given: _Given) -> Found:
    background = fitting(given.background, given.sequences, "Expected Gradients").held()
    count = min(given.draws, len(background))
    chosen = [given.random.choice(len(background), count, replace=False) for _ in given.sequences]

    def starts(row: int) -> np.ndarray:
        return baseline_sequences(np.repeat(given.sequences[row:row + 1], count, axis=0),
                                  np.repeat(given.seen[row:row + 1], count, axis=0), background[chosen[row]])

    def walk(row: int) -> sequence_paths.Walk:
        ends = np.repeat(given.sequences[row:row + 1], count, axis=0)
        seen = np.repeat(given.seen[row:row + 1], count, axis=0)
        return sequence_paths.straight(*sequence_paths.placed_nodes(given.output, ends, seen, starts(row),
                                                                    given.nodes), given.frames)

    values = sequence_paths.along(given.output, given.sequences, given.seen, starts, walk)
    outputs = [given.output.values(starts(row), np.repeat(mask[None], count, axis=0)).mean()
               for row, mask in enumerate(given.seen)]
    return values, np.array(outputs)


def _occlusion(given: _Given) -> Found:
    parts = point_parts(*given.sequences.shape[1:3]) if given.parts is None else given.parts
    losses = occlude(given.output, given.sequences, given.seen, parts, given.starts)
    return spread(losses, parts, given.sequences, given.seen), None


METHODS: Mapping[str, Callable[[_Given], Found]] = {
    "integrated_gradients": _integrated_gradients, "expected_gradients": _expected_gradients, "idgi": _idgi,
    "sequential": _sequential, "timing": _timing, "occlusion": _occlusion}
"""Methods by name."""


def attribute_sequences(output: SequenceFunction, sequences: np.ndarray, seen: np.ndarray,
                        method: str = "integrated_gradients", baseline: str | np.ndarray = "zeros", seed: int = 0,
                        nodes: int = NODES, draws: int = DRAWS, background: Background | None = None,
                        parts: np.ndarray | None = None) -> SequenceAttributions:
    """Attributes one output of a model to the numbers of sequences.

    Frames keep their mask along every path. Those that were not seen get 0.

    Args:
        output: what is explained, such as `catgan.explain.attribution.sequence_gradients.output_of(model, index)`. It
            should be a logit: a probability saturates.
        sequences: `(n, t, ...)`, such as features `(n, t, f)` or landmarks `(n, t, p, c)`.
        seen: bool `(n, t)`.
        method: `"integrated_gradients"` (Sundararajan et al. 2017); `"expected_gradients"` (Erion et al. 2021), its
            mean over `draws` sequences of the background; `"idgi"` (Yang et al. 2023), which ranks but does not tell
            for from against; `"sequential"` (Enguehard 2023), one frame at a time, whose cost is that of a path for
            each frame; `"timing"` (Jang et al. 2025), which keeps random segments along the path; or `"occlusion"`,
            which takes no gradient.
        baseline: see `catgan.explain.attribution.sequence_baselines.baseline_sequences`. Expected Gradients take the
            background instead.
        seed: of what is drawn.
        nodes: points of each path.
        draws: see `DRAWS`.
        background: sequences for `"expected_gradients"` and for the baseline `"class_mean"`.
        parts: of occlusion, what is held at the baseline together, bool `(g, t, s)` over the second axis of a
            sequence, the points or features; each of them alone by default. The loss of a part is spread evenly.

    Raises:
        CatganError: an unknown method or baseline, arrays of other shapes, or numbers below 1.
    """
    if method not in METHODS:
        raise unknown_name("method of attribution for sequences", method, METHODS)
    if draws < 1:
        raise CatganError(f"'draws' must be 1 or more. Received: {draws}.")
    sequences, seen = checked_sequences(sequences, seen)
    starts = baseline_sequences(sequences, seen, baseline, background)
    random = random_streams.generator("attribution_draws", seed)
    values, below = METHODS[method](_Given(output, sequences, seen, starts, checked_steps(nodes), draws, random,
                                           background, parts))
    outputs = output.values(sequences, seen)
    below = output.values(starts, seen) if below is None else below
    if not all(np.isfinite(numbers).all() for numbers in (values, outputs, below)):
        raise CatganError("The output or its gradient is not finite on the way from the baseline to the sequence: "
                          "choose another baseline.")
    return SequenceAttributions(method, values, outputs, below)
