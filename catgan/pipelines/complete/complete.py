"""Copies a data set and adds the labels that a run predicts for every face (`catgan complete`).

The columns of the data set stay unchanged; predictions get separate columns, `predicted_...`. Shards are written one by
one, so that an interrupted call continues after the last finished shard, with the same bytes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from catgan import files
from catgan.data import predictions, store
from catgan.data.schema import with_features
from catgan.data.shards import content_hash
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import find_preset
from catgan.pipelines.complete.agreement import agreement, annotated
from catgan.pipelines.complete.card import card
from catgan.pipelines.complete.plan import (damaged, plan_of, refuse_other_plan, refuse_other_things, refuse_same_place,
                                            shards_of, signature)
from catgan.system import progress_bar

BATCH_SIZE = 512
"""Number of faces whose labels are predicted at once."""


def pseudo_label(data: str | os.PathLike | DualDataset, run: str | Path, out: str | os.PathLike,
                 verbose: bool = True) -> Figures:
    """Writes a copy of a data set with predicted labels, or continues an unfinished copy.

    A finished copy is left unchanged.

    Args:
        data: a data set or its folder; it is not changed.
        run: a run or preset folder.
        out: a new or empty folder, or the copy of an earlier call with the same data and run.
        verbose: whether to show a progress bar.

    Returns:
        `"folder"`, `"faces"`, `"hash"`, the content of `"completed"` in `dataset.json` (`"run"`, `"weights"`,
        `"columns"`, `"agreement"` ...), `"already_complete"`, `"seconds"` and `"faces_per_second"`. The rate counts
        the faces of this call only; it is None if there were none.

    Raises:
        CatganError: no data set, no run, a run that needs faces of another size, a data set that already holds
            predictions, an output folder that overlaps the data set or holds other files, damaged files, or a full
            disk.
    """
    dataset = data if isinstance(data, DualDataset) else load_dataset(data)
    preset, out = find_preset(run).resolve(), Path(out).resolve()
    try:
        return _pseudo_label(dataset, preset, out, verbose)
    except OSError as error:
        raise files.full_disk(error, out) from None


def _pseudo_label(dataset: DualDataset, preset: Path, out: Path, verbose: bool) -> Figures:
    started = time.perf_counter()

    # === 1. Earlier copies ===
    refuse_same_place(dataset.folder, out)
    plan = plan_of(dataset, preset)
    if (out / "dataset.json").is_file():
        return _finished(out, plan)
    shards = shards_of(dataset)
    refuse_other_things(out, plan)

    # === 2. Model, and annotated labels to compare with ===
    gan = CatGAN.from_preset(preset)
    side = gan.network.image_size
    if dataset.image_size != side:
        raise CatganError(f"{preset} reads faces of {side} px, and {dataset.folder} holds faces of "
                          f"{dataset.image_size} px. Give a run of that size, or build the data set with image_size "
                          f"{side}.")
    kinds = columns_of(gan)
    truth = annotated(dataset, gan)

    # === 3. Shards ===
    files.write_json(out / "plan.json", plan)
    begun = time.perf_counter()
    files.clear_temporary(out)
    by = signature(plan["complete"])
    missing = {shard: rows for shard, rows in shards.items() if not (out / "shards" / shard.name).is_file()}
    todo = sum(missing.values())
    bar: tqdm[None] = progress_bar(description="complete", total=len(dataset), initial=len(dataset) - todo, unit="face",
                                   verbose=verbose)
    with bar, _removed_if_refused(out):
        for shard in missing:
            _write_shard(shard, out / "shards" / shard.name, gan, kinds, by, bar)
    rate = todo / (time.perf_counter() - begun)

    # === 4. Card and other files; dataset.json last ===
    _copy_rest(dataset.folder, out)
    paths = [out / "shards" / shard.name for shard in shards]
    info = _info(dataset, gan, kinds, plan, agreement(truth, gan, paths), paths)
    files.write_text(out / "card.md", card(dataset, info))
    files.write_json(out / "dataset.json", info)
    (out / "plan.json").unlink()
    return _result(out, time.perf_counter() - started, round(rate, 1) if todo else None, False)


def columns_of(gan: CatGAN) -> dict[str, pa.DataType]:
    """Returns the added columns and their types: predictions with their uncertainty, and the name of the run."""
    side = gan.network.image_size
    read = gan.read(np.empty((0, side, side, 3), np.uint8))
    names = [name + suffix for name in gan.spec.columns for suffix in ("", "_std", "_probability")]
    kinds = {predictions.PREFIX + name: pa.string() if name == "expression" else pa.float32() for name in names
             if name in read}
    return {**kinds, predictions.BY: pa.string()}


def _finished(out: Path, plan: Figures) -> Figures:
    refuse_other_plan(out, load_dataset(out).info.get("plan", {}), plan)
    (out / "plan.json").unlink(missing_ok=True)  # left by a call that was killed after it wrote dataset.json
    return _result(out, 0.0, None, True)


@contextlib.contextmanager
def _removed_if_refused(out: Path) -> Iterator[None]:
    """Removes an unfinished copy after a `CatganError`. After a kill or a full disk, it stays and can be continued."""
    try:
        yield
    except CatganError:
        shutil.rmtree(out)
        raise


# === Predictions ===


def _write_shard(source: Path, target: Path, gan: CatGAN, kinds: dict[str, pa.DataType], by: str, bar: tqdm) -> None:
    try:
        with pq.ParquetFile(source) as file:
            table = file.read().combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise damaged(source, error) from None
    parts = []
    for start in range(0, table.num_rows, BATCH_SIZE):
        rows = table.slice(start, BATCH_SIZE)
        parts.append(gan.read(_faces(source, rows, gan.network.image_size)))
        bar.update(rows.num_rows)
    for name, kind in kinds.items():
        cells = [by] * table.num_rows if name == predictions.BY else _cells(parts, name, gan.spec)
        table = table.append_column(pa.field(name, kind), pa.array(cells, kind))
    table = table.replace_schema_metadata(with_features(table.schema).metadata)
    with files.atomic_path(target) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _faces(shard: Path, rows: pa.Table, side: int) -> np.ndarray:
    """Decodes the pictures of some rows, uint8 `(n, side, side, 3)`."""
    faces = np.empty((rows.num_rows, side, side, 3), np.uint8)
    for face, name, image in zip(faces, rows["id"].to_pylist(), rows["image"].to_pylist()):
        try:
            face[:] = store.picture(image["bytes"]).reshape(face.shape)
        except (OSError, SyntaxError, ValueError, TypeError) as error:
            raise damaged(f"The picture of face {name} in {shard}", error) from None
    return faces


def _cells(parts: Sequence[Mapping[str, np.ndarray]], name: str, spec: LabelSpec) -> np.ndarray | list:
    """Joins one column of predictions, clipped to the range of its label."""
    if not parts:
        return []
    label = name.removeprefix(predictions.PREFIX)
    values = np.concatenate([part[label] for part in parts])
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise CatganError(f"This run reads {label} as NaN or infinite: its training went astray. Give another run.")
    if label in spec.action_unit_columns:
        return values.clip(0.0, spec.maximum)
    return values.clip(-1.0, 1.0) if label in ("valence", "arousal") else values


# === Files and dataset.json ===


def _copy_rest(folder: Path, out: Path) -> None:
    """Copies rejected rows, conflicts and figures of the data set."""
    for path in (*sorted(folder.glob("*.parquet")), *sorted((folder / "figures").glob("*.png"))):
        with files.atomic_path(out / path.relative_to(folder)) as temporary:
            shutil.copyfile(path, temporary)


def _info(dataset: DualDataset, gan: CatGAN, kinds: Mapping[str, pa.DataType], plan: Figures,
          agreed: Figures, paths: Sequence[Path]) -> Figures:
    """Builds the content of `dataset.json`: that of the data set, and the part `completed`."""
    by = plan["complete"]
    completed = {"run": by["run"], "weights": by["weights"], "data": by["data"], "data_hash": by["data_hash"],
                 "columns": list(kinds), "labels": gan.spec.to_dict(), "agreement": agreed,
                 "version": plan["version"]}
    return {**dataset.info, "name": f"{dataset.info['name']}-completed",
            "columns": [*dataset.info["columns"], *kinds], "completed": completed, "plan": plan,
            "version": plan["version"], "hash": content_hash(paths)}


def _result(out: Path, seconds: float, rate: float | None, already: bool) -> Figures:
    info = load_dataset(out).info
    return {"folder": str(out), "faces": info["counts"]["faces"], "hash": info["hash"], **info["completed"],
            "already_complete": already, "seconds": round(seconds, 2), "faces_per_second": rate}


def __getattr__(name: str) -> object:
    if name != "complete":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    warnings.warn("'complete' is now called 'pseudo_label'.", DeprecationWarning, stacklevel=2)
    return pseudo_label
