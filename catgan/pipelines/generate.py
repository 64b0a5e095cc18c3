"""Writes data sets of generated faces.

They serve to train on generated and test on real faces, and to add faces with rare labels.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
from tqdm import tqdm

import catgan
from catgan import files, random_streams
from catgan.conditions import Condition
from catgan.data import store
from catgan.data.card import figures as data_figures
from catgan.data.card import report
from catgan.data.schema import SPLITS, shard_schema
from catgan.data.shards import ShardWriter, content_hash, first_images
from catgan.errors import CatganError
from catgan.faces.images import encode_png
from catgan.labels import Labels
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.system import progress_bar

BATCH_SIZE = 512
"""Number of faces that are generated at once."""
SPLIT_SHARES = (0.8, 0.1, 0.1)
"""Shares of the splits, in the order of `SPLITS`."""
SOURCE = "generated"
"""Name of the source in the data set."""


def synthetic_dataset(gan: CatGAN, name: str, dataset: store.DualDataset, n: int, out: str | os.PathLike,
                      seed: random_streams.Seed = 0, verbose: bool = True) -> Figures:
    """Writes a data set of `n` faces, generated with the labels of training faces of another data set.

    Unknown labels of a training face are unconstrained in the generated face, and unknown in the new data set.

    Args:
        gan: generates the faces.
        name: of the run of `gan`; written into every row.
        dataset: its training split provides the labels.
        out: a new or empty folder.
        seed: the same seed gives the same bytes on the same machine.
        verbose: whether to show a progress bar.

    Returns:
        The counts of `dataset.json`, with `"folder"`.

    Raises:
        CatganError: fewer than 10 faces, or a folder that is not empty.
    """
    out, seed = Path(out).resolve(), random_streams.seed_of(seed)
    if n < 10:
        raise CatganError(f"At least 10 faces are needed. Received: {n}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CatganError(f"{out} is not an empty folder. Give another one.")
    labels = dataset.labels("train", gan.spec)
    random = random_streams.generator("generated_faces", seed)
    rows = np.resize(random.permutation(len(labels)), n)
    latents = random.standard_normal((n, gan.network.latent_size)).astype(np.float32)
    ends = np.cumsum([int(share * n) for share in SPLIT_SHARES[:-1]]).tolist() + [n]

    # === Shards ===
    paths, start = [], 0
    bar: tqdm[None] = progress_bar(description="generate", total=n, unit="face", verbose=verbose)
    with bar:
        for split, stop in zip(SPLITS, ends):
            writer = ShardWriter(out / "shards", split, stop - start, shard_schema(gan.spec.action_units))
            for first in range(start, stop, BATCH_SIZE):
                numbers = np.arange(first, min(first + BATCH_SIZE, stop))
                part = labels[rows[numbers]]
                faces = gan.draw(latents[numbers], Condition.of(part).encode())
                writer.add(_table(writer.columns, split, name, seed, numbers, part, faces))
                bar.update(len(numbers))
            paths += writer.close()
            start = stop

    # === Card and dataset.json, last ===
    splits = dict(zip(SPLITS, np.diff([0, *ends]).tolist()))
    info = _info(gan, name, dataset, n, seed, splits, paths)
    data_figures.contact_sheet([row["bytes"] for row in first_images(out, report.SHOWN_FACES)],
                               out / "figures" / "faces.png")
    files.write_text(out / "card.md", f"# {info['name']}\n\n**{n:,} generated faces: nobody's photographs.** Drawn by "
                     f"`{name}` for the labels of training faces of `{dataset.info['name']}` (seed {seed}). A label "
                     "here is what was asked for, not what a face shows.\n\n![faces](figures/faces.png)\n")
    files.write_json(out / "dataset.json", info)
    return {**info["counts"], "folder": str(out)}


def _table(columns: pa.Schema, split: str, name: str, seed: int, numbers: np.ndarray, labels: Labels,
           faces: np.ndarray) -> pa.Table:
    """Builds the rows of one batch of generated faces."""
    spec = labels.spec
    content: Figures = {}
    for column in spec.columns:
        values, mask = labels.column(column)
        cells = [spec.expressions[int(value)] for value in values] if column == "expression" else values.tolist()
        kind = int if column.endswith("_present") else lambda cell: cell
        content[column] = [kind(cell) if known else None for cell, known in zip(cells, mask)]
        content[f"{column}_source"] = [SOURCE if known else None for known in mask]
    rows = []
    for index, number in enumerate(numbers):
        face = f"{SOURCE}{seed}-{number:08d}"
        rows.append({"id": face, "image": {"bytes": encode_png(faces[index]), "path": f"{face}.png"},
                     "subject": f"{SOURCE}/{number}", "sources": [f"{SOURCE}/{name}/{number}"], "split": split,
                     **{column: cells[index] for column, cells in content.items() if column in columns.names}})
    return pa.Table.from_pylist(rows, columns)


def _info(gan: CatGAN, name: str, dataset: store.DualDataset, n: int, seed: int, splits: dict[str, int],
          paths: list[Path]) -> Figures:
    counts = {"input_rows": n, "used_rows": n, "rejected_rows": 0, "faces": n, "merged_rows": 0, "conflicts": 0,
              "similar_pairs": 0, "splits": splits, "rejected": {}, "combinations": {SOURCE: n}}
    return {"format": store.FORMAT, "name": f"generated-{n}", "image_size": gan.network.image_size,
            "labels": gan.spec.to_dict(), "presence_from": dataset.info.get("presence_from", 1.0), "counts": counts,
            "sources": [{"name": SOURCE, "format": "catgan", "kind": "asked for", "terms": "made by catgan",
                         "used_rows": n, "rejected_rows": 0}],
            "columns": shard_schema(gan.spec.action_units).names, "coverage": {},
            "plan": {"generated": {"run": name, "labels_of": dataset.info["hash"], "n": n, "seed": seed}},
            "version": catgan.__version__, "hash": content_hash(paths)}
