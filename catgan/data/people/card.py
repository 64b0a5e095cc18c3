"""Writes the card of a data set of people."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from catgan import files
from catgan.data.card.figures import contact_sheet
from catgan.data.schema import SPLITS, Info

SHOWN = 48
"""Number of people in the figures."""
TITLES = {"expression": "expression", "valence": "valence", "arousal": "arousal", "dominance": "dominance",
          "categories": "categories", "place": "type of place", "place_time": "time at the place",
          "phrases": "adjective-noun pairs"}


def write(folder: Path, info: Info) -> None:
    """Writes `card.md`, and figures of faces and contexts.

    Args:
        folder: of the data set, with its shards.
        info: content of `dataset.json`.
    """
    faces, contexts = _some(folder)
    for name, pictures in (("faces", faces), ("contexts", contexts)):
        if pictures:
            contact_sheet(pictures, folder / "figures" / f"{name}.png")
    shown = {"faces": bool(faces), "contexts": bool(contexts)}
    files.write_text(folder / "card.md", _text(info, shown))


def _some(folder: Path) -> tuple[list[bytes], list[bytes]]:
    """Returns some faces and contexts, of the first split that has any."""
    path = next(path for split in SPLITS for path in sorted((folder / "shards").glob(f"{split}-*.parquet"))
                if pq.read_metadata(path).num_rows)
    rows = next(pq.ParquetFile(path).iter_batches(4 * SHOWN, columns=["image", "face_known", "context"])).to_pylist()
    faces = [row["image"]["bytes"] for row in rows if row["face_known"]]
    return faces[:SHOWN], [row["context"]["bytes"] for row in rows[:SHOWN]]


def _text(info: Info, shown: dict[str, bool]) -> str:
    counts = info["counts"]
    splits = ", ".join(f"{split} {count:,}" for split, count in counts["splits"].items())
    sources = "".join(f"| {one['name']} | `{one['format']}` | {one['kind']} | {one['used_rows']:,} | "
                      f"{one['rejected_rows']:,} | {one['terms']} |\n" for one in info["sources"])
    people = counts["used_rows"]
    seen = "".join(f"| {name} | {count:,} | {100 * count / people:.1f} % |\n"
                   for name, count in info["modalities"].items())
    known = "".join(f"| {TITLES[name]} | {count:,} |\n" for name, count in info["labelled"].items() if count)
    pictures = "".join(f"![{name}](figures/{name}.png)\n" for name, there in shown.items() if there)
    return f"""# {info['name']}

{people:,} people, faces of {info['image_size']} px, from {counts['input_rows']:,} annotated rows: {people:,} used, \
{counts['rejected_rows']:,} rejected. Splits: {splits}.

{_warnings(info)}{pictures}
## Sources

| source | layout | labels by | rows used | rows rejected | terms |
|---|---|---|---|---|---|
{sources}
## What is seen

| modality | people | share |
|---|---|---|
{seen}
What is not seen is unknown, not absent. Joints whose depth is unknown say so in `joints_depth`.

## What is known

| label | people |
|---|---|
{known}
## Splits

Everybody with one name, all persons of one photograph, all rows of one video and files with the same bytes are in one
split. Other photographs of the same scene are not looked for.
{_official(info)}
{_rejected(counts["rejected"])}"""


def _rejected(counts: Info) -> str:
    rows = "".join(f"| {reason} | {count:,} |\n" for reason, count in counts.items())
    head = "\n## Rejected rows\n\n`rejected.parquet` names each of them.\n\n| reason | rows |\n|---|---|\n"
    return f"{head}{rows}" if rows else ""


def _warnings(info: Info) -> str:
    tools = [source["name"] for source in info["sources"] if source["kind"] == "tool"]
    texts = [*info["warnings"], *([f"Labels of {', '.join(tools)} were made by a tool, not by people."] if tools else
                                  [])]
    return "".join(f"**{text}**\n\n" for text in texts)


def _official(info: Info) -> str:
    counts, taken = info["counts"], info["validation_from_training"]
    if not info["split"]["official"] or not counts["official"]:
        return "Official splits were not kept." if counts["official"] else "No source has official splits."
    text = (f"Official splits were kept for {counts['official']:,} rows, but for {counts['moved_from_official']:,} "
            "that belong together with rows of another split.")
    return text + (f" No official validation part, so that one was taken from the training part: {', '.join(taken)}."
                   if taken else "")
