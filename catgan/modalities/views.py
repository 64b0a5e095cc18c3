"""Defines what is seen of one person in a photograph or clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from catgan.errors import DataError
from catgan.faces.alignment import align
from catgan.faces.detected import DetectedFace
from catgan.modalities.person import Box, Person


@dataclass(frozen=True)
class PersonView:
    """Holds what is seen of one person. A photograph is one frame.

    A clip has one picture here, the clearest one of the person; the joints are of all frames.

    Args:
        seconds: float64 `(t,)`: time of each frame, evenly spaced in a clip.
        joints: float32 `(t, 16, 3)` of `catgan.modalities.joints`, in metres, 0 where unknown.
        known: bool `(t, 16)`.
        picture: uint8 `(h, w, 3)`, the whole picture, or None where there is none.
        at: time of the picture in seconds.
        face: the face in the picture, or None.
        body: the pose in the picture, or None.
        mask: float32 `(h, w)`, confidence 0..1 that a pixel belongs to any person; None where it was not looked for.
        posture_frame: the frame whose joints are the posture.
        rate: frames per second; None for a photograph.
        chosen: in words, which picture this is: "the clearest of 38 frames".
        given: other measurements of the person by name, for modalities of one's own.

    Raises:
        DataError: joints, mask or times of another shape, joints that are not finite, or no such `posture_frame`.
    """

    seconds: np.ndarray
    joints: np.ndarray
    known: np.ndarray
    picture: np.ndarray | None = None
    at: float = 0.0
    face: DetectedFace | None = None
    body: Person | None = None
    mask: np.ndarray | None = None
    posture_frame: int = 0
    rate: float | None = None
    chosen: str = "the photograph"
    given: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.seconds)
        if np.shape(self.joints) != (count, 16, 3) or np.shape(self.known) != (count, 16):
            raise DataError(f"A person in {count} frames must have joints ({count}, 16, 3) and a mask ({count}, 16). "
                            f"Received: {np.shape(self.joints)} and {np.shape(self.known)}.")
        if not np.isfinite(self.joints).all():
            raise DataError("Joints must be finite: unknown joints are 0, and their mask is False.")
        if not 0 <= self.posture_frame < max(count, 1):
            raise DataError(f"There is no frame {self.posture_frame} among {count}.")
        if self.mask is not None and (self.picture is None or self.mask.shape != self.picture.shape[:2]):
            raise DataError(f"The mask of persons has the shape {self.mask.shape}, but the picture has "
                            f"{'none' if self.picture is None else self.picture.shape[:2]}.")

    @property
    def body_box(self) -> Box | None:
        """Left, top, width and height of the visible points of the body in the picture, in pixels."""
        return None if self.body is None else self.body.box

    @property
    def face_box(self) -> Box | None:
        """Left, top, width and height of the face in the picture, in pixels."""
        return None if self.face is None else self.face.box

    @property
    def box(self) -> Box | None:
        """Left, top, width and height of body and face together, in pixels."""
        boxes = [box for box in (self.body_box, self.face_box) if box is not None]
        if not boxes:
            return None
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
        return left, top, right - left, bottom - top

    def face_crop(self, size: int) -> np.ndarray | None:
        """Returns the aligned face, uint8 `(size, size, 3)`, or None."""
        if self.face is None or self.picture is None:
            return None
        return align(self.picture, self.face.landmarks, size).image
