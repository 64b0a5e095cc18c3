"""Images numbered from 0 or from 1, whatever the annotation counts from: found out, asked, or refused."""

import pytest

from catgan.data.sources import read
from catgan.data.sources.records import Record
from catgan.errors import AnnotationError, CatganError

FRAMES = 6


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def touch(folder, numbers, name="{:05d}.jpg"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / name.format(number)).write_bytes(b"")


def openface(root, first=1, step=1, frames=FRAMES):
    rows = (f"{first + step * moment}, 0, 0.0, 0.98, 1, 0.{moment}\n" for moment in range(frames))
    write(root / "clip.csv", "frame, face_id, timestamp, confidence, success, AU01_r\n" + "".join(rows))


def pyfeat(root, first=0, step=1, frames=FRAMES):
    rows = (f"{first + step * moment},0.99,0.9,clip.mp4\n" for moment in range(frames))
    write(root / "clip.csv", "frame,FaceScore,AU01,input\n" + "".join(rows))


def libreface(root, first=0, step=1, frames=FRAMES):
    rows = (f"{first + step * moment},1\n" for moment in range(frames))
    write(root / "clip.csv", "frame_idx,au_1\n" + "".join(rows))


def facet(root, first=0, step=1, frames=FRAMES):
    rows = (f"{first + step * moment}\tFACET\t1.0\n" for moment in range(frames))
    write(root / "clip.txt", "FrameNo\tEventSource\tAU1 Evidence\n" + "".join(rows))


def affdex(root, first=0, step=1, frames=FRAMES):
    rows = (f"{first + step * moment}\t60\n" for moment in range(frames))
    write(root / "clip.txt", "FrameNo\tBrow Furrow\n" + "".join(rows))


def gft(root, first=1, step=1, frames=FRAMES):
    rows = (f"{first + step * moment},1\n" for moment in range(frames))
    write(root / "labels" / "clip.csv", "Frame,AU1\n" + "".join(rows))


def aff_wild(root, frames=FRAMES):
    for dimension in ("valence", "arousal"):
        write(root / "annotations" / "train" / dimension / "clip.txt", "0.1\n" * frames)


def affwild2(root, frames=FRAMES, video="clip"):
    write(root / "VA_Set" / "Train_Set" / f"{video}.txt", "valence,arousal\n" + "0.1,0.2\n" * frames)


def disfa(root, frames=FRAMES):
    rows = "".join(f"{moment + 1},0\n" for moment in range(frames))
    write(root / "ActionUnit_Labels" / "clip" / "clip_au1.txt", rows)


FOLDERS = {"affwild2": "cropped_aligned/clip", "disfa": "Images/clip"}
WRITERS = {"openface": openface, "pyfeat": pyfeat, "libreface": libreface, "facet": facet, "affdex": affdex, "gft": gft,
           "aff_wild": aff_wild, "affwild2": affwild2, "disfa": disfa}
SPARSE = {"pyfeat": pyfeat, "libreface": libreface, "facet": facet, "affdex": affdex}
FIRSTS = {"openface": 1, "gft": 1, "aff_wild": 1, "affwild2": 1, "disfa": 1}


def folder(format_name, root):
    return root / FOLDERS.get(format_name, "images/clip")


def pairs(format_name, root, **options):
    """Moment of the video, from 0 -> number of the image."""
    rows = list(read(format_name, "src", root, options))
    assert all(isinstance(row, Record) for row in rows)
    return {row.frame - FIRSTS.get(format_name, 0): int(row.path.stem.rpartition("_")[2]) for row in rows}


@pytest.mark.parametrize("name", ["{:05d}.jpg", "{}.png", "frame_{:03d}.bmp"])
@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("format_name", WRITERS)
def test_the_base_of_the_images_is_found_out(tmp_path, format_name, base, name):
    WRITERS[format_name](tmp_path)
    touch(folder(format_name, tmp_path), range(base, base + FRAMES), name)
    assert pairs(format_name, tmp_path) == {moment: moment + base for moment in range(FRAMES)}


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("format_name", ["openface", "pyfeat", "disfa", "affwild2", "aff_wild", "gft"])
def test_images_may_be_missing_at_the_end_that_does_not_decide(tmp_path, format_name, base):
    """Images from 0 without their last ones, and images from 1 without their first ones, can be told."""
    WRITERS[format_name](tmp_path)
    touch(folder(format_name, tmp_path), range(FRAMES - 1) if base == 0 else range(2, FRAMES + 1))
    assert pairs(format_name, tmp_path) == {moment: moment + base for moment in range(FRAMES)}


