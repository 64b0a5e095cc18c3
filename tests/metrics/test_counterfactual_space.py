"""Figures of counterfactuals in the space of pictures: by hand, against scipy, along ladders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from catgan.errors import CatganError
from catgan.metrics import counterfactual as cf
from catgan.metrics import counterfactual_space as space
from tests.harness.pictures import RANGES, blended, noise, rising

NAN = np.nan


# === Along the path from the face to the answer ===


def binary(target):
    """Scores of two classes, from the chance of the target."""
    def scores(images):
        chance = target(images)
        return np.stack([1.0 - chance, chance], 1)
    return scores


def put_in(images):
    """Share of the pixels that are the answer's, where the face is black."""
    return (images.max(-1) > 0).mean((1, 2))


BLACK, LADDER = np.zeros((1, 2, 2, 1), np.uint8), np.array([[[[10], [40]], [[30], [20]]]], np.uint8)


def test_cout_by_hand():
    """Curves of the target over 0, 1, 2, 3, 4 of four pixels: areas 0.875, 0.125 and 0.5."""
    first = binary(lambda images: (images[:, 0, 1, 0] == 40).astype(float))  # changed most, so put in first
    last = binary(lambda images: (images[:, 0, 0, 0] == 10).astype(float))
    for scores, expected in ((first, 0.75), (last, -0.75), (binary(put_in), 0.0)):
        assert space.cout(BLACK, LADDER, scores, 4) == pytest.approx([expected])
        assert space.cout(BLACK, LADDER, scores) == pytest.approx([expected])  # no more parts than pixels
    assert space.cout(BLACK, LADDER, lambda images: np.array([[0.7, 0.2]])) == pytest.approx([-0.5])


def test_cout_weighs_parts_by_their_pixels():
    """Three parts of four pixels: 1, 2, 1. The first turns the answer: area 1/4 * 1/2 + 1/2 + 1/4."""
    scores = binary(lambda images: (images[:, 0, 1, 0] == 40).astype(float))
    assert space.cout(BLACK, LADDER, scores, 3) == pytest.approx([2 * 0.875 - 1])
    assert space.cout(BLACK, LADDER, binary(put_in), 3) == pytest.approx([0.0])


def test_cout_puts_the_most_changed_pixels_in_first():
    before, after, seen = noise(4), noise(5), []

    def scores(images):
        seen.append(images.copy())
        return np.full((3, 2), 0.5)

    assert (space.cout(before, after, scores, 8) == 0.0).all()
    assert len(seen) == 9 and (seen[0] == before).all() and (seen[-1] == after).all()
    change = np.abs(after.astype(int) - before).sum(-1)
    for step, images in enumerate(seen):
        inside = (images == after).all(-1)
        assert inside.sum((1, 2)).tolist() == [32 * step] * 3
        for taken, size in zip(inside, change):
            assert not taken.any() or taken.all() or size[taken].min() >= size[~taken].max()


def test_cout_falls_as_pixels_without_effect_are_changed():
    """The mouth decides; every row more of background that is changed, and changed more, comes before it."""
    before = np.zeros((5, 8, 8, 3), np.uint8)
    after = before.copy()
    after[:, 7] = 50
    for rows, answer in enumerate(after):
        answer[:rows] = 100
    mouth = binary(lambda images: (images[:, 7] > 0).mean((1, 2)))
    values = space.cout(before, after, mouth)
    assert rising(-values) and values[0] == pytest.approx(1 - 8 / 64, abs=0.02)


def test_cout_of_every_face_is_its_own():
    chances = np.array([0.1, 0.9])
    scores = binary(lambda images: chances)
    np.testing.assert_allclose(space.cout(np.tile(BLACK, (2, 1, 1, 1)), np.tile(LADDER, (2, 1, 1, 1)), scores),
                               [-0.8, 0.8])


