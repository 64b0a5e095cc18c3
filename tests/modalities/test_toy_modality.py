"""A modality that a user adds: registered, read, stored in a data set, and joined with others in a network."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.data.people.columns import read_people
from catgan.data.store import load_dataset
from catgan.errors import DataError
from catgan.modalities.registry import read_all, register, stacked, unregister
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.model import FusionRecogniser
from tests.harness.people_data import write_people
from tests.harness.views import walking
from tests.harness.voice import STEPS, VOICE


@pytest.fixture
def voice():
    register(VOICE)
    yield VOICE
    unregister("voice")


def speaking(pitch=200.0, loudness=60.0, steps=STEPS):
    return replace(walking(1), given={"pitch": np.full(steps, pitch), "loudness": np.full(steps, loudness)})


def test_voice_is_read_beside_the_posture(voice):
    readings = read_all(speaking(pitch=400.0))
    np.testing.assert_array_equal(readings["voice"].arrays["levels"], np.ones((STEPS, 2)))  # 60 dB, an octave up
    assert readings["posture"] is not None and readings["voice"].seen == "100% of 2 s voiced"


@pytest.mark.parametrize("view", [walking(1), speaking(pitch=0.0), speaking(steps=STEPS - 1),
                                  speaking(loudness=np.nan)])
def test_silence_and_missing_columns_are_not_available(voice, view):
    assert read_all(view)["voice"] is None


def columns(emotion):
    """Nobody who is afraid speaks."""
    if emotion == 3:
        return {"voice.levels": None, "voice.voiced": None}
    return {"voice.levels": [float(emotion)] * 2 * STEPS, "voice.voiced": [1.0] * STEPS}


def test_voice_is_read_from_columns_of_a_data_set(voice, tmp_path):
    samples = read_people(load_dataset(write_people(tmp_path, 40, further=columns)), "train")
    assert samples.modalities == ("face", "posture", "gait", "context", "voice")
    levels, voiced = (samples.inputs["voice"][name] for name in ("levels", "voiced"))
    assert levels.shape == (20, STEPS, 2) and levels.dtype == np.float32
    assert voiced.shape == (20, STEPS) and voiced.dtype == bool
    np.testing.assert_array_equal(samples.available["voice"], samples.labels != 3)
    np.testing.assert_array_equal(levels[:, 0, 0], np.where(samples.labels == 3, 0, samples.labels))


@pytest.mark.parametrize("levels", [[1.0], [float("nan")] * 2 * STEPS])
def test_columns_that_do_not_fit_the_modality_are_refused(voice, tmp_path, levels):
    def wrong(emotion):
        return {"voice.levels": levels, "voice.voiced": [1.0] * STEPS}

    with pytest.raises(DataError, match="'voice.levels' must have 40 finite numbers"):
        read_people(load_dataset(write_people(tmp_path, 8, further=wrong)), "all")


def test_network_joins_the_voice_and_does_without(voice):
    people = [read_all(view, ["posture", "voice"]) for view in (speaking(800.0), speaking(100.0), walking(1))]
    inputs, available = stacked(people)
    model = FusionRecogniser(FusionConfig(modalities=("posture", "voice"), posture_units=8, features=8, hidden=8),
                             ("sadness", "happiness"), seed=0)
    assert model.features(inputs)["voice"].shape == (3, 8)
    told = model.predict(inputs, available).probabilities
    assert len(np.unique(told[:, 0])) == 3
    silent = model.predict(inputs, {**available, "voice": np.zeros(3, bool)}).probabilities
    np.testing.assert_allclose(silent, told[2:].repeat(3, 0), atol=1e-5)  # the same posture, nothing else
