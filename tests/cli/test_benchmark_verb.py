"""`catgan benchmark edit` and `catgan benchmark explain`, on tiny networks that learned nothing."""

import json

import cv2
import pytest

from catgan.benchmarks.explanations.methods import METHODS
from catgan.cli import benchmark
from catgan.cli.main import main
from catgan.data.render import RenderConfig, render
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A data set, a model with an editor, and a judge."""
    folder = tmp_path_factory.mktemp("benchmark")
    render(RenderConfig(240, 16, 3, channels=1, subjects=60), folder / "data", workers=1)
    for name, seed in (("run", 1), ("judge", 2)):
        gan = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 6, 12, 15, 26), "intensity", True), seed=seed)
        gan.add_editor()
        gan.save_to_preset(folder / name)
    return folder


def test_benchmark_explain_writes_figures_and_a_sheet(places, capsys, tmp_path):
    arguments = ["benchmark", "explain", str(places / "run"), "--data", str(places / "data"), "--n", "4",
                 "--judge", str(places / "judge"), "--out", str(tmp_path / "out"), "--method", "search", "untrained",
                 "--json", str(tmp_path / "figures.json")]
    assert main(arguments) == 0
    told, result = capsys.readouterr().out, json.loads((tmp_path / "figures.json").read_text())
    assert "untrained" in told and "planted cause named: AU12" in told and "by chance" in told and "MB" in told
    assert set(result["methods"]) == {"search", "untrained"} and set(result["planted"]) == {"one", "or", "light"}
    assert {"validity", "oracle_validity", "au_jaccard", "au_jaccard_chance", "lvs", "diversity"} <= set(
        result["methods"]["search"])
    assert cv2.imread(str(tmp_path / "out" / "answers.png")) is not None


def test_benchmark_edit_of_an_untrained_editor_explains_nothing(places, capsys, tmp_path):
    arguments = ["benchmark", "edit", str(places / "run"), "--data", str(places / "data"), "--n", "2", "--json",
                 str(tmp_path / "figures.json")]
    assert main(arguments) == 0
    result = json.loads((tmp_path / "figures.json").read_text())
    # Nothing was learned: nothing of a change is explained, and nothing is lost when none is asked.
    assert result["explained_change"] == 0.0 and result["ssim_no_change"] == pytest.approx(1.0)
    assert "explained change" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, message", [
    (("explain", "run", "--data", "data", "--n", "0"), "--n must be 1 or more"),
    (("data", "--render", "--n", "0"), "--n must be 1 or more"),
    (("explain", "run", "--data", "data", "--judge", "mediapipe"), "judged by an independent run"),
    (("explain", "run", "--data", "data", "--identity", "mediapipe"), "No such run or preset")])
def test_benchmark_with_unusable_arguments_is_refused(arguments, message, places, capsys, monkeypatch):
    monkeypatch.chdir(places)
    assert main(["benchmark", *arguments]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1 and message in told[0]


@pytest.mark.parametrize("arguments", [
    ("train", "--render"), ("data", "--judge", "run"), ("edit", "run"), ("explain", "run"),
    ("edit", "--preset", "xs_64"), ("explain", "run", "--data", "data", "--method", "guess"), ()])
def test_benchmark_with_options_of_another_part_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["benchmark", *arguments])
    assert stopped.value.code == 2 and "catgan" in capsys.readouterr().err


@pytest.mark.parametrize("part", benchmark.VERBS, ids=lambda part: part.NAME)
def test_benchmark_help_of_a_part_has_examples_of_it(part, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["benchmark", part.NAME, "--help"])
    assert stopped.value.code == 0
    assert f"catgan benchmark {part.NAME}" in capsys.readouterr().out.split("examples:")[1]


def test_choices_of_benchmark_explain_are_the_methods_that_exist():
    assert benchmark.explain.METHODS == tuple(METHODS)
