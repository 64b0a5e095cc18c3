"""Tests of `catgan.evaluation.people`."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import softmax

from catgan.errors import DataError
from catgan.evaluation.people import evaluate_samples, leaks, subsets_of
from catgan.evaluation.people_figures import draw_people_figures
from catgan.evaluation.people_measures import PeopleTruth, class_numbers, measure
from catgan.evaluation.people_places import expected_by_place, measure_places
from catgan.models.multimodal.outputs import Outputs
from tests.harness.people_data import CLASSES
from tests.harness.toy_people import MODALITIES, toy_people


def outputs(logits, affect=None, categories=None) -> Outputs:
    n = len(logits)
    affect = np.zeros((n, 0), np.float32) if affect is None else np.asarray(affect, np.float32)
    return Outputs(softmax(np.asarray(logits, np.float64), -1).astype(np.float32), np.asarray(logits, np.float32),
                   affect, np.ones_like(affect),
                   np.zeros((n, 0), np.float32) if categories is None else np.asarray(categories, np.float32))


class Voter:
    """Answers what most of the modalities show that are available; knows what each shows."""

    classes, dimensions, categories, modalities = CLASSES, (), (), MODALITIES

    def __init__(self, samples):
        self.shown = {name: np.eye(5)[np.maximum(samples.truth[f"shown_{name}"], 0)] * 4.0 for name in MODALITIES}

    def features(self, inputs):
        kept = len(next(iter(inputs["face"].values())))
        assert kept == len(self.shown["face"])
        return self.shown

    def fused(self, features, available):
        return outputs(sum(features[name] * mask[:, None] for name, mask in available.items()))

    def alone(self, features):
        return {name: outputs(values) for name, values in features.items()}


def test_measure_by_hand():
    truth = PeopleTruth(np.array([0, 1, 1, -1]), ("a", "b"), np.array([[1.0], [-1], [0], [np.nan]]), ("valence",),
                        np.array([[1.0], [0], [np.nan], [1]]), ("peace",), ("x", "x", "y", "z"))
    said = outputs(np.log([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]]), [[1.0], [-1], [0], [5]],
                   [[0.9], [0.5], [0.1], [0.2]])
    found = measure(truth, said, draws=20)
    assert (found["n"], found["n_labelled"]) == (4, 3)
    assert found["accuracy"] == pytest.approx(2 / 3) and found["confusion"] == [[1, 0], [1, 1]]
    assert found["f1"] == {"a": pytest.approx(2 / 3), "b": pytest.approx(2 / 3)}
    assert found["brier"] == pytest.approx((0.02 + 0.72 + 0.08) / 3, rel=1e-5)
    assert found["ece"] == pytest.approx((0.1 + 0.6 + 0.2) / 3, rel=1e-5)
    assert found["ccc_valence"] == pytest.approx(1.0)
    assert found["map"] == pytest.approx((1 + 2 / 3) / 2)  # .9 hit, .5 miss, .2 hit
    low, high = found["accuracy_interval"]
    assert 0.5 <= low <= found["accuracy"] <= high <= 1.0


def test_labels_follow_the_names_of_the_model():
    assert class_numbers(np.array([0, 1, -1]), ("fear", "joy"), ("joy", "anger")).tolist() == [-1, 0, -1]
    samples = toy_people(4)
    truth = PeopleTruth.of(samples, ("anger", "neutral"), ("arousal", "dominance"), ("peace",))
    assert np.isnan(truth.affect[:, 1]).all() and np.isnan(truth.categories).all()
    np.testing.assert_array_equal(truth.affect[:, 0], samples.affect[:, 1])


def test_a_majority_beats_its_voters_and_lacks_what_is_hidden():
    samples = toy_people(300, right=0.7)
    found = evaluate_samples(Voter(samples), samples, draws=20)
    assert found["complete"] == found["n"] == 300 and found["people"] == 100 and found["left_out"] == 0
    assert len(found["subsets"]) == 15 and found["chance"] == pytest.approx(0.2, abs=0.01)
    right = (samples.truth["shown_gait"] == samples.labels).mean()
    assert found["subsets"]["gait"]["accuracy"] == found["own_heads"]["gait"]["accuracy"] == pytest.approx(right)
    everything = found["subsets"]["face+posture+gait+context"]["macro_f1"]
    best = max(found["subsets"][name]["macro_f1"] for name in MODALITIES)
    assert found["gain"]["difference"] == pytest.approx(everything - best) and found["gain"]["difference"] > 0.05
    assert found["missing"]["face"]["loss"] == pytest.approx(
        everything - found["subsets"]["posture+gait+context"]["macro_f1"])
    assert all(part["loss_interval"][0] <= part["loss"] <= part["loss_interval"][1]
               for part in found["missing"].values())
    assert found["places"]["agreeing"]["accuracy"] > found["places"]["contradicting"]["accuracy"]
    assert found["places"]["contradicting"]["without_context"]["accuracy"] > \
        found["places"]["contradicting"]["accuracy"]
    assert 0 < found["context_effect"]["distance"] < 1 and found["context_effect"]["n"] == 300


def test_people_without_all_modalities_are_in_the_figures_of_everybody_alone():
    samples = toy_people(200, missing=0.3)
    samples = replace(samples, labels=np.where(np.arange(200) < 20, -1, samples.labels), affect=samples.affect * np.nan)
    model = Voter(samples.select(np.arange(20, 200)))
    found = evaluate_samples(model, samples, draws=0)
    every = np.all([samples.available[name][20:] for name in MODALITIES], 0)
    assert (found["n"], found["left_out"], found["complete"]) == (180, 20, every.sum())
    assert found["subsets"]["face"]["n"] == every.sum() and "accuracy_interval" not in found["all"]
    assert found["own_heads"]["face"]["n"] == samples.available["face"][20:].sum()


def test_a_leak_is_told_from_what_the_own_part_shows():
    samples = toy_people(600, right=0.6)
    shown = {name: samples.truth[f"shown_{name}"] for name in MODALITIES}
    honest = {(name,): outputs(4.0 * np.eye(5)[values]) for name, values in shown.items()}
    found = leaks(honest, samples, CLASSES, draws=20)
    assert all(part["kappa"] is None or abs(part["kappa"]) < 1e-9 for others in found.values()
               for part in others.values())
    peeping = np.where(np.arange(600) % 2, shown["context"], shown["face"])
    found = leaks({**honest, ("context",): outputs(4.0 * np.eye(5)[peeping])}, samples, CLASSES, draws=50)
    assert found["context"]["face"]["kappa_interval"][0] > 0.2
    assert found["context"]["gait"]["kappa"] < 0.5 * found["context"]["face"]["kappa"]  # both tell of the person
    assert leaks(honest, replace(samples, truth={}), CLASSES) == {}


def test_places_lead_one_to_expect_what_is_frequent_there():
    labels = [0, 0, 0, 1, 0, 1, 1]
    samples = replace(toy_people(7), labels=np.array(labels), truth={},
                      places=("ward", "ward", "ward", "ward", "ward", "park", None))
    assert expected_by_place(samples, samples).tolist() == [0] * 5 + [-1, -1]  # one person was in the park
    other = replace(samples, classes=CLASSES[::-1])
    assert expected_by_place(samples, other).tolist()[:5] == [4] * 5
    truth = PeopleTruth.of(samples, CLASSES, (), ())
    said = outputs(np.eye(5)[[0, 0, 1, 0, 0, 1, 1]] * 9)
    found = measure_places(truth, expected_by_place(samples, samples), said, said, draws=0)
    assert found["agreeing"]["n"] == 4 and found["agreeing"]["accuracy"] == 0.75
    assert found["contradicting"] == {"n": 1, "accuracy": 0.0, "macro_f1": 0.0, "taken_for_expected": 1.0,
                                      "without_context": {"accuracy": 0.0, "macro_f1": 0.0, "taken_for_expected": 1.0}}


def test_subsets_of_many_modalities_are_single_pairs_all_but_one_and_all():
    assert len(subsets_of("abcd")) == 15
    assert [len(subset) for subset in subsets_of("abcdef")] == [1] * 6 + [2] * 15 + [5] * 6 + [6]


def test_figures_are_drawn(tmp_path):
    samples = toy_people(60)
    found = evaluate_samples(Voter(samples), samples, draws=10)
    paths = draw_people_figures(tmp_path, {**found, "dataset": "toy", "split": "test"})
    assert [path.name for path in paths] == ["confusion.png", "modalities.png"] and all(map(Path.is_file, paths))


@pytest.mark.parametrize("change, message", [
    ({"labels": np.full(5, -1)}, "Nobody has a label.*neutral"),
    ({"inputs": {"face": {}}, "available": {"face": np.ones(5, bool)}}, "have no posture, gait, context")])
def test_people_that_do_not_fit_are_refused(change, message):
    samples = replace(toy_people(5), **change)
    with pytest.raises(DataError, match=message):
        evaluate_samples(SimpleNamespace(classes=CLASSES, dimensions=(), categories=(), modalities=MODALITIES), samples)
