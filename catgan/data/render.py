"""Renders data sets of faces with known true labels from the embedded face model (`catgan render`).

Face number i depends on the settings and (seed, i) alone, so the bytes do not depend on the number of workers. An
interrupted rendering continues after its last finished shard.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import catgan
from catgan import facs, files, random_streams
from catgan.data import rendering_work, shards
from catgan.data.card import figures, report
from catgan.data.card.summary import Summary
from catgan.data.rendering_work import PRESENT_FROM
from catgan.data.scenes import MAX_MOVED_UNITS, RenderConfig, is_moved, plan_of, sampler_of, scene_of
from catgan.data.schema import Info, shard_schema, with_features
from catgan.data.shards import first_images
from catgan.faces.images import encode_png
from catgan.labels import LabelSpec
from catgan.synthesis import shortcuts
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import EXPRESSIONS, Scene

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
    plan = plan_of(config)

    def finish(folder: Path, paths: Sequence[Path]) -> Info:
        info = rendering_work.info_of(plan, f"render-{config.n}", config.size, SPEC, paths, "render")
        write_card(folder, config, info)
        return info

    work = rendering_work.Rendering(plan, partial(shards_of, config), partial(write_shard, config), finish)
    return rendering_work.run(work, out, workers, verbose)


def shards_of(config: RenderConfig, folder: Path) -> dict[Path, list[int]]:
    """Assigns face numbers to shards."""
    where = [split_of(index, config) for index in range(config.n)]
    return rendering_work.divided(folder, where, shards.SHARD_ROWS)


def split_of(index: int, config: RenderConfig) -> str:
    """Returns the split of face `index`, which depends on the number of its subject."""
    return rendering_work.split_of_subject(sampler_of(config).subject_of(index), config.subjects)


def write_shard(config: RenderConfig, path: Path, rows: Sequence[int]) -> int:
    """Renders the faces `rows` into one shard; returns their number."""
    renderer, split = rendering_work.renderer_of(config.size), path.name.split("-")[0]
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
