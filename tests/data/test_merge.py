from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data import merge
from catgan.data.recipe import MergeConfig
from catgan.data.records import Record

KINDS = {"people": "human", "others": "human", "tool": "tool"}


def record(source, **labels):
    return Record(source, f"{source}.jpg", Path(f"{source}.jpg"), "rows:1", **labels)


def join(*records, tolerance=0.2):
    return merge.join_labels(records, KINDS, MergeConfig(tolerance=tolerance), 1.0)


# === Which rows are one face ===


@settings(max_examples=25)
@given(st.integers(0, 2 ** 31), st.integers(0, 12))
def test_candidates_are_all_pairs_within_the_distance(seed, distance):
    """Against brute force, on hashes that cluster."""
    random = np.random.default_rng(seed)
    centres = random.integers(0, 2, (6, 64))
    bits = centres[random.integers(0, 6, 60)] ^ (random.random((60, 64)) < 0.06)
    expected = {(i, j) for i in range(60) for j in range(i + 1, 60) if (bits[i] != bits[j]).sum() <= distance}
    assert set(merge.candidate_pairs(np.packbits(bits, axis=1), distance)) == expected


def test_a_hash_alone_is_not_enough():
    random = np.random.default_rng(0)
    face, other = random.integers(0, 256, (2, 32, 32)).astype(np.uint8)
    hashes = np.zeros((3, 8), np.uint8)
    pairs = merge.similar_pairs(np.array([10, 20, 30]), hashes, np.stack([face, other, face // 2]), MergeConfig())
    assert [(pair.first, pair.second) for pair in pairs] == [(10, 30)]  # same hash, and same face but for contrast
    assert pairs[0].correlation > 0.99


def test_correlation_by_numpy():
    random = np.random.default_rng(1)
    a, b = random.integers(0, 256, (2, 32, 32)).astype(np.uint8)
    expected = np.corrcoef(a[4:-4, 4:-4].ravel(), b[4:-4, 4:-4].ravel())[0, 1]
    assert merge.correlation(a, b) == pytest.approx(expected)
    assert merge.correlation(a, np.zeros_like(a)) == 0.0  # a flat picture is like nothing


def test_groups_are_connected_components():
    assert merge.group(6, [(4, 2), (2, 0), (5, 3)]) == [[0, 2, 4], [1], [3, 5]]
    assert list(merge.same_keys([7, 8, 9], ["x", "y", "x"])) == [(7, 9)]


def test_a_person_under_two_names_is_one_person():
    def named(source, subject):
        return record(source, subject=subject)

    faces = [[named("tool", "anna")], [named("tool", "anna"), named("people", "p7")], [named("people", "p7")],
             [named("people", "p8")], [named("people", None)]]
    first, second, third, fourth, nobody = merge.subjects(faces)
    assert first == second == third == "tool/anna" and fourth == "people/p8" and nobody is None


# === What is known of a face ===


def test_labels_of_two_sources_complete_each_other():
    face = join(record("tool", presence={12: 1, 4: 0}), record("people", valence=0.5, expression="happiness"))
    assert face.values == {"AU12_present": 1, "AU04_present": 0, "valence": 0.5, "expression": "happiness"}
    assert face.provenance["AU12_present"] == "tool" and face.provenance["valence"] == "people"
    assert not face.conflicts


def test_people_win_over_a_tool():
    face = join(record("tool", presence={12: 0}, valence=-0.9), record("people", presence={12: 1}, valence=0.9))
    assert face.values == {"AU12_present": 1, "valence": 0.9}
    assert face.provenance == {"AU12_present": "people", "valence": "people"}
    assert {conflict["column"]: conflict["decided"] for conflict in face.conflicts} \
        == {"AU12_present": "1", "valence": "0.9"}


def test_people_who_contradict_each_other_leave_it_unknown():
    face = join(record("people", presence={12: 0}, expression="anger", valence=-0.4),
                record("others", presence={12: 1}, expression="disgust", valence=0.4))
    assert face.values == {} and len(face.conflicts) == 3
    assert all(conflict["decided"] == "unknown" for conflict in face.conflicts)


def test_near_numbers_are_averaged():
    face = join(record("people", valence=0.4, intensity={12: 2}), record("others", valence=0.5, intensity={12: 3}))
    assert face.values["valence"] == pytest.approx(0.45)
    assert face.values["AU12"] == pytest.approx(2.5) and face.values["AU12_present"] == 1
    assert face.provenance["valence"] == "people+others" and len(face.conflicts) == 2
    far = join(record("people", intensity={12: 1}), record("others", intensity={12: 4}))
    assert far.values == {"AU12_present": 1}  # both say present; how strong is unknown


def test_presence_derives_from_intensity_and_coded_presence_wins():
    assert join(record("people", intensity={1: 0.5, 2: 1})).values \
        == {"AU01": 0.5, "AU02": 1.0, "AU01_present": 0, "AU02_present": 1}
    assert join(record("people", intensity={1: 0.5}, presence={1: 1})).values["AU01_present"] == 1


values = st.one_of(st.none(), st.sampled_from([-0.5, 0.0, 0.1, 0.5]))
claims = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), values, st.sampled_from([None, 0, 1])), min_size=1,
                  max_size=4)


@given(claims)
def test_nothing_known_comes_from_nothing(said):
    """Whatever is decided lies between what the deciding members said, and is signed by one of them."""
    members = [record(source, valence=valence, presence={} if present is None else {12: present})
               for source, valence, present in said]
    face = join(*members)
    valences = [valence for _, valence, _ in said if valence is not None]
    assert ("valence" in face.values) <= bool(valences)
    if "valence" in face.values:
        assert min(valences) <= face.values["valence"] <= max(valences)
        assert set(face.provenance["valence"].split("+")) <= {source for source, *_ in said}
    assert set(face.values) == set(face.provenance)
    if {present for *_, present in said} == {0, 1}:
        assert any(conflict["column"] == "AU12_present" for conflict in face.conflicts)


def test_families_make_one_person_of_two_sources():
    faces = [[record("disfa", subject="SN001")], [record("plus", subject="SN001")], [record("bp4d", subject="SN001")]]
    apart = merge.subjects(faces)
    together = merge.subjects(faces, {"disfa": "disfa", "plus": "disfa"})
    assert len(set(apart)) == 3 and together[0] == together[1] == "disfa/SN001" and together[2] == "bp4d/SN001"


def test_frames_without_a_subject_belong_to_their_video():
    faces = [[record("a", video="v1")], [record("a", video="v1")], [record("a", video="v2")], [record("a")]]
    owners = merge.owners(faces, [None] * 4, ["1", "2", "3", "4"], {})
    assert owners[0] == owners[1] != owners[2] and owners[3] == "4"
