import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.foreign import ForeignModel
from catgan.explain.models import CatGANModel, CombinedModel, Label
from catgan.explain.targets import parse_target
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY

PRESENCE = LabelSpec((4, 12), "presence", True, ("anger", "happiness"))
INTENSITY = LabelSpec((4, 12), "intensity", True)
LABELS: dict = {}


def parse(text, spec=PRESENCE):
    if spec not in LABELS:
        LABELS[spec] = CatGANModel(CatGAN(NetworkConfig(**TINY), spec, thresholds={4: 0.4, 12: 0.3})).labels
    return parse_target(text, LABELS[spec])


def reading(**columns):
    return {name: np.array([value]) for name, value in columns.items()}


@pytest.mark.parametrize("text, met, missed, by", [
    ("valence<=-0.2", {"valence": -0.2}, {"valence": 0.3}, 0.25),  # shares of the range, which is 2
    ("arousal>=0.5", {"arousal": 0.9}, {"arousal": 0.4}, 0.05),
    ("valence=0.5", {"valence": 0.59}, {"valence": 0.8}, 0.1),
    ("arousal=0.1..0.4", {"arousal": 0.1}, {"arousal": 0.6}, 0.1),
    ("realness>=0.8", {"realness": 0.8}, {"realness": 0.7}, 0.1),
    ("AU12=0", {"AU12_present": 0.29}, {"AU12_present": 0.5}, 0.2),
    ("AU12>=1", {"AU12_present": 0.3}, {"AU12_present": 0.1}, 0.2),
    ("expression=happiness", {"expression=happiness": 0.6, "expression=anger": 0.4},
     {"expression=happiness": 0.3, "expression=anger": 0.7}, 0.4)])
def test_shortfall_is_a_share_of_the_range(text, met, missed, by):
    target = parse(text)
    assert target.shortfall(reading(**met))[0] == 0.0
    assert target.shortfall(reading(**missed))[0] == pytest.approx(by, abs=1e-6)


def test_intensity_target_is_in_levels():
    assert parse("AU12>=3", INTENSITY).shortfall(reading(AU12=2.0))[0] == pytest.approx(0.2)
    assert parse("au12=2", INTENSITY).shortfall(reading(AU12=2.2))[0] == 0.0


def test_shortfalls_of_goals_add_up():
    target = parse("AU12=0, valence<=0")
    assert len(target.goals) == 2
    assert target.shortfall(reading(AU12_present=0.5, valence=0.25))[0] == pytest.approx(0.2 + 0.125)


def test_keep_is_an_interval_around_the_original():
    original = reading(AU12_present=0.8, arousal=0.0)
    target = parse("valence<=-0.2,keep:AU12,keep:arousal").with_original(original)
    fine = reading(valence=-0.5, AU12_present=0.75, arousal=0.15)
    assert target.shortfall(fine)[0] == 0.0
    drifted = reading(valence=-0.5, AU12_present=0.5, arousal=0.3)
    assert target.shortfall(drifted)[0] == pytest.approx(0.2 + 0.05)
    with pytest.raises(ValueError, match="with_original"):
        parse("valence<=0,keep:AU12").shortfall(fine)


@pytest.mark.parametrize("text, message", [
    ("valence=0.4..0.1", "smaller to its larger"), ("AU12=0..1", "present, not how strong"),
    ("", "reads AU12=0"), ("AU12", "reads AU12=0"), ("AU12==0", "reads AU12=0"), ("AU12<0", "reads AU12=0"),
    ("AU25=0", "AU25.*Allowed: AU04, AU12"), ("valense<=0", "Did you mean 'valence'"), ("valence<=2", "-1..1"),
    ("AU12>=9", "0..5"), ("AU12>=3", "present, not how strong"), ("valence<=x", "number"), ("valence<=nan", "-1..1"),
    ("expression=joyful", "expression"), ("keep:AU12", "at least one label to move"),
    ("AU12=0,keep:AU12", "moved and kept"), ("valence<=-0.5,valence>=0.5", "exclude each other"),
    ("AU12=0,AU12>=1", "exclude each other"), ("valence<=0,keep:expression", "keep:"), ("AU3=0", "no Action Unit 3")])
def test_invalid_target_is_refused(text, message):
    with pytest.raises(CatganError, match=message):
        parse(text)


