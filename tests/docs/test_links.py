"""Links of all pages lead to files and headings that are there; every page of the site is in a table of contents."""

import re

import pytest
from markdown_it import MarkdownIt

import reference_pages
from tests.harness.paths import REPOSITORY

DOCS = REPOSITORY / "docs"
WRITTEN = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PARSER = MarkdownIt("commonmark").enable("table")


@pytest.fixture(scope="module")
def pages():
    """Text of all pages by path: written ones, and those of the reference that are generated."""
    generated = {DOCS / "reference" / name: text for name, text in reference_pages.pages().items()}
    paths = [path for path in [*WRITTEN, *DOCS.rglob("*.md")]
             if "_build" not in path.parts and path.parent.parent != DOCS / "reference"]  # those may be of an old build
    return {path: path.read_text(encoding="utf-8") for path in paths} | generated


def tokens(text):
    """All tokens of a page, those inside paragraphs too."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def links(text):
    """Addresses of links and pictures."""
    for token in tokens(text):
        if token.type in ("link_open", "image"):
            yield str(token.attrs["href" if token.type == "link_open" else "src"])


def anchors(text):
    """Names by which headings can be linked, as GitHub and MyST make them; and those of `(name)=` lines."""
    found = set(re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE))
    parsed = PARSER.parse(text)
    for heading, inline in zip(parsed, parsed[1:]):
        if heading.type == "heading_open":
            words = "".join(child.content for child in inline.children or ())
            slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            number = sum(name == slug or name.startswith(f"{slug}-") and name[len(slug) + 1:].isdigit()
                         for name in found)
            found.add(f"{slug}-{number}" if number else slug)
    return found


def test_internal_links_lead_somewhere(pages):
    problems, known = [], {}
    for path, text in pages.items():
        for link in links(text):
            if re.match(r"[a-z]+:|#$", link):
                continue
            address, _, fragment = link.partition("#")
            target = (path.parent / address).resolve() if address else path
            if target not in pages and not target.exists():
                problems.append(f"{path.relative_to(REPOSITORY)}: {link}")
            elif fragment and target in pages:
                if fragment not in known.setdefault(target, anchors(pages[target])):
                    problems.append(f"{path.relative_to(REPOSITORY)}: no heading {link}")
    assert not problems, "\n".join(problems)


def test_every_page_is_in_a_table_of_contents_once(pages):
    listed = []
    for path, text in pages.items():
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if line and not line.startswith(":"):
                    listed.append((path.parent / f"{line}.md").resolve())
    site = {path for path in pages if DOCS in path.parents} - {DOCS / "index.md"}
    dated = {path for path in site if {"benchmarks", "journal"} & set(path.parts)}
    assert set(listed) <= site and site - dated <= set(listed)
    assert len(listed) == len(set(listed))


def test_anchors_are_those_of_github():
    text = "# A `b.c` and D!\n\n## Twice\n\n## Twice\n\n(here)=\n"
    assert anchors(text) == {"a-bc-and-d", "twice", "twice-1", "here"}
