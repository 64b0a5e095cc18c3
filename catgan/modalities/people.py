"""Finds the persons in photographs and clips: face, body, joints and pixels of each."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from catgan.errors import CatganError, DataError
from catgan.faces.detected import DetectedFace
from catgan.faces.images import to_rgb
from catgan.faces.landmarks import SAME_FACE, FaceLandmarker, overlap
from catgan.faces.tracks import LEAST_OVERLAP
from catgan.modalities.body_shape import body_mask, is_upright
from catgan.modalities.clearest import Clearest, Moment, body_clarity, face_clarity
from catgan.modalities.gait_reader import RATE, resampled
from catgan.modalities.joints import person_joints
from catgan.modalities.person import Person, faces_of
from catgan.modalities.person_mask import PersonSegmenter
from catgan.modalities.pose import PoseReader
from catgan.modalities.sightings import Identity, Sighting, Sightings, identities
from catgan.modalities.views import PersonView

CLOSEST = 0.75
"""Frames that follow nearer than this, in steps of the rate, are left out."""
SEARCH_SECONDS = 1.0
"""Seconds between two searches of whole frames for faces. Between them faces are looked for near their last places."""
LEAST_SEEN = 0.1
"""Share of the frames in which a person must be seen; what is seen less often is mostly no person."""

LEAST_CONFIDENCE = 0.1
"""Mean confidence of the segmenter over a body that is neither upright nor has a face; writing has .01 at most."""


class PeopleReader:
    """Finds persons in photographs and clips. A context manager.

    Args:
        models: folder of MediaPipe's three files; by default `catgan.faces.model_files.find` searches for them.
        max_people: largest number of faces and of bodies in one picture.

    Raises:
        CatganError: a file is missing or not the expected one.
    """

    def __init__(self, models: str | os.PathLike | None = None, max_people: int = 5):
        if max_people < 1:
            raise CatganError(f"The largest number of persons must be at least 1. Received: {max_people}.")
        with contextlib.ExitStack() as stack:
            self._landmarker = stack.enter_context(FaceLandmarker(_path(models, "face_landmarker"), max_people))
            self._pose = stack.enter_context(PoseReader(_path(models, "pose_landmarker"), max_people))
            self._segmenter = stack.enter_context(PersonSegmenter(_path(models, "selfie_segmenter")))
            self._open = stack.pop_all()

    def __enter__(self) -> PeopleReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees MediaPipe's graphs; may be called twice."""
        self._open.close()

    def photograph(self, image: np.ndarray) -> list[PersonView]:
        """Finds the persons of a photograph, the largest first; none is no error.

        A face without a body and a body without a face are persons too.

        Args:
            image: any array that `catgan.faces.images.to_rgb` accepts.

        Raises:
            CatganError: the array is not an image, or the reader is closed.
        """
        pixels = to_rgb(image)
        faces = _inside(self._landmarker.detect(pixels), pixels.shape)
        bodies = self._real(pixels, self._pose.detect(pixels, [face.box for face in faces]), faces)
        if not faces and not bodies:
            return []
        mask = self.mask(pixels, bodies, faces)
        whose = faces_of(bodies, [face.box for face in faces])
        found: list[tuple[Person | None, DetectedFace | None]] = [
            (body, None if which is None else faces[which]) for body, which in zip(bodies, whose)]
        found += [(None, face) for which, face in enumerate(faces) if which not in whose]
        views = [_photographed(pixels, mask, body, face) for body, face in found]
        return sorted(views, key=_area, reverse=True)

    def clip(self, frames: Iterable[tuple[float, np.ndarray]], rate: float = RATE) -> list[PersonView]:
        """Finds the persons of a clip, the one who is seen most first; none is no error.

        Persons keep their identity while their bodies or faces overlap from frame to frame. The picture of each is the
        one in which the face is clearest: frontal and sharp; without a face, the one that shows most of the body.
        `given["boxes"]` of a view says where the person is in each frame in which they are seen: float64 `(frames, 9)`,
        seconds, then left, top, width and height of the body and of the face in pixels, NaN where that is not seen.

        Args:
            frames: seconds and picture of each frame, in order, read one by one.
            rate: frames per second of the joints; frames that follow much faster are left out.

        Raises:
            DataError: the seconds do not increase, or the rate is not a positive number.
            CatganError: a frame is not an image, or the reader is closed.
        """
        if not 0 < rate < float("inf"):
            raise DataError(f"The rate must be a positive number of frames a second. Received: {rate}.")
        clearest, sightings = Clearest(), list[Sighting]()
        for sighting, picture in self._watched(_sampled(frames, rate)):
            for number, face in sighting.faces.items():
                clearest.offer(("face", number), Moment(len(sightings), picture, face_clarity(picture, face)))
            for number, body in sighting.bodies.items():
                clearest.offer(("body", number), Moment(len(sightings), picture, body_clarity(body)))
            sightings.append(sighting)
        people = [one for one in identities(sightings) if len(one.frames) >= LEAST_SEEN * len(sightings)]
        masks: dict[int, np.ndarray] = {}
        views = [self._filmed(one, sightings, clearest, masks, rate) for one in people]
        order = sorted(range(len(views)), key=lambda place: (-len(people[place].frames), -_area(views[place])))
        return [views[place] for place in order]

    def mask(self, pixels: np.ndarray, bodies: Sequence[Person], faces: Sequence[DetectedFace]) -> np.ndarray:
        """Returns where persons are, float32 `(h, w)`, 0..1: what the segmenter finds, and the bodies by their points.
        """
        drawn = body_mask(pixels.shape, bodies, [face.box for face in faces])
        return np.maximum(self._segmenter.confidence(pixels), drawn)

    def _watched(self, frames: Iterable[tuple[float, np.ndarray]]) -> Iterator[tuple[Sighting, np.ndarray]]:
        """Yields what is seen in each frame, and its picture."""
        sightings, places, searched = Sightings(), list[DetectedFace](), -float("inf")
        with self._pose.video() as video:
            for seconds, image in frames:
                pixels = to_rgb(image)
                if seconds - searched >= SEARCH_SECONDS:
                    faces = places = _inside(self._landmarker.detect(pixels), pixels.shape)
                    searched = seconds
                elif places:
                    faces, places = self._near(pixels, places)
                else:
                    faces = places = _inside(self._landmarker.detect_large(pixels), pixels.shape)
                bodies = video.read(seconds, pixels, [face.box for face in faces])
                yield sightings.add(seconds, self._real(pixels, bodies, faces), faces), pixels

    def _real(self, pixels: np.ndarray, bodies: Sequence[Person], faces: Sequence[DetectedFace]) -> list[Person]:
        """Leaves out bodies that have no face, do not stand or sit, and where the segmenter sees nobody.

        MediaPipe takes writing for persons who lie.
        """
        whose = faces_of(bodies, [face.box for face in faces])
        doubtful = [face is None and not is_upright(body) for body, face in zip(bodies, whose)]
        if not any(doubtful):
            return list(bodies)
        mask = self._segmenter.confidence(pixels)
        return [body for body, doubt in zip(bodies, doubtful) if not doubt or _covered(mask, body) >= LEAST_CONFIDENCE]

    def _near(self, pixels: np.ndarray, places: Sequence[DetectedFace]
              ) -> tuple[list[DetectedFace], list[DetectedFace]]:
        """Looks for faces near their last places.

        Returns:
            The faces, the largest first, and all last places: those of faces that were not found stay.
        """
        faces, lost = list[DetectedFace](), list[DetectedFace]()
        for place in places:
            near = max(_inside(self._landmarker.detect_near(pixels, place.box), pixels.shape), default=None,
                       key=lambda face: overlap(face.box, place.box))
            if near is None or overlap(near.box, place.box) < LEAST_OVERLAP:
                lost.append(place)
            elif all(overlap(near.box, face.box) < SAME_FACE for face in faces):
                faces.append(near)
        return sorted(faces, key=lambda face: -face.box[2] * face.box[3]), faces + lost

    def _filmed(self, one: Identity, sightings: Sequence[Sighting], clearest: Clearest, masks: dict[int, np.ndarray],
                rate: float) -> PersonView:
        """Returns what is seen of one person of a clip."""
        moment = (clearest.best([("face", number) for number in sorted(one.faces)])
                  or clearest.best([("body", number) for number in sorted(one.bodies)]))
        assert moment is not None  # a person is seen in some frame
        sighting = sightings[moment.frame]
        if moment.frame not in masks:
            masks[moment.frame] = self.mask(moment.picture, list(sighting.bodies.values()),
                                            list(sighting.faces.values()))
        seconds, joints, known = _joints(one, sightings, rate)
        kind = f"the clearest of {len(one.face_frames)} frames with the face" if one.faces else \
            f"the one of {len(one.body_frames)} frames that shows most of the body"
        return PersonView(seconds, joints, known, moment.picture, sighting.seconds, one.face(sighting),
                          one.body(sighting), masks[moment.frame], _best_pose(seconds, known, sighting.seconds), rate,
                          f"{kind}, at {sighting.seconds:.2f} s", {"boxes": _boxes(one, sightings)})


