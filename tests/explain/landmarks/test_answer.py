import json
from dataclasses import replace

import numpy as np
import pytest

from catgan.explain.landmarks.answer import LandmarkAnswer, short
from catgan.explain.landmarks.clip_figure import answer_figure
from tests.harness.landmark_clips import moving_clip


def answer_of(relevance, clip=None, value=3.0, points=None, **probabilities):
    clip = clip or moving_clip({"mouth": (0.0, 0.1)})
    probabilities = probabilities or {"neutral": 0.03, "surprise": 0.97}
    return LandmarkAnswer(clip, probabilities, max(probabilities, key=probabilities.get), relevance,
                          "integrated_gradients", "the own first frames held still", value, 1.0,
                          np.ones(478, bool) if points is None else points)


def planted():
    """2.0 in the inner brows of frames 2 and 3, 0.5 in the jaw of frame 3, -0.25 in the nose of frame 9."""
    relevance = np.zeros((20, 478))
    relevance[2:4, [107, 336]] = 0.5
    relevance[3, 152], relevance[9, 1] = 0.5, -0.25
    return relevance


def test_sentence_names_the_answer_the_parts_and_the_moment():
    assert answer_of(planted()).sentence() == "surprise: .97, carried by the inner brows between .3 s and .6 s"


def test_moment_is_the_shortest_run_of_frames_with_three_quarters_of_the_relevance():
    # Net relevance by frame: 1.0, 1.5 and -0.25 in frames 2, 3 and 9; three quarters of 2.75 need frames 2 and 3.
    relevance = planted()
    assert answer_of(relevance).moment == pytest.approx((0.32, 0.64)) and answer_of(relevance).frames == (2, 4)
    relevance[3] = 0.0
    assert answer_of(relevance).moment == pytest.approx((0.32, 0.48))
    assert answer_of(np.zeros((20, 478))).moment is None


def test_gap_is_what_the_relevance_misses_as_a_share():
    assert answer_of(planted(), value=3.5).gap == pytest.approx(abs(2.25 - 2.5) / 2.5)
    assert answer_of(planted(), value=1.0).gap is None


@pytest.mark.parametrize("relevance, words", [
    (np.zeros((20, 478)), "surprise: .97; nothing in the movement of this clip speaks for it"),
    (-10.0 * np.eye(20, 478, 152) + planted(), "although the movement as a whole speaks against it; for it speaks most "
                                               "the inner brows")])
def test_sentence_says_where_movement_does_not_speak_for_the_answer(relevance, words):
    assert words in answer_of(relevance).sentence()


def test_sentence_says_where_three_parts_do_not_hold_three_quarters():
    relevance = np.zeros((20, 478))
    relevance[5, [107, 386, 152, 1, 13]] = 1.0
    assert ", carried most of all by the " in answer_of(relevance).sentence()


def test_answer_as_json_holds_points_regions_and_moments():
    content = json.loads(json.dumps(answer_of(planted()).to_dict()))
    assert (content["answer"], content["explained"]) == ("surprise", "surprise")
    assert sum(content["points"]["net"]) == pytest.approx(2.25) and sum(content["points"]["absolute"]) == 2.75
    assert sum(region["net"] for region in content["regions"].values()) == pytest.approx(2.25)
    assert content["regions"]["nose"]["over_time"][9] == -0.25 and content["regions"]["nose"]["absolute"] == 0.25
    assert content["moments"]["net"][3] == 1.5 and content["moments"]["absolute"][9] == 0.25
    assert content["moment"] == [0.32, 0.64] and len(content["points_read"]) == 478
    assert content["parts"][0]["name"] == "the inner brows"


@pytest.mark.parametrize("pictures", [False, True])
def test_answer_figure_draws_the_most_relevant_frame_and_all_frames(pictures):
    clip = moving_clip({"mouth": (0.0, 0.1)}, unseen=(5,), pictures=pictures, first=7.0)
    read = np.isin(np.arange(478), [107, 336, 152])
    drawn = answer_figure(replace(answer_of(planted(), clip), points=read))
    titles = [axes.get_title() for axes in drawn.axes[:3]]
    assert titles == ["the frame at 7.48 s", "all frames, net", "all frames, absolute"]
    assert len(drawn.axes[0].get_images()) == int(pictures) and len(drawn.axes) == 6
    assert "carried by the inner brows between 7.3 s" in drawn.get_supxlabel() and "black" in drawn.get_supxlabel()


@pytest.mark.parametrize("number, text", [(0.974, ".97"), (1.0, "1.00"), (12.0, "12.00"), (-0.3, "-.30")])
def test_short_leaves_the_zero_before_the_point_away(number, text):
    assert short(number) == text
