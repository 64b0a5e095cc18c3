"""Attribution of answers about clips, on a recogniser whose answers are known by hand."""

import numpy as np
import pytest

from catgan import config
from catgan.errors import CatganError, TargetError
from catgan.explain.clips.attribution import attribute_clip, clip_features, most_neutral
from catgan.explain.clips.clip import Clip, longest_run, parse_span
from catgan.explain.clips.outputs import feature_output
from catgan.faces.regions import face_regions
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.model import ClipRecogniser
from tests.harness.clip_models import HandSetClips, bright_clip, episode
from tests.harness.experiments import TINY


@pytest.fixture(scope="module")
def model():
    return HandSetClips()


@pytest.fixture(scope="module")
def smile():
    return bright_clip(np.zeros(20), episode())


def test_valence_of_a_smile_is_attributed_to_its_frames_alone(model, smile):
    found = attribute_clip(model, smile, "valence")
    # Mean over 20 frames of AU12 / 5; the smoothing hands every inner frame its whole weight.
    np.testing.assert_allclose(found.moments, episode() / 5.0 / 20.0, atol=1e-5)
    assert found.share_between(6 / 12.5, 13 / 12.5) == pytest.approx(1.0)
    assert found.relative_gap < 1e-4


def test_pixels_of_the_lower_half_carry_the_smile(model, smile):
    found = attribute_clip(model, smile, "AU12", inputs="pixels", n_steps=4)
    np.testing.assert_allclose(found.moments, episode() / 20.0, atol=1e-4)
    for name, region in face_regions((16, 16)).items():  # every pixel of the lower half weighs the same
        np.testing.assert_allclose(found.regions[name], found.moments * region[8:].sum() / (8 * 16), atol=1e-6)


def test_occlusion_agrees_with_gradients_where_the_model_is_linear(model, smile):
    found = attribute_clip(model, smile, "valence", method="temporal_occlusion", seconds=1 / 12.5)
    np.testing.assert_allclose(found.moments, episode() / 5.0 / 20.0, atol=1e-5)


def test_class_is_attributed_by_its_log_odds_over_a_span(model, smile):
    found = attribute_clip(model, smile, "expression=happiness", over=(8 / 12.5, 10 / 12.5))
    assert found.value == pytest.approx(2.0, abs=1e-4)  # AU12 - 1 against the logit 0
    assert found.share_between(7 / 12.5, 11 / 12.5) == pytest.approx(1.0)
    assert found.moments[9] == pytest.approx(1.0, abs=1e-4)  # of three frames, each counted by a quarter, half, quarter


def test_frame_that_was_not_seen_gets_nothing(model):
    seen = np.ones(20, bool)
    seen[8] = False
    found = attribute_clip(model, bright_clip(np.zeros(20), episode(), seen), "valence")
    assert found.moments[8] == 0.0 and found.moments[9] > 0.0


def test_clips_of_one_model_share_what_is_compiled(model):
    whole, part = (feature_output(model, "valence", seen) for seen in (np.ones(4, bool), np.arange(4) < 2))
    assert whole.function is part.function is not feature_output(model, "arousal", np.ones(4, bool)).function
    assert whole.given[0].all() and not part.given[0].all()


def test_most_neutral_frame_is_the_one_of_the_highest_probability(model):
    clip = bright_clip(np.zeros(6), np.array([3.0, 3.0, 0.0, 0.0, 0.0, 3.0]))
    assert most_neutral(model, model.features(clip.images), clip.seen) == 3  # its neighbours are neutral too


@pytest.mark.parametrize("options, message", [
    ({"target": "AU6"}, "Unknown output of this clip model 'AU6'"),
    ({"method": "guided"}, "Unknown method of attribution over time"),
    ({"inputs": "sound"}, "Unknown input of an attribution over time"),
    ({"over": (5.0, 6.0)}, "No seen frame of this clip lies in 5..6 s")])
def test_wrong_option_is_refused(options, message, model, smile):
    with pytest.raises(CatganError, match=message):
        attribute_clip(model, smile, **{"target": "valence", **options})


def test_clip_longer_than_the_window_is_refused():
    with pytest.raises(CatganError, match="within one window of the model, 10 frames or 0.8 s. Received: 20"):
        attribute_clip(HandSetClips(frames=10), bright_clip(np.zeros(20), episode()), "valence")


def test_clip_without_a_seen_frame_is_refused():
    with pytest.raises(CatganError, match="no frame in which the face was seen"):
        bright_clip(np.zeros(3), np.zeros(3), np.zeros(3, bool))
    with pytest.raises(CatganError, match="Received: float64"):
        Clip(np.zeros((1, 4, 4, 3)), np.ones(1, bool), np.zeros(1))


def test_span_is_read_in_seconds():
    assert parse_span(" 0.8 .. 2.4") == (0.8, 2.4)
    for text in ("2..1", "0.8", "a..b", ""):
        with pytest.raises(TargetError, match="START..END in seconds"):
            parse_span(text)


def test_longest_run_skips_ignored_frames():
    mask = np.array([1, 0, 1, 1, 0, 1], bool)
    assert longest_run(mask).tolist() == [False, False, True, True, False, False]
    unseen = np.array([0, 0, 0, 0, 1, 0], bool)
    assert longest_run(mask, unseen).tolist() == [False, False, True, True, False, True]
    assert not longest_run(np.zeros(3, bool)).any()


def test_recurrent_recogniser_is_complete_and_agrees_with_its_readings():
    network = config.from_mapping(NetworkConfig, {**TINY, "image_size": 16})
    model = ClipRecogniser(SequenceConfig("bigru", units=4, layers=1), network,
                           LabelSpec((4, 12), "intensity", True, ("anger", "fear", "neutral")), 12.5, 40, seed=2)
    seen = np.array([True, True, False, True])
    clip = Clip(np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8), seen, np.arange(4) / 12.5)
    pixels = attribute_clip(model, clip, "expression=fear", inputs="pixels", n_steps=1)
    features = attribute_clip(model, clip, "expression=fear", n_steps=100)
    fear = model.read_features(clip_features(model, clip)[None], seen[None])["expression=fear"][0][seen]
    for found in (pixels, features):
        assert found.value == pytest.approx(float(np.log(fear / (1.0 - fear)).mean()), abs=2e-3)
        assert found.moments[2] == 0.0 and np.count_nonzero(found.moments) == 2  # one of the others is the baseline
    assert features.relative_gap < 0.02
