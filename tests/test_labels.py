import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec

SPEC = LabelSpec((4, 12), "intensity", True, ("neutral", "happiness"))


def labels():
    return Labels.from_columns(SPEC, {"AU04": [1.0, None], "AU12": [None, 5.0], "valence": [-0.5, 0.25],
                                      "arousal": [None, None], "expression": ["happiness", None]}, 2)


def test_columns_are_named_by_scale():
    assert SPEC.columns == ("AU04", "AU12", "valence", "arousal", "expression")
    assert LabelSpec((4,), "presence").columns == ("AU04_present",)
    assert SPEC.width == 6


def test_column_of_unknown_labels_has_mask_false():
    values, mask = labels().column("AU04")
    assert values.tolist() == [1.0, 0.0] and mask.tolist() == [True, False]


def test_encode_equals_that_by_hand():
    values, mask = labels().encode()
    np.testing.assert_allclose(values, [[0.2, 0, -0.5, 0, 0, 1], [0, 1, 0.25, 0, 0, 0]])
    np.testing.assert_allclose(mask, [[1, 0, 1, 0, 1, 1], [0, 1, 1, 0, 0, 0]])


def test_mode_returns_its_part():
    assert SPEC.mode("au").columns == ("AU04", "AU12")
    assert SPEC.mode("va").columns == ("valence", "arousal")
    assert SPEC.mode("joint") == SPEC
    with pytest.raises(CatganError, match="Did you mean 'joint'"):
        SPEC.mode("joint_")


def test_select_of_other_columns_marks_them_unknown():
    selected = labels().select(LabelSpec((12, 1), "intensity"))
    assert selected.column("AU12")[0][1] == 5.0
    assert not selected.column("AU01")[1].any()


def test_flip_swaps_units_of_a_side():
    spec = LabelSpec((12, 61, 62), "presence")
    flipped = Labels.from_columns(spec, {"AU12_present": [1], "AU61_present": [1], "AU62_present": [None]}, 1).flip()
    assert flipped.column("AU62_present") == (np.array([1.0]), np.array([True]))
    assert not flipped.column("AU61_present")[1][0] and flipped.column("AU12_present")[0][0] == 1
    with pytest.raises(CatganError, match="AU62"):
        Labels.from_columns(LabelSpec((61,)), {}, 1).flip()


@pytest.mark.parametrize("columns, problem", [
    ({"AU12": [5.5]}, "0..5"), ({"valence": [-1.01]}, "-1..1"), ({"expression": ["hapiness"]}, "happiness")])
def test_from_columns_out_of_range_is_refused(columns, problem):
    with pytest.raises(CatganError, match=problem):
        Labels.from_columns(SPEC, columns, 1)


def test_label_spec_of_wrong_arguments_is_refused():
    for arguments in ((), ((12, 12),), ((3,),), ((12,), "percent")):
        with pytest.raises(CatganError):
            LabelSpec(*arguments)


def test_label_spec_survives_a_round_trip():
    assert LabelSpec.from_dict(SPEC.to_dict()) == SPEC
