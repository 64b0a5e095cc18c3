"""Readers of single pictures under any text and any bytes: they give rows or an error of their own."""

import io
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan import facs
from catgan.data.sources import emotic, emotionet_manual, feafa, fer2013, omg
from catgan.data.sources.records import Record
from catgan.errors import CatganError
from tests.harness.still_annotations import (EMOTIC_HEADER, EMOTIONET_CELLS, EMOTIONET_ROWS, HEADER, OMG_HEADER,
                                             emotic_row, fer, grades, image, mat, person, ratings, read, repack,
                                             workbook, write)


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


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    workbook(tmp_path / "EmotioNet_FACS.xlsx", [["URL", "AU 1"]])
    mat(tmp_path, train=[image("a.jpg", [person([0, 0, 1, 1], ratings(1, 1))])])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(CatganError, match="pip install openpyxl"):
        read(emotionet_manual, tmp_path)
    with pytest.raises(CatganError, match="pip install scipy"):
        read(emotic, tmp_path)
