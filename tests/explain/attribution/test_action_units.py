"""Explainers of Action Units: a drawer whose pictures are known, and the editor of a model."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.attribution import (ActionUnitAttributions, ActionUnitPathIntegratedGradients, ActionUnitShapley,
                                        shapley)
from catgan.explain.drawers import EditorDrawer
from catgan.explain.foreign import ForeignModel
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY

GREY = np.full((2, 16, 16, 3), 100, np.uint8)


class Stripes:
    """Lightens the upper half by 10 grey levels for each level of AU4, the lower half likewise for AU12."""

    units = (4, 12)

    def __init__(self, gan, images, settings=None, seed=0):
        self.settings = np.array([[2.0, 0.0], [1.0, 3.0]])[:len(images)]

    def draw(self, rows, levels):
        faces = np.full((len(rows), 16, 16, 3), 100.0)
        faces[:, :8] += 10.0 * levels[:, 0, None, None, None]
        faces[:, 8:] += 10.0 * levels[:, 1, None, None, None]
        return faces.astype(np.uint8)


def brightness():
    return ForeignModel(lambda faces: np.asarray(faces).mean(axis=(1, 2, 3)), ["bright"])


@pytest.fixture(scope="module")
def gan():
    made = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 12), "intensity", True), seed=1)
    made.add_editor()
    return made


@pytest.mark.parametrize("explainer", [ActionUnitShapley, ActionUnitPathIntegratedGradients])
def test_sum_of_units_is_attributed_by_hand(explainer, gan):
    result = explainer(brightness(), Stripes, gan).attribute(GREY, internal_batch_size=3)
    np.testing.assert_allclose(result.attributions, [[10.0, 0.0], [5.0, 15.0]], atol=0.6)  # whole grey levels
    np.testing.assert_array_equal(result.baseline_levels, 0.0)
    assert result.units == (4, 12) and result.values.tolist() == [110.0, 120.0]
    assert result[1].values.tolist() == result.attributions[1].tolist()
    np.testing.assert_allclose(result.by_unit()["AU12"], result.attributions[:, 1])


def test_only_strong_units_are_set_to_rest(gan):
    result = ActionUnitShapley(brightness(), Stripes, gan).attribute(GREY, "bright", max_units=1, min_intensity=1.5)
    assert result.baseline_levels.tolist() == [[0.0, 0.0], [1.0, 0.0]] and result.passes.tolist() == [2, 2]


def test_given_baselines_are_used(gan):
    explainer = ActionUnitShapley(brightness(), Stripes, gan)
    result = explainer.attribute(GREY, baselines=np.array([0.0, 5.0]))
    np.testing.assert_allclose(result.attributions, [[10.0, -25.0], [5.0, -10.0]])
    with pytest.raises(CatganError, match=r"shape \(2, 2\) or \(2,\). Received: \(3,\)"):
        explainer.attribute(GREY, baselines=np.zeros(3))
    with pytest.raises(CatganError, match="'rest' or intensities"):
        explainer.attribute(GREY, baselines="black")


def test_editor_draws_without_being_named(gan):
    faces = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    result = ActionUnitShapley(gan).attribute(faces, "valence", baselines=np.zeros(2))
    drawer = EditorDrawer(gan, faces)
    expected = shapley(lambda levels: np.asarray(gan.read(drawer.draw(np.ones(len(levels), int), levels))["valence"]),
                       np.zeros(2), drawer.settings[1])
    np.testing.assert_array_equal(result.attributions[1], expected.values)
    assert abs(result.convergence_delta).max() < 1e-9


def test_json_round_trip_keeps_every_bit(gan):
    result = ActionUnitShapley(brightness(), Stripes, gan).attribute(GREY)
    again = ActionUnitAttributions.from_json(result.to_json())
    for name in ("images", "attributions", "levels", "baseline_levels", "values", "baseline_values",
                 "convergence_delta", "passes"):
        np.testing.assert_array_equal(getattr(result, name), getattr(again, name))
    assert (again.method, again.target, again.units) == ("action_unit_shapley", "bright", (4, 12))


def test_plot_has_face_and_bar_for_each_unit_that_differs(gan):
    result = ActionUnitShapley(brightness(), Stripes, gan).attribute(GREY)
    for row, names in ((0, ["AU04 brow lowerer, 0.0 to 2.0"]),
                       (1, ["AU12 lip corner puller, 0.0 to 3.0", "AU04 brow lowerer, 0.0 to 1.0"])):
        axes = result.plot(row).axes
        assert len(axes) == 2 and [label.get_text() for label in axes[1].get_yticklabels()] == names


def test_models_that_cannot_draw_are_refused(gan):
    with pytest.raises(CatganError, match="give gan="):
        ActionUnitShapley(brightness())
    blind = CatGAN(NetworkConfig(**TINY), LabelSpec((), "presence", True))
    with pytest.raises(CatganError, match="trained without Action Units"):
        ActionUnitShapley(blind)
    with pytest.raises(CatganError, match="choose one as target"):
        ActionUnitShapley(gan).attribute(GREY)
