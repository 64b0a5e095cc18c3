"""Preprocessing: what a network's input is made of, against the steps of common pipelines written out."""

import cv2
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.preprocessing import Crops, PhotographedFace, Preprocessing, landmark_box
from catgan.faces.alignment import TEMPLATE, align, aligned_by
from catgan.faces.blending import paste

PHOTO = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (120, 150, 3)).astype(np.uint8), (0, 0), 2.0)


def test_pixels_are_scaled_by_range_and_statistics():
    pixels = PHOTO[None].astype(np.float32)
    np.testing.assert_allclose(Preprocessing(pixels="0..1").prepared(PHOTO[None]), pixels / 255, atol=1e-6)
    np.testing.assert_allclose(Preprocessing(pixels="-1..1").prepared(PHOTO[None]), pixels / 127.5 - 1, atol=1e-6)
    np.testing.assert_allclose(Preprocessing(pixels="-128..127").prepared(PHOTO[None]), pixels - 128, atol=1e-4)
    wanted = (pixels / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    np.testing.assert_allclose(Preprocessing(pixels="imagenet").prepared(PHOTO[None]), wanted, atol=1e-5)
    np.testing.assert_allclose(Preprocessing(pixels="imagenet", channels="bgr").prepared(PHOTO[None]),
                               wanted[..., ::-1], atol=1e-5)
    caffe = pixels[..., ::-1] - (103.939, 116.779, 123.68)
    np.testing.assert_allclose(Preprocessing(pixels="caffe").prepared(PHOTO[None]), caffe, atol=1e-4)
    np.testing.assert_allclose(Preprocessing(pixels="0..1", mean=(0.5,), std=(0.25,)).prepared(PHOTO[None]),
                               (pixels / 255 - 0.5) / 0.25, atol=1e-5)


def test_conventions_agree_with_keras_preprocessing():
    from keras.applications import imagenet_utils

    for mode, pixels in (("caffe", "caffe"), ("torch", "imagenet"), ("tf", "-1..1")):
        wanted = imagenet_utils.preprocess_input(PHOTO[None].astype(np.float32), data_format="channels_last", mode=mode)
        np.testing.assert_allclose(Preprocessing(pixels=pixels).prepared(PHOTO[None]), wanted, atol=1e-4)


def test_input_has_declared_channels_size_and_order():
    grey = cv2.cvtColor(PHOTO, cv2.COLOR_RGB2GRAY)
    made = Preprocessing(channels="grey", size=(48, 32), resize="linear", order="first").prepared([PHOTO, PHOTO])
    assert made.shape == (2, 1, 48, 32)
    np.testing.assert_array_equal(made[0, 0], cv2.resize(grey, (32, 48)))
    smaller = Preprocessing(size=(30, 50)).prepared([PHOTO])
    np.testing.assert_array_equal(smaller[0], cv2.resize(PHOTO, (50, 30), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("options", [
    {"pixels": "imagenet", "size": (24, 24)}, {"channels": "grey", "pixels": "-1..1"}, {"pixels": "caffe"},
    {"channels": "bgr", "order": "first", "pixels": "0..1", "mean": (0.1, 0.2, 0.3), "std": (0.5,)}])
def test_tensors_are_prepared_as_arrays(options):
    faces = cv2.GaussianBlur(cv2.resize(PHOTO, (48, 48)), (0, 0), 3.0)[None]  # the two resize in their own ways
    preprocessing = Preprocessing(**options)
    told = np.asarray(preprocessing.prepared_tensors(faces.astype(np.float32)))
    read = preprocessing.prepared(faces)
    assert told.shape == read.shape
    np.testing.assert_allclose(told, read, atol=max(0.04 * np.abs(read).max(), 0.006))


@pytest.mark.parametrize("options, match", [
    ({"crop": "face"}, "'crop' must be one of aligned, box, square. Received: face"),
    ({"channels": "RGB"}, "'channels' must be one of grey, rgb, bgr"), ({"resize": "cubic"}, "'resize'"),
    ({"order": "middle"}, "'order'"), ({"margin": 0.1}, "An aligned crop has no margin"),
    ({"crop": "box", "margin": -0.6}, "must lie in"), ({"crop": "box", "margin": float("nan")}, "must lie in"),
    ({"size": (0, 64)}, "'size'"), ({"pixels": "1..0"}, "from a smaller to a larger"),
    ({"pixels": "0-1"}, "'pixels' must be a range.*Received: 0-1"), ({"pixels": "1.2.3..4"}, "must be a range"),
    ({"pixels": "imagenet", "mean": (0.5,)}, "a mean and a standard deviation of its own"),
    ({"pixels": "imagenet", "channels": "grey"}, "convention for three channels"),
    ({"mean": (1.0, 2.0)}, "'mean' takes one number"), ({"std": (0.0,)}, "larger than 0"),
    ({"channels": "grey", "mean": (1.0, 2.0, 3.0)}, "'mean'")])
def test_invalid_declaration_is_refused(options, match):
    with pytest.raises(CatganError, match=match):
        Preprocessing(**options)


def test_network_declaration_completes_or_contradicts():
    made = Preprocessing(pixels="0..1").declared(48, 32, 1, "first", "m")
    assert made.size == (48, 32) and made.channels == "grey" and made.order == "first"
    assert Preprocessing(pixels="caffe").declared(None, None, 3, None, "m").channels == "bgr"
    for options, declared in (({"size": (64, 64)}, (48, 48, 3, None)), ({"channels": "grey"}, (8, 8, 3, None)),
                              ({"order": "last"}, (8, 8, 3, "first"))):
        with pytest.raises(CatganError, match="m takes .*Received"):
            Preprocessing(**options).declared(*declared, "m")


# === Crops of photographs ===


def test_window_adds_margin_padding_and_shape():
    box = (40, 30, 20, 31)
    assert Preprocessing(crop="box").window(box) == box
    assert Preprocessing(crop="box", margin=0.1).window(box) == (38, 27, 24, 37)
    assert Preprocessing(crop="box", padding=10).window(box) == (30, 20, 40, 51)
    assert Preprocessing(crop="square").window(box) == (35, 30, 31, 31)
    assert Preprocessing(crop="square", size=(64, 32)).window((0, 0, 40, 40)) == (0, -20, 40, 80)


@pytest.fixture
def shot():
    face = aligned_by(PHOTO, TEMPLATE * 60.0 + (40.0, 25.0), 16)
    return PhotographedFace(PHOTO, face, (50, 40, 40, 40))


@pytest.mark.parametrize("box", [(50, 40, 40, 40), (60, 50, 10, 12), (0, 0, 150, 120), (-20, 90, 80, 60), (0, 0, 5, 5)])
def test_crop_has_the_pixels_of_the_finished_photograph(shot, box):
    after = shot.face.image.copy()
    after[9:13, 4:12] = 255 - after[9:13, 4:12]
    moves = np.random.default_rng(1).normal(0, 0.4, (16, 16, 2)).astype(np.float32)
    crops = Crops(PhotographedFace(shot.photo, shot.face, box), Preprocessing(crop="box"))
    left, top, width, height = box
    for photo, crop in ((paste(PHOTO, shot.face, after, moves), crops.edited(after, moves)),
                        (PHOTO, crops.original()), (PHOTO, crops.edited(shot.face.image, np.zeros_like(moves)))):
        padded = cv2.copyMakeBorder(photo, 60, 60, 60, 60, cv2.BORDER_REPLICATE)
        np.testing.assert_array_equal(crop, padded[top + 60:top + 60 + height, left + 60:left + 60 + width])


def test_box_outside_the_photograph_is_refused(shot):
    with pytest.raises(CatganError, match="must lie in its photograph of 150 x 120 px. Received: 200,10,20,20"):
        Crops(PhotographedFace(shot.photo, shot.face, (200, 10, 20, 20)), Preprocessing(crop="box"))


def test_landmark_box_encloses_the_landmarks():
    random = np.random.default_rng(2)
    landmarks = np.concatenate([random.uniform((40, 30), (90, 95), (478, 2)), np.zeros((478, 1))], 1).astype(np.float32)
    landmarks[:2, :2] = (40, 30), (90, 95)
    assert landmark_box(align(PHOTO, landmarks, 32)) == (40, 30, 50, 65)
