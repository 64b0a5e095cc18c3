"""Identifies a completed copy, and refuses unsuitable inputs before files are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import catgan
from catgan.data import predictions
from catgan.data.shards import schema_of
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.metrics.figures import Figures
from catgan.models.gan.preset_facts import preset_name
from catgan.models.weights import file_of


def plan_of(dataset: DualDataset, preset: Path) -> Figures:
    """Returns the identity of a completion: data set, run and version of the package."""
    weights = file_of(preset, "discriminator")
    if not weights.is_file():
        raise CatganError(f"{preset} holds a damaged model: {weights.name} is missing.")
    name = f"{preset.parent.name}/{preset.name}" if preset.name in ("best", "last") else preset_name(preset)
    return {"complete": {"data": dataset.info["name"], "data_hash": dataset.info["hash"], "run": name,
                         "weights": _sha256(weights), "config": _sha256(preset / "config.json")},
            "source": dataset.info.get("plan"), "version": catgan.__version__}


def signature(plan: Mapping[str, str]) -> str:
    """Returns the name of the run, and the first 16 digits of the hash of its weights."""
    return f"{plan['run']} {plan['weights'][:16]}"


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(what: object, error: Exception) -> CatganError:
    """Returns the error for a file that cannot be read."""
    return CatganError(f"{what} is damaged: {' '.join(str(error).split())[:200]}.")


def refuse_same_place(folder: Path, out: Path) -> None:
    """Raises `CatganError` if `out` is a file, or lies inside or around the data set, which must stay unchanged."""
    if out == folder or folder in out.parents or out in folder.parents:
        raise CatganError(f"A copy must lie outside of the data set {folder}, which stays as it is. Received: {out}.")
    if out.exists() and not out.is_dir():
        raise CatganError(f"A copy needs a new or empty folder. Received: {out}, which is a file.")


def shards_of(dataset: DualDataset) -> dict[Path, int]:
    """Returns the shards of a data set and their numbers of rows.

    Raises:
        CatganError: the data set is damaged, or already holds predictions.
    """
    shards = dataset.shards()
    held = [name for name in schema_of(shards[0]).names if name.startswith(predictions.PREFIX)]
    if "completed" in dataset.info or held:
        raise CatganError(f"{dataset.folder} holds predictions already{f': {held[0]} ...' if held else ''}. "
                          "Complete the data set that it was made from.")
    try:
        rows = {shard: pq.read_metadata(shard).num_rows for shard in shards}
    except (OSError, pa.ArrowException) as error:
        raise damaged(dataset.folder, error) from None
    if sum(rows.values()) != len(dataset):
        raise CatganError(f"{dataset.folder} is damaged: dataset.json counts {len(dataset)} faces, its shards "
                          f"{sum(rows.values())}.")
    return rows


def refuse_other_things(out: Path, plan: Figures) -> None:
    """Raises `CatganError` if `out` is neither empty nor an unfinished completion of the same data and run."""
    found = [path for path in out.glob("*") if ".tmp." not in path.name]
    if found and not (out / "plan.json").is_file():
        raise CatganError(f"{out} is not empty and holds no completion. Give a new folder.")
    if found:
        refuse_other_plan(out, _json(out / "plan.json"), plan)


def refuse_other_plan(out: Path, there: Figures, plan: Figures) -> None:
    """Raises `CatganError` if the plan `there` of a folder is not a completion of the same data and run."""
    if there == plan:
        return
    other, this = there.get("complete"), plan["complete"]
    what = "something else than a completed copy"
    if other:
        differs = [name for name in this if other.get(name) != this[name]] or ["version"]
        what = f"a copy completed by {signature(other)}, and not by {signature(this)}: {', '.join(differs)} differ"
    raise CatganError(f"{out} holds {what}. Give another folder, or remove this one first.")


def _json(path: Path) -> Figures:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
