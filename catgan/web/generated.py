"""Draws what the page Generate asks for: faces of a seed, a sweep along one label, a way between two faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import catgan
from catgan import facs, files
from catgan.conditions import DIMENSIONS, MAX_LEVEL
from catgan.faces.images import grid, resize_faces, write_image
from catgan.faces.picture_sequences import write_pictures
from catgan.models.gan.model import CatGAN
from catgan.pipelines.interpolate import NOTICE, Drawing, Face, Person, grid_of, sweep_of, way_of
from catgan.web.face_edits import jpeg_address
from catgan.web.requests import Refused, choice_in, numbers_in, whole_number_in

KINDS = ("grid", "sweep", "way")
MAX_FACES, MAX_PERSONS, MAX_STEPS, MAX_FRAMES = 64, 6, 11, 48
MAX_SEED = 2 ** 31 - 1
FORMATS: Mapping[str, str] = {"png": "image/png", "gif": "image/gif", "mp4": "video/mp4"}
"""Formats of downloads: sheets are `png`, ways are any of them."""
ANIMATION_SIDE = 256
"""Least side of the pictures of animations in pixels; smaller faces are enlarged, since players blur small videos."""
FRAMES_PER_SECOND = 12.0


@dataclass(frozen=True)
class Wish:
    """What a request asks for, checked but not yet compared with the labels of the model.

    Args:
        kind: one of `KINDS`.
        start, end: the faces; `end` is used by a way alone.
        count: faces of a grid, persons of a sweep, frames of a way.
        steps: columns of a sweep.
        label: of a sweep.
    """

    kind: str
    start: Face
    end: Face
    count: int
    steps: int = 0
    label: str = ""

    @classmethod
    def of(cls, body: Mapping[str, object]) -> Wish:
        """Reads a request. Raises `Refused` where a part is missing or out of range."""
        kind, start = choice_in(body, "kind", KINDS), _face_in(body, "start")
        if kind == "grid":
            return cls(kind, start, start, whole_number_in(body, "count", 1, MAX_FACES))
        if kind == "sweep":
            label = body.get("label")
            if not isinstance(label, str):
                raise Refused(f"'label' must name a label, such as AU12. Received: {str(label)[:80]}.")
            return cls(kind, start, start, whole_number_in(body, "count", 1, MAX_PERSONS),
                       whole_number_in(body, "steps", 2, MAX_STEPS), label[:80])
        return cls(kind, start, _face_in(body, "end"), whole_number_in(body, "count", 2, MAX_FRAMES))

    @property
    def columns(self) -> int:
        """Columns in which the faces are shown."""
        return self.steps or int(np.ceil(np.sqrt(self.count)))

    @property
    def asked(self) -> list[str]:
        """Names of the labels that are given for any face."""
        return list(dict.fromkeys([*self.start.labels, *self.end.labels, *([self.label] if self.label else [])]))

    def drawing(self, gan: CatGAN) -> tuple[Drawing, list[float]]:
        """Returns the faces to draw, and for a sweep the value of each column. Raises `CatganError` for labels that
        the model does not have."""
        if self.kind == "sweep":
            return sweep_of(gan, self.start, self.label, self.count, self.steps)
        if self.kind == "grid":
            return grid_of(gan, self.start, self.count), []
        return way_of(gan, self.start, self.end, self.count), []


def _face_in(body: Mapping[str, object], name: str) -> Face:
    given = body.get(name)
    if not isinstance(given, dict):
        raise Refused(f"'{name}' must be an object with 'seed', 'number' and 'labels'.")
    person = Person(whole_number_in(given, "seed", 0, MAX_SEED), whole_number_in(given, "number", 0, MAX_FACES - 1))
    expression = given.get("expression")
    if expression is not None and not isinstance(expression, str):
        raise Refused("'expression' must be a name, or null.")
    return Face(person, numbers_in(given, "labels"), expression)


def labels_of(gan: CatGAN) -> dict[str, object]:
    """Describes for the front end what can be asked for."""
    return {"units": list(gan.spec.action_units), "dimensions": bool(gan.spec.valence_arousal),
            "expressions": list(gan.spec.expressions), "generator": gan.generator is not None,
            "editor": gan.editor is not None, "side": gan.network.image_size,
            "limits": {"faces": MAX_FACES, "persons": MAX_PERSONS, "steps": MAX_STEPS, "frames": MAX_FRAMES}}


def drawn_and_read(gan: CatGAN, chunk: Callable[[], np.ndarray],
                   names: list[str]) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Draws a few faces, and reads the named labels from them, in public units."""
    faces = chunk()
    columns = dict(zip(map(facs.au_name, gan.spec.action_units), gan.spec.action_unit_columns))
    read = gan.read(faces) if names else {}
    scales = {name: 1.0 if name in DIMENSIONS else MAX_LEVEL / gan.spec.maximum for name in names}
    return faces, {name: [round(float(value) * scales[name], 3) for value in read[columns.get(name, name)]]
                   for name in names}


def shown(wish: Wish, faces: np.ndarray, values: list[float], read: Mapping[str, list[float]]) -> dict[str, object]:
    """Describes drawn faces for the front end."""
    return {"pictures": [jpeg_address(face) for face in faces], "columns": wish.columns, "values": values,
            "read": dict(read), "side": faces.shape[1]}


def write(path: Path, wish: Wish, faces: np.ndarray, kind: str) -> None:
    """Writes faces as a sheet or an animation, which says that it is synthetic; `kind`: one of `FORMATS`.

    Raises:
        Refused: an animation of anything but a way.
    """
    if kind == "png":
        columns = len(faces) if wish.kind == "way" and len(faces) <= 12 else wish.columns
        write_image(path, grid(faces, columns), {"Source": f"catgan {catgan.__version__} app", "Comment": NOTICE})
        return
    if wish.kind != "way":
        raise Refused(f"Only an interpolation is written as an animation. Received: {wish.kind} as {kind}.")
    side = max(ANIMATION_SIDE, faces.shape[1] + faces.shape[1] % 2)
    frames = resize_faces(faces, side)
    there_and_back = np.concatenate([frames, frames[-2:0:-1]])
    if kind == "mp4":
        write_pictures(path, there_and_back, FRAMES_PER_SECOND, NOTICE)
        return
    first, *rest = map(Image.fromarray, there_and_back)
    with files.atomic_path(path) as temporary:
        first.save(temporary, format="GIF", save_all=True, append_images=rest, loop=0,
                   duration=round(1000 / FRAMES_PER_SECOND), comment=NOTICE.encode())
