"""The table of files in the README leads to short files that exist."""

import re

import pytest

from tests.harness.paths import REPOSITORY

MAX_LINES = 250


def rows():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    section = text.split("## Where things are")[1].split("\n## ")[0]
    return re.findall(r"^\| (.+\?) \| (.+) \|$", section, re.MULTILINE)


def test_table_answers_each_question_once():
    questions = [question for question, _ in rows()]
    assert len(questions) >= 10 and len(set(questions)) == len(questions)


@pytest.mark.parametrize("question, cell", rows())
def test_question_leads_to_one_short_file(question, cell):
    path = re.fullmatch(r"`(catgan/[\w/]+\.py)`", cell)
    assert path, cell
    assert len((REPOSITORY / path[1]).read_text(encoding="utf-8").splitlines()) < MAX_LINES
