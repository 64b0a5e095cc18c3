"""Readers of collections of single pictures (EmotioNet by hand, FEAFA, OMG-Emotion): layouts written out with invented
values, and their traps. EMOTIC and FER2013 have files of their own."""

import pytest

from catgan import facs
from catgan.data.sources import emotic, emotionet_manual, feafa, fer2013, omg
from catgan.data.sources import workbook as workbooks
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.still_annotations import (EMOTIONET_CELLS, EMOTIONET_ROWS, HEADER, OMG_HEADER, grades, read, repack,
                                             workbook, write)

openpyxl = pytest.importorskip("openpyxl")


@pytest.mark.parametrize("module", [emotic, emotionet_manual, feafa, fer2013, omg])
def test_layouts_and_roots_without_annotations(module, tmp_path):
    assert set(module.LAYOUT.action_units) <= set(facs.ACTION_UNITS)
    assert list(module.LAYOUT.action_units) == sorted(module.LAYOUT.action_units)
    for root in (tmp_path, tmp_path / "absent"):
        with pytest.raises(CatganError, match="src"):
            read(module, root)


# === EmotioNet, by hand ===


def check_emotionet(rows, file, lines):
    first, second, unknown, unnamed = rows
    assert first.presence == {1: 0, 2: 1} and second.presence == {1: 1, 51: 0}
    assert (first.key, first.row, first.subject) == ("N_01/N_01_00007.jpg", f"{file}:{lines[0]}", None)
    assert first.path.parts[-3:] == ("Images", "N_01", "N_01_00007.jpg") and second.key == "N_02/a.jpg"
    assert isinstance(unknown, Rejected) and (unknown.reason, unknown.path) == ("no label", "N_03/b.jpg")
    assert isinstance(unnamed, Rejected) and (unnamed.reason, unnamed.row) == ("no image", f"{file}:{lines[3]}")


def test_emotionet_manual_table(tmp_path):
    write(tmp_path / "EmotioNet_FACS_aws_2020_24600.csv", HEADER + EMOTIONET_ROWS)
    check_emotionet(read(emotionet_manual, tmp_path), "EmotioNet_FACS_aws_2020_24600.csv", (2, 3, 4, 5))


def test_emotionet_manual_workbook(tmp_path):
    path = workbook(tmp_path / "EmotioNet_FACS_aws_2020_24600.xlsx", EMOTIONET_CELLS)
    check_emotionet(read(emotionet_manual, tmp_path), path.name, (2, 3, 5, 6))
    # Its own export says the same rows; another table says others.
    write(path.with_suffix(".csv"), HEADER + EMOTIONET_ROWS)
    write(tmp_path / "EmotioNet_FACS_b.csv", "URL,AU1\nN_9/z.jpg,1\n")
    rows = read(emotionet_manual, tmp_path)
    check_emotionet(rows[:4], "EmotioNet_FACS_aws_2020_24600.csv", (2, 3, 4, 5))
    assert [row.key for row in rows[4:]] == ["N_9/z.jpg"]


@pytest.mark.parametrize("encoding, end", [("utf-8-sig", "\n"), ("utf-16", "\n"), ("utf-8", "\r"), ("utf-8", "\r\n")])
def test_emotionet_manual_encodings(tmp_path, encoding, end):
    write(tmp_path / "EmotioNet_FACS.csv", (HEADER + EMOTIONET_ROWS).replace("\n", end).encode(encoding))
    check_emotionet(read(emotionet_manual, tmp_path), "EmotioNet_FACS.csv", (2, 3, 4, 5))


@pytest.mark.parametrize("text, line, message", [
    ("URL,AU 3\nN/a.jpg,1\n", 2, "AU3, which FACS does not have"), ("URL,AU 1\nN/a.jpg,2\n", 2, "AU1 must lie in 0..1"),
    ("URL,AU 1\nN/a.jpg,x\n", 2, "must be a number"), ("URL,AU 1\na.jpg,1\n", 2, "must name an image"),
    ("URL,AU 1\nN/..,1\n", 2, "must lie inside its root"), ("URL,AU 1\n../../..,1\n", 2, "must lie inside its root"),
    ("URL,AU 1\nN/a.jpg\n", 2, "2 columns"), ("AU 1\n1\n", 1, "header must name"), ("URL\nN/a.jpg\n", 1, "header must"),
    ("URL,AU 1,'AU01'\nN/a.jpg,1,0\n", 1, "each once"), ("URL,'URL',AU 1\na/a.jpg,,0\n", 1, "each once"),
    ("URL,smile,AU 1\na/a.jpg,,0\n", 1, "header must name"), ('URL,AU 1\n"N/a.jpg,1\n', 2, "not a row of a table")])
