"""Finds persons in photographs and videos: 33 points of the body with MediaPipe's Pose Landmarker."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from catgan import system
from catgan.errors import DataError
from catgan.faces import model_files
from catgan.faces.images import to_rgb
from catgan.modalities.graphs import Graph, scaled
from catgan.modalities.person import VISIBLE, Person, clipped, distinct, faces_of

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerResult

SMALLEST_SIDE = 128
"""Pictures with a smaller longer side are enlarged to it, in pixels."""
LARGEST_SIDE = 1024
"""Pictures with a larger longer side are reduced to it, in pixels: MediaPipe looks for persons at 224 px."""

AROUND_FACE = (1.5, 0.75, 2.5)
"""Where the body of a face is looked for: heights of the face box to both sides, above its top, and below its top."""


class PoseReader:
    """Finds upright persons in images and in videos. A context manager.

    MediaPipe's detector finds persons that fill a good part of the image. Smaller ones are found near their faces.

    Args:
        model_path: the `pose_landmarker_lite.task` bundle; by default `model_files.find` searches for it. MediaPipe's
            *full* and *heavy* bundles are other files and are refused.
        max_people: largest number of persons per image.

    Raises:
        CatganError: the bundle is missing or not the expected one.
    """

    def __init__(self, model_path: str | os.PathLike | None = None, max_people: int = 5):
        self._path = str(model_files.find("pose_landmarker", model_path))
        self._max_people = max_people
        self._has_found = False
        self._graph = Graph("PoseReader", lambda: _open(self._path, max_people, video=False))

    def __enter__(self) -> PoseReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees MediaPipe's graph; may be called twice."""
        self._graph.close()

    def detect(self, image: np.ndarray, faces: Sequence[Sequence[float]] = ()) -> list[Person]:
        """Finds the persons of one image, the largest box first.

        Args:
            image: any array that `catgan.faces.images.to_rgb` accepts.
            faces: face boxes (left, top, width, height in pixels), for example of `FaceLandmarker`. A face without a
                person is looked at again, with what is around it.

        Raises:
            CatganError: the array is not an image, or the reader is closed.
            DataError: a face box without area or outside the image.
        """
        pixels = to_rgb(image)
        faces = [clipped(face, pixels.shape) for face in faces]
        return self.missed(pixels, self._look(pixels), faces)

    def follow(self, frames: Iterable[tuple[float, np.ndarray]]) -> Iterator[list[Person]]:
        """Finds the persons in each frame of a video. Points move more smoothly than those of `detect`.

        Each call opens its own graph, so that nothing is remembered of another video. Persons have no names: who is who
        in two frames is not said.

        Args:
            frames: seconds and picture of each frame; the seconds increase by at least .001.

        Yields:
            The persons of each frame, the largest box first.

        Raises:
            DataError: the seconds do not increase.
            CatganError: a frame is not an image, or MediaPipe failed.
        """
        with self.video() as video:
            for seconds, image in frames:
                yield video.read(seconds, image)

    def video(self) -> PoseVideo:
        """Opens a graph for the frames of one video."""
        return PoseVideo(self)

    def missed(self, pixels: np.ndarray, people: Sequence[Person], faces: Sequence[Sequence[float]]) -> list[Person]:
        """Finds the persons of faces that belong to none of `people`, and returns all of them, the largest box first.

        Args:
            pixels: uint8 `(h, w, 3)`.
            people: those that were found.
            faces: boxes as in `detect`.
        """
        owned, found = set(faces_of(people, faces)), list(people)
        for which, face in enumerate(faces):
            if which not in owned:
                found += self._look_around(pixels, face)
        return distinct(found, self._max_people)

    def _look(self, pixels: np.ndarray) -> list[Person]:
        """Returns the persons of one view."""
        view = _picture(_square(pixels))
        return self._found(self._graph, lambda task: task.detect(view), pixels.shape)

    def _found(self, graph: Graph, call: Callable[[PoseLandmarker], PoseLandmarkerResult],
               shape: Sequence[int]) -> list[Person]:
        """Returns the persons that a call finds. MediaPipe writes a warning to stderr with the first one."""
        with contextlib.nullcontext() if self._has_found else system.silenced():
            people = _people(graph.run(call, tuple(shape)), shape)
        self._has_found = self._has_found or bool(people)
        return people

    def _look_around(self, pixels: np.ndarray, face: Sequence[float]) -> list[Person]:
        """Returns the person of a face, in pixels of the whole image; none or one."""
        height, width = pixels.shape[:2]
        sideways, above, below = (share * face[3] for share in AROUND_FACE)
        middle = face[0] + face[2] / 2
        left, top = max(int(middle - sideways), 0), max(int(face[1] - above), 0)
        view = pixels[top:min(int(face[1] + below) + 1, height), left:min(int(middle + sideways) + 1, width)]
        shift = np.array([left, top, 0], np.float32)
        people = [Person(person.points + shift, person.metres, person.visibility, person.visible)
                  for person in self._look(view)]
        return [person for person, which in zip(people, faces_of(people, [face])) if which is not None]


