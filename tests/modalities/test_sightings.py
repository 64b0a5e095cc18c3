"""Who is who in a clip."""

from catgan.modalities.sightings import Sighting, Sightings, identities
from tests.harness.people import standing
from tests.harness.views import detected_face


def frame(bodies=(), faces=(), pairs=()):
    return Sighting(0.0, {number: None for number in bodies}, {number: None for number in faces}, list(pairs))


def tracks(sightings):
    return [(one.bodies, one.faces) for one in identities(sightings)]


def test_body_and_face_that_are_seen_together_are_one_person():
    clip = [frame([0], [0], [(0, 0)])] * 3 + [frame([0]), frame([], [0])]
    one, = identities(clip)
    assert (one.bodies, one.faces) == ({0}, {0})
    assert one.body_frames == {0, 1, 2, 3} and one.face_frames == {0, 1, 2, 4} and one.frames == {0, 1, 2, 3, 4}


def test_face_joins_the_body_before_and_after_a_gap():
    clip = [frame([0], [0], [(0, 0)])] * 3 + [frame([], [0])] * 2 + [frame([1], [0], [(1, 0)])] * 3
    assert tracks(clip) == [({0, 1}, {0})]


def test_two_people_who_meet_stay_two():
    """In one frame each face lies on the other body."""
    clip = [frame([0, 1], [0, 1], [(0, 0), (1, 1)])] * 4 + [frame([0, 1], [0, 1], [(0, 1), (1, 0)])]
    assert tracks(clip) == [({0}, {0}), ({1}, {1})]


def test_face_and_body_that_met_once_are_two_persons():
    clip = [frame([0], [0])] * 5 + [frame([0], [0], [(0, 0)])]
    assert tracks(clip) == [({0}, set()), (set(), {0})]


def test_nobody_has_two_bodies_at_once():
    clip = [frame([0, 1], [0], [(0, 0)])] * 3 + [frame([0, 1], [0], [(1, 0)])] * 3
    assert tracks(clip) == [({0}, {0}), ({1}, set())]


def test_identities_of_nobody():
    assert identities([]) == identities([frame(), frame()]) == []


def test_add_numbers_bodies_and_faces_and_pairs_them():
    """Points 0..10 of `standing` are the head: they fill 100 x 31 pixels from its corner."""
    sightings = Sightings()
    face = detected_face(90, 30, 120)
    first = sightings.add(0.0, [standing(100, 50, 100), standing(400, 50, 90)], [face])
    assert list(first.bodies) == [0, 1] and first.pairs == [(0, 0)]
    second = sightings.add(0.1, [standing(402, 50, 100), standing(101, 50, 90)], [])
    assert second.bodies[0].box[0] == 101 and second.bodies[1].box[0] == 402 and not second.faces
