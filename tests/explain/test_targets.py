import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.targets import parse_target
from catgan.labels import LabelSpec

PRESENCE = LabelSpec((4, 12), "presence", True, ("anger", "happiness"))
INTENSITY = LabelSpec((4, 12), "intensity", True)


def parse(text, spec=PRESENCE):
    return parse_target(text, spec, {4: 0.4, 12: 0.3})


def reading(**columns):
    return {name: np.array([value]) for name, value in columns.items()}


@pytest.mark.parametrize("text, met, missed, by", [
    ("valence<=-0.2", {"valence": -0.2}, {"valence": 0.3}, 0.5),
    ("arousal>=0.5", {"arousal": 0.9}, {"arousal": 0.4}, 0.1),
    ("valence=0.5", {"valence": 0.59}, {"valence": 0.8}, 0.2),
    ("AU12=0", {"AU12_present": 0.29}, {"AU12_present": 0.5}, 0.2),
    ("AU12>=1", {"AU12_present": 0.3}, {"AU12_present": 0.1}, 0.2),
    ("expression=happiness", {"expression": "happiness"}, {"expression": "anger"}, 1.0)])
def test_how_far_from_the_target(text, met, missed, by):
    target = parse(text)
    assert target.shortfall(reading(**met))[0] == 0.0
    assert target.shortfall(reading(**missed))[0] == pytest.approx(by, abs=1e-6)


def test_intensity_in_faces_units():
    assert parse("AU12>=3", INTENSITY).shortfall(reading(AU12=2.0))[0] == pytest.approx(1.0)
    assert parse("au12=2", INTENSITY).shortfall(reading(AU12=2.2))[0] == 0.0


def test_goals_add_up():
    target = parse("AU12=0, valence<=0")
    assert len(target.goals) == 2
    assert target.shortfall(reading(AU12_present=0.5, valence=0.25))[0] == pytest.approx(0.45)


def test_keep_holds_what_was():
    original = reading(AU12_present=0.8, arousal=0.0)
    target = parse("valence<=-0.2,keep:AU12,keep:arousal").with_original(original, PRESENCE)
    fine = reading(valence=-0.5, AU12_present=0.75, arousal=0.15)
    assert target.shortfall(fine)[0] == 0.0
    drifted = reading(valence=-0.5, AU12_present=0.5, arousal=0.3)
    assert target.shortfall(drifted)[0] == pytest.approx(0.2 + 0.1)
    with pytest.raises(ValueError, match="with_original"):
        parse("valence<=0,keep:AU12").shortfall(fine)


@pytest.mark.parametrize("text, message", [
    ("", "reads AU12=0"), ("AU12", "reads AU12=0"), ("AU12==0", "reads AU12=0"), ("AU12<0", "reads AU12=0"),
    ("AU25=0", "AU25.*Allowed: AU04, AU12"), ("valense<=0", "Did you mean 'valence'"), ("valence<=2", "-1..1"),
    ("AU12>=9", "0..5"), ("AU12>=3", "present, not how strong"), ("valence<=x", "number"), ("valence<=nan", "-1..1"),
    ("expression=joyful", "expression"), ("keep:AU12", "at least one label to move"),
    ("AU12=0,keep:AU12", "moved and kept"), ("valence<=-0.5,valence>=0.5", "exclude each other"),
    ("AU12=0,AU12>=1", "exclude each other"), ("valence<=0,keep:expression", "keep:"), ("AU3=0", "no Action Unit 3")])
def test_mistakes(text, message):
    with pytest.raises(CatganError, match=message):
        parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_target_or_an_error_of_the_user(text):
    try:
        assert parse(text).goals
    except CatganError:
        pass
