"""Writes what raters agree on as tables, with a recipe that `catgan build` reads as it is.

    FOLDER/annotations/export/photographs.csv   image, AU01 ..., valence, arousal, expression; an empty cell is unknown
    FOLDER/annotations/export/videos.csv        clip, frame, and the same
    FOLDER/annotations/export/recipe.yaml       both as sources of format `table`, below FOLDER
    FOLDER/annotations/export/export.json       raters, rule, delay and smoothing, counts, and why labels are unknown
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml

from catgan.data.sources import frames
from catgan.errors import CatganError
from catgan.files import write_json, write_text
from catgan.metrics.figures import Figures
from catgan.pipelines.annotation import traces
from catgan.pipelines.annotation.agreement import Timing
from catgan.pipelines.annotation.changes import DIMENSIONS
from catgan.pipelines.annotation.consensus import Rule, agree, agree_over_time
from catgan.pipelines.annotation.items import Item
from catgan.pipelines.annotation.project import NAME, Project
from catgan.pipelines.annotation.ratings import Ratings
from catgan.pipelines.annotation.tables import Subject, labels_of, subjects_of

FOLDER = "export"
LONGEST_DELAY = 10.0
"""Seconds."""

Row = dict[str, float | int | str]


@dataclass(frozen=True)
class Options:
    """What an export does.

    Args:
        rule: how answers of raters become one label.
        timing: what is done to ratings over time first.
        delay: seconds by which all raters answer late: the label of the frame at `t` is what they said at `t + delay`.
    """

    rule: Rule = Rule()
    timing: Timing = Timing()
    delay: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.delay <= LONGEST_DELAY:
            raise CatganError(f"A delay must lie in 0..{LONGEST_DELAY:g} seconds. Received: {self.delay:g}.")

    def stated(self) -> list[str]:
        """Says in words what is done, a line each."""
        late = f"labels of a frame are what raters said {self.delay:g} s later" if self.delay else \
            "no common delay is corrected"
        return [*self.rule.stated(), f"over time: {self.timing.stated()}; {late}"]


def export(project: Project, options: Options = Options()) -> Figures:
    """Writes tables and recipe; earlier ones are replaced.

    Args:
        project: the folder.
        options: rule of consensus, delay and smoothing.

    Returns:
        `recipe` (its path), `raters`, `rules` in words, `photographs` and `frames` (rows written), `known` (labels
        written, by name) and `unknown` (labels that were rated and are empty, by name and reason). `export.json` holds
        the same.

    Raises:
        CatganError: nothing that was rated has a known label.
    """
    raters = project.raters()
    known, unknown = Counter[str](), Counter[tuple[str, str]]()
    subjects = subjects_of(project, raters)
    labels = labels_of(subjects)
    photographs = _photographs([one for one in subjects if one.frame is None], labels, options.rule, unknown)
    videos = _videos(project, raters, [one for one in subjects if one.frame is not None], labels, options, unknown)
    tables = {"photographs": photographs, "videos": videos}
    if not any(tables.values()):
        raise CatganError("There is nothing to export: nobody has rated anything yet, or the raters agree on nothing.")
    for rows in tables.values():
        known.update(label for row in rows for label in row if label not in ("image", "clip", "frame"))
    out = project.kept / FOLDER
    for name, rows in tables.items():
        _write_table(out / f"{name}.csv", rows)
    write_text(out / "recipe.yaml", _recipe(project.folder.name, tables, raters, options))
    reasons: dict[str, dict[str, int]] = {}
    for (label, why), count in sorted(unknown.items()):
        reasons.setdefault(label, {})[why] = count
    result = {"recipe": str(out / "recipe.yaml"), "raters": raters, "rules": options.stated(),
              "photographs": len(photographs), "frames": len(videos), "known": dict(sorted(known.items())),
              "unknown": reasons}
    write_json(out / "export.json", result | {"recipe": "recipe.yaml", "options": asdict(options)})
    return result


# === Rows ===


def _photographs(subjects: Sequence[Subject], labels: Sequence[str], rule: Rule,
                 unknown: Counter[tuple[str, str]]) -> list[Row]:
    rows = []
    for subject in subjects:
        found = _agreed(subject, labels, rule, unknown)
        if found:
            rows.append({"image": subject.item.key, **found})
    return rows


def _agreed(subject: Subject, labels: Sequence[str], rule: Rule, unknown: Counter[tuple[str, str]]) -> Row:
    row: Row = {}
    for label in labels:
        answers = subject.values(label)
        if answers:
            value, why = agree(label, answers, rule)
            if value is not None:
                row[label] = value
            else:
                unknown[label, str(why)] += 1
    return row


def _videos(project: Project, raters: Sequence[str], subjects: Sequence[Subject], labels: Sequence[str],
            options: Options, unknown: Counter[tuple[str, str]]) -> list[Row]:
    by_item: dict[str, dict[int, Row]] = {}
    for subject in subjects:
        row = _agreed(subject, labels, options.rule, unknown)
        if row and subject.frame is not None:
            by_item.setdefault(subject.item.key, {})[subject.frame] = row
    rows: list[Row] = []
    for item, ratings in project.all_ratings(raters):
        if not item.video:
            continue
        found = by_item.get(item.key, {})
        for frame, row in _over_time(item, ratings, options, unknown).items():
            found[frame] = {**found.get(frame, {}), **row}
        rows += [{"clip": item.key, "frame": frame, **found[frame]} for frame in sorted(found)]
    return rows


def _over_time(item: Item, ratings: Mapping[str, Ratings], options: Options,
               unknown: Counter[tuple[str, str]]) -> dict[int, Row]:
    rated = {rater: one.traces for rater, one in ratings.items() if one.traced}
    if not rated:
        return {}
    times = frames.times(item.path)
    moved = traces.shifts(rated) if options.timing.align else dict.fromkeys(rated, 0.0)
    values = np.stack([traces.at(one, times, moved[rater] + options.delay, options.timing.smoothing)
                       for rater, one in rated.items()])
    rows: dict[int, Row] = {}
    for place, name in enumerate(DIMENSIONS):
        agreed, reasons = agree_over_time(values[:, :, place], options.rule)
        for why, count in reasons.items():
            unknown[name, why] += count
        for frame in np.flatnonzero(np.isfinite(agreed)).tolist():
            rows.setdefault(frame, {})[name] = round(float(agreed[frame]), 4)
    return rows


# === Files ===


def _columns(rows: Sequence[Row]) -> list[str]:
    """Names the columns in the order of the table; a label that no row has is left out."""
    named = {name for row in rows for name in row}
    units = sorted(name for name in named if name.startswith("AU"))
    return [name for name in ("image", "clip", "frame", *units, *DIMENSIONS, "expression") if name in named]


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    if not rows:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def _recipe(name: str, tables: Mapping[str, Sequence[Row]], raters: Sequence[str], options: Options) -> str:
    sources = []
    for table, rows in tables.items():
        if rows:
            columns = {f"{column} intensity" if column.startswith("AU") else column: column
                       for column in _columns(rows)}
            sources.append({"name": table, "format": "table", "root": "../..", "kind": "human",
                            "terms": "those of your photographs and videos",
                            "options": {"file": f"{NAME}/{FOLDER}/{table}.csv", **columns}})
    head = [f"Annotated by {len(raters)}: {', '.join(raters)}.", *options.stated(), "Command: catgan build recipe.yaml "
            "--out OUT"]
    content = yaml.safe_dump({"name": name or "annotated", "sources": sources}, sort_keys=False, allow_unicode=True,
                             width=110)
    return "".join(f"# {' '.join(line.split())}\n" for line in head) + content
