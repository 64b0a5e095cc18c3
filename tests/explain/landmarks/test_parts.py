import numpy as np
import pytest

from catgan.explain.landmarks.mesh import mean_shape
from catgan.explain.landmarks.parts import NamedPart, halves, listed, named_parts, parts_of
from catgan.faces.landmark_sets import landmark_set

MESH = landmark_set("mediapipe_478")


@pytest.mark.parametrize("name", ["mediapipe_478", "ibug_68"])
def test_parts_have_every_landmark_once(name):
    known = landmark_set(name)
    np.testing.assert_array_equal(np.sort(np.concatenate(list(parts_of(known).values()))), np.arange(known.count))


def test_parts_give_the_contour_below_the_mouth_to_the_jaw():
    parts, y = parts_of(MESH), mean_shape(MESH)[:, 1]
    assert 152 in parts["jaw"] and 10 in parts["outline of the face"]  # the lowest and the highest point
    assert y[parts["jaw"]].min() > y[[61, 291]].mean() > y[parts["outline of the face"]].max() - 0.2
    assert set(MESH.regions["chin"]) < set(parts["jaw"].tolist())
    assert "chin" not in parts_of(landmark_set("ibug_68")) and "cheeks" not in parts_of(landmark_set("ibug_68"))


def relevance_of(**amounts):
    """The relevance of landmarks by number: `p13=2.0`."""
    relevance = np.zeros(478)
    for name, amount in amounts.items():
        relevance[int(name[1:])] = amount
    return relevance


@pytest.mark.parametrize("relevance, names", [
    # 13 and 14 are the inner lips, 61 and 291 the corners of the mouth, 152 the chin, 107 and 336 the inner brows,
    # 70 and 300 the outer ones, 159 and 386 the upper lids of the right and the left eye.
    (relevance_of(p61=1.0, p291=1.0), ["the corners of the mouth"]),
    (relevance_of(p61=1.0, p291=1.0, p0=1.0, p17=1.0), ["the mouth"]),
    (relevance_of(p107=2.0, p336=2.0, p152=1.0), ["the inner brows"]),
    (relevance_of(p107=2.0, p336=2.0, p152=1.5), ["the inner brows", "the jaw"]),
    (relevance_of(p70=1.0, p105=1.0, p107=1.0), ["the right brow"]),
    (relevance_of(p386=2.0), ["the left eye"]),
    (relevance_of(p386=1.0, p159=1.0, p17=-9.0), ["the eyes"]),
    (relevance_of(p152=-1.0), [])])
def test_named_parts_are_the_largest_until_three_quarters_are_held(relevance, names):
    assert [part.name for part in named_parts(relevance, MESH)] == names


def test_named_parts_tell_their_share_of_what_speaks_for_the_answer():
    found = named_parts(relevance_of(p107=2.0, p336=2.0, p152=1.5, p386=0.5, p159=-2.0, p17=-9.0), MESH)
    # The eyes sum to -1.5 and the mouth to -9: only brows and jaw speak for the answer.
    assert found == [NamedPart("the inner brows", "brows", pytest.approx(4.0 / 5.5)),
                     NamedPart("the jaw", "jaw", pytest.approx(1.5 / 5.5))]
    assert found[1].to_dict() == {"name": "the jaw", "part": "jaw", "share": 0.2727}


def test_named_parts_are_at_most_three():
    relevance = np.zeros(478)
    for points in parts_of(MESH).values():
        relevance[points] = 1.0 / len(points)
    assert len(named_parts(relevance, MESH)) == 3


def test_halves_of_sides_are_the_subjects_own():
    points = parts_of(MESH)["eyes"]
    assert set(points[halves("eyes", points, MESH)["left eye"]]) == set(MESH.regions["left_eye"])
    assert halves("nose", parts_of(MESH)["nose"], MESH) == {}


@pytest.mark.parametrize("names, text", [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"],
                                                                                           "a, b and c")])
def test_listed_joins_with_commas_and_an_and(names, text):
    assert listed(names) == text
