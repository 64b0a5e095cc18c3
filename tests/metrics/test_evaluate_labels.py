import numpy as np
import pytest

from catgan.labels import Labels, LabelSpec
from catgan.metrics import evaluate_labels

SPEC = LabelSpec((4, 12), "presence", True, ("neutral", "happiness"))


def test_whole_result_by_hand():
    truth = Labels.from_columns(SPEC, {
        "AU04_present": [1, 0, 1, None], "AU12_present": [None] * 4, "valence": [0.5, -0.5, None, 0.0],
        "arousal": [0.1, 0.2, 0.3, 0.4], "expression": ["neutral", "happiness", None, "happiness"]}, 4)
    predicted = {"AU04_present": np.array([0.9, 0.8, 0.2, 0.9]), "AU12_present": np.zeros(4),
                 "valence": np.array([0.5, -0.5, 9.0, 0.0]), "arousal": np.array([0.1, 0.2, 0.3, 0.4]),
                 "expression": np.array(["neutral", "neutral", "neutral", "happiness"], object)}
    result = evaluate_labels(truth, predicted, {4: 0.5, 12: 0.5}, subjects=list("abcd"))
    assert result["action_units"]["AU04"]["f1"] == pytest.approx(0.5)  # TP 1, FP 1, FN 1
    assert result["action_units"]["AU04"]["n"] == 3
    assert result["action_units"]["AU12"] == {"f1": None, "auc": None, "icc": None, "pcc": None, "n": 0}
    assert result["action_units"]["mean_f1"] == pytest.approx(0.5)
    assert result["valence"]["ccc"] == pytest.approx(1.0) and result["valence"]["n"] == 3
    assert result["arousal"]["ccc_interval"] == pytest.approx([1.0, 1.0])
    assert result["expression"]["accuracy"] == pytest.approx(2 / 3)


def test_intensity_counts_as_present_from_grade_a():
    spec = LabelSpec((12,), "intensity")
    truth = Labels.from_columns(spec, {"AU12": [0.0, 0.5, 1.0, 4.0]}, 4)
    result = evaluate_labels(truth, {"AU12": np.array([0.0, 2.0, 0.5, 4.0])}, {12: 1.0})
    assert result["action_units"]["AU12"]["f1"] == pytest.approx(0.5) and set(result) == {"action_units"}
