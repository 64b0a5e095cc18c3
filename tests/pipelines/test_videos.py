"""Videos whose frames are read, with faces that come, stay and leave."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.pipelines.videos import predict_video, sampled
from tests.harness.filming import film, greys

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def clip(two_people, tmp_path_factory):
    """Two frames of nobody, four of two people, four of the larger one alone, at uneven times."""
    nobody = np.full_like(two_people, 128)
    one = two_people.copy()
    one[:, 240:] = 128
    times = [0.0, 0.04, 0.08, 0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.44]
    return film(tmp_path_factory.mktemp("clip") / "größe $x$ 顔.mp4", [nobody] * 2 + [two_people] * 4 + [one] * 4,
                times=times)


def test_every_frame_has_a_row_with_its_time(untrained_gan, clip, models):
    found = predict_video(untrained_gan, clip)
    assert found.table["frame"].to_pylist() == list(range(10)) and found.failures == []
    np.testing.assert_allclose(found.table["time"].to_numpy()[[1, 3, 9]], [0.04, 0.2, 0.44], atol=0.002)
    assert found.table["face"].to_pylist() == [None] * 2 + [0] * 8
    assert found.table["valence"].null_count == found.table["left"].null_count == 2
    assert max(found.table["left"].to_pylist()[2:]) < 100


def test_all_faces_keep_their_numbers(untrained_gan, clip, models):
    table = predict_video(untrained_gan, clip, face="all").table
    assert list(zip(table["frame"].to_pylist(), table["face"].to_pylist())) == [
        (0, None), (1, None), *((frame, face) for frame in range(2, 6) for face in (0, 1)),
        *((frame, 0) for frame in range(6, 10))]


def test_a_face_that_no_frame_shows_is_a_failure_beside_the_rows(untrained_gan, clip, models):
    found = predict_video(untrained_gan, clip, face=2)
    assert found.table.num_rows == 10 and found.table["face"].null_count == 10
    assert [failure.reason for failure in found.failures] == [
        "no face 2, numbered from 0, the largest first, found in any of 10 frames"]


def test_what_a_cut_off_video_lacks_is_a_failure_beside_its_rows(untrained_gan, models, tmp_path):
    random = np.random.default_rng(0)
    path = film(tmp_path / "cut.mkv", random.integers(0, 255, (50, 48, 64, 3)).astype(np.uint8), "mpeg4")
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    found = predict_video(untrained_gan, path, rate=5)
    assert 2 <= found.table.num_rows <= 8 and found.failures[1].reason.startswith("cut off after ")


@pytest.mark.parametrize("rate, read", [(None, range(8)), (25.0, range(8)), (1000.0, range(8)), (10.0, [0, 3, 5, 7]),
                                        (1.0, [0, 7])])
def test_rate_selects_frames(rate, read):
    times = [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 1.5]
    frames = [SimpleNamespace(number=number, time=time) for number, time in enumerate(times)]
    assert [frame.number for frame in sampled(frames, rate)] == list(read)


def test_unusable_video_options_are_refused(untrained_gan, models, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    for path, options, message in ((tmp_path / "text.mp4", {}, "not a video"), (tmp_path / "none", {}, "missing file"),
                                   (film(tmp_path / "a.mp4", greys(2)), {"rate": 0.0}, "Received: 0"),
                                   (tmp_path / "a.mp4", {"rate": math.nan}, "Received: nan"),
                                   (tmp_path / "a.mp4", {"face": -1}, "Received: -1")):
        with pytest.raises(CatganError, match=message):
            predict_video(untrained_gan, path, **options)
