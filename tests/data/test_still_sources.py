"""Readers of collections of single pictures: layouts written out with invented values, and their traps."""

import io
import itertools
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan import facs
from catgan.data.records import Record, Rejected
from catgan.data.sources import emotic, emotionet_manual, feafa, fer2013, omg
from catgan.errors import AnnotationError, CatganError

openpyxl = pytest.importorskip("openpyxl")
scipy_io = pytest.importorskip("scipy.io")


def read(module, root, *options):
    return list(module.read("src", root, *options))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("module", [emotic, emotionet_manual, feafa, fer2013, omg])
def test_layouts_and_roots_without_annotations(module, tmp_path):
    assert set(module.LAYOUT.action_units) <= set(facs.ACTION_UNITS)
    assert list(module.LAYOUT.action_units) == sorted(module.LAYOUT.action_units)
    for root in (tmp_path, tmp_path / "absent"):
        with pytest.raises(CatganError, match="src"):
            read(module, root)


# === EmotioNet, by hand ===

HEADER = "'URL','URL orig',' 'AU 1'',' 'AU 2'',' 'AU 3'',\"'AU 51'\"\n"
EMOTIONET_ROWS = ("'https://bucket/Images/N_01/N_01_00007.jpg','http://site/c.png',0,1,999,999\n"
                  " 'https://bucket/Images/N_02/a.jpg' ,'http://site/d.png',1.0, 999 ,,0\n"
                  "'https://bucket/Images/N_03/b.jpg','x',999,NaN,,nan\n"
                  "NaN,,,,,\n")


def check_emotionet(rows, file, lines):
    first, second, unknown, unnamed = rows
    assert first.presence == {1: 0, 2: 1} and second.presence == {1: 1, 51: 0}
    assert (first.key, first.row, first.subject) == ("N_01/N_01_00007.jpg", f"{file}:{lines[0]}", None)
    assert first.path.parts[-3:] == ("Images", "N_01", "N_01_00007.jpg") and second.key == "N_02/a.jpg"
    assert isinstance(unknown, Rejected) and (unknown.reason, unknown.path) == ("no label", "N_03/b.jpg")
    assert isinstance(unnamed, Rejected) and (unnamed.reason, unnamed.row) == ("no image", f"{file}:{lines[3]}")


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


EMOTIONET_CELLS = [
    ["'URL'", "'URL orig'", " 'AU 1'", " 'AU 2'", "'AU 3'", "'AU 51'", None],
    ["'https://bucket/Images/N_01/N_01_00007.jpg'", "'http://site/c.png'", 0, 1, 999, 999],
    ["'https://bucket/Images/N_02/a.jpg'", "'http://site/d.png'", 1.0, "999", None, 0], [" ", None, None],
    ["'https://bucket/Images/N_03/b.jpg'", "x", 999, "NaN"], ["NaN"]]


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


