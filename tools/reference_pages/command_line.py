"""Reference of the command line: one page a verb, from argparse, and an index by task."""

from __future__ import annotations

import argparse
import itertools
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from catgan.cli.main import parser
from reference_pages import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"
TASKS = {
    "Try it": ("demo", "app", "models", "doctor"),
    "Make a data set": ("sources", "build", "render", "complete", "view", "export"),
    "Train": ("train", "info"),
    "Read photographs, videos and people": ("predict", "situation"),
    "Draw and edit faces": ("generate", "edit"),
    "Explain a prediction": ("explain", "attribute"),
    "Measure": ("evaluate", "benchmark"),
    "Ask questions of several trainings": ("sweep", "compare", "relate", "eliminate"),
    "Use a network elsewhere": ("export-model",),
    "The command line itself": ("completion",),
}
MORE = "More"
"""Heading of verbs that no task names."""
SKIPPED = (argparse._HelpAction, argparse._SubParsersAction)
GROUPS = {"positional arguments": "Arguments"}
WIDTH = 76


def verbs() -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """Returns help and parser of each verb: `build`, `benchmark` ..."""
    return dict(_children(parser()))


def pages() -> dict[str, str]:
    """Returns the index and the page of each verb."""
    found = verbs()
    return {"index": _index(found), **{name: _page(name, child) for name, (_, child) in found.items()}}


def by_task(names: list[str]) -> dict[str, list[str]]:
    """Returns verbs by task; those that no task names come last."""
    placed = {verb for verbs_of in TASKS.values() for verb in verbs_of}
    groups = {task: [verb for verb in verbs_of if verb in names] for task, verbs_of in TASKS.items()}
    groups[MORE] = [name for name in names if name not in placed]
    return {task: group for task, group in groups.items() if group}


def _children(of: argparse.ArgumentParser) -> Iterator[tuple[str, tuple[str, argparse.ArgumentParser]]]:
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, child in action.choices.items():
                yield name, (helps.get(name, ""), child)


def _index(found: dict[str, tuple[str, argparse.ArgumentParser]]) -> str:
    blocks = ["`catgan VERB --help` prints what these pages say. Every verb takes `--json FILE`, which writes its "
              "result as an object (`-` for stdout). Exit codes: 0; 2 after an error of the user, which one line on "
              "stderr explains; 130 after Ctrl-C."]
    for task, names in by_task(list(found)).items():
        blocks += [f"## {task}", markdown.terms((f"[`catgan {name}`]({name}.md)", markdown.one_line(found[name][0]))
                                                for name in names)]
    return markdown.page("Command line", *blocks, markdown.toctree(found, hidden=True))


def _page(name: str, of: argparse.ArgumentParser) -> str:
    return markdown.page(f"catgan {name}", *_blocks(of))


def _blocks(of: argparse.ArgumentParser) -> list[str]:
    """Returns description, usage, examples, options and remarks of a parser and, below, of its parts."""
    examples, remarks = split_epilog(of.epilog or "")
    blocks = [markdown.one_line(of.description or ""), markdown.code(_usage(of)), _code(examples)]
    for group in of._action_groups:
        shown = [action for action in group._group_actions if not isinstance(action, SKIPPED)]
        if shown:
            title = GROUPS.get(group.title or "", group.title or "")
            blocks += [f"**{title[:1].upper()}{title[1:]}**", markdown.one_line(group.description or ""),
                       markdown.terms((_term(action), _meaning(action)) for action in shown)]
    blocks += ["**Remarks**", *remarks] if remarks else []
    for name, (_, child) in _children(of):
        blocks += [f"## {child.prog}", *_blocks(child)]
    return blocks


def split_epilog(text: str) -> tuple[str, list[str]]:
    """Splits the text below the options of `--help`: the commands of "examples", and the remarks as blocks of Markdown.

    Indented lines are commands, or tables; other lines are sentences.
    """
    examples, remarks, heading = "", list[str](), False
    for is_code, lines in itertools.groupby(text.splitlines(), lambda line: line.startswith("  ") if line else None):
        block = textwrap.dedent("\n".join(lines)).strip()
        if block in ("example:", "examples:"):
            heading = True
        elif is_code and heading and not examples:
            examples = block
        elif block:
            remarks.append(_code(block) if is_code else _linked(markdown.paragraphs(block)))
    return examples, remarks


def _code(block: str) -> str:
    """Returns commands, or a table of words, as code."""
    return markdown.code(block, "sh" if block.startswith("catgan") else "text") if block else ""


def _linked(text: str) -> str:
    """Makes links of pages that a text names, such as docs/people.md, and code of its options."""
    text = re.sub(r"'(catgan [^'\n]*)'", r"`\1`", text)
    text = markdown.outside_code(lambda part: re.sub(r"(?<![\w-])--[a-z][a-z-]*", r"`\g<0>`", part), text)
    return re.sub(r"\bdocs/([\w/]+\.md)", lambda match: f"[{match[1]}](../../{match[1]})"
                  if (DOCS / match[1]).exists() else match[0], text)


def _usage(of: argparse.ArgumentParser) -> str:
    formatter = argparse.HelpFormatter(of.prog, width=WIDTH)
    formatter.add_usage(of.usage, of._actions, of._mutually_exclusive_groups)
    return formatter.format_help().strip()


def _term(action: argparse.Action) -> str:
    formatter = argparse.HelpFormatter("catgan")
    if not action.option_strings:
        return f"`{formatter._format_args(action, action.dest)}`"
    value = "" if action.nargs == 0 else " " + formatter._format_args(
        action, formatter._get_default_metavar_for_optional(action))
    return ", ".join(f"`{name}{value}`" for name in action.option_strings)


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "").replace("%%", "%").replace("%(default)s", str(action.default))
    parts = [_linked(markdown.one_line(text))]
    if action.option_strings and action.required:
        parts.append("*Required.*")
    if action.choices and action.metavar:
        parts.append("One of " + ", ".join(f"`{choice}`" for choice in action.choices) + ".")
    if action.default not in (None, False, True, "", [], (), argparse.SUPPRESS) and "default" not in text:
        parts.append(f"Default: `{action.default}`.")
    if len(parts) > 1 and text and not text.endswith((".", ":")):
        parts[0] += "."
    return " ".join(part for part in parts if part) or "(no remarks)"
