import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cosine

from catgan.errors import CatganError
from catgan.metrics import Moments
from catgan.metrics.control import beside_ceiling, cross_talk, drift, ratio_to_ceiling, response

# === Response ===


def test_response_by_hand():
    # means 1.5 and 1.5; Sxx = 5, Sxy = 2.5, Syy = 1.25
    result = response(np.array([0.0, 1, 2, 3]), np.array([0.75, 1.25, 1.75, 2.25]))
    assert result == {"slope": pytest.approx(0.5), "intercept": pytest.approx(0.75), "pcc": pytest.approx(1.0),
                      "icc": pytest.approx(2 * 2.5 / 6.25), "n": 4}


def test_response_against_scipy():
    random = np.random.default_rng(0)
    asked = random.uniform(0, 5, 300)
    measured = 0.4 + 0.8 * asked + random.normal(0, 0.7, 300)
    line, result = stats.linregress(asked, measured), response(asked, measured)
    assert (result["slope"], result["intercept"], result["pcc"]) == pytest.approx(
        (line.slope, line.intercept, line.rvalue))
    assert result["icc"] == Moments.of(asked, measured).icc


def test_response_intervals_are_over_people():
    random = np.random.default_rng(0)
    asked, people = np.tile(np.arange(6.0), 40), np.repeat(np.arange(40), 6)
    measured = asked * random.normal(0.8, 0.2, 40)[people] + random.normal(0, 0.1, 240)
    result = response(asked, measured, [f"p{person}" for person in people])
    low, high = result["slope_interval"]
    assert low < 0.8 < high and 0.09 < high - low < 0.16  # 2 * 1.96 * 0.2 / sqrt(40) = 0.12
    assert result["pcc_interval"][0] < result["pcc"] < result["pcc_interval"][1]


def test_response_leaves_out_what_is_masked():
    asked, measured = np.array([0.0, 1, 2, np.nan]), np.array([0.0, 2, 4, 9])
    result = response(asked, measured, list("abcd"), mask=np.array([1, 1, 1, 0]))
    assert result["slope"] == pytest.approx(2.0) and result["n"] == 3


def test_response_undefined_is_none():
    still = response(np.full(5, 0.3), np.arange(5.0), list("abcde"))
    assert still["slope"] is None and still["intercept"] is None and still["slope_interval"] is None
    assert response(np.array([]), np.array([])) == {"slope": None, "intercept": None, "icc": None, "pcc": None, "n": 0}
    with pytest.raises(CatganError, match="one shape"):
        response(np.zeros(3), np.zeros(4))


# === Cross-talk ===

MOVED, MEASURED = {"AU04": 5.0, "AU12": 5.0, "valence": 2.0}, {"AU12": 5.0, "valence": 2.0}


def test_cross_talk_by_hand():
    # AU4 +5, AU12 +2.5, valence +1: whole, half, half a range
    base = np.array([[1.0, 0.0], [2.0, 0.5]])
    changed = base + np.array([[[0.5, -0.4], [0.5, 0.0]], [[2.0, 0.2], [2.0, 0.2]], [[0.0, 0.8], [1.0, 0.8]]])
    result = cross_talk(base, changed, np.array([5.0, 2.5, 1.0]), MOVED, MEASURED)
    np.testing.assert_allclose(np.array(result["matrix"]), [[0.1, -0.1], [0.8, 0.2], [0.2, 0.8]])
    assert result["moved"] == ["AU04", "AU12", "valence"] and result["measured"] == ["AU12", "valence"]
    assert result["on_target"] == {"AU12": pytest.approx(0.8), "valence": pytest.approx(0.8)}
    assert result["per_label"] == pytest.approx({"AU04": 0.1, "AU12": 0.2, "valence": 0.2})
    assert result["mean_absolute"] == pytest.approx((0.1 + 0.1 + 0.2 + 0.2) / 4)
    json.dumps(result, allow_nan=False)


