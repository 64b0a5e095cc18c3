"""One row per run: what `catgan evaluate RUN --judge ... ` wrote beside it, and what its training said.

    python docs/benchmarks/runs_table.py runs/00000-xs-32 runs/00001-xs-32 ...

Figures of the test split, with their 95 % intervals over subjects. Control has a part per judge, in the order they were
given to `catgan evaluate`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from catgan.training.run import read_config, read_stats

COLUMNS = ("run", "faces seen", "minutes", "faces/s", "diversity", "ICC", "PCC", "CCC valence", "CCC arousal",
           "control PCC of that of real faces", "slope over theirs", "cross-talk", "drift", "readable", "FD",
           "precision", "recall", "FD blurred", "FD train", "SWD")


def row(folder: Path) -> list[str]:
    """The cells of one run."""
    stats, experiment = read_stats(folder), read_config(folder)
    result = json.loads((folder / "evaluation-test.json").read_text(encoding="utf-8"))
    units, control = result.get("action_units", {}), result["control"]
    last = stats[-1]
    speed = sorted(line["images_per_second"] for line in stats)[len(stats) // 2]
    cells = [f"{folder.name} (seed {experiment.training.seed})", f"{last['images']:,}", f"{last['seconds'] / 60:.0f}",
             f"{speed:.0f}", figure(last.get("diversity")), interval(units, "mean_icc"), interval(units, "mean_pcc"),
             interval(result.get("valence", {}), "ccc"), interval(result.get("arousal", {}), "ccc")]
    if not control:
        return cells + ["-"] * (len(COLUMNS) - len(cells))
    image, intervals = result["image"], result["image_intervals"]
    return cells + [
        " / ".join(part(judged) for judged in (control, *result["other_judges"].values()))
        for part in (correlation, slope, cross_talk)] + [
        interval(control["drift"] or {}, "mean_ratio"), f"{100 * control['found']:.1f} %",
        *(within(image, intervals, name) for name in ("fd", "precision", "recall")),
        figure(of(image, "fd", ":blurred")), figure(of(image, "fd", ":train")), figure(of(image, "swd"))]


def correlation(control: dict[str, Any]) -> str:
    return f"{interval(control, 'mean_pcc_response')} of {interval(control, 'mean_pcc_ceiling')}"


def slope(control: dict[str, Any]) -> str:
    return interval(control["ratio"], "slope")


def cross_talk(control: dict[str, Any]) -> str:
    return interval(control["cross_talk"] or {}, "mean_absolute")


def within(image: dict[str, float], intervals: dict[str, list[float]], name: str) -> str:
    low, high = of(intervals, name) or (None, None)
    return figure(of(image, name)) + (f" ({low:.3f} .. {high:.3f})" if low is not None else "")


def of(image: dict[str, Any], name: str, suffix: str = "") -> Any:
    """The metric of the trained encoder; its protocol is in the key."""
    for key, value in image.items():
        if key.startswith(f"{name}:") and ":random-" not in key and key.partition(":n=")[2].partition(":")[1:] == (
                (":", suffix[1:]) if suffix else ("", "")):
            return value
    return None


def interval(figures: dict[str, Any], name: str) -> str:
    """A figure and its interval."""
    low, high = figures.get(f"{name}_interval") or (None, None)
    return figure(figures.get(name)) + (f" ({low:.3f} .. {high:.3f})" if low is not None else "")


def figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    rows = [list(COLUMNS), ["---"] * len(COLUMNS), *(row(folder) for folder in parser.parse_args().runs)]
    print("\n".join(f"| {' | '.join(cells)} |" for cells in rows))


if __name__ == "__main__":
    main()
