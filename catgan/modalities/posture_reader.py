"""Reads the posture of a person: the joints of one frame."""

from __future__ import annotations

import numpy as np

from catgan.joints import FEWEST_KNOWN
from catgan.modalities.modality import Input, Modality, Reading
from catgan.modalities.views import PersonView


def has_posture(known: np.ndarray) -> np.ndarray:
    """Tells which poses are postures, bool `(..., 16)` -> bool `(...)`."""
    return (known.sum(-1) >= FEWEST_KNOWN) & known[..., 0]


def read(view: PersonView) -> Reading | None:
    """Reads the joints of the view's `posture_frame`; None with fewer than `FEWEST_KNOWN` known joints or no root."""
    if not len(view.seconds) or not has_posture(view.known[view.posture_frame]):
        return None
    joints, known = view.joints[view.posture_frame], view.known[view.posture_frame]
    where = "" if view.rate is None else f" at {view.seconds[view.posture_frame]:.2f} s"
    return Reading({"joints": joints, "known": known}, float(known.mean()), f"{known.sum()} of 16 joints{where}")


POSTURE = Modality("posture", "the posture", {"joints": Input((16, 3)), "known": Input((16,), "bool")}, read,
                   "catgan.models.multimodal.encoders:posture")