def test_progress_by_hand():
    answers, starts = np.array([0.5, 0.2, 0.0, -0.9, 0.7]), np.array([0.5, 0.4, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(space.progress(answers, starts, -0.5), [0.0, 0.2 / 0.9, 0.5, 1.0, 0.0])
    np.testing.assert_allclose(space.progress(answers, starts, starts), [NAN] * 5)
    assert space.progress(np.array([0.3]), np.array([0.4]), 0.0) == pytest.approx([0.25])  # distances to an interval
    assert space.progress(np.zeros(0), np.zeros(0), 1.0).shape == (0,)


def test_cout_towards_by_hand():
    """Valence falls from 0.5 by 0.25 a pixel, to -0.5."""
    def valence(images):
        return 0.5 - put_in(images)

    assert space.cout_towards(BLACK, LADDER, valence, -0.5) == pytest.approx([0.0])
    # there after two of four pixels: progress 0, 1/2, 1, 1, 1, area 0.75
    assert space.cout_towards(BLACK, LADDER, valence, 0.0) == pytest.approx([0.5])
    # away from the goal, and not moved: no progress
    assert space.cout_towards(BLACK, LADDER, valence, 1.0) == pytest.approx([-1.0])
    assert space.cout_towards(BLACK, BLACK, valence, -0.5) == pytest.approx([-1.0])
    assert np.isnan(space.cout_towards(BLACK, LADDER, valence, 0.5)).all()
    both = space.cout_towards(np.tile(BLACK, (2, 1, 1, 1)), np.tile(LADDER, (2, 1, 1, 1)), valence, np.array([0.5, 0]))
    np.testing.assert_allclose(both, [NAN, 0.5])


def test_cout_towards_falls_with_the_distance_of_the_goal():
    goals = np.array([0.25, 0.0, -0.25, -0.5, -5.0])
    values = space.cout_towards(np.tile(BLACK, (5, 1, 1, 1)), np.tile(LADDER, (5, 1, 1, 1)),
                                lambda images: 0.5 - put_in(images), goals)
    assert rising(-values)


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, (2, 3, 4, 4, 2)), st.integers(1, 20), st.floats(-2, 2), st.integers(0, 99))
def test_cout_keeps_to_its_range(pictures, steps, goal, seed):
    weights = np.random.default_rng(seed).normal(size=pictures.shape[2:])

    def answer(images):
        return np.tanh((images / 255.0 * weights).sum((1, 2, 3)))

    classes = space.cout(*pictures, binary(lambda images: (answer(images) + 1) / 2), steps)
    graded = space.cout_towards(*pictures, answer, goal, steps)
    assert classes.shape == graded.shape == (3,)
    assert all((np.abs(values[np.isfinite(values)]) <= 1.0 + 1e-12).all() for values in (classes, graded))


def test_cout_refuses():
    with pytest.raises(CatganError, match=r"must be \(1, 2\) within 0..1. Received: \(1, 2\), nan..nan"):
        space.cout(BLACK, LADDER, lambda images: np.full((1, 2), NAN))
    with pytest.raises(CatganError, match=r"Received: \(1, 2\), 3..3"):
        space.cout(BLACK, LADDER, lambda images: np.full((1, 2), 3.0))
    with pytest.raises(CatganError, match=r"Received: \(1,\)"):
        space.cout(BLACK, LADDER, lambda images: np.full(1, 0.5))
    with pytest.raises(CatganError, match="must be .1,. and finite"):
        space.cout_towards(BLACK, LADDER, lambda images: np.array([NAN]), 1.0)
    with pytest.raises(CatganError, match="one shape"):
        space.cout(BLACK, LADDER[0], put_in)


def test_cout_of_nothing():
    def never(images):
        raise AssertionError("a network was asked about no face")

    assert space.cout(BLACK[:0], BLACK[:0], never).shape == space.cout_towards(BLACK[:0], BLACK[:0], never, 0.0).shape
    assert cf.mean(space.cout(BLACK[:0], BLACK[:0], never)) is None


# === By autoencoders ===


def test_im1_and_im2_by_hand():
    found = np.full((1, 2, 2, 1), 0.5)
    by_source, by_target, by_all = found + 0.2, found - 0.1, found + 0.1
    np.testing.assert_allclose(space.im1(found, by_source, by_target), [0.04 / 0.16], rtol=1e-6)
    np.testing.assert_allclose(space.im2(found, by_target, by_all), [4 * 0.04 / 2.0], rtol=1e-6)
    assert space.im1(found, by_source, found)[0] == space.im2(found, by_all, by_all)[0] == 0.0
    np.testing.assert_allclose(space.im1(found, by_source, by_source), [1.0], rtol=1e-6)