def test_tightened_moves_the_ends_inside():
    target = parse("valence<=-0.2").tightened(0.05)
    assert target.shortfall(reading(valence=-0.2))[0] == pytest.approx(0.05)
    assert target.shortfall(reading(valence=-0.31))[0] == 0.0
    narrow = parse("AU12=2", INTENSITY).tightened(0.05).goals[0]  # 1.75 .. 2.25: two fifths of it at each end
    assert (narrow.low, narrow.high) == pytest.approx((1.95, 2.05))
    assert parse("AU12=0").tightened(0.05).goals[0].low == 0.0  # the range ends there
    wins = parse("expression=anger").tightened(0.1)
    assert wins.shortfall({"expression=anger": np.array([0.52]), "expression=happiness": np.array([0.48])})[0] > 0
    kept = parse("valence<=0,keep:AU12").with_original(reading(AU12_present=0.5)).tightened(0.1)
    assert (kept.goals[1].low, kept.goals[1].high) == pytest.approx((0.4, 0.6))


def test_distance_is_negative_by_the_margin():
    target = parse("valence<=-0.2,arousal=0.1..0.5")
    assert target.distance(reading(valence=-0.6, arousal=0.2))[0] == pytest.approx(-0.05)  # arousal, of a range of 2
    assert target.distance(reading(valence=-0.3, arousal=0.3))[0] == pytest.approx(-0.05)
    assert target.distance(reading(valence=0.2, arousal=0.3))[0] == pytest.approx(0.2)
    assert target.distance(reading(valence=0.2, arousal=0.9))[0] == pytest.approx(0.4)
    wins = parse("expression=anger")
    assert wins.distance({"expression=anger": np.array([0.9]), "expression=happiness": np.array([0.1])})[0] == \
        pytest.approx(-0.8)


def test_towards_keeps_the_near_end_alone():
    target = parse("valence=0.1..0.3,keep:arousal").with_original(reading(valence=-0.4, arousal=0.0))
    ahead = target.towards(reading(valence=-0.4, arousal=0.0))
    assert ahead.distance(reading(valence=0.9, arousal=0.0))[0] <= 0.0 < target.distance(
        reading(valence=0.9, arousal=0.0))[0]
    assert ahead.distance(reading(valence=0.0, arousal=0.0))[0] == pytest.approx(0.05)
    assert ahead.distance(reading(valence=0.9, arousal=0.3))[0] == pytest.approx(0.05)  # what is kept has two ends
    back = target.towards(reading(valence=0.8, arousal=0.0))
    assert back.distance(reading(valence=-0.9, arousal=0.0))[0] <= 0.0
    inside = target.towards(reading(valence=0.2, arousal=0.0))
    assert inside.distance(reading(valence=0.9, arousal=0.0))[0] > 0.0


def test_goal_labels_and_held_units_are_listed():
    target = parse("valence<=0,valence>=-0.5,keep:AU12,keep:arousal")
    assert [label.name for label in target.goal_labels] == ["valence"] and target.held_units == (12,)


def test_outputs_of_a_foreign_model_are_targets():
    labels = {f"output[{k}]": Label(f"output[{k}]", (f"output[{k}]",), -np.inf, np.inf) for k in range(2)}
    labels["class"] = Label("class", ("cat", "dog"), kind="class", classes=("cat", "dog"))
    target = parse_target("output[1]>=3,class=dog", labels)
    columns = {"output[1]": np.array([1.0]), "cat": np.array([0.9]), "dog": np.array([0.4])}
    assert target.shortfall(columns)[0] == pytest.approx(2.0 + 0.5)
    with pytest.raises(CatganError, match="Did you mean 'output"):
        parse_target("output[2]>=3", labels)


# === Any other class ===

EMOTIONS = {"class": Label("class", ("calm", "sad", "happy"), kind="class", classes=("calm", "sad", "happy"))}


def emotions(calm, sad, happy):
    return reading(calm=calm, sad=sad, happy=happy)


