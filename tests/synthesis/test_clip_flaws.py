import numpy as np
import pytest

from catgan.synthesis.clip_flaws import Hand, Smear, flaws_of, spoil

TIMES = np.arange(40) / 12.5
FACE = np.full((64, 64, 3), (200, 150, 100), np.uint8)


def runs(marked):
    """Lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(marked, int), [0]])))
    return (edges[1::2] - edges[::2]).tolist()


@pytest.mark.parametrize("kind, seconds", [("hands", (0.3, 1.0)), ("smears", (0.15, 0.4)), ("seen", (0.1, 0.6))])
def test_three_clips_of_ten_have_one_run_of_each_flaw(kind, seconds):
    lengths = []
    for clip in range(300):
        flaws = flaws_of(0, clip, TIMES)
        marked = ~flaws.seen if kind == "seen" else [part is not None for part in getattr(flaws, kind)]
        assert len(runs(marked)) <= 1
        lengths += runs(marked)
    assert len(lengths) / 300 == pytest.approx(0.3, abs=0.09)
    assert min(lengths) >= round(12.5 * seconds[0]) and max(lengths) <= round(12.5 * seconds[1])
    assert len(set(lengths)) > 2


def test_long_clip_has_flaws_in_its_parts_and_a_short_one_keeps_most_frames():
    long = flaws_of(0, 1, np.arange(1000) / 12.5)
    assert 3 <= len(runs(~long.seen)) <= 20
    assert all(flaws_of(0, clip, TIMES[:6]).seen.sum() >= 4 for clip in range(50))
    assert all(flaws_of(0, clip, TIMES[:3]).seen.sum() >= 2 for clip in range(50))


def test_kinds_that_are_off_leave_the_others_as_they_are():
    for clip in range(20):
        whole, hands = flaws_of(3, clip, TIMES), flaws_of(3, clip, TIMES, blur=False, missing=False)
        assert hands.hands == whole.hands and set(hands.smears) == {None} and hands.seen.all()
    assert flaws_of(3, 0, TIMES, False, False, False).hands == (None,) * 40


def test_backwards_turns_frames_around():
    flaws = flaws_of(3, 1, TIMES)
    turned = flaws.backwards()
    assert turned.hands == flaws.hands[::-1] and turned.smears == flaws.smears[::-1]
    np.testing.assert_array_equal(turned.seen[::-1], flaws.seen)


def test_frame_without_flaws_is_returned_as_it_is():
    assert spoil(FACE, None, None) is FACE


@pytest.mark.parametrize("size", [16, 64, 256])
def test_hand_covers_its_place_in_the_colour_of_the_face(size):
    face = np.full((size, size, 3), (200, 150, 100), np.uint8)
    drawn = spoil(face, Hand(0.5, 0.7, 0.0, 1.0, 0.8), None)
    changed = (drawn != face).any(-1)
    assert changed[int(0.7 * size), size // 2] and not changed[: int(0.15 * size)].any()
    assert 0.08 < changed.mean() < 0.4
    palm = drawn[int(0.7 * size), size // 2].astype(float)
    assert palm / palm[0] == pytest.approx([1.0, 0.75, 0.5], abs=0.03) and palm[0] < 200
    rows = np.flatnonzero(changed.any(1))
    assert rows[0] < (0.7 - 0.25) * size and rows[-1] < 0.95 * size  # fingers point up


def test_hand_on_a_grey_picture_is_grey():
    grey = np.repeat(np.random.default_rng(0).integers(0, 255, (64, 64, 1), np.uint8), 3, 2)
    drawn = spoil(grey, Hand(0.5, 0.6, 20.0, 1.0, 0.9), Smear(0.1, 30.0))
    assert (drawn == drawn[..., :1]).all()


def test_motion_blur_smears_along_its_direction_and_keeps_the_light():
    line = np.zeros((64, 64, 3), np.uint8)
    line[:, 32] = 250
    across, along = spoil(line, None, Smear(0.14, 0.0)), spoil(line, None, Smear(0.14, 90.0))
    assert np.flatnonzero(along[32, :, 0]).tolist() == [31, 32, 33] and along[32, :, 0].argmax() == 32
    width = (across[32, :, 0] > 0).sum()
    assert width == pytest.approx(0.14 * 64, abs=2.5) and across[32, :, 0].sum() == pytest.approx(250, rel=0.03)
    np.testing.assert_array_equal(spoil(FACE, None, Smear(0.1, 45.0)), FACE)
