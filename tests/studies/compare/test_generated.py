"""Faces that generators draw, read by a judge."""

import shutil

import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.evaluate import evaluate
from catgan.evaluation.judges import open_judge
from catgan.models.gan.model import CatGAN
from catgan.studies.compare import generated
from catgan.studies.compare.options import CompareOptions
from catgan.studies.compare.runs import open_run
from catgan.studies.compare.study import compare
from catgan.studies.compare.wording import limits
from tests.harness.compared_runs import write_run


@pytest.fixture(scope="module")
def data(drawn, tmp_path_factory):
    """A copy, so that its cache is empty."""
    return load_dataset(shutil.copytree(drawn, tmp_path_factory.mktemp("judged") / "data",
                                        ignore=shutil.ignore_patterns("cache")))


def test_figures_are_those_of_evaluate_and_are_kept(tiny_run, tiny_judge, data, monkeypatch):
    options = CompareOptions(judge=str(tiny_judge), judged=100, seed=3)
    found = generated.judged_figures(open_run(tiny_run), data, "test", options)
    judge = open_judge(tiny_judge, data, tiny_run)
    wanted = evaluate(CatGAN.from_preset(tiny_run), data, "test", [judge], 100, 3, verbose=False)
    control, image = wanted["control"], wanted["image"]
    assert {name: entry["value"] for name, entry in found.items()} == pytest.approx({
        "generated/pcc": control["mean_pcc_response"], "generated/slope": control["ratio"]["slope"],
        "generated/cross_talk": control["cross_talk"]["mean_absolute"],
        **{f"generated/{name}": image[f"{name}:{judge.name}-16:n=30"] for name in ("fd", "precision", "recall")}},
        rel=1e-3)
    assert found["generated/pcc"]["interval"] == pytest.approx(control["mean_pcc_response_interval"], rel=1e-3)
    monkeypatch.setattr(generated, "_control", None)  # kept: nothing is measured again
    assert generated.judged_figures(open_run(tiny_run), data, "test", options) == found


def test_models_without_a_generator_have_no_such_figures(tiny_run, tiny_judge, data, tmp_path):
    run = write_run(tmp_path / "untrained")
    assert generated.draws_faces(open_run(tiny_run)) and not generated.draws_faces(open_run(run))
    options = CompareOptions(judge=str(tiny_judge), judged=100, seed=3, draws=100)
    found = compare([tiny_run, run], data.folder, "test", None, options, verbose=False)
    assert "generated/fd" in found["models"][0]["figures"] and found["judge"] == {"name": str(tiny_judge), "n": 30}
    assert not any(name.startswith("generated/") for name in found["pairs"][0]["figures"])
    assert any("Without a trained generator: untrained." in text for text in limits(found))
    alone = compare([run], data.folder, "test", None, options, verbose=False)
    assert "Generated faces were not measured: no model has a trained generator." in limits(alone)


def test_a_judge_that_learned_from_the_same_faces_is_refused(tiny_run, data):
    with pytest.raises(CatganError, match="was trained on the same faces"):
        compare([tiny_run], data.folder, "test", None, CompareOptions(judge=str(tiny_run)), verbose=False)


def test_draws_have_the_width_of_the_interval():
    found = {"generated/fd": {"value": 3.0, "interval": [2.0, 4.0]},
             "generated/slope": {"value": None, "interval": None}}
    one, other = (generated.drawn_figures(found, 2000, 0, model) for model in (0, 1))
    assert set(one) == {"generated/fd"} and one["generated/fd"][0] == 3.0 and len(one["generated/fd"]) == 2001
    np.testing.assert_allclose(np.percentile(one["generated/fd"][1:], [2.5, 97.5]), [2.0, 4.0], atol=0.01)
    assert abs(np.corrcoef(one["generated/fd"][1:], other["generated/fd"][1:])[0, 1]) < 0.1
