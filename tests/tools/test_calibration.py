"""The steps of the calibration, on faces that are read by arithmetic instead of MediaPipe."""

import appearance
import calibration
import numpy as np
import pytest

from catgan.synthesis import face_model
from catgan.synthesis.face_model import ACTION_UNITS, COMBINATIONS, region_weight


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(0)
    rest = face_model.numbers()["rest"].astype(float)
    fields = random.normal(size=(len(ACTION_UNITS) + len(appearance.HELPERS), 478, 3)) * 0.003
    return appearance.Appearance({"rest": rest}, fields, np.zeros(0), np.zeros(0))


def test_steps_lead_to_faces_that_read_as_they_are_drawn(fitted):
    """A linear world: every field moves the readings by a matrix; wrong readings are mended."""
    random = np.random.default_rng(1)
    response = np.eye(len(fitted.fields), len(ACTION_UNITS)) + 0.15 * random.normal(
        size=(len(fitted.fields), len(ACTION_UNITS)))
    unit = ACTION_UNITS.index(12)
    columns = calibration._columns(unit, len(fitted.fields))
    row = np.eye(len(fitted.fields))[unit]
    changes = {(unit, column): 5 * response[column] for column in columns}

    def error(row):
        read = row @ response
        return np.abs((read - np.eye(len(ACTION_UNITS))[unit]) * calibration._WEIGHTS).sum()

    before = error(row)
    for _ in range(8):
        slopes = np.tile(row @ response, (len(calibration.CAUSES), 1))
        row = calibration._improved(unit, row, changes, slopes, calibration._WEIGHTS, fitted, 0.7)
    assert error(row) < 0.6 * before and calibration.OWN_SHARE[0] <= row[unit] <= calibration.OWN_SHARE[1]


def test_fields_stay_in_the_regions_of_their_cause(fitted):
    rest = fitted.arrays["rest"]
    for index, numbers in enumerate(calibration.CAUSES):
        field = calibration._confined(index, np.ones((478, 3)), rest)
        outside = np.max([region_weight(number, rest[:, 0], rest[:, 1]) for number in numbers], axis=0) == 0
        assert outside.any() and not field[outside].any()


def test_only_fields_of_the_same_part_of_the_face_are_mixed():
    brow, mouth = (calibration._columns(ACTION_UNITS.index(number), 25) for number in (1, 12))
    assert ACTION_UNITS.index(12) not in brow and max(brow) < len(ACTION_UNITS)  # no helper of the mouth
    assert ACTION_UNITS.index(1) not in mouth and max(mouth) == 24


def test_faces_for_calibration_hide_no_unit_from_mediapipe():
    for scene in calibration.faces(200, 3) + calibration.showing((1,), 5.0):
        assert not {1, 4} <= set(scene.action_units) and not {17, 26} <= set(scene.action_units)
        assert scene.pose == (0.0, 0.0, 0.0) and scene.noise == 0.0


def test_causes_are_the_rows_of_the_shape_basis():
    assert calibration.CAUSES[:len(ACTION_UNITS)] == [(number,) for number in ACTION_UNITS]
    assert tuple(calibration.CAUSES[len(ACTION_UNITS):]) == COMBINATIONS
