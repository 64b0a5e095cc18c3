"""The readers of annotated people: layouts as published, with invented values, and their traps."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catgan.data.people import sources
from catgan.data.people.records import PersonRecord
from catgan.data.people.sources.categories import CATEGORIES
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.people_sources import bold_line, run_people_reader_test
from tests.harness.still_annotations import EMOTIC_HEADER, emotic_row, image, mat, person, ratings

# === CAER-S ===


def test_caer_s_lists(tmp_path):
    rows = run_people_reader_test("caer_s", tmp_path, {
        "train/Angry/0001.png": b"", "train/Angry/0002.png": b"", "train/Angry/._0002.png": b"",
        "test/Happy/0001.png": b"", "test/Sad/0009.jpg": b"",
        "test.txt": "test/Happy/0001.png,3,278,110,363,195\n./test/Happy/0002.png,3,1,2,3,4\n"})
    first, second, listed, unlisted, missing = rows
    assert [row.expression for row in rows[:4]] == ["anger", "anger", "happiness", "sadness"]
    assert [row.official_split for row in rows[:4]] == ["training", "training", "test", "test"]
    assert listed.box == (278.0, 110.0, 85.0, 85.0) and listed.box_of == "face" and listed.row == "test.txt:1"
    assert first.box is None and first.key == "train/Angry/0001.png" and not first.is_clip and first.subject is None
    assert isinstance(missing, Rejected) and (missing.path, missing.reason) == ("test/Happy/0002.png", "missing file")
    assert "in its training and its test" in sources.warning("caer_s")


def test_caer_s_numbers_beside_each_image(tmp_path):
    files = {"train/Anger/0001.png": b"", "train/Anger/0001.txt": "10 20\n30 60\n", "val/Fear/0001.png": b"",
             "val/Fear/0001.txt": "10,20,30,60"}
    corners, validation = run_people_reader_test("caer_s", tmp_path, files)
    assert corners.box == (10.0, 20.0, 20.0, 40.0) and corners.row == "train/Anger/0001.txt:1"
    assert validation.official_split == "validation" and validation.expression == "fear"
    size, _ = run_people_reader_test("caer_s", tmp_path, files, {"numbers": "size"})
    assert size.box == (10.0, 20.0, 30.0, 60.0)


@pytest.mark.parametrize("text, message", [
    ("test/Happy/0001.png,3,278,110,363\n", "path, class and four numbers"),
    ("test/Happy/0001.png,0,278,110,363,195\n", "class 0 is anger, but the folder is of happiness"),
    ("test/Happy/0001.png,7,278,110,363,195\n", "class must lie in 0..6"),
    ("test/Happy/0001.png,3,278,110,263,195\n", "a width and a height above 0.*'numbers' is corners or size"),
    ("test/Happy/0001.png,3,278,x,363,195\n", "box must be a number"),
    ("../Happy/0001.png,3,278,110,363,195\n", "must lie inside"),
    ("a\n" * 2, "path, class")])
def test_caer_s_damage(tmp_path, text, message):
    with pytest.raises(AnnotationError, match=message) as caught:
        run_people_reader_test("caer_s", tmp_path, {"test/Happy/0001.png": b"", "test.txt": text})
    assert caught.value.line == 1 and str(caught.value).startswith(f"{tmp_path}/test.txt:1: ")


def test_caer_s_refusals(tmp_path):
    with pytest.raises(AnnotationError, match="test.txt:2: .* named twice"):
        run_people_reader_test("caer_s", tmp_path, {
            "test/Happy/0001.png": b"", "test.txt": "test/Happy/0001.png,3,1,2,3,4\n" * 2})
    with pytest.raises(CatganError, match="Allowed: corners, size"):
        run_people_reader_test("caer_s", tmp_path, {}, {"numbers": "edges"})
    with pytest.raises(CatganError, match=r"no boxes\*.txt in"):
        run_people_reader_test("caer_s", tmp_path, {}, {"lists": "boxes*.txt"})
    with pytest.raises(CatganError, match="no folder of a class"):
        run_people_reader_test("caer_s", tmp_path / "test", {})
    with pytest.raises(AnnotationError, match="four numbers are needed. Received: 3"):
        run_people_reader_test("caer_s", tmp_path / "n", {"test/Sad/1.png": b"", "test/Sad/1.txt": "1 2 3"})


# === EMOTIC ===


def test_emotic_has_all_people_with_context_labels(tmp_path):
    first, named, unnamed = run_people_reader_test("emotic", tmp_path, {
        "annots_val.csv": EMOTIC_HEADER + emotic_row()
        + emotic_row().replace("['Happiness', 'Engagement']", "['Doubt/Confusion', 'Disconnection']")
        + emotic_row().replace("['Happiness', 'Engagement']", "[]")})
    assert first.categories == ("Engagement", "Happiness") and first.category_names == CATEGORIES
    assert first.box == (0.0, 12.0, 250.0, 458.0) and first.box_of == "body" and first.official_split == "validation"
    assert first.valence == pytest.approx(1.5 / 4.5) and first.dominance == pytest.approx(0.5 / 4.5)
    assert named.categories == ("Doubt/Confusion", "Disconnection") and unnamed.categories is None
    with pytest.raises(AnnotationError, match="train.csv:2: EMOTIC has no category 'Joy'"):
        run_people_reader_test("emotic", tmp_path / "b", {"train.csv": EMOTIC_HEADER + emotic_row().replace(
            "'Happiness'", "'Joy'")})


def test_emotic_raters_are_joined(tmp_path):
    pytest.importorskip("scipy.io")
    raters = np.empty(2, dtype=[("categories", object)])
    raters[0] = (np.array(["Peace", "Fear"], object),)
    raters[1] = ("Fear",)
    rated = ratings((2, 10), (4, 9))
    mat(tmp_path, train=[image("a.jpg", [person([0, 0, 9, 9], ratings(8, 4),
                                                annotations_categories={"categories": "Yearning"})])],
        val=[image("c.jpg", [person([0, 0, 9, 9], rated, annotations_categories=raters)])],
        test=[image("d.jpg", [person([0, 0, 9, 9], rated, annotations_categories=raters,
                                     combined_categories=np.array(["Pain", "Peace"], object))])])
    one, union, combined = run_people_reader_test("emotic", tmp_path, {})
    assert one.categories == ("Yearning",) and union.categories == ("Peace", "Fear")
    assert combined.categories == ("Peace", "Pain") and combined.official_split == "test"
    assert union.valence == pytest.approx(-2.5 / 4.5) and union.arousal == pytest.approx(4 / 4.5)
    assert union.dominance == pytest.approx(-0.5 / 4.5)


# === BoLD ===


def test_bold(tmp_path):
    scores = {"Peace": 0.5, "Suffering": 1, "Anger": 0.49}
    rows = run_people_reader_test("bold", tmp_path, {
        "annotations/train.csv": bold_line(scores=scores)
        + bold_line("003/FILM.mp4/0002.mp4", 1, 0, 0, None, ("nan", "", 10)),
        "annotations/val.csv": bold_line("004/F.mp4/1.mp4", scores={"Fear": "nan"}),
        "annotations/test_meta.csv": "005/F.mp4/1.mp4,0,3,9,Male,Adult,White\n",
        "joints/003/FILM.mp4/0001.npy": b"x", "videos/003/FILM.mp4/0001.mp4": b"x"})
    first, second, unknown, test = rows
    assert first.file == tmp_path / "videos/003/FILM.mp4/0001.mp4" and first.is_clip
    assert first.joints == tmp_path / "joints/003/FILM.mp4/0001.npy" and first.joints_person == 0
    assert (first.first, first.last, first.video, first.subject) == (5, 60, "003/FILM.mp4", None)
    assert first.categories == ("Peace", "Suffering") and first.row == "train.csv:1"
    assert (first.valence, first.arousal, first.dominance) == (0.0, 0.5, -1.0)
    assert second.joints is None and (second.valence, second.arousal, second.dominance) == (None, None, 1.0)
    assert unknown.categories is None and unknown.official_split == "validation"
    assert isinstance(test, Rejected) and test.reason == "no label"
    options = {"categories_from": 0.4, "joints": "pose", "frames_from": 0}
    first, *_ = run_people_reader_test("bold", tmp_path, {}, options)
    assert first.categories == ("Peace", "Anger", "Suffering") and first.joints is None


@pytest.mark.parametrize("text, options, message", [
    ("a.mp4,0,3\n", {}, "train.csv:1: at least 4 columns"), ("a.mp4,0,3,9\n", {}, "train.csv:1: at least 33 columns"),
    (bold_line(first=9, last=3), {}, "last frame lies before the first"),
    (bold_line(first=0, last=3), {"frames_from": 1}, "first frame must lie in 1"),
    (bold_line(scores={"Fear": 1.2}), {}, "Fear must lie in 0..1"),
    (bold_line(affect=(11, 1, 1)), {}, "valence must lie in 0..10"), (bold_line(person="x"), {}, "person must be a"),
    (bold_line("../../a.mp4"), {}, "must lie inside"), (bold_line(""), {}, "must lie inside"),
    (bold_line(), {"joints": "none"}, "Allowed: file, pose"), (bold_line(), {"categories_from": 2}, "number in 0..1")])
def test_bold_damage(tmp_path, text, options, message):
    with pytest.raises(CatganError, match=message):
        run_people_reader_test("bold", tmp_path, {"annotations/train.csv": text}, options)


def test_bold_without_annotations(tmp_path):
    with pytest.raises(CatganError, match="none of train.csv"):
        run_people_reader_test("bold", tmp_path, {"annotations/other.csv": ""})


# === Any text ===

CELL = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CELL, CELL)
@example("nan", "[1]")
@example("\0", '"')
def test_any_cell_gives_rows_or_an_error_with_its_line(tmp_path, first, second):
    layouts = {
        "bold": {"annotations/train.csv": f"{first},{second},0,9\n" + bold_line(first, affect=(second, 1, 2))},
        "caer_s": {"test/Happy/0001.png": b"", "test.txt": f"test/Happy/{first},3,{second},1,2,3\n"},
        "emotic": {"train.csv": EMOTIC_HEADER + emotic_row(box=first, ratings=second)},
        "table": {"t.csv": f"file,v,c\n{first},{second},x\n"}}
    for name, files in layouts.items():
        for path, content in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content if isinstance(content, bytes) else content.encode())
        options = {"file": "t.csv", "image": "file", "valence": "v"} if name == "table" else {}
        try:
            rows = list(sources.read(name, "src", tmp_path / name, options))
        except CatganError as error:
            assert not isinstance(error, AnnotationError) or error.line >= 1
        else:
            assert all(isinstance(row, (PersonRecord, Rejected)) for row in rows)


def test_names():
    assert set(sources.READERS) == {"bold", "caer_s", "emotic", "table"}
    assert all(sources.layout(name).terms and "people: true" in sources.description(name) for name in sources.NAMES)
    with pytest.raises(CatganError, match="annotation format of people 'caer'.*Did you mean 'caer_s'"):
        sources.reader("caer")
