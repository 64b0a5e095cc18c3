"""Counterfactual sequences on a recogniser and a drawer whose answers are known by hand."""

import json

import numpy as np
import pytest

from catgan.errors import CatganError, TargetError
from catgan.explain.clips.attribution import clip_features
from catgan.explain.clips.counterfactual import counterfactual_sequence, draw_changes, flicker
from catgan.explain.clips.effects import SLACKS
from catgan.explain.clips.questions import Question, ask
from catgan.explain.clips.result import stated_changes
from catgan.explain.clips.search import ClipSearchOptions
from catgan.explain.goals import Goal, Target
from catgan.explain.models import Label
from tests.harness.clip_models import BrightDrawer, HandSetClips, bright_clip, episode

VALENCE = Label("valence", ("valence",), -1.0, 1.0)


@pytest.fixture(scope="module")
def model():
    return HandSetClips()


@pytest.fixture(scope="module")
def smile():
    """Twenty frames, happy from the sixth to the thirteenth, with a resting AU4 throughout."""
    return bright_clip(np.full(20, 1.0), episode())


@pytest.fixture(scope="module")
def answer(model, smile):
    return counterfactual_sequence(model, smile, "expression=neutral", BrightDrawer(smile))


def columns_of(model, clip):
    read = model.read_features(clip_features(model, clip)[None], clip.seen[None])
    return {name: values[0] for name, values in read.items()}


# === Questions ===


@pytest.mark.parametrize("summary, expected", [
    # Against valence <= 0 as a share of the range: .05, .15, -.1 and -.2 in the frames in question.
    ("mean", -0.025), ("majority", -0.1), ("every", 0.05)])
def test_distance_sums_frames_up(summary, expected):
    question = Question(Target("valence<=0", (Goal(VALENCE, -1.0, 0.0),)), np.array([1, 1, 0, 1, 1], bool), summary)
    columns = {"valence": np.array([[0.1, 0.3, 9.0, -0.2, -0.4]]), "expression": np.array([["a"] * 5], object)}
    assert question.distance(columns)[0] == pytest.approx(expected)


def test_episode_is_the_longest_run_of_the_expression_in_question(model):
    levels = np.where(np.isin(np.arange(20), (2, 3, 4, 8, 9, 10, 11, 12)), 3.0, 0.0)
    clip = bright_clip(np.zeros(20), levels)
    question = ask(model, clip, columns_of(model, clip), "expression=neutral")
    assert question.asked == "happiness" and question.summary == "every"
    assert np.flatnonzero(question.frames).tolist() == [8, 9, 10, 11, 12]


def test_question_about_valence_is_about_the_mean_of_the_clip(model, smile):
    question = ask(model, smile, columns_of(model, smile), "valence<=-0.2")
    assert question.summary == "mean" and question.frames.all() and question.asked is None
    within = ask(model, smile, columns_of(model, smile), "valence<=-0.2", over="0.0..0.16", summary="majority")
    assert np.flatnonzero(within.frames).tolist() == [0, 1, 2] and within.summary == "majority"
    assert ask(model, smile, columns_of(model, smile), "valence<=-0.2", over="episode").asked == "happiness"


@pytest.mark.parametrize("options, message", [
    ({"text": "keep:valence,AU12=0"}, "'keep:' takes Action Units"), ({"summary": "most"}, "Unknown summary"),
    ({"over": "9..8"}, "START..END"), ({"over": "8..9"}, "No seen frame"), ({"text": "joy>=1"}, "Unknown label")])
def test_wrong_question_is_refused(options, message, model, smile):
    with pytest.raises(CatganError, match=message):
        ask(model, smile, columns_of(model, smile), **{"text": "valence<=0", **options})


# === Answers ===


def test_smile_becomes_neutral_when_its_unit_is_lowered_over_its_episode(answer):
    assert answer.status == "ok" and answer.validity == 1.0 and answer.asked == "happiness"
    change, = answer.changes
    # AU12 of 3 must fall below 1; with the margin of .08 of probability, below .84.
    assert change.unit == 12 and -2.7 < change.by < -2.0
    assert answer.span[0] == pytest.approx(6 / 12.5, abs=0.09) and answer.span[1] == pytest.approx(13 / 12.5, abs=0.09)
    assert set(answer.counterfactual["expression"]) == {"neutral"}
    assert answer.sparsity["action_units"] == 1


