"""Renders data sets of people whose truth is known (`catgan render --people`).

A person depends on the settings and (seed, number) alone, so the bytes do not depend on the number of workers. An
interrupted rendering continues after its last finished shard.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import catgan
from catgan import facs, files, random_streams
from catgan.data import rendering_work
from catgan.data.people.render_card import WALK, write_card
from catgan.data.people.columns import TRUTH, joints_columns, people_schema
from catgan.data.people.pictures import Drawn, drawn_people
from catgan.modalities.gait_reader import FRAMES, RATE
from catgan.data.scenes import check_settings
from catgan.data.schema import Info
from catgan.errors import DataError
from catgan.faces.images import encode_png
from catgan.labels import LabelSpec
from catgan.synthesis.bodies import walk_joints
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.people import EMOTIONS, MODALITIES, PeopleSampler, PeopleSettings, PersonScene
from catgan.synthesis.walks import noisy

SPEC = LabelSpec(ACTION_UNITS, "intensity", True, EMOTIONS)
SHARD_PEOPLE = 1000
KNEES_AND_FEET = (11, 12, 14, 15)


@dataclass(frozen=True)
class PeopleConfig:
    """Holds the settings of a rendered data set of people; see `PeopleSettings` for those that are not described here.

    Args:
        people: number of rows, each one person in one place.
        clips: whether people walk; otherwise each is a photograph, which has no gait.
        size: side of the faces in pixels.
    """

    people: int
    clips: bool = False
    size: int = 64
    seed: int = 0
    subjects: int = 1000
    strength: float = 1.0
    place_prior: float = 0.5
    contradicting: float = 0.1
    missing: float = 0.1
    occluded: float = 0.1
    planted: str | None = None

    def __post_init__(self) -> None:
        check_settings(self.people, "people", subjects=self.subjects, size=self.size, channels=3, seed=self.seed)
        if self.planted == "gait" and not self.clips:
            raise DataError("Photographs have no gait that could be planted. Add --clips.")
        self.settings  # raises an error for shares out of range

    @property
    def settings(self) -> PeopleSettings:
        """Returns how the people are sampled."""
        return PeopleSettings(**{field.name: getattr(self, field.name) for field in fields(PeopleSettings)})


def plan_of(config: PeopleConfig) -> Info:
    """Returns the identity of a rendering: settings, version of the random streams, version of the package."""
    return {"render_people": asdict(config), "streams": random_streams.VERSION, "version": catgan.__version__}


def schema() -> pa.Schema:
    """Returns the columns: those of people, and the truth."""
    return people_schema(ACTION_UNITS, {
        **{f"{TRUTH}{name}": pa.string() for name in MODALITIES}, "intensity": pa.float32(), "heading": pa.float32(),
        **{f"walk_{name}": pa.float32() for name in WALK}, "missing": pa.list_(pa.string()),
        "legs_hidden": pa.bool_(), "face_spoiled": pa.bool_()})


def render_people(config: PeopleConfig, out: str | os.PathLike, workers: int | None = None,
                  verbose: bool = True) -> Info:
    """Renders a data set of people, continues an unfinished one, or returns the figures of a finished one.

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
        info = rendering_work.info_of(plan, f"people-{config.people}", config.size, SPEC, paths, "render_people")
        write_card(folder, asdict(config), info)
        return info

    work = rendering_work.Rendering(plan, partial(shards_of, config), partial(write_shard, config), finish, "person")
    return rendering_work.run(work, out, workers, verbose)


def shards_of(config: PeopleConfig, folder: Path) -> dict[Path, list[int]]:
    """Assigns the numbers of people to shards. Nobody is in two splits."""
    return rendering_work.divided(folder, [split_of(config, number) for number in range(config.people)], SHARD_PEOPLE)


def split_of(config: PeopleConfig, number: int) -> str:
    """Returns the split of scene `number`, which depends on the number of its subject."""
    return rendering_work.split_of_subject(PeopleSampler(config.settings).subject_of(number), config.subjects)


