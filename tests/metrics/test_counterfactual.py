"""The figures of counterfactuals by hand, along ladders, and at their ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import jaccard_score, precision_score, recall_score

from catgan.errors import CatganError
from catgan.metrics import counterfactual as cf
from catgan.metrics import editing, image
from tests.harness.pictures import RANGES, blended, noise, rising

NAN = np.nan


# === Validity and means ===


def test_validity_counts_failures():
    assert cf.validity(np.array([True, True, True, False])) == 0.75
    assert cf.validity(np.array([True])) == 1.0 and cf.validity(np.array([False])) == 0.0
    assert cf.validity(np.zeros(0, bool)) is None and cf.validity([]) is None


@pytest.mark.parametrize("reached", [np.array([1.0, NAN]), np.array([1, 0]), np.ones((2, 2), bool), np.array(True)])
def test_validity_takes_no_unknown_for_reached(reached):
    with pytest.raises(CatganError, match=r"Reached must be bool \(n,\). Received: "):
        cf.validity(reached)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1))
def test_another_failure_never_helps(reached):
    value = cf.validity(np.array(reached))
    assert 0.0 <= value <= 1.0 and cf.validity(np.array(reached + [False])) <= value
    assert cf.validity(np.array(reached)) == cf.mean(np.array(reached))


def test_mean_leaves_out_what_is_undefined():
    assert cf.mean(np.array([1.0, NAN, 2.0])) == 1.5
    assert cf.mean(np.array([NAN])) is None and cf.mean(np.zeros(0)) is None


def test_interval_is_over_subjects():
    values = np.array([0.0, 0.0, 1.0, 1.0, NAN])
    assert cf.mean_interval(values, list("aabbc")) == [0.0, 1.0]
    assert cf.mean_interval(np.ones(4, bool), list("abcd")) == [1.0, 1.0]
    assert cf.mean_interval(np.zeros(0), []) is None


# === How much was changed ===


def test_proximity_by_hand():
    before = np.zeros((2, 16, 16, 3), np.uint8)
    after = before.copy()
    after[1, :8] = 51  # half of the pixels by a fifth of the range
    result = cf.proximity(before, after)
    np.testing.assert_allclose(result["l1"], [0.0, 0.1])
    np.testing.assert_allclose(result["l2"], [0.0, 0.2 * np.sqrt(0.5)])
    assert result["ssim"][0] == pytest.approx(1.0) and result["ssim"][1] == image.ssim(before[1], after[1])


def test_proximity_along_a_ladder():
    a, b = noise(0), noise(1)
    ladder = [cf.proximity(a, blended(a, b, share)) for share in (0.0, 0.2, 0.5, 1.0)]
    for name, sign in (("l1", 1), ("l2", 1), ("ssim", -1)):
        assert rising([sign * step[name] for step in ladder])


def test_proximity_of_nothing_and_of_other_shapes():
    assert {name: values.shape for name, values in cf.proximity(noise(0, 0), noise(1, 0)).items()} == {
        "l1": (0,), "l2": (0,), "ssim": (0,)}
    with pytest.raises(CatganError, match="one shape"):
        cf.proximity(noise(0, 2), noise(0, 3))


def test_sparsity_and_size_by_hand():
    changes = np.array([[0.0, -3.0, 0.5], [0.1, 0.2, 1.0 - 0.8], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(cf.changed(changes, 0.2), [[0, 1, 1], [0, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(cf.sparsity(changes, 0.2), [2, 2, 0])
    np.testing.assert_array_equal(cf.sparsity(changes, 1.0), [1, 0, 0])
    np.testing.assert_allclose(cf.size(changes), [3.5, 0.5, 0.0])
    assert cf.sparsity(np.zeros((0, 3)), 0.2).shape == cf.size(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize("changes, least", [([[1.0]], 0.0), ([[1.0]], -1.0), ([[1.0]], NAN), ([[NAN]], 0.5)])
def test_what_counts_as_a_change_is_said(changes, least):
    with pytest.raises(CatganError, match="the least that counts above 0"):
        cf.sparsity(np.array(changes), least)


@settings(deadline=None)
@given(arrays(np.float64, (4, 5), elements=st.floats(-5, 5)), st.floats(0.01, 5), st.floats(0.01, 5))
def test_sparsity_falls_with_the_least_that_counts(changes, a, b):
    few, many = cf.sparsity(changes, max(a, b)), cf.sparsity(changes, min(a, b))
    assert ((0 <= few) & (few <= many) & (many <= 5)).all()
    assert (few * max(a, b) <= cf.size(changes) + 1e-6).all()


# === What else was changed ===


def test_off_target_by_hand():
    before = np.array([[0.0, 4.0, 0.5], [1.0, 4.0, 0.5], [1.0, NAN, 0.5]])
    after = np.array([[1.0, 0.0, 0.1], [1.0, 0.0, 0.1], [2.0, 0.0, -0.5]])
    stays = np.array([True, False, True])  # AU12 is changed by the answer
    np.testing.assert_allclose(cf.off_target(before, after, RANGES, stays), [0.2, 0.1, 0.35])
    known = np.array([[1, 1, 0], [0, 0, 1], [0, 1, 0]], bool)
    np.testing.assert_allclose(cf.off_target(before, after, RANGES, stays, known), [0.2, 0.2, NAN])
    np.testing.assert_allclose(cf.off_target(before, after, RANGES, np.eye(3, dtype=bool)), [0.2, 0.8, 0.5])


def test_off_target_unknown_is_not_unchanged():
    before, after = np.array([[0.0, 0.0]]), np.array([[1.0, NAN]])
    assert cf.off_target(before, after, np.array([1.0, 1.0]), np.array([True, True]))[0] == 1.0  # not 0.5
    assert np.isnan(cf.off_target(before, after, np.array([1.0, 1.0]), np.array([False, True]))).all()
    assert cf.off_target(np.zeros((0, 2)), np.zeros((0, 2)), np.ones(2), np.ones(2, bool)).shape == (0,)


@settings(deadline=None)
@given(arrays(np.float64, (3, 2, 4), elements=st.floats(0, 1)), arrays(bool, (2, 4)))
def test_off_target_along_ladders(drawn, stays):
    before, after, spans = drawn[0], drawn[1], drawn[2, 0] + 1.0
    moved = [cf.off_target(before * spans, (before + step * (after - before)) * spans, spans, stays)
             for step in (0.0, 0.3, 1.0)]
    defined = stays.any(1)
    assert (np.isnan(moved[2]) == ~defined).all() and (moved[0][defined] == 0.0).all()
    assert ((moved[1] <= moved[2] + 1e-12) & (moved[2] <= 1.0 + 1e-12))[defined].all()


@pytest.mark.parametrize("arguments, said", [
    ((np.zeros((2, 3)), np.zeros((3, 2)), RANGES, np.ones(3, bool)), "Before and after must have one shape"),
    ((np.zeros(3), np.zeros(3), RANGES, np.ones(3, bool)), "Before and after must have one shape"),
    ((np.zeros((2, 3)), np.zeros((2, 3)), RANGES[:2], np.ones(3, bool)), "Ranges must be 3 positive numbers"),
    ((np.zeros((2, 3)), np.zeros((2, 3)), -RANGES, np.ones(3, bool)), "Ranges must be 3 positive numbers"),
    ((np.zeros((2, 3)), np.zeros((2, 3)), RANGES, np.ones(2, bool)), r"A mask must be \(2, 3\) or \(3,\)")])
def test_off_target_refuses(arguments, said):
    with pytest.raises(CatganError, match=said):
        cf.off_target(*arguments)


def test_attributes_changed_by_hand():
    before = np.array([[0.4, 0.5, 0.9], [0.4, 0.5, 0.9], [0.4, NAN, 0.9], [NAN, NAN, NAN]])
    after = np.array([[0.5, 0.4, 0.6], [0.4, 0.6, 0.8], [0.5, 0.1, 0.1], [1.0, 1.0, 1.0]])
    each = cf.attributes_changed(before, after)
    np.testing.assert_array_equal(each, [2, 0, 2, NAN])
    assert cf.mean(each) == pytest.approx(4 / 3)  # MNAC
    np.testing.assert_array_equal(cf.attributes_changed(before, after, np.array([0.5, 0.5, 0.7])), [3, 0, 2, NAN])
    known = np.array([[1, 0, 1]] * 4, bool)
    np.testing.assert_array_equal(cf.attributes_changed(before, after, 0.5, known), [1, 0, 2, NAN])


@settings(deadline=None)
@given(arrays(np.float64, (2, 3, 4), elements=st.floats(0, 1)), st.integers(0, 3))
def test_attributes_changed_grows_flip_by_flip(readings, column):
    before, after = readings
    kept, flipped = after.copy(), after.copy()
    kept[:, column] = before[:, column]
    flipped[:, column] = np.where(before[:, column] >= 0.5, 0.0, 1.0)
    fewer, more = cf.attributes_changed(before, kept), cf.attributes_changed(before, flipped)
    assert (more == fewer + 1).all() and ((0 <= fewer) & (more <= 4)).all()
    assert (cf.attributes_changed(before, before) == 0).all()


def test_label_variation_by_hand():
    # presence 0 -> 1: nothing in common, 1 bit. 0 -> 0.5 against the middle 0.25: H(0.25) - H(0.5) / 2 = 0.8113 - 0.5
    before, after = np.array([[0.0, 0.0, 0.3], [NAN, 0.0, 0.3]]), np.array([[1.0, 0.5, 0.3], [1.0, 0.5, 0.3]])
    half = 2.0 - 0.75 * np.log2(3) - 0.5
    np.testing.assert_allclose(cf.label_variation(before, after, np.ones(3, bool)), [(1 + half) / 3, half / 2])
    np.testing.assert_allclose(cf.label_variation(before, after, np.array([1, 0, 0], bool)), [1.0, NAN])
    np.testing.assert_allclose(cf.label_variation(before, after, np.array([1, 1, 0], bool),
                                                  np.array([[0, 1, 1], [0, 0, 1]], bool)), [half, NAN])


def test_label_variation_takes_probabilities_alone():
    with pytest.raises(CatganError, match="no probability outside 0..1"):
        cf.label_variation(np.array([[3.0]]), np.array([[0.0]]), np.array([True]))


def test_label_variation_along_a_ladder():
    steps = np.array([0.5, 0.6, 0.8, 1.0])[:, None]
    assert rising(cf.label_variation(np.full((4, 1), 0.5), steps, np.array([True])))


@settings(deadline=None)
@given(arrays(np.float64, (2, 4), elements=st.floats(0, 1, allow_subnormal=False))  # where scipy itself gives inf
       .filter(lambda rows: (rows.sum(1) > 1e-3).all()))
def test_jensen_shannon_against_scipy(rows):
    p, q = rows / rows.sum(1, keepdims=True)
    found = cf.jensen_shannon(p, q)
    assert found == pytest.approx(jensenshannon(p, q, 2.0) ** 2, abs=1e-9) and 0.0 <= found <= 1.0
    assert cf.jensen_shannon(q, p) == pytest.approx(found, abs=1e-12) and cf.jensen_shannon(p, p) == 0.0


def test_jensen_shannon_of_what_is_no_distribution():
    with pytest.raises(CatganError, match="the sum 1"):
        cf.jensen_shannon(np.array([0.5, 0.4]), np.array([0.5, 0.5]))
    assert np.isnan(cf.jensen_shannon(np.array([[NAN, 0.5], [1, 0]]), np.array([[0.5, 0.5], [0, 1]]))).tolist() == [
        True, False]


# === Against the true minimal change ===


def test_set_agreement_by_hand():
    found = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]], bool)
    true = np.array([[1, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
    result = cf.set_agreement(found, true)
    np.testing.assert_allclose(result["precision"], [1 / 2, 1, 1, 0, 0])
    np.testing.assert_allclose(result["recall"], [1 / 3, 1, 1, 0, 0])
    np.testing.assert_allclose(result["jaccard"], [1 / 4, 1, 1, 0, 0])
    assert cf.mean(cf.set_agreement(found[:0], true[:0])["jaccard"]) is None


@settings(max_examples=30, deadline=None)
@given(arrays(bool, (6, 4)), arrays(bool, (6, 4)))
def test_set_agreement_against_sklearn(found, true):
    ours, swapped = cf.set_agreement(found, true), cf.set_agreement(true, found)
    some = (found | true).any(1)
    for name, score in (("precision", precision_score), ("recall", recall_score), ("jaccard", jaccard_score)):
        theirs = [score(t, f, zero_division=0) for t, f in zip(true[some], found[some])]
        np.testing.assert_allclose(ours[name][some], theirs)
        assert (ours[name][~some] == 1.0).all()
    np.testing.assert_array_equal(ours["precision"], swapped["recall"])
    assert (ours["jaccard"] <= np.minimum(ours["precision"], ours["recall"])).all()


def test_set_agreement_along_ladders():
    true = np.tile([True, True, False, False, False], (4, 1))
    more_wrong = true | np.tri(4, 5, 1, bool)  # one wrong AU more a row, none in the first
    assert rising(-cf.set_agreement(more_wrong, true)["precision"]) and rising(
        -cf.set_agreement(more_wrong, true)["jaccard"])
    fewer_right = np.array([[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], bool)
    assert rising(-cf.set_agreement(fewer_right, true[:3])["recall"])


def test_set_agreement_refuses_intensities():
    with pytest.raises(CatganError, match="must be bool of one shape"):
        cf.set_agreement(np.ones((1, 2)), np.ones((1, 2), bool))


def test_au_error_by_hand():
    found = np.array([[-3.0, 1.0, 0.0, 0.1], [0.0, 0.0, 0.0, 0.1], [0.0, 0.0, 2.0, 0.0]])
    true = np.array([[-4.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]])
    # 1, 1 and 2 over the three that either changes by half a level; nothing where neither does
    np.testing.assert_allclose(cf.au_error(found, true, 0.5), [4 / 3, 0.0, 0.0])
    np.testing.assert_allclose(cf.au_error(found, true, 0.05), [4.1 / 4, 0.1, 0.0])
    assert cf.au_error(np.zeros((0, 2)), np.zeros((0, 2)), 0.5).shape == (0,)
    assert rising(cf.au_error(np.array([[2.0], [1.5], [0.0], [-1.0]]), np.full((4, 1), 2.0), 0.5))


def test_explained_changes_by_hand():
    before, truth = np.zeros((4, 4, 4, 1), np.uint8), np.full((4, 4, 4, 1), 20, np.uint8)
    truth[3] = 0
    found = truth.copy()
    found[1], found[2] = 15, 50
    np.testing.assert_allclose(cf.explained_changes(before, found, truth), [1.0, 1 - 25 / 400, 1 - 900 / 400, NAN])
    together = editing.explained_change(before[:3], found[:3], truth[:3])
    assert together == pytest.approx(np.mean([1.0, 1 - 25 / 400, 1 - 900 / 400]))  # where the truth changes all alike
    assert cf.explained_changes(before[:0], found[:0], truth[:0]).shape == (0,)


def test_explained_changes_along_a_ladder():
    before, truth = noise(2), noise(3)
    ladder = [cf.explained_changes(before, blended(before, truth, share), truth) for share in (0.0, 0.3, 0.7, 1.0)]
    assert rising(ladder) and (ladder[0] == 0.0).all() and (ladder[3] == 1.0).all()
