"""Pages of results are what their JSON files give, and model cards quote only figures of these pages."""

import json
import re
import shutil

import jsonschema
import pytest

import results_pages
from results_pages import overview, tables
from tests.harness.paths import REPOSITORY

FOLDER = REPOSITORY / "docs" / "results"
CARDS = sorted((REPOSITORY / "catgan" / "presets").glob("*/card.md"))
DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+(?![\w.]*\d)")
INTERVAL = re.compile(r"(\d*\.\d+ \(-?\d*\.\d+ ?\.\. ?-?\d*\.\d+\))")
SCHEMA = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
WITHOUT_TABLES = {"overview", "studies", "clips", "landmarks", "landmarks_planted", "people", "people_walkers",
                  "people_explanations", "relate", "dual"}


@pytest.fixture(scope="module")
def files():
    return results_pages.read()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder with the committed files, into which the pages were written again."""
    folder = tmp_path_factory.mktemp("docs") / "results"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.png"))
    results_pages.write(folder)
    return folder


def test_committed_pages_are_those_that_make_results_writes(written):
    names = {path.name for path in FOLDER.glob("*.md")}
    assert names == {path.name for path in written.glob("*.md")}
    changed = [name for name in names if (FOLDER / name).read_bytes() != (written / name).read_bytes()]
    assert not changed, f"call `make results`: {changed}"


def test_second_call_writes_nothing(written):
    before = {path: path.stat().st_mtime_ns for path in written.iterdir()}
    results_pages.write(written)
    assert before == {path: path.stat().st_mtime_ns for path in written.iterdir()}


def test_files_follow_the_schema(files):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for name in set(files) - WITHOUT_TABLES:
        jsonschema.validate(files[name], SCHEMA)
    for measured in files["studies"].values():
        jsonschema.validate(measured, {**SCHEMA["$defs"]["measured"], "$defs": SCHEMA["$defs"]})


def test_every_file_and_table_stands_on_a_page(files):
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md"))
    used = {(file, name) for _, _, file, name, _ in results_pages.BLOCK.findall(text)}
    there = {(file, name) for file in set(files) - WITHOUT_TABLES for name in files[file]["tables"]}
    assert there <= used and {file for file, _ in used} <= set(files)


def test_figures_lie_in_their_intervals_and_rows_are_complete(files):
    for file in set(files) - WITHOUT_TABLES:
        for name, table in files[file]["tables"].items():
            for row in table["rows"]:
                assert len(row) == len(table["columns"]), (file, name, row)
                for cell in row[1:]:
                    if isinstance(cell, dict) and "interval" in cell:
                        low, high = cell["interval"]
                        assert low <= cell["value"] <= high, (file, name, row)


def test_notes_of_that_time_are_there(files):
    for file, _, measured in overview.measured(files):
        assert measured["journal"] is None or (REPOSITORY / "docs" / "journal" / measured["journal"]).is_file(), file


def test_every_page_answers_a_question(files):
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"index", "measurements"}
    entries = [entry["page"] for group in files["overview"]["groups"] for entry in group["entries"]]
    assert pages <= set(entries) and len(entries) == len(set(entries)) and set(entries) - pages <= {"dual"}


def test_questions_of_missing_pages_are_left_out_and_unknown_pages_listed(files):
    text = overview.index(files, {"index.md", "planted.md", "new.md", "measurements.md"})
    assert "(planted.md)" in text and "(reading.md)" not in text and "(dual.md)" not in text
    assert text.endswith("planted\nnew\nmeasurements\n```\n")


def test_answer_on_dual_annotation_is_read_from_its_study():
    entry = {"difference": 0.0123, "interval": [0.001, 0.02], "stands": True, "p_holm": 0.01, "detectable": 0.01}
    pair = {"model": "a", "against": "b", "levels": ["AU", "joint"], "figures": {"mean_f1": entry},
            "equal": {"budget": "all labels", "part": "supervised"}}
    text = overview.dual({"dual_labels": {"pairs": [pair]}})
    assert text == "Joint less single training, with all labels. Supervised: mean F1 -0.012 (-0.020 .. -0.001)."


@pytest.mark.parametrize("cell, text", [
    (None, ""), ("says none", "says none"), ({"value": 7600}, "7,600"), ({"value": 0.9, "digits": 3}, "0.900"),
    ({"value": 0.69, "digits": 2, "interval": [0.5, 0.9], "interval_digits": 1}, "0.69 (0.5 .. 0.9)"),
    ({"value": 99.6, "digits": 1, "unit": "%"}, "99.6 %"), ({"value": 2.2e-16}, "2.2e-16"),
    ({"value": 0.011, "digits": 3, "signed": True, "interval": [-0.001, 0.016]}, "+0.011 (-0.001 .. +0.016)"),
    ({"value": 0.73, "digits": 2, "remark": "missed"}, "0.73, missed")])
def test_figures_are_written_as_noted(cell, text):
    assert tables.figure(cell) == text


@pytest.mark.parametrize("seed, text", [(None, "Seed not noted"), (0, "Seed 0"), ([0, 1, 2], "Seeds 0, 1, 2"),
                                        ([0, 1, 2, 3, 4], "Seeds 0 to 4"), ([0, 1, 2, 7], "Seeds 0, 1, 2, 7")])
def test_seeds_are_named(seed, text):
    assert tables.seeds(seed) == text


def normal(number):
    """Returns a number as text without a zero before the point."""
    return number.removeprefix("0") if number.startswith("0.") else number


def known_figures(card):
    """Figures of all pages of results, and those of the preset's metrics.json rounded to three decimals."""
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md"))
    metrics = (card.parent / "metrics.json").read_text(encoding="utf-8")
    return {normal(number) for number in DECIMAL.findall(text)} | {
        normal(f"{float(number):.{digits}f}") for number in re.findall(r"\d+\.\d+", metrics) for digits in (2, 3)}


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.parent.name)
def test_cards_quote_figures_of_the_results(card):
    text = card.read_text(encoding="utf-8")
    measured = "".join(part for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)
                       if part.startswith(("## Test", "## Its editor", "## Validation", "## Limits")))
    numbers = {normal(number) for number in DECIMAL.findall(re.sub(r"^Columns: .*$", "", measured, flags=re.MULTILINE))}
    assert len(numbers) > 10 and not numbers - known_figures(card)


def test_readme_quotes_intervals_of_the_results():
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md"))
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert all(found in text for found in INTERVAL.findall(readme))