def test_im_takes_bytes_for_shares():
    found, by_source, by_target = noise(6), noise(7), noise(8)
    shares = [part / 255.0 for part in (found, by_source, by_target)]
    np.testing.assert_allclose(space.im1(found, by_source, by_target), space.im1(*shares))
    np.testing.assert_allclose(space.im2(found, by_source, by_target), space.im2(*shares))
    black = np.zeros_like(found)
    assert np.isfinite(space.im1(black, black, by_target)).all() and np.isfinite(
        space.im2(black, by_source, by_target)).all()  # nothing is divided by 0
    assert space.im1(found[:0], by_source[:0], by_target[:0]).shape == (0,)


def test_im_along_ladders():
    found, other, everyone = (part / 255.0 for part in (noise(9), noise(10), noise(11)))
    steps = [found + share * (other - found) for share in (0.0, 0.3, 0.6, 1.0)]
    assert rising([space.im1(found, everyone, by_target) for by_target in steps])  # drawn worse by the target's
    assert rising([-space.im1(found, by_source, everyone) for by_source in steps[1:]])  # and by the source's
    assert rising([space.im2(found, by_target, found) for by_target in steps])


def test_im_refuses_other_shapes():
    with pytest.raises(CatganError, match="one shape"):
        space.im1(noise(0, 2), noise(0, 2), noise(0, 3))


# === Several drawings of one face ===


def test_diversity_by_hand():
    # pairs differ by 1 + 2, 3 and 2 + 2
    assert space.diversity(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]])) == pytest.approx((3 + 3 + 4) / 3)
    assert space.diversity(np.array([[1.0, 2.0], [1.0, 2.0]])) == 0.0
    assert space.diversity(np.array([[1.0, 2.0]])) is None and space.diversity(np.zeros((0, 2))) is None
    with pytest.raises(CatganError, match=r"must be \(m, k\)"):
        space.diversity(np.zeros(3))


@settings(deadline=None)
@given(arrays(np.float64, (4, 3), elements=st.floats(-5, 5)), st.floats(0, 1))
def test_diversity_against_scipy_and_as_answers_come_together(changes, share):
    value = space.diversity(changes)
    assert value == pytest.approx(pdist(changes, "cityblock").mean(), abs=1e-9)
    nearer = changes.mean(0) + share * (changes - changes.mean(0))
    assert space.diversity(nearer) == pytest.approx(share * value, abs=1e-9)
    assert space.diversity(changes[::-1]) == pytest.approx(value, abs=1e-9)


def test_pixel_diversity_by_hand():
    pictures = np.zeros((3, 4, 4, 3), np.uint8)
    pictures[1], pictures[2] = 51, 255
    assert space.pixel_diversity(pictures) == pytest.approx((0.2 + 1.0 + 0.8) / 3)
    assert space.pixel_diversity(pictures[:1]) is None and space.pixel_diversity(pictures[:0]) is None
    one = noise(12)
    assert rising([space.pixel_diversity(blended(one[:1], one, share)) for share in (0.0, 0.4, 1.0)])


@pytest.mark.parametrize("metric", [space.composition, space.reversibility])
def test_composition_and_reversibility_by_hand(metric):
    faces = np.full((2, 4, 4, 3), 100, np.uint8)
    drawn = faces.copy()
    drawn[1, :2] = 151
    np.testing.assert_allclose(metric(faces, drawn), [0.0, 0.1])
    assert rising([metric(noise(13), blended(noise(13), noise(14), share)) for share in (0.0, 0.2, 0.6, 1.0)])
    assert metric(faces[:0], faces[:0]).shape == (0,) and cf.mean(metric(faces[:0], faces[:0])) is None
    with pytest.raises(CatganError, match="one shape"):
        metric(faces, drawn[:1])


def test_effectiveness_by_hand():
    asked, measured = np.array([[0.0, 3.0, -0.2]] * 3), np.array([[0.0, 2.0, 0.2], [5.0, 3.0, -0.2], [5.0, NAN, 0.0]])
    named = np.array([False, True, True])
    np.testing.assert_allclose(space.effectiveness(asked, measured, RANGES, named), [0.2, 0.0, 0.1])
    np.testing.assert_allclose(space.effectiveness(asked, measured, RANGES, ~named), [0.0, 1.0, 1.0])
    known = np.array([[1, 1, 0]] * 3, bool)
    np.testing.assert_allclose(space.effectiveness(asked, measured, RANGES, named, known), [0.2, 0.0, NAN])
    assert rising(space.effectiveness(np.zeros((4, 1)), np.arange(4.0)[:, None], RANGES[:1], np.array([True])))
