"""What a command loads when it starts."""

import sys
import types

import numpy as np
import pytest

from catgan.cli import main
from catgan.errors import CatganError
from catgan.models.gan.model import CatGAN


@pytest.mark.parametrize("user, unused", [("keras", "sklearn"), ("tensorflow.lite.python.util", "jax")])
def test_packages_that_no_verb_uses_are_not_loaded(monkeypatch, user, unused):
    """Only while the package that asks is being imported; afterwards they are there for whoever wants them."""
    finder = main._LeanStart()
    loading = types.SimpleNamespace(__spec__=types.SimpleNamespace(_initializing=True))
    for name in finder.unused[unused]:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, user, loading)
    with pytest.raises(ModuleNotFoundError):
        finder.find_spec(unused)
    assert finder.find_spec("scipy") is None
    loading.__spec__._initializing = False
    assert finder.find_spec(unused) is None
    monkeypatch.delitem(sys.modules, user)
    assert finder.find_spec(unused) is None


def test_finder_of_lean_starts_is_installed_once(capsys):
    for _ in range(2):
        assert main.main(["sources"]) == 0
    assert sum(isinstance(finder, main._LeanStart) for finder in sys.meta_path) == 1


def test_preset_loaded_as_reader_predicts_and_refuses_to_generate_or_save(untrained_run, tmp_path):
    faces = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
    reader, whole = CatGAN.from_preset(untrained_run, reader=True), CatGAN.from_preset(untrained_run)
    for name, column in whole.read(faces).items():
        np.testing.assert_array_equal(column, reader.read(faces)[name])
    assert reader.generator is None and reader.editor is None
    with pytest.raises(CatganError, match="loaded as a reader"):
        reader.generate(1)
    with pytest.raises(CatganError, match="loaded as a reader"):
        reader.save_to_preset(tmp_path / "new")
    assert not (tmp_path / "new").exists()
