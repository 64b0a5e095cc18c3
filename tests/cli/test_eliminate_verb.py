"""`catgan eliminate` from end to end on a tiny data set, with networks in closed form."""

import json

import pytest

from catgan.cli.main import main
from catgan.studies.elimination.options import read_elimination
from tests.harness.commands import run_json
from tests.harness.eliminations import write_moving_clips
from tests.harness.paths import REPOSITORY

TEXT = """name: tiny
networks: {linear: {kind: linear}}
clips: {length: 0.8, rate: 5.0}
folds: 2
validation: 0.3
sizes: [12]
draws: 20
ranked_clips: 4
arms: {random: {draws: 1}}
"""


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TEXT)
    return path


def test_eliminate_finds_the_points_that_move(experiment, tmp_path, capsys):
    data, out = write_moving_clips(tmp_path / "clips", 12, 2), tmp_path / "out"
    result = run_json(capsys, "eliminate", experiment, "--data", data, "--out", out)
    chosen = result["networks"]["linear"]["curves"]["chosen:relevance"]["happiness"][0]
    assert chosen["points"] == 12 and chosen["auc"]["value"] > 0.9
    assert json.loads((out / "elimination.json").read_text())["networks"] == result["networks"]
    assert (out / "report.html").is_file() and (out / "curves.png").is_file()
    assert main(["eliminate", str(experiment), "--data", str(data), "--out", str(out)]) == 0
    assert "of 478 points (mean over expressions" in capsys.readouterr().out
    assert main(["eliminate", str(experiment), "--data", str(data), "--out", str(out), "--set", "folds=3"]) == 2
    assert "differs in: folds" in capsys.readouterr().err


@pytest.mark.parametrize("change, message", [
    ("arms={randm: {}}", "Unknown arm 'randm'. Did you mean 'random'?"), ("folds=1", "'folds' must be 2 or more"),
    ("criterion=f1", "Unknown criterion 'f1'"), ("last_test=train", "must be none of 'splits'"),
    ("keep=1.0", "'elimination.keep' must lie in 0..1"), ("splits=[tset]", "Unknown split 'tset'"),
    ("networks={}", "needs 'networks'"), ("networks={a: {kind: gru}}", "Unknown kind of network on landmarks 'gru'")])
def test_wrong_options_are_refused_in_one_line(experiment, change, message, tmp_path, capsys):
    assert main(["eliminate", str(experiment), "--data", str(tmp_path), "--out", str(tmp_path / "out"), "--set",
                 change]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


@pytest.mark.parametrize("name", ["landmarks_elimination", "landmarks_elimination_trained"])
def test_example_experiments_can_be_read(name):
    study = read_elimination(REPOSITORY / "experiments" / f"{name}.yaml")
    sizes = study.sizes_of(478)
    assert all(set(options.sizes) <= set(sizes) for options in study.arms.values())
