import numpy as np
import pytest

from catgan.metrics import plane


def test_positions_by_hand():
    classes, known = np.array([0, 0, 1, 1, 0]), np.array([1, 1, 1, 1, 0])
    found = plane.positions(classes, np.array([0.0, 1.0, -1, -1, 9]), np.array([0.0, 0.5, 0, 1, 9]), known, "abc")
    assert found == {"a": {"n": 2, "valence": 0.5, "arousal": 0.25, "covariance": [[0.25, 0.125], [0.125, 0.0625]]},
                     "b": {"n": 2, "valence": -1.0, "arousal": 0.5, "covariance": [[0.0, 0.0], [0.0, 0.25]]}}


def test_position_of_one_frame_has_no_extent():
    found = plane.positions(np.array([1]), np.array([0.5]), np.array([-0.5]), np.array([True]), "ab")
    assert found["b"]["covariance"] == [[0.0, 0.0], [0.0, 0.0]] and set(found) == {"b"}
    assert plane.ellipse(found["b"]["covariance"])[:2] == (0.0, 0.0)


@pytest.mark.parametrize("degrees", [0.0, 30.0, -60.0])
def test_ellipse_has_the_axes_of_the_covariance(degrees):
    turn = np.radians(degrees)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    width, height, angle = plane.ellipse(axes @ np.diag([0.09, 0.01]) @ axes.T, 2.0)
    assert (width, height) == pytest.approx((1.2, 0.4)) and (angle - degrees) % 180 == pytest.approx(0, abs=1e-6)


def test_largest_confusions_are_sorted_by_share_of_the_true_class():
    matrix = np.array([[5, 3, 2], [0, 99, 1], [0, 0, 0]])
    assert plane.largest_confusions(matrix, "abc") == [
        {"true": "a", "predicted": "b", "count": 3, "share": 0.3},
        {"true": "a", "predicted": "c", "count": 2, "share": 0.2}]
    assert len(plane.largest_confusions(matrix, "abc", 1)) == 1
    assert plane.largest_confusions(matrix, "abc", least=0.0)[-1]["share"] == 0.01


def test_every_point_lies_in_one_quadrant_and_one_ring():
    valence, arousal = np.random.default_rng(0).uniform(-1, 1, (2, 500))
    found = plane.regions(valence, arousal)
    quadrants = np.sum([found[name] for name in plane.REGIONS[:4]], axis=0)
    rings = np.sum([found[name] for name in plane.REGIONS[4:]], axis=0)
    assert (quadrants == 1).all() and (rings == 1).all()
    one = {name for name, rows in plane.regions(np.array([-0.3]), np.array([0.0])).items() if rows[0]}
    assert one == {"valence- arousal+", "middle"}