def test_answer_states_its_own_errors(answer):
    assert answer.stated_is_drawn and answer.unchanged["largest"] == 0.0 and answer.unchanged["n"] >= 10
    assert answer.flicker["counterfactual"] < answer.flicker["original"]
    assert 0.0 < answer.proximity["l1"] < 0.2 and answer.identity is None and answer.renders > 0


def test_sentence_says_what_becomes_what_and_when(answer):
    assert answer.sentence().startswith("happiness becomes neutral when lip corner puller (AU12) is lower by 2.")
    assert answer.sentence().endswith(" from 0.5 s to 1.0 s.")


def test_json_draws_the_same_pixels_again(answer, smile, tmp_path):
    answer.to_json(tmp_path / "counterfactual_sequence.json")
    content = json.loads((tmp_path / "counterfactual_sequence.json").read_text())
    drawn, _ = draw_changes(BrightDrawer(smile), smile, stated_changes(content), content["slack"])
    np.testing.assert_array_equal(drawn, answer.drawn)
    assert content["status"] == "ok" and content["changes"][0]["unit"] == "AU12"
    assert content["differences"].keys() == {"AU12"} and "valence_std" not in content["original"]


def test_weakening_an_episode_leaves_out_units_that_do_not_count(model):
    clip = bright_clip(episode(level=2.0), episode())  # AU4 rises too, which the class does not depend on
    found = counterfactual_sequence(model, clip, "expression=neutral", BrightDrawer(clip))
    assert [change.unit for change in found.changes] == [12] and found.status == "ok" and found.slack == SLACKS[0]


def test_valence_is_lowered_by_either_unit(model, smile):
    answer = counterfactual_sequence(model, smile, "valence<=-0.2", BrightDrawer(smile))
    assert answer.status == "ok" and np.mean(answer.counterfactual["valence"]) <= -0.2
    assert "mean valence falls from 0.0" in answer.sentence()


def test_kept_unit_does_not_change(model, smile):
    answer = counterfactual_sequence(model, smile, "valence<=-0.1,keep:AU12", BrightDrawer(smile))
    assert [change.unit for change in answer.changes] == [4] and answer.changes[0].by > 0.0


def test_target_out_of_reach_is_not_found(model, smile):
    answer = counterfactual_sequence(model, smile, "expression=neutral", BrightDrawer(smile), without=(12,))
    assert answer.status == "not found" and answer.validity == 0.0
    assert answer.sentence().startswith("No change of Action Units was found that reaches expression=neutral")


def test_target_that_holds_changes_nothing(model, smile):
    answer = counterfactual_sequence(model, smile, "valence>=-0.5", BrightDrawer(smile))
    assert answer.status == "already met" and not answer.changes and answer.span is None
    np.testing.assert_array_equal(answer.drawn, smile.images)


def test_frames_that_were_not_seen_are_not_drawn(model):
    seen = np.ones(20, bool)
    seen[9] = False
    clip = bright_clip(np.full(20, 1.0), episode(), seen)
    answer = counterfactual_sequence(model, clip, "expression=neutral", BrightDrawer(clip))
    assert answer.status == "ok" and not answer.differences[9].any()
    np.testing.assert_array_equal(answer.drawn[9], clip.images[9])
    assert answer.counterfactual["expression"][9] is None and np.isnan(answer.original["valence"][9])


def test_flicker_is_the_mean_difference_of_neighbouring_frames():
    clip = bright_clip(np.zeros(3), np.array([0.0, 1.0, 1.0]))  # 51 grey levels in half of the picture, once
    still = np.zeros_like(clip.images)
    assert flicker(clip, clip.images) == {"original": 51 / 4, "counterfactual": 51 / 4, "ratio": 1.0}
    assert flicker(clip, still)["ratio"] == 0.0


def test_wrong_options_are_refused():
    for options in ({"max_units": 0}, {"margin": 0.5}, {"ramp": -1.0}):
        with pytest.raises(CatganError):
            ClipSearchOptions(**options)


def test_model_without_expressions_has_no_episodes(model, smile):
    class Plain(HandSetClips):
        def __init__(self):
            super().__init__()
            self.spec = type(self.spec)(self.spec.action_units, "intensity", True)

    with pytest.raises(TargetError, match="which this model does not tell"):
        ask(Plain(), smile, columns_of(model, smile), "valence<=0", over="episode")
