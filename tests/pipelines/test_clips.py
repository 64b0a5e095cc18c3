"""Videos read by models of clips: the grid of frames, tracks, cuts, gaps, and videos that are damaged or empty."""

import numpy as np
import pytest

from catgan.data.clips.tracks import on_grid as grid_of_rows
from catgan.errors import CatganError, DataError
from catgan.models.calibration import Calibration
from catgan.pipelines.clip_rows import ClipRows
from catgan.pipelines.clips import describe_reading, predict_clip, predict_clip_rows
from catgan.pipelines.predictions import FaceRow
from catgan.pipelines.videos import on_grid
from tests.harness.untrained_clips import untrained_clips
from tests.harness.filming import film, greys

pytestmark = pytest.mark.filterwarnings("error")
SIDE = 16


@pytest.fixture(scope="module")
def model():
    return untrained_clips("gru")


class Moment:
    """A frame with a number and a time alone."""

    def __init__(self, number, time):
        self.number, self.time = number, time


def crop(number):
    return np.random.default_rng(number).integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)


def rows_of(faces, image="a.mp4", rate=12.5, shots=None):
    """Rows of one video: `faces` has the numbers of the faces of each grid point, `shots` their shots."""
    rows = []
    for point, numbers in enumerate(faces):
        shot = shots[point] if shots else 0
        rows += [FaceRow(image, 2 * point, point / rate, number, crop=crop(10 * point + number), shot=shot)
                 for number in numbers] or [FaceRow(image, 2 * point, point / rate, shot=shot)]
    return rows


def table(model, rows, at_once=7, hop=None, interval=None):
    import pyarrow as pa

    reading = ClipRows(model, interval, hop)
    return pa.Table.from_batches(list(predict_clip_rows(reading, rows, at_once)), reading.schema)


# === Frames on the grid ===

@pytest.mark.parametrize("rate", [7, 12.5, 24000 / 1001, 25, 30, 60])
def test_on_grid_of_any_source_rate_selects_as_data_sets_do(rate):
    times = 0.3 + np.arange(90) / rate
    chosen = [frame.number for frame in on_grid([Moment(*pair) for pair in enumerate(times)], 12.5)]
    _, kept = grid_of_rows(times, np.zeros(90, int), times[:1], 12.5)
    assert chosen == kept.tolist()


def test_on_grid_of_uneven_times_uses_each_frame_once():
    times = np.cumsum(np.random.default_rng(0).exponential(0.05, 200))
    chosen = [frame.number for frame in on_grid([Moment(*pair) for pair in enumerate(times)], 12.5)]
    _, kept = grid_of_rows(times, np.zeros(200, int), times[:1], 12.5)
    assert chosen == kept.tolist() and len(set(chosen)) == len(chosen) < 200


def test_on_grid_passes_a_frame_on_when_no_later_one_can_be_nearer():
    given = []

    def arriving():
        for number, time in enumerate([0.0, 0.04, 0.08, 0.12, 0.16]):
            given.append(number)
            yield Moment(number, time)

    assert [(frame.number, given[-1]) for frame in on_grid(arriving(), 12.5)] == [(0, 0), (2, 2), (4, 4)]


# === Tracks ===

def test_rows_of_one_face_are_answered_as_the_whole_clip_is(model):
    rows = rows_of([[0]] * 23)
    found = table(model, rows)
    expected = model.predict(np.stack([row.crop for row in rows]))
    np.testing.assert_allclose(found["valence"].to_numpy(), expected["valence"], rtol=2e-4, atol=1e-6)
    assert found["expression"].to_pylist() == expected["expression"].tolist()
    assert found["frame"].to_pylist() == list(range(0, 46, 2)) and set(found["track"].to_pylist()) == {0}


def test_frames_without_the_face_are_masked_and_their_labels_are_null(model):
    seen = [point not in (4, 5, 11) for point in range(15)]
    rows = rows_of([[0] if there else [] for there in seen])
    found = table(model, rows)
    images = np.stack([np.zeros((SIDE, SIDE, 3), np.uint8) if row.crop is None else row.crop for row in rows])
    expected = model.predict(images, np.array(seen))
    assert [value is None for value in found["AU12"].to_pylist()] == [not there for there in seen]
    np.testing.assert_allclose(found["AU12"].to_numpy(), expected["AU12"], rtol=2e-4, atol=1e-6)
    assert found["expression"].null_count == found["expression=sadness"].null_count == found["track"].null_count == 3


