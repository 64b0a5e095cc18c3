"""Renders data sets of clips whose truth is known (`catgan render --clips`).

A clip depends on the settings and (seed, its number) alone, so the bytes do not depend on the number of workers. An
interrupted rendering continues after its last finished shard.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import catgan
from catgan import facs, files
from catgan.data import rendering_work, shards
from catgan.data.card import clip_figures, figures
from catgan.data.card.summary import Summary
from catgan.data.clip_scenes import ClipConfig, clip_number, plan_of, video_name
from catgan.data.rendering_work import PRESENT_FROM
from catgan.data.schema import LANDMARKS, Info, shard_schema, with_features
from catgan.faces.images import encode_png
from catgan.labels import LabelSpec
from catgan.synthesis.clip_flaws import spoil
from catgan.synthesis.clip_plans import drawn_as, expressions_of
from catgan.synthesis.clip_truth import LAYERS, TASKS, ClipTruth
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.raters import delayed_words, ratings
from catgan.synthesis.scene import Sampler

RENDERED_FRAMES = 256
"""Largest number of frames that are rendered at once."""


def spec_of(config: ClipConfig) -> LabelSpec:
    """Returns the labels of rendered clips."""
    return LabelSpec(ACTION_UNITS, "intensity", True, expressions_of(config.settings))


def schema(config: ClipConfig) -> pa.Schema:
    """Returns the columns: those of a data set with times, the truth, the layers, flaws, and each of several raters."""
    more = [("true_valence", pa.float32()), ("true_arousal", pa.float32()), ("true_expression", pa.string())]
    more += [(f"{layer}_{facs.au_name(number)}", pa.float32()) for layer in ("emotion", "rest", "speech")
             for number in ACTION_UNITS]
    more += [("blink_AU43", pa.float32()), ("occluded", pa.bool_()), ("blurred", pa.bool_())]
    if config.raters > 1:
        more += [(f"rater{rater + 1}_{name}", pa.float32()) for rater in range(config.raters)
                 for name in ("valence", "arousal")]
    return with_features(pa.schema([*shard_schema(ACTION_UNITS, timed=True), *(pa.field(*one) for one in more)]))


def render_clips(config: ClipConfig, out: str | os.PathLike, workers: int | None = None,
                 verbose: bool = True) -> Info:
    """Renders a data set of clips, continues an unfinished one, or returns the figures of a finished one.

    Args:
        config: the settings.
        out: folder of the data set.
        workers: processes; default: one per core. Their number does not change the bytes.
        verbose: whether to show a progress bar.

    Returns:
        The counts of `dataset.json` with `"folder"`, `"hash"`, `"already_complete"`, `"seconds"`, `"faces_per_second"`.
        `"clips"` and `"missing_frames"` count clips, and frames without a row.

    Raises:
        CatganError: the output folder holds other files.
    """
    plan = plan_of(config)

    def finish(folder: Path, paths: Sequence[Path]) -> Info:
        info = rendering_work.info_of(plan, f"clips-{config.clips}", config.size, spec_of(config), paths,
                                      "render_clips")
        info["counts"] |= {"clips": config.clips,
                           "missing_frames": config.clips * config.frames - info["counts"]["faces"]}
        write_card(folder, config, info)
        return info

    work = rendering_work.Rendering(plan, partial(shards_of, config), partial(write_shard, config), finish, "clip")
    return rendering_work.run(work, out, workers, verbose)


def shards_of(config: ClipConfig, folder: Path) -> dict[Path, list[int]]:
    """Assigns the numbers of clips to shards; a clip lies in one of them."""
    where = [split_of(number, config) for number in range(config.clips)]
    return rendering_work.divided(folder, where, max(1, shards.SHARD_ROWS // config.frames))


def split_of(number: int, config: ClipConfig) -> str:
    """Returns the split of clip `number`, which depends on the number of its subject."""
    sampler = Sampler(config.seed, config.subjects)
    return rendering_work.split_of_subject(sampler.subject_of(drawn_as(config.settings, number)), config.subjects)


def write_shard(config: ClipConfig, path: Path, numbers: Sequence[int]) -> int:
    """Renders the clips `numbers` into one shard; returns its number of rows."""
    columns, split = schema(config), path.name.split("-")[0]
    tables = [columns.empty_table()]
    at_once = max(1, RENDERED_FRAMES // config.frames)
    for start in range(0, len(numbers), at_once):
        part = numbers[start:start + at_once]
        clips = [clip_number(number, config) for number in part]
        frames = _drawn(config, clips)
        tables += [_table(columns, rows_of(config, split, number, clip, [next(frames) for _ in range(config.frames)]))
                   for number, clip in zip(part, clips)]
    table = pa.concat_tables(tables).combine_chunks()
    with files.atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    return table.num_rows


def _drawn(config: ClipConfig, clips: Sequence[ClipTruth]) -> Iterator[tuple[bytes, np.ndarray]]:
    """Yields the picture (PNG) and landmarks `(478, 2)` of every frame of clips. Only some pictures are in memory."""
    frames = [(scene, clip.flaws.hands[place], clip.flaws.smears[place])
              for clip in clips for place, scene in enumerate(clip.scenes())]
    for start in range(0, len(frames), RENDERED_FRAMES):
        scenes, hands, smears = zip(*frames[start:start + RENDERED_FRAMES])
        images, landmarks = rendering_work.renderer_of(config.size).render(scenes, config.channels)
        yield from ((encode_png(spoil(*one)), points) for *one, points in zip(images, hands, smears, landmarks))


def rows_of(config: ClipConfig, split: str, number: int, clip: ClipTruth,
            drawn: Sequence[tuple[bytes, np.ndarray]]) -> Mapping[str, pa.Array]:
    """Returns the columns of one clip, without the frames in which no face is found.

    Args:
        config: the settings.
        split: of the clip.
        number: of the clip.
        clip: its truth.
        drawn: picture (PNG) and landmarks float32 `(478, 2)`, in pixels, of every frame.
    """
    seen = np.flatnonzero(clip.flaws.seen)
    video = video_name(number, config)
    names = [f"{video}-{frame:05d}" for frame in seen.tolist()]
    pictures, landmarks = zip(*(drawn[frame] for frame in seen.tolist()))
    yaw, pitch, roll = clip.poses[seen].T
    columns = {
        "id": names, "image": [{"bytes": content, "path": f"{name}.png"} for name, content in zip(names, pictures)],
        "subject": [clip.base.subject] * len(seen), "video": [video] * len(seen), "frame": seen,
        "time": clip.times[seen], "sources": [[f"render_clips/{number}"]] * len(seen), "split": [split] * len(seen),
        "landmarks": pa.FixedSizeListArray.from_arrays(np.concatenate(landmarks).ravel(), 2 * LANDMARKS),
        "yaw": yaw, "pitch": pitch, "roll": roll, "inside": np.ones(len(seen)),
        "occluded": np.array([hand is not None for hand in clip.flaws.hands])[seen],
        "blurred": np.array([smear is not None for smear in clip.flaws.smears])[seen]}
    return {**columns, **_labels(config, number, clip, seen), **_layers(clip, seen)}


def _labels(config: ClipConfig, number: int, clip: ClipTruth, seen: np.ndarray) -> Mapping[str, pa.Array]:
    """Returns what is annotated, by raters, and what is true."""
    truth = clip.valence_arousal
    rated = ratings(truth, config.rate, config.rating, config.seed, number)
    annotated = delayed_words(clip.expressions, config.rater_delay, config.rate)
    known: dict[str, pa.Array] = {"expression": [annotated[frame] for frame in seen.tolist()]}
    known |= dict(zip(("valence", "arousal"), rated.mean(0)[seen].T))
    for number_of_unit, values in zip(ACTION_UNITS, clip.visible[seen].astype(np.float32).T):
        name = facs.au_name(number_of_unit)
        known |= {name: values, facs.presence_column(name): (values >= PRESENT_FROM).astype(np.int8)}
    sources = {f"{name}_source": ["render"] * len(seen) for name in known}
    single = {f"rater{rater + 1}_{name}": values for rater in range(config.raters * (config.raters > 1))
              for name, values in zip(("valence", "arousal"), rated[rater][seen].T)}
    return {**known, **sources, **single, **dict(zip(("true_valence", "true_arousal"), truth[seen].T)),
            "true_expression": [clip.expressions[frame] for frame in seen.tolist()]}


def _layers(clip: ClipTruth, seen: np.ndarray) -> Mapping[str, pa.Array]:
    """Returns the Action Units of each layer."""
    layers = {"emotion": clip.emotion, "rest": np.broadcast_to(clip.rest, clip.emotion.shape), "speech": clip.speech}
    columns = {f"{layer}_{facs.au_name(number)}": values for layer, all_values in layers.items()
               for number, values in zip(ACTION_UNITS, all_values[seen].T)}
    return {**columns, "blink_AU43": clip.blink[seen]}


def _table(columns: pa.Schema, content: Mapping[str, pa.Array]) -> pa.Table:
    """Converts columns to a table; columns without content are null."""
    rows = len(content["id"])
    return pa.table([pa.nulls(rows, field.type) if field.name not in content else
                     _array(content[field.name], field.type) for field in columns], schema=columns)


def _array(values: pa.Array | np.ndarray | Sequence, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values.astype(kind.to_pandas_dtype()), kind)
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def write_card(out: Path, config: ClipConfig, info: Info) -> None:
    """Writes `card.md` and `figures/` of rendered clips."""
    shown = out / "figures"
    figures.au_rates(info, shown / "au_rates.png")
    figures.va_density(Summary(out, ()).density, shown / "va_density.png")
    clip_figures.strips(out, config.frames, shown / "clips.png")
    clip = next((clip for clip in (clip_number(number, config) for number in range(config.clips))
                 if set(clip.expressions) != {"neutral"}), clip_number(0, config))
    rated = ratings(clip.valence_arousal, config.rate, config.rating, config.seed, clip.number).mean(0)
    clip_figures.layers(clip, rated, shown / "layers.png")
    counts = info["counts"]
    splits = ", ".join(f"{split} {count:,}" for split, count in counts["splits"].items())
    layers = [name for name in LAYERS if name not in config.without]
    files.write_text(out / "card.md", f"""# {info['name']}

