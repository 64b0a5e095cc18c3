"""Cells of tables: numbers, declared scales, FACS letters, yes and no, names of classes, boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.data.sources import scales
from catgan.data.sources.boxes import Box
from catgan.data.sources.scales import CellError, Scale
from catgan.errors import CatganError

NONE = frozenset({""})
ENDS = st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 3))


def column(option, given, unknown=NONE):
    kind = {"valence": "valence", "AU12": "presence", "AU12 intensity": "intensity"}.get(option, option)
    return scales.column(option, kind, given, unknown)


@given(ENDS, ENDS, st.sampled_from([(-1.0, 1.0), (0.0, 5.0), (0.0, 1.0)]), st.floats(0, 1))
def test_a_scale_is_linear_and_has_an_inverse(low, high, label, share):
    if abs(high - low) < 1e-2:
        return
    scale = Scale(low, high, *label)
    given_value = min(max(low + share * (high - low), min(low, high)), max(low, high))
    value = scale.value(given_value)
    assert label[0] <= value <= label[1]
    assert value == pytest.approx(label[0] + share * (label[1] - label[0]), abs=1e-6)
    assert scale.given(value) == pytest.approx(given_value, abs=1e-6 * max(1, abs(low), abs(high)))
    for outside in (max(low, high) + 1e-3, min(low, high) - 1e-3):
        with pytest.raises(ValueError):
            scale.value(outside)


@pytest.mark.parametrize("given, cells", [
    ({"from": 1, "to": 9}, {"1": -1.0, "5": 0.0, "9": 1.0, "4": -0.25, "7,0": 0.5}),
    ({"from": 9, "to": 1}, {"1": 1.0, "9": -1.0, "3": 0.5}), ({"from": 0, "to": 1}, {"0": -1.0, "0.5": 0.0, "1": 1.0}),
    ({"from": -10, "to": 10}, {"-3": -0.3, "10": 1.0}), ({"from": 1, "to": 5}, {"2": -0.5}),
    ({"from": "0", "to": "100"}, {"25": -0.5})])
def test_declared_scales_by_hand(given, cells):
    read = column("valence", {"column": "v", **given})
    assert {cell: read(cell) for cell in cells} == cells
    for cell in ("-11", "101", "1e9"):
        with pytest.raises(CellError, match="must lie in") as caught:
            read(cell)
        assert caught.value.reject


def test_the_older_division():
    read = column("valence", "v / 10")
    assert (read.name, read("-3"), read("10")) == ("v", -0.3, 1.0)
    with pytest.raises(CellError, match="must lie in -10..10.*column: v, from: 1, to: 9") as caught:
        read("11")
    assert not caught.value.reject


@given(st.floats(-1, 1, allow_nan=False), st.sampled_from(["{}", "+{}", "{:.6f}", "{:e}"]))
def test_decimal_point_and_comma(value, form):
    text = form.format(abs(value) if form[0] == "+" else value)
    assert scales.number(text.replace(".", ",")) == scales.number(text) == float(text)


@pytest.mark.parametrize("text", ["", "x", "1_0", "1,2,3", "1.000,5", "--1", "1 2", "0x10", "a,b"])
def test_no_numbers(text):
    with pytest.raises(ValueError):
        scales.number(text)


def test_other_minus():
    assert scales.number("\N{MINUS SIGN}0,4") == -0.4


def test_intensities_by_letter_and_number():
    read = column("AU12 intensity", "cheek")
    assert [read(cell) for cell in ("0", "A", "b", "C", "d", "E", "absent", "2.5", "5,0", "", "NaN", "n/a")] == [
        0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 2.5, 5.0, None, None, None]
    for cell in ("F", "6", "-1", "AB", "inf"):
        with pytest.raises(CellError):
            read(cell)
    with pytest.raises(CellError, match="must be a number"):  # a declared scale is one of numbers
        column("AU12 intensity", {"column": "cheek", "from": 0, "to": 1})("B")
    assert column("AU12 intensity", {"column": "cheek", "from": 0, "to": 1})("0.5") == 2.5


def test_presence_in_words():
    read = column("AU12", "smile")
    for cell in ("1", "1.0", "1,0", "True", "TRUE", "yes", "Y", "t", "present"):
        assert read(cell) == 1, cell
    for cell in ("0", "0.0", "False", "no", "N", "absent", "-0"):
        assert read(cell) == 0, cell
    for cell, hint in (("0.5", "present_from"), ("3", "AU12 intensity: smile"), ("C", "AU12 intensity: smile"),
                       ("maybe", "must be a number")):
        with pytest.raises(CellError, match=hint):
            read(cell)


def test_presence_from_a_threshold():
    read = column("AU12", {"column": "p", "present_from": 0.5})
    assert [read(cell) for cell in ("0", "0.49", "0,5", "1", "")] == [0, 0, 1, 1, None]
    with pytest.raises(CellError, match=r"0\.\.1") as caught:
        read("1.2")
    assert caught.value.reject
    grades = column("AU12", {"column": "g", "from": 0, "to": 5, "present_from": 2})
    assert [grades(cell) for cell in ("0", "1.9", "2", "5")] == [0, 0, 1, 1]
    reverse = column("AU12", {"column": "g", "from": 5, "to": 1, "present_from": 2})
    assert [reverse(cell) for cell in ("5", "2", "1")] == [0, 1, 1]


def test_names_of_classes():
    read = column("expression", {"column": "e", "names": {"0": "neutral", "1": "Happy", "7": "unknown", "8": None}})
    assert [read(cell) for cell in ("0", "1", "1.0", "01", "7", "8.0")] == [
        "neutral", "happiness", "happiness", "happiness", None, None]
    with pytest.raises(CellError, match="must be one of 0, 1, 7, 8"):
        read("2")
    with pytest.raises(CellError, match="names: {2: neutral}"):
        column("expression", "e")("2.0")
    booleans = column("AU12", {"column": "s", "names": {"true": 1, "false": 0, "smiling": 1, "odd": "unknown"}})
    assert [booleans(cell) for cell in ("yes", "No", "True", "smiling", "odd")] == [1, 0, 1, 1, None]
    words = column("valence", {"column": "v", "names": {"bad": -1, "good": 1, "so so": 0}})
    assert [words(cell) for cell in ("bad", "so so", "good")] == [-1.0, 0.0, 1.0]


def test_splits():
    read = column("split", "s")
    assert [read(cell) for cell in ("train", "Training", "val", "valid", "dev", "eval", "VALIDATION", "test", "")] == [
        "training", "training", *["validation"] * 5, "test", None]
    with pytest.raises(CellError, match="names: {A: train}"):
        read("A")
    assert column("split", {"column": "s", "names": {"A": "train", "B": "unknown"}})("A") == "training"


def test_unknown_is_compared_by_value():
    read = column("valence", "v", frozenset({"", "-9", "9", "NA"}))
    assert [read(cell) for cell in ("-9", "-9.0", "-9,00", "9.0", "9e0", "NA", "0.5")] == [None] * 6 + [0.5]


@pytest.mark.parametrize("option, given, message", [
    ("valence", {"column": "v", "from": 1}, "needs `from` and `to`"),
    ("valence", {"column": "v", "from": 1, "to": 1}, "must differ"),
    ("valence", {"column": "v", "from": "x", "to": 1}, "`from` must be a number"),
    ("valence", {"column": "v", "from": True, "to": 9}, "`from` must be a number"),
    ("valence", {"column": "v", "from": float("nan"), "to": 9}, "`from` must be a number"),
    ("valence", {"from": 1, "to": 9}, "needs `column`"), ("valence", {"column": ["v"]}, "needs `column`"),
    ("valence", {"column": "v", "form": 1}, "Did you mean 'from'"), ("valence", "v / 0", "divided by 0"),
    ("AU12", {"column": "p", "from": 0, "to": 5}, "needs `present_from`"),
    ("AU12 intensity", {"column": "p", "present_from": 1}, "Unknown key"),
    ("expression", {"column": "e", "names": ["neutral"]}, "must be a mapping"),
    ("expression", {"column": "e", "names": {"0": "rage"}}, "Unknown expression 'rage'"),
    ("text", {"column": "e", "names": {}}, "Unknown key")])
def test_declarations_that_cannot_be(option, given, message):
    with pytest.raises(CatganError, match=message):
        column(option, given)


# === Boxes ===


@pytest.mark.parametrize("given, cells, box", [
    (["x", "y", "w", "h"], "1 2 3 4", (1, 2, 3, 4)),
    ({"left": "a", "top": "b", "right": "c", "bottom": "d"}, "1 2 4 6", (1, 2, 3, 4)),
    ({"top": "b", "left": "a", "bottom": "d", "right": "c"}, "2 1 6 4", (1, 2, 3, 4)),
    ({"centre_x": "a", "centre_y": "b", "width": "c", "height": "d"}, "10 20 4 6", (8, 17, 4, 6)),
    (["x", "y", "w", "h"], "-1,5 2.0 3 4", (-1.5, 2, 3, 4)), (["x", "y", "w", "h"], "nan - - nan", "- is no number")])
def test_boxes(given, cells, box):
    found = Box.of(given)
    if isinstance(box, str):
        with pytest.raises(CellError, match="four numbers"):
            found.read(cells.split())
    else:
        assert found.read(cells.split()) == box and not found.shares


@pytest.mark.parametrize("cell", ["[1, 2, 3, 4]", "1 2 3 4", "(1,2,3,4)", "1;2;3;4", "[1.0 2.0\n 3.0 4.0]"])
def test_a_box_in_one_cell(cell):
    assert Box.of("bbox").read([cell]) == (1, 2, 3, 4)
    assert Box.of({"column": "bbox", "holds": ["left", "top", "right", "bottom"]}).read([cell]) == (1, 2, 2, 2)
    assert Box.of("bbox").read([""]) is None and Box.of("bbox").read(["nan"]) is None


def test_boxes_in_shares():
    box = Box.of({"left": "a", "top": "b", "width": "c", "height": "d", "unit": "share"})
    assert box.shares and box.read(["0.1", "0.2", "0.3", "0.4"]) == (0.1, 0.2, 0.3, 0.4)
    with pytest.raises(CellError, match="shares of the picture"):
        box.read(["10", "20", "30", "40"])
    assert box.read(["", "", "", ""]) is None


@pytest.mark.parametrize("cells", ["1 2 3", "1 2 3 4 5", "1 2 0 4", "1 2 3 -4", "1 2 nan 4", "1 2 inf 4", "1 2 x 4"])
def test_boxes_that_cannot_be(cells):
    with pytest.raises(CellError, match="the box must"):
        Box.of("bbox").read([cells])


@pytest.mark.parametrize("given", [
    [], ["x"], ["a", "b", "c", "d", "e"], {}, 3, {"left": "a"}, {"left": "a", "top": "b", "right": "c", "height": "d"},
    {"left": "a", "top": "b", "width": "c", "height": "d", "unit": "cm"}, {"column": "b", "left": "x"},
    {"column": "b", "holds": ["left", "top", "left", "top"]}, {"left": "a", "top": "b", "width": "c", "heigth": "d"}])
def test_options_of_boxes_that_cannot_be(given):
    with pytest.raises(CatganError, match="box"):
        Box.of(given)
