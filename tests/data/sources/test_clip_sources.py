"""Readers of clips with one label: which frames they give, whose they are, and the traps of each layout."""

import random

import pytest

from catgan.data.sources import labelled_clips
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError
from tests.harness.filming import film, greys
from tests.harness.readers import run_reader_test


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """The bytes of a video of five frames."""
    return film(tmp_path_factory.mktemp("clip") / "clip.mp4", greys(5, 32, 32)).read_bytes()


@pytest.fixture(scope="module")
def avi(tmp_path_factory):
    """The bytes of an .avi of three frames, as CAER and AFEW have them."""
    return film(tmp_path_factory.mktemp("clip") / "clip.avi", greys(3, 32, 32), codec="mpeg4").read_bytes()


def images(folder, count, first=1, name="{:03d}.jpg"):
    return {f"{folder}/{name.format(number)}": b"" for number in range(first, first + count)}


def split(rows):
    return [row for row in rows if isinstance(row, Record)], [row for row in rows if isinstance(row, Rejected)]


# === Labels of the frames of a sequence ===


@pytest.mark.parametrize("shown, count, labels", [
    ("apex", 4, "...j"), ("all", 4, "jjjj"), ("ends", 6, "n...jj"), ("ends", 30, "nnn" + "." * 17 + "j" * 10),
    ("ends", 2, "nj"), ("ends", 1, "j"), ("apex", 1, "j"), ("ends", 0, ""), ("apex", 0, ""), ("all", 0, "")])
def test_spread_labels_the_frames_of_a_sequence(shown, count, labels):
    words = {"n": "neutral", "j": "happiness", ".": None}
    assert labelled_clips.spread(count, "happiness", shown) == [words[letter] for letter in labels]


@pytest.mark.parametrize("count, every, from_end, indices", [
    (7, 3, False, [0, 3, 6]), (8, 3, True, [1, 4, 7]), (1, 5, True, [0]), (3, 5, True, [2]), (0, 3, True, []),
    (3, 1, False, [0, 1, 2])])
def test_kept_counts_from_the_first_frame_or_from_the_apex(count, every, from_end, indices):
    assert list(labelled_clips.kept(count, {"every": every}, from_end)) == indices


@pytest.mark.parametrize("every", [0, -1, 1.5, "2", True])
def test_kept_refuses_what_is_no_whole_number(every):
    with pytest.raises(CatganError, match="Option 'every' must be a whole number from 1 on"):
        labelled_clips.kept(3, {"every": every})


# === CAER ===


def test_caer_gives_every_frame_the_label_of_its_clip(tmp_path, avi):
    files = {"train/Happy/0001.avi": avi, "validation/Sad/0001.avi": avi, "test/Anger/0001.avi": avi}
    rows = run_reader_test("caer", tmp_path, files)
    assert [(row.video, row.official_split, row.expression) for row in rows[::3]] == [
        ("train/Happy/0001", "training", "happiness"), ("validation/Sad/0001", "validation", "sadness"),
        ("test/Anger/0001", "test", "anger")]
    assert [(row.frame, row.position) for row in rows[:3]] == [(0, 0), (1, 1), (2, 2)]
    assert {row.subject for row in rows} == {None} and rows[1].key == "train/Happy/0001.avi#1"


def test_caer_is_thinned_and_images_have_the_times_of_the_rate(tmp_path):
    files = images("train/Fear/0007", 7, first=3)
    rows = run_reader_test("caer", tmp_path, files, {"every": 3, "rate": 10})
    assert [(row.frame, row.time) for row in rows] == [(3, 0.0), (6, 0.3), (9, 0.6)]
    assert [row.time for row in run_reader_test("caer", tmp_path, files)] == [None] * 7


def test_caer_rejects_what_is_no_clip(tmp_path, avi):
    """A photograph of CAER-S, an empty file, a folder without images, and a file that was cut within its header."""
    files = {"train/Happy/0001.avi": avi, "train/Happy/0002.png": b"\x89PNG", "train/Happy/0003.avi": b"",
             "train/Happy/0004/readme.txt": b"", "train/Happy/0005.avi": avi[:40], "train/Happy/.0006.avi": b""}
    records, rejected = split(run_reader_test("caer", tmp_path, files))
    assert len(records) == 3
    assert [(row.path.rpartition("/")[2], row.reason) for row in rejected] == [
        ("0002.png", "no video that can be decoded"), ("0003.avi", "no video that can be decoded"),
        ("0004", "no frames"), ("0005.avi", "no video that can be decoded")]


