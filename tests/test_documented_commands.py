"""Commands in the README, pages, experiments and help texts are understood, and name files that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from catgan.cli.main import parser, with_negative_values
from tests.harness.documented import FENCED, commands_of
from tests.harness.paths import REPOSITORY

PAGES = sorted(path for path in [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md",
                                 *(REPOSITORY / "docs").rglob("*.md")]
               if not {"benchmarks", "journal", "_build"} & set(path.parts)
               and path.parent.parent.name != "reference")  # generated from the help texts, which are checked below
RECIPES = sorted(path for folder in ("experiments", "datasets") for path in (REPOSITORY / folder).rglob("*.yaml"))
INLINE = re.compile(r"(?<!`)`(catgan [a-z-]+ [^`]*)`(?!`)")
PLACEHOLDERS = {"...", "VERB"}


def mentioned_in(text: str) -> Iterator[str]:
    """Yields the commands that sentences mention, often in part."""
    yield from INLINE.findall(FENCED.sub("", text))


def words_of(command: str) -> list[str] | None:
    """Splits a command without its comment; None where a page leaves a part of it out, or pipes it."""
    words = shlex.split(command, comments=True)[1:]
    for place, word in enumerate(words):
        if word in ("|", "&&", ";", ">", ">>", "&"):
            return words[:place]
    words = ["1" if re.fullmatch("[A-Z]", word) else word for word in words]  # --n N
    return None if PLACEHOLDERS & set(words) or not words else words


def understood(words: list[str]) -> None:
    """Fails where argparse refuses the words."""
    try:
        parser().parse_args(with_negative_values(words))
    except SystemExit as end:
        assert end.code == 0, f"catgan {shlex.join(words)}"  # 0: --help


def known_options(words: list[str]) -> None:
    """Fails where a verb, or an option of it, does not exist."""
    verbs = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    verb = verbs.get(words[0])
    assert verb or words[0] == "VERB", f"catgan {words[0]}"
    for word in words[1:] if verb else ():
        if re.match(r"--[a-z]", word):
            texts = verb.format_help() + "".join(part.format_help() for action in verb._actions
                                                 if isinstance(action.choices, dict)
                                                 for part in action.choices.values())
            assert re.search(rf"{re.escape(re.split('[=|.,;:]', word)[0])}\b", texts), " ".join(words)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_commands_of_pages(path, capsys):
    for command in commands_of(path.read_text(encoding="utf-8")):
        if words := words_of(command):
            understood(words)
            check_files(words)
    for command in mentioned_in(path.read_text(encoding="utf-8")):
        known_options(command.split()[1:])


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_commands_of_recipes(path, capsys):
    lines = [line.lstrip("# ") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    found = [line[line.index("catgan "):] for line in lines if re.match(r"(Command:|Data:|and)?\s*catgan [a-z]", line)]
    assert found or path.parent.name == "datasets"
    for command in found:
        if words := words_of(re.sub(r"\s\(.*", "", command)):
            understood(words)
            check_files(words)


def check_files(words: list[str]) -> None:
    """Fails where a file of the repository that a command names is not there."""
    for word in words:
        if re.match(r"(experiments|datasets|docs)/.*\.\w+$", word):
            assert list(REPOSITORY.glob(word)), word


def help_texts() -> Iterator[tuple[str, str]]:
    from catgan.cli.main import VERBS

    for verb in VERBS:
        yield verb.NAME, verb.EPILOG
        for part in getattr(verb, "VERBS", ()):
            yield f"{verb.NAME} {part.NAME}", part.EPILOG


@pytest.mark.parametrize("name, text", list(help_texts()), ids=lambda value: value if len(value) < 30 else "")
def test_examples_of_help(name, text, capsys):
    found = [words_of(re.split(r"\s{3,}", line.strip())[0]) for line in re.sub(r"\\\n\s*", "", text).splitlines()
             if line.startswith("  catgan ")]
    assert found
    for words in filter(None, found):
        understood(words)
        check_files(words)


@pytest.mark.parametrize("text, expected", [
    ("```bash\ncatgan info DIR   # look\n```\n", ["catgan info DIR   # look"]),
    ("```\ncatgan train a.yaml \\\n  --data DIR\n```\n", ["catgan train a.yaml --data DIR"]),
    ("Use `catgan info DIR` here.\n", []),
    ("```python\na\n```\nText\n```\ncatgan info DIR\n```\n", ["catgan info DIR"]),
    ("    catgan info DIR\n", ["catgan info DIR"]),
    ("```python\nimport catgan\n```\n", [])])
def test_commands_are_found(text, expected):
    assert list(commands_of(text)) == expected


def test_a_wrong_command_fails():
    with pytest.raises(AssertionError, match="catgan info --absent"):
        understood(["info", "--absent"])
