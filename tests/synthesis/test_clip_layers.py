import numpy as np
import pytest

from catgan.synthesis import clip_layers
from catgan.synthesis.clip_layers import Episode, blinks, episodes_of, resting_face, speech, visible
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import EXCLUSIVE, EXPRESSIONS

TIMES = np.arange(40) / 12.5
PLACES = {number: place for place, number in enumerate(ACTION_UNITS)}


def units(frames=1, **values):
    result = np.zeros((frames, len(ACTION_UNITS)))
    for name, value in values.items():
        result[:, PLACES[int(name.removeprefix("au"))]] = value
    return result


def test_episode_rises_holds_and_falls_by_hand():
    episode = Episode("happiness", {6: 2.0, 12: 4.0}, (1.0, 1.2), 0.4, 0.8, 3.0)
    levels = episode.intensities(np.array([0.0, 1.0, 1.2, 1.4, 2.0, 2.6, 3.0, 9.0]))
    assert levels[:, PLACES[6]] == pytest.approx([0, 0, 1, 2, 2, 1, 0, 0])
    assert levels[:, PLACES[12]] == pytest.approx([0, 0, 0, 2, 4, 2, 0, 0])
    assert episode.start == 1.0 and episode.is_shown(np.array([1.2, 1.4, 2.59, 2.61])).tolist() == [
        False, True, True, False]


def test_episode_without_action_units_is_never_shown():
    episode = Episode("neutral", {}, (), 0.4, 0.4, 3.0)
    assert not episode.is_shown(TIMES).any() and not episode.intensities(TIMES).any()


@pytest.mark.parametrize("seconds, count", [(1.0, 1), (3.2, 1), (8.0, 2), (30.0, 8)])
def test_clip_has_one_episode_per_four_seconds_each_in_its_part(seconds, count):
    found = episodes_of(5, 3, seconds)
    assert len(found) == count
    for place, episode in enumerate(found):
        assert seconds / count * place <= episode.start <= episode.end <= seconds / count * (place + 1)
        assert all(start + episode.rise + episode.fall < episode.end for start in episode.starts)


def test_episodes_are_weaker_than_those_of_faces_and_some_are_neutral():
    found = [episodes_of(0, clip, 3.2)[0] for clip in range(300)]
    assert {episode.expression for episode in found} == set(EXPRESSIONS)
    assert 20 < sum(episode.expression == "neutral" for episode in found) < 70
    assert 2.0 < max(max(episode.action_units.values(), default=0) for episode in found) <= 3.0


def test_resting_faces_belong_to_people_and_follow_their_distribution():
    faces = np.array([resting_face(0, person) for person in range(1000)])
    assert np.array_equal(faces[7], resting_face(0, 7)) and not np.array_equal(faces[7], resting_face(1, 7))
    shown = {number for number in ACTION_UNITS if faces[:, PLACES[number]].any()}
    assert shown == set(clip_layers.RESTING_UNITS) and faces.max() <= 2.5
    values = faces[:, [PLACES[number] for number in clip_layers.RESTING_UNITS]]
    assert (values > 0).mean() == pytest.approx(0.4, abs=0.03)
    # An exponential of mean .9 that is cut at 2.5 has mean .9 (1 - exp(-2.5 / .9)).
    assert values[values > 0].mean() == pytest.approx(0.9 * (1 - np.exp(-2.5 / 0.9)), abs=0.04)


def test_seven_clips_of_ten_are_spoken_with_three_to_five_syllables_a_second():
    times = np.arange(400) / 100
    clips = [speech(0, clip, times) for clip in range(300)]
    assert np.mean([clip.any() for clip in clips]) == pytest.approx(0.7, abs=0.08)
    moved = {number for number in ACTION_UNITS if any(clip[:, PLACES[number]].any() for clip in clips)}
    assert moved == {18, 20, 24, 25, 26}
    assert max(clip.sum(1).max() for clip in clips) < 5
    # The mouth stands still at the middle of each syllable, of which 4 s have 12 to 20; equal neighbours count as one.
    fine = [speech(0, clip, np.arange(4000) / 1000) for clip in range(60)]
    still = [np.abs(np.diff(clip, axis=0)).sum(1) < 3e-4 for clip in fine if clip.any()]
    counts = [(rests[1:] & ~rests[:-1]).sum() for rests in still]
    assert 9 <= min(counts) and max(counts) <= 20 and np.mean(counts) == pytest.approx(16, abs=1.5)


def test_blinks_close_the_eyes_for_a_tenth_of_a_second():
    times = np.arange(4000) / 200
    closed = np.concatenate([blinks(0, clip, times) for clip in range(60)])
    starts = ((closed[1:] > 0) & (closed[:-1] == 0)).sum()
    assert starts / 1200 == pytest.approx(0.3, rel=0.15)  # a second
    assert closed.max() == 5.0 and (closed == 5.0).sum() / 200 / starts == pytest.approx(0.1, rel=0.15)


def test_visible_adds_the_layers_within_the_range():
    shown = visible(units(au12=4.0), units(au12=2.0)[0], units(au26=1.0), np.array([0.0]))
    assert np.array_equal(shown, units(au12=5.0, au26=1.0))


@pytest.mark.parametrize("emotion, rest, spoken, blink, expected", [
    ({"au5": 3.0}, {}, {}, 5.0, {"au43": 5.0}),  # a blink closes wide eyes
    ({"au24": 3.0}, {}, {"au25": 2.0}, 0.0, {"au25": 2.0}),  # lips that speak are not pressed
    ({"au25": 2.0}, {"au24": 1.0}, {}, 0.0, {"au25": 2.0}),  # emotion wins over rest
    ({"au25": 0.5}, {"au24": 1.0}, {}, 0.0, {}),  # half of the rest is left, as much as there is of the other
    ({"au5": 0.4}, {"au43": 1.0}, {}, 0.0, {"au43": 0.2})])
def test_of_exclusive_units_the_stronger_layer_is_shown(emotion, rest, spoken, blink, expected):
    shown = visible(units(**emotion), units(**rest)[0], units(**spoken), np.array([blink]))
    assert shown == pytest.approx(units(**expected))


def test_visible_units_never_exclude_each_other_and_do_not_jump():
    times = np.arange(3200) / 1000
    for clip in range(12):
        emotion = episodes_of(0, clip, 3.2)[0].intensities(times)
        shown = visible(emotion, resting_face(0, clip), speech(0, clip, times), blinks(0, clip, times))
        assert 0 <= shown.min() and shown.max() <= 5
        assert not any((np.minimum(shown[:, PLACES[a]], shown[:, PLACES[b]]) > 0).any() for a, b in EXCLUSIVE)
        assert np.abs(np.diff(shown, axis=0)).max() < 0.5  # in a millisecond, in which a lid goes .1