class PoseVideo:
    """Finds the persons in the frames of one video, which are given one by one. A context manager.

    Args:
        reader: an open reader, which looks at single frames again where that is needed.
    """

    def __init__(self, reader: PoseReader):
        self._reader = reader
        self._before = -1
        self._graph = Graph("PoseVideo", lambda: _open(reader._path, reader._max_people, video=True))

    def __enter__(self) -> PoseVideo:
        return self

    def __exit__(self, *error: object) -> None:
        self._graph.close()

    def read(self, seconds: float, image: np.ndarray, faces: Sequence[Sequence[float]] = ()) -> list[Person]:
        """Finds the persons of the next frame, the largest box first.

        Args:
            seconds: time of the frame, at least .001 later than the one before.
            image: any array that `catgan.faces.images.to_rgb` accepts.
            faces: boxes as in `PoseReader.detect`.

        Raises:
            DataError: the seconds do not increase, or a face box without area or outside the image.
            CatganError: a frame is not an image, or MediaPipe failed.
        """
        milliseconds = _milliseconds(seconds, self._before)
        self._before = milliseconds
        pixels = to_rgb(image)
        faces = [clipped(face, pixels.shape) for face in faces]
        view = _picture(_square(pixels))
        people = self._reader._found(self._graph, lambda task: task.detect_for_video(view, milliseconds), pixels.shape)
        return self._reader.missed(pixels, people, faces)


def _milliseconds(seconds: float, before: int) -> int:
    """Returns the time of a frame as MediaPipe takes it.

    Raises:
        DataError: it is not later than the frame before.
    """
    if not np.isfinite(seconds) or seconds < 0 or round(seconds * 1000) <= before:
        raise DataError(f"The seconds of frames must be at least 0 and increase by at least .001. Received: {seconds} "
                        + (f"after {before / 1000}." if before >= 0 else "first."))
    return round(seconds * 1000)


def _people(result: PoseLandmarkerResult, shape: Sequence[int]) -> list[Person]:
    """Returns the persons of MediaPipe's result that have a visible point."""
    people = [_person(*found, shape) for found in zip(result.pose_landmarks, result.pose_world_landmarks)]
    return [person for person in people if person.visible.any()]


def _person(landmarks: Sequence, world: Sequence, shape: Sequence[int]) -> Person:
    points = np.array([(point.x, point.y, point.z) for point in landmarks], np.float32) * max(shape[:2])
    metres = np.array([(point.x, point.y, point.z) for point in world], np.float32)
    visibility = np.array([point.visibility for point in landmarks], np.float32)
    inside = ((points[:, :2] >= 0) & (points[:, :2] < (shape[1], shape[0]))).all(1)
    return Person(points, metres, visibility, (visibility >= VISIBLE) & inside)


def _square(pixels: np.ndarray) -> np.ndarray:
    """Scales a picture and adds black at its right or lower side, since MediaPipe misplaces points in other shapes."""
    view = scaled(pixels, SMALLEST_SIDE, LARGEST_SIDE)
    height, width = view.shape[:2]
    side = max(height, width)
    return np.pad(view, ((0, side - height), (0, side - width), (0, 0)))


def _picture(pixels: np.ndarray):
    """Returns a picture as MediaPipe takes it."""
    import mediapipe

    return mediapipe.Image(mediapipe.ImageFormat.SRGB, np.ascontiguousarray(pixels))


def _open(path: str, max_people: int, video: bool) -> PoseLandmarker:
    from mediapipe.tasks.python import BaseOptions, vision

    mode = vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE
    task = vision.PoseLandmarker.create_from_options(vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=path), num_poses=max_people, running_mode=mode))
    if not video:  # a first frame would be remembered
        task.detect(_picture(np.zeros((SMALLEST_SIDE, SMALLEST_SIDE, 3), np.uint8)))
    return task