def _path(models: str | os.PathLike | None, name: str) -> str | None:
    """Returns the path of a model file in a folder."""
    from catgan.faces.model_files import model

    return None if models is None else os.path.join(models, model(name).filename)


def _inside(faces: Sequence[DetectedFace], shape: Sequence[int]) -> list[DetectedFace]:
    """Returns the faces whose box has a part in the picture."""
    return [face for face in faces if face.box[0] < shape[1] and face.box[1] < shape[0]
            and face.box[0] + face.box[2] > 0 and face.box[1] + face.box[3] > 0 and min(face.box[2:]) > 0]


def _covered(mask: np.ndarray, body: Person) -> float:
    """Returns the mean confidence of the segmenter over a body."""
    place = body_mask(mask.shape, [body]) > 0
    return float(mask[place].mean()) if place.any() else 0.0


def _area(view: PersonView) -> float:
    box = view.box
    return 0.0 if box is None else box[2] * box[3]


def _photographed(pixels: np.ndarray, mask: np.ndarray, body: Person | None, face: DetectedFace | None) -> PersonView:
    joints, known = _pose(body)
    return PersonView(np.zeros(1), joints[None], known[None], pixels, 0.0, face, body, mask)


def _pose(body: Person | None) -> tuple[np.ndarray, np.ndarray]:
    """Returns joints `(16, 3)` and their mask; unknown without a body, or where numbers are not finite."""
    if body is None:
        return np.zeros((16, 3), np.float32), np.zeros(16, bool)
    return person_joints(body)


