"""The reader of EMOTIC: its tables, its MATLAB file, and their traps."""

import numpy as np
import pytest

from catgan.data.sources import emotic
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.still_annotations import EMOTIC_HEADER, emotic_row, image, mat, person, ratings, read, write

scipy_io = pytest.importorskip("scipy.io")


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