def test_other_class_target_is_met_by_any_other_class():
    target = parse_target("class!=happy", EMOTIONS)
    assert target.shortfall(emotions(0.1, 0.2, 0.7))[0] == pytest.approx(0.5, abs=1e-5)
    assert target.shortfall(emotions(0.1, 0.5, 0.4))[0] == 0.0 < target.shortfall(emotions(0.1, 0.4, 0.4))[0]
    assert target.distance(emotions(0.1, 0.5, 0.4))[0] == pytest.approx(-0.1, abs=1e-5)
    wins = target.tightened(0.2)
    assert wins.shortfall(emotions(0.1, 0.5, 0.4))[0] == pytest.approx(0.1)
    assert wins.shortfall(emotions(0.1, 0.6, 0.3))[0] == 0.0
    assert target.towards(emotions(0.1, 0.5, 0.4)) == target
    assert [label.name for label in target.goal_labels] == ["class"]


def test_other_class_target_has_gradients():
    from keras import ops

    from catgan.backend import get_engine

    target = parse_target("class!=happy", EMOTIONS)

    def far(x):
        columns = {"calm": x[:, 0], "sad": x[:, 1], "happy": x[:, 2]}
        return (target.shortfall(columns, ops.maximum),) * 2

    values, slopes = get_engine().input_gradient(far, np.array([[0.1, 0.2, 0.7], [0.1, 0.8, 0.1]], np.float32))
    np.testing.assert_allclose(values, [0.5, 0.0], atol=1e-5)
    np.testing.assert_allclose(slopes, [[0, -1, 1], [0, 0, 0]], atol=1e-6)


def test_other_expression_target_is_parsed():
    target = parse("expression!=Happy,valence<=0")
    assert target.goals[0].name == "happiness" and target.goals[0].other
    met = {"expression=happiness": np.array([0.3]), "expression=anger": np.array([0.7]), "valence": np.array([-0.2])}
    assert target.shortfall(met)[0] == 0.0


@pytest.mark.parametrize("text, message", [
    ("class!=glad", "class!=NAME with one of calm, sad, happy"), ("class>=happy", "class=NAME or class!=NAME"),
    ("class=happy,class!=happy", "exclude each other"), ("class=happy,class=sad", "exclude each other"),
    ("class!=calm,class!=sad,class!=happy", "exclude each other"), ("class!=!happy", "reads AU12=0"),
    ("class!happy", "reads AU12=0")])
def test_invalid_class_target_is_refused(text, message):
    with pytest.raises(CatganError, match=message):
        parse_target(text, EMOTIONS)


def test_several_other_class_targets_combine():
    target = parse_target("class!=happy,class!=sad", EMOTIONS)
    assert target.shortfall(emotions(0.6, 0.3, 0.1))[0] == 0.0 < target.shortfall(emotions(0.3, 0.6, 0.1))[0]
    assert parse_target("class=sad,class!=happy", EMOTIONS).shortfall(emotions(0.3, 0.6, 0.1))[0] == 0.0
    with pytest.raises(CatganError, match="Only a class takes '!='"):
        parse("valence!=0")


# === Labels of two models ===


def test_labels_of_the_explained_model_come_first():
    own = CatGANModel(CatGAN(NetworkConfig(**TINY), PRESENCE))
    theirs = ForeignModel(lambda x: x.mean(axis=(1, 2)), ["AU12", "valence", "score[0]"])
    labels = CombinedModel(theirs, own).labels
    target = parse_target("valence>=50,AU12<=3,keep:AU04,keep:arousal", labels)
    assert [goal.label.columns for goal in target.goals] == [("valence",), ("AU12",)]
    assert [label.name for label in target.kept] == ["catgan:AU04", "catgan:arousal"] and target.held_units == (4,)
    assert parse_target("catgan:au12=0,keep:score", labels).goals[0].label.columns == ("catgan:AU12_present",)
    assert parse_target("catgan:expression=angry", labels).goals[0].name == "anger"
    for text, name in (("arousal<=0", "arousal"), ("AU4=0", "AU04"), ("expression=anger", "expression")):
        with pytest.raises(CatganError, match=f"says nothing of .*is called catgan:{name}. The model's labels: AU12"):
            parse_target(f"valence>=50,{text}", labels)


@settings(deadline=None)  # the first one builds a network
@given(st.text(max_size=30))
def test_any_text_is_a_target_or_a_user_error(text):
    try:
        assert parse(text).goals
    except CatganError:
        pass
