"""Writes the report of `catgan compare`: pictures, tables, pages, and `compare.json` last."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import catgan
from catgan import files
from catgan.metrics.figures import Figures
from catgan.studies.compare import tables
from catgan.studies.compare.forest import forest_plot
from catgan.studies.compare.wording import limits, protocol, sentences
from catgan.studies.relate.tables import Sheet

TITLE = "Models compared"


def write_report(folder: Path, result: Figures) -> None:
    """Writes all files of the report.

    Args:
        folder: of the report.
        result: of `catgan.studies.compare.study.compared`, with `left_out_runs`.
    """
    picture = folder / "forest.png" if result["pairs"] else None
    if picture is not None:
        forest_plot(picture, result)
    files.write_text(folder / "compare.csv", tables.pairs_csv(result))
    files.write_text(folder / "models.csv", tables.models_csv(result))
    files.write_text(folder / "compare.md", _markdown(result, picture))
    files.write_text(folder / "compare.html", files.fill_template(
        Path(__file__).with_suffix(".html"), version=catgan.__version__, title=TITLE, name=result["dataset"],
        split=result["split"], summary=sentences(result), protocol=protocol(result), limits=limits(result),
        picture=picture and base64.b64encode(picture.read_bytes()).decode("ascii"), sheets=tables.sheets(result),
        details=tables.details(result)))
    files.write_json(folder / "compare.json", result)


def _markdown(result: Figures, picture: Path | None) -> str:
    lines = [f"# {TITLE}: {result['dataset']}, {result['split']} split", "", *(f"- {one}" for one in sentences(result)),
             "", protocol(result), "", "## Limits", "", *(f"- {one}" for one in limits(result))]
    if picture is not None:
        lines += ["", "## Differences", "", f"![differences]({picture.name})"]
    return "\n".join([*lines, *_sheets([*tables.sheets(result), *tables.details(result)])]) + "\n"


def _sheets(sheets: Sequence[Sheet]) -> list[str]:
    lines = []
    for sheet in sheets:
        lines += ["", f"## {sheet.title}", "", sheet.note, "", f"| {' | '.join(sheet.header)} |",
                  "|" + "---|" * len(sheet.header), *(f"| {' | '.join(map(_escaped, row))} |" for row in sheet.rows)]
    return lines


def _escaped(cell: str) -> str:
    """Escapes what would end a cell of a table: names of cells come from the user."""
    return cell.replace("|", "\\|")