{config.clips:,} clips of {config.frames} frames at {config.rate:g} per second, {config.size} px, drawn by the embedded
face model of catgan {catgan.__version__} (seed {config.seed}, {config.subjects:,} people, nobody in two splits).
Frames: {splits}; {counts['missing_frames']:,} more are missing, as where no face is found.

**No face here is a photograph of anybody, and no figure on these faces is a claim about photographs.**

![clips, one a row](figures/clips.png)

{_task(config)}Beside this they have: {', '.join(layers) or 'nothing'}.

`AU..` is what the face shows.
`emotion_AU..`, `rest_AU..`, `speech_AU..` and `blink_AU43` are the layers that it is made of; `occluded` and `blurred`
say which frames are spoiled. `true_valence`, `true_arousal` and `true_expression` follow from the emotion alone, by
the convention of `catgan.synthesis.scene.valence_arousal`. The annotated ones are those of
{_raters(config)}.

![layers of one clip](figures/layers.png)
![rates](figures/au_rates.png)
![valence and arousal](figures/va_density.png)
""")


def _task(config: ClipConfig) -> str:
    """Says what the clips show, for the card."""
    if config.task is None:
        return "Every clip has episodes of emotion. "
    return (f"**Made to check what a network learns from time**: two classes, {' and '.join(TASKS[config.task])}, that "
            f"no single frame tells apart (task `{config.task}` of `catgan.synthesis.clip_tasks`). ")


def _raters(config: ClipConfig) -> str:
    """Describes the raters for the card."""
    many = "s" if config.raters > 1 else ""
    return (f"{config.raters} simulated rater{many}: {config.rater_delay:g} s late, smoothed by "
            f"{config.rater_smoothing:g} s, each with an error of deviation {config.rater_noise:g}")