def repack(path, change):
    """The workbook with the text of its sheet changed."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in entries.items():
            new.writestr(name, change(content) if name.endswith("sheet1.xml") else content)


def test_emotionet_manual_workbooks_that_lie_about_their_size(tmp_path, monkeypatch):
    path = workbook(tmp_path / "EmotioNet_FACS.xlsx", [["URL", "AU 1"], ["N/a.jpg", 1], ["N/b.jpg", 0]])
    repack(path, lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1:A1"'))
    assert [row.presence for row in read(emotionet_manual, tmp_path)] == [{1: 1}, {1: 0}]
    repack(path, lambda xml: xml.replace(b'<row r="3"', b'<row r="3000000000"'))
    with pytest.raises(AnnotationError, match="more rows than a workbook can have"):
        read(emotionet_manual, tmp_path)
    monkeypatch.setattr(emotionet_manual, "MOST_BYTES", 1000)
    with pytest.raises(CatganError, match="would unpack to"):
        read(emotionet_manual, tmp_path)


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    workbook(tmp_path / "EmotioNet_FACS.xlsx", [["URL", "AU 1"]])
    mat(tmp_path, train=[image("a.jpg", [person([0, 0, 1, 1], ratings(1, 1))])])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(CatganError, match="pip install openpyxl"):
        read(emotionet_manual, tmp_path)
    with pytest.raises(CatganError, match="pip install scipy"):
        read(emotic, tmp_path)


# === FEAFA ===


def grades(**units):
    return " ".join(str(units.get(f"u{place}", "0.00")) for place in range(1, 25)) + "\n"


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

OMG_HEADER = "link,start,end,video,utterance,arousal,valence,EmotionMaxVote\n"


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


# === EMOTIC ===

EMOTIC_HEADER = "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age\n"


def emotic_row(box="[-4, 12, 250, 470]", ratings="[7.0, 5.0, 6.0]", folder="mscoco/images", image="C_1.jpg"):
    return f"0,{folder},{image},\"[640, 480]\",\"{box}\",\"['Happiness', 'Engagement']\",\"{ratings}\",Female,Adult\n"


def test_emotic_table(tmp_path):
    write(tmp_path / "annots_train.csv", EMOTIC_HEADER
          + emotic_row() + emotic_row("[300, 12, 900, 470]", "[1, 10, nan]")
          + emotic_row("[5, 5, 5, 9]", "[nan, 5.5, 3]") + emotic_row("[-9, -9, -1, 9]", "[nan, nan, 3]")
          + emotic_row("[]", "[4, 4, 4]"))
    first, second, flat, nothing, boxless = read(emotic, tmp_path)
    # The box is clipped where it begins left of the picture; how far the picture goes is not looked at.
    assert first.box == (0.0, 12.0, 250.0, 458.0) and second.box == (300.0, 12.0, 600.0, 458.0)
    assert first.valence == pytest.approx(1.5 / 4.5) and first.arousal == pytest.approx(-0.5 / 4.5)
    assert (second.valence, second.arousal) == (-1.0, 1.0)
    assert flat.box is None and (flat.valence, flat.arousal) == (None, 0.0)
    assert isinstance(nothing, Rejected) and nothing.reason == "no label"
    assert boxless.box is None and boxless.valence == pytest.approx(-1 / 3)
    assert first.key == second.key == "mscoco/images/C_1.jpg" and first.row == "annots_train.csv:2"
    assert (first.subject, first.expression, first.official_split) == (None, None, "training")


@pytest.mark.parametrize("name, split", [
    ("train.csv", "training"), ("annots_val.csv", "validation"), ("emotic_test.csv", "test"),
    ("Validation.csv", "validation"), ("people.csv", None), ("latest.csv", None), ("train_test.csv", None)])
def test_emotic_the_name_of_a_table_is_its_split(tmp_path, name, split):
    write(tmp_path / name, EMOTIC_HEADER + emotic_row())
    assert read(emotic, tmp_path)[0].official_split == split


@pytest.mark.parametrize("row, message", [
    (emotic_row(box="[1, 2, 3]"), "BBox must be a list of 4"), (emotic_row(box="1, 2, 3, 4"), "BBox must be a list"),
    (emotic_row(box="[1, 2, [3], 4]"), "BBox must be a list"), (emotic_row(box="[1, 2, x, 4]"), "must be a number"),
    (emotic_row(ratings="[11, 5, 5]"), "Continuous_Labels must lie in 1..10"),
    (emotic_row(ratings="[0, 5, 5]"), "must lie in 1..10"), (emotic_row(ratings="[5, 5]"), "a list of 3"),
    (emotic_row(ratings="[exit(), 5, 5]"), "must be a number"), (emotic_row(folder="../x"), "must lie inside"),
    (emotic_row(image="../../../x.jpg"), "must lie inside"), (emotic_row(folder=""), "must be given"),
    (emotic_row(image=""), "must be given"), (emotic_row(folder="/etc"), "must lie inside")])
def test_emotic_damage(tmp_path, row, message):
    write(tmp_path / "train.csv", EMOTIC_HEADER + row)
    with pytest.raises(AnnotationError, match=message) as caught:
        read(emotic, tmp_path)
    assert caught.value.line == 2


def ratings(*pairs):
    """One annotator's struct, or an array of several."""
    pairs = [pairs] if not isinstance(pairs[0], tuple) else list(pairs)
    structs = [{"valence": valence, "arousal": arousal, "dominance": 5.0} for valence, arousal in pairs]
    return structs[0] if len(structs) == 1 else array(structs)


def array(structs):
    """A struct array: one dtype of objects."""
    out = np.empty(len(structs), dtype=[(name, object) for name in structs[0]])
    for place, struct in enumerate(structs):
        out[place] = tuple(struct.values())
    return out