@pytest.mark.parametrize("format_name", WRITERS)
def test_what_cannot_be_told_is_asked(tmp_path, format_name):
    """Images 1 to 5 of 6 frames: from 1 without the last, or from 0 without the first?"""
    WRITERS[format_name](tmp_path)
    touch(folder(format_name, tmp_path), range(1, FRAMES))
    with pytest.raises(CatganError, match="cannot be told.*'images_from: 0' or 'images_from: 1'"):
        pairs(format_name, tmp_path)
    for base in (0, 1):
        assert pairs(format_name, tmp_path, images_from=base) == {moment: moment + base for moment in range(FRAMES)}


@pytest.mark.parametrize("format_name", WRITERS)
def test_an_answer_that_the_images_contradict_is_refused(tmp_path, format_name):
    WRITERS[format_name](tmp_path)
    touch(folder(format_name, tmp_path), range(FRAMES))
    with pytest.raises(CatganError, match="images_from: 1' is wrong"):
        pairs(format_name, tmp_path, images_from=1)
    for answer in (2, -1, "0", True, 0.5):
        with pytest.raises(CatganError, match="'images_from' must be 0 or 1"):
            pairs(format_name, tmp_path, images_from=answer)


@pytest.mark.parametrize("format_name", [name for name in WRITERS if name != "affwild2"])
def test_images_at_another_rate_are_refused(tmp_path, format_name):
    """Three images numbered one after the other are no frames 0, 1 and 2 of six."""
    WRITERS[format_name](tmp_path)
    touch(folder(format_name, tmp_path), range(3))
    with pytest.raises(CatganError, match="cannot be told"):
        pairs(format_name, tmp_path)
    assert pairs(format_name, tmp_path, images_from=0) == {moment: moment for moment in range(FRAMES)}


@pytest.mark.parametrize("format_name", SPARSE)
@pytest.mark.parametrize("images, base", [
    (range(0, 60), 0), (range(1, 61), 1), (range(0, 60, 10), 0), (range(1, 61, 10), 1), (range(0, 60, 5), 0)])
def test_a_table_of_every_tenth_frame(tmp_path, format_name, images, base):
    SPARSE[format_name](tmp_path, step=10)
    touch(folder(format_name, tmp_path), images)
    assert pairs(format_name, tmp_path) == {10 * moment: 10 * moment + base for moment in range(FRAMES)}


@pytest.mark.parametrize("format_name", SPARSE)
@pytest.mark.parametrize("images", [range(6), range(1, 7)])
def test_a_table_of_every_tenth_frame_with_images_counted_on_is_refused(tmp_path, format_name, images):
    SPARSE[format_name](tmp_path, step=10)
    touch(folder(format_name, tmp_path), images)
    with pytest.raises(CatganError, match="cannot be told"):
        pairs(format_name, tmp_path)


def test_frames_without_a_face_are_left_out_of_the_table(tmp_path):
    """LibreFace begins at frame 2 here; images 1 to 10 hold the frames of either base."""
    libreface(tmp_path, first=2)
    touch(tmp_path / "images" / "clip", range(1, 11))
    with pytest.raises(CatganError, match="cannot be told"):
        pairs("libreface", tmp_path)
    touch(tmp_path / "images" / "clip", [0])
    assert pairs("libreface", tmp_path) == {frame: frame for frame in range(2, 8)}


def test_openface_that_counts_from_0(tmp_path):
    openface(tmp_path, first=0)
    touch(tmp_path / "images" / "clip", range(1, FRAMES + 1))
    rows = list(read("openface", "src", tmp_path))
    assert [(row.frame, row.path.stem) for row in rows][:2] == [(0, "00001"), (1, "00002")]


def test_hidden_files_are_no_images(tmp_path):
    openface(tmp_path)
    touch(tmp_path / "images" / "clip", range(FRAMES))
    touch(tmp_path / "images" / "clip", range(FRAMES), "._{:05d}.jpg")
    assert pairs("openface", tmp_path) == {moment: moment for moment in range(FRAMES)}


def test_the_videos_of_affwild2_tell_for_each_other(tmp_path):
    """Images of frames without a face are missing there, so one folder may not tell."""
    for video in ("clip", "other"):
        affwild2(tmp_path, video=video)
    touch(tmp_path / "cropped_aligned" / "clip", [2, 4])
    touch(tmp_path / "cropped_aligned" / "other", [0, 3])
    rows = list(read("affwild2", "src", tmp_path))
    assert {row.frame: row.path.stem for row in rows if row.video == "clip"}[3] == "00002"
    touch(tmp_path / "cropped_aligned" / "clip", [6])  # of six frames, counted from 1
    with pytest.raises(CatganError, match="cannot be told. Make two sources of them"):
        list(read("affwild2", "src", tmp_path))


