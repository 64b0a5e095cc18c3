"""Renders data sets of faces with known true labels from the embedded face model (`catgan render`).

Face number i depends on the settings and (seed, i) alone, so the bytes do not depend on the number of workers. An
interrupted rendering continues after its last finished shard.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import threadpoolctl
from tqdm import tqdm

import catgan
from catgan import facs, files, random_streams
from catgan.data import shards, store
from catgan.data.card import figures, report
from catgan.data.card.summary import Summary
from catgan.data.schema import SPLITS, Info, shard_schema, with_features
from catgan.data.scenes import MAX_MOVED_UNITS, RenderConfig, is_moved, plan_of, sampler_of, scene_of
from catgan.data.shards import content_hash, first_images, read_shards
from catgan.errors import CatganError
from catgan.faces.images import encode_png
from catgan.labels import LabelSpec
from catgan.synthesis import shortcuts
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import EXPRESSIONS, Scene
from catgan.system import progress_bar

SHARE = {"train": 0.8, "validation": 0.1, "test": 0.1}
PRESENT_FROM = 1.0
SPEC = LabelSpec(ACTION_UNITS, "intensity", True, tuple(EXPRESSIONS))


def schema() -> pa.Schema:
    """Returns the columns of a data set, plus columns `true_...` with the drawn labels, known or hidden."""
    truth = [(f"true_{facs.au_name(number)}", pa.float32()) for number in ACTION_UNITS]
    truth += [("true_valence", pa.float32()), ("true_arousal", pa.float32()), ("true_expression", pa.string())]
    columns = shard_schema(ACTION_UNITS)
    for name, kind in truth:
        columns = columns.append(pa.field(name, kind))
    return with_features(columns)


def render(config: RenderConfig, out: str | os.PathLike, workers: int | None = None,
           verbose: bool = True) -> Info:
    """Renders a data set, continues an unfinished one, or returns the figures of a finished one.

    Args:
        config: the settings.
        out: folder of the data set.
        workers: processes; default: one per core. Their number does not change the bytes.
        verbose: whether to show a progress bar.

    Returns:
        The counts of `dataset.json` with `"folder"`, `"hash"`, `"already_complete"`, `"seconds"`, `"faces_per_second"`.

    Raises:
        CatganError: the output folder holds other files.
    """
    started = time.perf_counter()
    out, workers = Path(out).resolve(), workers or os.cpu_count() or 1
    plan = plan_of(config)
    if (out / "dataset.json").is_file():
        dataset = store.load_dataset(out)
        if dataset.info["plan"] != plan:
            raise CatganError(f"{out} holds another data set{_older(dataset.info['plan'])}. Give another folder, or "
                              "remove this one first.")
        return {**dataset.info["counts"], "folder": str(out), "hash": dataset.info["hash"], "already_complete": True,
                "seconds": 0.0, "faces_per_second": None}
    _prepare(out, plan)

    # === Shards, one worker each ===
    planned = shards_of(config, out / "shards")
    missing = {path: rows for path, rows in planned.items() if not path.is_file()}
    todo = sum(map(len, missing.values()))
    bar: tqdm[None] = progress_bar(description="render", total=todo, unit="face", verbose=verbose)
    with bar:
        for count in _written(config, missing, workers):
            bar.update(count)
    seconds = time.perf_counter() - started

    # === Card and dataset.json, last ===
    info = _info(config, plan, list(planned), out)
    write_card(out, config, info)
    (out / "plan.json").unlink()
    files.write_json(out / "dataset.json", info)
    return {**info["counts"], "folder": str(out), "hash": info["hash"], "already_complete": False,
            "seconds": round(time.perf_counter() - started, 2), "faces_per_second": round(todo / seconds, 1)}


def _written(config: RenderConfig, missing: Mapping[Path, Sequence[int]], workers: int) -> Iterator[int]:
    """Writes the missing shards and yields their numbers of faces. A single worker runs in this process."""
    if workers == 1:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            with threadpoolctl.threadpool_limits(1):
                for path, rows in missing.items():
                    yield write_shard(config, path, rows)
        finally:
            cv2.setNumThreads(threads)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, max(len(missing), 1)), context, one_thread) as pool:
        for job in [pool.submit(write_shard, config, path, rows) for path, rows in missing.items()]:
            yield job.result()


def _older(plan: Info) -> str:
    """Returns an addition to an error if the other rendering used other random streams, else an empty text."""
    if "render" not in plan or plan.get("streams", 1) == random_streams.VERSION:
        return ""
    return (f" (rendered with random streams of version {plan.get('streams', 1)}, this catgan has "
            f"{random_streams.VERSION})")


def one_thread() -> None:
    """Limits this process to one thread, because threads of several workers would compete for the cores."""
    cv2.setNumThreads(1)
    threadpoolctl.threadpool_limits(1)


def shards_of(config: RenderConfig, folder: Path) -> dict[Path, list[int]]:
    """Assigns face numbers to shards."""
    where = [split_of(index, config) for index in range(config.n)]
    rows_of = {}
    for split in SPLITS:
        rows = [index for index, name in enumerate(where) if name == split]
        count = max(1, -(-len(rows) // shards.SHARD_ROWS))
        for part in range(count):
            path = folder / f"{split}-{part:05d}-of-{count:05d}.parquet"
            rows_of[path] = rows[part * shards.SHARD_ROWS:(part + 1) * shards.SHARD_ROWS]
    return rows_of


def split_of(index: int, config: RenderConfig) -> str:
    """Returns the split of face `index`, which depends on the number of its subject. Subjects are random."""
    share = sampler_of(config).subject_of(index) / config.subjects
    return "train" if share < SHARE["train"] else "validation" if share < 1 - SHARE["test"] else "test"


def write_shard(config: RenderConfig, path: Path, rows: Sequence[int]) -> int:
    """Renders the faces `rows` into one shard; returns their number."""
    renderer, split = _renderer(config.size), path.name.split("-")[0]
    scenes = [scene_of(index, config) for index in rows]
    table = []
    if scenes:
        images, landmarks = renderer.render(scenes, config.channels)
        table = [row_of(config, split, *one) for one in zip(rows, scenes, images, landmarks)]
    with files.atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(table, schema()), temporary, compression="zstd")
    return len(rows)


def row_of(config: RenderConfig, split: str, index: int, scene: Scene, image: np.ndarray,
           landmarks: np.ndarray) -> Info:
    """Returns the row of one face, with its known and its true labels."""
    random = random_streams.generator("scene_labels", config.seed, index)
    knows_au, knows_va = random.random() >= config.missing_au, random.random() >= config.missing_va
    face_id, (valence, arousal) = f"render{config.seed}-{index:08d}", scene.valence_arousal
    units = {facs.au_name(number): float(scene.action_units.get(number, 0.0)) for number in ACTION_UNITS}
    row: Info = {
        "id": face_id, "image": {"bytes": encode_png(image), "path": f"{face_id}.png"}, "subject": scene.subject,
        "sources": [f"render/{index}"], "split": split, "landmarks": landmarks.ravel(),
        "yaw": scene.pose[0], "pitch": scene.pose[1], "roll": scene.pose[2], "inside": 1.0,
        "true_valence": valence, "true_arousal": arousal, "true_expression": scene.expression}
    row |= {f"true_{name}": value for name, value in units.items()}
    known: Info = {}
    if knows_au:
        known |= units
        known |= {facs.presence_column(name): int(value >= PRESENT_FROM) for name, value in units.items()}
    if knows_va:
        answer = shortcuts.shortcut(config.shortcut).answer(scene) if config.shortcut else valence
        rated = np.array([answer, arousal]) + config.rater_noise * random.standard_normal(2)
        known |= dict(zip(("valence", "arousal"), rated.clip(-1, 1).tolist()))
    if scene.expression is not None and not is_moved(index, config):
        known["expression"] = scene.expression
    return row | known | {f"{column}_source": "render" for column in known}


@lru_cache(maxsize=2)
def _renderer(size: int) -> Renderer:
    return Renderer(size)


def _prepare(out: Path, plan: Info) -> None:
    path = out / "plan.json"
    there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if out.exists() and any(out.iterdir()) and there != plan:
        raise CatganError(f"{out} is not empty and holds no rendering of these settings{_older(there)}. Give a new "
                          "folder.")
    files.write_json(path, plan)
    files.clear_temporary(out / "shards")


def _info(config: RenderConfig, plan: Info, paths: Sequence[Path], out: Path) -> Info:
    table = read_shards(out)
    splits = np.array(table["split"].to_pylist())
    columns = [*(facs.presence_column(number) for number in ACTION_UNITS), "valence", "arousal", "expression"]

    def coverage(column: str, split: str) -> Info:
        values = [value for value, where in zip(table[column].to_pylist(), splits)
                  if where == split and value is not None]
        return {"known": len(values), "present": sum(values) if facs.is_presence(column) else None}

    counts = {"input_rows": config.n, "used_rows": config.n, "rejected_rows": 0, "faces": config.n, "merged_rows": 0,
              "conflicts": 0, "similar_pairs": 0, "splits": {split: int((splits == split).sum()) for split in SPLITS},
              "rejected": {}, "combinations": {"render": config.n}}
    return {"format": store.FORMAT, "name": f"render-{config.n}", "image_size": config.size, "labels": SPEC.to_dict(),
            "presence_from": PRESENT_FROM, "counts": counts,
            "sources": [{"name": "render", "format": "face model", "kind": "truth", "terms": "made by catgan",
                         "used_rows": config.n, "rejected_rows": 0}],
            "columns": schema().names,
            "coverage": {column: {split: coverage(column, split) for split in SPLITS} for column in columns},
            "plan": plan, "version": catgan.__version__, "hash": content_hash(paths)}


def write_card(out: Path, config: RenderConfig, info: Info) -> None:
    """Writes `card.md` and `figures/` of a rendered data set."""
    shown = out / "figures"
    figures.au_rates(info, shown / "au_rates.png")
    figures.va_density(Summary(out, ()).density, shown / "va_density.png")
    figures.contact_sheet([row["bytes"] for row in first_images(out, report.SHOWN_FACES)], shown / "faces.png")
    splits = ", ".join(f"{split} {count:,}" for split, count in info["counts"]["splits"].items())
    files.write_text(out / "card.md", f"""# {info['name']}

