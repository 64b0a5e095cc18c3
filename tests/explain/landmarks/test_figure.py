import numpy as np
import pytest

from catgan.errors import DataError
from catgan.explain.landmarks.figure import chosen_mask, mesh_figure
from catgan.explain.landmarks.mesh import SMALLEST, Scale, draw_mesh, mean_shape
from catgan.faces.landmark_points import IBUG_68
from catgan.faces.landmark_sets import landmark_set
from catgan.plots import figure

MESH = landmark_set("mediapipe_478")


def points_of(axes):
    """The drawn points of a panel: their places, areas and colours."""
    scatter, = [part for part in axes.collections if hasattr(part, "get_sizes") and len(part.get_offsets())]
    return np.asarray(scatter.get_offsets()), scatter.get_sizes(), scatter.get_facecolors()


def test_mean_shape_has_its_eyes_one_unit_apart():
    left, right = (mean_shape(MESH)[list(eye)].mean(0) for eye in MESH.eyes)
    np.testing.assert_allclose(right - left, [1.0, 0.0], atol=1e-5)
    np.testing.assert_array_equal(mean_shape(landmark_set("ibug_68")), mean_shape(MESH)[list(IBUG_68)])


@pytest.mark.parametrize("signed, against_is_blue", [(False, False), (True, True)])
def test_draw_mesh_draws_the_most_relevant_point_last_and_largest(signed, against_is_blue):
    relevance = np.zeros(478)
    relevance[[10, 152]] = 0.5, -1.0
    axes = figure(2.0, 2.0).subplots()
    draw_mesh(axes, mean_shape(MESH), MESH, relevance, Scale.of(relevance, signed))
    places, areas, colours = points_of(axes)
    np.testing.assert_allclose(places[-2:], mean_shape(MESH)[[10, 152]])
    assert areas[0] == SMALLEST and areas[-1] == areas.max() > areas[-2] > SMALLEST
    red, _, blue, _ = colours[-1]
    assert (blue > red) == against_is_blue
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # y points down, as in pictures


def test_draw_mesh_of_a_chosen_point_without_relevance_gives_it_a_black_edge():
    chosen = np.arange(478) == 33
    axes = figure(2.0, 2.0).subplots()
    draw_mesh(axes, mean_shape(MESH), MESH, np.full(478, np.nan), Scale.of(np.full(478, np.nan)), chosen)
    scatter = axes.collections[-1]
    np.testing.assert_allclose(np.asarray(scatter.get_offsets())[-1], mean_shape(MESH)[33])
    assert scatter.get_edgecolors()[-1].tolist() == [0, 0, 0, 1] and scatter.get_sizes()[-1] > SMALLEST


def test_draw_mesh_over_a_picture_keeps_the_limits_of_the_picture():
    axes = figure(2.0, 2.0).subplots()
    picture = np.zeros((64, 64, 3), np.uint8)
    draw_mesh(axes, 32 + 40 * mean_shape(MESH), MESH, np.zeros(478), Scale(1.0), picture=picture)
    assert axes.get_xlim() == (0, 64) and axes.get_ylim() == (64, 0)


@pytest.mark.parametrize("values, limit", [([0.5, -2.0, np.nan], 2.0), ([0.0, 0.0], 1.0), ([np.nan], 1.0)])
def test_scale_ends_at_the_largest_known_value(values, limit):
    assert Scale.of(np.array(values)).limit == limit


def test_mesh_figure_scales_each_panel_by_its_own_largest_point():
    relevance = np.zeros((3, 478))
    relevance[0, 5], relevance[1, 6] = 1e-3, -4.0
    drawn = mesh_figure(relevance, MESH, titles=("anger", "$fear", "neutral"), chosen=[[5, -1], [6, 7], [-1, -1]])
    panels = drawn.axes[:3]
    assert [axes.get_title() for axes in panels] == ["anger", "$fear", "neutral"]
    largest = [axes.collections[-1].get_sizes().max() for axes in panels]
    assert largest[0] == largest[1] > largest[2]
    assert "black edges" in drawn.get_supxlabel()


def test_mesh_figure_of_68_points_and_one_class_has_one_panel():
    drawn = mesh_figure(np.arange(68.0), landmark_set("ibug_68"), signed=True)
    assert len(drawn.axes) == 2 and "black edges" not in drawn.get_supxlabel()  # a panel and the colour bar


@pytest.mark.parametrize("relevance, options, message", [
    (np.zeros((2, 68)), {}, r"must have the shape \(classes, 478\)"),
    (np.zeros((2, 478)), {"titles": ["one"]}, "as many titles. Received: 1"),
    (np.zeros((2, 478)), {"chosen": np.zeros(68, bool)}, r"\(478,\) or \(2, 478\). Received: \(68,\)"),
    (np.zeros((2, 478)), {"chosen": [[1], [2], [3]]}, "for each of 2 classes. Received: 3"),
    (np.zeros((2, 478)), {"chosen": [[478]]}, r"one of 0..477, or -1 for none. Received: \[478\]")])
def test_mesh_figure_refuses_arrays_that_do_not_fit(relevance, options, message):
    with pytest.raises(DataError, match=message):
        mesh_figure(relevance, MESH, **options)


def test_chosen_mask_takes_the_points_of_a_joint_network_for_all_classes():
    mask = chosen_mask(np.array([[3, 1, -1]]), 2, 5)
    np.testing.assert_array_equal(mask, [[False, True, False, True, False]] * 2)
