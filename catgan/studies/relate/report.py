"""Writes the report of `catgan relate`: pictures, `relate.md`, `report.html`, and `relate.json` last."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import catgan
from catgan import files
from catgan.metrics.figures import Figures
from catgan.studies.relate.figures import draw
from catgan.studies.relate.tables import Sheet, sheets
from catgan.studies.relate.wording import protocol, sentences


def write_report(folder: Path, result: Figures) -> None:
    """Writes all files of the report.

    Args:
        folder: of the report.
        result: of `catgan.studies.relate.study.relations` or `relations_of_run`.
    """
    pictures = draw(folder, result)
    tables = sheets(result)
    title = f"{result['run']} on {result['dataset']}" if "run" in result else result["dataset"]
    files.write_text(folder / "relate.md", _markdown(title, result, tables, pictures))
    files.write_text(folder / "report.html", files.fill_template(
        Path(__file__).with_suffix(".html"), version=catgan.__version__, name=title, summary=sentences(result),
        protocol=protocol(result), not_told=result["not_told"], sheets=tables,
        pictures=[{"title": name, "png": base64.b64encode(path.read_bytes()).decode("ascii")}
                  for name, path in pictures.items()]))
    files.write_json(folder / "relate.json", result)


def _markdown(title: str, result: Figures, tables: Sequence[Sheet], pictures: Mapping[str, Path]) -> str:
    lines = [f"# {title}: how the label systems are related", "", *(f"- {one}" for one in sentences(result)), "",
             protocol(result)]
    if result["not_told"]:
        lines += ["", "## What cannot be told", "", *(f"- {one}" for one in result["not_told"])]
    for name, path in pictures.items():
        lines += ["", f"## {name}", "", f"![{name}]({path.name})"]
    for sheet in tables:
        lines += ["", f"## {sheet.title}", "", sheet.note, "", f"| {' | '.join(sheet.header)} |",
                  "|" + "---|" * len(sheet.header), *(f"| {' | '.join(row)} |" for row in sheet.rows)]
    return "\n".join(lines) + "\n"
