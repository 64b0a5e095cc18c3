import numpy as np
import pytest
from sklearn import metrics as reference

from catgan.labels import Labels, LabelSpec
from catgan.metrics import evaluate_labels, sequences
from catgan.metrics.moments import Moments

NAMES = ("neutral", "happiness", "sadness")
SPEC = LabelSpec((12,), "intensity", True, NAMES)


@pytest.fixture(scope="module")
def frames():
    """300 frames of 10 videos of 5 people: truth, and predictions that miss some frames."""
    random = np.random.default_rng(0)
    n = 300
    videos = [f"v{row // 30}" for row in range(n)]
    people = [f"p{row // 60}" for row in range(n)]
    values = np.stack([random.uniform(0, 5, n), random.uniform(-1, 1, n), random.uniform(-1, 1, n),
                       random.integers(0, 3, n)], 1).astype(np.float32)
    mask = random.random((n, 4)) < 0.8
    truth = Labels(SPEC, values * mask, mask)
    answered = random.random(n) < 0.7
    predicted = {name: np.where(answered, values[:, place] * 0.5 + random.normal(0, 0.2, n), np.nan)
                 for place, name in enumerate(("AU12", "valence", "arousal"))}
    guessed = np.where(random.random(n) < 0.6, values[:, 3], random.integers(0, 3, n)).astype(int)
    predicted["expression"] = np.array([NAMES[guess] if known else None for guess, known in zip(guessed, answered)],
                                       object)
    return truth, predicted, videos, people, answered, guessed


def test_figures_over_all_frames_leave_out_unanswered_ones(frames):
    truth, predicted, videos, people, answered, guessed = frames
    result = sequences.evaluate_sequences(truth, predicted, {12: 1.0}, videos, people, draws=20)
    known = answered & truth.mask[:, 3]
    true, said = truth.values[known, 3].astype(int), guessed[known]
    figures = result["expression"]
    assert figures["n"] == known.sum() and result["coverage"] == answered.mean()
    assert figures["accuracy"] == pytest.approx(reference.accuracy_score(true, said))
    assert figures["macro_f1"] == pytest.approx(reference.f1_score(true, said, average="macro"))
    assert figures["uar"] == pytest.approx(reference.balanced_accuracy_score(true, said))
    assert list(figures["recall"].values()) == pytest.approx(reference.recall_score(true, said, average=None))
    np.testing.assert_array_equal(figures["confusion"], reference.confusion_matrix(true, said))
    pair = answered & truth.mask[:, 1]
    assert result["valence"]["rmse"] == pytest.approx(
        reference.mean_squared_error(truth.values[pair, 1], predicted["valence"][pair]) ** 0.5)
    assert result["valence"]["ccc"] == pytest.approx(Moments.of(truth.values[pair, 1], predicted["valence"][pair]).ccc)
    assert result["action_units"]["AU12"]["n"] == (answered & truth.mask[:, 0]).sum()
    for part, name in (("expression", "uar"), ("expression", "macro_f1"), ("valence", "ccc"),
                       ("action_units", "mean_pcc")):
        low, high = result[part][f"{name}_interval"]
        assert low < result[part][name] < high


def test_figures_per_video_are_means_over_videos(frames):
    truth, predicted, videos, people, answered, guessed = frames
    result = sequences.evaluate_sequences(truth, predicted, {12: 1.0}, videos, people, draws=20)["per_video"]
    accuracies, recalls, cccs = [], [], []
    for video in sorted(set(videos)):
        rows = answered & truth.mask[:, 3] & (np.array(videos) == video)
        accuracies.append(reference.accuracy_score(truth.values[rows, 3].astype(int), guessed[rows]))
        recalls.append(reference.balanced_accuracy_score(truth.values[rows, 3].astype(int), guessed[rows]))
        rows = answered & truth.mask[:, 2] & (np.array(videos) == video)
        cccs.append(Moments.of(truth.values[rows, 2], predicted["arousal"][rows]).ccc)
    assert result["expression"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert result["expression"]["uar"] == pytest.approx(np.mean(recalls))
    assert result["arousal"]["ccc"] == pytest.approx(np.mean(cccs))
    assert result["arousal"]["videos"] == 10
    low, high = result["expression"]["accuracy_interval"]
    assert low < result["expression"]["accuracy"] < high


def test_video_of_constant_truth_has_no_ccc():
    truth = Labels.from_columns(LabelSpec((), "presence", True), {
        "valence": np.array([0.5, 0.5, 0.0, 1.0]), "arousal": np.array([0.5, 0.5, 0.5, 0.5])}, 4)
    predicted = {"valence": np.array([0.5, 0.4, 0.0, 1.0]), "arousal": np.array([0.1, 0.2, 0.3, 0.4])}
    result = sequences.evaluate_sequences(truth, predicted, {}, ["a", "a", "b", "b"], ["a", "a", "b", "b"], 0)
    assert result["per_video"]["valence"]["ccc"] == 1.0 and result["per_video"]["valence"]["videos"] == 1
    assert result["per_video"]["arousal"]["ccc"] is None and result["per_video"]["arousal"]["videos"] == 0
    assert result["per_video"]["arousal"]["rmse"] == pytest.approx(
        (np.sqrt((0.4 ** 2 + 0.3 ** 2) / 2) + np.sqrt((0.2 ** 2 + 0.1 ** 2) / 2)) / 2)


def test_complete_answers_give_the_figures_of_single_frames(frames):
    truth, predicted, videos, people, answered, _ = frames
    rows = np.flatnonzero(answered)
    alone = {name: column[rows] for name, column in predicted.items()}
    wanted = evaluate_labels(truth[rows], alone, {12: 1.0})
    found = sequences.evaluate_sequences(truth, predicted, {12: 1.0}, videos, people, draws=0)
    assert found["action_units"] == wanted["action_units"] and found["valence"] == wanted["valence"]
    assert not any("interval" in name for name in (*found["expression"], *found["per_video"]["valence"]))


def test_no_answer_at_all_is_undefined_not_zero():
    truth = Labels.from_columns(SPEC, {"valence": np.array([0.1, 0.4]), "expression": ["sadness", "neutral"]}, 2)
    predicted = {name: np.full(2, np.nan) for name in ("AU12", "valence", "arousal")}
    predicted["expression"] = np.array([None, None], object)
    result = sequences.evaluate_sequences(truth, predicted, {12: 1.0}, ["a", "a"], ["a", "a"], draws=5)
    assert result["coverage"] == 0.0 and result["valence"]["ccc"] is None and result["expression"]["uar"] is None
    assert result["expression"]["macro_f1_interval"] is None and result["per_video"]["expression"]["videos"] == 0
