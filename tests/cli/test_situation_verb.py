"""`catgan situation` from end to end."""

import json

import pytest
from PIL import Image

from catgan.cli import completion
from catgan.cli.main import main
from catgan.cli.situation import VERBS
from tests.harness.commands import run_json

ONE = ("--place", "street", "--time", "2026-05-01T14:30", "--emotion", "happiness")


HEAD = "place,time,emotion\nstreet,2026-05-01T14:05,happy\n"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store.db"


def refused(capsys, *arguments):
    """The one line of a command that ends with exit code 2."""
    capsys.readouterr()
    assert main(["situation", *map(str, arguments)]) == 2
    line, = capsys.readouterr().err.splitlines()
    return line


def test_add_and_show_count_by_place_hour_and_weekday(store, tmp_path, capsys):
    (tmp_path / "rows.csv").write_text(HEAD + "park,2026-05-02T10:00,fear\n")
    assert run_json(capsys, "situation", "add", store, *ONE, "--id", "a")["added"] == 1
    assert run_json(capsys, "situation", "add", store, *ONE, "--id", "a")["already_there"] == 1
    assert run_json(capsys, "situation", "add", store, "--table", tmp_path / "rows.csv")["added"] == 2
    shown = run_json(capsys, "situation", "show", store)
    assert [(each["place"], each["count"]) for each in shown["situations"]] == [("park", 1), ("street", 2), (None, 3)]
    assert [(cell["place"], cell["weekday"], cell["hour"], cell["count"]) for cell in shown["cells"]] == [
        ("park", "Saturday", 10, 1), ("street", "Friday", 14, 2)]


def test_show_draws_and_writes_json_of_one_hour(store, tmp_path, capsys):
    main(["situation", "add", str(store), *ONE, "--emotions", "happiness,sadness", "--half-life", "1e5"])
    assert main(["situation", "show", str(store), *ONE[:4], "--plot", str(tmp_path / "a.png"), "--json",
                 str(tmp_path / "a.json")]) == 0
    assert "street, Friday 14:00-14:59  1      1.0" in capsys.readouterr().out
    found = json.loads((tmp_path / "a.json").read_text())["situations"][0]["expected"]
    everywhere = (1 + 2.5) / 6
    street = (1 + 5 * everywhere) / 6
    assert found["happiness"]["value"] == pytest.approx((1 + 5 * street) / 6, rel=0.01)  # the half-life is 270 years
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > 900


@pytest.mark.parametrize("change, message", [
    (("--time", "2999-05-01T14:30"), "cannot lie in the future"), (("--time", "noon"), "A time must be written as"),
    (("--emotion", "happyness"), "Unknown emotion 'happyness'. Did you mean 'happiness'?"),
    (("--weight", "-1"), "A weight must be above 0"),
    (("--table", "rows.csv"), "Leave out: --place, --time, --emotion"),
    (("--emotions", "joy"), "two or more different emotions"), (("--half-life", "0"), "must be above 0")])
def test_add_refuses_in_one_line_and_makes_no_file(store, tmp_path, capsys, change, message):
    assert message in refused(capsys, "add", store, *ONE, *change)
    assert list(tmp_path.iterdir()) == []


def test_add_of_a_table_with_a_wrong_row_adds_none(store, tmp_path, capsys):
    main(["situation", "add", str(store), *ONE])
    (tmp_path / "rows.csv").write_text(HEAD + "park,2026-05-02T10:00,fera\n")
    assert "rows.csv:3: Unknown emotion 'fera'" in refused(capsys, "add", store, "--table", tmp_path / "rows.csv")
    assert run_json(capsys, "situation", "show", store)["situations"][-1]["count"] == 1


@pytest.mark.parametrize("part", [("show",), ("add", *ONE)])
def test_file_of_another_kind_is_refused_and_kept(store, capsys, part):
    store.write_text("not a store\n" * 100)
    assert "is damaged or is another kind of file" in refused(capsys, part[0], store, *part[1:])
    assert store.read_text() == "not a store\n" * 100


@pytest.mark.parametrize("words, message", [
    (("--place", "steret"), "Unknown place 'steret'. Did you mean 'street'?"), (("--time", "now"), "A time must be"),
    (("--time", "2026-05-01T14:30"), "A time needs a place"), (("--plot", "a.pdf"), "written as .png")])
def test_show_refuses_in_one_line(store, capsys, words, message):
    main(["situation", "add", str(store), *ONE])
    assert message in refused(capsys, "show", store, *words)


def test_show_of_no_file_makes_none(store, capsys):
    assert "There is no situational store" in refused(capsys, "show", store)
    assert not store.exists()


@pytest.mark.parametrize("part", VERBS)
def test_help_has_examples_and_completion_offers_the_options(part, capsys):
    with pytest.raises(SystemExit):
        main(["situation", part.NAME, "--help"])
    assert f"examples:\n  catgan situation {part.NAME} OUT/situations.db" in capsys.readouterr().out
    assert f"_shtab_catgan_situation_{part.NAME}" in completion.script("bash")
