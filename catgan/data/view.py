"""Draws faces that match a query on one sheet: `.png` with captions, or `.html` with all labels."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypedDict

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from catgan import facs, files, random_streams
from catgan.data import predictions
from catgan.data.query import Query, askable, parse
from catgan.data.shards import scan, schema_of
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.faces.images import grid, write_image
from catgan.system import progress_bar

MAX_SHOWN = 1000
"""Maximum number of faces on a sheet."""
FACE_SIDE = 96
"""Minimum side of a drawn face in pixels; smaller faces are enlarged."""
CAPTION_LINES = 6
"""Maximum number of lines under a face."""
GAP = 8
"""Pixels between faces."""
_UNITS = re.compile(r"AU[0-9]+_present")

Row: TypeAlias = dict[str, Any]
"""A row of a shard as Python objects; its columns differ between data sets."""
Font: TypeAlias = ImageFont.ImageFont | ImageFont.FreeTypeFont


class Sheet(TypedDict):
    """Holds the result of `view`."""

    matches: int
    faces: int
    shown: int
    out: str | None


def view(folder: str | os.PathLike, where: str | None = None, split: str = "all", n: int = 60,
         seed: random_streams.Seed = 0, *,
         out: str | os.PathLike, verbose: bool = True) -> Sheet:
    """Counts the faces that match a query, and draws at most `n` of them, chosen at random.

    Args:
        folder: a data set.
        where: the query (`catgan.data.query.parse`), or None for all faces.
        split: `"train"`, `"validation"`, `"test"` or `"all"`.
        n: faces on the sheet, 1..1000.
        seed: of the choice.
        out: a file that ends in `.png` or `.html`; not written if no face matches.
        verbose: whether to show a progress bar.

    Returns:
        `"matches"`, `"faces"` (in the split), `"shown"`, and `"out"`, which is None if nothing was written.

    Raises:
        CatganError: no data set, a query that cannot be read, or an argument out of range.
    """
    out, seed = Path(out), random_streams.seed_of(seed)
    if out.suffix.lower() not in _WRITERS:
        raise CatganError(f"A sheet of faces ends in {' or '.join(_WRITERS)}. Received: {out}.")
    if not 1 <= n <= MAX_SHOWN or seed < 0:
        raise CatganError(f"'n' must lie in 1..{MAX_SHOWN} and 'seed' be 0 or more. Received: {n} and {seed}.")
    dataset = load_dataset(folder)
    query = parse(where, askable(dataset)) if where is not None else None
    matches, chosen = draw(dataset, query, split, n, seed, verbose)
    total = dataset.count(split)
    if not matches:
        return {"matches": 0, "faces": total, "shown": 0, "out": None}
    title = f"{dataset.info['name']}, {'all splits' if split == 'all' else split}: {where or 'all faces'}"
    count = f"{matches:,} of {total:,} faces" + (f", {len(chosen):,} shown" if len(chosen) < matches else "")
    _WRITERS[out.suffix.lower()](out, title, count, rows_at(dataset, split, chosen), query.columns if query else ())
    return {"matches": matches, "faces": total, "shown": len(chosen), "out": str(out)}


def draw(dataset: DualDataset, query: Query | None, split: str, n: int, seed: int,
         verbose: bool = True) -> tuple[int, np.ndarray]:
    """Counts the rows that match, and samples at most `n` of them, each subset equally likely.

    Every match gets a random key, and the rows with the smallest keys are kept. So only `n` rows are in memory.

    Returns:
        The number of matches, and the chosen row numbers, int64, ascending.
    """
    random = random_streams.generator("shown_faces", seed)
    keys, rows, matches, start = np.empty(0), np.empty(0, np.int64), 0, 0
    bar: tqdm[None] = progress_bar(description="search", total=dataset.count(split), unit="face", verbose=verbose)
    with bar:
        for batch in scan(dataset.shards(split), query.columns if query else ["id"], 4096):
            found = start + (np.flatnonzero(query.matches(batch)) if query else np.arange(batch.num_rows))
            keys, rows = np.append(keys, random.random(len(found))), np.append(rows, found)
            kept = np.argsort(keys, kind="stable")[:n]
            keys, rows = keys[kept], rows[kept]
            matches, start = matches + len(found), start + batch.num_rows
            bar.update(batch.num_rows)
    return matches, np.sort(rows)


def rows_at(dataset: DualDataset, split: str, chosen: np.ndarray) -> list[Row]:
    """Reads the rows `chosen` (ascending row numbers within the split), without landmarks."""
    found: list[Row] = []
    start = 0
    for shard in dataset.shards(split):
        end = start + pq.read_metadata(shard).num_rows
        if ((chosen >= start) & (chosen < end)).any():
            columns = [name for name in schema_of(shard).names if name != "landmarks"]
            for batch in scan([shard], columns):
                inside = chosen[(chosen >= start) & (chosen < start + batch.num_rows)] - start
                found += batch.take(inside.tolist()).to_pylist() if len(inside) else []
                start += batch.num_rows
        start = end
    return found


# === Labels of a face ===


class Fact(NamedTuple):
    """Holds a label of a face: its name, its value as text (None = unknown), and its source."""

    name: str
    value: str | None
    source: str | None = None


def asked_facts(row: Row, asked: Sequence[str]) -> list[Fact]:
    """Returns the labels of a face in the columns that the query names."""
    return [Fact(name, _said(row[name]), row.get(f"{name}_source")) for name in asked]


def unit_facts(row: Row) -> dict[str, list[Fact]]:
    """Groups the Action Units of a face by `"present"`, `"absent"` and `"unknown"`, with intensities where known."""
    found: dict[str, list[Fact]] = {"present": [], "absent": [], "unknown": []}
    for column in filter(_UNITS.fullmatch, row):
        name, present = facs.without_presence(column), row[column]
        intensity = row.get(name)
        if present is None and intensity is not None and _said(intensity) is not None:
            present = intensity > 0
        state = "unknown" if present is None else "present" if present else "absent"
        source = row.get(f"{name}_source") or row.get(f"{column}_source")
        found[state].append(Fact(name, _said(intensity) or (state if state != "unknown" else None), source))
    return found


def predicted_facts(row: Row) -> list[Fact]:
    """Returns predictions of `catgan complete`: values with standard deviations, names with probabilities."""
    found = []
    for column in row:
        label = column.removeprefix(predictions.PREFIX)
        if label == column or column == predictions.BY or label.endswith(("_std", "_probability")):
            continue
        value, spread, likely = (_said(row.get(column + suffix)) for suffix in ("", "_std", "_probability"))
        more = f" \N{PLUS-MINUS SIGN} {spread}" if spread else f" ({likely})" if likely else ""
        found.append(Fact(label, value and value + more, row.get(predictions.BY)))
    return found


def caption(row: Row, asked: Sequence[str]) -> list[str]:
    """Returns the lines under a face: the columns of the query, else a summary of its labels; `?` is unknown."""
    if asked:
        return [f"{fact.name} {fact.value or '?'}" for fact in asked_facts(row, asked)]
    valence, arousal, expression = (_said(row[name]) or "?" for name in ("valence", "arousal", "expression"))
    units = unit_facts(row)
    numbers = " ".join(fact.name.removeprefix("AU").lstrip("0") for fact in units["present"])
    return [f"V {valence} A {arousal}", f"expr. {expression}",
            f"AU {numbers or ('none' if units['absent'] else '?')}"]


def _said(value: object) -> str | None:
    """Formats a cell as text; None (or NaN) is unknown."""
    if value is None or value != value:
        return None
    return f"{value:.3g}" if isinstance(value, float) else str(value)


# === PNG ===


def write_png(out: Path, title: str, count: str, rows: Sequence[Row], asked: Sequence[str]) -> None:
    """Draws faces in rows and columns, a caption under each, the title above."""
    font = ImageFont.load_default(11)
    faces = [_face(row) for row in rows]
    captions = [[line for text in caption(row, asked) for line in _wrapped(text, font, faces[0].width)] for row in rows]
    lines = min(CAPTION_LINES, max(map(len, captions)))
    cells = [_cell(*one, lines, font) for one in zip(faces, captions)]
    columns = min(len(cells), max(4, round((1.6 * len(cells)) ** 0.5)), max(1, 1600 // (faces[0].width + GAP)))
    sheet = Image.fromarray(grid(cells, columns, GAP))
    heading = ImageFont.load_default(14)
    width = max(sheet.width, 480)
    head = [line for text in (title, count) for line in _wrapped(text, heading, width)]
    page = Image.new("RGB", (width + 2 * GAP, sheet.height + 20 * len(head) + 3 * GAP), "white")
    _write_lines(page, head, (GAP, GAP), 20, heading)
    page.paste(sheet, (GAP, 20 * len(head) + 2 * GAP))
    write_image(out, np.asarray(page), {"Title": f"{title}: {count}"})


def _face(row: Row) -> Image.Image:
    """Decodes the picture of a row, enlarged by a whole factor where it is small."""
    try:
        image = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")
    except (OSError, SyntaxError, ValueError, TypeError) as error:
        raise CatganError(f"The picture of face {row['id']} is damaged: {' '.join(str(error).split())}.") from None
    times = -(-FACE_SIDE // image.width)
    return image.resize((image.width * times, image.height * times), Image.Resampling.BICUBIC)


def _cell(face: Image.Image, lines: Sequence[str], height: int, font: Font) -> np.ndarray:
    cell = Image.new("RGB", (face.width, face.height + 14 * height + 2), "white")
    cell.paste(face)
    shown = [*lines[:height - 1], f"{lines[height - 1][:-1]}\N{HORIZONTAL ELLIPSIS}"] if len(lines) > height else lines
    _write_lines(cell, shown, (0, face.height + 2), 14, font)
    return np.asarray(cell)


def _write_lines(image: Image.Image, lines: Sequence[str], at: tuple[int, int], height: int, font: Font) -> None:
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((at[0], at[1] + height * number), line, (30, 30, 30), font)


def _wrapped(text: str, font: Font, width: int) -> list[str]:
    """Breaks text into lines of at most `width` pixels, at spaces, or inside a word that is wider than a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]}  {word}" if lines[-1] else word  # the space of Pillow's default font is very narrow
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