def write_shard(config: PeopleConfig, path: Path, numbers: Sequence[int]) -> int:
    """Renders the people `numbers` into one shard; returns their number."""
    split = path.name.split("-")[0]
    scenes = [scene_number(config, number) for number in numbers]
    drawn = drawn_people(scenes, config.seed, config.size, posture_frame(config), frames_of(config))
    rows = [row_of(config, split, *one) for one in zip(scenes, drawn)] if scenes else []
    with files.atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema()), temporary, compression="zstd")
    return len(rows)


@lru_cache(maxsize=64)
def scene_number(config: PeopleConfig, number: int) -> PersonScene:
    """Recreates scene number `number` of a rendering."""
    return PeopleSampler(config.settings).scene(number)


def joints_of(config: PeopleConfig, scene: PersonScene) -> tuple[np.ndarray, np.ndarray]:
    """Returns joints of a person, float32 `(t, 16, 3)` from the middle of the hips, and which are known.

    Hips are the origin in every frame, as a pose landmarker gives them. Hidden legs are unknown.
    """
    frames = frames_of(config)
    random = random_streams.generator("people", config.seed, scene.number, 6)
    joints = noisy(walk_joints(scene.body, scene.walk, frames, RATE, scene.heading), random)
    joints -= joints[:, :1]
    known = np.ones(joints.shape[:2], bool)
    if scene.legs_hidden:
        known[:, KNEES_AND_FEET] = False
    if "posture" in scene.missing:  # the frame that is the posture is not seen
        known[posture_frame(config)] = False
    if "gait" in scene.missing:
        known[np.arange(frames) != posture_frame(config)] = False
    return np.where(known[..., None], joints, 0).astype(np.float32), known


def frames_of(config: PeopleConfig) -> int:
    """Returns the number of frames of each person."""
    return FRAMES if config.clips else 1


def posture_frame(config: PeopleConfig) -> int:
    """Returns the number of the frame that is the posture."""
    return FRAMES // 2 if config.clips else 0


def row_of(config: PeopleConfig, split: str, scene: PersonScene, drawn: Drawn) -> Info:
    """Returns the row of one person."""
    joints, known = joints_of(config, scene)
    name = f"people{config.seed}-{scene.number:07d}"
    valence, arousal, dominance = scene.affect
    labels: Info = {"valence": valence, "arousal": arousal, "expression": scene.emotion}
    face_known = "face" not in scene.missing
    units: Mapping[str, float] = {facs.au_name(number): float(scene.face.action_units.get(number, 0.0))
                                  for number in ACTION_UNITS} if face_known else {}
    labels |= units
    labels |= {facs.presence_column(unit): int(value >= rendering_work.PRESENT_FROM) for unit, value in units.items()}
    row: Info = {
        "id": name, "image": {"bytes": encode_png(drawn.face), "path": f"{name}.png"},
        "subject": scene.face.subject, "video": name if config.clips else None, "frame": 0 if config.clips else None,
        "sources": [f"render_people/{scene.number}"], "split": split, "landmarks": drawn.landmarks.ravel(),
        "yaw": scene.face.pose[0], "pitch": scene.face.pose[1], "roll": scene.face.pose[2], "inside": 1.0,
        "face_known": face_known, "posture_frame": posture_frame(config), "rate": RATE,
        "place": scene.place, "place_time": scene.when.isoformat(timespec="minutes"), "phrases": list(scene.phrases),
        "dominance": dominance, "body_box": drawn.body_box, "face_box": drawn.face_box, **joints_columns(joints, known)}
    if "context" not in scene.missing:
        row |= {"context": {"bytes": encode_png(drawn.context), "path": f"{name}-context.png"},
                "context_seen": drawn.context_seen.tobytes()}
    return row | labels | {f"{column}_source": "render" for column in labels} | _truth(config, scene)


def _truth(config: PeopleConfig, scene: PersonScene) -> Info:
    """Returns what is true of a person; what cannot be seen shows nothing."""
    hidden = set(scene.missing) | (set() if config.clips else {"gait"})
    shown = {f"{TRUTH}{name}": None if name in hidden else scene.shown[name] for name in MODALITIES}
    walk = {f"walk_{name}": getattr(scene.walk, name) for name in WALK}
    return {**shown, **walk, "intensity": scene.intensity, "heading": scene.heading, "missing": sorted(scene.missing),
            "legs_hidden": scene.legs_hidden, "face_spoiled": scene.hand is not None or scene.smear is not None}
