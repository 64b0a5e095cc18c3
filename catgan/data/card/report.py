"""Writes the card of a data set: contents, sources, merging, splits, and limits of its use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from catgan import facs, files
from catgan.data.card import figures
from catgan.data.card.summary import Summary
from catgan.data.schema import SPLITS, Info
from catgan.data.shards import first_images
from catgan.errors import CatganError
from catgan.faces.images import read_image

SHOWN_PAIRS = 48
"""Largest number of merged pairs in the figure."""
SHOWN_FACES = 96
"""Largest number of faces in the figure."""
REJECTED_SIDE = 96
"""Side of the thumbnails of rejected pictures, in pixels."""


class MergedPair(NamedTuple):
    """Holds two PNG pictures that were merged because they look the same, and the correlation of their faces."""

    correlation: float
    first: bytes
    second: bytes


class Unkept(NamedTuple):
    """Holds pictures of a build that its data set does not store.

    Args:
        pairs: merged pairs, lowest correlation first.
        rejected: reason -> some of the files that were rejected for it.
    """

    pairs: Sequence[MergedPair] = ()
    rejected: Mapping[str, Sequence[Path]] = {}


def write(folder: Path, info: Info, unkept: Unkept | None = None) -> None:
    """Writes `card.md` and `figures/*.png` of a built data set.

    Args:
        folder: folder of the data set, with its shards.
        info: content of `dataset.json`.
        unkept: pictures that only the build has. Without it, existing figures of merged pairs and rejected pictures
            stay as they are.
    """
    known = unkept or Unkept()
    pairs = known.pairs
    summary = Summary(folder, info["labels"]["action_units"])
    out = folder / "figures"
    figures.label_coverage(info, out / "label_coverage.png")
    figures.balance(info, out / "balance.png")
    figures.va_density(summary.density, out / "va_density.png")
    figures.circumplex(summary, out / "circumplex.png")
    figures.va_corners(summary.corners(), out / "va_corners.png")
    figures.contact_sheet([row["bytes"] for row in first_images(folder, SHOWN_FACES)], out / "faces.png")
    kept = unkept is None and (out / "merged_pairs.png").is_file()
    shown = {"pairs": bool(pairs) or kept, "units": bool(summary.units), "rejected": bool(info["counts"]["rejected"]),
             "regression": figures.regression(summary, out / "au_va_regression.png"),
             "sources": figures.au_sources(summary, out / "au_sources.png")}
    if summary.units:
        figures.au_rates(info, out / "au_rates.png")
        figures.au_cooccurrence(summary, out / "au_cooccurrence.png")
    if pairs:
        pictures = [picture for pair in pairs for picture in (pair.first, pair.second)]
        figures.contact_sheet(pictures, out / "merged_pairs.png")
    if shown["rejected"] and not (unkept is None and (out / "rejected.png").is_file()):
        figures.rejected({reason: (count, _thumbnails(known.rejected.get(reason, ()))) for reason, count in
                          info["counts"]["rejected"].items()}, out / "rejected.png")
    files.write_text(folder / "card.md", card(info, pairs, shown))


def _thumbnails(paths: Sequence[Path]) -> list[np.ndarray]:
    """Reads pictures into white squares, uint8 `(REJECTED_SIDE, REJECTED_SIDE, 3)`; skips unreadable files."""
    found = []
    for path in paths:
        try:
            picture = read_image(path)
        except CatganError:
            continue
        scale = REJECTED_SIDE / max(picture.shape[:2])
        size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        square = np.full((REJECTED_SIDE, REJECTED_SIDE, 3), 255, np.uint8)
        square[:small.shape[0], :small.shape[1]] = small
        found.append(square)
    return found


def card(info: Info, pairs: Sequence[MergedPair], shown: Mapping[str, bool]) -> str:
    """Returns the text of `card.md`; `shown` marks the figures that exist."""
    counts, merge = info["counts"], info["recipe"]["merge"]
    tools = [source["name"] for source in info["sources"] if source["kind"] == "tool"]
    warning = (f"**Labels of {', '.join(tools)} were made by a tool, not by people.** Figures measured against them "
               "say how well a model agrees with that tool.\n\n" if tools else "")
    warning += _unknown_labels(info)
    sources = "".join(f"| {s['name']} | {_layout(s)} | {s['kind']} | {s['used_rows']:,} | {s['rejected_rows']:,} | "
                      f"{s['terms']} |\n" for s in info["sources"])
    rejected = "".join(f"| {reason} | {count:,} |\n" for reason, count in counts["rejected"].items())
    combined = "".join(f"| {names} | {count:,} |\n" for names, count in counts["combinations"].items())
    coverage = "".join(_coverage_row(name, splits) for name, splits in info["coverage"].items())
    splits = ", ".join(f"{split} {count:,}" for split, count in counts["splits"].items())
    least = f", the least certain with correlation {pairs[0].correlation:.3f}" if pairs else ""
    return f"""# {info['name']}

