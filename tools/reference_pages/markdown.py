"""Turns docstrings in Google style into Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping

SECTIONS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Example", "Examples")
TITLES = {"Args": "Arguments", "Example": "Example", "Examples": "Examples"}
_CODE = re.compile(r"(`+[^`]*`+)")
_SPECIAL = re.compile(r"([\\*<>\[\]{}$|~^])")
_ENTRY = re.compile(r"(\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*)(?: \([^)]*\))?:\s+(.*)", re.DOTALL)


def escape(text: str) -> str:
    """Escapes what Markdown would read as markup, outside of code spans."""
    return outside_code(lambda part: _SPECIAL.sub(r"\\\1", part), text)


def outside_code(change: Callable[[str], str], text: str) -> str:
    """Applies a function to what stands outside of code."""
    return "".join(part if part.startswith("`") else change(part) for part in _CODE.split(text))


def one_line(text: str) -> str:
    """Joins lines, and escapes."""
    return escape(" ".join(text.split()))


def sections(docstring: str | None) -> dict[str, str]:
    """Splits a docstring: section -> text without indentation; the text before all sections is called `""`."""
    found: dict[str, list[str]] = {"": []}
    lines = found[""]
    for line in inspect.cleandoc(docstring or "").splitlines():
        title = line.rstrip(":")
        if line.endswith(":") and title in SECTIONS:
            lines = found.setdefault(title, [])
        else:
            lines.append(line)
    return {title: inspect.cleandoc("\n".join(["", *lines])) for title, lines in found.items()}


def entries(text: str) -> dict[str, str]:
    """Reads the entries `name: text` or `name, name: text` of a section; text by name, one line each."""
    found: dict[str, str] = {}
    for part in re.split(r"\n(?=\S)", text):
        match = _ENTRY.match(part)
        for name in match[1].split(", ") if match else ():
            found[name.lstrip("*")] = " ".join(match[2].split())  # type: ignore[index]
    return found


def described(docstring: str | None) -> str:
    """Returns a whole docstring as Markdown."""
    parts = sections(docstring)
    blocks = [paragraphs(parts.pop(""))]
    for title, text in parts.items():
        blocks.append(f"**{TITLES.get(title, title)}**")
        blocks.append(_section(title, text))
    return "\n\n".join(block for block in blocks if block)


def _section(title: str, text: str) -> str:
    if title in ("Args", "Attributes", "Raises") and all(
            _ENTRY.match(part) for part in re.split(r"\n(?=\S)", text)):
        return "\n".join(f"- {names(match[1])}: {one_line(match[2])}" for match in
                         map(_ENTRY.match, re.split(r"\n(?=\S)", text)) if match)
    return code(text, "python") if title.startswith("Example") else paragraphs(text)


def names(text: str) -> str:
    """Returns `a, b` as code."""
    return ", ".join(f"`{name}`" for name in text.split(", "))


def paragraphs(text: str) -> str:
    """Escapes paragraphs and lists; indented ones are code."""
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("    "):
            blocks.append(code(inspect.cleandoc(block)))
        else:
            blocks.append(escape(block).replace("\\>\\>\\>", ">>>"))
    return "\n\n".join(blocks)


def code(text: str, language: str = "text") -> str:
    """Returns a block of code."""
    return f"```{language}\n{text}\n```"


def terms(items: Iterable[tuple[str, str]]) -> str:
    """Returns a list of definitions (the MyST extension `deflist`)."""
    return "\n\n".join(f"{term}\n: {meaning}" for term, meaning in items)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Returns a table; cells are Markdown."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(" ".join(cell.split()) for cell in line) + " |" for line in lines)


def toctree(pages: Iterable[str], hidden: bool = False) -> str:
    """Returns the directive that makes pages part of the site."""
    options = ":hidden:\n" if hidden else ":maxdepth: 1\n"
    return f"```{{toctree}}\n{options}\n" + "\n".join(pages) + "\n```"


def page(title: str, *blocks: str) -> str:
    """Returns a page."""
    return "\n\n".join([f"# {title}", *(block for block in blocks if block)]) + "\n"


def linked(text: str, places: Mapping[str, str]) -> str:
    """Makes links of code spans that name something which has a place: `Name` -> its address."""
    return re.sub(r"(?<![\[`])`([\w.]+)`(?![`\]])", lambda match: f"[`{match[1]}`]({places[match[1]]})"
                  if match[1] in places else match[0], text)