def _sampled(frames: Iterable[tuple[float, np.ndarray]], rate: float) -> Iterator[tuple[float, np.ndarray]]:
    """Leaves out frames that follow too fast.

    Raises:
        DataError: the seconds do not increase.
    """
    before, taken = -float("inf"), -float("inf")
    for seconds, image in frames:
        if not seconds > before:
            raise DataError(f"The seconds of frames must increase. Received: {seconds} after {before}.")
        before = seconds
        if seconds - taken >= CLOSEST / rate - 1e-6:  # 0.1 - 0.05 is less than 0.05
            taken = seconds
            yield seconds, image


def _joints(one: Identity, sightings: Sequence[Sighting], rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns even times of a whole clip, the person's joints, and which are known."""
    poses = [_pose(one.body(sighting)) for sighting in sightings]
    seconds = np.array([sighting.seconds for sighting in sightings], np.float64)
    return resampled(seconds, np.stack([joints for joints, _ in poses]), np.stack([known for _, known in poses]), rate)


def _boxes(one: Identity, sightings: Sequence[Sighting]) -> np.ndarray:
    """Returns where a person of a clip is, float64 `(frames, 9)`: seconds; left, top, width and height of the body; the
    same of the face; NaN where body or face are not seen."""
    nowhere = (np.nan,) * 4
    rows = []
    for sighting in (sightings[frame] for frame in sorted(one.frames)):
        body, face = one.body(sighting), one.face(sighting)
        rows.append((sighting.seconds, *(nowhere if body is None else body.box),
                     *(nowhere if face is None else face.box)))
    return np.array(rows, np.float64)


def _best_pose(seconds: np.ndarray, known: np.ndarray, at: float) -> int:
    """Returns the frame with the most known joints, the nearest to `at` of equal ones."""
    return int(np.lexsort([np.abs(seconds - at), -known.sum(-1)])[0])
