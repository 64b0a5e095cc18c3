"""Figures of the benchmark of explanations, on answers whose figures are known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from catgan.benchmarks.explanations.class_autoencoders import Autoencoder, interpretability, small
from catgan.benchmarks.explanations.comparison import benchmark_explain
from catgan.benchmarks.explanations.methods import MAX_PROBLEMS, METHODS, Answers, answer
from catgan.benchmarks.explanations.problems import KINDS, make_problems
from catgan.benchmarks.explanations.reference_free import reference_free_metrics
from catgan.benchmarks.explanations.scores import presence_probability, score
from catgan.benchmarks.explanations.sheet import write_sheet
from catgan.benchmarks.explanations.truth import true_labels, true_reading
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.explain.models import CatGANModel
from catgan.explain.targets import parse_target
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY

UNITS = (4, 6, 12, 15, 25, 26)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "data"
    render(RenderConfig(300, 16, 3, channels=1, subjects=60), folder, workers=1)
    return load_dataset(folder)


@pytest.fixture(scope="module")
def gan():
    made = CatGAN(NetworkConfig(**TINY), LabelSpec(UNITS, "intensity", True), seed=1)
    made.add_editor()
    return made


@pytest.fixture(scope="module")
def problems(rendered, gan):
    return make_problems(rendered, gan, 12, seed=1)


def test_problems_are_unsolved_and_true_answers_solve_them(problems):
    labels = true_labels(UNITS)
    assert len(problems) == 12 and {text.partition("<")[0].partition(">")[0][:2] for text in problems.targets} <= {
        "AU", "va", "ar"}
    for scene, text, truth in zip(problems.scenes, problems.targets, problems.labels.answers):
        target = parse_target(text, labels)
        now = np.array([[scene.action_units.get(number, 0.0) for number in UNITS]])
        assert target.shortfall(true_reading(scene, UNITS, now))[0] > 0
        assert target.shortfall(true_reading(scene, UNITS, truth.levels[None]))[0] == 0
        changed = frozenset(np.flatnonzero(truth.levels != now[0]).tolist())
        assert changed in truth.sets
    assert len(KINDS) == 4


def test_score_of_truth_is_best_and_of_no_change_is_zero(gan, problems):
    now = np.array([[scene.action_units.get(number, 0.0) for number in UNITS] for scene in problems.scenes])
    levels = np.stack([truth.levels for truth in problems.labels.answers])
    true = Answers(problems.labels.faces, np.ones(12, bool), levels - now, 0.1)
    nothing = Answers(problems.faces, np.zeros(12, bool), np.zeros((12, len(UNITS))), 0.1)
    best, none = (score(gan, problems, part, identity=lambda x: x.reshape(len(x), -1).astype(float))
                  for part in (true, nothing))
    assert best["explained_change"] == best["explained_change_nearest"] == 1.0
    assert best["au_jaccard"] == 1.0 and best["au_error"] == 0.0
    assert best["identity"] == pytest.approx(best["identity_truth"]) and best["sparsity"] == best["sparsity_truth"]
    assert none["explained_change"] == 0.0 and none["validity"] == 0.0 and none["au_jaccard"] == 0.0
    assert none["l1"] == 0.0 and best["seconds_per_face"] == 0.1


def test_score_of_second_of_two_true_answers_is_best_by_the_nearest(gan, problems):
    """Who finds the second of two is wrong by the least one, and right by the nearest; who does nothing is nowhere."""
    one, faces = problems.first(1), problems.faces[:1].astype(int)
    least, other = (np.clip(faces + step, 0, 255).astype(np.uint8) for step in (10, -20))
    labels = replace(one.labels, faces=least, as_good=(np.concatenate([least, other]),))
    asked = replace(one, labels=labels)
    second, nothing = (score(gan, asked, Answers(drawn, np.ones(1, bool), None, 0.0)) for drawn in (other, one.faces))
    assert second["explained_change"] < 0.0 and second["explained_change_nearest"] == 1.0
    assert nothing["explained_change"] == nothing["explained_change_nearest"] == 0.0


def test_score_of_models_own_truth_is_best_against_it(gan, problems):
    """An untrained model reads nonsense; where true pictures make it change its mind, that is its true answer."""
    rows, now = problems.model.known, np.array([[scene.action_units.get(number, 0.0) for number in UNITS]
                                               for scene in problems.scenes])
    true = Answers(problems.model.faces, np.ones(12, bool),
                   np.stack([truth.levels for truth in problems.model.answers]) - now, 0.1)
    result = score(gan, problems, true)
    assert result["model_n_true"] == len(rows) and result["n_true"] == 12
    if len(rows):
        assert result["model_explained_change"] == 1.0 and result["model_au_error"] == 0.0


def test_score_of_failure_that_meets_target_is_failure(gan, problems):
    lucky = Answers(problems.labels.faces, np.zeros(12, bool), None, 0.0)
    assert score(gan, problems, lucky)["validity"] == 0.0


def test_benchmark_explain_has_figures_of_every_method(rendered, gan, tmp_path):
    result, problems, answers = benchmark_explain(gan, rendered, None, None, n=4, methods=("search", "neighbour"))
    found, near = (result["methods"][name] for name in ("search", "neighbour"))
    assert result["n"] == found["n"] == 4 and set(found["kinds"]) == set(KINDS) and found["composition"] == 0.0
    assert {"validity", "validity_interval", "explained_change", "au_jaccard", "seconds_alone", "cout"} <= set(found)
    assert "composition" not in near and "au_jaccard" not in near and "seconds_alone" not in near
    assert "diversity" in found and "diversity" not in near and result["peak_memory_mb"] > 0
    assert result["planted"] == {} and "planted_cause_found" not in result
    write_sheet(tmp_path / "answers.png", problems, answers)
    assert cv2.imread(str(tmp_path / "answers.png")).shape[1] == 4 * 129 - 1
    with pytest.raises(CatganError, match="method"):
        benchmark_explain(gan, rendered, None, None, n=4, methods=("guess",))


def test_benchmark_explain_with_oracle_has_planted_causes(rendered, gan):
    """The light explains itself to nobody; an untrained reader names no cause reliably."""
    result, *_ = benchmark_explain(gan, rendered, CatGANModel(gan), None, n=5, methods=("neighbour",))
    assert set(result["planted"]) == {"one", "or", "light"}  # AU1 is unknown to this model
    assert result["planted"]["light"]["named"] == 1.0 and result["planted"]["light"]["n"] == 1
    assert 0.0 <= result["planted_cause_found"] <= 1.0
    assert 0.0 <= result["methods"]["neighbour"]["lvs"] <= 1.0


def test_presence_probability_by_hand():
    reading = {"AU12": np.array([1.0, 3.0, 0.0]), "AU12_std": np.array([0.5, 1.0, 1e-12])}
    np.testing.assert_allclose(presence_probability(reading, "AU12"), [0.5, 0.97724987, 0.0], atol=1e-8)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("search", "neighbour", "minimal")])
def test_answer_of_other_methods_has_faces_and_seconds(method, rendered, gan, problems):
    made = answer(method, gan, problems.first(2), rendered)
    assert made.faces.shape == (2, 16, 16, 3) and made.given.shape == (2,) and made.seconds > 0.0
    assert (made.changes is None) == (method == "pixels") and set(MAX_PROBLEMS) <= set(METHODS)


def test_cout_of_no_change_is_minus_one_and_of_truth_no_less(rendered, gan, problems):
    """Nothing never comes nearer: -1; the truth cannot do worse."""
    nothing = Answers(problems.faces, np.zeros(12, bool), None, 0.1)
    true = Answers(problems.labels.faces, np.ones(12, bool), None, 0.1)
    none, best = (reference_free_metrics(gan, problems, part, None, rendered, "test") for part in (nothing, true))
    assert none["cout"] == pytest.approx(-1.0) and best["cout"] >= none["cout"] and "fd" not in none


# === Sides of a target ===


def test_autoencoder_agrees_with_singular_vectors():
    pictures = np.random.default_rng(0).uniform(0, 1, (60, 32, 32, 1))
    rows = pictures.reshape(60, -1)
    centred = rows - rows.mean(0)
    parts = np.linalg.svd(centred, full_matrices=False)[2][:40]
    expected = centred @ parts.T @ parts + rows.mean(0)
    np.testing.assert_allclose(Autoencoder(pictures)(pictures).reshape(60, -1), expected, atol=1e-8)


def test_im1_is_below_one_for_faces_of_the_target_class():
    """Faces of the target are light above, the others below: what is light above is drawn better by the target's."""
    random = np.random.default_rng(1)
    faces = random.integers(0, 60, (200, 32, 32, 3)).astype(np.uint8)
    light = np.arange(200) % 2 == 0
    faces[light, :16], faces[~light, 16:] = faces[light, :16] + 150, faces[~light, 16:] + 150
    labels = {"AU12": np.where(light, 4.0, 0.0), "valence": np.full(200, 0.5)}
    goal = parse_target("AU12>=3", true_labels(UNITS))
    scores = interpretability(faces[:2], [goal, goal], faces, labels)
    assert scores["im1"][0] < 1.0 < scores["im1"][1] and small(faces).shape == (200, 32, 32, 1)
    nobody = interpretability(faces[:1], [parse_target("valence<=0", true_labels(UNITS))], faces, labels)
    assert np.isnan(nobody["im1"][0]) and np.isnan(nobody["im2"][0])


def test_make_problems_of_unsuitable_data_or_model_is_refused(drawn, gan, tiny_gan, rendered):
    with pytest.raises(CatganError, match="not rendered"):
        make_problems(load_dataset(drawn), gan, 4)
    with pytest.raises(CatganError, match="intensities"):
        make_problems(rendered, tiny_gan, 4)
