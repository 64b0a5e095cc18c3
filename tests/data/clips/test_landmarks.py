"""Tests of `catgan.data.clips.landmarks`."""

import numpy as np
import pytest

from catgan.data.clips.landmarks import LandmarkClips, check_classes, clip_labels, described
from catgan.errors import DataError

CLASSES = ("neutral", "happiness", "anger")


def clips(labels=(0, 1, -1)) -> LandmarkClips:
    n = len(labels)
    return LandmarkClips(np.arange(n * 2 * 68 * 2, dtype=np.float32).reshape(n, 2, 68, 2), np.ones((n, 2), bool),
                         np.array(labels), CLASSES, tuple("ann" for _ in labels), tuple(map(str, range(n))),
                         np.zeros((n, 2)), "ibug_68", 6.25)


@pytest.mark.parametrize("frames, expected", [
    ([0, 0, 0, 0, 0], 0),       # neutral throughout
    ([0, 0, 1, 0, 0], 1),       # a fifth is enough
    ([0] * 5 + [1], -1),        # less than a fifth is neither
    ([0, 2, 2, 1, 1, 1], 1),    # the most frequent of the others
    ([-1, -1, 2, -1], 2),       # unknown frames do not count
    ([-1, -1], -1)])
def test_clip_labels_follow_the_frames(frames, expected):
    codes = np.array([frames])
    assert clip_labels(codes, np.ones_like(codes, bool), CLASSES).tolist() == [expected]


def test_clip_labels_leave_out_unseen_frames():
    assert clip_labels(np.array([[0, 1, 1, 0]]), np.array([[True, False, False, True]]), CLASSES).tolist() == [0]


def test_selected_clips_keep_all_parts_together():
    found = clips().labelled()
    assert found.labels.tolist() == [0, 1] and found.videos == ("0", "1") and len(found) == 2 and found.frames == 2
    assert clips().select(np.array([2])).points.ravel()[0] == 2 * 68 * 2 * 2


def test_described_clips_count_people_and_expressions():
    assert described(clips()) == "3 clips of 1 people: neutral 1, happiness 1, anger 0"


def test_check_classes_of_one_expression_names_it():
    check_classes(clips())
    with pytest.raises(DataError, match="Received: happiness"):
        check_classes(clips((1, 1, -1)))
