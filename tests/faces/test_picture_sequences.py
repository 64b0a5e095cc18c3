"""Videos of pictures: their frames, rate and sizes."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.picture_sequences import write_pictures
from catgan.faces.videos import Video


def test_pictures_come_back_in_order_at_their_rate(tmp_path):
    levels = np.array([20, 90, 160, 230], np.uint8)
    write_pictures(tmp_path / "out.mp4", np.tile(levels[:, None, None, None], (1, 32, 48, 3)), 12.5, "a comment")
    video = Video(tmp_path / "out.mp4")
    np.testing.assert_allclose([frame.picture.mean() for frame in video.frames()], levels, atol=3.0)
    np.testing.assert_allclose(video.times(), np.arange(4) / 12.5, atol=0.001)
    assert video.size == (48, 32)


@pytest.mark.parametrize("name, shape", [
    ("out.mp4", (0, 4, 4, 3)), ("out.mp4", (2, 5, 4, 3)), ("out.gif", (2, 4, 4, 3))])
def test_nothing_odd_sizes_and_other_files_are_refused(name, shape, tmp_path):
    with pytest.raises(CatganError):
        write_pictures(tmp_path / name, np.zeros(shape, np.uint8), 10.0)
    assert not (tmp_path / name).exists()
