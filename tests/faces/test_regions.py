"""Regions of aligned faces."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.regions import face_region, face_regions


@pytest.mark.parametrize("side", [16, 48, 128])
def test_regions_divide_face_as_template_has_it(side):
    regions = face_regions((side, side, 3))
    assert (np.sum(list(regions.values()), axis=0) == 1).all()
    assert all(region.any() and np.array_equal(region, region[:, ::-1]) for region in regions.values())
    # Where the template has them: the eyes, the mouth, and what lies between and around.
    at = {"eyes": (.42, .32), "mouth": (.74, .5), "nose": (.58, .5), "brows": (.30, .34), "forehead": (.18, .5),
          "cheeks": (.58, .28), "chin": (.92, .5), "background": (.05, .05)}
    for name, (row, column) in at.items():
        assert regions[name][int(row * side), int(column * side)]


def test_background_is_where_face_region_is_zero():
    np.testing.assert_array_equal(face_regions((64, 64))["background"], face_region(64) == 0.0)
    assert face_region(64)[32, 32] == 1.0


def test_regions_of_oblong_picture_are_refused():
    with pytest.raises(CatganError, match=r"square. Received: \(4, 6\)"):
        face_regions((4, 6, 3))
