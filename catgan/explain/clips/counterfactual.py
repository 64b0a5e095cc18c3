"""Counterfactual sequences: the smallest change of Action Units over time that changes the answer about a clip."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from catgan.explain.answers import IdentityFeatures
from catgan.explain.clips.attribution import check_length, clip_features
from catgan.explain.clips.changes import UnitChange, differences, sparsity
from catgan.explain.clips.clip import Clip
from catgan.explain.clips.drawers import ClipDrawer
from catgan.explain.clips.effects import SLACKS, Effects, bounds_of
from catgan.explain.clips.outputs import SequenceModel
from catgan.explain.clips.questions import ask, held_units
from catgan.explain.clips.result import CounterfactualSequence
from catgan.explain.clips.search import ClipSearch, ClipSearchOptions
from catgan.metrics import counterfactual as measures
from catgan.metrics.identity import cosine_similarity

Columns = Mapping[str, np.ndarray]


def counterfactual_sequence(model: SequenceModel, clip: Clip, target: str, drawer: ClipDrawer, *, over: str = "auto",
                            summary: str = "auto", without: Sequence[int] = (),
                            options: ClipSearchOptions = ClipSearchOptions(),
                            identity: IdentityFeatures | None = None) -> CounterfactualSequence:
    """Finds the smallest change of Action Units over time after which a model's answer about a clip changes.

    Args:
        model: reads clips.
        clip: what it reads, no longer than its window.
        target: see `catgan.explain.parse_target`.
        drawer: draws changed frames.
        over, summary: see `catgan.explain.clips.questions.ask`.
        without: FACS numbers of Action Units that must not change.
        options: of the search.
        identity: features that tell people apart, to measure whether the drawn face is the same person.

    Returns:
        The answer, drawn and read again, with its own errors.

    Raises:
        CatganError: a clip longer than the model's window, or a target that the model cannot tell.
    """
    started = time.perf_counter()
    check_length(model, clip)
    features = clip_features(model, clip)
    before = _read(model, features, clip)
    question = ask(model, clip, before, target, over, summary)
    met = bool(question.distance(_batch(before))[0] <= 0.0)
    changes: tuple[UnitChange, ...] = ()
    renders = 0
    slack: float | None = SLACKS[0]
    if not met:
        goal = question.tightened(options.margin)
        held = held_units(target, model, without)

        def distance(tried: tuple[UnitChange, ...]) -> float:
            drawn = draw_changes(drawer, clip, tried, slack)[0]
            return float(goal.distance(_batch(_read(model, changed_features(model, clip, features, drawn), clip)))[0])

        whole = options.together and goal.summary == "every"
        passes = [(widened, True) for widened in SLACKS if whole] + [(SLACKS[0], False), (None, False)]
        for slack, together in passes:
            effects = Effects(model, clip, features, drawer, goal, held, slack)
            if not effects.directions:
                continue
            search = ClipSearch(effects, distance, options)
            found = search.weakened() if together else search.smallest()
            changes, renders = found.changes, renders + effects.draws + found.draws
            if found.reached:
                break
    drawn, moved = draw_changes(drawer, clip, changes, slack)
    after = _read(model, changed_features(model, clip, features, drawn), clip)
    reached = bool(question.distance(_batch(after))[0] <= 0.0)
    again = draw_changes(drawer, clip, [UnitChange.from_dict(change.to_dict()) for change in changes], slack)[0]
    return CounterfactualSequence(
        "already met" if met else "ok" if reached else "not found", target, question.summary, question.frames,
        question.asked, changes, slack, clip, drawn, moved, drawer.units, drawer.levels, _masked(before, clip),
        _masked(after, clip), drawer.name, float(reached), sparsity(moved, clip.seen, clip.step),
        _proximity(clip, drawn), _identity(identity, clip, drawn), _unchanged(clip, drawn, moved),
        flicker(clip, drawn), bool((again == drawn).all()), renders, time.perf_counter() - started)


def draw_changes(drawer: ClipDrawer, clip: Clip, changes: Sequence[UnitChange],
                 slack: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Draws a clip with changed Action Units, no further than they can be drawn.

    Args:
        drawer: draws the frames.
        clip: the clip.
        changes: of different units.
        slack: keep intensities within what the clip itself shows, see `catgan.explain.clips.effects.bounds_of`.

    Returns:
        Frames uint8 `(t, side, side, 3)`, and the differences of intensities that were drawn, `(t, k)`, 0 where the
        face was not seen.
    """
    bounds = bounds_of(drawer, clip.seen, slack)
    moved = differences(changes, clip.times, drawer.units, *bounds) * clip.seen[:, None]
    drawn, rows = clip.images.copy(), np.flatnonzero((moved != 0.0).any(1))
    if len(rows):
        drawn[rows] = drawer.draw(rows, moved[rows])
    return drawn, moved


def changed_features(model: SequenceModel, clip: Clip, features: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Computes the features of a drawn clip, `(t, f)`; those of frames that stay are not computed again.

    Args:
        model: reads clips.
        clip: the clip before the change, of `features` `(t, f)`.
        features: see above.
        drawn: its frames after the change.
    """
    rows = np.flatnonzero((drawn != clip.images).any((1, 2, 3)) & clip.seen)
    result = features.copy()
    if len(rows):
        result[rows] = model.features(drawn[rows])
    return result


def flicker(clip: Clip, drawn: np.ndarray) -> dict[str, float]:
    """Measures the temporal total variation: the mean absolute difference of neighbouring seen frames, in grey levels.

    Returns:
        Of the `original` and of the `counterfactual`, and their `ratio` (1 for a clip without movement).
    """
    before, after = (total_variation(images, clip.seen) for images in (clip.images, drawn))
    return {"original": before, "counterfactual": after, "ratio": after / before if before else 1.0}


def total_variation(images: np.ndarray, seen: np.ndarray) -> float:
    """Computes the mean absolute difference of neighbouring frames that were both seen, in grey levels."""
    pairs = np.flatnonzero(seen[1:] & seen[:-1])
    if not len(pairs):
        return 0.0
    return float(np.abs(images[pairs + 1].astype(np.float32) - images[pairs]).mean())


def _read(model: SequenceModel, features: np.ndarray, clip: Clip) -> Columns:
    return {name: values[0] for name, values in model.read_features(features[None], clip.seen[None]).items()}


def _batch(columns: Columns) -> Columns:
    return {name: values[None] for name, values in columns.items()}


def _masked(columns: Columns, clip: Clip) -> Columns:
    """Makes the readings of frames that were not seen unknown."""
    result = {name: values.copy() for name, values in columns.items()}
    for values in result.values():
        values[~clip.seen] = None if values.dtype == object else np.nan
    return result


def _proximity(clip: Clip, drawn: np.ndarray) -> dict[str, float]:
    found = measures.proximity(clip.images[clip.seen], drawn[clip.seen])
    return {name: float(values.mean()) for name, values in found.items()}


def _identity(features: IdentityFeatures | None, clip: Clip, drawn: np.ndarray) -> float | None:
    rows = np.flatnonzero((drawn != clip.images).any((1, 2, 3)))
    if features is None:
        return None
    return float(cosine_similarity(features(clip.images[rows]), features(drawn[rows])).mean()) if len(rows) else 1.0


def _unchanged(clip: Clip, drawn: np.ndarray, moved: np.ndarray) -> dict[str, float]:
    """Measures what the drawer did to seen frames without a change."""
    still = clip.seen & ~(moved != 0.0).any(1)
    difference = np.abs(drawn[still].astype(np.int16) - clip.images[still])
    return {"n": int(still.sum()), "largest": float(difference.max(initial=0))}