# === HTML ===

def write_html(out: Path, title: str, count: str, rows: Sequence[Row], asked: Sequence[str]) -> None:
    """Writes a self-contained page with a card for each face: its picture, labels and their sources."""
    files.write_text(out, files.fill_template(Path(__file__).with_suffix(".html"), title=title, count=count,
                                              cards=[_card(row, asked) for row in rows]))


def _card(row: Row, asked: Sequence[str]) -> dict[str, object]:
    """Returns the variables of the template for one face."""
    units = unit_facts(row)
    plain = [name for name in ("valence", "arousal", "expression") if name in row]
    facts = [fact for fact in asked_facts(row, plain) + units["present"] if fact.name not in asked]
    unknown = [fact.name for fact in facts + units["unknown"] if fact.value is None and fact.name not in asked]
    absent = [fact.name for fact in units["absent"] if fact.name not in asked]
    predicted = [f"{fact.name} {fact.value}" for fact in predicted_facts(row) if fact.value is not None]
    return {"id": row["id"], "picture": base64.b64encode(row["image"]["bytes"] or b"").decode(), "split": row["split"],
            "subject": row["subject"] or "unknown", "sources": "; ".join(row["sources"] or []),
            "lines": [(fact, _unit_name(fact.name), fact.name in asked) for fact in asked_facts(row, asked) + facts
                      if fact.name in asked or fact.value is not None],
            "lists": [("absent", absent), ("unknown", unknown), (f"predicted by {row.get(predictions.BY)}", predicted)]}


def _unit_name(column: str) -> str:
    """Returns the name of the Action Unit of a column, or an empty text."""
    number = facs.without_presence(column).removeprefix("AU")
    return facs.ACTION_UNITS[int(number)].name if number.isdecimal() and int(number) in facs.ACTION_UNITS else ""


_WRITERS = {".png": write_png, ".html": write_html}
