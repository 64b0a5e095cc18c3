"""What is known of a face when several sources speak of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.data.builder import join as joining
from catgan.data.builder.recipe import MergeConfig
from catgan.data.sources.records import Record
from catgan.errors import CatganError

KINDS = {"people": "human", "others": "human", "tool": "tool"}


def record(source, **labels):
    return Record(source, f"{source}.jpg", Path(f"{source}.jpg"), "rows:1", **labels)


def join(*records, **policy):
    return joining.join_labels(records, KINDS, MergeConfig(**policy), 1.0)


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


def test_conflicts_have_no_digits_of_a_conversion():
    face = join(record("people", valence=-0.1 - 0.2), record("others", valence=0.9))
    assert [conflict["said"] for conflict in face.conflicts] == ["people/people.jpg: -0.3; others/others.jpg: 0.9"]


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


def test_presence_from_an_intensity_wins_over_presence_alone():
    graded, alone = record("people", intensity={12: 2.0}), record("others", presence={12: 0})
    assert join(graded, alone).values == {"AU12": 2.0, "AU12_present": 1}
    assert join(graded, alone, prefer=("human",)).values == {"AU12": 2.0}
    # People without grades still win over a tool with them, and the other way round where the recipe says so.
    tool = record("tool", intensity={12: 3.0})
    assert join(tool, alone).values == {"AU12": 3.0, "AU12_present": 0}
    assert join(tool, alone, prefer=("intensity", "human")).values == {"AU12": 3.0, "AU12_present": 1}


def test_what_differs_at_all_may_be_made_unknown():
    near = record("people", valence=0.4), record("others", valence=0.5)
    assert join(*near, otherwise="unknown").values == {} and join(*near).values["valence"] == pytest.approx(0.45)
    assert join(*near, prefer=()).values["valence"] == pytest.approx(0.45)


@pytest.mark.parametrize("policy", [{"prefer": ("machines",)}, {"otherwise": "guess"}, {"kin": 0.99},
                                    {"hash_distance": 40}])
def test_policies_that_cannot_be(policy):
    with pytest.raises(CatganError):
        MergeConfig(**policy)


def test_ids_of_several_faces_in_one_image():
    ids = np.array([b"aaaaaaaaaaaaaaaa", b"bbbbbbbbbbbbbbbb", b"aaaaaaaaaaaaaaaa", b"aaaaaaaaaaaaaaaa"])
    joining._make_unique(ids)
    assert len(set(ids.tolist())) == 4 and ids[0] == b"a" * 16 and ids[1] == b"b" * 16
