"""Cuts of videos: what is a cut, and what is not."""

import numpy as np
import pytest

from catgan.faces.shots import change, number_shots, small
from catgan.faces.videos import Video
from catgan.pipelines.videos import on_grid


class Still:
    """A frame with a picture alone."""

    def __init__(self, picture):
        self.picture = picture


def scene(seed, height=90, width=160):
    """A picture of large random areas."""
    cells = np.random.default_rng(seed).integers(20, 235, (9, 16, 3)).astype(np.uint8)
    return cells.repeat(height // 9, 0).repeat(width // 16, 1)


def shots(*pictures):
    return [frame.shot for frame in number_shots([Still(picture) for picture in pictures])]


def test_other_pictures_begin_other_shots():
    assert shots(scene(0), scene(0), scene(1), scene(2), scene(2)) == [0, 0, 1, 2, 2]


def test_change_of_exposure_is_no_cut():
    assert shots(scene(0), (0.8 * scene(0) + 10).astype(np.uint8)) == [0, 0]


def test_hand_before_a_third_of_the_picture_is_no_cut():
    covered = scene(0)
    covered[:, :54] = 120
    assert shots(scene(0), covered, scene(0)) == [0, 0, 0]


def test_noise_of_an_even_picture_is_no_cut():
    random = np.random.default_rng(0)
    assert shots(*(random.integers(126, 131, (90, 160, 3)).astype(np.uint8) for _ in range(5))) == [0] * 5


def test_damaged_frame_belongs_to_the_shot_before():
    assert shots(None, scene(0), None, scene(0), None, scene(1)) == [0, 0, 0, 0, 0, 1]


def test_change_is_the_median_difference_of_cells_as_a_share_of_contrast():
    before, after = np.array([0.0, 40.0, 80.0, 120.0, 160.0]), np.array([10.0, 60.0, 120.0, 180.0, 20.0])
    # Differences 10, 20, 40, 60, -140 with median 20; distances from it 10, 0, 20, 40, 160 with median 20.
    assert change(before, after) == pytest.approx(20.0 / (max(before.std(), after.std()) + 4.0))


def test_small_picture_has_the_luminance_of_16_by_16_cells():
    assert small(np.full((90, 160, 3), 77, np.uint8)).tolist() == [77.0] * 256


def test_cuts_of_a_real_video_are_found(shared):
    frames = list(number_shots(on_grid(Video(shared / "data" / "media" / "face_noface.mov").frames(), 12.5)))
    changes = [after.number for before, after in zip(frames, frames[1:]) if after.shot != before.shot]
    assert len(changes) == 2 and frames[-1].shot == 2
