"""`catgan compare` from end to end on drawn pictures."""

import json

import pytest

from catgan.cli.main import main
from tests.harness.commands import run_json
from tests.harness.compared_runs import write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return [write_run(folder / f"0000{seed}-{mode}", seed, mode) for mode in ("joint", "au") for seed in (0, 1)]


def test_compare_writes_a_report(runs, drawn, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    result = run_json(capsys, "compare", *runs, "--data", drawn, "--draws", 100, "--by", "labels.mode")
    assert [(pair["model"], pair["against"]) for pair in result["pairs"]] == [("tiny-au", "tiny-joint")]
    assert {path.name for path in (tmp_path / "compare").iterdir()} == {
        "compare.html", "compare.md", "compare.json", "compare.csv", "models.csv", "forest.png"}
    assert json.loads((tmp_path / "compare" / "compare.json").read_text())["by"] == "labels.mode"
    assert main(["compare", str(runs[0]), "--data", str(drawn), "--draws", "100"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("One model only, 00000-joint") and out.endswith("compare.html: open it in a browser\n")


@pytest.mark.parametrize("arguments, message", [
    (("{run}", "--by", "mode"), "--by needs two or more models"),
    (("{run}", "{other}", "--by", "mode"), "Unknown column for --by"),
    (("{run}", "--draws", "3"), "'draws' must be 100 or more"), (("{run}", "--seed", "-1"), "'seed' must be 0 or more"),
    (("{missing}",), "No such run or preset"), (("{run}", "{run}"), "Each run may be given once")])
def test_wrong_arguments_are_refused_in_one_line(arguments, message, runs, drawn, tmp_path, capsys):
    words = [word.format(run=runs[0], other=runs[2], missing=tmp_path / "none") for word in arguments]
    capsys.readouterr()
    assert main(["compare", *words, "--data", str(drawn), "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
    assert not (tmp_path / "out").exists()


def test_the_report_does_not_replace_a_run(runs, drawn, capsys):
    assert main(["compare", str(runs[0]), "--data", str(drawn), "--out", str(runs[0])]) == 2
    assert "must not overwrite an input" in capsys.readouterr().err
    assert main(["compare", str(runs[0]), "--data", str(drawn), "--out", str(runs[0].parent)]) == 2
    assert "must be a folder of its own" in capsys.readouterr().err