def test_cross_talk_that_is_the_truth_is_none():
    changed = np.array([[[0.0, 0.0]], [[5.0, 0.6]], [[0.0, 2.0]]])
    asked = np.array([5.0, 5.0, 2.0])
    truth = np.array([[0.0, -0.2], [1.0, 0.3], [0.0, 1.0]])
    plain, fair = (cross_talk(np.zeros((1, 2)), changed, asked, MOVED, MEASURED, expected=expected)
                   for expected in (None, truth))
    assert plain["worst"] == {"moved": "AU12", "measured": "valence", "value": pytest.approx(0.3)}
    assert fair["worst"] == {"moved": "AU04", "measured": "valence", "value": pytest.approx(0.0)}
    assert fair["per_label"] == pytest.approx({"AU04": 0.1, "AU12": 0.0, "valence": 0.0})
    assert plain["matrix"] == fair["matrix"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10 ** 6))
def test_cross_talk_finds_a_planted_matrix(seed):
    random = np.random.default_rng(seed)
    planted, spans = random.uniform(-1, 1, (3, 2)), np.array(list(MEASURED.values()))
    asked = random.choice([-1, 1], (3, 7)) * random.uniform(0.1, 1, (3, 7)) * np.array([[5.0], [5.0], [2.0]])
    base = random.normal(size=(3, 7, 2))
    ranges = asked / np.array([[5.0], [5.0], [2.0]])
    changed = base + ranges[:, :, None] * planted[:, None] * spans
    mask = random.random((3, 7)) < 0.7
    mask[:, 0] = True
    changed[~mask] = np.nan
    result = cross_talk(base, changed, asked, MOVED, MEASURED, mask)
    np.testing.assert_allclose(result["matrix"], planted, atol=1e-9)
    off = [planted[0, 0], planted[0, 1], planted[1, 1], planted[2, 0]]
    assert result["mean_absolute"] == pytest.approx(np.abs(off).mean())
    assert abs(result["worst"]["value"]) == pytest.approx(np.abs(off).max())


def test_cross_talk_interval_is_over_people():
    random, people = np.random.default_rng(0), np.repeat([f"p{i}" for i in range(50)], 4)
    leaked = np.repeat(random.normal(0.5, 0.5, 50), 4)  # of a range of 5: .1, with a deviation of .1 between people
    changed = np.stack([np.full(200, 5.0), leaked], -1)[None]
    result = cross_talk(np.zeros((200, 2)), changed, np.array([5.0]), {"AU12": 5.0}, {"AU12": 5.0, "AU06": 5.0},
                        groups=people)
    low, high = result["mean_absolute_interval"]
    assert low < result["mean_absolute"] < high and 0.04 < high - low < 0.075  # 2 * 1.96 * .1 / sqrt(50) = .055


def test_cross_talk_of_faces_nobody_could_read():
    mask = np.array([[False], [True], [True]])
    result = cross_talk(np.zeros((1, 2)), np.ones((3, 1, 2)), np.ones(3), MOVED, MEASURED, mask)
    assert result["matrix"][0] == [None, None] and result["per_label"]["AU04"] is None
    none = cross_talk(np.zeros((1, 1)), np.ones((1, 1, 1)), np.ones(1), {"AU12": 5.0}, {"AU12": 5.0})
    assert none["mean_absolute"] is None and none["worst"] is None


@pytest.mark.parametrize("asked, moved, problem", [
    (np.array([1.0, 0, 1]), MOVED, r"no change of \['AU12'\]"), (np.ones(2), MOVED, "3 labels moved"),
    (np.ones(3), {**MOVED, "AU04": 0.0}, "must be positive")])
def test_cross_talk_refuses(asked, moved, problem):
    with pytest.raises(CatganError, match=problem):
        cross_talk(np.zeros((4, 2)), np.zeros((3, 4, 2)), asked, moved, MEASURED)


# === Drift ===


def test_drift_by_hand():
    # one person turns by 60 degrees and on to 90, the other stays; they are at right angles
    root = np.sqrt(3) / 2
    features = np.array([[[1.0, 0, 0], [0.5, root, 0], [0, 7, 0]], [[0, 0, 2.0], [0, 0, 3], [0, 0, 1]]])
    result = drift(features)
    assert result["levels"] == pytest.approx([0.0, 0.25, 0.5]) and result["mean"] == pytest.approx(0.375)
    assert result["others"] == pytest.approx(1.0) and result["ratio"] == pytest.approx(0.375)


