"""Reads the JSON files that scripts of docs/benchmarks wrote, each in its own form, and returns their tables."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from results_pages.tables import markdown

BENCHMARKS = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
Content = Mapping[str, Any]
PLANTED_COLUMNS = {"share": "relevance in the cause", "share_net": "net evidence in the cause",
                   "share_regions": "by region", "top": "top 16 in the cause", "moment_iou": "IoU of the moment",
                   "gap": "completeness gap"}


def script(name: str):
    """Imports a script of docs/benchmarks."""
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module(name)


def spread(values: list[float], digits: int = 3) -> str:
    """Returns `0.760 (0.726 .. 0.789)` of a figure and its bounds."""
    return "{:.{d}f} ({:.{d}f} .. {:.{d}f})".format(*values, d=digits)


def clips(content: Content, name: str) -> str:
    """Returns the tables of one setting of clips_study.py."""
    return script("clips_tables").tables(content["settings"][name]) + "\n"


def landmarks(content: Content, name: str) -> str:
    """Returns a table of landmarks_study.py: means of all networks, their AUC by expression, or the balanced accuracy
    by expression of the main ones."""
    classes = [key.removeprefix("auc/") for key in next(iter(content.values()))["figures"]
               if key.startswith("auc/") and key != "auc/mean"]
    if name == "means":
        rows = [[model, str(found["seeds"]), *(spread(found["figures"][key]) for key in (
            "auc/mean", "balanced_accuracy/mean", "accuracy"))] for model, found in content.items()]
        return "\n" + markdown(["network", "seeds", "mean AUC", "balanced accuracy", "accuracy of 7"], rows) + "\n"
    main = [f"{kind}-{points}" for kind in ("trained", "randomised", "linear") for points in ("478", "chosen")]
    rows = [[model, *(f"{content[model]['figures'][f'{name}/{one}'][0]:.3f}" for one in classes)]
            for model in (content if name == "auc" else main)]
    return "\n" + markdown([{"auc": "AUC"}.get(name, name.replace("_", " ")), *classes], rows) + "\n"


def planted(content: Content, name: str) -> str:
    """Returns the table of a seed of landmarks_planted.py, as of the commit that measured one baseline."""
    seed = next(one for one in content["seeds"] if str(one["seed"]) == name)
    rows = [[task, kind, str(network["n"]), _planted(network, "accuracy"),
             *(_planted(network, key) for key in PLANTED_COLUMNS), f"{found['chance']:.2f}",
             *(_plain(network["controls"]["shuffled"], key) for key in ("top", "rank_correlation")),
             _plain(network["controls"]["motion"], "top")]
            for task, found in seed["tasks"].items() for kind, network in found["networks"].items()]
    return "\n" + markdown(["task", "network", "n", "accuracy", *PLANTED_COLUMNS.values(), "share of points",
                            "top 16, shuffled", "rank correlation, shuffled", "top 16, motion"], rows) + "\n"


def _planted(found: Content, key: str) -> str:
    if found.get(key) is None:
        return "-"
    digits, interval = 4 if key == "gap" else 2, found.get(f"{key}_interval")
    return spread([found[key], *interval], digits) if interval else f"{found[key]:.{digits}f}"


def _plain(found: Content, key: str) -> str:
    return "-" if found.get(key) is None else f"{found[key]:.2f}"


def walkers(content: Content, name: str) -> str:
    """Returns the table of emotions or of planted walks of people_walkers.py."""
    from catgan.benchmarks.walkers import walkers_table

    columns = {title: found for title, found in content.items()
               if title != "seeds" and ("emotions" in title) == (name == "emotions")}
    return "\n" + walkers_table(columns) + "\n"


def people_explanations(content: Content, name: str) -> str:
    """Returns the table of people_explanations.py."""
    from catgan.benchmarks.people.table import explanations_table

    return "\n" + explanations_table(content) + "\n"


TABLES: Mapping[str, Callable[[Content, str], str]] = {
    "clips": clips, "landmarks": landmarks, "landmarks_planted": planted, "people_walkers": walkers,
    "people_explanations": people_explanations}
"""File -> what returns a table of it, by name."""
WHOLE: Mapping[str, Callable[[Content], str]] = {
    "people": lambda content: script("people_tables").text(content),
    "relate": lambda content: script("relate_coverage").markdown(content),
    "dual": lambda content: script("dual_tables").page(content)}
"""File -> what writes its whole page."""
