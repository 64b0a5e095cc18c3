"""`catgan relate` from end to end on drawn faces."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan.cli.main import main
from tests.harness.commands import run_json


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """300 rendered faces of 60 people."""
    folder = tmp_path_factory.mktemp("rendered") / "data"
    assert main(["render", "--n", "300", "--size", "16", "--subjects", "60", "--workers", "1", "--out",
                 str(folder)]) == 0
    return folder


def without(folder, out, *columns):
    """A copy of a data set in which some columns are unknown."""
    shutil.copytree(folder, out)
    for path in (out / "shards").iterdir():
        table = pq.read_table(path)
        for name in columns:
            place = table.schema.get_field_index(name)
            field = table.schema.field(place)
            table = table.set_column(place, field, pa.nulls(len(table), field.type))
        pq.write_table(table, path)
    return out


def test_relate_of_a_data_set(rendered, tmp_path, capsys):
    out = tmp_path / "out"
    result = run_json(capsys, "relate", rendered, "--draws", 20, "--out", out)
    parts = result["parts"]
    assert result["groups"]["unit"] == "subjects" and result["groups"]["without_subject"] == 0
    assert parts["profiles"]["presence"]["ranking"][0]["table"] == "matsumoto_ekman_2008"
    smile = parts["regression"]["intensity"]["valence"]["coefficients"]["AU12"]
    assert 0 < smile["interval"][0] < smile["value"] < smile["interval"][1]
    assert set(parts["centroids"]) == {"neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger"}
    assert parts["classifiers"]["same_faces"]
    assert json.loads((out / "relate.json").read_text())["parts"] == parts
    for name in ("report.html", "relate.md", "circumplex.png", "coefficients_presence.png", "profiles_intensity.png"):
        assert (out / name).is_file()
    assert "cannot be told" not in (out / "relate.md").read_text()


def test_relate_of_two_systems_without_subjects_says_so(rendered, tmp_path, capsys):
    data = without(rendered, tmp_path / "data", "subject", "expression")
    result = run_json(capsys, "relate", data, "--draws", 20, "--out", tmp_path / "out")
    assert set(result["parts"]) == {"regression"} and result["groups"] == {
        "count": 300, "unit": "images", "without_subject": 300}
    assert any(line.startswith("Expressions in the plane cannot be told: ") for line in result["not_told"])
    text = (tmp_path / "out" / "relate.md").read_text()
    assert "The subjects of these faces are unknown, so images are drawn" in text and "on faces never seen" in text


def test_relate_of_a_run(drawn, untrained_run, tmp_path, capsys):
    result = run_json(capsys, "relate", untrained_run, "--data", drawn, "--split", "all", "--draws", 20, "--out",
                      tmp_path / "out")
    assert result["run"] == "preset" and result["split"] == "all"
    assert "Errors of the run cannot be told: the run reads no expressions." in result["not_told"]
    model = result["parts"]["consistency"]["valence"]["model"]
    assert model["n"] == 120 and set(model["coefficients"]) | set(model["left_out"]) == {"AU04", "AU12"}


@pytest.mark.parametrize("arguments, message", [
    (("{rendered}", "--data", "{rendered}"), "--data is for a run"),
    (("{run}",), "Give the data set whose faces"),
    (("{missing}",), "No such run or preset"), (("{rendered}", "--draws", "3"), "'draws' must be 20 or more"),
    (("{rendered}", "--folds", "1"), "'folds' must be 2 or more"),
    (("{rendered}", "--seed", "-1"), "'seed' must be 0 or more")])
def test_wrong_arguments_are_refused_in_one_line(arguments, message, rendered, untrained_run, tmp_path, capsys):
    words = [word.format(rendered=rendered, run=untrained_run, missing=tmp_path / "none") for word in arguments]
    capsys.readouterr()
    assert main(["relate", *words, "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
    assert not (tmp_path / "out").exists()


def test_one_label_system_is_refused_in_one_line(rendered, tmp_path, capsys):
    data = without(rendered, tmp_path / "data", "expression", "valence", "arousal")
    capsys.readouterr()
    assert main(["relate", str(data), "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "of 300 faces 300 know Action Units, 0 know valence-arousal, 0 know expressions, none two" in lines[0]


def test_the_report_does_not_replace_the_data_set(rendered, capsys):
    assert main(["relate", str(rendered), "--out", str(rendered)]) == 2
    assert "must not overwrite an input" in capsys.readouterr().err
