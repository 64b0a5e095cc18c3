"""Comparisons of made-up predictions whose differences are known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import metrics as reference

from catgan.errors import ModelError
from catgan.evaluation import comparison
from catgan.evaluation.comparison_report import forest_plot, markdown, rows_of
from catgan.labels import Labels, LabelSpec
from tests.harness.pictures import is_picture

NAMES = ("neutral", "happiness", "fear")
SPEC = LabelSpec((), "presence", True, NAMES)
N = 400


@pytest.fixture(scope="module")
def made_up():
    """Truth of 40 people; the first model knows happiness, the second takes it for neutral half of the time."""
    random = np.random.default_rng(0)
    classes = random.integers(0, 3, N)
    centres = np.array([[0.0, 0.0], [0.7, 0.3], [-0.6, 0.6]])
    values = np.column_stack([np.clip(centres[classes] + random.normal(0, 0.1, (N, 2)), -1, 1), classes])
    mask = np.ones((N, 3), bool)
    mask[:20, 2] = False
    truth = Labels(SPEC, (values * mask).astype(np.float32), mask)
    worse = np.where((classes == 1) & (random.random(N) < 0.5), 0, classes)
    noise = random.normal(0, 0.1, (N, 2))
    away = np.where(classes == 2, 0.3, 0.0)[:, None]

    def columns(said, moved):
        answers = values[:, :2] + noise + moved
        answers[30:40] = np.nan
        names = np.array([NAMES[place] for place in said], object)
        names[30:40] = None
        return {"valence": answers[:, 0], "arousal": answers[:, 1], "expression": names}

    return truth, columns(classes, 0.0), columns(worse, away), [f"p{row // 10}" for row in range(N)], classes, worse


def test_gain_of_classes_lies_where_it_was_planted(made_up):
    truth, first, second, groups, classes, worse = made_up
    found = comparison.compare_expressions(truth, [first], [second], groups, 200)
    rows = truth.mask[:, 2] & (np.arange(N) // 10 != 3)
    assert found["n"] == rows.sum() == 370
    overall = found["overall"]["macro_f1"]
    assert overall["first"] == 1.0
    assert overall["second"] == pytest.approx(reference.f1_score(classes[rows], worse[rows], average="macro"))
    assert overall["interval"][0] > 0 and overall["p"] < 0.02
    recall = found["recall"]
    assert recall["happiness"]["interval"][0] > 0.3 and recall["fear"]["difference"] == 0.0
    assert found["f1"]["neutral"]["difference"] > 0.05  # false alarms of neutral
    assert found["accuracy"]["valence+ arousal+"]["difference"] > 0.2
    assert found["accuracy"]["valence- arousal+"]["interval"] == [0.0, 0.0]


def test_gain_of_dimensions_lies_where_it_was_planted(made_up):
    truth, first, second, groups, classes, _ = made_up
    found = comparison.compare_dimensions(truth, [first], [second], groups, 200)
    assert found["n"] == N - 10 and found["overall"]["ccc"]["interval"][0] > 0
    by_class = found["rmse_of_class"]
    assert by_class["fear"]["interval"][1] < -0.1 and by_class["happiness"]["difference"] == 0.0
    rows = truth.mask[:, 2] & (classes == 2) & (np.arange(N) // 10 != 3)
    errors = np.stack([second[name] - truth.column(name)[0] for name in ("valence", "arousal")])[:, rows]
    assert by_class["fear"]["second"] == pytest.approx(np.sqrt((errors ** 2).mean()))
    assert found["rmse"]["far"]["difference"] < 0 and found["rmse"]["near neutral"]["difference"] == 0.0


def test_models_of_several_seeds_are_averaged(made_up):
    truth, first, second, groups, _, _ = made_up
    single = comparison.compare_expressions(truth, [first], [second], groups, 50)["overall"]["macro_f1"]
    mixed = comparison.compare_expressions(truth, [first, second], [second, second], groups, 50)["overall"]["macro_f1"]
    assert mixed["first"] == pytest.approx((single["first"] + single["second"]) / 2)
    assert mixed["difference"] == pytest.approx(single["difference"] / 2)
    assert mixed["interval"] == pytest.approx([limit / 2 for limit in single["interval"]])
    rmse = comparison.compare_dimensions(truth, [second, second], [second], groups, 20)["overall"]["rmse_valence"]
    assert rmse["difference"] == 0.0


@pytest.fixture(scope="module")
def gained(made_up):
    truth, first, second, groups, _, _ = made_up
    return {"expression": comparison.compare_expressions(truth, [first], [second], groups, 50),
            "valence_arousal": comparison.compare_dimensions(truth, [first], [second], groups, 50),
            "n": N, "people": 40, "split": "test", "dataset": "made up",
            "models": {"category": 1, "both": 1}}


def test_report_has_every_difference(gained, tmp_path, saved_figures):
    json.dumps(gained, allow_nan=False)
    text, rows = markdown(gained), [[*rows_of(gained[part])] for part in ("expression", "valence_arousal")]
    assert [row.name for row in rows[0]][:4] == ["accuracy", "macro-F1", "UAR", "F1, neutral"]
    assert len(rows[0]) == 3 + 2 * 3 + 7 and len(rows[1]) == 5 + 7 + 3
    assert all(f"| {row.name} |" in text for part in rows for row in part)
    forest_plot(tmp_path / "forest.png", gained)
    assert is_picture(tmp_path / "forest.png")
    first, second = saved_figures[0].axes
    drawn = {label.get_text(): line.get_color() for label, line in zip(first.get_yticklabels(), first.lines[2::2])}
    assert drawn["recall, happiness"] == "#009E73" and drawn["recall, fear"] == "#777777"
    drawn = {label.get_text(): line.get_color() for label, line in zip(second.get_yticklabels(), second.lines[2::2])}
    assert drawn["RMSE, fear"] == "#009E73"  # a smaller error is better


def test_models_without_the_labels_are_refused():
    model = {name: SimpleNamespace(spec=spec) for name, spec in (
        ("va", LabelSpec(valence_arousal=True)), ("category", LabelSpec(expressions=NAMES)), ("both", SPEC))}
    with pytest.raises(ModelError, match="same expressions. Received: none; neutral"):
        comparison.gain_of_both([model["va"]], [model["va"]], [model["both"]], None)
    with pytest.raises(ModelError, match="must read valence and arousal"):
        comparison.gain_of_both([model["category"]], [model["category"]], [model["both"]], None)
