"""Tests of `catgan.faces.camera`, with a camera that is not one."""

import pytest

from catgan.errors import CatganError
from catgan.faces.camera import MOST_FAILURES, Camera
from tests.harness.cameras import plug_in
from tests.harness.filming import greys


def test_frames_have_numbers_times_and_rgb_pictures(monkeypatch):
    pictures = greys(3)
    pictures[1][..., 0] = 200  # red
    capture = plug_in(monkeypatch, [pictures[0], None, *pictures[1:]], rate=10.0)
    with Camera(0) as camera:
        frames = list(camera.frames())
    assert camera.name == "camera 0" and capture.released == 1
    assert [frame.number for frame in frames] == [0, 1, 2]
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.2, 0.3])  # one picture was not given
    assert all((frame.picture == picture).all() for frame, picture in zip(frames, pictures))
    assert (frames[0].shot, frames[0].duration) == (0, None)


def test_frames_end_after_the_given_seconds(monkeypatch):
    plug_in(monkeypatch, greys(20), rate=10.0)
    with Camera(0) as camera:
        assert [frame.number for frame in camera.frames(0.5)] == [0, 1, 2, 3, 4, 5]


def test_camera_that_is_pulled_out_ends_the_frames(monkeypatch):
    plug_in(monkeypatch, greys(2) + [None] * MOST_FAILURES + greys(1))
    with Camera(0) as camera:
        assert len(list(camera.frames())) == 2


def test_camera_that_is_not_there_is_an_error(monkeypatch):
    plug_in(monkeypatch, [])
    with pytest.raises(CatganError, match="no camera 1 that can be opened"):
        Camera(1)
    with Camera(0) as camera, pytest.raises(CatganError, match="camera 0 opens, but gives no picture"):
        list(camera.frames())
