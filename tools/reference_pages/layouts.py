"""Reference of annotation layouts: one page each, from the readers."""

from __future__ import annotations

import functools
import runpy
from pathlib import Path
from types import ModuleType

from catgan.data import sources
from catgan.data.people import sources as people_sources
from reference_pages import markdown

ROOT = Path(__file__).resolve().parents[2]
REGISTRIES = {"": sources, "people-": people_sources}
"""What names of pages begin with -> registry of readers."""


def pages() -> dict[str, str]:
    """Returns the index and one page for each layout."""
    names = {f"{prefix}{name}": (registry, name) for prefix, registry in REGISTRIES.items() for name in registry.NAMES}
    faces = markdown.terms((f"[`{name}`]({name}.md)", markdown.escape(_headline(sources, name)))
                           for name in sources.NAMES)
    people = markdown.terms((f"[`{name}`](people-{name}.md)", markdown.escape(_headline(people_sources, name)))
                            for name in people_sources.NAMES)
    index = markdown.page("Annotation layouts", "What `catgan build` can read. [One table of all](../../layouts.md) "
                          "compares them.", "## Faces", faces, "## People", people,
                          markdown.toctree(names, hidden=True))
    return {"index": index, **{page: _page(registry, name) for page, (registry, name) in names.items()}}


def _headline(registry: ModuleType, name: str) -> str:
    return registry.description(name).split("\n\n")[0].replace("\n", " ")


def _page(registry: ModuleType, name: str) -> str:
    layout, people = registry.layout(name), registry is people_sources
    facts = [("Labels", layout.gives), ("Unknown labels, and pitfalls handled", layout.unknown),
             ("Action Units", ", ".join(f"AU{unit}" for unit in layout.action_units)),
             ("Official splits", layout.splits),
             ("Official folds", str(len(layout.folds)) if layout.folds else ""), ("Terms", layout.terms)]
    options = markdown.terms((f"`{option}`", markdown.one_line(meaning))
                             for option, meaning in layout.all_options.items())
    tests = ", ".join(f"`{test}`" for test in _tests(people).get(name, []))
    return markdown.page(
        f"{name} (people)" if people else name, markdown.paragraphs(registry.description(name)),
        markdown.terms((title, markdown.one_line(text)) for title, text in facts if text),
        "## In a recipe", markdown.code(_recipe(name, people), "yaml"),
        "## Options" if options else "", options,
        "## Tested by", tests)


def _recipe(name: str, people: bool) -> str:
    return (f"name: mine\n{'people: true' + chr(10) if people else ''}sources:\n"
            f"  - {{name: {name}, format: {name}, root: FOLDER, kind: human}}      # or kind: tool")


@functools.cache
def _tests(people: bool) -> dict[str, list[str]]:
    """Finds the tests that name each layout."""
    return runpy.run_path(str(ROOT / "docs" / "layouts.py"))["tests"](people_sources if people else sources)
