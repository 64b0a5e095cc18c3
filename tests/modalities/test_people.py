"""Persons in photographs and clips: who is there, what is read of them, and what is no person."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import CatganError, DataError
from catgan.faces.images import read_image
from catgan.faces.videos import Video
from catgan.modalities.drawing import draw_views
from catgan.modalities.people import PeopleReader
from catgan.modalities.registry import read_all, stacked
from tests.harness.people import standing
from tests.harness.people_readers import frame, scripted
from tests.harness.views import detected_face

FACE = detected_face(90, 30, 120)
"""Lies over the head of `standing()`."""


@pytest.fixture(scope="module")
def reader(landmarker_bundle, pose_bundle, segmenter_file):
    if len({path.parent for path in (landmarker_bundle, pose_bundle, segmenter_file)}) > 1:
        pytest.skip("MediaPipe's three files do not lie in one folder")
    with PeopleReader(landmarker_bundle.parent) as opened:
        yield opened


def test_photograph_pairs_bodies_and_faces_and_keeps_those_that_are_alone(monkeypatch):
    alone_face, alone_body = detected_face(300, 10, 60), standing(250, 150, 80)
    reader = scripted(monkeypatch, {1: ([standing(), alone_body], [alone_face, FACE])})
    both, body, face = reader.photograph(frame(1))
    assert both.face is FACE and both.body.box[0] == 100
    assert body.face is None and body.body is alone_body and face.face is alone_face and face.body is None
    assert face.known.sum() == 0 and both.known.all() and both.rate is None and both.joints.shape == (1, 16, 3)
    assert both.mask[100, 150] == 1 and both.mask.shape == (300, 400)  # by the points of the body


def test_photograph_of_nobody_is_empty(monkeypatch):
    assert scripted(monkeypatch, {}).photograph(frame(1)) == []


def test_face_outside_the_picture_is_left_out(monkeypatch):
    reader = scripted(monkeypatch, {1: ([], [detected_face(500, 10, 60), detected_face(-80, 10, 60)])})
    assert reader.photograph(frame(1)) == []


def test_body_that_lies_without_a_face_and_mask_is_no_person(monkeypatch):
    """So MediaPipe takes writing for."""
    upright = standing()
    lying = replace(upright, points=upright.points[:, [1, 0, 2]])
    assert scripted(monkeypatch, {1: ([lying], [])}, confidence=0.01).photograph(frame(1)) == []
    assert len(scripted(monkeypatch, {1: ([lying], [])}, confidence=0.5).photograph(frame(1))) == 1
    assert len(scripted(monkeypatch, {1: ([upright], [])}, confidence=0.0).photograph(frame(1))) == 1


def test_numbers_of_mediapipe_that_are_not_finite_are_unknown(monkeypatch):
    person = standing()
    metres = person.metres.copy()
    metres[[11, 15]] = np.nan
    reader = scripted(monkeypatch, {1: ([replace(person, metres=metres)], [])})
    view, = reader.photograph(frame(1))
    assert np.isfinite(view.joints).all()
    assert np.flatnonzero(~view.known[0]).tolist() == [1, 2, 4, 6]  # spine, neck, first shoulder and hand
    assert read_all(view)["posture"].arrays["known"].sum() == 12


def clip(script, count, rate=15.0):
    return ((number / rate, frame(number)) for number in range(count))


def test_clip_of_a_person_has_posture_gait_and_the_clearest_face(monkeypatch):
    turned = detected_face(90, 30, 120, yaw=50)
    script = {number: ([standing(100 + number)], [FACE if number == 7 else turned]) for number in range(20)}
    view, = scripted(monkeypatch, script).clip(clip(script, 20))
    assert view.face is FACE and int(view.picture[0, 0, 0]) == 7 and view.at == pytest.approx(7 / 15)
    assert view.chosen == "the clearest of 20 frames with the face, at 0.47 s" and view.rate == 15
    assert view.known.shape == (20, 16) and view.known.all() and view.posture_frame == 7
    readings = read_all(view)
    assert readings["gait"].arrays["known"].sum() == 20 * 16 and readings["posture"] is not None


def test_view_of_a_clip_says_where_the_person_is_in_each_frame(monkeypatch):
    script = {number: ([standing(100 + number)], [FACE] if number < 3 else []) for number in range(5)}
    view, = scripted(monkeypatch, script).clip(clip(script, 8))
    boxes = view.given["boxes"]
    np.testing.assert_allclose(boxes[:, 0], np.arange(5) / 15)  # not in the three frames without the person
    np.testing.assert_allclose(boxes[4, 1:5], standing(104).box)
    np.testing.assert_allclose(boxes[2, 5:], FACE.box)
    assert np.isnan(boxes[3:, 5:]).all() and not np.isnan(boxes[:, :5]).any()


def test_clip_of_two_frames_has_no_gait(monkeypatch):
    script = {number: ([standing()], [FACE]) for number in range(2)}
    view, = scripted(monkeypatch, script).clip(clip(script, 2))
    readings = read_all(view)
    assert readings["gait"] is None and readings["posture"] is not None and readings["face"] is not None


def test_two_people_who_change_their_order_keep_their_joints(monkeypatch):
    a, b = standing(20), standing(250)
    b = replace(b, metres=b.metres + 5)
    script = {number: ([a, b] if number % 2 else [b, a], []) for number in range(6)}
    views = scripted(monkeypatch, script).clip(clip(script, 6))
    assert len(views) == 2
    for view in views:
        assert np.ptp(view.joints[:, 4, 0]) == 0 and view.chosen.startswith("the one of 6 frames that shows most")


def test_person_who_leaves_is_unknown_then(monkeypatch):
    script = {number: ([standing()], []) for number in range(10)}
    view, = scripted(monkeypatch, script).clip(clip(script, 20))
    assert view.known[:10].all() and not view.known[10:].any() and len(view.seconds) == 20


def test_who_is_seen_in_few_frames_is_no_person(monkeypatch):
    script = {number: ([standing()] + ([standing(300, 50, 60)] if number == 5 else []), []) for number in range(20)}
    assert len(scripted(monkeypatch, script).clip(clip(script, 20))) == 1


def test_frames_that_follow_fast_are_left_out(monkeypatch):
    script = {number: ([standing(100 + number)], []) for number in range(60)}
    view, = scripted(monkeypatch, script).clip(clip(script, 60, rate=60.0))
    assert len(view.seconds) == 15 and view.known.all() and view.chosen.startswith("the one of 20 frames")


def test_face_that_is_lost_is_looked_for_at_its_last_place(monkeypatch):
    script = {number: ([], [] if number in (3, 4) else [FACE]) for number in range(10)}
    view, = scripted(monkeypatch, script).clip(clip(script, 10))
    assert view.chosen.startswith("the clearest of 8 frames")


def test_clip_of_nobody_and_of_no_frames_is_empty(monkeypatch):
    reader = scripted(monkeypatch, {})
    assert reader.clip([]) == reader.clip(clip({}, 5)) == []


@pytest.mark.parametrize("times", [(0.0, 0.0), (1.0, 0.5), (float("nan"),)])
def test_times_that_do_not_increase_are_refused(monkeypatch, times):
    with pytest.raises(DataError, match="must increase"):
        scripted(monkeypatch, {}).clip((time, frame(1)) for time in times)


def test_rate_and_number_of_persons_must_be_positive(monkeypatch):
    with pytest.raises(DataError, match="rate must be a positive"):
        scripted(monkeypatch, {}).clip([], rate=0)
    with pytest.raises(CatganError, match="at least 1. Received: 0"):
        PeopleReader(max_people=0)


def test_missing_model_files_are_named(tmp_path):
    with pytest.raises(CatganError, match="face_landmarker.task is not the expected face_landmarker model"):
        PeopleReader(tmp_path)


def test_views_of_one_picture_are_drawn_with_numbers_and_others_refused(monkeypatch):
    views = scripted(monkeypatch, {1: ([standing()], [FACE])}).photograph(frame(1))
    drawn = draw_views(views)
    assert drawn.shape == (300, 400, 3) and (drawn != frame(1)).any()
    with pytest.raises(DataError, match="Received: 2 pictures"):
        draw_views([views[0], replace(views[0], picture=frame(2))])
    with pytest.raises(DataError, match="Received: 0 pictures"):
        draw_views([])


def test_five_friends_have_five_faces_and_one_surrounding(reader, media):
    views = reader.photograph(read_image(media / "multi_face.jpg"))
    assert len(views) == 5 and all(view.face is not None and view.body is not None for view in views)
    inputs, available = stacked([read_all(view) for view in views])
    assert available["face"].all() and available["context"].all()
    assert not available["posture"].any() and not available["gait"].any()  # no hips in the picture
    assert len({image.tobytes() for image in inputs["face"]["image"]}) == 5


def test_soldier_in_profile_has_posture_and_surroundings_without_him(reader, media):
    view, = reader.photograph(read_image(media / "BWPictureHuman.jpg")[::4, ::4])
    readings = read_all(view)
    assert readings["face"] is None and readings["posture"].arrays["known"].sum() >= 12
    seen = readings["context"].arrays["seen"]
    assert seen[20:50, 24:34].max() < 0.05 and seen[:20, 50:].min() > 0.8  # trunk, sky; not the raised arm


def test_drawn_landscape_and_small_pictures_show_nobody(reader, media):
    assert reader.photograph(read_image(media / "free-mountain-vector-01.jpg")[::2, ::2]) == []
    assert reader.photograph(np.zeros((3, 5, 3), np.uint8)) == []


@pytest.mark.slow
def test_writing_in_a_video_is_nobody_and_a_face_that_leaves_is_one_person(reader, media):
    def frames(name):
        return ((one.time, one.picture) for one in Video(media / name).frames() if one.picture is not None)

    assert reader.clip(frames("no_face.mp4")) == []
    view, = reader.clip(frames("face_noface.mov"))
    readings = read_all(view)
    assert readings["face"].reliability > 0.8 and readings["context"].reliability > 0.2


def test_clip_of_a_real_face(reader, media):
    frames = ((one.time, one.picture) for one in Video(media / "single_face.mp4").frames() if one.time < 0.4)
    view, = reader.clip(frames)
    assert view.face is not None and view.at < 0.4 and read_all(view)["gait"] is None


def test_closed_reader_says_so(landmarker_bundle, pose_bundle, segmenter_file):
    opened = PeopleReader(landmarker_bundle.parent)
    opened.close()
    opened.close()
    with pytest.raises(CatganError, match="closed"):
        opened.photograph(np.zeros((50, 50, 3), np.uint8))
