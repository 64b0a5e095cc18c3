"""Writes the card of a completed copy: predicted labels, their run, and their agreement with the annotations."""

from __future__ import annotations

import re

from catgan import facs
from catgan.data.store import DualDataset
from catgan.labels import LabelSpec
from catgan.metrics.figures import Figures
from catgan.pipelines.complete.agreement import figures

_FIGURES = ("ccc", "icc", "pcc", "f1")


def card(dataset: DualDataset, info: Figures) -> str:
    """Returns the text of `card.md`.

    Args:
        dataset: the copied data set; its own card is appended if there is one.
        info: the content of `dataset.json` of the copy.
    """
    completed = info["completed"]
    own = dataset.folder / "card.md"
    below = re.sub(r"(?m)^#", "##", own.read_text(encoding="utf-8")) if own.is_file() else ""
    return f"""# {info['name']}

**This copy holds predictions.** The columns `predicted_...` were written by the run `{completed['run']}` \
(weights sha256 `{completed['weights']}`), not by people. Every other column is that of {completed['data']} \
(hash `{completed['data_hash']}`), unchanged. A figure that is measured against a prediction says how well a model \
agrees with that run, and nothing about faces.

Predicted for each of the {info['counts']['faces']:,} faces, whether its label is annotated or not: \
{_names(LabelSpec.from_dict(completed['labels']))}. `predicted_..._std` is the uncertainty that the run states itself, \
`predicted_by` names the run.

## How the predictions agree with the annotations

On faces where both are known{_tools(info)}. F1 uses the thresholds of the run\
{' (macro F1 for expression)' if completed['labels']['expressions'] else ''}. If the run learned from this data set, \
it saw the train split: there its predictions look better than they are.

{_table(completed['agreement'])}{_below(completed['data'], below)}"""


def _tools(info: Figures) -> str:
    tools = [source["name"] for source in info["sources"] if source.get("kind") == "tool"]
    return f" (**annotations of {', '.join(tools)} were made by a tool, not by people**)" if tools else ""


def _table(agreement: Figures) -> str:
    rows = [f"| {name} | {split} | {values['n']:,} | {' | '.join(_number(values.get(key)) for key in _FIGURES)} |"
            for split, result in agreement.items() for name, values in figures(result)]
    head = ["| label | split | faces | CCC | ICC | PCC | F1 |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n" if rows else "There is no validation or test split to compare on.\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _names(spec: LabelSpec) -> str:
    what = "intensity 0..5" if spec.scale == "intensity" else "probability that it is present, 0..1"
    parts = [f"{', '.join(facs.au_name(number) for number in spec.action_units)} ({what})"] if spec.action_units else []
    parts += ["valence and arousal (-1..1)"] if spec.valence_arousal else []
    parts += ["expression, with its probability"] if spec.expressions else []
    return "; ".join(parts)


def _below(name: str, text: str) -> str:
    return f"\n---\n\nThe card of {name}:\n\n{text}" if text else ""
