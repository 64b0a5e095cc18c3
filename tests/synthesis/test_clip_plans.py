from dataclasses import replace

import numpy as np
import pytest

from catgan.synthesis.clip_layers import visible
from catgan.synthesis.clip_plans import drawn_as, expressions_of, plan_clip
from catgan.synthesis.clip_tasks import pair_of
from catgan.synthesis.clip_truth import ClipSettings
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler, valence_arousal

SETTINGS = ClipSettings(seed=2, subjects=50)
PLACES = {number: place for place, number in enumerate(ACTION_UNITS)}
PLAIN = ("rest", "speech", "blinks", "motion", "occlusion", "blur", "missing")


def test_clip_depends_on_settings_and_number_alone():
    first, again, other = plan_clip(SETTINGS, 3), plan_clip(SETTINGS, 3), plan_clip(SETTINGS, 4)
    assert first.scenes() == again.scenes() != other.scenes()
    np.testing.assert_array_equal(first.emotion, again.emotion)


def test_all_clips_of_a_person_have_one_resting_face():
    faces = {}
    for number in range(150):
        clip = plan_clip(SETTINGS, number)
        assert clip.base == Sampler(2, 50).scene(number)
        np.testing.assert_array_equal(faces.setdefault(clip.base.subject, clip.rest), clip.rest)
    assert 30 < len(faces) <= 50


def test_truth_follows_from_the_emotion_alone():
    clip = plan_clip(SETTINGS, 0)
    word = clip.episodes[0].expression
    levels = dict(zip(ACTION_UNITS, clip.emotion[20].tolist()))
    assert clip.valence_arousal[20] == pytest.approx(valence_arousal(levels, word))
    bare = plan_clip(replace(SETTINGS, without=PLAIN), 0)
    np.testing.assert_array_equal(bare.valence_arousal, clip.valence_arousal)
    assert bare.expressions == clip.expressions
    # Without what means nothing, a frame is a face like any other: its scene says its valence and arousal.
    np.testing.assert_allclose([scene.valence_arousal for scene in bare.scenes()], bare.valence_arousal)


def test_expression_of_a_frame_is_named_while_half_of_it_is_shown():
    for number in range(20):
        clip = plan_clip(SETTINGS, number)
        [episode] = clip.episodes
        shown = episode.shares(clip.times).mean(1) >= 0.5 if episode.action_units else np.zeros(40, bool)
        assert clip.expressions == tuple(episode.expression if there else "neutral" for there in shown)
        assert clip.expressions[0] == clip.expressions[-1] == "neutral"


def test_long_clip_shows_one_expression_after_the_other():
    clip = plan_clip(replace(SETTINGS, frames=200), 5)  # 16 s
    assert len(clip.episodes) == 4 and len(clip.words) == 200
    for place, episode in enumerate(clip.episodes):
        assert set(clip.words[50 * place:50 * place + 50]) == {episode.expression}
        assert set(clip.expressions[50 * place:50 * place + 50]) <= {"neutral", episode.expression}


def test_scenes_show_what_is_visible_within_the_range_of_poses():
    clip = plan_clip(SETTINGS, 1)
    for frame, scene in enumerate(clip.scenes()):
        assert [scene.action_units.get(number, 0.0) for number in ACTION_UNITS] == clip.visible[frame].tolist()
        assert scene.pose == tuple(clip.poses[frame].tolist()) and scene.frame == frame
    assert np.abs(clip.poses).max() <= 20 and np.ptp(clip.poses[:, 0]) > 0.5
    np.testing.assert_array_equal(clip.visible, visible(clip.emotion, clip.rest, clip.speech, clip.blink))


def test_another_emotion_is_drawn_in_the_same_clip():
    clip = plan_clip(SETTINGS, 1)
    calm = clip.with_emotion(np.zeros_like(clip.emotion))
    assert not calm.valence_arousal.any() and calm.flaws is clip.flaws
    np.testing.assert_array_equal(calm.visible, visible(0 * clip.emotion, clip.rest, clip.speech, clip.blink))
    before, after = (part.draw(Renderer(16)) for part in (clip, calm))
    quiet = ~clip.emotion.any(1)
    np.testing.assert_array_equal(before[quiet], after[quiet])
    assert (before[~quiet] != after[~quiet]).any((1, 2, 3)).sum() > 15


# === Tasks ===


@pytest.mark.parametrize("number", [0, 6])
def test_task_of_order_has_the_same_frames_in_opposite_order(number):
    settings = replace(SETTINGS, task="order")
    first, second = plan_clip(settings, number), plan_clip(settings, number + 1)
    assert first.scenes() == second.scenes()[::-1] and first.flaws.hands == second.flaws.hands[::-1]
    assert set(first.expressions) == {"surprise"} and set(second.expressions) == {"anger"}
    np.testing.assert_array_equal(first.draw(Renderer(16)), second.draw(Renderer(16))[::-1])
    peaks = [clip.emotion[:, PLACES[unit]].argmax() for clip in (first, second) for unit in (1, 4)]
    assert peaks[0] + 5 < peaks[1] and peaks[3] + 5 < peaks[2]
    for clip in (first, second):  # the episodes say when each Action Unit moves
        found = sum(episode.intensities(clip.times) for episode in clip.episodes)
        np.testing.assert_allclose(found, clip.emotion, atol=1e-9)


def test_task_of_rest_has_the_same_levels_and_opposite_changes():
    settings = replace(SETTINGS, task="rest")
    levels = []
    for number in range(0, 40, 2):
        up, down = (plan_clip(settings, part) for part in (number, number + 1))
        smiles = [np.sort(clip.visible[:, PLACES[12]]) for clip in (up, down)]
        np.testing.assert_allclose(*smiles, atol=1e-9)
        assert set(up.expressions) == {"happiness"} and set(down.expressions) == {"sadness"}
        assert up.emotion.min() >= 0 > down.emotion.min() and up.base == down.base
        assert up.valence_arousal[20, 0] > 0.2 and down.valence_arousal[20, 0] < -0.2
        assert up.rest[PLACES[12]] < down.rest[PLACES[12]] and 0 < smiles[0][0] and smiles[0][-1] <= 4
        levels.append(up.rest[PLACES[12]])
    assert np.ptp(levels) > 1.0


def test_pairs_of_a_task_share_their_person():
    settings = replace(SETTINGS, task="rest")
    assert [pair_of(number) for number in range(5)] == [0, 0, 1, 1, 2]
    assert drawn_as(settings, 9) == 4 and drawn_as(SETTINGS, 9) == 9
    assert plan_clip(settings, 9).number == 9 and plan_clip(settings, 9).base == Sampler(2, 50).scene(4)
    assert expressions_of(settings) == ("happiness", "sadness") and len(expressions_of(SETTINGS)) == 7