def test_emotionet_manual_damage(tmp_path, text, line, message):
    write(tmp_path / "EmotioNet_FACS.csv", text)
    with pytest.raises(AnnotationError, match=message) as caught:
        read(emotionet_manual, tmp_path)
    assert caught.value.line == line


def test_emotionet_manual_damaged_workbooks(tmp_path):
    path = workbook(tmp_path / "EmotioNet_FACS.xlsx", [["URL", "AU 1"], ["N/a.jpg", 1], ["N/b.jpg", 2]])
    with pytest.raises(AnnotationError, match="AU1 must lie in 0..1") as caught:
        read(emotionet_manual, tmp_path)
    assert caught.value.line == 3
    workbook(path, [["URL", "AU 1"], ["N/a.jpg", 1, None, 1]])
    with pytest.raises(AnnotationError, match="beyond the 2 columns"):
        read(emotionet_manual, tmp_path)
    whole = path.read_bytes()
    for content in (b"", b"PK", b"no workbook", whole[:-30], whole[:200]):
        path.write_bytes(content)
        with pytest.raises(CatganError, match="not a workbook that can be read"):
            read(emotionet_manual, tmp_path)


def test_emotionet_manual_workbooks_that_lie_about_their_size(tmp_path, monkeypatch):
    path = workbook(tmp_path / "EmotioNet_FACS.xlsx", [["URL", "AU 1"], ["N/a.jpg", 1], ["N/b.jpg", 0]])
    repack(path, lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1:A1"'))
    assert [row.presence for row in read(emotionet_manual, tmp_path)] == [{1: 1}, {1: 0}]
    repack(path, lambda xml: xml.replace(b'<row r="3"', b'<row r="3000000000"'))
    with pytest.raises(AnnotationError, match="more rows than a workbook can have"):
        read(emotionet_manual, tmp_path)
    monkeypatch.setattr(workbooks, "MOST_BYTES", 1000)
    with pytest.raises(CatganError, match="would unpack to"):
        read(emotionet_manual, tmp_path)


# === FEAFA ===


def test_feafa_units_are_not_facs_numbers(tmp_path):
    folder = tmp_path / "FEAFA-A" / "PV001.output"
    write(folder / "00000994.auw", grades(u2=0.3, u7=1, u8=1, u9=0.41, u12=0.1, u13=0.58, u19=0.19, u24=0.2))
    write(folder / "00000994.png", b"")
    write(folder / "00000995.auw", grades())
    first, second = read(feafa, tmp_path)
    assert {unit for unit, value in first.presence.items() if value} == {43, 26, 12, 9}
    assert sorted(first.presence) == [4, 5, 9, 10, 12, 16, 17, 18, 20, 26, 28, 29, 30, 34, 43] and not first.intensity
    assert first.key == "FEAFA-A/PV001.output/00000994.png" and second.key == "FEAFA-A/PV001.output/00000995.jpg"
    assert (first.subject, first.video, first.frame) == ("FEAFA-A/PV001.output", "FEAFA-A/PV001.output", 994)
    assert set(second.presence.values()) == {0}


@pytest.mark.parametrize("place, unit", [
    (1, 43), (2, 43), (3, 5), (4, 5), (5, 4), (6, 4), (7, None), (8, None), (9, 26), (10, 30), (11, 30), (12, 12),
    (13, 12), (14, 20), (15, 20), (16, 28), (17, 28), (18, 29), (19, 10), (20, 16), (21, 17), (22, 18), (23, 34),
    (24, 9)])
def test_feafa_every_unit(tmp_path, place, unit):
    write(tmp_path / "PV1" / "1.auw", grades(**{f"u{place}": 1.0}))
    record, = read(feafa, tmp_path)
    assert [number for number, value in record.presence.items() if value] == ([] if unit is None else [unit])


def test_feafa_present_from(tmp_path):
    write(tmp_path / "1.auw", grades(u9=0.5, u24=0.05))
    at = {option: {unit for unit, value in read(feafa, tmp_path, {"present_from": option})[0].presence.items() if value}
          for option in (0, 0.05, 0.5, 0.51)}
    assert at == {0: {26, 9}, 0.05: {26, 9}, 0.5: {26}, 0.51: set()}
    record, = read(feafa, tmp_path)
    assert (record.subject, record.video, record.key) == (None, None, "1.jpg")
    for option in (1.5, -1, "0.2", True, float("nan")):
        with pytest.raises(CatganError, match="'present_from' must be a number in 0..1"):
            read(feafa, tmp_path, {"present_from": option})


def test_feafa_b_is_disfa(tmp_path):
    write(tmp_path / "FEAFA-B" / "LeftVideoSN001.output" / "00000001.auw", grades())
    record, = read(feafa, tmp_path)
    assert (record.subject, record.video, record.frame) == ("SN001", "SN001", 1)


@pytest.mark.parametrize("name, content, message", [
    ("1.auw", "", "one line"), ("1.auw", grades() * 2, "one line"), ("1.auw", "0 0 0\n", "24 numbers"),
    ("1.auw", grades(u3=1.2), r"unit 3 must lie in 0..1"), ("1.auw", grades(u3="nan"), "unit 3 must lie"),
    ("1.auw", grades(u3="x"), "must be a number"), ("a.auw", grades(), "end with its number")])
def test_feafa_damage(tmp_path, name, content, message):
    write(tmp_path / name, content)
    with pytest.raises(AnnotationError, match=message):
        read(feafa, tmp_path)


def test_feafa_an_image_that_leads_out(tmp_path):
    outside = write(tmp_path / "secret.jpg", b"")
    write(tmp_path / "root" / "1.auw", grades())
    (tmp_path / "root" / "1.jpg").symlink_to(outside)
    with pytest.raises(AnnotationError, match="must lie inside its root"):
        read(feafa, tmp_path / "root")


# === OMG-Emotion ===


def test_omg_arousal_comes_first_and_is_doubled(tmp_path):
    write(tmp_path / "omg_TrainVideos.csv", OMG_HEADER + "https://v/x,12.1,18.4,abc,utterance_1.mp4,0.35,-0.22,5\n"
          "https://v/x,18.4,20,abc,utterance_2.mp4,0,1,3.0\n")
    write(tmp_path / "omg_TestVideos_WithLabels.csv", OMG_HEADER + "l,1,2,d,utterance_9.mp4,1,,4\n"
          "l,1,2,d,utterance_10.mp4,,,\n")
    first, second, third, nothing = read(omg, tmp_path)
    assert first.valence == -0.22 and first.arousal == pytest.approx(-0.3) and first.expression == "sadness"
    assert (second.valence, second.arousal, second.expression) == (1.0, -1.0, "happiness")
    assert (third.valence, third.arousal, third.expression) == (None, 1.0, "neutral")
    assert isinstance(nothing, Rejected) and nothing.reason == "no label"
    assert (first.key, first.path.parts[-3:]) == ("videos/abc/utterance_1.mp4", ("videos", "abc", "utterance_1.mp4"))
    assert (first.position, first.frame, first.subject, first.video) == (0, None, None, "abc")
    assert [row.official_split for row in (first, second, third)] == ["training", "training", "test"]
    assert {row.position for row in read(omg, tmp_path, {"picture": 25})[:3]} == {25}


@pytest.mark.parametrize("label, name", list(enumerate(
    ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"))))
def test_omg_classes(tmp_path, label, name):
    write(tmp_path / "omg_ValidationVideos.csv", OMG_HEADER + f"l,1,2,d,u.mp4,0.5,0,{label}\n")
    record, = read(omg, tmp_path)
    assert (record.expression, record.arousal, record.official_split) == (name, 0.0, "validation")


@pytest.mark.parametrize("picture", [-1, 1.0, "0", True, None])
def test_omg_picture_is_a_whole_number(tmp_path, picture):
    write(tmp_path / "omg_TrainVideos.csv", OMG_HEADER)
    with pytest.raises(CatganError, match="'picture' must be a whole number"):
        read(omg, tmp_path, {"picture": picture})


@pytest.mark.parametrize("row, message", [
    ("l,1,2,d,u.mp4,-0.1,0,3", "arousal must lie in 0..1"), ("l,1,2,d,u.mp4,0.1,1.5,3", "valence must lie in -1..1"),
    ("l,1,2,d,u.mp4,0.1,0,7", "EmotionMaxVote must lie in 0..6"), ("l,1,2,d,u.mp4,0.1,0,x", "must be a number"),
    ("l,1,2,,u.mp4,0.1,0,3", "must be named"), ("l,1,2,d,,0.1,0,3", "must be named"),
    ("l,1,2,..,u.mp4,0.1,0,3", "must lie inside"), ("l,1,2,d,../../../u.mp4,0.1,0,3", "must lie inside"),
    ("l,1,2,d,u.mp4,0.1,0", "8 columns")])
def test_omg_damage(tmp_path, row, message):
    write(tmp_path / "omg_TrainVideos.csv", OMG_HEADER + row + "\n")
    with pytest.raises(AnnotationError, match=message) as caught:
        read(omg, tmp_path)
    assert caught.value.line == 2


def test_omg_without_a_column(tmp_path):
    write(tmp_path / "omg_TrainVideos.csv", "link,video,utterance,valence,EmotionMaxVote\n")
    with pytest.raises(AnnotationError, match="lacks arousal"):
        read(omg, tmp_path)
