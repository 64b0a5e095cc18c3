"""Every reader against layouts written out here, against the real trees, and against damaged lines."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.data.sources import READERS, parsing, reader
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.annotations import (ABAW_HEADER, AFFECTNET_HEADER, affectnet_line, emotionet_line, write_abaw,
                                       write_affectnet, write_emotionet)


def read(format_name, root):
    return list(reader(format_name)("src", root))


# === Values and unknowns ===


def test_emotionet(tmp_path):
    root = write_emotionet(tmp_path, emotionet_line("a.jpg", {1: 1, 2: 0, 43: 1}), emotionet_line("b.jpg", {5: 999}))
    first, second = read("emotionet", root)
    assert first.presence == {1: 1, 2: 0, 43: 1} and not first.intensity
    assert first.key == "N_0001/a.jpg" and first.path == tmp_path / "Images" / "N_0001" / "a.jpg"
    assert first.row == "dataFile_0001.txt:1" and first.subject is None and first.valence is None
    assert isinstance(second, Rejected) and second.reason == "no label"


def test_emotionet_refuses_a_unit_that_is_not_in_facs(tmp_path):
    with pytest.raises(AnnotationError, match=r"dataFile_0001.txt:1: column 4 annotates AU3"):
        read("emotionet", write_emotionet(tmp_path, emotionet_line(units={3: 1})))


def test_affectnet(tmp_path):
    root = write_affectnet(tmp_path, affectnet_line(), affectnet_line("1/b.jpg", "9", "-2", "-2"),
                           affectnet_line("1/c.jpg", "10", "-2", "-2"), affectnet_line("1/d.jpg", "8", "-0.1", "-2"),
                           validation=[affectnet_line("2/e.jpg", "7", "-1", "1")])
    happy, uncertain, no_face, none, validation = read("affectnet", root)
    assert (happy.expression, happy.valence, happy.arousal) == ("happiness", 0.5, 0.25)
    assert happy.box == (10, 20, 100, 110) and happy.row == "training.csv:2" and happy.official_split == "training"
    assert happy.path == tmp_path / "Manually_Annotated_Images" / "1" / "a.jpg"
    assert isinstance(uncertain, Rejected) and uncertain.reason == "no label"
    assert isinstance(no_face, Rejected) and no_face.reason == "no face"
    assert none.expression is None and none.valence == -0.1 and none.arousal is None
    # A validation file without header, as AffectNet ships it.
    assert validation.expression == "contempt" and validation.row == "validation.csv:1"


def test_affectnet_columns_in_another_order(tmp_path):
    (tmp_path / "training.csv").write_text(
        "arousal,valence,expression,face_x,face_y,face_width,face_height,facial_landmarks,subDirectory_filePath\n"
        "0.25,0.5,1,10,20,100,110,,1/a.jpg\n")
    record, = read("affectnet", tmp_path)
    assert (record.valence, record.arousal, record.expression, record.box[2]) == (0.5, 0.25, "happiness", 100)


def test_affwild2_mtl(tmp_path):
    root = write_abaw(tmp_path, "v1/00003.jpg,0.5,-0.5,4,1,0", "v2_left/00010.jpg,-5,0.1,-1,-1,1",
                      "v2_right/00010.jpg,-5,-5,-1,-1,-1")
    first, left, right = read("affwild2_mtl", root)
    assert (first.valence, first.arousal, first.expression) == (0.5, -0.5, "happiness")
    assert first.presence == {1: 1, 12: 0}
    assert (first.subject, first.video, first.frame) == ("v1", "v1", 3)
    # Every label is unknown on its own, and two people of one video are two subjects.
    assert left.valence is None and left.arousal == 0.1 and left.expression is None and dict(left.presence) == {12: 1}
    assert (left.subject, left.video) == ("v2_left", "v2")
    assert isinstance(right, Rejected)


# === Real trees ===


@pytest.mark.parametrize("format_name, folder, rows", [
    ("emotionet", "emotionet", 3200), ("affectnet", "affectnet", 3200), ("affwild2_mtl", "abaw_mtl", 1200)])
def test_real_trees_row_for_row(shared, format_name, folder, rows):
    read_rows = read(format_name, shared / "data" / folder)
    manifest = json.loads((shared / "data" / "manifest.json").read_text())[folder]
    assert len(read_rows) == rows
    records = [row for row in read_rows if isinstance(row, Record)]
    if folder == "emotionet":
        assert sorted({number for record in records for number in record.presence}) == manifest["aus"]
        assert sum(not record.path.is_file() for record in records) == manifest["missing"]
    if folder == "affectnet":
        assert len(read_rows) - len(records) == manifest["sentinel_rows"]
        assert sum(record.path.is_file() and not record.path.stat().st_size for record in records) \
            == manifest["empty_files"]
    if folder == "abaw_mtl":
        assert Counter(record.official_split for record in records) == manifest["rows"]
        assert sum(record.valence is None for record in records) == manifest["va_unknown"]
        assert sum(not record.presence for record in records) == manifest["au_unknown"]
        assert sum(record.expression is None for record in records) == manifest["expr_unknown"]


# === Damage ===


@pytest.mark.parametrize("format_name, write, good, bad", [
    ("emotionet", write_emotionet, emotionet_line(), emotionet_line(units={1: 2})),
    ("emotionet", write_emotionet, emotionet_line(), emotionet_line(units={1: "x"})),
    ("emotionet", write_emotionet, emotionet_line(), "one\ttwo"),
    ("emotionet", write_emotionet, emotionet_line(), emotionet_line("..")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line(valence="1.5")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line(valence="nan")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line(expression="11")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line(expression="1.5")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line("../../a.jpg")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line("/etc/passwd")),
    ("affectnet", write_affectnet, affectnet_line(), affectnet_line() + ",more"),
    ("affectnet", write_affectnet, affectnet_line(), '"open,quote'),
    ("affwild2_mtl", write_abaw, "v/00001.jpg,0,0,0,0,0", "v/00002.jpg,0,0,8,0,0"),
    ("affwild2_mtl", write_abaw, "v/00001.jpg,0,0,0,0,0", "v/00002.jpg,0,0,0,0"),
    ("affwild2_mtl", write_abaw, "v/00001.jpg,0,0,0,0,0", "00002.jpg,0,0,0,0,0"),
    ("affwild2_mtl", write_abaw, "v/00001.jpg,0,0,0,0,0", "v/x.jpg,0,0,0,0,0"),
    ("affwild2_mtl", write_abaw, "v/00001.jpg,0,0,0,0,0", "../v/00002.jpg,0,0,0,0,0")])
def test_a_damaged_line_is_named(tmp_path, format_name, write, good, bad):
    root = write(tmp_path, good, bad)
    with pytest.raises(AnnotationError) as caught:
        read(format_name, root)
    assert caught.value.line == (2 if format_name == "emotionet" else 3)
    assert str(caught.value).startswith(f"{caught.value.file}:{caught.value.line}: ")


@given(st.data())
def test_any_text_in_a_line_gives_values_in_range_or_an_annotation_error(tmp_path_factory, data):
    """No reader guesses, and none fails with anything but a `CatganError`."""
    root = tmp_path_factory.mktemp("fuzz")
    text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
    format_name = data.draw(st.sampled_from(sorted(READERS)))
    if format_name == "emotionet":
        cells = data.draw(st.lists(st.sampled_from(["0", "1", "999", "2", "", "x", "1e3"]), min_size=59, max_size=61))
        content = "\t".join([data.draw(text) + "/N/" + data.draw(text), "url", *cells])
        (root / "dataFile_0001.txt").write_bytes(content.encode())
    elif format_name == "affectnet":
        content = AFFECTNET_HEADER + "\n" + ",".join(data.draw(st.lists(text, min_size=8, max_size=10)))
        (root / "training.csv").write_bytes(content.encode())
    else:
        cell = st.sampled_from(["0", "1", "-1", "-5", "0.5", "9", "", "inf"])
        values = data.draw(st.lists(cell, min_size=4, max_size=6))
        content = ABAW_HEADER + "\n" + ",".join([data.draw(text), *values])
        (root / "training_set_annotations.txt").write_bytes(content.encode())
    try:
        rows = read(format_name, root)
    except CatganError:
        return
    for row in rows:
        if isinstance(row, Record):
            assert set(row.presence.values()) <= {0, 1}
            assert all(value is None or -1 <= value <= 1 for value in (row.valence, row.arousal))
            assert row.path.resolve().is_relative_to(root.resolve())


def test_annotations_that_are_not_text(tmp_path):
    (tmp_path / "dataFile_0001.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatganError, match="not text in UTF-8 or UTF-16"):
        read("emotionet", tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_in_any_encoding_with_any_end(tmp_path, encoding, end):
    (tmp_path / "a.txt").write_bytes(f"eins{end}  {end}zwei \u00e9{end}{end}".encode(encoding))
    assert list(parsing.lines(tmp_path / "a.txt")) == [(1, "eins"), (3, "zwei \u00e9")]


def test_a_line_without_end_is_refused_at_once(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1," * parsing.LONGEST_LINE)
    with pytest.raises(AnnotationError, match="a.csv:1: longer than"):
        list(parsing.lines(tmp_path / "a.csv"))


@pytest.mark.parametrize("text, value", [("0,31", "0.31"), ("-1,5", "-1.5"), ("0.31", "0.31"), ("1,000.5", "1,000.5")])
def test_decimal_commas(text, value):
    assert parsing.point(text) == value


@pytest.mark.parametrize("format_name", sorted(READERS))
def test_missing_root_and_empty_root(tmp_path, format_name):
    with pytest.raises(CatganError, match="not found"):
        read(format_name, tmp_path / "nowhere")
    with pytest.raises(CatganError, match="Source 'src'"):
        read(format_name, tmp_path)


def test_unknown_format_names_the_nearest():
    with pytest.raises(CatganError, match="Did you mean 'emotionet'"):
        reader("emotionnet")
