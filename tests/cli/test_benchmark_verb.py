"""`catgan benchmark edit` and `catgan benchmark explain`, on tiny networks that learned nothing."""

import json

import cv2
import pytest

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
        gan.save(folder / name)
    return folder


def test_benchmark_explain(places, capsys, tmp_path):
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


def test_benchmark_edit(places, capsys, tmp_path):
    arguments = ["benchmark", "edit", str(places / "run"), "--data", str(places / "data"), "--n", "2", "--json",
                 str(tmp_path / "figures.json")]
    assert main(arguments) == 0
    result = json.loads((tmp_path / "figures.json").read_text())
    # Nothing was learned: nothing of a change is explained, and nothing is lost when none is asked.
    assert result["explained_change"] == 0.0 and result["ssim_no_change"] == pytest.approx(1.0)
    assert "explained change" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, message", [
    (("explain", "run"), "takes RUN and --data DIR"), (("edit", "run"), "takes RUN and --data DIR"),
    (("explain", "run", "--data", "data", "--n", "0"), "--n must be 1 or more"),
    (("explain", "run", "--data", "data", "--judge", "mediapipe"), "judged by an independent run")])
def test_wrong_turns(arguments, message, places, capsys, monkeypatch):
    monkeypatch.chdir(places)
    assert main(["benchmark", *arguments]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1 and message in told[0]
