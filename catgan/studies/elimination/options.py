"""Describes an elimination: the dataclasses that an experiment file of `catgan eliminate` is read into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catgan import config
from catgan.data.clips.options import ClipOptions
from catgan.data.schema import SPLITS
from catgan.errors import CatganError, unknown_name
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.studies.elimination.subsets import quarter_rule
from catgan.training.landmarks import LandmarkTraining

MAIN = "relevance"
"""Name of the arm that removes the least relevant points and ranks again at every size."""
RENEWED = (MAIN, "joint", "tied")
"""Arms whose points are ranked again at every size."""
ARMS = ("joint", "random", "anatomical", "variance", "fixed", "group_lasso", "tied", "roar")
"""Arms beside the main one."""
CRITERIA = ("balanced_accuracy", "auc")


@dataclass(frozen=True)
class ArmOptions:
    """Chooses the sizes of an arm, since every size costs a training.

    Args:
        largest: the arm starts at this number of points; 0 = one step below all points.
        sizes: exactly these numbers of points, instead of all from `largest` down.
        draws: of `random` alone: how many subsets are drawn.
        subsets: of `anatomical` alone: names of `catgan.faces.landmark_sets.anatomical_subsets`; all when empty.
    """

    largest: int = 0
    sizes: tuple[int, ...] = ()
    draws: int = 5
    subsets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        config.check(self, "arms", from_zero=("largest",), above_zero=("draws",))

    def has(self, size: int) -> bool:
        """Returns whether the arm is trained with this number of points."""
        return size in self.sizes if self.sizes else not self.largest or size <= self.largest


@dataclass(frozen=True)
class Elimination:
    """Describes a study of how few landmarks are enough.

    Args:
        name: of the study.
        networks: kinds of networks to compare, by name.
        clips: how clips are cut.
        jitter: scale of the jitter that is added to exact landmarks, see `catgan.data.clips.jitter`; 0 = none, 1 = that
            of MediaPipe's landmarker.
        shape: how landmarks become the input.
        training: schedule of the networks.
        expressions: those whose points are sought, each against the rest; all of the data set when empty.
        splits: splits whose people are divided into folds.
        last_test: a split that no fold sees. At the end, one more elimination on all people of `splits` is tested on
            it once. Empty = none.
        folds: number of outer folds over people, from 2.
        validation: share of the people outside the fold that choose thresholds and the number of points.
        smallest: smallest number of points.
        keep: share of the points that stay at each step.
        sizes: numbers of points, instead of those of `smallest` and `keep`. All points come first in any case.
        arms: arms beside the main one, by their names in `ARMS`.
        criterion: figure of the validation people that chooses the number of points: `"balanced_accuracy"` or `"auc"`.
        ranked_clips: how many clips of each expression are explained for a ranking, at most.
        nodes: points of the path of Integrated Gradients.
        seeds: one elimination each.
        draws: of the bootstrap over people.

    Raises:
        CatganError: an unknown name, or a value out of range.
    """

    name: str
    networks: Mapping[str, LandmarkConfig]
    clips: ClipOptions = ClipOptions(length=3.2, rate=6.25, max_gap=1.0)
    jitter: float = 0.0
    shape: ShapeOptions = ShapeOptions()
    training: LandmarkTraining = LandmarkTraining()
    expressions: tuple[str, ...] = ()
    splits: tuple[str, ...] = ("train", "validation")
    last_test: str = "test"
    folds: int = 5
    validation: float = 0.2
    smallest: int = 8
    keep: float = 0.75
    sizes: tuple[int, ...] = ()
    arms: Mapping[str, ArmOptions] = field(default_factory=lambda: {"random": ArmOptions()})
    criterion: str = "balanced_accuracy"
    ranked_clips: int = 128
    nodes: int = 16
    seeds: tuple[int, ...] = (0,)
    draws: int = 400

    def __post_init__(self) -> None:
        config.check(self, "elimination", above_zero=("smallest", "ranked_clips", "draws", "keep", "validation",
                                                      "nodes"), from_zero=("jitter",),
                     below_one=("keep", "validation"))
        if not self.networks or not self.seeds or not self.splits:
            raise CatganError("An elimination needs 'networks', 'seeds' and 'splits', one or more of each.")
        if self.folds < 2:
            raise CatganError(f"'folds' must be 2 or more. Received: {self.folds}.")
        for kind, names, allowed in (("arm", self.arms, ARMS), ("criterion", (self.criterion,), CRITERIA),
                                     ("split", (*self.splits, *filter(None, [self.last_test])), SPLITS)):
            for name in names:
                if name not in allowed:
                    raise unknown_name(kind, name, allowed)
        if self.last_test in self.splits:
            raise CatganError(f"'last_test' must be none of 'splits'. Received: {self.last_test}.")

    def sizes_of(self, points: int) -> tuple[int, ...]:
        """Lists the numbers of points from all `points` down.

        Raises:
            CatganError: fewer points than the smallest number, or a size out of range.
        """
        if not self.sizes:
            if points <= self.smallest:
                raise CatganError(f"An elimination down to {self.smallest} points needs more points. "
                                  f"Received: {points}.")
            return quarter_rule(points, self.smallest, self.keep)
        wrong = [size for size in self.sizes if not 1 <= size <= points]
        if wrong:
            raise CatganError(f"'sizes' must lie in 1..{points}. Received: {', '.join(map(str, wrong))}.")
        return tuple(sorted({points, *self.sizes}, reverse=True))


def read_elimination(path: str | Path, assignments: Sequence[str] = ()) -> Elimination:
    """Reads an experiment file of `catgan eliminate`, with `a.b=c` assignments put over it.

    Raises:
        CatganError: see `catgan.config`.
    """
    return config.from_mapping(Elimination, config.override(config.read_yaml(path), assignments))
