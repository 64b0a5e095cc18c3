"""The command `catgan build` with recipes of people; what is built is tested in tests/data/people."""

import pytest

from catgan.cli.main import main
from catgan.data.people.recipe import read_recipe
from tests.harness.commands import run_json


@pytest.fixture
def recipe(tmp_path):
    folder = tmp_path / "CAER-S" / "train" / "Happy"
    folder.mkdir(parents=True)
    (folder / "0001.png").write_bytes(b"no")
    path = tmp_path / "r.yaml"
    path.write_text("name: p\npeople: true\nsources:\n  - {name: c, format: caer_s, root: CAER-S, kind: human}\n")
    return path


def test_dry_run_counts_and_warns(recipe, capsys):
    counts = run_json(capsys, "build", recipe, "--dry-run")
    assert counts["rows"] == 1 and counts["sources"]["c"]["ranges"]["expression"]["classes"] == {"happiness": 1}
    assert main(["build", str(recipe), "--dry-run"]) == 0
    assert "warning: CAER-S: stills of the same series" in capsys.readouterr().out


def test_result_is_printed(recipe, tmp_path, capsys, monkeypatch):
    result = {"already_complete": False, "rejected": {"missing file": 1}, "input_rows": 3, "used_rows": 2,
              "rejected_rows": 1, "seconds": 4.2, "folder": "OUT/p"}
    asked = []
    monkeypatch.setattr("catgan.data.people.build.build_people", lambda *given: asked.append(given) or result)
    assert main(["build", str(recipe), "--out", str(tmp_path / "out"), "--workers", "2"]) == 0
    shown = capsys.readouterr().out
    assert "3 rows = 2 people + 1 rejected (1 missing file); in 4 s" in shown and "OUT/p: see card.md" in shown
    (read, *others), = asked
    assert read == read_recipe(recipe) and others == [str(tmp_path / "out"), 2]
    monkeypatch.setitem(result, "already_complete", True)
    assert main(["build", str(recipe), "--out", str(tmp_path / "out")]) == 0
    assert "already complete, 2 people" in capsys.readouterr().out


def test_ray_is_refused(recipe, tmp_path, capsys):
    assert main(["build", str(recipe), "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert "built by processes of this machine" in capsys.readouterr().err and not (tmp_path / "out").exists()
