"""Predictions and figures of clips, with small networks that have learned nothing, and with a model that reads grey."""

import json

import numpy as np
import pytest

from catgan import config
from catgan.data.clips.options import ClipOptions
from catgan.data.store import load_dataset
from catgan.errors import DataError
from catgan.evaluation import clips
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.model import ClipRecogniser
from tests.harness import schemas
from tests.harness.clips import filmed, write_clips
from tests.harness.experiments import TINY

SPEC = LabelSpec((12,), "intensity", True, ("neutral", "happiness"))


def untrained(kind):
    return ClipRecogniser(SequenceConfig(kind, 8, 1), config.from_mapping(NetworkConfig, TINY), SPEC, 10.0, 8, seed=3)


class Grey:
    """A model whose valence is the mean grey of the frame, and whose class says whether it is positive."""

    rate, frames, spec, thresholds, causal = 10.0, 8, SPEC, {12: 1.0}, False

    def features(self, images):
        return images.reshape(len(images), -1).mean(1, keepdims=True) / 127.5 - 1

    def read_features(self, features, seen):
        grey = features[..., 0]
        happy = (grey > 0).astype(float)
        return {"AU12": 5 * happy, "AU12_std": grey * 0 + 0.1, "valence": grey, "valence_std": grey * 0 + 0.1,
                "arousal": -grey, "arousal_std": grey * 0 + 0.1, "expression=neutral": 1 - happy,
                "expression=happiness": happy}


def pictures(levels):
    return [np.full((16, 16, 3), round(127.5 * (level + 1)), np.uint8) for level in levels]


def grey_video(video, subject, count, seed, rate=10.0):
    levels = np.random.default_rng(seed).uniform(-1, 1, count)
    return filmed(video, np.arange(count) / rate, subject, valence=levels, arousal=-levels,
                  expression=["happiness" if level > 0 else "neutral" for level in levels],
                  AU12=[5.0 if level > 0 else 0.0 for level in levels], picture=pictures(levels))


@pytest.fixture(scope="module")
def filmed_set(tmp_path_factory):
    """Test split: two videos of one person with a long and a short gap, one of another person at twice the rate."""
    first, fast = grey_video("a", "anna", 31, 0), grey_video("c", None, 20, 2, rate=20.0)
    gaps = [row for row in first if row["frame"] not in (4, 5, *range(10, 18))]
    folder = write_clips(tmp_path_factory.mktemp("clips") / "set",
                         {"train": grey_video("t", "tom", 3, 9), "test": gaps + grey_video("b", "anna", 3, 1) + fast})
    return load_dataset(folder)


def test_predict_clips_answers_every_row_on_the_grid(filmed_set):
    predicted, truth = clips.predict_clips(Grey(), filmed_set), filmed_set.labels("test", SPEC)
    rate = np.array([video == "c" for video in filmed_set.table("test")["video"].to_pylist()])
    answered = np.isfinite(predicted["valence"])
    assert answered[~rate].all() and answered[rate].tolist() == [True, False] * 10
    np.testing.assert_allclose(predicted["valence"][answered], truth.column("valence")[0][answered], atol=1 / 127)
    np.testing.assert_allclose(predicted["arousal_std"][answered], 0.1)
    assert [name is None for name in predicted["expression"]] == (~answered).tolist()


def test_evaluate_clips_of_a_model_that_is_right(filmed_set):
    result = clips.evaluate_clips(Grey(), filmed_set, draws=20)
    assert result["n"] == 44 and result["split"] == "test" and result["coverage"] == 34 / 44
    assert result["valence"]["ccc"] > 0.999 and result["per_video"]["valence"]["ccc"] > 0.999
    assert result["expression"]["uar"] == result["expression"]["macro_f1_interval"][0] == 1.0
    assert result["action_units"]["mean_f1"] == 1.0 and result["per_video"]["expression"]["videos"] == 3
    schemas.check("evaluation_clips", json.loads(json.dumps(result, allow_nan=False)))
    assert "ccc_interval" not in clips.evaluate_clips(Grey(), filmed_set, draws=0)["valence"]


def test_groups_are_subjects_or_videos(filmed_set):
    videos, groups = clips.videos_and_groups(filmed_set, "test")
    assert set(zip(videos, groups)) == {("a", "anna"), ("b", "anna"), ("c", "c")}


@pytest.mark.parametrize("kind", ["frame", "gru", "bigru", "tcn"])
def test_predict_clips_equals_reading_each_track(kind, tmp_path):
    rows = grey_video("a", "anna", 21, 4)
    dataset = load_dataset(write_clips(tmp_path / "set", {"test": [row for row in rows if row["frame"] != 6]}))
    model = untrained(kind)
    found = clips.predict_clips(model, dataset)
    images, seen = np.stack([row["picture"] for row in rows]), np.arange(21) != 6
    wanted = model.predict(images, seen)
    assert set(found) == set(wanted)
    for name, values in wanted.items():
        if name == "expression":
            assert found[name].tolist() == values[seen].tolist()
        else:
            np.testing.assert_allclose(found[name], values[seen], atol=2e-5, err_msg=name)


def test_features_that_are_given_are_not_computed_again(filmed_set, monkeypatch):
    model = Grey()
    features = clips.split_features(model, filmed_set, "test")
    wanted = clips.predict_clips(model, filmed_set)
    monkeypatch.setattr(model, "features", None)
    np.testing.assert_array_equal(clips.predict_clips(model, filmed_set, features=features)["valence"],
                                  wanted["valence"])


def test_options_of_another_rate_are_refused(filmed_set):
    with pytest.raises(DataError, match="reads 10 frames per second. Received: 12.5"):
        clips.predict_clips(Grey(), filmed_set, options=ClipOptions())


def test_split_without_clips_is_refused(drawn):
    with pytest.raises(DataError, match="no frames of videos"):
        clips.evaluate_clips(Grey(), load_dataset(drawn))
