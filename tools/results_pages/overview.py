"""Writes the two pages over all results: questions with their answers, and how everything was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from results_pages import scripts
from results_pages.tables import amount, commit, figure, markdown, seeds

INDEX = """# Results

What was measured, one page for each preset and for each question. In brackets stand 95 % intervals. All tables are
written by `make results` from the JSON files beside the pages. [How each was measured](measurements.md) lists commands,
machines, numbers and seeds. [The glossary](../reference/glossary.md) explains the terms.

**Read this first.** *Rendered* faces, clips and people are drawn by catgan's own face model. Their labels are true, but
no figure on them is a claim about photographs or people. The photographs used here were labelled by a tool. Figures on
them say how well a network agrees with that tool.
"""
MEASUREMENTS = """# How each was measured

One section for each JSON file of figures. "-" means that it was not noted at the time. A commit behind "written down
in" holds the figures, and comes shortly after the measurement. Earlier notes are in
[the journal](../journal/README.md).
"""


def index(files: Mapping[str, Any], pages: set[str]) -> str:
    """Returns the page of questions and answers.

    Args:
        files: JSON by name; `overview` has the questions in their order.
        pages: those that exist; questions of others are left out.
    """
    text, listed = INDEX, ["measurements"]
    for group in files["overview"]["groups"]:
        entries = [entry for entry in group["entries"] if f"{entry['page']}.md" in pages]
        rows = [[f"[{entry['question']}]({entry['page']}.md)", answer(files, entry)] for entry in entries]
        text += f"\n## {group['title']}\n\n" + markdown(group["columns"], rows)
        listed += [entry["page"] for entry in entries]
    known = [*listed[1:], *sorted({page.removesuffix(".md") for page in pages} - {*listed, "index"}), listed[0]]
    return text + "\n```{toctree}\n:hidden:\n:maxdepth: 1\n\n" + "\n".join(known) + "\n```\n"


def answer(files: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Returns the answer of a question with its figures in place."""
    if entry["page"] == "dual":
        return dual(files["dual"])
    found = [find(files, path) for path in entry["figures"]]
    return entry["answer"].format(*(figure({**cell, "remark": None, "signed": False}) for cell in found))


def find(files: Mapping[str, Any], path: Sequence[Any]) -> Mapping[str, Any]:
    """Returns the figure that a path names.

    Args:
        files: JSON by name.
        path: file, table, row and column of a file with tables; else file and keys, the last of which are the
            digits, to `[value, low, high]` or to a number beside its interval.
    """
    content = files[path[0]]
    if "tables" in content:
        table = content["tables"][path[1]]
        cells = next(cells for cells in table["rows"] if cells[0] == path[2])
        return cells[table["columns"].index(path[3])]
    for key in path[1:-2]:
        content = content[key]
    key, digits = path[-2:]
    if isinstance(content[key], list):
        return {"value": content[key][0], "interval": content[key][1:3], "digits": digits}
    interval = content.get(f"{key}_interval") or content.get("interval")
    return {"value": content[key], "digits": digits} | ({"interval": interval} if interval else {})


def dual(found: Mapping[str, Any]) -> str:
    """Returns what joint training gains with all labels, as docs/benchmarks/dual_tables.py has it."""
    module, said = scripts.script("dual_tables"), []
    for equal, figures in module.single_and_joint(found["dual_labels"]):
        if equal.get("budget") == "all labels":
            parts = ", ".join(f"{module.FIGURES[name]} {entry['difference']:+.3f} ({entry['interval'][0]:+.3f} .. "
                              f"{entry['interval'][1]:+.3f})" for name, entry in figures.items()
                              if name in ("mean_f1", "valence/ccc") and entry["interval"])
            said.append(f"{equal.get('part', 'networks')}: {parts}")
    return "Joint less single training, with all labels. " + ". ".join(map(module.sentence, said)) + "."


def measurements(files: Mapping[str, Any]) -> str:
    """Returns the page of commands, machines, numbers and seeds, one section for each file."""
    sections: dict[str, dict[str, list[list[str]]]] = {}
    for file, table, one in measured(files):
        made = f"{one['date']}. {one['machine'] or 'Machine not noted'}. {commit(one)}."
        counted = ". ".join(filter(None, (amount(one).removeprefix("n = "), one["interval"])))
        cells = [table.replace("_", " "), counted or "-", seeds(one["seed"]).replace("Seed not noted", "-"),
                 "<br>".join(f"`{command}`" for command in one["command"] or ()) or "-"]
        sections.setdefault(file, {}).setdefault(made, []).append(cells)
    text = MEASUREMENTS
    for file, groups in sections.items():
        text += f"\n## {file}\n\nFile: [{file}.json]({file}.json).\n"  # a heading may not be a download
        for made, rows in groups.items():
            text += f"\n{made}\n\n" + markdown(["table", "n, and what stands in brackets", "seed", "command"], rows)
    return text


def measured(files: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yields file, table and how it was measured, for every table."""
    for name, content in files.items():
        if name == "studies":
            yield from ((study, "all", one) for study, one in content.items())
        elif "tables" in content:
            yield from ((name, table, one["measured"]) for table, one in content["tables"].items())
