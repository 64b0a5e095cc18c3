"""Tests of `catgan.studies.elimination.steps`: what each arm trains, and that a fold continues."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.landmark_sets import anatomical_subsets, landmark_set
from catgan.studies.elimination.options import ArmOptions, Elimination
from catgan.studies.elimination.people import outer_folds
from catgan.studies.elimination.records import is_written, read_step
from catgan.studies.elimination.steps import FoldStudy
from catgan.models.landmarks.architectures import LandmarkConfig
from tests.harness.eliminations import ToyTrainer, moving_clips

SIZES = (68, 40, 20, 10)
EVERY = {"joint": ArmOptions(largest=20), "random": ArmOptions(largest=20, draws=2), "anatomical": ArmOptions(),
         "variance": ArmOptions(sizes=(20,)), "fixed": ArmOptions(), "group_lasso": ArmOptions(sizes=(10,)),
         "tied": ArmOptions(largest=20), "roar": ArmOptions(sizes=(40,))}


def study(**options):
    return Elimination("toy", {"toy": LandmarkConfig()}, sizes=SIZES[1:], **options)


@pytest.fixture(scope="module")
def clips():
    return moving_clips(18)


@pytest.fixture(scope="module")
def fold(clips):
    return outer_folds(clips, np.arange(len(clips)), np.arange(0), 3, 0.3, 0)[0]


def run(clips, fold, folder, trainer=None, **options):
    trainer = trainer or ToyTrainer()
    FoldStudy(study(**options), clips, fold, 0, 0, trainer, folder).run()
    return [read_step(folder, size) for size in SIZES], trainer


@pytest.fixture(scope="module")
def steps(clips, fold, tmp_path_factory):
    return run(clips, fold, tmp_path_factory.mktemp("fold"), arms=EVERY)[0]


def test_relevant_points_stay(steps):
    """`anger` moves the brows and `happiness` the mouth."""
    parts = anatomical_subsets("ibug_68")
    for name, part in (("anger", "brows"), ("happiness", "mouth")):
        place = steps[-1].find("relevance", name)
        assert set(steps[-1].points[place]) <= set(parts[part].tolist())


def test_points_of_a_step_are_the_most_relevant_of_the_step_before(steps):
    for before, after in zip(steps, steps[1:]):
        for name in ("neutral", "happiness", "anger"):
            relevance = before.relevance[before.find("relevance", name)]
            kept = after.points[after.find("relevance", name)]
            assert len(kept) == after.size and set(kept) <= set(before.points[before.find("relevance", name)])
            assert relevance[kept].min() >= np.delete(relevance, kept)[np.isfinite(np.delete(relevance, kept))].max()


def test_arms_are_trained_at_their_own_sizes(steps):
    found = {step.size: sorted({member.arm for member in step.members}) for step in steps}
    assert found == {68: ["relevance"], 40: ["fixed", "relevance", "roar"],
                     20: ["anatomical", "fixed", "joint", "random", "relevance", "tied", "variance"],
                     10: ["anatomical", "fixed", "group_lasso", "joint", "random", "relevance", "tied"]}
    variants = {member.variant for member in steps[2].members if member.arm == "random"}
    assert variants == {"0", "1"}


def test_anatomical_subsets_are_trained_once_with_all_their_points(steps):
    found = {member.variant: tuple(points) for step in steps for member, points in zip(step.members, step.points)
             if member.arm == "anatomical"}
    parts = {name: tuple(points) for name, points in anatomical_subsets("ibug_68").items()}
    assert found == {name: points for name, points in parts.items()}


def test_joint_arm_has_one_subset_and_tied_arm_has_pairs(steps):
    step, mirror = steps[2], landmark_set("ibug_68").mirror
    joint = {tuple(step.points[step.find("joint", name)]) for name in ("neutral", "happiness", "anger")}
    assert len(joint) == 1 and len(joint.pop()) == 20
    for name in ("neutral", "happiness", "anger"):
        tied = set(step.points[step.find("tied", name)].tolist())
        assert {int(mirror[point]) for point in tied} == tied and len(tied) in (19, 20)


def test_roar_keeps_what_is_least_relevant(steps):
    relevance = steps[0].relevance[steps[0].find("relevance", "anger")]
    kept = steps[1].points[steps[1].find("roar", "anger")]
    assert relevance[kept].max() <= np.delete(relevance, kept).min()


def test_rankings_use_fitted_people_alone(clips, fold, tmp_path, steps):
    """Other clips of validation and test people change no point."""
    changed = moving_clips(18)
    others = np.concatenate([fold.validation, fold.test])
    changed.points[others] = np.random.default_rng(9).uniform(0, 64, changed.points[others].shape)
    again, _ = run(changed, fold, tmp_path, arms=EVERY)
    for one, other in zip(steps, again):
        assert [row.tolist() for row in one.points] == [row.tolist() for row in other.points]
    assert not np.allclose(steps[-1].test, again[-1].test)


def test_equal_networks_are_trained_once(clips, fold, tmp_path):
    """At the first step below all points, the ranking that is never renewed is the renewed one."""
    found, trainer = run(clips, fold, tmp_path, arms={"fixed": ArmOptions()})
    assert [len(members) for members in trainer.asked] == [3, 3, 6, 6] or len(trainer.asked[1]) == 3
    step = found[1]
    np.testing.assert_array_equal(step.test[:, step.find("fixed", "anger")],
                                  step.test[:, step.find("relevance", "anger")])


def test_fold_continues_with_the_same_result(clips, fold, tmp_path, steps):
    class Stops(ToyTrainer):
        def fit(self, *arguments):
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().fit(*arguments)

    with pytest.raises(KeyboardInterrupt):
        run(clips, fold, tmp_path, Stops(), arms=EVERY)
    assert [is_written(tmp_path, size) for size in SIZES] == [True, True, False, False]
    again, trainer = run(clips, fold, tmp_path, arms=EVERY)
    assert len(trainer.asked) == 2
    for one, other in zip(steps, again):
        assert one.members == other.members
        np.testing.assert_array_equal(one.test, other.test)
        np.testing.assert_array_equal(one.relevance, other.relevance)


def test_unknown_anatomical_subset_suggests_one(clips, fold, tmp_path):
    with pytest.raises(CatganError, match="Did you mean 'mouth'"):
        run(clips, fold, tmp_path, arms={"anatomical": ArmOptions(subsets=("mouht",))})
