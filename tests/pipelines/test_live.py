"""Cameras read by networks on landmarks, with a camera that is not one."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from catgan.errors import CatganError
from catgan.faces.camera import Camera
from catgan.faces.detected import DetectedFace
from catgan.pipelines import live_window
from catgan.pipelines.live import Moment, predict_live
from catgan.pipelines.live_window import BAR, DOT, HEIGHT, Window, draw_moment, has_display
from catgan.pipelines.predict import PredictOptions
from catgan.pipelines.predictions import FaceRow
from tests.harness.cameras import plug_in
from tests.harness.filming import greys
from tests.harness.untrained_landmarks import untrained_landmarks


@pytest.fixture
def camera(monkeypatch, two_people, models):
    plug_in(monkeypatch, [two_people] * 7 + greys(3, 240, 480))
    with Camera(0) as opened:
        yield opened


def test_every_frame_is_answered_when_it_comes(camera, tmp_path):
    moments = []
    options = PredictOptions(out=tmp_path / "a.parquet", plot=tmp_path / "a.png")
    outcome = predict_live(untrained_landmarks(), camera, lambda moment: moments.append(moment) or True, options)
    assert [len(moment.answers) for moment in moments] == [1] * 10 and outcome.failures == []
    assert [moment.answers[0]["expression"] is not None for moment in moments] == [False] * 3 + [True] * 4 + [False] * 3
    assert [len(moment.faces) for moment in moments] == [1] * 7 + [0] * 3
    assert moments[3].time == pytest.approx(0.24) and moments[3].picture.shape == (240, 480, 3)
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["image"].to_pylist() == ["camera 0"] * 10 and outcome.rows == 10 and outcome.faces == 7
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize("ending", ["seconds", "window", "Ctrl-C"])
def test_reading_ends_without_an_error_and_keeps_its_rows(camera, tmp_path, ending):
    def on_moment(moment):
        if ending == "Ctrl-C" and moment.time > 0.3:
            raise KeyboardInterrupt
        return ending != "window" or moment.time < 0.3

    outcome = predict_live(untrained_landmarks(), camera, on_moment, PredictOptions(out=tmp_path / "a.csv"),
                           0.33 if ending == "seconds" else None)
    assert outcome.rows == 5 and len((tmp_path / "a.csv").read_text().splitlines()) == 6


def test_camera_without_a_face_is_a_failure(monkeypatch, models):
    plug_in(monkeypatch, greys(4))
    with Camera(0) as camera:
        outcome = predict_live(untrained_landmarks(), camera, lambda moment: True)
    assert [failure.reason for failure in outcome.failures] == ["no face found in any of 4 frames"]


@pytest.mark.parametrize("options, seconds, message", [
    (PredictOptions(), -1.0, "positive number of seconds"), (PredictOptions(rate=5.0), None, "leave the rate away"),
    (PredictOptions(interval=0.9), None, "Leave the interval away")])
def test_options_that_do_not_fit_are_refused(monkeypatch, options, seconds, message):
    plug_in(monkeypatch, [])
    with Camera(0) as camera, pytest.raises(CatganError, match=message):
        predict_live(untrained_landmarks(), camera, lambda moment: True, options, seconds)


# === The window ===

@pytest.fixture
def moment():
    points = np.full((478, 3), 30.0, np.float32)
    points[5] = (60.0, 80.0, 0.0)
    answer = {"face": 0, "expression=neutral": 0.25, "expression=happiness": 0.75}
    return Moment(np.zeros((HEIGHT, 960, 3), np.uint8), 1.0, [FaceRow("camera 0", detected=DetectedFace(
        points, {}, 0.0, 0.0, 0.0))], [answer])


def test_draw_moment_shows_landmarks_and_bars(moment):
    drawn = draw_moment(moment, [5])
    assert (drawn[80, 60] == DOT).all() and (drawn[30, 30] == 0).all() and moment.picture.max() == 0
    happy = (drawn == (0x00, 0x72, 0xB2)).all(-1)  # of the length of probability .75
    assert happy.any(0).sum() == 0.75 * BAR + 1 and happy.any(1).sum() > 5


def test_draw_moment_without_an_answer_shows_empty_bars(moment):
    moment.answers[0].update({"expression=neutral": None, "expression=happiness": None})
    assert not (draw_moment(moment, [5]) == (0x00, 0x72, 0xB2)).all(-1).any()


def test_small_picture_is_enlarged(moment):
    small = Moment(np.zeros((HEIGHT // 4, 240, 3), np.uint8), 1.0, [], [])
    assert draw_moment(small, [5]).shape == (HEIGHT, 960, 3)


@pytest.mark.parametrize("key, visible, goes_on", [(-1, 1.0, True), (ord("q"), 1.0, False), (27, 1.0, False),
                                                   (-1, 0.0, False)])
def test_window_ends_with_a_key_or_when_it_is_closed(monkeypatch, moment, key, visible, goes_on):
    shown = []
    for name, replacement in {"namedWindow": lambda title: None, "destroyAllWindows": lambda: shown.append("closed"),
                              "imshow": lambda title, picture: shown.append(picture.shape),
                              "waitKey": lambda wait: key, "getWindowProperty": lambda *what: visible}.items():
        monkeypatch.setattr(live_window.cv2, name, replacement)
    with Window([5]) as window:
        assert window.show(moment) is goes_on
    assert shown == [(HEIGHT, 960, 3), "closed"]


def test_has_display_asks_the_environment(monkeypatch):
    monkeypatch.setattr(live_window.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_display()