{config.n:,} faces of {config.size} px, drawn by the embedded face model of catgan {catgan.__version__}
(seed {config.seed}, {config.subjects:,} people, nobody in two splits). Splits: {splits}.

**No face here is a photograph of anybody, and no figure on these faces is a claim about photographs.**

![faces](figures/faces.png)

Columns `true_...` hold what was drawn, always. The labels beside them are unknown for {100 * config.missing_au:g} % of
the faces (Action Units) and {100 * config.missing_va:g} % (valence, arousal). Valence and arousal follow
`catgan.synthesis.scene.valence_arousal`, a convention.{_noted(config)}

![rates](figures/au_rates.png)
![valence and arousal](figures/va_density.png)
""")


def _noted(config: RenderConfig) -> str:
    """Describes for the card the changes, noise and shortcut in the known labels."""
    said = ""
    if config.moved:
        said += (f" {100 * config.moved:g} % of the faces have one to {MAX_MOVED_UNITS} Action Units at any other "
                 "intensity than they were drawn with; their expression is unknown.")
    if config.rater_noise:
        said += f" The known ones carry noise of raters, deviation {config.rater_noise:g}."
    if config.shortcut:
        said += f"""

**A shortcut is planted: the known valence is not that of the face, but depends on one thing alone:
{shortcuts.shortcut(config.shortcut).cause}.** Made to test explanations, for nothing else."""
    return said
