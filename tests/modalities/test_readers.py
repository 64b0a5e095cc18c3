"""What the built-in modalities read, and when they cannot."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import DataError
from catgan.modalities import context_reader, face_reader, gait_reader, posture_reader
from tests.harness.views import detected_face, walking


@pytest.mark.parametrize("known, there", [(16, True), (8, True), (7, False), (0, False)])
def test_posture_needs_eight_joints(known, there):
    assert (posture_reader.read(walking(1, known)) is not None) == there


def test_posture_needs_the_root():
    view = walking(1)
    hidden = view.known.copy()
    hidden[0, 0] = False
    assert posture_reader.read(replace(view, known=hidden)) is None


def test_posture_says_what_was_seen():
    assert posture_reader.read(walking(1, 12, rate=None)).seen == "12 of 16 joints"
    reading = posture_reader.read(replace(walking(20, 12), posture_frame=15))
    assert reading.seen == "12 of 16 joints at 1.00 s" and reading.reliability == 0.75


@pytest.mark.parametrize("frames, known, rate, there", [
    (40, 16, 15.0, True), (12, 8, 15.0, True), (11, 16, 15.0, False), (40, 7, 15.0, False), (2, 16, 15.0, False),
    (40, 16, None, False), (24, 16, 30.0, True), (22, 16, 30.0, False)])
def test_gait_needs_twelve_frames_at_its_rate(frames, known, rate, there):
    assert (gait_reader.read(walking(frames, known, rate)) is not None) == there


def test_gait_of_a_short_clip_is_padded_at_its_end():
    reading = gait_reader.read(walking(14))
    assert reading.arrays["known"][:14].all() and not reading.arrays["known"][14:].any()
    np.testing.assert_array_equal(reading.arrays["joints"][:14, 0, 0], np.arange(14))
    assert reading.seen == "14 frames of a moving body from 0.00 s on, 0.9 s long"


def test_gait_of_a_long_clip_takes_the_frames_with_most_known_joints():
    view = walking(100)
    known = view.known.copy()
    known[:50, 4:] = False
    reading = gait_reader.read(replace(view, known=known))
    assert reading.arrays["known"].all() and reading.arrays["joints"][0, 0, 0] == 50


def test_gait_at_another_rate_is_resampled():
    """Joint 0 is at the number of its frame: every second of 30 a second, and 12 / 15 of a frame at 12 a second."""
    for rate, step in ((30.0, 2.0), (12.0, 0.8)):
        joints = gait_reader.read(walking(60, rate=rate)).arrays["joints"]
        np.testing.assert_allclose(joints[:, 0, 0], step * np.arange(40)[:len(joints)] * (joints[:, 1, 1] > 0),
                                   atol=1e-5)


def test_resampled_leaves_long_gaps_and_unknown_joints_unknown():
    joints, known = np.ones((4, 16, 3)), np.ones((4, 16), bool)
    known[1, 5] = False
    times, moved, there = gait_reader.resampled(np.array([0, 0.1, 0.2, 1.0]), joints, known, rate=10)
    np.testing.assert_allclose(times, np.arange(11) / 10)
    assert there[:, 0].tolist() == [True] * 3 + [False] * 7 + [True] and there[:3, 5].tolist() == [True, False, True]
    assert not moved[3:10].any() and not moved[1, 5].any()


@given(st.lists(st.floats(0.001, 0.6), max_size=30), st.floats(1, 60), st.integers(0, 2 ** 16))
def test_resampled_joints_lie_between_those_of_frames(gaps, rate, seed):
    seconds = np.concatenate([[0.5], 0.5 + np.cumsum(gaps)])
    random = np.random.default_rng(seed)
    joints, known = random.uniform(-1, 1, (len(seconds), 16, 3)), random.random((len(seconds), 16)) < 0.8
    times, moved, there = gait_reader.resampled(seconds, joints, known, rate)
    assert len(times) == len(moved) == len(there) and (np.abs(moved) <= 1).all() and not moved[~there].any()
    assert times[-1] <= seconds[-1] + 0.001 and there[0].tolist() == known[0].tolist()


def test_resampled_of_no_frames_is_empty():
    times, joints, known = gait_reader.resampled(np.zeros(0), np.zeros((0, 16, 3)), np.zeros((0, 16), bool))
    assert len(times) == len(joints) == len(known) == 0


def test_face_is_the_aligned_crop_and_relied_on_less_if_small_or_turned():
    picture = np.linspace(0, 200, 96 * 96 * 3).reshape(96, 96, 3).astype(np.uint8)
    view = replace(walking(1), picture=picture, face=detected_face(16, 16, 64))
    reading = face_reader.read(view)
    np.testing.assert_allclose(reading.arrays["image"].astype(int), picture[16:80, 16:80], atol=2)
    assert "a face of 64 pixels, turned by 0 degrees" in reading.seen and reading.picture.shape == (192, 192, 3)
    assert face_reader.read(replace(view, face=None)) is None
    assert face_reader.turn(detected_face(0, 0, 64, yaw=-35)) == pytest.approx(35)


def test_face_reliability_falls_with_size_and_turn(monkeypatch):
    monkeypatch.setattr(face_reader.likeness, "likeness", lambda crop: 0.5)
    view = replace(walking(1), picture=np.zeros((96, 96, 3), np.uint8))

    def of(size, yaw):
        return face_reader.read(replace(view, face=detected_face(0, 0, size, yaw))).reliability

    assert of(80, 0) == 1 and of(32, 0) == pytest.approx(0.5) and of(80, 60) == pytest.approx(0.5)
    assert of(80, 120) == 0


def test_context_has_nothing_of_persons_and_the_shape_of_a_square():
    picture, mask = np.full((100, 200, 3), 50, np.uint8), np.zeros((100, 200), np.float32)
    picture[:, :80], mask[:, :80] = 250, 1
    reading = context_reader.read(replace(walking(1), picture=picture, mask=mask))
    assert reading.arrays["image"].shape == (64, 64, 3) and (reading.arrays["image"] <= 51).all()
    assert not reading.arrays["seen"][:, :25].any() and (reading.arrays["seen"][:, 40:] > 0.999).all()
    assert reading.reliability == pytest.approx(reading.arrays["seen"].mean()) and reading.picture.shape == (96, 192, 3)


def test_context_needs_a_tenth_of_the_picture_and_a_mask():
    picture, mask = np.full((100, 100, 3), 50, np.uint8), np.ones((100, 100), np.float32)
    mask[:, :15] = 0  # six of them are blurred
    view = replace(walking(1), picture=picture)
    assert context_reader.read(view) is None
    assert context_reader.read(replace(view, mask=mask)) is None
    mask[:, :20] = 0
    assert context_reader.read(replace(view, mask=mask)) is not None


def test_context_of_large_pictures_scales_mask_and_boxes():
    picture, mask = np.full((800, 1600, 3), 50, np.uint8), np.zeros((800, 1600), np.float32)
    picture[:400, :400], mask[:400, :400] = 250, 1
    picture[400:, 1200:] = 250
    image, seen = context_reader.context_of(picture, mask, [(1200, 400, 400, 400)])
    assert (image <= 51).all() and not seen[:32, :16].any() and not seen[32:, 48:].any() and seen[60, 3] > 0.999
    with pytest.raises(DataError, match="mask of persons"):
        context_reader.context_of(picture, mask[1:])
    with pytest.raises(DataError, match="outside the image"):
        context_reader.context_of(picture, mask, [(1700, 0, 10, 10)])