def test_the_multi_task_list_of_affwild2(tmp_path):
    header = "image,valence,arousal,expression,AU1\n"
    write(tmp_path / "training_set_annotations.txt",
          header + "".join(f"v/{frame:05d}.jpg,0.{frame},0,0,1\n" for frame in range(1, 4)))
    touch(tmp_path / "cropped_aligned" / "v", range(1, 4))
    assert [row.path.name for row in read("affwild2_mtl", "src", tmp_path)] == ["00001.jpg", "00002.jpg", "00003.jpg"]
    touch(tmp_path / "cropped_aligned" / "v", [0])
    shifted = list(read("affwild2_mtl", "src", tmp_path))
    assert [(row.frame, row.key) for row in shifted][0] == (1, "v/00000.jpg") and shifted[2].path.name == "00002.jpg"
    named = list(read("affwild2_mtl", "src", tmp_path, {"images_from": 1}))
    assert [row.path.name for row in named] == ["00001.jpg", "00002.jpg", "00003.jpg"]
    write(tmp_path / "training_set_annotations.txt", header + "v/00000.jpg,0.1,0,0,1\n")
    with pytest.raises(AnnotationError, match="annotations.txt:2: images are counted from 1.*images_from: 1"):
        list(read("affwild2_mtl", "src", tmp_path))


# === Images that come with the annotation, under the numbers that it uses ===


def bp4d(root):
    write(root / "AUCoding" / "AU_OCC" / "F001_T1.csv", "0,1,2\n640,0,1\n641,1,1\n642,0,0\n")
    return root / "Images" / "F001" / "T1", (640, 641, 642), 1


def afew_va(root):
    rated = ", ".join(f'"{frame:05d}": {{"valence": 1.0, "arousal": 0.0}}' for frame in range(3))
    write(root / "001" / "001.json", f'{{"actor": "A", "frames": {{{rated}}}}}')
    return root / "001", (0, 1, 2), 0


def disfa_plus(root):
    write(root / "Labels" / "SN003" / "A1" / "AU1.txt", "".join(f"{frame:03d}.jpg {frame}\n" for frame in range(3)))
    return root / "Images" / "SN003" / "A1", (0, 1, 2), 0


@pytest.mark.parametrize("format_name, writer", [("bp4d", bp4d), ("afew_va", afew_va), ("disfa_plus", disfa_plus)])
def test_images_of_a_collection_under_other_numbers(tmp_path, format_name, writer):
    images, numbers, own = writer(tmp_path)
    touch(images, numbers, "{:04d}.jpg")
    assert [int(row.path.stem) for row in read(format_name, "src", tmp_path)] == list(numbers)
    for path in images.glob("*.jpg"):
        path.unlink()
    other = [number + 1 - 2 * own for number in numbers]
    touch(images, other)
    with pytest.raises(CatganError, match="cannot be told.*images_from"):
        list(read(format_name, "src", tmp_path))
    told = read(format_name, "src", tmp_path, {"images_from": 1 - own})
    assert [int(row.path.stem) for row in told] == other


# === Ratings over time ===


@pytest.mark.parametrize("base", [0, 1])
def test_the_first_image_is_shown_at_the_start(tmp_path, base):
    for dimension in ("valence", "arousal"):
        write(tmp_path / "emotional_behaviour" / dimension / "P16.csv", "time;FM1\n0.00;0.1\n0.04;0.2\n0.08;0.3\n")
    touch(tmp_path / "images" / "P16", range(base, base + 3))
    rows = list(read("recola", "src", tmp_path))
    assert [(int(row.path.stem) - base, row.valence) for row in rows] == [(0, 0.1), (1, 0.2), (2, 0.3)]


def test_the_first_image_over_time_is_asked(tmp_path):
    write(tmp_path / "emotional_behaviour" / "valence" / "P16.csv", "time;FM1\n0.00;0.1\n0.04;0.2\n0.08;0.3\n")
    touch(tmp_path / "images" / "P16", [2, 3])
    with pytest.raises(CatganError, match="images_from: 0"):
        list(read("recola", "src", tmp_path))
    row, _ = read("recola", "src", tmp_path, {"images_from": 1})
    assert row.valence == 0.2


def test_the_log_of_facereader_with_images_from_0(tmp_path):
    write(tmp_path / "P1.txt", "Video Time\tValence\n" + "".join(
        f"00:00:00.{moment * 40:03d}\t0.{moment}\n" for moment in range(3)))
    touch(tmp_path / "images" / "P1", range(3))
    rows = read("facereader", "src", tmp_path, {"fps": 25})
    assert [(row.path.stem, row.valence) for row in rows] == [("00000", 0.0), ("00001", 0.1), ("00002", 0.2)]


def test_the_trial_that_was_one_frame_off(shared):
    root = shared / "data" / "trials" / "openface_images_from_0"
    if not root.is_dir():
        pytest.skip("the trial inputs are not here")
    rows = list(read("openface", "src", root))
    assert [(row.frame, row.path.name) for row in rows][:2] == [(1, "00000.jpg"), (2, "00001.jpg")]
