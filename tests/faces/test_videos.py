"""Frames of videos that are written out here: their numbers, times, pictures, and what is said of damage."""

import av
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.containers import is_video
from catgan.faces.videos import Video, turned
from tests.harness.filming import film, greys, sing

KINDS = {"phone.3gp": ("mpeg4", None, "aac"), "clip.TS": ("libx264", "mpegts", "aac"),
         "camera.mts": ("libx264", "mpegts", "ac3"), "old.flv": ("flv1", None, None),
         "web.webm": ("libvpx", None, "libopus"), "film.MOV": ("libx264", "mov", None),
         "any.mkv": ("libx264", None, None), "no_ending": ("libx264", "mp4", None),
         "photo.jpg": ("libx264", "mp4", None), "other.avi": ("mjpeg", None, None)}


@pytest.fixture
def clip(tmp_path):
    """Twenty grey frames at 10 a second; number n has the grey level 10 n."""
    return film(tmp_path / "clip.mp4", greys(20), rate=10)


def test_video_frames_have_numbers_times_and_pictures(clip):
    video = Video(clip)
    found = list(video.frames())
    assert [frame.number for frame in found] == list(range(20)) and video.missing is None
    np.testing.assert_allclose([frame.time for frame in found], np.arange(20) / 10)
    np.testing.assert_array_equal(video.times(), [frame.time for frame in found])
    np.testing.assert_allclose([frame.picture.mean() for frame in found], 10.0 * np.arange(20), atol=2.0)
    assert video.size == (64, 48) and found[0].picture.shape == (48, 64, 3) and video.duration == pytest.approx(2.0)
    assert video.rate == pytest.approx(10.0) and video.count == 20


@pytest.mark.parametrize("name", KINDS)
def test_is_video_goes_by_content(tmp_path, name):
    codec, container, sound = KINDS[name]
    pixels = {"pix_fmt": "yuvj420p"} if codec == "mjpeg" else {}
    path = film(tmp_path / name, greys(20), codec, container=container, sound=sound, **pixels)
    assert is_video(path) and is_video(path.read_bytes())
    video = Video(path)
    levels = [frame.picture.mean() for frame in video.frames()]
    np.testing.assert_allclose(levels, [picture.mean() for picture in greys(20)], atol=4.0)
    assert video.missing is None and len(video.times()) == video.displayed() == 20
    np.testing.assert_allclose(np.diff(video.times()), 0.04, atol=0.0011)


def test_is_video_of_moving_and_still_pictures(tmp_path):
    from PIL import Image

    moving = film(tmp_path / "moving.gif", greys(4), "gif", pix_fmt="rgb8")
    still = film(tmp_path / "still.gif", greys(1), "gif", pix_fmt="rgb8")
    assert is_video(moving) and not is_video(still)
    assert [frame.picture.shape for frame in Video(moving).frames()] == [(48, 64, 3)] * 4
    for name, form in (("really.mp4", "JPEG"), ("still.png", "PNG"), ("still.webp", "WEBP")):
        Image.fromarray(greys(1)[0]).save(tmp_path / name, form)
        assert not is_video(tmp_path / name)
    Image.fromarray(greys(1)[0]).save(tmp_path / "pages.tif", save_all=True, append_images=[Image.new("RGB", (64, 48))])
    assert not is_video(tmp_path / "pages.tif") and not is_video(tmp_path) and not is_video(tmp_path / "none.mp4")


def test_video_times_are_those_of_the_container(tmp_path):
    times = [0.0, 0.04, 0.08, 0.3, 0.34, 1.0, 1.5]
    for name in ("varying.mp4", "varying.mkv"):
        video = Video(film(tmp_path / name, greys(7), times=times))
        np.testing.assert_allclose([frame.time for frame in video.frames()], times, atol=1e-6)
        np.testing.assert_allclose(video.times(), times, atol=1e-6)
        assert video.missing is None


def test_sample_frames_returns_evenly_spaced_frames(clip):
    found = Video(clip).sample_frames(3)
    assert [frame.number for frame in found] == [0, 10, 19]
    assert found[1].picture.mean() == pytest.approx(100.0, abs=3.0)
    assert len(Video(clip).sample_frames(50)) == 20


