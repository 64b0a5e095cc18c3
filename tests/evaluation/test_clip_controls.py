"""Controls with models whose answers to changed frames are known."""

import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.evaluation import clip_controls, clips
from catgan.labels import LabelSpec
from tests.harness.clips import filmed, write_clips

SPEC = LabelSpec(valence_arousal=True)


class Still:
    """A model without time: valence is the grey level of the frame."""

    rate, frames, spec, thresholds, causal = 10.0, 8, SPEC, {}, False

    def features(self, images):
        return images.reshape(len(images), -1).mean(1, keepdims=True) / 127.5 - 1

    def read_features(self, features, seen):
        grey = features[..., 0].astype(float)
        return {"valence": grey, "arousal": -grey}


class Previous(Still):
    """A model of time: valence is the grey level of the frame before, if it is seen."""

    causal = True

    def read_features(self, features, seen):
        grey = np.where(seen, features[..., 0], 0.0)
        before = np.concatenate([grey[:, :1], grey[:, :-1]], axis=1)
        return {"valence": before, "arousal": -before}


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    """Two videos of 60 frames whose grey levels rise and fall; valence lags one frame behind."""
    rows = []
    for video, phase in (("a", 0.0), ("b", 2.0)):
        level = 0.9 * np.sin(np.arange(-1, 60) * 0.7 + phase)
        rows += filmed(video, np.arange(60) / 10, video, valence=level[:-1], arousal=-level[:-1],
                       picture=[np.full((16, 16, 3), round(127.5 * (value + 1)), np.uint8) for value in level[1:]])
    return load_dataset(write_clips(tmp_path_factory.mktemp("waves") / "set", {"test": rows}))


def ccc(found, title):
    return found[title]["valence"]["ccc"]


def test_model_of_single_frames_does_not_see_the_changes(waves):
    for name, found in clip_controls.clip_controls(Still(), waves).items():
        assert ccc(found, "changed") == pytest.approx(ccc(found, "as_is"), abs=1e-9), name


def test_model_of_time_falls_when_frames_are_shuffled_or_frozen(waves):
    controls = clip_controls.clip_controls(Previous(), waves)
    assert ccc(controls["shuffled"], "as_is") > 0.97  # the first frame of a track has no frame before it
    assert ccc(controls["shuffled"], "changed") < 0.5
    frozen = controls["frozen"]
    wanted = ccc(clip_controls.clip_controls(Still(), waves)["frozen"], "as_is")
    assert ccc(frozen, "as_is") > 0.97 and ccc(frozen, "changed") == pytest.approx(wanted, abs=1e-6)


def test_missing_frames_have_no_answer_and_the_others_get_worse(waves):
    controls = clip_controls.clip_controls(Previous(), waves)
    values = [ccc(controls[f"missing {share} %"], "changed") for share in (10, 30, 50)]
    assert ccc(controls["missing 10 %"], "as_is") > values[0] > values[1] > values[2]
    for share in (10, 30, 50):
        found = controls[f"missing {share} %"]
        assert found["changed"]["coverage"] == found["as_is"]["coverage"] == pytest.approx(1 - share / 100, abs=0.12)


def test_frozen_windows_answer_middle_frames(waves):
    model = Still()
    features, cut = clips.split_features(model, waves, "test"), clips.cut_split(model, waves, "test")
    found = clip_controls.frozen(model, features, cut, clips.model_options(model))
    answered = np.isfinite(found["valence"])
    assert np.flatnonzero(answered[:60]).tolist() == [*range(4, 57, 4)]


def test_controls_depend_on_the_seed_alone(waves):
    model = Previous()
    features, cut = clips.split_features(model, waves, "test"), clips.cut_split(model, waves, "test")
    first, again, other = (clip_controls.shuffled(model, features, cut, seed)["valence"] for seed in (0, 0, 1))
    assert np.array_equal(first, again, equal_nan=True) and not np.array_equal(first, other, equal_nan=True)


def test_table_has_a_line_for_each_control(waves):
    lines = clip_controls.table(clip_controls.clip_controls(Still(), waves)).splitlines()
    assert len(lines) == 7 and lines[2].startswith("| shuffled | 120 | - |")
