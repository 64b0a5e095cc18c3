import io

import cv2
import numpy as np
import pytest
from PIL import Image

from catgan.data.builder import align
from catgan.faces.images import encode_png, read_image


def test_perceptual_hash_by_scipy():
    fft = pytest.importorskip("scipy.fft")
    for seed in range(5):
        thumbnail = cv2.GaussianBlur(np.random.default_rng(seed).integers(0, 256, (32, 32)).astype(np.uint8), (0, 0), 2)
        lowest = fft.dctn(thumbnail.astype(float), norm="ortho")[:8, :8]
        np.testing.assert_array_equal(np.unpackbits(align.perceptual_hash(thumbnail)).reshape(8, 8),
                                      lowest > np.median(lowest))


def test_a_re_encoded_photograph_has_nearly_the_same_hash(shared, landmarker, tmp_path):
    """At half size and as a worse JPEG; another photograph is far away."""
    photos = sorted((shared / "data" / "emotionet" / "Images").rglob("*.jpg"))[40:42]
    half = tmp_path / "half.jpg"
    small = cv2.resize(read_image(photos[0]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(half), small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])
    rows = [align.align_one(align.Job(0, path), 64, landmarker) for path in (*photos, half)]
    first, other, again = (np.unpackbits(np.frombuffer(row["phash"], np.uint8)) for row in rows)
    assert (first != again).sum() <= 6 and (first != other).sum() > 15
    assert rows[0]["sha256"] != rows[2]["sha256"] and rows[2]["eye_distance"] < 0.6 * rows[0]["eye_distance"]


def test_the_face_in_the_box_is_meant(shared, landmarker):
    photo = shared / "data" / "media" / "multi_face.jpg"
    everyone = align.align_one(align.Job(0, photo), 64, landmarker)
    man_on_the_left = align.align_one(align.Job(0, photo, None, (210, 70, 100, 100)), 64, landmarker)
    assert man_on_the_left["phash"] != everyone["phash"]
    nonsense = align.align_one(align.Job(0, photo, None, (0, 0, -5, 0)), 64, landmarker)
    assert nonsense["phash"] == everyone["phash"]


def test_what_is_no_face_has_a_reason(shared, landmarker, tmp_path):
    media = shared / "data" / "media"
    for path, reason in ((media / "no_face.mp4", "a video"), (tmp_path / "none.jpg", "missing file"),
                         (media / "free-mountain-vector-01.jpg", "no face found")):
        row = align.align_one(align.Job(3, path), 64, landmarker)
        assert row["reason"] == reason and row["index"] == 3 and "image" not in row


def test_pngs_are_exact_and_grey_where_they_can_be():
    random = np.random.default_rng(0)
    for image, mode in ((random.integers(0, 256, (8, 8, 3)), "RGB"),
                        (np.repeat(random.integers(0, 256, (8, 8, 1)), 3, -1), "L")):
        decoded = Image.open(io.BytesIO(encode_png(image.astype(np.uint8))))
        assert decoded.mode == mode
        np.testing.assert_array_equal(np.asarray(decoded.convert("RGB")), image)
