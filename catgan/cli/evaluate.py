"""`catgan evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

NAME = "evaluate"
HELP = "Measure how well a run predicts Action Units, valence and arousal on one split of a data set."
EPILOG = """examples:
  catgan evaluate runs/00000-joint-64 --data OUT/dual
  catgan evaluate runs/00000-joint-64/last --data OUT/dual --split validation --json -

F1 uses the thresholds that training chose on the validation split."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset folder")
    parser.add_argument("--data", required=True, metavar="DIR", help="data set that 'catgan build' wrote")
    parser.add_argument("--split", default="test", choices=("train", "validation", "test", "all"))


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.data.store import load_dataset
    from catgan.files import write_json
    from catgan.gan.model import CatGAN, find_preset
    from catgan.training.evaluate import evaluate

    dataset = load_dataset(arguments.data)
    result = evaluate(CatGAN.from_preset(arguments.run_folder), dataset, arguments.split)
    folder = Path(arguments.run_folder)
    if find_preset(folder) != folder:  # a run: keep the result beside its other figures
        write_json(folder / f"evaluation-{arguments.split}.json", result)
    print(text(result))
    return result


def text(result: dict[str, Any]) -> str:
    """The result as a table for people."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} faces"]
    units = result.get("action_units") or {}
    rows = {name: figures for name, figures in units.items() if isinstance(figures, dict) and "f1" in figures}
    if rows:
        lines.append(f"{'':8}{'F1':>7}{'AUC':>7}{'ICC':>7}{'PCC':>7}{'n':>7}")
        for name, figures in rows.items():
            lines.append(f"{name:8}" + "".join(_cell(figures[key]) for key in ("f1", "auc", "icc", "pcc"))
                         + f"{figures['n']:>7}")
        lines.append(f"mean F1 {_cell(units['mean_f1']).strip()}" + _interval(units, "mean_f1"))
    for name in ("valence", "arousal"):
        if result.get(name):
            figures = result[name]
            lines.append(f"{name:8} CCC {_cell(figures['ccc']).strip()}{_interval(figures, 'ccc')}  "
                         f"PCC {_cell(figures['pcc']).strip()}  RMSE {_cell(figures['rmse']).strip()}  "
                         f"SAGR {_cell(figures['sagr']).strip()}")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return f"{'-':>7}" if value is None else f"{value:>7.3f}"


def _interval(figures: dict[str, Any], name: str) -> str:
    interval = figures.get(f"{name}_interval")
    return f" (95 % interval {interval[0]:.3f}..{interval[1]:.3f})" if interval else ""
