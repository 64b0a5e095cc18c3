"""Ranges of labels in a dry run, and warnings where a range is hardly used."""

import json

import pytest

from catgan.cli.main import main
from catgan.data.builder.dry_run import dry_run
from catgan.data.builder.recipe import Recipe, SourceConfig


def looked(root, cells, options, header="i,x"):
    """The dry run of a table whose column `x` holds `cells`."""
    (root / "t.csv").write_text("\n".join([header, *(f"{row}.png,{cell}" for row, cell in enumerate(cells))]) + "\n")
    source = SourceConfig("mine", "table", str(root), "human", options={"file": "t.csv", "image": "i", **options})
    return dry_run(Recipe("one", (source,)))["sources"]["mine"]


def test_ranges_and_shares(tmp_path):
    source = looked(tmp_path, ["-0.5,1,2.5,happy", "0.25,0,,sad", ",,1,", "0.75,1,0,happy"],
                    {"valence": "v", "AU4": "a", "AU12 intensity": "g", "expression": "e"}, "i,v,a,g,e")
    assert source["ranges"] == {
        "AU04": {"known": 3, "share_known": 0.75, "minimum": 0, "maximum": 1, "whole_numbers": True},
        "AU12 intensity": {"known": 3, "share_known": 0.75, "minimum": 0.0, "maximum": 2.5, "whole_numbers": False},
        "valence": {"known": 3, "share_known": 0.75, "minimum": -0.5, "maximum": 0.75, "whole_numbers": False},
        "expression": {"known": 3, "share_known": 0.75, "classes": {"happiness": 2, "sadness": 1}}}
    assert source["warnings"] == []


@pytest.mark.parametrize("options, cells, words", [
    ({"valence": "x"}, [0.1, 0.5, 0.9, 1, 0.3], ["never below 0", "`valence: {column: x, from: 1, to: 9}`"]),
    ({"arousal": "x"}, [-0.1, -0.5, -0.9, -1, 0], ["arousal lies in -1..0", "never above 0"]),
    ({"valence": "x"}, [-0.1, 0.05, 0.1, 0, 0.02], ["a tenth of -1..1", "hardly used"]),
    ({"valence": "x"}, [-1, 0, 1, 1, 0], ["whole numbers alone, -1 to 1"]),
    ({"valence": {"column": "x", "from": 0, "to": 9}}, [5, 6, 7, 8, 9], ["The recipe declares from 0 to 9"]),
    ({"AU12 intensity": "x"}, [0.1, 0.5, 1, 0, 0.3], ["never exceed 1 of 5", "probably 0..1",
                                                      "`AU12 intensity: {column: x, from: 0, to: 1}`"]),
    ({"AU12 intensity": "x"}, [0, 1, 1, 0, 0], ["probably presence", "`AU12: x`"]),
    ({"AU12 intensity": "x"}, [0, 1, 2, 0, 1], ["never exceed 2 of 5"]),
    ({"AU6 intensity": {"column": "x"}}, [0, 0.5, 1, 0, 1], ["`AU6 intensity: {column: x, from: 0, to: 1}`"]),
    ({"AU12": "x"}, [0, 0, 0, 0, 0], ["AU12: absent in every row"]),
    ({"AU12": "x"}, [1, 1, 1, 1, 1], ["AU12: present in every row"]),
    ({"expression": "x"}, ["sad"] * 5, ["expression is sadness in every row"])])
def test_a_range_that_is_hardly_used(tmp_path, options, cells, words):
    warning, = looked(tmp_path, cells, options)["warnings"]
    assert all(word in warning for word in words)


@pytest.mark.parametrize("options, cells", [
    ({"valence": "x"}, [-0.6, 0.5, 0.9, 1, 0.3]), ({"AU12 intensity": "x"}, [0, 1, 4, 0, 0.5]),
    ({"AU12": "x"}, [0, 1] * 3),
    ({"valence": {"column": "x", "from": 1, "to": 9}}, [1, 5, 9, 7, 3]), ({"valence": "x"}, [0.5] * 4),
    ({"expression": "x"}, ["sad", "happy", "sad", "sad", "sad"])])
def test_nothing_to_warn_of(tmp_path, options, cells):
    assert looked(tmp_path, cells, options)["warnings"] == []


def test_another_layout_names_its_own_scale(tmp_path):
    rows = "".join(f"{frame}, 0, 0.0, 0.98, 1, 0.{frame}\n" for frame in range(1, 7))
    (tmp_path / "clip.csv").write_text("frame, face_id, timestamp, confidence, success, AU01_r\n" + rows)
    source = dry_run(Recipe("one", (SourceConfig("of", "openface", str(tmp_path), "tool"),)))["sources"]["of"]
    assert source["ranges"]["AU01 intensity"]["maximum"] == 0.6
    assert "catgan sources openface" in source["warnings"][0]


def test_the_command_prints_and_writes_it(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("i,v\n" + "".join(f"{row}.png,{0.1 * row + 0.1:.1f}\n" for row in range(6)))
    (tmp_path / "r.yaml").write_text("name: one\nsources:\n- {name: mine, format: table, root: ., kind: human, "
                                     "options: {file: t.csv, image: i, valence: v}}\n")
    assert main(["build", str(tmp_path / "r.yaml"), "--dry-run", "--json", str(tmp_path / "o.json")]) == 0
    printed = capsys.readouterr().out
    assert "  valence: 6 known (100 %), 0.1 to 0.6" in printed and "  warning: valence lies in 0.1..0.6" in printed
    source = json.loads((tmp_path / "o.json").read_text())["sources"]["mine"]
    assert source["ranges"]["valence"]["share_known"] == 1.0 and len(source["warnings"]) == 1
