"""Counts the words of sentences: pages for people have fewer than 20 on average.

    python tools/readability.py                 # all pages that are checked, longest sentences first
    python tools/readability.py docs/data.md    # the longest sentences of one page

Counted are paragraphs and items of lists. Headings, tables, blocks of code, HTML and addresses of links are not; a
piece of code inside a sentence is one word. Pages of docs/journal are notes of a day, and those of docs/results mostly
tables: they are not checked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
GLOBS = ("README.md", "CONTRIBUTING.md", "docs/*.md", "docs/tutorials/*.md", "docs/howto/*.md", "docs/explanation/*.md",
         "docs/reference/glossary.md", "docs/reference/metrics.md", "docs/results/index.md")
LIMIT = 20.0
"""Words of a sentence, mean of a page."""
PARSER = MarkdownIt("commonmark").enable("table")
END = re.compile(r"(?<=[.!?])[\"')*]*\s+(?=[\"'(*]*[A-Z0-9])")
ABBREVIATION = re.compile(r"\b(e\.g|i\.e|etc|vs|cf|al|Fig|No)\.\s")
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def pages() -> list[Path]:
    """Returns the pages that are checked."""
    return sorted(path for pattern in GLOBS for path in ROOT.glob(pattern))


def sentences(text: str) -> Iterator[str]:
    """Yields the sentences of a page in Markdown."""
    tokens = PARSER.parse(FRONT_MATTER.sub("", text))
    for before, token in zip(tokens, tokens[1:]):
        if before.type == "paragraph_open" and token.type == "inline":
            for paragraph in re.split(r"\n(?=: )", spoken(token)):  # entries of a list of definitions
                joined = ABBREVIATION.sub(r"\1 ", " ".join(paragraph.split()))
                yield from (part for part in END.split(joined) if words(part))


def spoken(token: Token) -> str:
    """Returns the text of a paragraph; each piece of code is one word, which begins as a sentence may."""
    parts = {"text": lambda child: child.content, "code_inline": lambda child: "Code",
             "softbreak": lambda child: "\n", "hardbreak": lambda child: "\n"}
    return "".join(parts[child.type](child) for child in token.children or () if child.type in parts)


def words(sentence: str) -> int:
    """Counts words and numbers."""
    return sum(any(map(str.isalnum, word)) for word in sentence.split())


def mean_length(text: str) -> float:
    """Returns the mean number of words of the sentences of a page; 0 where it has none."""
    lengths = [words(sentence) for sentence in sentences(text)]
    return sum(lengths) / len(lengths) if lengths else 0.0


def main() -> None:
    if sys.argv[1:]:
        found = sorted(sentences(Path(sys.argv[1]).read_text(encoding="utf-8")), key=words, reverse=True)
        lines = [f"{words(sentence):4d}  {sentence}" for sentence in found]
    else:
        means = {path: mean_length(path.read_text(encoding="utf-8")) for path in pages()}
        lines = [f"{mean:5.1f}  {path.relative_to(ROOT)}" for path, mean in
                 sorted(means.items(), key=lambda pair: -pair[1])]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