{counts['faces']:,} faces of {info['image_size']} px from {counts['input_rows']:,} annotated rows: \
{counts['used_rows']:,} used ({counts['merged_rows']:,} of them merged into another row's face), \
{counts['rejected_rows']:,} rejected. Splits: {splits}.

{warning}![faces](figures/faces.png)

## Sources

| source | layout | labels by | rows used | rows rejected | terms |
|---|---|---|---|---|---|
{sources}
Faces by the sources that annotate them:

| sources | faces |
|---|---|
{combined}
## Labels

Action Units are presence (0/1){f", derived from intensity at {info['presence_from']:g} where a source codes it"}; \
unknown is not absent. {_names(info)}

| label | train | validation | test | present in train |
|---|---|---|---|---|
{coverage}
![coverage](figures/label_coverage.png)
{_unit_figures(shown)}![valence and arousal](figures/va_density.png)
![expressions in the plane of valence and arousal](figures/circumplex.png)
![faces at the corners of the plane](figures/va_corners.png)
{_regression(shown)}
## Merging

Rows are one face when they name one file, hold the same bytes, or their aligned faces differ in at most \
{merge['hash_distance']} bits of an 8 x 8 pHash and correlate with at least {merge['correlation']:g}; frames \
of videos, when they are one moment of one video. {counts['similar_pairs']:,} pairs were merged by their looks{least}; \
{counts['kin_pairs']:,} more are alike (correlation from {merge['kin']:g}) and only kept in one split. \
{counts['conflicts']:,} labels contradicted each other (`conflicts.parquet`): {_policy(merge)}{_undecided(counts)}
{_pairs_picture(pairs, shown)}
## Not used

Every row with its reason is in `rejected.parquet`.
{_rejected_figure(shown)}
| reason | rows |
|---|---|
{rejected}
## Splits

{_split_text(info)}

![balance](figures/balance.png)

## Use

For research on facial behaviour. Faces are personal data, and every source above was given under terms that hold \
for this data set too: do not publish faces, or pass the data set on, where one of them forbids it.

- Action Units describe what a face shows, not what a person feels; valence and arousal are impressions of raters, not \
states of the people who are shown. Neither is a ground for decisions about anybody.
- People were not drawn at random: rates of labels, ages, skin colours, cameras and countries are those of the \
sources. Report figures for each source and, where you know them, for each group; a score on the whole hides who pays \
for it.
- Labels of different sources mean different things. Which source said what is in the columns `..._source`.
- Do not use it to identify people, or to infer emotion at work or in education (forbidden in the European Union \
by Regulation 2024/1689, article 5).
"""


def _names(info: Info) -> str:
    """Returns a sentence with the names of the Action Units that are labels."""
    units = info["labels"]["action_units"]
    return f"Names: {', '.join(_unit(number) for number in units)}." if units else "No Action Unit is a label here."


def _unknown_labels(info: Info) -> str:
    """Returns a warning about labels that the annotations give but that are known for no face; empty if none."""
    names, undecided = info.get("unknown_labels", []), info["counts"].get("undecided", {})
    if not names:
        return ""
    contradicted = sum(undecided.get(column, 0) for name in names for column in (name, facs.presence_column(name)))
    why = f"{contradicted:,} of their labels contradicted each other (`conflicts.parquet`)" if contradicted else (
        "no row that gives them was used (`rejected.parquet`)")
    nothing = "" if any(split["known"] for splits in info["coverage"].values() for split in splits.values()) else (
        " **Nothing at all is known of these faces**: nothing can be trained or measured on them.")
    return f"**Of no face is known: {', '.join(names)}**: {why}.{nothing}\n\n"


def _undecided(counts: Info) -> str:
    """Returns a sentence with the number of labels left unknown because their values contradict each other."""
    columns = counts.get("undecided", {})
    return f" Left unknown: {', '.join(f'{column} {count:,}' for column, count in columns.items())}." if columns else ""


def _layout(source: Info) -> str:
    options = ", ".join(f"{name}: {value}" for name, value in source["options"].items())
    return f"{source['format']} ({options})" if options else str(source["format"])


def _policy(merge: Info) -> str:
    words = {"human": "human labels win over a tool's",
             "intensity": "presence that follows from an intensity wins over presence alone"}
    rules = "; ".join(words[rule] for rule in merge["prefer"])
    rest = (f"numbers within {merge['tolerance']:g} (intensities: within one grade) are averaged, and what differs "
            "more is unknown" if merge["otherwise"] == "mean" else "what still differs is unknown")
    return f"{rules}; {rest}." if rules else f"{rest}."


def _split_text(info: Info) -> str:
    official, split = info["counts"]["official"], info["recipe"]["split"]
    use = (f"{official:,} faces have an official split and stay in it (somebody who is in several is in the one "
           "farthest from training). " if official and split["official"] and not split["folds"] else "")
    folds = f"One of {split['folds']} folds is the test split. " if split["folds"] else ""
    token, where, off = worst_balance(info["balance"])
    worst = (f" Farthest from its share is `{token}`: {where} has {100 * off:+.1f} percentage points of it, "
             "compared with its share of all faces." if token else "")
    return (f"{use}{folds}No person, no video and no two faces that look alike are in two splits. Where nobody knows "
            "who is who, two photographs of one person may be in different splits. Stratified over labels (Sechidis et "
            f"al. 2011), seed {split['seed']}.{worst}")


def worst_balance(balance: Mapping[str, Mapping[str, float]]) -> tuple[str, str, float]:
    """Finds the label whose share in a split differs most from the split's share of all faces.

    Returns:
        The label, the split, and the signed difference of shares.
    """
    off = ((abs(shares[split] - balance[""][split]), token, split) for token, shares in balance.items() if token
           for split in SPLITS)
    largest, token, split = max(off, default=(0.0, "", ""))
    return token, split, balance[token][split] - balance[""][split] if token else largest


def _unit_figures(shown: Mapping[str, bool]) -> str:
    names = {"rates": "au_rates", "by source": "au_sources", "together": "au_cooccurrence"}
    if not shown["sources"]:
        del names["by source"]
    return "".join(f"![{title}](figures/{name}.png)\n" for title, name in names.items()) if shown["units"] else ""


def _regression(shown: Mapping[str, bool]) -> str:
    return ("\nHow valence and arousal go with the AUs here (least squares, all AUs at once; a description of these "
            "labels, not a law of faces):\n\n![AUs and valence, arousal](figures/au_va_regression.png)\n"
            if shown["regression"] else "")


def _rejected_figure(shown: Mapping[str, bool]) -> str:
    return "\n![not used, by reason](figures/rejected.png)\n" if shown["rejected"] else ""


def _pairs_picture(pairs: Sequence[MergedPair], shown: Mapping[str, bool]) -> str:
    count = f"The {len(pairs)} least certain pairs" if pairs else "The least certain pairs"
    return f"\n{count}, side by side:\n\n![pairs](figures/merged_pairs.png)\n" if shown["pairs"] else ""


def _unit(number: int) -> str:
    return f"AU{number} {facs.action_unit(number).name.lower()}"


def _coverage_row(name: str, splits: dict[str, Info]) -> str:
    known = " | ".join(f"{splits[split]['known']:,}" for split in SPLITS)
    train = splits["train"]
    share = "" if train["present"] is None or not train["known"] else f"{100 * train['present'] / train['known']:.1f} %"
    return f"| {facs.without_presence(name)} | {known} | {share} |\n"
