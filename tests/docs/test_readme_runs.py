"""The commands and the Python of the README run, in its order, on a real photograph and a real video."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from tests.harness.documented import blocks_of, commands_of
from tests.harness.paths import REPOSITORY

pytestmark = pytest.mark.slow

SHORTER = {"train": ["--set", "training.images=640", "--set", "training.tick_images=320"],
           "evaluate": ["--n", "100"]}
"""Options by verb that are added, so that a command takes seconds or a minute."""
SERVED = "app"  # runs until it is stopped: see tests/web
TIMEOUT = 900


def brightness_network(path) -> None:
    """Writes a network for two classes that follow how red and how blue a picture is."""
    onnx = pytest.importorskip("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    weights = np.array([[-1.0, 1.0], [0.0, 0.0], [1.0, -1.0]], np.float32)
    tensors = [helper.make_tensor("axes", types.INT64, [2], [2, 3]),
               helper.make_tensor("weights", types.FLOAT, weights.shape, weights.ravel())]
    nodes = [helper.make_node("ReduceMean", ["x", "axes"], ["means"], keepdims=0),
             helper.make_node("MatMul", ["means", "weights"], ["classes"])]
    graph = helper.make_graph(nodes, "two", [helper.make_tensor_value_info("x", types.FLOAT, [None, 3, 48, 48])],
                              [helper.make_tensor_value_info("classes", types.FLOAT, [None, 2])], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))


@pytest.fixture
def folder(tmp_path, media, models, pose_bundle, segmenter_file, shared):
    """A folder with what the README's commands name: photo.jpg, video.mp4, mine.onnx, recipes and experiments."""
    (tmp_path / "photo.jpg").symlink_to(media / "single_face.jpg")
    (tmp_path / "video.mp4").symlink_to(media / "single_face.mp4")
    for name in ("datasets", "experiments"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    brightness_network(tmp_path / "mine.onnx")
    return tmp_path


def run(folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT,
                          env=environment)
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
    return done


def test_commands_and_python_of_the_readme_run(folder):
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = [shlex.split(command, comments=True)[1:] for command in commands_of(text)]
    assert {words[0] for words in commands} >= {"predict", "edit", "explain", "build", "train", "evaluate", "generate"}
    for words in commands:
        if words[0] != SERVED:
            run(folder, "-m", "catgan.cli.main", *words, *SHORTER.get(words[0], []))
    for name in ("smile.png", "faces.png", "table.parquet", "timeline.png"):
        assert (folder / name).is_file(), name
    for name in re.findall(r"explain .*--out (\S+)", text):
        assert list((folder / name).rglob("*.png")), name
    for block in blocks_of(text):
        run(folder, "-c", block)