def person(box, continuous, **more):
    return {"body_bbox": np.array(box, dtype=float), "annotations_continuous": continuous, **more}


def image(filename, people, folder="emodb_small/images"):
    return {"filename": filename, "folder": folder, "person": array(people) if len(people) > 1 else people[0]}


def mat(root, **sets):
    root.mkdir(parents=True, exist_ok=True)
    scipy_io.savemat(root / emotic.MAT, {word: array(images) for word, images in sets.items()})
    return root / emotic.MAT


def test_emotic_mat(tmp_path):
    mat(tmp_path,
        train=[image("a.jpg", [person([215, 111, 580, 352], ratings(8, 4)), person([-5, -3, 10, 20], ratings(1, 10))]),
               image("b.jpg", [person([1, 1, 0, 5], ratings(np.nan, 5))])],
        val=[image("c.jpg", [person([0, 0, 9, 9], ratings((1, 4), (4, np.nan)), combined_continuous=ratings(10, 1)),
                             person([0, 0, 9, 9], ratings((1, 4), (4, np.nan)), combined_continuous=np.array([]))])],
        test=[image("d.jpg", [person([], ratings((2, 10), (4, 9), (6, 8)))]),
              image("e.jpg", [person([0, 0, 9, 9], np.array([]))])])
    write(tmp_path / "train.csv", "not read, because of the mat\n")
    first, second, flat, combined, mean, boxless, nothing = read(emotic, tmp_path)
    assert first.box == (215.0, 111.0, 365.0, 241.0) and second.box == (0.0, 0.0, 10.0, 20.0)
    assert first.valence == pytest.approx(2.5 / 4.5) and first.arousal == pytest.approx(-1.5 / 4.5)
    assert (second.valence, second.arousal, second.row) == (-1.0, 1.0, "Annotations.mat:train(1).person(2)")
    assert first.key == second.key == "emodb_small/images/a.jpg"
    assert flat.box is None and flat.valence is None and flat.arousal == pytest.approx(-0.5 / 4.5)
    assert (combined.valence, combined.arousal) == (1.0, -1.0)
    assert mean.valence == pytest.approx(-3 / 4.5) and mean.arousal == pytest.approx(-1.5 / 4.5)
    assert boxless.box is None and boxless.valence == pytest.approx(-1.5 / 4.5)
    assert isinstance(nothing, Rejected) and nothing.row == "Annotations.mat:test(2).person(1)"
    assert [row.official_split for row in (flat, mean, boxless)] == ["training", "validation", "test"]


def test_emotic_mat_damage(tmp_path):
    good = person([0, 0, 9, 9], ratings(5, 5))
    for broken, message in (
            (image("a.jpg", [person([1, 2], ratings(5, 5))]), "must be four numbers"),
            (image("a.jpg", [person([1, 2, 3, 4], ratings(11, 5))]), r"valence must lie in 1..10"),
            (image("a.jpg", [person([1, 2, 3, 4], ratings("x", 5))]), "must be a number"),
            (image("a.jpg", [person([1, 2, 3, 4], "x")]), "does not consist of structs"),
            (image("a.jpg", [{"annotations_continuous": ratings(5, 5)}]), "lacks the field body_bbox"),
            (image("a.jpg", [{**good, "annotations_continuous": {"valence": 5.0}}]), "lacks the field arousal"),
            (image(7.0, [good]), "filename must be text"), (image("../../../a.jpg", [good]), "must lie inside"),
            ({"filename": "a.jpg", "folder": "f"}, "lacks the field person")):
        mat(tmp_path, train=[image("ok.jpg", [good]), broken] if set(broken) == {"filename", "folder", "person"}
            else [broken])
        with pytest.raises(AnnotationError, match=message):
            read(emotic, tmp_path)


def test_emotic_files_that_are_no_mat(tmp_path):
    path = mat(tmp_path, train=[image("a.jpg", [person([0, 0, 9, 9], ratings(5, 5))])])
    whole = path.read_bytes()
    for content in (b"", b"MATLAB", whole[:150], whole[:-40], b"\x89HDF\r\n\x1a\n" + bytes(600)):
        path.write_bytes(content)
        with pytest.raises(CatganError, match="not a MATLAB file that can be read"):
            read(emotic, tmp_path)
    scipy_io.savemat(path, {"other": np.arange(3)})
    with pytest.raises(CatganError, match="holds none of train, val, test"):
        read(emotic, tmp_path)


