"""Videos that are written: times, sizes, colours and sound are those of their source, and browsers play them."""

import av
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.video_writer import VideoWriter, container_of
from catgan.faces.videos import Video
from tests.harness.filming import film, greys


def copied(source, out):
    """Writes a video again, and returns what was done."""
    video = Video(source)
    with VideoWriter(out, video, "a comment") as writer:
        for frame in video.frames():
            writer.write(frame.picture, frame.time, frame.duration)
    return writer.done


@pytest.mark.parametrize("name", ["out.mp4", "OUT.MOV", "out.mkv", "out.webm"])
def test_written_video_keeps_times(tmp_path, name):
    times = [0.0, 0.04, 0.08, 0.3, 0.34, 1.0, 1.5]
    source = film(tmp_path / "in.mkv", greys(7), times=times)
    done = copied(source, tmp_path / name)
    found = Video(tmp_path / name)
    np.testing.assert_allclose(found.times(), times, atol=0.0006)
    np.testing.assert_allclose([frame.picture.mean() for frame in found.frames()], 10.0 * np.arange(7), atol=1.5)
    assert found.missing is None and found.duration == pytest.approx(Video(source).duration, abs=0.1)
    assert done == {"coding": "VP9" if name.endswith("webm") else "H.264", "size": "64 x 48", "sound": "none"}
    with av.open(str(tmp_path / name)) as container:
        assert "a comment" in container.metadata.values()
        stream = container.streams.video[0]
        assert stream.codec_context.name == ("vp9" if name.endswith("webm") else "h264")
        assert stream.codec_context.pix_fmt == "yuv420p"


def test_written_mp4_has_its_index_first(tmp_path):
    copied(film(tmp_path / "in.mp4", greys(5)), tmp_path / "out.mp4")
    content = (tmp_path / "out.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("container, sound, name, done", [
    ("mp4", "aac", "out.mp4", "copied"), ("matroska", "libopus", "out.mp4", "copied"),
    ("mp4", "aac", "out.webm", "coded anew, aac to opus"),
    ("matroska", "pcm_s16le", "out.mp4", "coded anew, pcm_s16le to aac"),
    ("mpegts", "ac3", "out.mov", "coded anew, ac3 to aac"), ("mpegts", "aac", "out.mp4", "copied"),
    ("avi", "mp3", "out.mkv", "copied"), ("flv", "aac", "out.mp4", "copied")])
def test_written_video_keeps_the_sound(tmp_path, container, sound, name, done):
    codec = "flv1" if container == "flv" else "libx264"
    source = film(tmp_path / "in", greys(50), codec, container=container, sound=sound)
    assert copied(source, tmp_path / name)["sound"] == done
    before, after = heard(source), heard(tmp_path / name)
    assert after[0] == pytest.approx(before[0], abs=0.1) and after[0] > 1.9
    assert after[1] == pytest.approx(440, abs=2)
    assert after[2] == pytest.approx(before[2], abs=0.03)


def heard(path):
    """Seconds of sound, its frequency, and how much later than the pictures it begins."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        rate, wave = stream.rate, np.concatenate([frame.to_ndarray().astype(np.float64).ravel()[:frame.samples]
                                                  for frame in frames])
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    shown = float(Video(path).origin) + Video(path).times()[0]
    return len(wave) / rate, float(spectrum.argmax()) * rate / len(wave), frames[0].time - shown


def test_written_video_of_odd_size_is_padded(tmp_path):
    """H.264 cannot have them and says what it did; VP9 can."""
    pictures = [np.random.default_rng(number).integers(0, 255, (8, 9, 3), np.uint8).repeat(5, 0).repeat(7, 1)[:, :-2]
                for number in range(3)]
    source = film(tmp_path / "in.webm", [np.ascontiguousarray(picture[:-1]) for picture in pictures], "libvpx-vp9")
    assert Video(source).size == (61, 39)
    assert copied(source, tmp_path / "out.mp4")["padded"] == "to 62 x 40"
    assert Video(tmp_path / "out.mp4").size == (62, 40)
    assert "padded" not in copied(source, tmp_path / "out.webm") and Video(tmp_path / "out.webm").size == (61, 39)


@pytest.mark.parametrize("space, levels", [(1, 1), (5, 1), (6, 1), (9, 1), (1, 2), (2, 1)])
def test_written_video_keeps_colours(tmp_path, space, levels):
    """The file says the same of its colours as before, and they are the same."""
    across = np.linspace(0, 255, 64).astype(np.uint8)
    picture = np.stack(np.broadcast_arrays(across[None, :], across[:48, None], np.uint8(90)), -1)
    path = tmp_path / "in.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = space, levels
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))
        output.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace={2: 5, 6: 5}.get(space, space),
                                                dst_color_range=levels)))
        output.mux(stream.encode())
    copied(path, tmp_path / "out.mp4")
    before, after = Video(path), Video(tmp_path / "out.mp4")
    assert after.colours == before.colours and before.colours.space == space and before.colours.levels == levels
    first, second = (next(video.frames()).picture.astype(int) for video in (before, after))
    assert np.abs(first - picture).mean() < 2.0
    assert np.abs(second - first).mean() < 2.0  # coding alone; another matrix makes 6 and more


def test_moving_gif_becomes_a_video(tmp_path):
    source = film(tmp_path / "in.gif", greys(5), "gif", pix_fmt="rgb8")
    copied(source, tmp_path / "out.mp4")
    np.testing.assert_allclose(Video(tmp_path / "out.mp4").times(), Video(source).times(), atol=1e-6)


def test_container_of_goes_by_extension():
    assert container_of("a/B.MP4") == "mp4" and container_of("x.mkv") == "matroska"
    for name in ("x.gif", "x.avi", "x", "mp4", "x.mp4.txt"):
        with pytest.raises(CatganError, match="Videos are written as .mp4, .m4v, .mov, .mkv, .webm. Received: "):
            container_of(name)
