"""Reads the face of a person: an aligned crop as everywhere in catgan."""

from __future__ import annotations

import numpy as np

from catgan.faces import likeness
from catgan.faces.detected import DetectedFace
from catgan.modalities.modality import Input, Modality, Reading
from catgan.modalities.views import PersonView

SIDE = 64
"""Side of the crop in pixels."""
CLEAR_LIKENESS = 0.3
"""Likeness (`catgan.faces.likeness`) from which a crop is relied on fully; the median of photographs is .49."""
SHOWN_SIDE = 192
"""Side of the crop that is shown, in pixels."""


def read(view: PersonView) -> Reading | None:
    """Reads the aligned face; None where no face was found."""
    crop = view.face_crop(SIDE)
    if view.face is None or crop is None:
        return None
    seen = f"a face of {round(view.face.box[2])} pixels, turned by {round(turn(view.face))} degrees, in {view.chosen}"
    return Reading({"image": crop}, _reliability(view.face, crop), seen, view.face_crop(SHOWN_SIDE))


def turn(face: DetectedFace) -> float:
    """Returns by how many degrees a face is turned away from the camera, 0..180."""
    cosine = np.cos(np.radians(face.yaw)) * np.cos(np.radians(face.pitch))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _reliability(face: DetectedFace, crop: np.ndarray) -> float:
    """Returns the product of three shares: of the resolution, of the frontal view, and of a face's likeness.

    The face was verified, so the last one is at least a half: sunglasses and masks are unlike other faces.
    """
    resolution = min(face.box[2] / SIDE, 1.0)
    frontal = max(np.cos(np.radians(turn(face))), 0.0)
    alike = min(max(likeness.likeness(crop), 0.0) / CLEAR_LIKENESS, 1.0)
    return float(resolution * frontal * (0.5 + 0.5 * alike))


FACE = Modality("face", "the face", {"image": Input((SIDE, SIDE, 3), "uint8")}, read,
                "catgan.models.multimodal.encoders:face")
