import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catgan.errors import CatganError
from catgan.faces import images, opening
from catgan.faces.images import ImageError, column_titles, read_image, resize_faces, to_rgb, write_image
from tests.harness.filming import film, greys

GRADIENT = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (48, 1))


def saved(path, image, **options):
    image.save(path, **options)
    return path


def test_read_image_of_grey_palette_and_cmyk_gives_rgb(tmp_path):
    grey = Image.fromarray(GRADIENT)
    rgb = np.repeat(GRADIENT[..., None], 3, -1)
    np.testing.assert_array_equal(read_image(saved(tmp_path / "g.png", grey)), rgb)
    np.testing.assert_array_equal(read_image(saved(tmp_path / "p.gif", grey.convert("P"))), rgb)
    assert read_image(saved(tmp_path / "c.tif", grey.convert("CMYK"))).shape == (48, 64, 3)


def test_read_image_puts_transparency_on_white(tmp_path):
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2, :, 3] = 255
    image = read_image(saved(tmp_path / "a.png", Image.fromarray(pixels)))
    assert (image[:2] == 0).all() and (image[2:] == 255).all()
    np.testing.assert_array_equal(to_rgb(pixels), image)


def test_read_image_scales_16_bit(tmp_path):
    wide = GRADIENT.astype(np.uint16) * 257
    image = read_image(saved(tmp_path / "w.png", Image.fromarray(wide)))
    np.testing.assert_array_equal(image[..., 0], GRADIENT)


def test_read_image_rotates_by_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "r.png", Image.fromarray(GRADIENT), exif=exif)
    np.testing.assert_array_equal(read_image(path)[..., 0], np.rot90(GRADIENT, -1))


def corrupt(tmp_path, kind):
    path = tmp_path / "x.jpg"
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)).save(stream, "JPEG")
    content = {"truncated": stream.getvalue()[:900], "empty": b"", "text": b"not an image"}[kind]
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind, reason", [("truncated", "truncated or damaged image"), ("empty", "empty file"),
                                          ("text", "not an image")])
def test_read_image_of_damaged_files_is_refused(tmp_path, kind, reason):
    with pytest.raises(ImageError) as caught:
        read_image(corrupt(tmp_path, kind))
    assert caught.value.reason == reason


def test_read_image_of_missing_folder_video_and_bomb_is_refused(tmp_path, monkeypatch):
    for path, reason in ((tmp_path / "none.jpg", "missing file"), (tmp_path, "a folder")):
        with pytest.raises(ImageError) as caught:
            read_image(path)
        assert caught.value.reason == reason
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    with pytest.raises(ImageError, match="a video"):
        read_image(tmp_path / "film.mp4")
    monkeypatch.setattr(opening, "MAX_PIXELS", 100)
    with pytest.raises(ImageError, match="too large"):
        read_image(saved(tmp_path / "big.png", Image.fromarray(GRADIENT)))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_read_image_of_a_video_is_refused(tmp_path, name):
    with pytest.raises(ImageError, match="a video"):
        read_image(film(tmp_path / name, greys(3), "mpeg4"))


def test_to_rgb_of_views_floats_and_bools():
    view = np.repeat(GRADIENT[..., None], 3, -1)[:, ::-1]
    assert to_rgb(view).flags.c_contiguous and (to_rgb(view) == view).all()
    assert (to_rgb(GRADIENT / 255.0) == to_rgb(GRADIENT)).all()
    assert to_rgb(np.array([[True, False]])).tolist() == [[[255] * 3, [0] * 3]]


@pytest.mark.parametrize("array", [np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 2), np.uint8), np.zeros(4),
                                   np.full((4, 4), 1.5), np.full((4, 4), np.nan), np.zeros((4, 4), np.int32)])
def test_to_rgb_of_other_arrays_is_refused(array):
    with pytest.raises(CatganError, match="image must"):
        to_rgb(array)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_give_an_image_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError):
        read_image(path)


def test_write_is_deterministic_and_marked(tmp_path):
    image = to_rgb(GRADIENT)
    for name in "ab":
        write_image(tmp_path / f"{name}.png", image, {"catgan": "synthetic"})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").text["catgan"] == "synthetic"
    with pytest.raises(CatganError, match="PNG"):
        write_image(tmp_path / "a.jpg", image)


def test_grid_lays_out_in_rows():
    sheet = images.grid([np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)], columns=2, gap=1)
    assert sheet.shape == (5, 7, 3)
    assert sheet[0, 0, 0] == 10 and sheet[0, 4, 0] == 20 and sheet[3, 0, 0] == 30
    assert (sheet[3:, 4:] == 255).all() and (sheet[2] == 255).all()


@pytest.mark.parametrize("side", [8, 16, 32])
def test_resize_faces_gives_that_side(side):
    faces = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    resized = resize_faces(faces, side)
    assert resized.shape == (2, side, side, 3) and resized.dtype == np.uint8
    assert (resized is faces) == (side == 16)
    np.testing.assert_allclose(resized.mean((1, 2)), faces.mean((1, 2)), atol=3)


def test_column_titles_are_drawn_above_their_columns():
    strip = column_titles(["AU12", ""], 40)
    assert strip.shape == (14, 79, 3) and strip.dtype == np.uint8
    assert strip[:, :40].min() < 128 and (strip[:, 40:] == 255).all()
