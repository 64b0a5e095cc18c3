"""Answers from search results: the stated levels are drawn and read again, and every answer gets its own errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from catgan.explain.drawers.common import reconstruction_quality
from catgan.explain.models import ExplainedModel, Readings, split_reading
from catgan.explain.oracle import oracle_agrees
from catgan.explain.problem import CounterfactualProblem, rows_of
from catgan.explain.result import Counterfactual
from catgan.explain.search.refinement import SearchResult
from catgan.explain.stated import changes_of, round_outward
from catgan.explain.wording import describe_label_change, describe_prediction, to_jsonable
from catgan.metrics import image as image_metrics
from catgan.metrics.identity import cosine_similarity

NUDGES = (0.0, 0.01, 0.03, 0.1)
"""Levels by which a change is enlarged, one after the other, where rounding loses a target that the search reached."""

IdentityFeatures: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Features `(n, d)` of faces uint8 `(n, side, side, 3)` that tell people apart."""


@dataclass(frozen=True)
class StatedChange:
    """What is stated and drawn of all answers.

    Args:
        levels: stated intensities, `(n, k)`.
        faces: drawn at them, uint8 `(n, side, side, 3)`.
        moves: their displacement fields, `(n, side, side, 2)`.
        readings: of each drawn face, columns `(1,)`.
    """

    levels: np.ndarray
    faces: np.ndarray
    moves: np.ndarray
    readings: list[Readings]


def draw_stated(problem: CounterfactualProblem, found: SearchResult) -> StatedChange:
    """Rounds the levels of search results, and draws and reads each face at them alone, as `catgan edit` does.

    The answer can then be drawn again from its stated levels. Where rounding loses a target that the search reached,
    the change is enlarged a little.
    """
    drawer, levels = problem.drawer, np.empty_like(problem.drawer.settings)
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    readings: list[Readings] = []
    for row, original in enumerate(rows_of(problem.original)):
        for nudge in NUDGES:
            at = round_outward(drawer.settings[row], found.levels[row], drawer.intensity_slack, nudge)
            picture = drawer.drawn(np.array([row]), at[None])
            reading = original if problem.met[row] else problem.read(np.array([row]), *picture)
            if not found.reached[row] or problem.goals[row].shortfall(reading)[0] <= 0.0:
                break
        levels[row] = at
        drawn.append(picture)
        readings.append(reading)
    faces, moves = (np.concatenate(part) for part in zip(*drawn))
    return StatedChange(levels, faces, moves, readings)


def make_answers(problem: CounterfactualProblem, found: SearchResult, oracle: ExplainedModel | None = None,
                 identity: IdentityFeatures | None = None, frames: int = 1) -> list[Counterfactual]:
    """Makes the answers of a problem from its search results.

    Args:
        problem: what was asked.
        found: what the search found.
        oracle: an independent model; None: not asked.
        identity: features that tell people apart; None: not measured.
        frames: faces to draw on the way to each answer, with the answer's own, 1 or more.
    """
    drawer, stated = problem.drawer, draw_stated(problem, found)
    path, moves = _path(problem, stated, frames)
    drawn = path[:, -1]
    kept = drawer.reconstructed(stated.levels, drawn)
    quality = reconstruction_quality(drawer.images, kept)
    agrees = None if oracle is None else oracle_agrees(oracle, [goal.text for goal in problem.goals], drawn)
    alike = None if identity is None else cosine_similarity(identity(drawer.images), identity(drawn))
    poor = (quality["psnr"] < drawer.min_quality[0]) | (quality["ssim"] < drawer.min_quality[1])
    answers = []
    for row, (before, after) in enumerate(zip(rows_of(problem.original), stated.readings)):
        goal, pair = problem.goals[row], (drawer.images[row], drawn[row])
        reached = bool(goal.shortfall(after)[0] <= 0.0)
        (theirs, ours), (theirs_after, ours_after) = (split_reading(to_jsonable(part)) for part in (before, after))
        answers.append(Counterfactual(
            _status(bool(problem.met[row]), bool(poor[row]), reached), goal.text, theirs, theirs_after,
            changes_of(drawer.units, drawer.settings[row], stated.levels[row]), float(reached),
            {"l1": image_metrics.l1(*pair), "l2": image_metrics.l2(*pair), "ssim": image_metrics.ssim(*pair)},
            {name: float(values[row]) for name, values in quality.items()}, 0, 0.0,
            {"original": pair[0], "reconstruction": kept[row], "counterfactual": pair[1]}, path[row], moves[row],
            drawer.title, tuple(describe_label_change(label, before, after) for label in goal.goal_labels),
            oracle_validity=None if agrees is None else float(agrees[row]),
            identity=None if alike is None else float(alike[row]),
            plausibility=problem.plausibility(row, stated.levels[row]),
            thresholds={label.columns[0]: round(label.threshold, 4) for label in goal.goal_labels
                        if label.kind == "presence"},
            catgan={"original": ours, "counterfactual": ours_after} if ours else None,
            says=describe_prediction(problem.model, before, goal.goal_labels), unmoved=problem.unmoved(row),
            preprocessing=problem.preprocessing_of(row), seed=problem.seed))
    return answers


def _status(met: bool, poor: bool, reached: bool) -> str:
    return "already met" if met else "poor inversion" if poor else "ok" if reached else "not found"


def _path(problem: CounterfactualProblem, stated: StatedChange, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws the faces on the way to the stated levels.

    Returns:
        Faces `(n, frames, side, side, 3)` and their displacement fields `(n, frames, side, side, 2)`; the last of each
        are those of the stated levels.
    """
    drawer, everyone = problem.drawer, np.arange(len(stated.levels))
    drawings = [drawer.drawn(everyone, drawer.settings + share * (stated.levels - drawer.settings))
                for share in np.linspace(0.0, 1.0, frames + 1)[1:-1]]
    path, moves = (np.stack(part, axis=1) for part in zip(*drawings, (stated.faces, stated.moves)))
    path[problem.met] = drawer.images[problem.met][:, None]
    return path, moves
