"""The page of all layouts is that of the readers and tests as they are."""

import runpy
from pathlib import Path

import pytest

from catgan.data import sources
from catgan.data.people import sources as people_sources

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def page():
    return runpy.run_path(str(ROOT / "docs" / "layouts.py"))


def test_the_page_is_current(page):
    assert (ROOT / "docs" / "layouts.md").read_text(encoding="utf-8") == page["text"](), "run python docs/layouts.py"


@pytest.fixture(scope="module")
def covering(page):
    return page["tests"]()


@pytest.mark.parametrize("name", sources.NAMES)
def test_every_layout_has_tests_terms_and_words(covering, name):
    layout = sources.layout(name)
    assert len(covering.get(name, [])) >= 1
    assert layout.gives and layout.unknown and layout.terms and sources.description(name)


@pytest.mark.parametrize("name", people_sources.NAMES)
def test_every_layout_of_people_has_tests_terms_and_words(page, name):
    layout = people_sources.layout(name)
    assert len(page["tests"](people_sources).get(name, [])) >= 1
    assert layout.gives and layout.unknown and layout.terms and people_sources.description(name)