def test_video_times_leave_hidden_packets_out(tmp_path):
    """VP8 may send pictures that are never shown, on which later ones rest."""
    path = film(tmp_path / "shown.webm", greys(20), "libvpx", options={"auto-alt-ref": "0"})
    hidden = tmp_path / "hidden.webm"
    with av.open(str(path)) as source, av.open(str(hidden), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux()):
            if number == 7:
                extra = av.Packet(bytes([bytes(packet)[0] & ~0x10]) + bytes(packet)[1:])  # the bit that shows it
                extra.pts = extra.dts = packet.pts - 20
                extra.time_base, extra.stream = packet.time_base, stream
                output.mux(extra)
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    with av.open(str(hidden)) as container:
        assert sum(packet.size > 0 for packet in container.demux()) == 21
    assert len(Video(hidden).times()) == len(list(Video(hidden).frames())) == 20


def test_video_without_duration_is_read(tmp_path):
    path = film(tmp_path / "recorded.webm", greys(10), "libvpx", container="webm")
    content = path.read_bytes()
    place = content.index(b"\x44\x89\x88")  # Duration, eight bytes long: becomes a void element
    path.write_bytes(content[:place] + b"\xec\x89\x88" + content[place + 3:])
    video = Video(path)
    assert len(list(video.frames())) == 10


@pytest.mark.parametrize("name, options", [("cut.mkv", {}), ("cut.mp4", {"movflags": "faststart"})])
def test_video_missing_describes_what_was_cut_off(tmp_path, name, options):
    random = np.random.default_rng(0)
    path = tmp_path / name
    with av.open(str(path), "w", options=options) as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.gop_size = 1
        for _ in range(50):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(random.integers(0, 255, (48, 64, 3), np.uint8))))
        output.mux(stream.encode())
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    video = Video(path)
    found = list(video.frames())
    assert 10 <= len(found) <= 30 and all(frame.picture is not None for frame in found[:-1])
    end = f"{found[-1].time + 0.04:.3g} s of 2 s"
    assert video.missing == f"cut off after {end}: the first {len(found)} frames were read"


def test_video_without_its_index_is_refused(clip):
    clip.write_bytes(clip.read_bytes()[:-200])
    assert is_video(clip)
    with pytest.raises(CatganError, match="its index .moov., which often stands at the end, is missing"):
        Video(clip)


def test_video_damaged_frame_keeps_its_number(tmp_path):
    path = film(tmp_path / "clip.mkv", greys(20), "mjpeg", pix_fmt="yuvj420p")
    content = bytearray(path.read_bytes())
    starts = [place for place in range(len(content)) if content[place:place + 3] == b"\xff\xd8\xff"]
    content[starts[5]:starts[6] - 20] = bytes(starts[6] - 20 - starts[5])
    path.write_bytes(content)
    video = Video(path)
    found = list(video.frames())
    assert len(found) == 20 and found[5].picture is None and found[5].time == pytest.approx(0.2, abs=1e-3)
    assert found[6].picture.mean() == pytest.approx(60, abs=3) and video.missing == "1 of 20 frames are damaged"


@pytest.mark.parametrize("space, colour_range", [(1, 1), (5, 1), (6, 1), (1, 2), (2, 1)])
def test_video_colours_follow_its_matrix_and_range(tmp_path, space, colour_range):
    """BT.709, BT.601 twice, full range, and nothing said."""
    patches = np.repeat(np.array([[[200, 30, 30], [30, 200, 30], [30, 30, 200], [128, 128, 128]]], np.uint8), 32, 0)
    picture = np.repeat(patches, 16, 1)
    path = tmp_path / "patches.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.height, stream.width, stream.pix_fmt = 32, 64, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = space, colour_range
        frame = av.VideoFrame.from_ndarray(picture)
        frame = frame.reformat(format="yuv420p", dst_colorspace=1 if space == 1 else 5, dst_color_range=colour_range)
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    read = next(Video(path).frames()).picture
    assert np.abs(read[8:24, 6::16].astype(int) - picture[8:24, 6::16]).max() <= 4


