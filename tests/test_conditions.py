import numpy as np
import pytest

from catgan.conditions import Condition, encoded_width
from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec

SPEC = LabelSpec((4, 12), "intensity", True, ("neutral", "happiness"))
VALUES = np.array([[0.2, 0.4, -0.5, 0.1]], np.float32)
MASK = np.array([[1, 0, 1, 0]], np.float32)


def test_encode_sets_values_under_mask_0_to_0():
    encoded = Condition(VALUES, MASK).encode()
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded, np.float32([[0.2, 0, -0.5, 0, 1, 0, 1, 0]]))


def test_encode_of_tensors_equals_encode_of_arrays():
    from keras import ops

    tensors = Condition(ops.convert_to_tensor(VALUES), ops.convert_to_tensor(MASK))
    np.testing.assert_array_equal(tensors.encode(), Condition(VALUES, MASK).encode())
    decoded = Condition.decode(tensors.encode())
    np.testing.assert_array_equal(decoded.mask, MASK)


def test_decode_of_one_vector_and_of_a_batch():
    encoded = np.arange(12, dtype=np.float32).reshape(2, 6)
    batch, one = Condition.decode(encoded), Condition.decode(encoded[1])
    np.testing.assert_array_equal(batch.values, [[0, 1, 2], [6, 7, 8]])
    np.testing.assert_array_equal(batch.mask, [[3, 4, 5], [9, 10, 11]])
    np.testing.assert_array_equal(one.mask, [9, 10, 11])


def test_of_labels_has_their_encoded_values_and_masks():
    labels = Labels.from_columns(SPEC, {"AU12": [None, 5.0], "valence": [-0.5, None]}, 2)
    condition = Condition.of(labels)
    assert len(condition) == 2 and condition.encode().shape == (2, encoded_width(SPEC.width))
    np.testing.assert_array_equal(condition.values, [[0, 0, -0.5, 0, 0, 0], [0, 1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(condition.mask, [[0, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0]])


def test_unknown_is_all_zeros():
    encoded = Condition.unknown(3, SPEC).encode()
    assert encoded.shape == (3, 12) and encoded.dtype == np.float32 and not encoded.any()


def test_change_of_action_units_holds_the_other_action_units():
    change = Condition.change(SPEC, {"AU12": 2.0})
    np.testing.assert_allclose(change.values, [[0, 0.4, 0, 0, 0, 0]])
    np.testing.assert_array_equal(change.mask, [[1, 1, 0, 0, 0, 0]])


def test_change_that_names_valence_leaves_other_labels_free():
    change = Condition.change(SPEC, {"valence": np.array([0.5, -1.5]), "AU04": -1.0})
    np.testing.assert_allclose(change.values, [[-0.2, 0, 0.5, 0, 0, 0], [-0.2, 0, -1.5, 0, 0, 0]])
    np.testing.assert_array_equal(change.mask, [[1, 0, 1, 0, 0, 0]] * 2)


def test_change_without_differences_of_several_faces_holds_action_units():
    change = Condition.change(SPEC, {}, 3)
    assert not change.values.any() and change.mask.tolist() == [[1, 1, 0, 0, 0, 0]] * 3


def test_change_of_an_unknown_label_is_refused():
    with pytest.raises(CatganError, match="Unknown label for this model's editor.*AU09"):
        Condition.change(SPEC, {"AU09": 1.0})


def test_opposite_negates_values_and_keeps_the_mask():
    change = Condition.change(SPEC, {"AU12": 2.0})
    np.testing.assert_array_equal(change.opposite().values, -change.values)
    np.testing.assert_array_equal(change.opposite().mask, change.mask)