def test_caer_uses_one_of_two_copies(tmp_path, avi, clip):
    """The .avi comes first, but is damaged."""
    files = {"train/Happy/0001.avi": b"damaged", "train/Happy/0001.mp4": clip}
    records, rejected = split(run_reader_test("caer", tmp_path, files))
    assert [row.key for row in records] == [f"train/Happy/0001.mp4#{index}" for index in range(5)]
    assert [(row.path, row.reason) for row in rejected] == [("train/Happy/0001.avi", "the same take")]


def test_caer_with_damaged_videos_gives_rows_or_rejections(tmp_path, avi, clip):
    draw = random.Random(0)
    files = {}
    for number in range(30):
        content = bytearray(draw.choice([avi, clip]))
        for _ in range(draw.randrange(4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        end = draw.choice([len(content), draw.randrange(len(content))])
        files[f"train/Happy/{number:04d}.avi"] = bytes(content[:end])
    records, rejected = split(run_reader_test("caer", tmp_path, files))
    assert len({row.video for row in records}) + len(rejected) == 30 and records and rejected


def test_a_header_that_promises_more_frames_than_bytes_is_not_believed(tmp_path, avi):
    at = avi.index(b"avih") + 8 + 16
    assert int.from_bytes(avi[at:at + 4], "little") == 3
    files = {"train/Happy/0001.avi": avi.replace(b"\x03\0\0\0", b"\xff\xff\xff\x7f")}
    assert len(run_reader_test("caer", tmp_path, files)) == 3


@pytest.mark.parametrize("format_name, path", [
    ("caer", "train/Joyless/0001.avi"), ("afew", "Val_AFEW/Joyless/1.avi"),
    ("mead", "M003/video/front/joyless/level_1/001.mp4"), ("oulu_casia", "OriginalImg/VL/Strong/P001/Joyless/0.jpeg")])
def test_a_folder_of_an_unknown_class_is_an_error(tmp_path, format_name, path, avi):
    with pytest.raises(CatganError, match=r"(?i)joyless: .*named after an expression.*anger, contempt"):
        run_reader_test(format_name, tmp_path, {path: avi})


@pytest.mark.parametrize("format_name", ["caer", "afew", "mead", "oulu_casia", "ravdess"])
def test_a_root_without_the_layout_is_an_error(tmp_path, format_name):
    with pytest.raises(CatganError, match=f"no (folder|file).*in {tmp_path}|no folder of a person"):
        run_reader_test(format_name, tmp_path, {"a/b/c.txt": b""})


# === AFEW ===


def test_afew_uses_videos_before_the_crops(tmp_path, avi):
    files = {"Train_AFEW/Happy/000046280.avi": avi, "Val_AFEW/Angry/000149120.avi": avi}
    files |= images("Train_AFEW/AlignedFaces_LBPTOP_Points/Faces/000046280", 4)
    rows = run_reader_test("afew", tmp_path, files)
    assert [(row.video, row.expression, row.official_split) for row in rows[::3]] == [
        ("Train_AFEW/Happy/000046280", "happiness", "training"), ("Val_AFEW/Angry/000149120", "anger", "validation")]
    assert all(row.path.suffix == ".avi" for row in rows) and len(rows) == 6


@pytest.mark.parametrize("place", ["Val_AFEW/", ""])
def test_afew_finds_the_crops_of_validation_by_their_other_name(tmp_path, avi, place):
    files = {"Val_AFEW/Angry/000149120.avi": avi}
    files |= images(f"{place}AlignedFaces_LBPTOP_Points_Val/Faces/000149120", 4)
    rows = run_reader_test("afew", tmp_path, files, {"pictures": "faces"})
    assert [row.path.name for row in rows] == ["001.jpg", "002.jpg", "003.jpg", "004.jpg"]
    assert {(row.expression, row.video) for row in rows} == {("anger", "Val_AFEW/Angry/000149120")}


def test_afew_pictures_are_videos_or_faces(tmp_path, avi):
    with pytest.raises(CatganError, match="Option 'pictures' must be of videos, faces. Received: 'points'"):
        run_reader_test("afew", tmp_path, {"Train_AFEW/Happy/1.avi": avi}, {"pictures": "points"})


# === RAVDESS ===

TAKE = "01-06-01-02-01-07"


def test_ravdess_uses_one_of_the_files_of_a_take(tmp_path, clip):
    """Three modalities of one take, in the folders of the archives; the second take has no sound."""
    files = {f"Video_Speech_Actor_07/01-{TAKE}.mp4": clip, f"Video_Speech_Actor_07/02-{TAKE}.mp4": clip,
             f"Audio_Speech/Actor_07/03-{TAKE}.wav": b"RIFF", "Actor_02/02-02-03-02-01-01-02.mp4": clip}
    records, rejected = split(run_reader_test("ravdess", tmp_path, files))
    assert [(row.video, row.subject, row.expression) for row in records[::5]] == [
        ("02-03-02-01-01-02", "02", "happiness"), (TAKE, "07", "fear")]
    assert {row.path.name for row in records[5:]} == {f"01-{TAKE}.mp4"}
    assert sorted((row.path.rpartition("/")[2], row.reason) for row in rejected) == [
        (f"02-{TAKE}.mp4", "the same take"), (f"03-{TAKE}.wav", "no picture")]


def test_ravdess_calm_is_no_class_unless_the_recipe_names_one(tmp_path, clip):
    files = {"Actor_01/01-01-02-01-01-01-01.mp4": clip}
    row, = run_reader_test("ravdess", tmp_path, files)
    assert isinstance(row, Rejected) and (row.reason, row.detail[:4]) == ("no class", "calm")
    rows = run_reader_test("ravdess", tmp_path, files, {"calm": "neutral"})
    assert [row.expression for row in rows] == ["neutral"] * 5
    with pytest.raises(CatganError, match="Unknown expression 'calm'"):
        run_reader_test("ravdess", tmp_path, files, {"calm": "calm"})


def test_ravdess_channel_and_intensity_are_chosen(tmp_path):
    takes = {"01-01-03-01-01-01-01": "speech", "01-02-03-02-01-01-01": "song", "01-01-03-02-01-01-01": "loud"}
    files = {path: content for take in takes for path, content in images(f"Actor_01/{take}", 1).items()}
    for options, expected in (({}, set(takes.values())), ({"channel": "song"}, {"song"}),
                              ({"intensity": ["strong"]}, {"song", "loud"}),
                              ({"channel": "speech", "intensity": "normal"}, {"speech"})):
        rows = run_reader_test("ravdess", tmp_path, files, options)
        assert {takes[f"01-{row.video}"] for row in rows} == expected


@pytest.mark.parametrize("name, detail", [
    ("01-01-01-02-01-01-01", "neutral has no strong intensity"), ("01-02-08-01-01-01-01", "song has no emotion 08"),
    ("01-01-09-01-01-01-01", "emotion 09; known are 01"), ("01-03-03-01-01-01-01", "channel 03"),
    ("01-01-03-01-01-01-25", "actor 25"), ("01-01-03-03-01-01-01", "intensity 03")])
def test_ravdess_names_that_cannot_be_are_rejected(tmp_path, clip, name, detail):
    row, = run_reader_test("ravdess", tmp_path, {f"a/{name}.mp4": clip})
    assert row.reason == "not a file of RAVDESS" and row.detail.startswith(detail)


# === MEAD ===


def test_mead_uses_one_view(tmp_path, clip):
    files = {f"M003/video/{view}/angry/level_{level}/001.mp4": clip
             for view in ("front", "left_30") for level in (1, 3)}
    rows = run_reader_test("mead", tmp_path, files)
    assert [(row.video, row.subject, row.expression) for row in rows[::5]] == [
        ("M003/front/angry/level_1/001", "M003", "anger"), ("M003/front/angry/level_3/001", "M003", "anger")]
    rows = run_reader_test("mead", tmp_path, files, {"view": ["left_30"], "level": 3})
    assert {row.video for row in rows} == {"M003/left_30/angry/level_3/001"}


def test_mead_neutral_has_one_level(tmp_path, clip):
    files = {f"W009/video/front/neutral/level_{level}/001.mp4": clip for level in (1, 2)}
    files["W009/video/front/contempt/level_4/001.mp4"] = clip
    records, rejected = split(run_reader_test("mead", tmp_path, files, {"level": [2, 3]}))
    assert {row.video for row in records} == {"W009/front/neutral/level_1/001"}
    assert [row.path for row in rejected] == ["W009/video/front/contempt/level_4", "W009/video/front/neutral/level_2"]


@pytest.mark.parametrize("option, value", [("view", "behind"), ("level", 4), ("view", [])])
def test_mead_options_that_cannot_be(tmp_path, clip, option, value):
    with pytest.raises(CatganError, match=f"Option '{option}' must be of"):
        run_reader_test("mead", tmp_path, {"M003/video/front/angry/level_1/001.mp4": clip}, {option: value})


# === Aff-Wild2, frame by frame ===


def test_affwild2_gives_the_two_people_of_a_video_as_sequences_with_their_gaps(tmp_path):
    """Frame 2 has no expression, and frame 4 no image; both keep their numbers free."""
    header = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n"
    files = {f"EXPR_Set/Validation_Set/7{side}.txt": header + "0\n-1\n4\n4\n7\n" for side in ("_left", "_right")}
    files |= {f"cropped_aligned/7{side}/{number:05d}.jpg": b"" for side in ("_left", "_right")
              for number in (1, 2, 3, 5)}
    rows = run_reader_test("affwild2", tmp_path, files, {"rate": 30})
    records, rejected = split(rows)
    assert {row.video for row in records} == {"7"} and [row.reason for row in rejected] == ["no label"] * 2
    for person in ("7_left", "7_right"):
        own = [row for row in records if row.subject == person]
        assert [(row.frame, row.expression, row.path.is_file()) for row in own] == [
            (1, "neutral", True), (3, "happiness", True), (4, "happiness", False), (5, "other", True)]
        assert [row.time for row in own] == [0.0, 2 / 30, 3 / 30, 4 / 30]


# === Sequences from neutral to the apex ===


def casia(*places, count=12):
    return {path: content for place in places
            for path, content in images(f"OriginalImg/{place}", count, 0, "{:03d}.jpeg").items()}


def test_oulu_casia_labels_the_ends_of_a_sequence(tmp_path):
    """Of 12 frames the first is neutral and the last four show the expression."""
    files = casia("VL/Strong/P001/Happiness", "VL/Dark/P001/Happiness", "NI/Strong/P001/Happiness")
    records, rejected = split(run_reader_test("oulu_casia", tmp_path, files, {"rate": 25}))
    assert [(row.frame, row.expression) for row in records] == [
        (0, "neutral"), *((frame, "happiness") for frame in (8, 9, 10, 11))]
    assert [row.reason for row in rejected] == ["no label"] * 7
    assert {(row.video, row.subject) for row in records} == {("VL/Strong/P001/Happiness", "P001")}
    assert records[-1].time == 11 / 25


def test_oulu_casia_versions_are_chosen_and_stay_with_their_person(tmp_path):
    files = casia("VL/Strong/P001/Anger", "NI/Strong/P001/Anger", "NI/Dark/P002/Fear", count=3)
    rows = run_reader_test("oulu_casia", tmp_path, files, {"camera": ["VL", "NI"], "frames": "apex", "every": 2})
    records, _ = split(rows)
    assert [(row.video, row.subject, row.frame) for row in records] == [
        ("VL/Strong/P001/Anger", "P001", 2), ("NI/Strong/P001/Anger", "P001", 2)]
    rows = run_reader_test("oulu_casia", tmp_path, files, {"camera": "NI", "light": "Dark", "frames": "all"})
    assert [(row.subject, row.expression) for row in rows] == [("P002", "fear")] * 3
    with pytest.raises(CatganError, match="Option 'frames' must be one of apex, ends, all. Received: 'onset'"):
        run_reader_test("oulu_casia", tmp_path, files, {"frames": "onset"})


def ck_plus(count=12):
    return {**images("cohn-kanade-images/S005/001", count, 1, "S005_001_{:08d}.png"),
            f"FACS/S005/001/S005_001_{count:08d}_facs.txt": "  9.0e+00   2.0e+00\n",
            f"Emotion/S005/001/S005_001_{count:08d}_emotion.txt": "   3.0e+00\n"}


def test_ck_plus_labels_a_sequence_and_keeps_action_units_for_the_peak(tmp_path):
    records, rejected = split(run_reader_test("ck_plus", tmp_path, ck_plus(), {"frames": "ends", "rate": 30}))
    assert [(row.frame, row.expression) for row in records] == [
        (1, "neutral"), *((frame, "disgust") for frame in (9, 10, 11, 12))]
    assert [row.intensity for row in records] == [{}] * 4 + [{9: 2.0}] and len(rejected) == 7
    assert records[0].key == "S005/001/S005_001_00000001.png" and records[0].path.is_file()
    assert [row.time for row in records[:2]] == [0.0, 8 / 30]


def test_ck_plus_peak_alone_is_the_default_and_thinning_keeps_it(tmp_path):
    peak, = run_reader_test("ck_plus", tmp_path, ck_plus())
    assert peak.frame == 12
    rows = run_reader_test("ck_plus", tmp_path, ck_plus(), {"frames": "all", "every": 5})
    assert [row.frame for row in rows] == [2, 7, 12] and {row.expression for row in rows} == {"disgust"}


def test_ck_plus_sequence_without_an_emotion_has_its_neutral_start_and_its_action_units(tmp_path):
    files = {name: content for name, content in ck_plus(10).items() if not name.startswith("Emotion")}
    records, rejected = split(run_reader_test("ck_plus", tmp_path, files, {"frames": "ends"}))
    assert [(row.frame, row.expression, row.intensity) for row in records] == [(1, "neutral", {}), (10, None, {9: 2.0})]
    assert len(rejected) == 8


def test_ck_plus_of_one_frame(tmp_path):
    peak, = run_reader_test("ck_plus", tmp_path, ck_plus(1), {"frames": "ends"})
    assert (peak.frame, peak.expression) == (1, "disgust")
