"""The reader of FER2013 and of the votes of FERPlus, whose pictures are lines of a table."""

import itertools

import numpy as np
import pytest

from catgan.data.sources import fer2013
from catgan.data.sources.records import Record
from catgan.errors import AnnotationError
from tests.harness.still_annotations import fer, pixels, read, write


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
