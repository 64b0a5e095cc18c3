"""Looks at an annotated person of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from catgan.data.people import openpose
from catgan.data.people.clip_frames import Stretch, stretch_of
from catgan.data.people.matching import Found, fit, largest, matched
from catgan.data.people.placing import NOBODY_THERE, Unusable, found_of, in_pixels
from catgan.data.people.records import Box, PersonRecord
from catgan.data.people.seen import columns_of
from catgan.data.schema import Info
from catgan.errors import DataError
from catgan.modalities.gait_reader import LONGEST_GAP, RATE, resampled
from catgan.modalities.people import PeopleReader
from catgan.modalities.views import PersonView


def look_at_clip(record: PersonRecord, reader: PeopleReader, size: int) -> Info:
    """Returns the row of a chunk of a person in a clip.

    Args:
        record: the annotation.
        reader: an open reader.
        size: side of the face in pixels.

    Raises:
        DataError: the clip cannot be read, or the person cannot be used: `Unusable`.
        CatganError: a detector failed.
    """
    stretch = stretch_of(record)
    views = reader.clip(stretch.frames())
    joints = _own_joints(record, stretch)
    place = _meant(record, views, stretch, joints)
    away: list[Box] = []
    if place is not None:
        view = views[place]
    elif joints is not None or record.box is not None and record.box_of == "body":
        view, away = _unseen(record, stretch, joints, reader)
    elif views:
        raise Unusable(NOBODY_THERE, f"{len(views)} elsewhere in the clip")
    else:
        raise Unusable("nobody in the clip", f"{stretch.times[stretch.first]:.2f} to "
                       f"{stretch.times[stretch.last]:.2f} s")
    at = int(np.argmin(np.abs(stretch.times - view.at)))
    if joints is not None:
        view = joints.put_into(view)
    return {**columns_of(view, size, view.body_box or next(iter(away), None), away), "rate": RATE,
            "frame": int(stretch.numbers[at]), "time": view.at,
            "joints_depth": joints is None if view.known.any() else None}


def _meant(record: PersonRecord, views: Sequence[PersonView], stretch: Stretch, joints: _Joints | None) -> int | None:
    """Returns the index of the person who is meant; None for nobody.

    Raises:
        Unusable: the box lies outside of the picture.
    """
    if not views:
        return None
    if record.box is not None:
        picture = next(view.picture for view in views if view.picture is not None)
        box = in_pixels(record, picture)
        people = [_found_at(view, float(stretch.times[stretch.middle])) for view in views]
        return None if box is None else matched(people, [box], [record.box_of])[0]
    if joints is None:
        return largest([found_of(view) for view in views])
    # The picture of each person is another frame, so that the box of the joints is another one.
    fits = [0.0 if (box := joints.box_at(view.at)) is None else fit(found_of(view), box, "body") for view in views]
    return int(np.argmax(fits)) if max(fits) > 0 else None


def _unseen(record: PersonRecord, stretch: Stretch, joints: _Joints | None,
            reader: PeopleReader) -> tuple[PersonView, list[Box]]:
    """Returns the frame that an annotation is about, for somebody whom nobody found, and the box to remove from it.

    Raises:
        Unusable: the frame cannot be decoded, or the box lies outside of it.
    """
    seconds, picture = min(stretch.frames(), key=lambda frame: abs(frame[0] - stretch.times[stretch.middle]),
                           default=(0.0, None))
    if picture is None:
        raise Unusable("no clip that can be read", "no frame can be decoded")
    box = joints.box_at(seconds) if joints is not None else None
    inside = in_pixels(record if box is None else replace(record, box=box, box_in_shares=False), picture)
    view = PersonView(np.zeros(1), np.zeros((1, 16, 3), np.float32), np.zeros((1, 16), bool), picture, seconds,
                      mask=reader.mask(picture, [], []), rate=RATE)
    return view, [] if inside is None else [inside]


def _found_at(view: PersonView, seconds: float) -> Found:
    """Returns the boxes of a person in the frame of a clip nearest to a time, if they are seen about then."""
    boxes = view.given["boxes"]
    row = boxes[int(np.argmin(np.abs(boxes[:, 0] - seconds)))].tolist()
    if abs(row[0] - seconds) > LONGEST_GAP:
        return Found(None, None)
    body, face = (None if np.isnan(left) else (left, top, width, height) for left, top, width, height in
                  (row[1:5], row[5:9]))
    return Found(body, face)


@dataclass(frozen=True)
class _Joints:
    """Holds the joints that a collection has of a person, in the frames of a stretch.

    Args:
        seconds: of the frames.
        points: of OpenPose, `(t, 18, 3)`.
        joints, known: of catgan, `(t, 16, 3)` and `(t, 16)`.
    """

    seconds: np.ndarray
    points: np.ndarray
    joints: np.ndarray
    known: np.ndarray

    def box_at(self, seconds: float) -> Box | None:
        """Returns the box of the person in the frame nearest to a time."""
        return openpose.box_of(self.points[int(np.argmin(np.abs(self.seconds - seconds)))])

    def put_into(self, view: PersonView) -> PersonView:
        """Returns the view with these joints instead of its own."""
        seconds, joints, known = resampled(self.seconds, self.joints, self.known)
        best = np.lexsort([np.abs(seconds - view.at), -known.sum(-1)])[0]
        return replace(view, seconds=seconds, joints=joints, known=known, posture_frame=int(best), rate=RATE)


def _own_joints(record: PersonRecord, stretch: Stretch) -> _Joints | None:
    """Returns the joints that a collection has of the person in a stretch; None if it has none, or no known one.

    Raises:
        Unusable: the file of joints is damaged.
    """
    if record.joints is None or record.joints_person is None:
        return None
    try:
        frames, points = openpose.read_joints(record.joints, record.joints_person)
    except DataError as error:
        raise Unusable("no joints that can be read", str(error).removeprefix(f"{record.joints} ")) from None
    inside = (frames >= stretch.first) & (frames <= stretch.last)
    if not inside.any():
        return None
    joints, known = openpose.to_joints(points[inside])
    if not known.any():
        return None
    return _Joints(stretch.times[frames[inside]], points[inside], joints, known)
