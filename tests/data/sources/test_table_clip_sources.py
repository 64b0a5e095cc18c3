"""Tables whose rows are about frames of videos, or about whole clips."""

import numpy as np
import pytest

from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.filming import film, greys
from tests.harness.readers import run_reader_test

TIMES = (0.0, 0.1, 0.2, 0.6, 0.7)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """The bytes of a video of five frames, not evenly spaced."""
    return film(tmp_path_factory.mktemp("clip") / "clip.mp4", greys(5, 32, 32), times=TIMES).read_bytes()


def read(root, lines, films, **options):
    columns = {name: name for name in lines[0].split(",") if name not in ("film", "v")}
    return run_reader_test("table", root, {"labels.csv": "\n".join(lines) + "\n", **films}, {
        "file": "labels.csv", "clip": "film", "valence": "v", **columns, **options})


def test_rows_name_frames_and_come_out_clip_by_clip_in_order(tmp_path, clip):
    lines = ["film,frame,v", "a.mp4,2,0.2", "b.mp4,0,-0.5", "a.mp4,0,0.0", "b.mp4,4,-0.1", "a.mp4,9,0.9"]
    rows = read(tmp_path, lines, {"a.mp4": clip, "b.mp4": clip})
    assert [(row.video, row.frame, row.position, row.valence) for row in rows] == [
        ("a.mp4", 0, 0, 0.0), ("a.mp4", 2, 2, 0.2), ("a.mp4", 9, 9, 0.9),  # whether there is a frame 9 the build says
        ("b.mp4", 0, 0, -0.5), ("b.mp4", 4, 4, -0.1)]
    assert [row.key for row in rows[:2]] == ["a.mp4#0", "a.mp4#2"] and rows[0].row == "labels.csv:4"


def test_frames_may_count_from_one(tmp_path, clip):
    row, = read(tmp_path, ["film,frame,v", "a.mp4,5,0.2"], {"a.mp4": clip}, frames_from=1)
    assert (row.frame, row.position) == (5, 4)
    with pytest.raises(CatganError, match="Option 'frames_from' must be 0 or 1. Received: 2"):
        read(tmp_path, ["film,frame,v", "a.mp4,5,0.2"], {"a.mp4": clip}, frames_from=2)


@pytest.mark.parametrize("seconds, frame", [(0.0, 0), (0.14, 1), (0.39, 2), (0.41, 3), (0.7, 4)])
def test_times_name_the_frame_that_is_nearest(tmp_path, clip, seconds, frame):
    row, = read(tmp_path, ["film,time,v", f"a.mp4,{seconds},0.2"], {"a.mp4": clip})
    assert row.frame == row.position == frame


def test_a_row_about_a_whole_clip_gives_all_its_frames_their_label(tmp_path, clip):
    lines = ["film,subject,v", "a.mp4,P1,0.2", "b.mp4,P2,"]
    rows = read(tmp_path, lines, {"a.mp4": clip, "b.mp4": clip}, every=2)
    assert [(row.frame, row.valence, row.subject) for row in rows if isinstance(row, Record)] == [
        (0, 0.2, "P1"), (2, 0.2, "P1"), (4, 0.2, "P1")]
    assert [row.reason for row in rows if isinstance(row, Rejected)] == ["no label"]


def test_a_clip_may_be_a_folder_of_images(tmp_path):
    """Named by number; a time needs the rate."""
    films = {f"crops/a/{number:03d}.png": b"" for number in (1, 2, 3, 5)}
    rows = read(tmp_path, ["film,frame,v", "crops/a,3,0.2", "crops/a,1,0.1", "crops/a,4,0.4"], films, rate=25)
    assert [(row.key, row.frame, row.time) for row in rows] == [
        ("crops/a/001.png", 1, 0.04), ("crops/a/003.png", 3, 0.12), ("crops/a/00004.jpg", 4, 0.16)]
    row, = read(tmp_path, ["film,time,v", "crops/a,0.081,0.2"], films, rate=25)
    assert (row.frame, row.time, row.position) == (3, 0.081, None)
    with pytest.raises(CatganError, match="labels.csv:2: a time in a folder of images needs their rate"):
        read(tmp_path, ["film,time,v", "crops/a,0.08,0.2"], films)


def test_clips_that_are_none_are_rejected(tmp_path, clip):
    films = {"text.mp4": b"no video", "empty.mp4": b"", "cut.mp4": clip[:200], "folder/readme.txt": b""}
    lines = ["film,frame,v", *(f"{name},0,0.5" for name in ("text.mp4", "empty.mp4", "cut.mp4", "folder", "gone.mp4"))]
    rows = read(tmp_path, lines, films)
    assert [(row.path, row.reason) for row in rows] == [
        ("text.mp4", "no video that can be decoded"), ("empty.mp4", "no video that can be decoded"),
        ("cut.mp4", "no video that can be decoded"), ("folder", "no frames"), ("gone.mp4", "missing file")]


@pytest.mark.parametrize("options, message", [
    ({"image": "film"}, "names images by 'image', or videos by 'clip'"), ({"every": 0}, "Option 'every'"),
    ({"clip": "movie"}, "movie")])
def test_options_that_cannot_be(tmp_path, clip, options, message):
    with pytest.raises((CatganError, AnnotationError), match=message):
        read(tmp_path, ["film,subject,v", "a.mp4,P1,0.5"], {"a.mp4": clip}, **options)


def test_every_belongs_to_clips(tmp_path):
    with pytest.raises(CatganError, match="to which 'frames_from' and 'every' belong"):
        run_reader_test("table", tmp_path, {"labels.csv": "file,v\na.jpg,0\n"},
                        {"file": "labels.csv", "image": "file", "valence": "v", "every": 2})


def test_a_path_that_leads_out_is_refused(tmp_path, clip):
    with pytest.raises(AnnotationError, match="labels.csv:2"):
        read(tmp_path, ["film,frame,v", "../a.mp4,0,0.5"], {})


def test_the_times_of_the_test_video_are_those_written(tmp_path, clip):
    from catgan.data.sources import frames

    (tmp_path / "a.mp4").write_bytes(clip)
    np.testing.assert_allclose(frames.times(tmp_path / "a.mp4"), TIMES, atol=1e-3)
