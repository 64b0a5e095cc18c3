import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data.arrow_labels import labels_of, numbers
from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec

SPEC = LabelSpec((4, 12), "presence", True, ("neutral", "fear"))
DIMENSION = st.one_of(st.none(), st.floats(-1, 1, width=32), st.just(float("nan")))
ROWS = st.lists(st.fixed_dictionaries({
    "AU04_present": st.sampled_from([0, 1, None]), "AU12_present": st.sampled_from([0, 1, None]), "valence": DIMENSION,
    "arousal": DIMENSION, "expression": st.sampled_from(["neutral", "fear", None])}), max_size=12)
SCHEMA = pa.schema([("AU04_present", pa.int8()), ("AU12_present", pa.int64()), ("valence", pa.float32()),
                    ("arousal", pa.float64()), ("expression", pa.string())])


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(1, 5))
def test_labels_of_a_table_equal_labels_of_its_python_objects(rows, chunk):
    table = pa.Table.from_batches(pa.Table.from_pylist(rows, SCHEMA).to_batches(max_chunksize=chunk), SCHEMA)
    found = labels_of(SPEC, table)
    expected = Labels.from_columns(SPEC, {name: table[name].to_pylist() for name in SCHEMA.names}, len(rows))
    assert found.values.tobytes() == expected.values.tobytes() and found.mask.tobytes() == expected.mask.tobytes()


def test_labels_of_a_table_without_a_column_are_unknown():
    labels = labels_of(SPEC, pa.table({"valence": [0.5], "id": ["a"]}))
    assert labels.mask.tolist() == [[False, False, True, False, False]]


@pytest.mark.parametrize("columns, message", [
    ({"expression": ["neutral", None, "anger"]}, "Unknown expression 'anger'.*Allowed: fear, neutral"),
    ({"valence": [0.0, 1.5]}, "'valence' must lie in -1..1. Received: 0..1.5")])
def test_labels_of_a_table_with_a_foreign_value_are_refused(columns, message):
    with pytest.raises(CatganError, match=message):
        labels_of(SPEC, pa.table(columns))


def test_numbers_without_null_are_not_copied():
    cells = pa.array(np.arange(4, dtype=np.float32))
    assert np.shares_memory(numbers(cells), cells.to_numpy())
    assert np.isnan(numbers(pa.array([None, None]))).all()
