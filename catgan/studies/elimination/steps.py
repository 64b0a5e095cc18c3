"""Eliminates landmarks in one fold: at each number of points the arms choose, networks are fitted, points ranked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catgan import files, random_streams
from catgan.data.clips.landmarks import LandmarkClips, ShapedClips, shaped
from catgan.errors import DataError, unknown_name
from catgan.faces.landmark_sets import anatomical_subsets, landmark_set
from catgan.studies.elimination import subsets
from catgan.studies.elimination.options import MAIN, RENEWED, ArmOptions, Elimination
from catgan.studies.elimination.people import Fold
from catgan.studies.elimination.records import Step, Trained, is_written, read_step, write_step
from catgan.studies.elimination.rivals import group_lasso, motion_variance, summaries
from catgan.studies.elimination.trainer import Fitted, Trainer
from catgan.system import logger
from catgan.training.landmarks import Member


@dataclass(frozen=True)
class Wanted:
    """A network to fit: what it is, and its points, int64 `(k,)`, ascending."""

    what: Trained
    points: np.ndarray

    @property
    def key(self) -> tuple[str, bytes]:
        """Equal for networks that would be the same."""
        return self.what.expression, self.points.tobytes()


class FoldStudy:
    """Eliminates landmarks in one fold, and writes every step.

    Args:
        study: the description.
        clips: all clips; their expressions are known.
        fold: numbers of the clips of its parts.
        number: of the fold.
        seed: of the networks and of random subsets.
        trainer: fits the networks.
        folder: of the files of the fold.
    """

    def __init__(self, study: Elimination, clips: LandmarkClips, fold: Fold, number: int, seed: int, trainer: Trainer,
                 folder: Path):
        self._study, self._number, self._seed = study, number, seed
        self._trainer, self._folder = trainer, folder
        self._fit, self._validation, self._test = (shaped(clips.select(rows), study.shape)
                                                   for rows in (fold.fit, fold.validation, fold.test))
        self._points, self._set = clips.points.shape[2], landmark_set(clips.landmark_set)
        self._sizes = study.sizes_of(self._points)
        self._expressions = expressions_of(study, clips)
        self._places = [clips.classes.index(name) for name in self._expressions]
        self._steps: list[Step] = []
        self._given: dict[str, np.ndarray] = {}

    def run(self, finished: Callable[[int], None] = lambda size: None) -> None:
        """Runs the steps that are missing.

        Args:
            finished: called with each number of points whose step is there.
        """
        files.clear_temporary(self._folder)
        for place, size in enumerate(self._sizes):
            if is_written(self._folder, size):
                step = read_step(self._folder, size)
            else:
                step = self._step(place, size)
                write_step(self._folder, step)
            self._steps.append(step)
            finished(size)

    def _step(self, place: int, size: int) -> Step:
        wanted = self._wanted(place, size)
        unique = {one.key: one for one in wanted}
        index = {key: number for number, key in enumerate(unique)}
        members = [Member(f"{one.what.arm} {one.what.variant} {one.what.expression}".replace("  ", " "),
                          self._places[self._expressions.index(one.what.expression)], tuple(one.points.tolist()))
                   for one in unique.values()]
        started = time.perf_counter()
        fitted = self._trainer.fit(self._fit, self._validation, members,
                                   random_streams.integer("eliminated_networks", self._seed, self._number, size))
        trained = time.perf_counter() - started
        started = time.perf_counter()
        relevance, gap = self._relevance(fitted, wanted, index)
        rows = [index[one.key] for one in wanted]
        seconds = {"training": round(trained, 2), "ranking": round(time.perf_counter() - started, 2)}
        logger.info("Fold %d, %d points: %d networks in %.1f s, ranked in %.1f s.", self._number + 1, size,
                    len(members), seconds["training"], seconds["ranking"])
        return Step(size, tuple(one.what for one in wanted), tuple(one.points for one in wanted), relevance,
                    np.asarray(fitted.logits(self._validation))[:, rows],
                    np.asarray(fitted.logits(self._test))[:, rows],
                    tuple(int(fitted.parameters[row]) for row in rows),
                    tuple(int(fitted.multiply_adds[row]) for row in rows), seconds, gap)

    def _relevance(self, fitted: Fitted, wanted: Sequence[Wanted],
                   index: Mapping[tuple[str, bytes], int]) -> tuple[np.ndarray, float | None]:
        """Explains the networks of the arms that are ranked again.

        Returns:
            float32 `(m, p)`, NaN for the other networks; and the median completeness gap, None where it is unknown.
        """
        result, gaps = np.full((len(wanted), self._points), np.nan, np.float32), []
        for name, place in zip(self._expressions, self._places):
            rows = [row for row, one in enumerate(wanted) if one.what.expression == name and one.what.arm in RENEWED]
            asked = list(dict.fromkeys(index[wanted[row].key] for row in rows))
            found = fitted.relevance(self._explained(place), asked)
            gaps.append(found.gap)
            for row in rows:
                result[row] = found.values[asked.index(index[wanted[row].key])]
        if not np.isfinite(result[[one.what.arm in RENEWED for one in wanted]]).all():
            raise DataError("The relevance of landmarks is not finite: the training of the networks went astray.")
        known = [gap for gap in gaps if np.isfinite(gap)]
        return result, float(np.median(known)) if known else None

    def _explained(self, expression: int) -> ShapedClips:
        """Chooses clips of an expression that are explained, the same at every step."""
        rows = np.flatnonzero(self._fit.labels == expression)
        order = random_streams.generator("ranked_clips", self._seed, self._number, expression).permutation(len(rows))
        chosen = np.sort(rows[order[:self._study.ranked_clips]])
        return ShapedClips(*(part[chosen] for part in self._fit))

    # === The points of the arms ===

    def _wanted(self, place: int, size: int) -> list[Wanted]:
        everything = np.arange(self._points)
        if place == 0:
            return [Wanted(Trained(MAIN, "", name), everything) for name in self._expressions]
        found = [Wanted(Trained(MAIN, "", name), points) for name, points in self._ranked_again(MAIN, size).items()]
        for arm, options in self._study.arms.items():
            if arm == "anatomical":
                found += self._anatomical(options, place)
            elif options.has(size):
                found += self._chosen(arm, options, size)
        return found

    def _chosen(self, arm: str, options: ArmOptions, size: int) -> list[Wanted]:
        if arm == "random":
            return [Wanted(Trained(arm, str(draw), name), subsets.at_random(self._points, size, self._seed,
                                                                            self._number, draw, expression))
                    for draw in range(options.draws) for name, expression in zip(self._expressions, self._places)]
        if arm in RENEWED:
            return [Wanted(Trained(arm, "", name), points) for name, points in self._ranked_again(arm, size).items()]
        choose = subsets.without_most_relevant if arm == "roar" else subsets.most_relevant_of_all
        return [Wanted(Trained(arm, "", name), choose(relevance, size))
                for name, relevance in zip(self._expressions, self._given_ranking(arm))]

    def _anatomical(self, options: ArmOptions, place: int) -> list[Wanted]:
        """Returns the subsets that are larger than the next number of points, and at most as large as this one."""
        known = anatomical_subsets(self._set)
        for name in options.subsets:
            if name not in known:
                raise unknown_name("anatomical subset", name, known)
        low = self._sizes[place + 1] if place + 1 < len(self._sizes) else 0
        high = self._sizes[place] if place > 1 else self._points
        return [Wanted(Trained("anatomical", subset, name), points) for subset, points in known.items()
                if (subset in options.subsets or not options.subsets) and low < len(points) <= high
                for name in self._expressions]

    def _ranked_again(self, arm: str, size: int) -> dict[str, np.ndarray]:
        """Returns the points of each expression by the ranking of the step before.

        An arm that starts at fewer points goes on from the ranking of the main arm.
        """
        before = self._steps[-1]
        own = arm if before.find(arm, self._expressions[0]) is not None else MAIN
        places = [before.members.index(Trained(own, "", name)) for name in self._expressions]
        relevances = before.relevance[places].astype(np.float64)
        among = [before.points[one] if own == arm else np.arange(self._points) for one in places]
        if arm == "joint":
            relevances = np.tile(subsets.mean_relevance(relevances), (len(places), 1))
        if arm == "tied":
            return {name: subsets.most_relevant_pairs(relevance, there, self._set.mirror, size)
                    for name, relevance, there in zip(self._expressions, relevances, among)}
        return {name: subsets.most_relevant(relevance, there, size)
                for name, relevance, there in zip(self._expressions, relevances, among)}

    def _given_ranking(self, arm: str) -> np.ndarray:
        """Returns a ranking that is never renewed, float64 `(expressions, p)`, from the fitted people."""
        if arm in ("fixed", "roar"):
            first = self._steps[0]
            return first.relevance[[first.members.index(Trained(MAIN, "", name)) for name in self._expressions]]
        if arm not in self._given:
            fit = self._fit
            if arm == "variance":
                self._given[arm] = np.tile(motion_variance(fit.shapes, fit.seen), (len(self._expressions), 1))
            else:
                truth = fit.labels[:, None] == np.array(self._places)
                self._given[arm] = group_lasso(summaries(fit.shapes, fit.seen), truth)
        return self._given[arm]


def expressions_of(study: Elimination, clips: LandmarkClips) -> tuple[str, ...]:
    """Returns the expressions whose points are sought: those of the study, or all that occur.

    Raises:
        CatganError: an expression that no clip has.
    """
    occurring = [name for place, name in enumerate(clips.classes) if (clips.labels == place).any()]
    for name in study.expressions:
        if name not in occurring:
            raise unknown_name("expression of these clips", name, occurring)
    return tuple(name for name in occurring if name in study.expressions or not study.expressions)
