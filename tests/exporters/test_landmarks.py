"""Tests of `catgan.exporters`: the file answers as the Keras model does."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.exporters.landmarks import export_onnx, landmark_graph
from tests.harness.untrained_landmarks import CLASSES, moving_landmarks, untrained_landmarks

MODELS = [{}, {"reference": "median", "velocities": True, "chosen": 9}, {"joint": True, "reference": "none"},
          {"landmark_set": "ibug_68", "velocities": True}, {"kind": "randomised", "joint": True, "leak": 1.0},
          {"kind": "randomised", "layers": 2, "chosen": 9}, {"kind": "linear", "velocities": True, "chosen": 9}]
GAPS = np.array([[1] * 8, [0, 1, 1, 0, 0, 1, 1, 0], [0] * 7 + [1], [1] + [0] * 7, [0] * 8], bool)
"""Frames that are seen: all, some, the last, the first, none."""


def opened(model, expression=None):
    return onnxruntime.InferenceSession(landmark_graph(model, expression).SerializeToString(),
                                        providers=["CPUExecutionProvider"])


def answer(session, points, seen):
    return session.run(["probabilities", "logits"], {"landmarks": points, "seen": seen.astype(np.float32)})


@pytest.mark.parametrize("settings", MODELS, ids=str)
def test_file_answers_as_the_model_does(settings):
    model = untrained_landmarks(**settings)
    points = moving_landmarks(5, 8, 68 if "landmark_set" in settings else 478)
    probabilities, logits = answer(opened(model), points, GAPS)
    np.testing.assert_allclose(probabilities, model.predict(points, GAPS), atol=1e-5)
    np.testing.assert_allclose(logits, model.logits(model.shapes(points, GAPS), GAPS), rtol=1e-4, atol=1e-4)
    assert np.isnan(probabilities[4]).all() and probabilities[:4].sum(1) == pytest.approx(1.0, abs=1e-5)


def test_file_answers_one_clip_as_it_answers_several():
    session, points = opened(untrained_landmarks()), moving_landmarks(5, 8)
    several = answer(session, points, GAPS)[0]
    for place in range(4):
        np.testing.assert_allclose(answer(session, points[place:place + 1], GAPS[place:place + 1])[0][0],
                                   several[place], atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=8, max_size=8), st.floats(0.1, 50.0), st.floats(-500.0, 4000.0),
       st.floats(-3.1, 3.1), st.integers(0, 5))
def test_file_answers_as_the_model_does_wherever_the_face_is(seen, scale, place, angle, seed):
    model, mask = untrained_landmarks(), np.array([seen])
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = (moving_landmarks(1, 8, seed=seed) @ turn + place).astype(np.float32)
    np.testing.assert_allclose(answer(_session(), points, mask)[0], model.predict(points, mask),
                               atol=1e-5 + 1e-7 * abs(place) / scale)


_SESSIONS = []


def _session():
    if not _SESSIONS:
        _SESSIONS.append(opened(untrained_landmarks()))
    return _SESSIONS[0]


@pytest.mark.parametrize("settings", [{}, {"chosen": 9}, {"kind": "randomised", "chosen": 9}], ids=str)
def test_file_of_one_expression_holds_its_binary_alone(settings):
    model, points = untrained_landmarks(**settings), moving_landmarks(2, 8)
    seen = np.ones((2, 8), bool)
    probabilities, logits = answer(opened(model, "surprise"), points, seen)
    expected = model.logits(model.shapes(points, seen), seen)[:, 2:]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-(2.0 * expected + 0.1))), atol=1e-5)


def test_file_says_what_it_reads(tmp_path):
    model = untrained_landmarks(chosen=9)
    path = export_onnx(model, tmp_path / "new" / "a.onnx")
    proto = onnx.load(path)
    told = {prop.key: prop.value for prop in proto.metadata_props}
    assert json.loads(told["classes"]) == list(CLASSES) and told["landmark_set"] == "mediapipe_478"
    assert (told["rate"], told["frames"], told["network"]) == ("12.5", "8", "trained")
    assert json.loads(told["shape"])["reference"] == "first"
    assert json.loads(told["points"]) == sorted(set(model.points.ravel().tolist()) - {-1})
    shapes = [[dim.dim_param or dim.dim_value for dim in one.type.tensor_type.shape.dim] for one in proto.graph.input]
    assert shapes == [["clips", 8, 478, 2], ["clips", 8]]
    assert [one.name for one in proto.graph.output] == ["probabilities", "logits"]


def test_file_of_few_landmarks_is_small(tmp_path):
    few, all_of_them = (export_onnx(untrained_landmarks(chosen=chosen), tmp_path / f"{chosen}.onnx").stat().st_size
                        for chosen in (9, None))
    assert few < 0.2 * all_of_them


@pytest.mark.parametrize("settings, expression, message", [
    ({}, "bored", "Unknown expression 'bored'"), ({"joint": True}, "surprise", "it has no binary to write alone")])
def test_expression_that_has_no_binary_is_refused(tmp_path, settings, expression, message):
    with pytest.raises(CatganError, match=message):
        export_onnx(untrained_landmarks(**settings), tmp_path / "a.onnx", expression)
    assert list(tmp_path.iterdir()) == []


def test_network_on_frontal_landmarks_is_refused(tmp_path):
    with pytest.raises(CatganError, match="turned to the front"):
        export_onnx(untrained_landmarks(frontal=True), tmp_path / "a.onnx")


def test_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(CatganError, match=r"pip install 'catgan\[export\]'"):
        export_onnx(untrained_landmarks(), tmp_path / "a.onnx")
