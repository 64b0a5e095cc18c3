"""Tests of `catgan.backend.quiet`: importing catgan's networks is silent, and leaves the import system as it was."""

import subprocess
import sys
from pathlib import Path

import catgan

CODE = """
import sys
before = list(sys.meta_path)
import catgan.models.calibration
assert "keras" not in sys.modules
import keras
from catgan.backend.quiet import QuietKeras
assert not any(isinstance(finder, QuietKeras) for finder in sys.meta_path)
assert type(keras.__spec__.loader).__name__ == type(keras.__loader__).__name__ == "SourceFileLoader"
import catgan.models.layers
print("done")
"""


def test_keras_is_imported_silently_and_once():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True,
                          cwd=Path(catgan.__file__).parents[1])
    assert (done.stdout, done.stderr) == ("done\n", "")