@pytest.mark.parametrize("gap, tracks", [(5, {0}), (6, {0, 1})])  # .48 and .56 s between the frames that are seen
def test_track_ends_at_a_gap_longer_than_half_a_second(model, gap, tracks):
    found = table(model, rows_of([[0]] * 3 + [[]] * gap + [[0]] * 3))
    assert set(found["track"].drop_null().to_pylist()) == tracks


def test_track_ends_at_a_cut_and_the_next_one_starts_anew(model):
    rows = rows_of([[0]] * 8, shots=[0] * 5 + [1] * 3)
    found = table(model, rows)
    assert found["track"].to_pylist() == [0] * 5 + [1] * 3
    expected = model.predict(np.stack([row.crop for row in rows[5:]]))
    np.testing.assert_allclose(found["valence"].to_numpy()[5:], expected["valence"], rtol=2e-4, atol=1e-6)


def test_two_faces_are_read_as_two_sequences(model):
    rows = rows_of([[0, 1]] * 6 + [[1, 0]] * 6)
    found = table(model, rows)
    assert found["face"].to_pylist() == [0, 1] * 6 + [1, 0] * 6
    for number in (0, 1):
        own = [place for place, row in enumerate(rows) if row.face == number]
        expected = model.predict(np.stack([rows[place].crop for place in own]))
        np.testing.assert_allclose(found["arousal"].to_numpy()[own], expected["arousal"], rtol=2e-4, atol=1e-6)


def test_next_video_starts_new_tracks_from_zero(model):
    rows = rows_of([[0]] * 4) + rows_of([[0]] * 4, "b.mp4")
    found = table(model, rows)
    assert found["track"].to_pylist() == [0] * 8
    np.testing.assert_allclose(found["valence"].to_numpy()[:4], found["valence"].to_numpy()[4:], atol=1e-6)


def test_causal_model_answers_every_row_when_it_arrives():
    given = []

    def arriving():
        for row in rows_of([[0], [0, 1], [], [0]] * 4):
            given.append(row)
            yield row

    reading = ClipRows(untrained_clips("gru"), hop=1)
    assert all(batch.num_rows == 1 and batch["frame"][0].as_py() == given[-1].frame
               for batch in predict_clip_rows(reading, arriving(), at_once=1))
    assert len(given) == 20


@pytest.mark.parametrize("kind", ["gru", "bigru"])
def test_rows_in_memory_do_not_grow_with_the_video(kind):
    reading, most = ClipRows(untrained_clips(kind)), 0
    rows = rows_of([[0, 1], [0], [], [1]] * 40)
    for start in range(0, len(rows), 8):
        reading.add(rows[start:start + 8])
        list(reading.batches())
        most = max(most, len(reading._rows))
    assert most <= 2 * 2 * 10 + 8  # two faces, two windows, one piece


def test_rows_that_do_not_lie_on_a_grid_are_refused(model):
    with pytest.raises(DataError, match="Rows must lie on different points of a time grid"):
        table(model, rows_of([[0]] * 4, rate=50.0))


def test_interval_adds_limits_of_the_calibrated_labels():
    model = untrained_clips("frame", frames=9)
    model.calibration = Calibration({}, {}, {"valence": {"0.9": 1.5}})
    found = table(model, rows_of([[0], []]), interval=0.9).to_pydict()
    assert found["valence_high"][0] == pytest.approx(found["valence"][0] + 1.5 * found["valence_std"][0], abs=1e-6)
    assert found["valence_low"][1] is None and "arousal_low" not in found
    with pytest.raises(CatganError, match="Intervals are known for the levels 0.9. Received: 0.5"):
        ClipRows(model, 0.5)


@pytest.mark.parametrize("kind, causal, delay, seconds", [("gru", True, 0, 0.0), ("bigru", False, 10, 0.8)])
def test_reading_is_described_with_its_delay(kind, causal, delay, seconds):
    assert describe_reading(untrained_clips(kind)) == {
        "kind": kind, "rate": 12.5, "window": 0.8, "causal": causal, "delay_frames": delay, "delay_seconds": seconds}


