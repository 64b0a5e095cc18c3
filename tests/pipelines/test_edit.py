"""A video of which some frames show a face: these are edited along one track, the others stay."""

import cv2
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.images import read_image
from catgan.faces.videos import Video
from catgan.models.gan.changes import Changes
from catgan.models.gan.model import CatGAN
from catgan.pipelines.edit import edit_video
from tests.harness.filming import film
from tests.harness.networks import trained_build

TIMES = [0.0, 0.1, 0.2, 0.25, 0.3, 0.7]


@pytest.fixture
def gan(tiny_run):
    gan = CatGAN.from_preset(tiny_run)
    gan.editor = trained_build(gan.network, gan.spec.width)
    gan.editor.get_layer("to_change").bias.assign([30.0] * 4)  # lighter
    return gan


@pytest.fixture
def video(shared, tmp_path):
    """Six frames: nobody, then a face that moves to the right."""
    photo = cv2.resize(read_image(shared / "data" / "media" / "single_face.jpg"), (240, 240))
    moving = [np.roll(photo, shift, axis=1) for shift in (0, 3, 6, 9, 12)]
    return film(tmp_path / "in.mp4", [np.full_like(photo, 90), *moving], times=TIMES, sound="aac")


def test_a_video_is_edited_where_the_face_is(gan, video, landmarker, tmp_path):
    result = edit_video(gan, video, Changes(by={4: 5, 12: 5}), landmarker, tmp_path / "out.mp4")
    assert result["frames"] == 6 and result["edited"] == 5 and set(result["cut"]) <= {"AU04", "AU12"}
    before, after = ([frame.picture for frame in Video(path).frames()] for path in (video, tmp_path / "out.mp4"))
    np.testing.assert_allclose(Video(tmp_path / "out.mp4").times(), TIMES, atol=1e-6)
    assert result["written"] == {"coding": "H.264", "size": "240 x 240", "sound": "copied"}
    assert result["seconds"] == 0.7 and result["missing"] is None
    changed = [np.abs(one.astype(int) - other).mean() for one, other in zip(before, after)]
    assert changed[0] < 4.0 and all(part > 4.5 for part in changed[1:]), changed  # coding alone changes a little


def test_video_that_cannot_be_edited_is_refused(gan, video, landmarker, tmp_path):
    with pytest.raises(CatganError, match="no frame shows face 3"):
        edit_video(gan, video, Changes(by={12: 5}), landmarker, tmp_path / "out.mp4", 3)
    with pytest.raises(CatganError, match="Unknown label for this model's editor"):
        edit_video(gan, video, Changes(by={9: 5}), landmarker, tmp_path / "out.mp4")
    (tmp_path / "no.mp4").write_bytes(b"x")
    with pytest.raises(CatganError, match="is not a video that can be decoded"):
        edit_video(gan, tmp_path / "no.mp4", Changes(by={12: 5}), landmarker, tmp_path / "out.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "no.mp4"]
