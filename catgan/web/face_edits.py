"""Reads and edits the chosen face of a tab. Everything that needs the model runs in the thread of `Context.worker`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

import catgan
from catgan import facs
from catgan.faces.blending import paste, patch
from catgan.faces.images import decode_photograph, read_bytes, write_photograph
from catgan.models.gan.changes import Changes
from catgan.models.gan.editing import EditResult
from catgan.models.gan.model import CatGAN
from catgan.pipelines import edit_notes
from catgan.pipelines.edit import NOTICE
from catgan.web.face_state import FaceState, FoundFace
from catgan.web.uploads import Upload

INTERVAL = 0.8
"""Share of faces whose true label an interval holds; the nearest level that the model has."""
JPEG_QUALITY = 93


class Label(NamedTuple):
    """One predicted label, in public units: Action Units 0..5, valence and arousal -1..1.

    Args:
        name: `"AU12"`, `"valence"` or `"arousal"`.
        value: the prediction.
        low, high: its interval; None where the model has none.
    """

    name: str
    value: float
    low: float | None
    high: float | None


def labels_of(gan: CatGAN) -> dict[str, object]:
    """Describes for the front end what the model reads and edits."""
    return {"units": list(gan.spec.action_units), "dimensions": bool(gan.spec.valence_arousal),
            "editor": gan.editor is not None, "interval": _level(gan), "side": gan.network.image_size,
            "channels": gan.network.channels}


def reading(gan: CatGAN, crop: np.ndarray) -> list[dict[str, object]]:
    """Predicts the labels of an aligned face, uint8 `(side, side, 3)`, with intervals; a list of `Label`."""
    return labels_in(gan, gan.predict(crop[None], _level(gan)))


def labels_in(gan: CatGAN, columns: Mapping[str, np.ndarray]) -> list[dict[str, object]]:
    """Converts predicted columns `(1,)` to a list of `Label`."""
    named = [(facs.au_name(number), column, 5.0 / gan.spec.maximum)
             for number, column in zip(gan.spec.action_units, gan.spec.action_unit_columns)]
    named += [(name, name, 1.0) for name in ("valence", "arousal") if gan.spec.valence_arousal]
    return [Label(name, round(float(columns[column][0]) * scale, 3), *(
        round(float(columns[f"{column}_{end}"][0]) * scale, 3) if f"{column}_{end}" in columns else None
        for end in ("low", "high")))._asdict() for name, column, scale in named]


def choose(gan: CatGAN, state: FaceState, number: int) -> dict[str, object]:
    """Reads face `number`, and keeps it as the one to edit."""
    face = state.the_photo().faces[number]
    state.chosen, state.to = number, {}
    state.read = gan.read(face.face.image[None])
    return {"chosen": number, "reading": reading(gan, face.face.image), "notes": edit_notes.notes(_facts(face))}


def edit(gan: CatGAN, state: FaceState, identity: str, to: Mapping[str, float], view: str) -> dict[str, object]:
    """Edits the chosen face.

    Args:
        gan: a model with an editor.
        state: of the tab.
        identity: of the photograph that the tab shows.
        to: new values by label; empty shows the original.
        view: one of `VIEWS`.

    Returns:
        `patch`: the changed part of the view as a data address, with its place; None without a change. `reading`: what
        the model reads after the edit. `notes`: what the user must know.

    Raises:
        CatganError: as `CatGAN.apply_change`, or `FaceState.face`.
    """
    face = state.face(identity)
    if not to:
        state.to = {}
        return {"patch": None, "reading": reading(gan, face.face.image), "notes": edit_notes.notes(_facts(face))}
    edited = gan.apply_change(face.face.image[None], Changes(to), state.read)
    after = gan.predict(edited.images, _level(gan))
    state.to = dict(to)
    shown = state.view(view)
    rows, columns, pixels = patch(shown.pixels, shown.face, edited.images[0], edited.moves[0])
    return {"patch": {"left": columns.start, "top": rows.start, "picture": jpeg_address(pixels)},
            "reading": labels_in(gan, after),
            "notes": edit_notes.notes(_facts(face) | _outcome(gan, edited, state.read, after))}


def edited_crop(gan: CatGAN, state: FaceState, identity: str, to: Mapping[str, float]) -> EditResult:
    """Edits the aligned face alone, to paste it into the photograph by `write_edited`."""
    return gan.apply_change(state.face(identity).face.image[None], Changes(to), state.read)


def write_edited(upload: Upload, face: FoundFace, edited: EditResult, out: Path) -> None:
    """Writes the photograph with the edited face as PNG: full resolution, its colours and transparency, marked as
    synthetic in its metadata."""
    photograph = decode_photograph(read_bytes(upload.path), upload.name)
    pixels = paste(photograph.pixels, face.face, edited.images[0], edited.moves[0])
    write_photograph(out, photograph, pixels, {"Source": f"catgan {catgan.__version__} app", "Comment": NOTICE})


def jpeg_address(pixels: np.ndarray) -> str:
    """Encodes uint8 `(h, w, 3)` RGB as JPEG in a data address, for `src` of an image."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
             cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, content = cv2.imencode(".jpg", pixels[..., ::-1], flags)
    return "data:image/jpeg;base64," + base64.b64encode(content.tobytes()).decode()


def _facts(face: FoundFace) -> dict[str, object]:
    return {"cut": {}, "beyond": {}, "missed": {}, **face.facts()}


def _outcome(gan: CatGAN, edited: EditResult, before: Mapping[str, np.ndarray],
             after: Mapping[str, np.ndarray]) -> dict[str, object]:
    both = {name: np.concatenate([before[name], after[name]]) for name in gan.spec.columns if name in before}
    return {"cut": {name: float(values[0]) for name, values in edited.cut.items() if np.isfinite(values[0])},
            "beyond": {}, "missed": edit_notes.misses(gan, edited.asked, both)}


def _level(gan: CatGAN) -> float:
    """Returns the level of intervals that is nearest to `INTERVAL`."""
    return min(gan.calibration.levels, key=lambda level: abs(level - INTERVAL), default=INTERVAL)
