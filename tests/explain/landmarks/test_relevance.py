"""Relevance of landmarks from attributions that are written down."""

import json

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.explain.landmarks.relevance import point_attributions, rank, relevance_of
from catgan.faces.landmark_sets import landmark_set

SET = landmark_set("ibug_68")
LEFT, RIGHT = 22, 21
"""Two points of the brows that mirror each other."""


def attributions():
    """Two clips of two frames: the left point pulls up and down, the right one less; one point of the mouth."""
    found = np.zeros((2, 2, 68))
    found[0, :, LEFT], found[0, :, RIGHT] = [3.0, -1.0], [-1.0, 1.0]
    found[1, :, LEFT], found[1, :, 48] = [2.0, 2.0], [0.0, 6.0]
    return found


def test_coordinates_of_a_point_are_added_with_their_signs():
    """An inner product: turning the axes of displacements and gradients together does not change it."""
    random = np.random.default_rng(0)
    moves, slopes = random.normal(size=(2, 1, 3, 4, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = point_attributions((moves @ turn) * (slopes @ turn))
    np.testing.assert_allclose(turned, point_attributions(moves * slopes))
    assert point_attributions(np.array([[[[3.0, -1.0]]]])).item() == 2.0


def test_relevance_is_the_mean_over_clips_of_absolute_sums_over_time():
    found = rank(attributions(), "surprise", SET)
    assert found.relevance[LEFT] == (4.0 + 4.0) / 2 and found.relevance[RIGHT] == 1.0 and found.relevance[48] == 3.0
    np.testing.assert_array_equal(relevance_of(attributions())[:, LEFT], [4.0, 4.0])
    assert found.order[:3].tolist() == [LEFT, 48, RIGHT] and found.top(1).tolist() == [LEFT]
    np.testing.assert_array_equal(found.signed[:, LEFT], [2.5, 0.5])
    assert found.net[LEFT] == 3.0 and found.net[RIGHT] == 0.0
    np.testing.assert_array_equal(found.over_time, [(4.0 + 2.0) / 2, (2.0 + 8.0) / 2])


def test_pairs_and_regions_add_signed_attributions_first():
    found = rank(attributions(), "surprise", SET)
    # Pair: clip 0 has 2 and 0, clip 1 has 2 and 2, on both sides.
    assert found.pairs[LEFT] == found.pairs[RIGHT] == (2.0 + 4.0) / 2
    assert found.regions["left_brow"] == 4.0 and found.regions["mouth"] == 3.0 and found.regions["nose"] == 0.0
    np.testing.assert_array_equal(found.regions_over_time["mouth"], [0.0, 3.0])
    assert found.regions_net["mouth"] == 3.0 and found.regions_net["left_brow"] == 3.0
    assert set(found.pair_order[:4].tolist()) == {LEFT, RIGHT, 48, int(SET.mirror[48])}


def test_point_on_the_middle_line_is_its_own_pair_once():
    found = np.zeros((1, 1, 68))
    middle = int(np.flatnonzero(SET.mirror == np.arange(68))[0])
    found[0, 0, middle] = 2.0
    assert rank(found, "joy", "ibug_68").pairs[middle] == 2.0


def test_order_holds_the_points_that_are_read_alone():
    found = rank(attributions(), "surprise", SET, np.array([RIGHT, -1, 48, 3]))
    assert found.points.tolist() == [3, RIGHT, 48] and found.order.tolist() == [48, RIGHT, 3]


def test_ranking_is_written_as_json():
    content = json.loads(json.dumps(rank(attributions(), "surprise", SET, gap=0.01, method="idgi").to_dict()))
    assert content["order"][0] == LEFT and content["regions"]["left_brow"] == 4.0 and content["gap"] == 0.01


@pytest.mark.parametrize("shape", [(0, 2, 68), (1, 2, 67), (2, 68)])
def test_other_shapes_are_said(shape):
    with pytest.raises(DataError, match="at least one clip"):
        rank(np.zeros(shape), "joy", SET)
