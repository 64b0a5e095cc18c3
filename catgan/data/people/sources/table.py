"""Reads any table with a row per person in photographs or clips: CSV, Excel, JSON, Parquet. A recipe names its columns.

GroupWalk (Mittal et al., EmotiCon, CVPR 2020: 45 videos, 3,544 people) is read this way; its layout is not public:

    people: true
    sources:
      - name: groupwalk
        format: table
        root: GroupWalk
        kind: human
        options:
          file: agents.csv
          clip: video                 path of a video below ROOT, or of a folder of its images (then also `rate: 30`);
                                      `image: file` instead for photographs; of several columns: "{folder}/{name}.mp4"
          frame: frame                the frame that the box is in; `frames_from: 1` if the first one has number 1
          first: from                 optional: first and last frame that have the labels
          last: to
          box: [x, y, w, h]           columns, as for faces; also {left: x1, top: y1, right: x2, bottom: y2}
          box_of: body                or face
          subject: agent
          expression: {column: emotion, names: {Angry: anger, Happy: happiness, Neutral: neutral, Sad: sadness}}
          valence: {column: v, from: 1, to: 9}      also arousal and dominance
          place: scene                type of place
          place_time: recorded        2026-05-01T14:30, on the clock of the place
          phrases: [anp]              columns of adjective-noun pairs; several in a cell are separated by ;
          categories: feelings        names separated by ;  and all that there are: category_names: [calm, tense]
          split: part
          unknown: "NA, -9"

Other options are those of tables of faces: `images`, `beside`, `video` (default: the clip), `encoding`. A cell that is
neither valid nor unknown is an error that names its line; a number outside a declared scale rejects its row. A clip is
read around `frame`, else around the middle of `first` to `last`: one row per person and stretch is enough.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.people.records import PersonRecord, labelled
from catgan.data.people.sources import table_options
from catgan.data.people.sources.table_options import OPTIONS, Plan
from catgan.data.sources import parsing, table, tabular
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Rejected
from catgan.data.sources.scales import CellError, Value
from catgan.errors import AnnotationError, DataError
from catgan.files import local
from catgan.modalities.observations import parse_time

LAYOUT = Layout(
    "whatever the recipe says which column holds",
    "the empty cell, and what the option `unknown` names; numbers outside of a declared scale reject their row",
    "those of your collection",
    splits="as the column `split` says",
    options=OPTIONS)
MOST_FRAMES = 10 ** 9

Cells = Mapping[str, str]


def read(name: str, root: Path, options: Mapping[str, object]) -> Iterator[PersonRecord | Rejected]:
    """Yields every row of the table, or of each table in turn."""
    parsing.require(root, f"Root of source '{name}'")
    plan = table_options.understood(name, options)
    for file in table.files_of(name, root, options["file"]):
        for line, cells in tabular.rows(file, plan.needed, plan.paths[0], plan.encoding):
            yield _row(plan, root, file, line, dict(zip(plan.needed, cells)))


def _row(plan: Plan, root: Path, file: Path, line: int, cells: Cells) -> PersonRecord | Rejected:
    path, key = _place(plan, root, file, line, cells)
    row = f"{file.relative_to(root.resolve()).as_posix()}:{line}"
    try:
        values = {word: column(cells[column.name]) for word, column in plan.columns.items()}
        box = plan.box.read([cells[name] for name in plan.box.columns]) if plan.box else None
        phrases = _phrases(plan, cells)
        categories = _categories(plan, values.get("categories"))
    except CellError as error:
        text = " ".join(str(error).split())
        if error.reject:
            return Rejected(plan.name, key, row, table.OUTSIDE, text)
        raise AnnotationError(file, line, text) from None
    frame, first, last = (_frame(plan, values.get(word), file, line, word) for word in ("frame", "first", "last"))
    if first is not None and last is not None and last < first:
        raise AnnotationError(file, line, f"the last frame lies before the first. Received: {first} and {last}.")
    if plan.is_clip and plan.rate is None and path.is_dir():
        raise AnnotationError(file, line, f"{key} is a folder of images, which needs the option `rate`: its frames per "
                              "second.")
    return labelled(PersonRecord(
        plan.name, key, path, row, is_clip=plan.is_clip, box=box, box_of=plan.box_of,
        box_in_shares=box is not None and plan.box is not None and plan.box.shares, frame=frame, first=first, last=last,
        rate=plan.rate, expression=_text(values.get("expression")), categories=categories,
        category_names=plan.category_names, valence=_number(values.get("valence")),
        arousal=_number(values.get("arousal")), dominance=_number(values.get("dominance")),
        place=_text(values.get("place")), place_time=_time(values.get("place_time"), file, line), phrases=phrases,
        subject=_text(values.get("subject")), video=_text(values.get("video")) or (key if plan.is_clip else None),
        official_split=_text(values.get("split"))))


def _place(plan: Plan, root: Path, file: Path, line: int, cells: Cells) -> tuple[Path, str]:
    """Returns the path of a photograph or clip, and its key."""
    relative = _path(plan, file, line, cells)
    base = type(root)(file.parent) if plan.beside else root
    if plan.images is not None:
        base = type(root)(parsing.below(root, plan.images, file, line))
    folder = os.path.relpath(base, root.resolve() if base is not root else root).replace(os.sep, "/")
    key = local(base, relative)
    return parsing.below(base, relative, file, line), key if folder == "." else f"{folder}/{key}"


def _path(plan: Plan, file: Path, line: int, cells: Cells) -> str:
    """Returns the path of a photograph or clip as the table names it."""
    for name in plan.paths:
        if cells[name] in plan.unknown or cells[name] == tabular.EMBEDDED:
            raise AnnotationError(file, line, f"column '{name}' must name a file.")
    parts = list(plan.pattern)
    parts[1::2] = [cells[name] for name in plan.paths] if parts else []
    return "".join(parts) if parts else cells[plan.paths[0]]


def _phrases(plan: Plan, cells: Cells) -> tuple[str, ...] | None:
    """Returns adjective-noun pairs with a space between the words; None if all cells are unknown."""
    found = [cells[name] for name in plan.phrases if cells[name] not in plan.unknown]
    phrases = [" ".join(part.replace("_", " ").split()) for cell in found for part in cell.split(";")]
    if short := [phrase for phrase in phrases if phrase and " " not in phrase]:
        raise CellError(f"an adjective-noun pair has two words. Received: {short[0][:40]!r}.")
    return tuple(dict.fromkeys(filter(None, phrases))) if found else None


def _categories(plan: Plan, cell: Value) -> tuple[str, ...] | None:
    if cell is None:
        return None
    found = {part.strip() for part in str(cell).split(";") if part.strip()}
    if unknown := sorted(found - set(plan.category_names)):
        raise CellError(f"a category must be one of {', '.join(plan.category_names)}, as `category_names` says. "
                        f"Received: {unknown[0][:40]!r}.")
    return tuple(name for name in plan.category_names if name in found)


def _frame(plan: Plan, value: Value, file: Path, line: int, word: str) -> int | None:
    """Returns the number of a frame, from 0."""
    if value is None:
        return None
    return parsing.whole(str(value), file, line, word, plan.frames_from, MOST_FRAMES) - plan.frames_from


def _time(value: Value, file: Path, line: int) -> str | None:
    try:
        return None if value is None else parse_time(str(value)).isoformat()
    except DataError as error:
        raise AnnotationError(file, line, str(error)) from None


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _number(value: Value) -> float | None:
    return None if value is None else float(value)
