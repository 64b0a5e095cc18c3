"""The frames of a clip around the moment that an annotation is about."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from catgan.data.people.clip_frames import SECONDS, SLACK, stretch_of
from catgan.data.people.records import PersonRecord
from catgan.errors import DataError
from tests.harness.filming import film


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Five seconds at 25 a second, brighter from frame to frame."""
    pictures = [np.full((32, 48, 3), 2 * number, np.uint8) for number in range(125)]
    return film(tmp_path_factory.mktemp("video") / "a.mp4", pictures)


def record(path, **more):
    return PersonRecord("src", "a.mp4", path, "t.csv:2", is_clip=True, expression="neutral", **more)


@pytest.mark.parametrize("more, first, last, middle", [
    ({}, 30, 94, 62), ({"first": 0, "last": 10}, 0, 10, 5), ({"first": 60}, 60, 124, 92), ({"frame": 3}, 0, 65, 3),
    ({"frame": 124}, 59, 124, 124), ({"frame": 70, "first": 60, "last": 120}, 60, 120, 70),
    ({"first": 100, "last": 999}, 100, 124, 112)])
def test_stretches(video, more, first, last, middle):
    stretch = stretch_of(record(video, **more))
    assert abs(stretch.first - first) <= 1 and abs(stretch.last - last) <= 1 and abs(stretch.middle - middle) <= 1
    assert stretch.times[stretch.last] - stretch.times[stretch.first] <= SECONDS + 2 * SLACK + 1e-6
    assert stretch.first <= stretch.middle <= stretch.last


def test_frames_of_a_video(video):
    frames = list(stretch_of(record(video, first=20, last=40)).frames())
    assert len(frames) == 21 and frames[0][0] == pytest.approx(0.8, abs=1e-3)
    brightness = [picture.mean() for _, picture in frames]
    np.testing.assert_allclose(brightness, 2.0 * np.arange(20, 41), atol=4)


def test_a_folder_of_images(tmp_path):
    for number in (3, 4, 6, 7):  # one is missing
        cv2.imwrite(str(tmp_path / f"frame_{number:03d}.png"), np.full((8, 8, 3), 10 * number, np.uint8))
    stretch = stretch_of(record(tmp_path, rate=10.0, first=4))
    frames = list(stretch.frames())
    assert [round(seconds, 6) for seconds, _ in frames] == [0.1, 0.3, 0.4] and stretch.numbers[stretch.middle] == 6
    assert [int(picture[0, 0, 0]) for _, picture in frames] == [40, 60, 70]
    with pytest.raises(DataError, match="frames per second are unknown"):
        stretch_of(record(tmp_path))


def test_refusals(tmp_path, video):
    with pytest.raises(DataError, match=r"no frame 125..130: the clip has 125, numbered 0..124"):
        stretch_of(record(video, first=125, last=130))
    with pytest.raises(DataError, match="no frame 200"):
        stretch_of(record(video, frame=200))
    (tmp_path / "x.mp4").write_text("no")
    with pytest.raises(DataError, match="not a video"):
        stretch_of(record(tmp_path / "x.mp4"))
    with pytest.raises(DataError, match="missing file"):
        stretch_of(record(tmp_path / "y.mp4"))
    with pytest.raises(DataError, match="no numbered image"):
        stretch_of(replace(record(tmp_path), rate=5.0))
