"""Which rows are one face, and whom faces belong to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data.builder import merge
from catgan.data.builder.groups import face_groups
from catgan.data.builder.merge import Groups, Pair
from catgan.data.builder.recipe import MergeConfig

NONE = -np.ones(8, int)


def groups(clips=(), frames=()):
    clip, frame = NONE.copy(), NONE.copy()
    clip[:len(clips)], frame[:len(frames)] = clips, frames
    return Groups(clip, frame)


def parts(found):
    roots = found.connected.roots()
    return sorted([np.flatnonzero(roots == root).tolist() for root in set(roots.tolist())])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2 ** 31), st.integers(0, 12))
def test_candidates_are_all_pairs_within_the_distance(seed, distance):
    """Against brute force, on hashes that cluster; each pair comes once."""
    random = np.random.default_rng(seed)
    centres = random.integers(0, 2, (6, 64))
    bits = centres[random.integers(0, 6, 60)] ^ (random.random((60, 64)) < 0.06)
    expected = {(i, j) for i in range(60) for j in range(i + 1, 60) if (bits[i] != bits[j]).sum() <= distance}
    hashes = np.packbits(bits, axis=1).view(np.uint64).ravel()
    found = list(merge.candidate_pairs(hashes, distance))
    assert set(found) == expected and len(found) == len(expected)
    clips = random.integers(-1, 2, 60)
    apart = {(i, j) for i, j in expected if clips[i] < 0 or clips[i] != clips[j]}
    assert set(merge.candidate_pairs(hashes, distance, clips)) == apart


def test_a_hash_alone_is_not_enough():
    random = np.random.default_rng(0)
    thumbnails = np.zeros((31, 32, 32), np.uint8)
    thumbnails[10], thumbnails[20] = random.integers(0, 256, (2, 32, 32))
    thumbnails[30] = thumbnails[10] // 2
    pairs = merge.similar_pairs(np.array([10, 20, 30]), np.zeros(3, np.uint64), thumbnails, MergeConfig())
    assert [(pair.first, pair.second) for pair in pairs] == [(10, 30)]  # same hash, and same face but for contrast
    assert pairs[0].correlation > 0.99


def test_correlation_by_numpy():
    random = np.random.default_rng(1)
    a, b = random.integers(0, 256, (2, 32, 32)).astype(np.uint8)
    expected = np.corrcoef(a[1:-1, 1:-1].ravel(), b[1:-1, 1:-1].ravel())[0, 1]
    assert merge.correlation(a, b) == pytest.approx(expected)
    assert merge.correlation(a, np.zeros_like(a)) == 0.0  # a flat picture is like nothing


def test_equal_values_are_linked_to_their_first():
    assert sorted(merge.equal_values(np.array([7, 0, 9, 7, 0, 7], np.uint64))) == [(0, 3), (0, 5)]


def test_groups_are_connected_components():
    found = groups()
    found.join([(4, 2), (2, 0), (5, 3)])
    assert parts(found) == [[0, 2, 4], [1], [3, 5], [6], [7]] and not found.near_duplicates


def test_two_frames_of_a_video_are_never_one_face():
    """A still of a video that does not move is like all its frames; it joins the most certain one only."""
    found = groups(clips=[-1, 5, 5, 6], frames=[-1, 1, 2, 1])
    joined = found.join_alike([Pair(0, 2, 1, 0.98), Pair(2, 3, 0, 0.985), Pair(0, 1, 0, 0.99)], MergeConfig())
    assert joined == [Pair(0, 1, 0, 0.99)] and parts(found)[0] == [0, 1]
    assert sorted(found.near_duplicates) == [(0, 2), (2, 3)]  # alike, of two videos or two moments: kept in one split
    found.join([(1, 2)])
    assert (1, 2) in found.near_duplicates and parts(found)[0] == [0, 1]


def test_alike_but_not_the_same_is_kin():
    found = groups()
    assert found.join_alike([Pair(0, 1, 5, 0.93)], MergeConfig()) == []
    assert found.near_duplicates == [(0, 1)] and [0] in parts(found)


def test_the_largest_face_is_kept():
    found = merge.faces(np.array([0, 1, 0, 1, 4]), np.array([True, True, True, True, False]),
                        np.array([10.0, 30, 20, 30, 99]))
    assert found.kept.tolist() == [1, 2] and found.of(0, 2) == [[1, 3], [0, 2]]
    assert found.of_row.tolist() == [1, 0, 1, 0, -1]


def grouped(members, persons, clips=None, people=("p", "q", "r"), videos=("v", "w"), near_duplicates=()):
    roots = np.zeros(sum(map(len, members)), int)
    for face in members:
        roots[face] = face[0]
    found = merge.faces(roots, np.ones(len(roots), bool), np.ones(len(roots)))
    clips = -np.ones(len(roots), int) if clips is None else np.array(clips)
    return face_groups(found, np.array(persons), clips, people, videos, near_duplicates, lambda face: f"face{face}")


def test_a_person_under_two_names_is_one_person():
    found = grouped([[0], [1, 2], [3], [4], [5]], [0, 0, 1, 1, 2, -1])
    assert found.subjects == ["p", "p", "p", "r", None]
    assert found.group_of_face.tolist() == [0, 0, 0, 1, 2] and found.names == ["p", "r", "face4"]


def test_frames_without_a_subject_belong_to_their_video():
    found = grouped([[0], [1], [2], [3]], [-1] * 4, [0, 0, 1, -1])
    assert found.group_of_face.tolist() == [0, 0, 1, 2] and found.names == ["v", "w", "face3"]


def test_two_people_of_one_video_stay_together():
    assert grouped([[0], [1]], [0, 1], [0, 0]).group_of_face.tolist() == [0, 0]


def test_what_looks_alike_stays_together():
    found = grouped([[0], [1], [2]], [-1] * 3, near_duplicates=[(0, 2)])
    assert found.group_of_face.tolist() == [0, 1, 0] and found.subjects == [None] * 3