def test_drift_against_every_pair():
    random = np.random.default_rng(0)
    features = random.normal(1.0, 1.0, (6, 1, 5)) + random.normal(0, 0.3, (6, 4, 5))
    result = drift(features)
    pairs = [cosine(features[p, 0], features[q, level])
             for p in range(6) for q in range(6) if p != q for level in range(1, 4)]
    assert result["others"] == pytest.approx(np.mean(pairs))
    assert result["levels"][2] == pytest.approx(np.mean([cosine(person[0], person[2]) for person in features]))
    assert 0 < result["ratio"] < 1


def test_drift_of_one_person_and_of_nothing():
    one = drift(np.ones((1, 3, 4)))
    assert one["others"] is None and one["ratio"] is None and one["mean"] == pytest.approx(0.0)
    assert drift(np.ones((2, 2, 4)))["ratio"] is None  # an encoder that tells nobody apart
    for features in (np.zeros((2, 3, 4)), np.ones((2, 1, 4)), np.ones((2, 3)), np.full((2, 3, 4), np.nan)):
        with pytest.raises(CatganError, match="Identity features"):
            drift(features)


# === Ratio to the ceiling ===


def test_ratio_by_hand():
    model = {"AU12": {"slope": 0.6, "pcc": 0.8}, "AU04": {"slope": 0.5, "pcc": 0.4}, "AU15": {"slope": 1.0, "pcc": 0.1},
             "AU20": {"slope": None, "pcc": None}, "AU99": {"slope": 1.0, "pcc": 1.0}}
    ceiling = {"AU12": {"slope": 0.8, "pcc": 0.8}, "AU04": {"slope": 0.5, "pcc": 0.8},
               "AU15": {"slope": 0.1, "pcc": 0.1}, "AU20": {"slope": 1.0, "pcc": 1.0}}
    result = ratio_to_ceiling(model, ceiling)
    assert result["labels"]["AU12"] == {"slope": pytest.approx(0.75), "pcc": pytest.approx(1.0)}
    for name in ("AU15", "AU20", "AU99"):  # the judge cannot read it, the model was not read, no ceiling
        assert result["labels"][name] == {"slope": None, "pcc": None}
    assert (result["slope"], result["pcc"], result["n"]) == (pytest.approx(0.875), pytest.approx(0.75), 2)
    assert ratio_to_ceiling({}, ceiling) == {"labels": {}, "slope": None, "pcc": None, "n": 0}


# === Beside the ceiling ===


def test_beside_ceiling():
    random, people = np.random.default_rng(0), [f"p{i // 2}" for i in range(400)]
    asked = {name: random.uniform(0, 5, 400) for name in ("AU04", "AU12")} | {"valence": random.uniform(-1, 1, 400)}
    asked["AU04"][:100] = np.nan

    def seen(slope, noise):
        return {name: slope * np.nan_to_num(values) + random.normal(0, noise, 400) for name, values in asked.items()}

    model, ceiling = seen(0.4, 0.5), seen(0.8, 0.1)
    model["AU12"][-50:] = np.nan
    result = beside_ceiling(asked, model, ceiling, people)
    known = np.isfinite(model["AU12"])
    assert result["response"]["AU12"] == response(asked["AU12"], np.nan_to_num(model["AU12"]), people, known)
    assert result["response"]["AU04"]["n"] == 300 and result["ceiling"]["AU12"]["n"] == 400
    units = [result["response"][name]["pcc"] for name in ("AU04", "AU12")]
    assert result["mean_pcc_response"] == pytest.approx(np.mean(units))
    assert result["ratio"]["slope"] == pytest.approx(0.5, abs=0.1)
    for figures, name in ((result, "mean_pcc_response"), (result, "mean_pcc_ceiling"), (result["ratio"], "slope"),
                          (result["ratio"], "pcc")):
        low, high = figures[f"{name}_interval"]
        assert low < figures[name] < high < low + 0.2
