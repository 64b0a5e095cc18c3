"""Says who is who in a clip: joins the tracks of bodies and of faces to persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catgan.faces.detected import DetectedFace
from catgan.faces.tracks import Tracker
from catgan.modalities.person import Person, faces_of

Pair = tuple[int, int]
"""Number of a body's track and number of a face's track."""


@dataclass(frozen=True)
class Sighting:
    """Holds the bodies and faces of one frame by the numbers of their tracks, and which belong together.

    Args:
        seconds: of the frame.
        bodies, faces: by number.
        pairs: body and face of one person.
    """

    seconds: float
    bodies: Mapping[int, Person]
    faces: Mapping[int, DetectedFace]
    pairs: Sequence[Pair]


class Sightings:
    """Numbers bodies and faces frame by frame. They keep their numbers while their boxes overlap."""

    def __init__(self) -> None:
        self._bodies, self._faces = Tracker(), Tracker()

    def add(self, seconds: float, people: Sequence[Person], faces: Sequence[DetectedFace]) -> Sighting:
        """Numbers what is seen in the next frame, the largest first."""
        bodies, numbered = self._bodies.update(people, seconds), self._faces.update(faces, seconds)
        names = list(numbered)
        whose = faces_of(list(bodies.values()), [face.box for face in numbered.values()])
        pairs = [(body, names[which]) for body, which in zip(bodies, whose) if which is not None]
        return Sighting(seconds, bodies, numbered, pairs)


@dataclass
class Identity:
    """Holds the tracks of one person.

    Args:
        bodies, faces: numbers of the tracks.
        body_frames, face_frames: in which frames they are seen.
    """

    bodies: set[int] = field(default_factory=set)
    faces: set[int] = field(default_factory=set)
    body_frames: set[int] = field(default_factory=set)
    face_frames: set[int] = field(default_factory=set)

    @property
    def frames(self) -> set[int]:
        """Frames in which the body or the face is seen."""
        return self.body_frames | self.face_frames

    def body(self, sighting: Sighting) -> Person | None:
        """Returns the person's body in a frame."""
        return next((sighting.bodies[number] for number in self.bodies & set(sighting.bodies)), None)

    def face(self, sighting: Sighting) -> DetectedFace | None:
        """Returns the person's face in a frame."""
        return next((sighting.faces[number] for number in self.faces & set(sighting.faces)), None)


def identities(sightings: Sequence[Sighting]) -> list[Identity]:
    """Joins the tracks of a clip to persons.

    A body and a face are one person if they were seen together in at least half of the frames that show both. Tracks
    that were seen together most often are joined first. Nobody has two bodies or two faces in one frame, so tracks
    with a common frame stay apart.

    Returns:
        The persons, in the order in which they appear.
    """
    tracks: dict[tuple[str, int], Identity] = {}
    together: Counter[Pair] = Counter()
    both: Counter[Pair] = Counter()
    for frame, sighting in enumerate(sightings):
        for number in sighting.bodies:
            one = tracks.setdefault(("body", number), Identity(bodies={number}))
            one.body_frames.add(frame)
        for number in sighting.faces:
            one = tracks.setdefault(("face", number), Identity(faces={number}))
            one.face_frames.add(frame)
        together.update(sighting.pairs)
        both.update((body, face) for body in sighting.bodies for face in sighting.faces)
    for (body, face), count in sorted(together.items(), key=lambda item: (-item[1], item[0])):
        a, b = tracks["body", body], tracks["face", face]
        apart = not a.body_frames & b.body_frames and not a.face_frames & b.face_frames
        if a is not b and apart and 2 * count >= both[body, face]:
            _join(tracks, a, b)
    people = {id(one): one for one in tracks.values()}.values()
    return sorted(people, key=lambda one: min(one.frames))


def _join(tracks: dict[tuple[str, int], Identity], a: Identity, b: Identity) -> None:
    """Makes one person of two, for all of their tracks."""
    one = Identity(a.bodies | b.bodies, a.faces | b.faces, a.body_frames | b.body_frames,
                   a.face_frames | b.face_frames)
    for number in one.bodies:
        tracks["body", number] = one
    for number in one.faces:
        tracks["face", number] = one
