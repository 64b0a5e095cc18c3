"""Tests of `catgan.studies.elimination.people`."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.studies.elimination.people import joined, outer_folds
from tests.harness.eliminations import moving_clips


def people(clips, rows):
    return {clips.subjects[row] for row in rows}


def test_no_person_is_in_two_parts_and_every_clip_is_tested_once():
    clips = moving_clips(20)
    study, last = np.arange(48), np.arange(48, 60)
    folds = outer_folds(clips, study, last, 4, 0.25, seed=3)
    assert len(folds) == 5
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.test for fold in folds[:4]])), study)
    for fold in folds:
        parts = [people(clips, getattr(fold, name)) for name in ("fit", "validation", "test")]
        assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
        assert people(clips, fold.fit) & people(clips, last) == set()
    np.testing.assert_array_equal(folds[4].test, last)
    assert len(folds[4].fit) + len(folds[4].validation) == 48 and 9 <= len(folds[4].validation) <= 15


def test_folds_depend_on_the_seed():
    clips = moving_clips(20)
    first, again, other = (outer_folds(clips, np.arange(60), np.arange(0), 4, 0.25, seed)[0].test for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_folds_of_too_few_people_are_refused():
    with pytest.raises(DataError, match="there are too few people \\(2\\) for these folds"):
        outer_folds(moving_clips(2), np.arange(6), np.arange(0), 2, 0.2, 0)


def test_rare_expressions_that_are_not_sought_do_not_limit_the_folds():
    clips = moving_clips(20)
    rare = replace(clips, labels=np.where((clips.labels == 2) & (np.arange(60) > 3), 1, clips.labels))
    with pytest.raises(DataError, match=f"has no clip of {clips.classes[2]}: "):
        outer_folds(rare, np.arange(60), np.arange(0), 4, 0.25, 0)
    assert len(outer_folds(rare, np.arange(60), np.arange(0), 4, 0.25, 0, clips.classes[:2])) == 4
    alone = replace(clips, labels=np.where(np.arange(60) > 3, 1, clips.labels))
    with pytest.raises(DataError, match="has no clip of another expression"):
        outer_folds(alone, np.arange(60), np.arange(0), 4, 0.25, 0, clips.classes[1:2])


def test_person_of_the_last_test_in_the_study_is_refused():
    clips = moving_clips(20)
    with pytest.raises(DataError, match="Received: 1 who do, such as 'person19'"):
        outer_folds(clips, np.arange(58), np.arange(58, 60), 4, 0.25, 0)


def test_joined_clips_keep_their_order():
    clips = moving_clips(4)
    both = joined([clips.select(np.arange(3)), replace(clips.select(np.arange(3, 12)), classes=clips.classes)])
    np.testing.assert_array_equal(both.points, clips.points)
    assert both.subjects == clips.subjects and both.videos == clips.videos
