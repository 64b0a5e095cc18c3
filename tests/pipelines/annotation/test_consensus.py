"""Rules by which answers of raters become labels."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.pipelines.annotation.consensus import DISAGREE, NOT_VISIBLE, TOO_FEW, Rule, agree, agree_over_time


@pytest.mark.parametrize("label, answers, rule, expected", [
    ("AU12", [3], Rule(), (3.0, None)), ("AU12", [2, 3], Rule(), (2.5, None)),
    ("AU12", [1, 2, 3], Rule(), (2.0, None)), ("AU12", [1, 1, 3], Rule("mean"), (1.6667, None)),
    ("AU12", [0, 3], Rule(), (None, DISAGREE)), ("AU12", [0, 3], Rule(intensity_spread=3), (1.5, None)),
    ("AU12", [None, 3], Rule(), (3.0, None)), ("AU12", [None, 3], Rule(least=2), (None, TOO_FEW)),
    ("AU12", [None, None], Rule(), (None, NOT_VISIBLE)),
    ("valence", [0.1, 0.6], Rule(), (0.35, None)), ("valence", [0.1, 0.61], Rule(), (None, DISAGREE)),
    ("valence", [0.0, 0.1, 0.5], Rule(dimensions="median"), (0.1, None)),
    ("expression", ["fear", "fear", "anger"], Rule(), ("fear", None)),
    ("expression", ["fear", "anger"], Rule(), (None, DISAGREE)),
    ("expression", ["fear", None], Rule(), ("fear", None))])
def test_answers_become_a_label_or_unknown_with_its_reason(label, answers, rule, expected):
    assert agree(label, answers, rule) == expected


def test_over_time():
    values = np.array([[0.1, 0.2, np.nan, 0.9, np.nan], [0.3, 0.2, 0.4, 0.1, np.nan]])
    found, reasons = agree_over_time(values, Rule())
    assert found == pytest.approx([0.2, 0.2, 0.4, np.nan, np.nan], nan_ok=True) and reasons == {DISAGREE: 1}
    found, reasons = agree_over_time(values, Rule(least=2))
    assert found == pytest.approx([0.2, 0.2, np.nan, np.nan, np.nan], nan_ok=True)
    assert reasons == {TOO_FEW: 1, DISAGREE: 1}


@pytest.mark.parametrize("options", [{"intensities": "max"}, {"dimensions": "x"}, {"least": 0},
                                     {"intensity_spread": 6}, {"dimension_spread": -1},
                                     {"intensity_spread": float("nan")}])
def test_rules_that_are_none(options):
    with pytest.raises(CatganError, match="rule"):
        Rule(**options)


def test_rule_is_stated():
    assert Rule("mean", least=2).stated()[:2] == [
        "at least 2 raters; not visible is unknown, never absent",
        "Action Units: mean; unknown where raters are more than 2 levels apart"]
