"""What is said of a model over many faces, against what is worked out by hand."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.counterfactual import Counterfactual
from catgan.explain.foreign import ForeignModel
from catgan.explain.overall import curves, mean_shapley, usage

GREY = np.full((3, 16, 16, 3), 100, np.uint8)


class Stripes:
    """The first unit lightens the upper half, the second one the lower half, by 10 grey levels an intensity."""

    def __init__(self, gan, images, settings=None, seed=0):
        self.images, self.units = images, (4, 12)
        self.settings = np.array([[2.0, 0.0], [1.0, 3.0], [0.2, 0.0]])[:len(images)]

    def draw(self, rows, levels):
        faces = np.full((len(rows), 16, 16, 3), 100.0)
        faces[:, :8] += 10.0 * levels[:, 0, None, None, None]
        faces[:, 8:] += 10.0 * levels[:, 1, None, None, None]
        return faces.astype(np.uint8)


def brightness():
    return ForeignModel(lambda faces: np.asarray(faces).mean(axis=(1, 2, 3)), ["bright"])


def answer(status, **changes):
    face = np.zeros((1, 2, 2, 3), np.uint8)
    return Counterfactual(status, "t", {}, {}, changes, 1.0, {}, {}, 1, 0.1, {}, face, np.zeros((1, 2, 2, 2)))


def test_which_units_answers_change():
    results = [answer("ok", AU12=(4.0, 1.0)), answer("ok", AU12=(2.0, 1.0), AU04=(0.0, 2.0)),
               answer("not found", AU01=(0.0, 5.0)), answer("ok", AU04=(0.0, 1.0))]
    found = usage(results, groups=["a", "a", "b", "b"])
    assert found["n"] == 4 and found["found"] == 0.75 and set(found["action_units"]) == {"AU04", "AU12"}
    assert found["action_units"]["AU12"]["share"] == pytest.approx(2 / 3)
    assert found["action_units"]["AU12"]["mean_change"] == pytest.approx(-2.0)
    assert found["groups"]["a"]["action_units"]["AU12"]["share"] == 1.0
    assert found["groups"]["b"]["found"] == 0.5 and "AU12" not in found["groups"]["b"]["action_units"]
    assert usage([])["found"] is None
    with pytest.raises(CatganError, match="one entry a face"):
        usage(results, people=["x"])


def test_an_answer_follows_each_unit(tiny_gan):
    found = curves(brightness(), GREY, "bright", gan=tiny_gan, drawer=Stripes)
    assert found.slopes() == {"AU04": pytest.approx(5.0), "AU12": pytest.approx(5.0)}
    np.testing.assert_allclose(found.answers["AU04"][1], 100 + 15 + 5 * np.arange(6))  # AU12 stays at 3
    with pytest.raises(CatganError, match="give gan="):
        curves(brightness(), GREY, "bright")


def test_what_units_are_worth(tiny_gan):
    """Sums: each is worth what it adds, 5 grey levels an intensity; a fifth of a level is not shown."""
    found = mean_shapley(tiny_gan, GREY, "bright", brightness(), Stripes)
    assert found["AU04"] == {"mean": pytest.approx((10 + 5 + 0) / 3), "mean_absolute": pytest.approx(5.0), "shown": 2}
    assert found["AU12"]["mean"] == pytest.approx(15 / 3) and found["AU12"]["shown"] == 1
