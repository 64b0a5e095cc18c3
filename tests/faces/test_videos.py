"""Frames of videos that are written out here."""

import cv2
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces import videos


@pytest.fixture
def clip(tmp_path):
    """Twenty grey frames; number n has the grey level 10 n."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), 10 * number, np.uint8))
    writer.release()
    return path


def test_facts_and_frames(clip):
    assert videos.facts(clip) == videos.VideoFacts(10.0, 20)
    levels = [picture.mean() for picture in videos.pictures(clip)]
    np.testing.assert_allclose(levels, 10.0 * np.arange(20), atol=3.0)


def test_frames_that_lie_evenly(clip):
    found = videos.spread(clip, 3)
    assert list(found) == [0, 10, 19] and found[10].shape == (48, 64, 3)
    assert found[10].mean() == pytest.approx(100.0, abs=3.0)
    assert len(videos.spread(clip, 50)) == 20


def test_no_video(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(CatganError, match="not a video"):
        videos.spread(tmp_path / "text.mp4", 3)
    with pytest.raises(CatganError, match="missing file"):
        videos.facts(tmp_path / "none.mp4")
