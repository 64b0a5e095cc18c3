"""Converts what is seen of a person to the columns of a data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.data.people.columns import joints_columns
from catgan.data.people.records import Box
from catgan.data.schema import Info
from catgan.errors import DataError
from catgan.faces import alignment
from catgan.faces.images import encode_png
from catgan.modalities.context_reader import context_of
from catgan.modalities.gait_reader import window
from catgan.modalities.views import PersonView


def columns_of(view: PersonView, size: int, body: Box | None, away: Sequence[Box]) -> Info:
    """Returns the columns of a person: face, joints, context and boxes.

    Args:
        view: of the person, with picture and mask.
        size: side of the face in pixels.
        body: box of the body.
        away: boxes to remove from the context beside the mask.
    """
    if view.picture is None or view.mask is None:
        raise DataError("A person needs a picture and a mask.")
    image, seen = context_of(view.picture, view.mask, away)
    return {**_face(view, view.picture, size), **_joints(view), "rate": view.rate, "context": encode_png(image),
            "context_seen": np.rint(seen * 255).astype(np.uint8).tobytes(), "body_box": body,
            "face_box": view.face_box}


def _face(view: PersonView, picture: np.ndarray, size: int) -> Info:
    """Returns the aligned face; black without one."""
    if view.face is None:
        return {"image": encode_png(np.zeros((size, size, 3), np.uint8)), "face_known": False}
    face = alignment.align(picture, view.face.landmarks, size)
    return {"image": encode_png(face.image), "face_known": True, "landmarks": face.landmarks.ravel(),
            **alignment.quality(face, view.face, picture.shape)}


def _joints(view: PersonView) -> Info:
    """Returns the joints of a photograph or of at most `gait_reader.FRAMES` frames; null if all are unknown."""
    if not view.known.any():
        return {"posture_frame": 0}
    if view.rate is None:
        return {**joints_columns(view.joints, view.known), "posture_frame": view.posture_frame}
    joints, known, first = window(view.joints, view.known)
    last = min(len(view.known) - first, len(known))
    frame = view.posture_frame - first
    if not 0 <= frame < last:
        frame = int(known.sum(-1).argmax())
    return {**joints_columns(joints[:last], known[:last]), "posture_frame": frame}