# === FER2013, FERPlus ===


def pixels(value):
    return " ".join([str(value)] * 2304)


def fer(root, usages=("Training", "PublicTest", "PrivateTest"), emotions=(3, 6, 0), name="fer2013.csv"):
    rows = [f"{emotion},{pixels(place)},{usage}\n" for place, (usage, emotion) in enumerate(zip(usages, emotions))]
    return write(root / name, "emotion,pixels,Usage\n" + "".join(rows))


def ferplus(root, *rows):
    return write(root / "fer2013new.csv", "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,"
                 "contempt,unknown,NF\n" + "".join(f"{row}\n" for row in rows))


def test_fer2013(tmp_path):
    file = fer(tmp_path)
    rows = read(fer2013, tmp_path)
    assert [row.expression for row in rows] == ["happiness", "neutral", "anger"]
    assert [row.official_split for row in rows] == ["training", "validation", "test"]
    assert [(row.key, row.position, row.row) for row in rows] == [
        (f"fer000000{place}.png", place, f"fer2013.csv:{place + 2}") for place in range(3)]
    assert {row.path for row in rows} == {file} and rows[0].subject is None


def test_icml_face_data_has_blanks_in_its_names_and_another_order(tmp_path):
    file = write(tmp_path / "icml_face_data.csv",
                 f"emotion, Usage, pixels\n5,Training,{pixels(7)}\n\n2,PrivateTest,{pixels(8)}\n")
    first, second = read(fer2013, tmp_path)
    assert (first.expression, second.expression, second.position) == ("surprise", "fear", 1)
    assert [int(picture[0, 0]) for picture in fer2013.pictures(file)] == [7, 8]


