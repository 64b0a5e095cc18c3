"""Profiles of expressions by hand, and the ranking of tables."""

import numpy as np
import pytest

from catgan import facs
from catgan.errors import DataError
from catgan.studies.relate.faces import LabelledFaces
from catgan.studies.relate.options import RelateOptions
from catgan.studies.relate.profiles import class_profiles, profiles
from tests.harness.related_faces import related_faces

OPTIONS = RelateOptions(draws=40)


def test_class_profiles_by_hand():
    units = np.array([[1.0, np.nan], [0.0, 1.0], [1.0, 0.0]])
    means, counts = class_profiles(units, np.array([0, 0, 2]), 3)
    np.testing.assert_array_equal(means, [[0.5, 1.0], [np.nan, np.nan], [1.0, 0.0]])
    np.testing.assert_array_equal(counts, [[2, 1], [0, 0], [1, 1]])


def faces_of_table(name, seed=0):
    """Faces that show the Action Units of one table, nine times in ten, and others once in twenty."""
    random, table = np.random.default_rng(seed), facs.PROTOTYPES[name]
    numbers = tuple(sorted({number for each in facs.PROTOTYPES.values() for one in each.sets.values()
                            for number in one}))
    expressions = ("happiness", "sadness", "surprise", "fear", "anger", "disgust")
    classes = np.arange(360) % 6
    chance = np.array([[0.9 if number in table.sets[one] else 0.05 for number in numbers] for one in expressions])
    units = (random.random((360, len(numbers))) < chance[classes]).astype(float)
    groups = np.array([f"subject {number}" for number in random.integers(60, size=360)])
    return LabelledFaces(numbers, {"presence": units}, np.full((360, 2), np.nan), classes, expressions, groups)


@pytest.mark.parametrize("name", [name for name in facs.PROTOTYPES if name != "emotionet_2017"])
def test_the_table_that_faces_follow_comes_first_with_a_lead(name):
    found = profiles(faces_of_table(name), "presence", OPTIONS)
    first, second = found["ranking"][:2]
    assert first["table"] == name and first["behind"] == 0 and first["unseen"] == []
    assert second["behind_interval"][0] > 0 and second["behind"] == pytest.approx(
        first["agreement"] - second["agreement"])
    assert first["interval"][0] <= first["agreement"] + 1e-9


def test_profile_holds_means_in_public_units_and_masks_rare_cells():
    faces = related_faces(60)
    faces.units["intensity"][faces.classes == 2, 0] = np.nan
    found = profiles(faces, "intensity", OPTIONS)
    happy = faces.units["intensity"][faces.classes == 0]
    assert found["profile"]["happiness"]["AU12"]["value"] == pytest.approx(happy[:, 3].mean())
    low, high = found["profile"]["happiness"]["AU12"]["interval"]
    assert low < happy[:, 3].mean() < high
    assert found["profile"]["anger"]["AU01"] == {"value": None, "interval": None}
    assert found["faces"]["anger"]["AU01"] == 0 and found["faces"]["anger"]["AU04"] == 20


def test_profiles_without_expressions_are_refused():
    faces = related_faces(30)
    faces.classes[:] = -1
    with pytest.raises(DataError, match="no expression has 5 faces"):
        profiles(faces, "presence", OPTIONS)
