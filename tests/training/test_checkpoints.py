import keras
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.training import checkpoints


def variables(value=0.0):
    return [keras.Variable(np.full((2, 3), value, np.float32), name="a"), keras.Variable(7, dtype="int32", name="b")]


def test_restored_checkpoint_has_the_saved_bits(tmp_path):
    saved = variables(1 / 3)
    state = {"step": 12, "seconds": 1.5, "sums": {"x": 0.1}}
    path = checkpoints.save(tmp_path, saved, state)
    loaded = variables()
    assert checkpoints.restore(path, loaded) == state
    np.testing.assert_array_equal(loaded[0], saved[0])
    assert int(loaded[1]) == 7


def test_save_keeps_the_newest_two_checkpoints(tmp_path):
    assert checkpoints.newest(tmp_path) is None
    for step in (9, 10, 100):
        checkpoints.save(tmp_path, variables(), {"step": step})
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["000000010", "000000100"]
    assert checkpoints.newest(tmp_path).stem == "000000100"


def test_damaged_checkpoint_or_one_of_other_networks_is_refused(tmp_path):
    path = checkpoints.save(tmp_path, variables(), {"step": 1})
    with pytest.raises(CatganError, match="another size"):
        checkpoints.restore(path, variables()[:1])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(CatganError, match="damaged checkpoint"):
        checkpoints.restore(path, variables())
