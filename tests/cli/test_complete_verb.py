"""`catgan complete` from end to end, and the other verbs on the copy."""

import csv
import json

import cv2
import pytest

from catgan.cli.complete import text
from catgan.cli.main import main
from tests.harness.commands import run_json


@pytest.fixture(scope="module")
def copy(drawn, tiny_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("verb")
    arguments = ["complete", str(drawn), str(tiny_run), "--out", str(folder / "copy"), "--json", str(folder / "said")]
    assert main(arguments) == 0
    return folder / "copy", json.loads((folder / "said").read_text())


def test_complete_writes_a_completed_data_set(copy, drawn, tiny_run, capsys):
    folder, result = copy
    assert result["folder"] == str(folder) and result["faces"] == 120 and not result["already_complete"]
    assert result["run"] == f"{tiny_run.name}/best" and "predicted_AU12_present" in result["columns"]
    assert main(["complete", str(drawn), str(tiny_run), "--out", str(folder)]) == 0
    assert f"{folder}: already complete, 120 faces by {tiny_run.name}/best" in capsys.readouterr().out
    assert run_json(capsys, "complete", drawn, tiny_run, "--out", folder)["hash"] == result["hash"]


def test_it_prints_how_predictions_agree(drawn, tiny_run, tmp_path, capsys):
    assert main(["complete", str(drawn), str(tiny_run), "--out", str(tmp_path / "copy")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith("see card.md") and shown[2].startswith("test, against the annotations: mean F1 ")
    assert text({}) == "no label is annotated" and text({"valence": {"ccc": 0.5}}) == "valence CCC 0.500"


def test_other_verbs_read_a_completed_data_set(copy, tmp_path, capsys):
    folder, _ = copy
    question = "AU12_present is unknown and predicted_AU12_present>=0"
    found = run_json(capsys, "view", folder, "--where", question, "--out", tmp_path / "sheet.png")
    assert found["matches"] == 60 and cv2.imread(str(tmp_path / "sheet.png")) is not None
    run_json(capsys, "export", folder, "--to", "csv", "--out", tmp_path / "csv")
    with open(tmp_path / "csv" / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120 and all(row["predicted_valence"] and row["predicted_by"] for row in rows)
    assert not all(row["valence"] for row in rows)
    info = run_json(capsys, "info", folder)
    assert info["data_set"] == "drawn-completed" and "predicted_valence" in info["completed_columns"]
    assert info["completed_by"].endswith("/best") and "predicted_by" in info["completed_columns"]
    run_json(capsys, "view", folder, "--where", "predicted_AU4_present>=0", "-n", 2, "--out", tmp_path / "page.html")
    assert "predicted by" in (tmp_path / "page.html").read_text()


def test_refusals_are_one_line(drawn, tiny_run, tmp_path, capsys):
    for arguments, message in (((drawn, tiny_run, "--out", drawn), "must not overwrite an input"),
                               ((tmp_path / "none", tiny_run, "--out", tmp_path / "x"), "does not exist"),
                               ((drawn, tmp_path, "--out", tmp_path / "x"), "neither a run nor a preset")):
        assert main(["complete", *map(str, arguments)]) == 2
        line, = capsys.readouterr().err.splitlines()
        assert line.startswith("catgan complete: ") and message in line
    assert not (tmp_path / "x").exists()
