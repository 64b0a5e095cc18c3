"""Colour profiles, transparency, HEIC and AVIF, and what files are that are no photographs."""

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, features

from catgan.faces import colours, images
from catgan.faces.images import ImageError, decode, read_image, read_photograph, write_photograph

RANDOM = np.random.default_rng(0)
COLOURS = cv2.GaussianBlur(RANDOM.integers(0, 256, (24, 32, 3)).astype(np.uint8), (0, 0), 1)


def icc(colour_space="wide"):
    """The profile of sRGB, or one whose red and green are exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    if colour_space == "wide":
        table = {bytes(profile[at:at + 4]): at for at in range(132, 132 + 12 * profile[131], 12)}
        red, green = (table[name] + 4 for name in (b"rXYZ", b"gXYZ"))
        profile[red:red + 8], profile[green:green + 8] = profile[green:green + 8], profile[red:red + 8]
        return bytes(profile).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))
    return bytes(profile)


def saved(image, kind="PNG", **options):
    stream = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(stream, kind, **options)
    return stream.getvalue()


def test_models_see_srgb_and_an_edit_keeps_the_profile(tmp_path):
    """Red and green are exchanged by this profile: what is read shows it, what is written does not change."""
    path = tmp_path / "wide.png"
    path.write_bytes(saved(COLOURS, icc_profile=icc()))
    photograph = read_photograph(path)
    assert np.abs(photograph.pixels.astype(int) - COLOURS[..., [1, 0, 2]]).max() <= 2
    np.testing.assert_array_equal(photograph.pixels, read_image(path))
    edited = photograph.pixels.copy()
    edited[4:8, 4:8, 0] = 255 - edited[4:8, 4:8, 0] // 2
    write_photograph(tmp_path / "edited.png", photograph, edited)
    written = Image.open(tmp_path / "edited.png")
    assert written.info["icc_profile"] == icc()
    untouched = np.ones(COLOURS.shape[:2], bool)
    untouched[4:8, 4:8] = False
    np.testing.assert_array_equal(np.asarray(written)[untouched], COLOURS[untouched])
    assert np.abs(read_image(tmp_path / "edited.png").astype(int) - edited).max() <= 4


def test_a_profile_of_srgb_changes_nothing_and_is_kept(tmp_path):
    (tmp_path / "a.png").write_bytes(saved(COLOURS, icc_profile=icc("srgb")))
    photograph = read_photograph(tmp_path / "a.png")
    np.testing.assert_array_equal(photograph.pixels, COLOURS)
    assert photograph.profile == icc("srgb")


@pytest.mark.parametrize("profile", [b"no profile", icc()[:100], icc()[:200] + b"\xff" * 300,
                                     ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()],
                         ids=["text", "cut off", "damaged", "Lab"])
def test_profiles_that_are_damaged_or_of_another_kind_are_ignored(profile):
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(decode(saved(COLOURS, kind, icc_profile=profile), "x"), COLOURS)


def test_profiles_that_are_too_large_are_ignored(monkeypatch):
    monkeypatch.setattr(colours, "LARGEST_PROFILE", 100)
    colours.conversion.cache_clear()
    np.testing.assert_array_equal(decode(saved(COLOURS, icc_profile=icc()), "x"), COLOURS)
    colours.conversion.cache_clear()


def test_a_png_whose_profile_is_a_bomb():
    content = saved(COLOURS)
    chunk = b"iCCPx\0\0" + zlib.compress(bytes(9 << 20))
    bomb = len(chunk[4:]).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    np.testing.assert_array_equal(decode(content[:33] + bomb + content[33:], "x"), COLOURS)
    spoilt = bomb[:-1] + bytes([bomb[-1] ^ 1])
    np.testing.assert_array_equal(decode(content[:33] + spoilt + content[33:], "x"), COLOURS)


def test_grey_and_cmyk_profiles_are_converted():
    """Into sRGB, as an edit is written: there is no way back to grey or to four inks."""
    grey = COLOURS[..., 0]
    plain = decode(saved(grey, icc_profile=icc()), "x")  # a profile of colours says nothing of grey
    np.testing.assert_array_equal(plain, np.repeat(grey[..., None], 3, -1))
    inks = decode(saved(Image.fromarray(COLOURS).convert("CMYK"), "TIFF", icc_profile=icc()), "x")
    assert inks.shape == COLOURS.shape


def test_transparency_survives_an_edit(tmp_path):
    alpha = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (24, 1))
    (tmp_path / "a.png").write_bytes(saved(np.dstack([COLOURS, alpha])))
    photograph = read_photograph(tmp_path / "a.png")
    assert (photograph.pixels[:, 0] == 255).all() and (photograph.pixels[:, -1] == COLOURS[:, -1]).all()
    same = photograph.changed(photograph.pixels)
    np.testing.assert_array_equal(same, np.dstack([COLOURS, alpha]))
    edited = photograph.pixels.copy()
    edited[:, 16:] = np.clip(edited[:, 16:].astype(int) + 20, 0, 255)
    write_photograph(tmp_path / "b.png", photograph, edited)
    written = np.asarray(Image.open(tmp_path / "b.png"))
    np.testing.assert_array_equal(written[..., 3], alpha)
    np.testing.assert_array_equal(written[:, :16], same[:, :16])
    assert np.abs(read_image(tmp_path / "b.png")[:, 16:].astype(int) - edited[:, 16:]).mean() < 3


def test_palettes_with_a_transparent_colour(tmp_path):
    image = Image.fromarray(COLOURS).quantize(8)
    (tmp_path / "a.gif").write_bytes(saved(image, "GIF", transparency=image.getpixel((0, 0))))
    photograph = read_photograph(tmp_path / "a.gif")
    assert photograph.alpha is not None and (photograph.pixels[0, 0] == 255).all()


def test_heic(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    smooth = cv2.resize(COLOURS, (128, 96), interpolation=cv2.INTER_LINEAR)
    exif = Image.Exif()
    exif[0x0112] = 6
    pillow_heif.from_pillow(Image.fromarray(smooth)).save(tmp_path / "a.heic", quality=95, exif=exif.tobytes())
    read = read_image(tmp_path / "a.heic")
    assert np.abs(read.astype(int) - np.rot90(smooth, -1)).mean() < 6
    content = (tmp_path / "a.heic").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content)  # as some exports name it
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg"), read)
    for cut in (20, 60, len(content) // 2):
        with pytest.raises(ImageError, match="truncated or damaged"):
            decode(content[:cut], "cut.heic")
    with pytest.raises(ImageError, match="truncated or damaged image"):  # no picture that can be decoded
        decode(content.replace(b"hvcC", b"xxxx"), "damaged.heic")


def test_heic_without_its_reader_names_the_way_out(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r"pip install 'catgan\[heic\]'") as caught:
        decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "x.heic")
    assert caught.value.reason == "a HEIC photograph"


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif():
    smooth = cv2.resize(COLOURS, (128, 96), interpolation=cv2.INTER_LINEAR)
    assert np.abs(decode(saved(smooth, "AVIF", quality=95), "x").astype(int) - smooth).mean() < 6


@pytest.mark.parametrize("content, name, reason", [
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "a.jpg", "a Git LFS pointer"),
    (b"/annex/objects/SHA256E-s3--0.jpg\n", "a.jpg", "a git-annex pointer"),
    (b"\n  <!DOCTYPE html><html><body>404", "a.jpg", "a web page"),
    (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "a.jpg", "an XML text"),
    (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "an SVG drawing"),
    (b"%PDF-1.7\n%...", "a.jpg", "a PDF"), (b"PK\x03\x04....", "a.jpg", "an archive"),
    (b"II*\0\x10\0\0\0CR\x02\0", "a.tif", "a camera's raw file"),
    (b"II*\0\x10\0\0\0", "a.NEF", "a camera's raw file"),
    (b"\0\0\0\x18ftypcrx \0\0\0\0", "a.cr3", "a camera's raw file"),
    (bytes(1000), "a.jpg", "only zero bytes"), (b"\xff\xd8\xff\xe0\0", "a.jpg", "truncated or damaged image"),
    (b"\xff\x0a12345", "a.jxl", "a JPEG XL picture"), (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a.eps",
                                                       "a PostScript drawing"),
    (b"name,age\nx,3\n", "a.jpg", "not an image")])
def test_what_is_no_photograph_is_named(content, name, reason):
    with pytest.raises(ImageError) as caught:
        decode(content, name)
    assert caught.value.reason == reason


def test_too_large_is_said_with_numbers():
    """Before anything is decoded: a header is enough."""
    def header(width, height):
        chunk = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
        end = b"IEND"
        return (b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
                + bytes(4) + end + zlib.crc32(end).to_bytes(4, "big"))
    for side, text in ((10001, "10001 x 10001; at most 100000000 pixels"), (30000, "900000000 pixels; at most")):
        with pytest.raises(ImageError, match=f"x.png: too large: {text}") as caught:
            decode(header(side, side), "x.png")
        assert caught.value.reason == "too large"


def tiff(pixels):
    done, content = cv2.imencode(".tiff", pixels)
    assert done
    return content.tobytes()


def test_floating_point_and_deep_tiffs():
    unit = COLOURS.astype(np.float32) / 255
    np.testing.assert_array_equal(decode(tiff(unit[..., ::-1]), "x.tif"), COLOURS)
    np.testing.assert_array_equal(decode(tiff(unit[..., 0]), "x.tif")[..., 0], COLOURS[..., 0])
    np.testing.assert_array_equal(decode(tiff((COLOURS[..., ::-1].astype(np.uint16)) * 257), "x.tif"), COLOURS)
    for spoilt in (unit * 255, unit - 1, np.where(unit > 0.5, np.nan, unit).astype(np.float32)):
        for pixels in (spoilt, spoilt[..., 0]):
            with pytest.raises(ImageError, match="0..1") as caught:
                decode(tiff(np.ascontiguousarray(pixels)), "x.tif")
            assert caught.value.reason == "a picture of floating point numbers"


def test_any_start_of_a_file_gives_a_clear_error():
    """Real beginnings with their ends cut off, or spoilt."""
    kinds = [saved(COLOURS, kind) for kind in ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP")]
    kinds += [tiff(COLOURS.astype(np.float32)), saved(COLOURS, icc_profile=icc())]
    random = np.random.default_rng(1)
    for content in kinds:
        for _ in range(12):
            part = bytearray(content[:random.integers(1, len(content))])
            part[random.integers(len(part))] ^= int(random.integers(1, 256))
            try:
                assert decode(bytes(part), "x").dtype == np.uint8
            except ImageError:
                pass


def test_names_that_others_import():
    assert {"ImageError", "decode", "read_bytes", "read_image", "to_rgb"} <= set(images.__all__)
