import json
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.people.answer import PersonInputs, explain_person
from catgan.explain.people.effects import direct_effect
from catgan.explain.people.limits import Limits
from catgan.explain.people.result import INSUFFICIENT
from catgan.explain.people.sentence import verb
from tests.harness.explained_people import answer_of
from tests.harness.fusion import AdditiveModel, logits_of


def test_sentence_names_what_speaks_for_the_answer_and_what_against_it():
    text = answer_of(face=(0, 3, 0), posture=(0, 0.5, 0), gait=(0, 0, 1)).sentence()
    assert text.startswith("Happiness (0.")
    assert "The face (+3.0) speaks for happiness most, the posture (+0." in text
    assert ") does too, the gait (-0." in text and ") speaks against it, the surroundings hardly matter." in text
    assert "In the face the network looks most at the mouth; in the posture the head matters most." in text
    assert "In the gait" not in text  # it does not speak for the answer


def test_sentence_says_how_often_such_answers_were_right():
    assert "(0.91; of 145 such answers about validation people 140 were right, 95 % interval 0.92-0.99)" in answer_of(
        face=(0, 3, 0)).sentence()
    assert answer_of(face=(0, 3, 0), limits=Limits()).sentence().startswith("Happiness (0.91).")


def test_contradiction_is_said():
    found = answer_of(face=(0, 5, 0), gait=(0, 0, 4))
    assert "The face says happiness, the gait says sadness (sure to 0." in found.sentence()
    content = found.to_dict()["contradictions"][0]
    assert content["modalities"] == ["face", "gait"] and content["say"] == ["happiness", "sadness"]
    assert not answer_of(face=(0, 5, 0), gait=(0, 4, 0)).contradictions


def test_surroundings_say():
    assert "the surroundings say sadness" in answer_of(face=(0, 5, 0), context=(0, 0, 4)).sentence()


@pytest.mark.parametrize("subjects, word", [(["the face"], "matters"), (["the hands"], "matter"),
                                            (["the feet"], "matter"), (["the head", "the neck"], "matter"),
                                            (["the glass"], "matters")])
def test_verb_fits_its_subjects(subjects, word):
    assert verb("matter", subjects) == word and verb("do", ["the face"]) == "does"


@pytest.mark.parametrize("missing, logits, words", [
    (("face", "posture", "gait", "context"), {}, "Insufficient evidence: nothing of this person can be read."),
    ((), {}, "Insufficient evidence: the answer is nearly as open as without any evidence (entropy 1.00 of at most 1, "
             "limit 0.90). Most probable would be neutral (0.33).")])
def test_insufficient_evidence_is_an_answer(missing, logits, words):
    found = answer_of(missing=missing, **logits)
    assert found.answer == INSUFFICIENT and found.sentence().startswith(words)
    assert found.to_dict()["answer"] == "insufficient evidence"
    assert found.to_dict()["named_first"] in (None, "face")


def test_missing_modalities_are_named():
    assert answer_of(missing=("gait", "context"), face=(0, 3, 0)).sentence().endswith(
        "Not read: the gait and the surroundings.")


def test_direct_effect_of_the_surroundings():
    found = answer_of(face=(0, 1, 0), context=(0, 0, 3))
    assert found.answer == "sadness" and found.context.says_without == "happiness"
    assert found.context.effect == pytest.approx(found.modalities[3].drop["log_odds"])
    assert "Without the surroundings sadness would have 0.21, and the answer would be happiness." in found.sentence()
    model, rows = AdditiveModel(), {name: [(0, 0, 0)] for name in ("face", "posture", "gait")}
    features = model.features(logits_of(context=[(0, 0, 3)], **rows))
    there = {name: np.ones(1, bool) for name in features}
    limits = Limits(means={"context": (0.0, 0.0, 1.0)})
    effect = direct_effect(model, features, there, "context", limits)
    assert effect.mean == pytest.approx(np.e / (2 + np.e)) and effect.mean_effect == pytest.approx(2.0, abs=1e-5)
    assert direct_effect(model, features, {**there, "context": np.zeros(1, bool)}, "context") is None


def test_contributions_sum_to_the_answer_without_and_with_everything():
    found = answer_of(face=(0, 3, 0), gait=(0, 0, 1), context=(0, 1, 0))
    total = sum(one.contribution["probability"] for one in found.modalities)
    assert total == pytest.approx(found.probabilities["happiness"] - found.without_evidence["probability"], abs=1e-9)
    assert found.gap < 1e-9 and found.ranked[0].name == "face"


def test_json_holds_everything():
    content = json.loads(json.dumps(answer_of(face=(0, 3, 0)).to_dict(), allow_nan=False))
    assert set(content["modalities"]) == {"face", "posture", "gait", "context"}
    assert content["modalities"]["gait"]["evidence"]["named"] == ["the hands"]
    assert content["affect"]["valence"]["deviation"] == 0.2 and content["person"] == 1
    assert content["limits"]["chosen"] == "chosen on 200 validation people"


def test_a_model_without_emotions_is_refused():
    with pytest.raises(CatganError, match="tells no emotions"):
        explain_person(AdditiveModel(classes=()), PersonInputs({}, {}))
