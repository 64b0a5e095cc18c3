"""Agreement of raters whose answers are made up."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from catgan.errors import CatganError
from catgan.metrics.agreement import intraclass_correlations
from catgan.pipelines.annotation.agreement import Timing, measure_agreement
from catgan.pipelines.annotation.project import Project
from tests.harness.annotated import clip, photographs, say, trace

ANNA, BEN, CLEO = [0, 1, 2, 3, 4, 5, 2], [0, 1, 3, 3, 5, 5, 2], [1, 1, 2, 4, 4, 5, None]
WORDS = ["fear", "fear", "anger", "neutral", "anger", "fear", "neutral"]
OTHERS = ["fear", "anger", "anger", "neutral", "anger", "fear", "neutral"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rated") / "photos"
    names = photographs(folder, 7)
    made = Project(folder)
    for place, name in enumerate(names):
        say(made, name, "Anna", set={"AU12": ANNA[place], "AU04": 0, "valence": ANNA[place] / 5,
                                     "expression": WORDS[place]})
        say(made, name, "Ben", set={"AU12": BEN[place], "valence": ANNA[place] / 5 - 0.2, "expression": OTHERS[place]})
        say(made, name, "Cleo", set={"AU12": CLEO[place]})
    return made


def test_intensities(project):
    found = measure_agreement(project)
    assert found["raters"] == ["Anna", "Ben", "Cleo"] and found["items"] == 7
    unit = found["labels"]["AU12"]
    known = np.array([ANNA, BEN, CLEO], float)[:, :6].T
    expected = intraclass_correlations(known)
    assert unit["n"] == 6 and unit["not_visible"] == 1 and unit["raters"] == ["Anna", "Ben", "Cleo"]
    assert (unit["icc_2_1"], unit["icc_3_1"]) == pytest.approx((expected.agreement, expected.consistency))
    first = unit["pairs"][0]
    assert first["raters"] == ["Anna", "Ben"] and first["n"] == 7
    assert first["weighted_kappa"] == pytest.approx(cohen_kappa_score(ANNA, BEN, weights="quadratic"))
    assert unit["weighted_kappa"] == pytest.approx(np.mean([pair["weighted_kappa"] for pair in unit["pairs"]]))


def test_a_label_of_one_rater_has_no_agreement(project):
    unit = measure_agreement(project)["labels"]["AU04"]
    assert unit["n"] == 0 and unit["pairs"] == [] and unit["icc_2_1"] is None and unit["weighted_kappa"] is None


def test_valence_and_expression(project):
    labels = measure_agreement(project)["labels"]
    values = np.array(ANNA) / 5
    spread = values.var()
    assert labels["valence"]["ccc"] == pytest.approx(2 * spread / (2 * spread + 0.04))
    assert labels["valence"]["icc_3_1"] == pytest.approx(1.0) and labels["valence"]["icc_2_1"] < 0.99
    assert labels["expression"]["kappa"] == pytest.approx(cohen_kappa_score(WORDS, OTHERS))
    # Of 7 items, 6 agree; shares of classes .357 fear, .357 anger, .286 neutral
    chance = (5 / 14) ** 2 + (5 / 14) ** 2 + (4 / 14) ** 2
    assert labels["expression"]["fleiss_kappa"] == pytest.approx((6 / 7 - chance) / (1 - chance))


def test_too_few_items_have_no_figure(tmp_path):
    names = photographs(tmp_path / "photos", 4)
    made = Project(tmp_path / "photos")
    for place, name in enumerate(names):
        for rater in ("Anna", "Ben"):
            say(made, name, rater, set={"AU12": place, "expression": WORDS[place], "arousal": place / 5})
    labels = measure_agreement(made)["labels"]
    assert labels["AU12"]["n"] == 4 and labels["AU12"]["pairs"][0]["n"] == 4
    for label, names in (("AU12", ("icc_2_1", "icc_3_1", "weighted_kappa")), ("arousal", ("ccc", "icc_2_1")),
                         ("expression", ("kappa", "fleiss_kappa"))):
        assert [labels[label][name] for name in names] == [None] * len(names)


def test_nobody_has_rated(tmp_path):
    photographs(tmp_path / "photos", 1)
    found = measure_agreement(Project(tmp_path / "photos"))
    assert found["raters"] == [] and found["labels"] == {} and found["traces"]["videos"] == {}


def test_ratings_over_time_and_their_delay(tmp_path):
    clip(tmp_path / "films" / "a.webm", 300)
    made = Project(tmp_path / "films")
    times = np.arange(0, 29.9, 0.05)
    wave = 0.7 * np.sin(0.9 * times) * np.cos(0.37 * times)
    late = 0.7 * np.sin(0.9 * (times - 1.2)) * np.cos(0.37 * (times - 1.2))
    say(made, "a.webm", "Anna", trace=trace(times, wave, -wave))
    say(made, "a.webm", "Ben", trace=trace(times, late, -late))
    as_rated = measure_agreement(made)["traces"]
    pair, = as_rated["videos"]["a.webm"]["pairs"]
    assert pair["delay"]["seconds"] == pytest.approx(1.2, abs=0.05) and pair["delay"]["correlation"] > 0.99
    assert "as rated" in as_rated["timing"] and as_rated["videos"]["a.webm"]["shifts"] == {"Anna": 0.0, "Ben": 0.0}
    aligned = measure_agreement(made, Timing(True, 0.2))["traces"]
    assert aligned["timing"] == ("raters are brought together by the delays between them and running median of 0.2 s")
    assert aligned["pairs"][0]["valence"] > 0.98 > as_rated["pairs"][0]["valence"] + 0.3
    assert aligned["videos"]["a.webm"]["shifts"] == pytest.approx({"Anna": -0.6, "Ben": 0.6}, abs=0.03)
    assert aligned["videos"]["a.webm"]["pairs"][0]["delay"] == pair["delay"]  # always as rated
    assert apart(aligned) < 0.08 and apart(as_rated) > 0.3


def apart(found):
    """The largest difference of the valence of both raters in the curves of the video."""
    curves = found["videos"]["a.webm"]["curves"]
    anna, ben = (np.array(curves["raters"][name]["valence"], float) for name in ("Anna", "Ben"))
    assert len(curves["times"]) == len(anna) <= 400
    return np.nanmax(np.abs(anna - ben))


def test_timing_out_of_range():
    with pytest.raises(CatganError, match="Smoothing must lie in 0..10 seconds. Received: 11"):
        Timing(smoothing=11)