@pytest.mark.parametrize("label, name", list(enumerate(
    ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"))))
def test_fer2013_classes(tmp_path, label, name):
    fer(tmp_path, ("Training",), (label,))
    assert read(fer2013, tmp_path)[0].expression == name


def test_ferplus_counts_votes(tmp_path):
    fer(tmp_path, ("Training",) * 8, (0,) * 8)
    ferplus(tmp_path, "Training,fer0000000.png,3,0,0,2,5,0,0,0,0,0", "Training,fer0000001.png,0,0,0,0,0,0,0,6,3,0",
            "Training,,0,0,0,0,0,0,0,0,0,10", "Training,,9,0,0,0,0,0,0,0,0,0",
            "Training,fer0000004.png,0,3,0,0,0,0,0,0,7,0", "Training,fer0000005.png,5,5,0,0,0,0,0,0,0,0",
            "Training,fer0000006.png,0,0,6,0,0,0,3,0,0,0", "Training,fer0000007.png,5,0,0,0,0,0,0,0,0,5")
    rows = read(fer2013, tmp_path)
    assert [row.expression if isinstance(row, Record) else row.reason for row in rows] == [
        "no label", "contempt", "no face", "no label", "no label", "no label", "surprise", "no label"]
    assert rows[2].path == "fer0000002.png" and rows[2].row == "fer2013.csv:4" and "fer2013new.csv:4" in rows[2].detail
    assert (rows[6].key, rows[6].position) == ("fer0000006.png", 6)


@pytest.mark.parametrize("rows, message, line", [
    (("Training,a,9,0,0,0,0,0,0,0,0,0",), "has no row for this one", 3),
    (("Training,a,9,0,0,0,0,0,0,0,0,0", "PublicTest,a,9,0,0,0,0,0,0,0,0,0") * 2, "more rows than fer2013.csv", 4),
    (("PublicTest,a,9,0,0,0,0,0,0,0,0,0", "Training,a,9,0,0,0,0,0,0,0,0,0"), "not in the same order", 2),
    (("Training,a,9,0,0,0,0,0,0,0,0,2", ), "11 votes of 10", 2),
    (("Training,a,-1,0,0,0,0,0,0,0,0,2", ), "neutral must lie in 0..10", 2),
    (("Training,a,9,0,0,0,0,0,0,0,0", ), "12 columns", 2)])
def test_ferplus_that_does_not_fit(tmp_path, rows, message, line):
    fer(tmp_path, ("Training", "PublicTest"), (0, 0))
    ferplus(tmp_path, *rows)
    with pytest.raises(AnnotationError, match=message) as caught:
        read(fer2013, tmp_path)
    assert caught.value.line == line


@pytest.mark.parametrize("text, message", [
    ("emotion,pixels,Usage\n0,,Training\n", "no pixels"), ("emotion,pixels,Usage\n0,1,Train\n", "Usage must be one of"),
    ("emotion,pixels,Usage\n7,1,Training\n", "emotion must lie in 0..6"), ("emotion,pixels\n0,1\n", "lacks Usage"),
    ("emotion,pixels,Usage\n0,1\n", "3 columns")])
def test_fer2013_damage(tmp_path, text, message):
    write(tmp_path / "fer2013.csv", text)
    with pytest.raises(AnnotationError, match=message):
        read(fer2013, tmp_path)


def test_fer2013_pictures(tmp_path):
    values = np.arange(2304) % 256
    file = write(tmp_path / "fer2013.csv", f"emotion,pixels,Usage\n0,{' '.join(map(str, values))},Training\n"
                 f"0,{pixels('7')},Training\n")
    first, second = fer2013.pictures(file)
    assert first.dtype == np.uint8 and first.shape == (48, 48)
    assert np.array_equal(first.ravel(), values) and (second == 7).all()


@pytest.mark.parametrize("text", [
    pixels(256), pixels(-1), pixels("1.5"), pixels("1_0"), pixels("x"), pixels(1)[2:], pixels(1) + " 1", ""])
def test_fer2013_pictures_that_are_none(tmp_path, text):
    file = write(tmp_path / "fer2013.csv",
                 f"emotion,pixels,Usage\n0,{pixels(3)},Training\n0,{text},Training\n0,{pixels(5)},Training\n")
    first, damaged, third = fer2013.pictures(file)
    assert (first == 3).all() and damaged is None and (third == 5).all()  # those behind it are not lost


def test_fer2013_is_streamed(tmp_path):
    file = fer(tmp_path, ("Training",) * 3, (0,) * 3)
    with open(file, "ab") as end:
        end.write(b"damage\n")
    assert [int(picture[0, 0]) for picture in itertools.islice(fer2013.pictures(file), 3)] == [0, 1, 2]
    assert len(list(itertools.islice(fer2013.read("src", tmp_path), 3))) == 3


# === Any text and any bytes at all ===


def rows_or_error(module, root):
    try:
        rows = read(module, root)
    except CatganError as error:
        assert len(str(error)) < 2000
        return
    for row in rows:
        if isinstance(row, Record):
            assert row.path.resolve().is_relative_to(root.resolve()) and row.labelled
            assert set(row.presence.values()) <= {0, 1} and set(row.presence) <= set(facs.ACTION_UNITS)
            assert all(value is None or -1 <= value <= 1 for value in (row.valence, row.arousal))
            assert row.box is None or min(row.box[:2]) >= 0 < min(row.box[2:])


STARTS = {
    ("emotionet_manual", "EmotioNet_FACS.csv"): ["URL,AU 1,AU 3\n", HEADER],
    ("feafa", "SN001/1.auw"): [grades(), "0 " * 23],
    ("omg", "omg_TrainVideos.csv"): [OMG_HEADER],
    ("emotic", "train.csv"): [EMOTIC_HEADER, "Folder,Filename,BBox,Continuous_Labels\n"],
    ("fer2013", "fer2013.csv"): ["emotion,pixels,Usage\n"],
    ("fer2013", "fer2013new.csv"): ["Usage,Image name," + ",".join(fer2013.VOTES) + "\n"]}
MODULES = {module.__name__.rpartition(".")[2]: module for module in (emotic, emotionet_manual, feafa, fer2013, omg)}
WORDS = ["0", "1", "0.5", "9", "10", "-5", "nan", "1e400", "999", "x", "", " ", ",", "\t", "\r", "\n", "\n1,", "'", '"',
         "N/a.jpg", "../a.jpg", "..", "[1, 2, 3, 4]", '"[1,2,3,4]"', '"[5,5,5]"', "[", "]", "Training", "Training,",
         "\0", "\ufeff", "é", "URL", "AU 1", "1_0", "٣", "NF", emotic_row(), EMOTIONET_ROWS,
         "l,1,2,d,u.mp4,0.5,0,3\n"]


@pytest.mark.parametrize("format_name, file", sorted(STARTS))
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_any_text_gives_rows_or_an_error_of_its_own(tmp_path_factory, format_name, file, data):
    root = tmp_path_factory.mktemp("fuzz")
    start = data.draw(st.sampled_from(["", *STARTS[format_name, file]]))
    words = data.draw(st.lists(st.sampled_from(WORDS), max_size=20))
    if file == "fer2013new.csv":
        fer(root)
    separator = data.draw(st.sampled_from([",", " ", ""]))
    write(root / file, (start + separator.join(words)).encode())
    rows_or_error(MODULES[format_name], root)


@pytest.mark.parametrize("format_name, file", sorted(STARTS))
@given(content=st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_any_bytes_give_rows_or_an_error_of_its_own(tmp_path_factory, format_name, file, content):
    root = tmp_path_factory.mktemp("fuzz")
    if file == "fer2013new.csv":
        fer(root)
    write(root / file, STARTS[format_name, file][0].encode() + content)
    rows_or_error(MODULES[format_name], root)


def damaged(content, changes, end):
    out = bytearray(content)
    for place, value in changes:
        out[place % len(out)] = value
    return bytes(out[:len(out) - end])


DAMAGE = st.tuples(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8),
                   st.sampled_from([0, 0, 0, 1, 50]))


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A workbook whose parts are not packed, so that damage reaches the XML, and a MATLAB file."""
    root = tmp_path_factory.mktemp("whole")
    path = workbook(root / "EmotioNet_FACS.xlsx", EMOTIONET_CELLS)
    stored = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    pair = [person([0, 0, 9, 9], ratings(5, 5)), person([1, 2, 3, 4], ratings(5, 5))]
    file = mat(root, train=[image("a.jpg", pair)],
               val=[image("c.jpg", [person([0, 0, 9, 9], ratings((1, 4), (4, 5)), combined_continuous=ratings(9, 1))])])
    return {"EmotioNet_FACS.xlsx": stored.getvalue(), emotic.MAT: file.read_bytes()}


@given(damage=DAMAGE)
@settings(deadline=None, max_examples=100)
def test_damaged_workbooks_give_rows_or_an_error_of_its_own(tmp_path_factory, books, damage):
    root = tmp_path_factory.mktemp("fuzz")
    write(root / "EmotioNet_FACS.xlsx", damaged(books["EmotioNet_FACS.xlsx"], *damage))
    rows_or_error(emotionet_manual, root)


@given(sheet=st.lists(st.sampled_from([
    b"<row>", b'<row r="7">', b'<row r="x">', b"</row>", b'<c r="A1">', b'<c r="ZZZ9" t="s">', b'<c t="d">', b"</c>",
    b"<v>1</v>", b"<v>x</v>", b"<v>" + b"9" * 5000 + b"</v>", b'<c t="inlineStr"><is><t>URL</t></is></c>', b"<"]),
    max_size=12))
@settings(deadline=None, max_examples=100)
def test_any_sheet_gives_rows_or_an_error_of_its_own(tmp_path_factory, books, sheet):
    root = tmp_path_factory.mktemp("fuzz")
    path = write(root / "EmotioNet_FACS.xlsx", books["EmotioNet_FACS.xlsx"])
    repack(path, lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b"".join(sheet)))
    rows_or_error(emotionet_manual, root)


@given(damage=DAMAGE)
@settings(deadline=None, max_examples=6)  # each starts a process
def test_damaged_mats_give_rows_or_an_error_of_its_own(tmp_path_factory, books, damage):
    root = tmp_path_factory.mktemp("fuzz")
    write(root / emotic.MAT, damaged(books[emotic.MAT], *damage))
    rows_or_error(emotic, root)


@pytest.mark.parametrize("code", [8, 14, 127, 255])
def test_a_damaged_type_does_not_end_the_process(tmp_path, books, code):
    whole = books[emotic.MAT]
    place = whole.rindex(np.float64(5.0).tobytes()) - 8
    write(tmp_path / emotic.MAT, whole[:place] + bytes([code]) + whole[place + 1:])
    with pytest.raises(CatganError, match="not a MATLAB file that can be read"):
        read(emotic, tmp_path)
