"""Sentences of pages are short, and abbreviations of tutorials stand in the glossary."""

import re

import pytest

import readability
from tests.harness.paths import REPOSITORY

TUTORIALS = sorted((REPOSITORY / "docs" / "tutorials").glob("*.md"))
COMMON = {"CPU", "CSV", "GB", "GPU", "HTML", "JPEG", "JSON", "KB", "MB", "MP", "OK", "PDF", "PNG", "RAM", "URL", "YAML"}
"""Abbreviations that need no glossary."""


def name(path):
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", readability.pages(), ids=name)
def test_sentences_are_short(path):
    mean = readability.mean_length(path.read_text(encoding="utf-8"))
    assert mean < readability.LIMIT, f"{mean:.1f} words; `python tools/readability.py {name(path)}` has the longest"


@pytest.mark.parametrize("path", TUTORIALS, ids=name)
def test_abbreviations_of_tutorials_stand_in_the_glossary(path):
    glossary = (REPOSITORY / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
    text = " ".join(readability.sentences(path.read_text(encoding="utf-8")))
    found = set(re.findall(r"\b[A-Z]{2,6}(?=s?\b)", text)) - COMMON
    assert not {word for word in found if not re.search(rf"\b{word}", glossary)}


@pytest.mark.parametrize("text, expected", [
    ("# A title\n\nOne two three. Four five!\n", [3, 2]),
    ("It takes 1.5 s, e.g. Here. `a.b()` is code.\n", [6, 3]),  # the point of a number, of an abbreviation, of code
    ("- one two\n- three\n\n  four five. Six.\n", [2, 1, 2, 1]),
    ("| a table | has |\n|---|---|\n| no | words |\n\n```sh\nnor code. At all.\n```\n", []),
    ("[two words](https://a.b/c) and [one](x.md \"A title.\").\n", [4]),
    ("---\norphan: true\n---\n\nTwo words.\n", [2]),
    ("Term\n: One two. Three.\n", [1, 2, 1]),
    ("A line\nthat goes on.\n", [5]), ("<details>No words.</details>\n", [])])
def test_words_of_sentences_are_counted(text, expected):
    assert [readability.words(sentence) for sentence in readability.sentences(text)] == expected


def test_mean_of_a_page_without_sentences_is_0():
    assert readability.mean_length("# Title\n") == 0.0
    assert readability.mean_length("One two three. Four.\n") == 2.0
