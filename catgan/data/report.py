"""The card of a data set, and its figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from PIL import Image

from catgan import facs, files
from catgan.data import store
from catgan.data.merge import Pair
from catgan.data.recipe import Recipe
from catgan.data.split import SPLITS
from catgan.faces.images import grid, write_image

SHOWN_PAIRS = 48
SHOWN_FACES = 96
_INK, _SOFT = "#1f4e79", "#9ec1e0"


def write(folder: Path, recipe: Recipe, info: dict[str, Any], pairs: Sequence[tuple[Pair, bytes, bytes]]) -> None:
    """Writes `card.md` and `figures/*.png` from the shards of a build.

    Args:
        folder: the data set; its shards are there.
        recipe: what it was built from.
        info: the content of `dataset.json`.
        pairs: pairs that were merged because they look the same, least certain first, with their PNGs.
    """
    table = store.read_shards(folder)
    figures = folder / "figures"
    au_rates(info, figures / "au_rates.png")
    au_cooccurrence(info, table, figures / "au_cooccurrence.png")
    va_density(table, figures / "va_density.png")
    label_coverage(info, figures / "label_coverage.png")
    contact_sheet([row["bytes"] for row in store.first_images(folder, SHOWN_FACES)], figures / "faces.png")
    if pairs:
        contact_sheet([picture for pair in pairs for picture in pair[1:]], figures / "merged_pairs.png")
    files.write_text(folder / "card.md", card(recipe, info, pairs))


# === Figures ===


def au_rates(info: dict[str, Any], path: Path) -> None:
    """Share of faces that show each AU, among those where it is known, with how many that are."""
    coverage = {name: figures for name, figures in info["coverage"].items() if name.endswith("_present")}
    known = np.array([sum(split["known"] for split in figures.values()) for figures in coverage.values()])
    shown = np.array([sum(split["present"] for split in figures.values()) for figures in coverage.values()])
    figure, axes = _figure(max(5.0, 0.55 * len(coverage) + 1.5), 3.4)
    rates = 100 * shown / np.maximum(known, 1)
    bars = axes.bar(range(len(known)), rates, color=_INK)
    axes.bar_label(bars, [f"{count:,}" for count in known], fontsize=7, color="#555555", padding=2)
    axes.set_xticks(range(len(known)), [name.removesuffix("_present") for name in coverage], rotation=45, ha="right")
    axes.set_ylabel("present, % of known")
    axes.set_ylim(0, max(10.0, rates.max(initial=0) * 1.15))
    axes.set_title("Action Units: how often they are present (number: faces where it is known)", fontsize=9)
    _save(figure, path)


def au_cooccurrence(info: dict[str, Any], table: Any, path: Path) -> None:
    """Correlation (phi) between AUs over faces that know both."""
    names = [name for name in info["coverage"] if name.endswith("_present")]
    values = np.array([[np.nan if cell is None else cell for cell in table[name].to_pylist()] for name in names], float)
    phi = np.full((len(names), len(names)), np.nan)
    for row, a in enumerate(values):
        for column, b in enumerate(values):
            both = ~np.isnan(a) & ~np.isnan(b)
            if both.sum() > 2 and a[both].std() > 0 and b[both].std() > 0:
                phi[row, column] = np.corrcoef(a[both], b[both])[0, 1]
    figure, axes = _figure(max(4.0, 0.36 * len(names) + 1.8), max(3.4, 0.36 * len(names) + 1.0))
    image = axes.imshow(phi, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_facecolor("#eeeeee")
    short = [name.removesuffix("_present") for name in names]
    axes.set_xticks(range(len(names)), short, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), short, fontsize=8)
    figure.colorbar(image, ax=axes, label="correlation", shrink=0.8)
    axes.set_title("Action Units together (grey: never both known)", fontsize=9)
    _save(figure, path)


def va_density(table: Any, path: Path) -> None:
    """Faces over the plane of valence and arousal."""
    pairs = [(v, a) for v, a in zip(table["valence"].to_pylist(), table["arousal"].to_pylist())
             if v is not None and a is not None]
    figure, axes = _figure(4.8, 4.2)
    if pairs:
        points = np.array(pairs)
        image = axes.hist2d(points[:, 0], points[:, 1], bins=40, range=[[-1, 1], [-1, 1]], norm=LogNorm(),
                            cmap="viridis")[-1]
        figure.colorbar(image, ax=axes, label="faces")
    axes.axhline(0, color="#888888", lw=0.6)
    axes.axvline(0, color="#888888", lw=0.6)
    axes.add_patch(_circle())
    axes.set(xlabel="valence", ylabel="arousal", xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
    axes.set_title(f"Valence and arousal of {len(pairs):,} faces", fontsize=9)
    _save(figure, path)


def label_coverage(info: dict[str, Any], path: Path) -> None:
    """How many faces know each label, per split, and how many do not."""
    names, total = list(info["coverage"]), info["counts"]["faces"]
    figure, axes = _figure(6.4, 0.24 * len(names) + 1.4)
    left = np.zeros(len(names))
    for split, colour in zip(SPLITS, (_INK, "#3f88c5", _SOFT)):
        known = np.array([info["coverage"][name][split]["known"] for name in names])
        axes.barh(range(len(names)), known, left=left, color=colour, label=split)
        left += known
    axes.barh(range(len(names)), total - left, left=left, color="#eeeeee", label="unknown")
    axes.set_yticks(range(len(names)), [name.removesuffix("_present") for name in names], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, total)
    axes.set_xlabel("faces")
    figure.legend(loc="outside upper center", ncols=4, fontsize=8, frameon=False)
    _save(figure, path)


def contact_sheet(pictures: Sequence[bytes], path: Path) -> None:
    """PNGs of one size side by side, in rows of twelve."""
    images = [np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")) for picture in pictures]
    write_image(path, grid(images, columns=12, gap=2))


def _figure(width: float, height: float):
    figure = Figure((width, height), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _circle():
    from matplotlib.patches import Circle
    return Circle((0, 0), 1.0, fill=False, color="#bbbbbb", lw=0.8)


def _save(figure: Figure, path: Path) -> None:
    with files.atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


# === Card ===


def card(recipe: Recipe, info: dict[str, Any], pairs: Sequence[tuple[Pair, bytes, bytes]]) -> str:
    """The text of `card.md`."""
    counts = info["counts"]
    tools = [source["name"] for source in info["sources"] if source["kind"] == "tool"]
    warning = (f"**Labels of {', '.join(tools)} were made by a tool, not by people.** Figures measured against them "
               "say how well a model agrees with that tool.\n\n" if tools else "")
    sources = "".join(f"| {s['name']} | {s['format']} | {s['kind']} | {s['used_rows']:,} | {s['rejected_rows']:,} | "
                      f"{s['terms']} |\n" for s in info["sources"])
    rejected = "".join(f"| {reason} | {count:,} |\n" for reason, count in counts["rejected"].items())
    combined = "".join(f"| {names} | {count:,} |\n" for names, count in counts["combinations"].items())
    coverage = "".join(_coverage_row(name, splits) for name, splits in info["coverage"].items())
    splits = ", ".join(f"{split} {count:,}" for split, count in counts["splits"].items())
    least = f", the least certain with correlation {pairs[0][0].correlation:.3f}" if pairs else ""
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
unknown is not absent. Names: {', '.join(_unit(number) for number in info['labels']['action_units'])}.

| label | train | validation | test | present in train |
|---|---|---|---|---|
{coverage}
![coverage](figures/label_coverage.png)
![rates](figures/au_rates.png)
![together](figures/au_cooccurrence.png)
![valence and arousal](figures/va_density.png)

## Merging

Rows are one face when they name one file, hold the same bytes, or their aligned faces differ in at most \
{recipe.merge.hash_distance} bits of an 8 x 8 pHash and correlate with at least {recipe.merge.correlation:g}. \
{counts['similar_pairs']:,} pairs look the same{least}. {counts['conflicts']:,} labels contradicted each other \
(`conflicts.parquet`): human labels win over a tool's; otherwise valence and arousal within {recipe.merge.tolerance:g} \
are averaged, and what differs more is unknown.
{_pairs_picture(pairs)}
## Not used

Every row with its reason is in `rejected.parquet`.

| reason | rows |
|---|---|
{rejected}
## Splits

No person is in two splits, where it is known who is who; otherwise every face stands for itself, and two photographs \
of one person may be in different splits. Stratified over labels (Sechidis et al. 2011), seed {recipe.split.seed}.

## Use

For research on facial behaviour. Faces are personal data: the terms of every source above hold for this data set too.
Action Units describe what a face shows, not what a person feels.
"""


def _pairs_picture(pairs: Sequence) -> str:
    shown = f"\nThe {len(pairs)} least certain pairs, side by side:\n\n![pairs](figures/merged_pairs.png)\n"
    return shown if pairs else ""


def _unit(number: int) -> str:
    return f"AU{number} {facs.action_unit(number).name.lower()}"


def _coverage_row(name: str, splits: dict[str, dict[str, Any]]) -> str:
    known = " | ".join(f"{splits[split]['known']:,}" for split in SPLITS)
    train = splits["train"]
    share = "" if train["present"] is None or not train["known"] else f"{100 * train['present'] / train['known']:.1f} %"
    return f"| {name.removesuffix('_present')} | {known} | {share} |\n"
