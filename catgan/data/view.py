"""Faces that answer a question, on one sheet: `.png` with captions, or a self-contained `.html` with every label."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

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

MAX_SHOWN = 1000
FACE_SIDE, CAPTION_LINES, GAP = 96, 6, 8
_UNITS = re.compile(r"AU[0-9]+_present")


def view(folder: str | os.PathLike, where: str | None = None, split: str = "all", n: int = 60, seed: int = 0, *,
         out: str | os.PathLike) -> dict[str, Any]:
    """Counts the faces that answer a question, and draws at most `n` of them, taken at random.

    Args:
        folder: a data set.
        where: the question (`catgan.data.query`), or None for all faces.
        split: `"train"`, `"validation"`, `"test"` or `"all"`.
        n: faces on the sheet, 1..1000.
        seed: of the draw; the same seed takes the same faces.
        out: a file that ends in `.png` or `.html`; not written where no face matches.

    Returns:
        `"matches"`, `"faces"` (in the split), `"shown"`, and `"out"`, which is None where nothing was written.

    Raises:
        CatganError: no data set, a question that cannot be read, or an argument out of range.
    """
    out = Path(out)
    if out.suffix.lower() not in _WRITERS:
        raise CatganError(f"A sheet of faces ends in {' or '.join(_WRITERS)}. Received: {out}.")
    if not 1 <= n <= MAX_SHOWN or seed < 0:
        raise CatganError(f"'n' must lie in 1..{MAX_SHOWN} and 'seed' be 0 or more. Received: {n} and {seed}.")
    dataset = load_dataset(folder)
    query = parse(where, askable(dataset)) if where is not None else None
    matches, chosen = draw(dataset, query, split, n, seed)
    total = dataset.count(split)
    if not matches:
        return {"matches": 0, "faces": total, "shown": 0, "out": None}
    title = f"{dataset.info['name']}, {'all splits' if split == 'all' else split}: {where or 'all faces'}"
    count = f"{matches:,} of {total:,} faces" + (f", {len(chosen):,} shown" if len(chosen) < matches else "")
    _WRITERS[out.suffix.lower()](out, title, count, rows_at(dataset, split, chosen), query.columns if query else ())
    return {"matches": matches, "faces": total, "shown": len(chosen), "out": str(out)}


def draw(dataset: DualDataset, query: Query | None, split: str, n: int, seed: int) -> tuple[int, np.ndarray]:
    """How many rows match, and the numbers of at most `n` of them, each subset of that size equally likely.

    Every match gets a random key and the smallest keys stay, so that only `n` rows are ever remembered.
    """
    random = random_streams.generator("shown_faces", seed)
    keys, rows, matches, start = np.empty(0), np.empty(0, np.int64), 0, 0
    with tqdm(total=dataset.count(split), unit="face", desc="search", disable=not sys.stderr.isatty()) as bar:
        for batch in scan(dataset.shards(split), query.columns if query else ["id"], 4096):
            found = start + (np.flatnonzero(query.matches(batch)) if query else np.arange(batch.num_rows))
            keys, rows = np.append(keys, random.random(len(found))), np.append(rows, found)
            kept = np.argsort(keys, kind="stable")[:n]
            keys, rows = keys[kept], rows[kept]
            matches, start = matches + len(found), start + batch.num_rows
            bar.update(batch.num_rows)
    return matches, np.sort(rows)


def rows_at(dataset: DualDataset, split: str, chosen: np.ndarray) -> list[dict[str, Any]]:
    """The rows of these numbers (ascending, counted over the shards of the split), without landmarks."""
    found: list[dict[str, Any]] = []
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


# === What is known of a face ===


class Fact(NamedTuple):
    """One thing to say of a face: its name, its value as text (None = unknown), and who said so."""

    name: str
    value: str | None
    source: str | None = None


def asked_facts(row: dict[str, Any], asked: Sequence[str]) -> list[Fact]:
    """What the question was about."""
    return [Fact(name, _said(row[name]), row.get(f"{name}_source")) for name in asked]


def unit_facts(row: dict[str, Any]) -> dict[str, list[Fact]]:
    """The Action Units of a face under `"present"`, `"absent"`, `"unknown"`, with intensities where they are known."""
    found: dict[str, list[Fact]] = {"present": [], "absent": [], "unknown": []}
    for column in filter(_UNITS.fullmatch, row):
        name, present = facs.without_presence(column), row[column]
        intensity: Any = row.get(name)
        if present is None and _said(intensity) is not None:
            present = intensity > 0
        state = "unknown" if present is None else "present" if present else "absent"
        source = row.get(f"{name}_source") or row.get(f"{column}_source")
        found[state].append(Fact(name, _said(intensity) or (state if state != "unknown" else None), source))
    return found


def predicted_facts(row: dict[str, Any]) -> list[Fact]:
    """What a run predicted (`catgan complete`): a value with its standard deviation, or a name with its probability."""
    found = []
    for column in row:
        label = column.removeprefix(predictions.PREFIX)
        if label == column or column == predictions.BY or label.endswith(("_std", "_probability")):
            continue
        value, spread, likely = (_said(row.get(column + suffix)) for suffix in ("", "_std", "_probability"))
        more = f" \N{PLUS-MINUS SIGN} {spread}" if spread else f" ({likely})" if likely else ""
        found.append(Fact(label, value and value + more, row.get(predictions.BY)))
    return found


def caption(row: dict[str, Any], asked: Sequence[str]) -> list[str]:
    """The lines under a face: what was asked about, else valence, arousal, expression and present AUs; ? = unknown."""
    if asked:
        return [f"{fact.name} {fact.value or '?'}" for fact in asked_facts(row, asked)]
    valence, arousal, expression = (_said(row[name]) or "?" for name in ("valence", "arousal", "expression"))
    units = unit_facts(row)
    numbers = " ".join(fact.name.removeprefix("AU").lstrip("0") for fact in units["present"])
    return [f"V {valence} A {arousal}", f"expr. {expression}",
            f"AU {numbers or ('none' if units['absent'] else '?')}"]


def _said(value: Any) -> str | None:
    """A cell as text; None (or NaN) is unknown."""
    if value is None or value != value:
        return None
    return f"{value:.3g}" if isinstance(value, float) else str(value)


# === A picture ===


def write_png(out: Path, title: str, count: str, rows: Sequence[dict[str, Any]], asked: Sequence[str]) -> None:
    """The faces in rows and columns, a caption under each, the title above."""
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


def _face(row: dict[str, Any]) -> Image.Image:
    """The picture of a row, a whole number of times larger where it is small."""
    try:
        image = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")
    except (OSError, SyntaxError, ValueError, TypeError) as error:
        raise CatganError(f"The picture of face {row['id']} is damaged: {' '.join(str(error).split())}.") from None
    times = -(-FACE_SIDE // image.width)
    return image.resize((image.width * times, image.height * times), Image.Resampling.BICUBIC)


def _cell(face: Image.Image, lines: Sequence[str], height: int, font: Any) -> np.ndarray:
    cell = Image.new("RGB", (face.width, face.height + 14 * height + 2), "white")
    cell.paste(face)
    shown = [*lines[:height - 1], f"{lines[height - 1][:-1]}\N{HORIZONTAL ELLIPSIS}"] if len(lines) > height else lines
    _write_lines(cell, shown, (0, face.height + 2), 14, font)
    return np.asarray(cell)


def _write_lines(image: Image.Image, lines: Sequence[str], at: tuple[int, int], height: int, font: Any) -> None:
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((at[0], at[1] + height * number), line, (30, 30, 30), font)


def _wrapped(text: str, font: Any, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels, broken at spaces, or inside a word that is wider than a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]}  {word}" if lines[-1] else word  # Pillow's own font has hardly any space in one space
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


# === A page ===

_STYLE = """:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
h1 { font-size: 1.15rem; margin: 0; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 1rem; margin-top: 1rem; }
article { border: 1px solid #8885; border-radius: 8px; padding: .7rem; overflow-wrap: anywhere; }
img { width: 100%; max-width: 256px; min-width: 96px; border-radius: 4px; display: block; margin: 0 auto; }
h2 { font-size: .85rem; margin: .5rem 0 0; }
p, details { margin: .2rem 0; font-size: .8rem; }
p.of, td + td + td, summary { color: #888; }
table { border-collapse: collapse; width: 100%; font-size: .8rem; }
td { padding: .1rem .4rem .1rem 0; vertical-align: top; }
tr.asked { font-weight: 600; }"""


def write_html(out: Path, title: str, count: str, rows: Sequence[dict[str, Any]], asked: Sequence[str]) -> None:
    """One file that needs nothing else: a card for each face, with its labels and who said them."""
    heading = html.escape(title)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    cards = "\n".join(_card(row, asked) for row in rows)
    files.write_text(out, f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<h1>{heading}</h1>
<p>{html.escape(count)}. Unknown is not absent: a label that nobody gave is listed as unknown.</p>
<main>
{cards}
</main>
</body>
</html>
""")


def _card(row: dict[str, Any], asked: Sequence[str]) -> str:
    units = unit_facts(row)
    plain = [name for name in ("valence", "arousal", "expression") if name in row]
    facts = [fact for fact in asked_facts(row, plain) + units["present"] if fact.name not in asked]
    unknown = [fact.name for fact in facts + units["unknown"] if fact.value is None and fact.name not in asked]
    table = "".join(_line(fact, "asked") for fact in asked_facts(row, asked))
    table += "".join(_line(fact, "") for fact in facts if fact.value is not None)
    picture = base64.b64encode(row["image"]["bytes"] or b"").decode()
    absent = [fact.name for fact in units["absent"] if fact.name not in asked]
    predicted = [f"{fact.name} {fact.value}" for fact in predicted_facts(row) if fact.value is not None]
    name, whose = html.escape(row["id"]), html.escape(f"{row['split']}, subject {row['subject'] or 'unknown'}")
    return f"""<article><img alt="face {name}" src="data:image/png;base64,{picture}">
<h2>{name}</h2><p class="of">{whose}<br>{html.escape("; ".join(row["sources"] or []))}</p>
<table>{table}</table>
{_more("absent", absent)}{_more("unknown", unknown)}{_more(f"predicted by {row.get(predictions.BY)}", predicted)}
</article>"""


def _line(fact: Fact, kind: str) -> str:
    number = facs.without_presence(fact.name).removeprefix("AU")
    meaning = facs.ACTION_UNITS[int(number)].name if number.isdecimal() and int(number) in facs.ACTION_UNITS else ""
    cells = "".join(f"<td>{html.escape(text)}</td>" for text in (fact.name, fact.value or "unknown", fact.source or ""))
    return f'<tr class="{kind}" title="{html.escape(meaning)}">{cells}</tr>'


def _more(what: str, names: Sequence[str]) -> str:
    return f"<details><summary>{len(names)} {what}</summary>{html.escape(', '.join(names))}</details>" if names else ""


_WRITERS = {".png": write_png, ".html": write_html}
