"""Defines the command `catgan complete`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.metrics.figures import Figures

NAME = "complete"
HELP = "Write a copy of a data set that also holds the labels a run predicts, with their uncertainty."
EPILOG = """examples:
  catgan complete OUT/dual runs/00000-joint-64 --out OUT/dual-completed
  catgan view OUT/dual-completed --where 'AU12_present is unknown and predicted_AU12_present>0.9' --out sheet.png

The columns of the data set are copied unchanged. Predictions for every face are added in columns predicted_...;
predicted_by names the run. The card reports their agreement with the annotations. No command reads predictions as
labels unless you ask for it. The same command continues an interrupted copy, and leaves a finished one unchanged."""

READS, WRITES = ("folder", "run_folder"), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="a data set; it is not changed")
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME")
    parser.add_argument("--out", required=True, metavar="COPY", help="folder of the copy, new or empty")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.pipelines.complete.complete import pseudo_label

    result = pseudo_label(arguments.folder, arguments.run_folder, arguments.out)
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {result['faces']:,} faces by {result['run']}")
        return result
    print(f"{result['folder']}: {result['faces']:,} faces, labels predicted by {result['run']}; see card.md")
    for split, agreement in result["agreement"].items():
        print(f"{split}, against the annotations: {text(agreement)}")
    return result


def text(agreement: Figures) -> str:
    """Formats the headline figures of one split in one line."""
    figures = {"mean F1": agreement.get("action_units", {}).get("mean_f1"),
               **{f"{name} CCC": agreement.get(name, {}).get("ccc") for name in ("valence", "arousal")},
               "expression macro F1": agreement.get("expression", {}).get("macro_f1")}
    known = [f"{name} {value:.3f}" for name, value in figures.items() if value is not None]
    return ", ".join(known) or "no label is annotated"
