"""What a command loads when it starts."""

import sys
import types

import numpy as np
import pytest

from catgan.cli import main
from catgan.errors import CatganError
from catgan.gan.model import CatGAN


def test_keras_is_loaded_without_scikit_learn(monkeypatch):
    """Only while Keras is being imported; afterwards scikit-learn is there for whoever wants it."""
    finder = main._LeanKeras()
    loading = types.SimpleNamespace(__spec__=types.SimpleNamespace(_initializing=True))
    monkeypatch.setitem(sys.modules, "keras", loading)
    with pytest.raises(ModuleNotFoundError):
        finder.find_spec("sklearn")
    assert finder.find_spec("scipy") is None
    loading.__spec__._initializing = False
    assert finder.find_spec("sklearn") is None
    monkeypatch.delitem(sys.modules, "keras")
    assert finder.find_spec("sklearn") is None


def test_it_is_put_in_place_once(capsys):
    for _ in range(2):
        assert main.main(["sources"]) == 0
    assert sum(isinstance(finder, main._LeanKeras) for finder in sys.meta_path) == 1


def test_a_reader_reads_and_neither_draws_nor_saves(untrained_run, tmp_path):
    faces = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
    reader, whole = CatGAN.from_preset(untrained_run, reader=True), CatGAN.from_preset(untrained_run)
    for name, column in whole.read(faces).items():
        np.testing.assert_array_equal(column, reader.read(faces)[name])
    assert reader.generator is None and reader.editor is None
    with pytest.raises(CatganError, match="loaded as a reader"):
        reader.generate(1)
    with pytest.raises(CatganError, match="loaded as a reader"):
        reader.save(tmp_path / "new")
    assert not (tmp_path / "new").exists()