# === Videos ===

@pytest.fixture(scope="module")
def other_people():
    """A picture of two other drawn faces at other places, uint8 `(240, 480, 3)`."""
    from catgan.synthesis.rendering import Renderer
    from catgan.synthesis.scene import Sampler

    sampler, photo = Sampler(5), np.full((240, 480, 3), 30, np.uint8)
    photo[20:212, 30:222] = Renderer(192).render([sampler.person(3)], 3)[0][0]
    photo[60:188, 320:448] = Renderer(128).render([sampler.person(4)], 3)[0][0]
    return photo


def read(model, path, **options):
    found = predict_clip(model, path, **options)
    return found.table, [failure.reason for failure in found.failures]


def test_cut_between_two_shots_ends_the_track(model, two_people, other_people, models, tmp_path):
    path = film(tmp_path / "cut.mp4", [two_people] * 10 + [other_people] * 10)
    found, failures = read(model, path)
    assert found["frame"].to_pylist() == list(range(0, 20, 2)) and failures == []
    assert found["face"].to_pylist() == [0] * 10 and found["track"].to_pylist() == [0] * 5 + [1] * 5


def test_people_who_cross_keep_the_numbers_of_the_tracker(model, two_people, models, tmp_path):
    """The smaller face passes below the larger one, from the right to the left."""
    large, small, pictures = two_people[10:202, 10:202], two_people[50:178, 300:428], []
    for step in range(14):
        picture = np.full((360, 480, 3), 128, np.uint8)
        picture[5:197, 140 + 4 * step:332 + 4 * step] = large
        picture[215:343, 340 - 24 * step:468 - 24 * step] = small
        pictures += [picture] * 2
    found, _ = read(model, film(tmp_path / "cross.mp4", pictures), face="all")
    assert found["face"].to_pylist() == [0, 1] * 14 and found["track"].to_pylist() == [0, 1] * 14
    left = found["left"].to_numpy()
    assert left[1] > left[0] and left[-1] < left[-2]


def test_video_without_a_face_is_a_failure_beside_its_rows(model, models, tmp_path):
    found, failures = read(model, film(tmp_path / "a.mp4", greys(6)))
    assert found.num_rows == 3 and found["valence"].null_count == 3 and found["track"].null_count == 3
    assert failures == ["no face found in any of 3 frames"]


@pytest.mark.parametrize("rate, count, read_frames", [(25, 1, 1), (25, 6, 3), (7, 6, 6), (60, 30, 7)])
def test_video_shorter_than_a_window_of_any_rate_is_answered(model, two_people, models, tmp_path, rate, count,
                                                             read_frames):
    found, failures = read(model, film(tmp_path / "a.mp4", [two_people] * count, rate=rate))
    assert found.num_rows == read_frames and found["valence"].null_count == 0 and failures == []


def test_video_of_uneven_times_masks_what_it_lacks(model, two_people, models, tmp_path):
    times = [0.0, 0.08, 0.1, 0.4, 0.48, 0.56]
    found, _ = read(model, film(tmp_path / "a.mp4", [two_people] * 6, times=times))
    np.testing.assert_allclose(found["time"].to_numpy(), [0.0, 0.08, 0.4, 0.48, 0.56], atol=0.002)
    assert set(found["track"].to_pylist()) == {0}


def test_damaged_video_is_read_as_far_as_it_goes(model, models, tmp_path):
    random = np.random.default_rng(0)
    path = film(tmp_path / "cut.mkv", random.integers(0, 255, (50, 48, 64, 3)).astype(np.uint8), "mpeg4")
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    found, failures = read(model, path)
    assert 5 <= found.num_rows <= 20 and failures[1].startswith("cut off after ")


def test_video_of_no_frames_is_an_error(model, models, tmp_path):
    path = film(tmp_path / "a.mp4", greys(2))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CatganError, match="is not a video that can be decoded"):
        predict_clip(model, path)
    (tmp_path / "b.mp4").touch()
    with pytest.raises(CatganError, match="it is empty"):
        predict_clip(model, tmp_path / "b.mp4")