def test_turned_follows_the_display_matrix():
    pixels = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(turned(pixels, (1, 0, 0, 1)), pixels)
    np.testing.assert_array_equal(turned(pixels, (-1, 0, 0, -1)), np.rot90(pixels, 2))
    np.testing.assert_array_equal(turned(pixels, (0, 1, -1, 0)), np.rot90(pixels, -1))  # clockwise, as phones write
    np.testing.assert_array_equal(turned(pixels, (0, -1, 1, 0)), np.rot90(pixels))
    np.testing.assert_array_equal(turned(pixels, (-1, 0, 0, 1)), pixels[:, ::-1])  # mirrored


def test_video_of_a_phone_held_upright_is_rotated(clip):
    """The matrix of the track header is that of a phone: turned by 90 degrees clockwise."""
    content = clip.read_bytes()
    place = content.index(b"tkhd") + 4 + 40
    matrix = np.array([0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30], ">i4").tobytes()
    clip.write_bytes(content[:place] + matrix + content[place + 36:])
    video = Video(clip)
    assert video.size == (48, 64) and next(video.frames()).picture.shape == (64, 48, 3)


def test_video_of_other_files_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile clip.mp4\n")
    (tmp_path / "empty.mp4").write_bytes(b"")
    for name, message in (("text.mp4", "is not a video"), ("list.mp4", "is not a video"), ("empty.mp4", "it is empty"),
                          ("none.mp4", "missing file"), ("", "a folder")):
        assert not is_video(tmp_path / name)
        with pytest.raises(CatganError, match=message):
            Video(tmp_path / name)


def test_video_with_too_large_frames_is_refused(tmp_path):
    path = film(tmp_path / "huge.gif", greys(3), "gif", pix_fmt="rgb8")
    content = path.read_bytes()
    path.write_bytes(content[:6] + (12000).to_bytes(2, "little") * 2 + content[10:])
    with pytest.raises(CatganError, match="frames of at most 35389440 pixels are read. Received: 12000 x 12000"):
        Video(path)


def test_video_damage_writes_nothing_to_stderr(tmp_path, capfd):
    """FFmpeg writes to stderr by itself unless it is told not to."""
    path = film(tmp_path / "clip.mkv", greys(20), sound="aac")
    content = bytearray(path.read_bytes())
    random = np.random.default_rng(1)
    content[600:] = np.where(random.random(len(content) - 600) < 0.02, 255, content[600:]).astype(np.uint8).tobytes()
    path.write_bytes(content[:-500])
    video = Video(path)
    for frame in video.frames():
        frame.picture
    assert video.missing and capfd.readouterr() == ("", "")


def test_video_with_random_damage_gives_frames_or_one_error(tmp_path):
    """Cut and overwritten anywhere: frames that can be decoded, or one line."""
    random = np.random.default_rng(0)
    sources = [film(tmp_path / name, greys(6, 32, 32), codec, sound=sound).read_bytes() for name, codec, sound in (
        ("a.mp4", "libx264", "aac"), ("b.mkv", "libvpx", "libopus"), ("c.avi", "mpeg4", "mp3"),
        ("d.flv", "flv1", None))]
    for number in range(80):
        content = bytearray(sources[number % 4])
        for place in random.integers(0, len(content), int(random.integers(1, 30))):
            content[place] = random.integers(256)
        path = tmp_path / "damaged.mp4"
        path.write_bytes(content[:int(random.integers(len(content) // 2, len(content)))] if number % 3 else content)
        try:
            video = Video(path)
            frames = list(video.frames())
        except CatganError as error:
            assert str(path) in str(error) and "\n" not in str(error)
        else:
            assert frames and all(one.time < other.time for one, other in zip(frames, frames[1:]))


def test_video_of_sound_alone_is_refused(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        sing(output, output.add_stream("aac", rate=48000, layout="mono"), 0.2)
    with pytest.raises(CatganError, match="it holds sound, but no video"):
        Video(path)
