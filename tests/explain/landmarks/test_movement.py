import numpy as np

from catgan.explain.landmarks.movement import SIDE, TOP, changed_pictures, movement_pictures
from tests.harness.landmark_clips import moving_clip


def panels(pictures):
    """The face on the left and the face on the right, float."""
    faces = pictures[:, TOP:TOP + SIDE].astype(float)
    return faces[:, :, :SIDE], faces[:, :, SIDE:]


def redness(picture):
    """Red minus blue."""
    return picture[..., 0] - picture[..., 2]


def moved(faces, first, second):
    return float(np.abs(faces[first] - faces[second]).mean())


def test_movement_pictures_move_the_right_face_further_than_the_left():
    clip = moving_clip({"chin": (0.0, 0.1), "contour": (0.0, 0.1)}, frames=10)
    pictures = movement_pictures(clip, np.ones((10, 478)), "surprise: .97", factor=3.0)
    assert pictures.dtype == np.uint8 and pictures.shape[0] == 37  # 1.44 s at 25 a second
    assert pictures.shape[1] % 2 == pictures.shape[2] % 2 == 0
    left, right = panels(pictures)
    assert moved(right, 0, 24) > moved(left, 0, 24) > 0
    assert moved(left, 0, 5) == 0  # it rests


def test_movement_pictures_colour_the_relevant_points_red_for_and_blue_against():
    relevance = np.zeros((10, 478))
    relevance[5, 152] = 1.0
    red, _ = panels(movement_pictures(moving_clip({}, frames=10), relevance, ""))
    blue, _ = panels(movement_pictures(moving_clip({}, frames=10), -relevance, ""))
    assert redness(red[0]).max() > 50 and redness(blue[0]).min() < -50


def test_movement_pictures_leave_out_points_that_the_network_does_not_read():
    relevance = np.zeros((10, 478))
    relevance[5, 152] = 1.0
    read = np.arange(478) != 152
    shown, _ = panels(movement_pictures(moving_clip({}, frames=10), relevance, "", chosen=read))
    assert redness(shown[0]).max() < 20


def test_movement_pictures_of_frames_that_were_not_seen_have_no_face():
    left, _ = panels(movement_pictures(moving_clip({}, frames=10, unseen=(5,)), np.ones((10, 478)), ""))
    dark = (left < 200).sum((1, 2, 3))
    assert dark[20] < dark[0] / 4


def test_changed_pictures_colour_only_the_points_that_were_moved():
    clip = moving_clip({"chin": (0.0, 0.1)}, frames=10)
    changed = clip.shape.copy()
    changed[5:, clip.landmark_set.regions["chin"]] += (0.0, 0.2)
    left, right = panels(changed_pictures(clip, changed, "surprise becomes neutral"))
    assert redness(left).max() < 20 < 60 < redness(right[:, 2 * SIDE // 3:]).max()
    assert redness(right[:, :SIDE // 2]).max() < 20
