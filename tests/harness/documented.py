"""Commands and Python code on the pages of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

FENCED = re.compile(r"^```([\w{}]*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS = ("", "bash", "sh", "console")
INDENTED = re.compile(r"^    (catgan .*)$", re.MULTILINE)
PYTHON = re.compile(r"^```(?:python|\{code-cell\}[^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands_of(text: str) -> Iterator[str]:
    """Yields the catgan commands of a page that stand on lines of their own, fenced or indented."""
    blocks = [block for language, block in FENCED.findall(text) if language in SHELLS]
    outside = re.sub(r"\\\n\s*", "", FENCED.sub("", text))
    for block in [*blocks, "\n".join(INDENTED.findall(outside))]:
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            if found := re.match(r"\s*(?:\w+=\S+ |srun .*? )?(catgan [a-z].*)$", line):
                yield found[1].strip()


def blocks_of(text: str) -> Iterator[str]:
    """Yields the Python blocks of a page, without options of cells and lines for the shell."""
    for block in PYTHON.findall(text):
        yield "\n".join(line for line in block.splitlines() if not re.match(r"(:\w|---|%|!)", line))
