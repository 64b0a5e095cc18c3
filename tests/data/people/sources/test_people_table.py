"""The reader of any table of people: photographs, clips, and what a recipe can say about its columns."""

import pytest

from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.people_sources import run_people_reader_test

GROUPWALK = {
    "file": "agents.csv", "clip": "{folder}/{name}.mp4", "frame": "frame", "first": "from", "last": "to",
    "box": ["x", "y", "w", "h"], "box_of": "body", "subject": "agent",
    "expression": {"column": "emotion", "names": {"Angry": "anger", "Happy": "happiness"}}, "frames_from": 1,
    "valence": {"column": "v", "from": 1, "to": 9}, "dominance": {"column": "d", "from": 0, "to": 1},
    "place": "scene", "place_time": "recorded", "phrases": ["anp1", "anp2"], "categories": "feelings",
    "category_names": ["calm", "tense"], "split": "part", "unknown": "NA, -9"}
HEADER = "folder,name,frame,from,to,x,y,w,h,agent,emotion,v,d,scene,recorded,anp1,anp2,feelings,part\n"


def row(*, folder="a", frame="31", stretch="1,90", box="1,2,30,40", emotion="Angry", v="9", d="0.5",
        recorded="2026-05-01 14:30", phrases="dark_street;wet road,NA", feelings="tense", part="val"):
    cells = folder, "001", frame, stretch, box, "p7", emotion, v, d, "street", recorded, phrases, feelings, part
    return ",".join(cells) + "\n"


def test_groupwalk(tmp_path):
    first, second, outside, nothing = run_people_reader_test("table", tmp_path, {
        "agents.csv": HEADER + row() + row(frame="", stretch="NA,", box=",,,", emotion="NA", phrases=",", recorded="",
                                           feelings="")
        + row(v="10") + row(emotion="", v="-9", d="", feelings="NA")}, GROUPWALK)
    assert first.key == "a/001.mp4" and first.file == tmp_path / "a/001.mp4" and first.is_clip
    assert (first.frame, first.first, first.last) == (30, 0, 89) and first.box == (1.0, 2.0, 30.0, 40.0)
    assert (first.expression, first.valence, first.arousal, first.dominance) == ("anger", 1.0, None, 0.0)
    assert (first.place, first.place_time) == ("street", "2026-05-01T14:30:00") and first.box_of == "body"
    assert first.phrases == ("dark street", "wet road") and first.categories == ("tense",)
    assert (first.subject, first.video, first.official_split) == ("p7", "a/001.mp4", "validation")
    assert (second.frame, second.first, second.last, second.box, second.phrases) == (None,) * 5
    assert second.categories is None and second.expression is None and second.valence == 1.0
    assert isinstance(outside, Rejected) and outside.reason == "outside of the declared scale"
    assert isinstance(nothing, Rejected) and nothing.reason == "no label"


def test_photographs_in_a_folder_and_beside_the_table(tmp_path):
    files = {"sub/t.csv": "path,e\nb/1.jpg,happy\n"}
    options = {"file": "sub/*.csv", "image": "path", "expression": "e"}
    one, = run_people_reader_test("table", tmp_path, files, options)
    assert (one.key, one.file, one.is_clip, one.video) == ("b/1.jpg", tmp_path / "b/1.jpg", False, None)
    one, = run_people_reader_test("table", tmp_path, files, {**options, "images": "pictures"})
    assert (one.key, one.file, one.row) == ("pictures/b/1.jpg", tmp_path / "pictures/b/1.jpg", "sub/t.csv:2")
    one, = run_people_reader_test("table", tmp_path, files, {**options, "beside": True})
    assert (one.key, one.file) == ("sub/b/1.jpg", tmp_path / "sub/b/1.jpg")


def test_a_folder_of_images_needs_its_rate(tmp_path):
    files = {"t.csv": "path,e\nclip,happy\n", "clip/0001.jpg": b""}
    options = {"file": "t.csv", "clip": "path", "expression": "e"}
    with pytest.raises(AnnotationError, match="t.csv:2: clip is a folder of images, which needs the option `rate`"):
        run_people_reader_test("table", tmp_path, files, options)
    one, = run_people_reader_test("table", tmp_path, files, {**options, "rate": 30})
    assert one.is_clip and one.rate == 30.0 and one.video == "clip"


@pytest.mark.parametrize("changed, message", [
    ({"frame": "0"}, "frame must lie in 1"), ({"frame": "x"}, "frame must be a number"),
    ({"stretch": "9,3"}, "last frame lies before the first"), ({"box": "1,2,3,"}, "the box must be four numbers"),
    ({"box": "1,2,0,4"}, "width and a height above 0"), ({"emotion": "Mad"}, "emotion must be one of Angry, Happy"),
    ({"recorded": "May"}, "must be written as 2026-05-01T14:30"), ({"phrases": "street,"}, "has two words"),
    ({"feelings": "angry"}, "one of calm, tense"), ({"part": "left"}, "split must be one of"),
    ({"folder": ".."}, "must lie inside"), ({"folder": ""}, "column 'folder' must name a file")])
def test_damage_names_its_line(tmp_path, changed, message):
    with pytest.raises(AnnotationError, match=message) as caught:
        run_people_reader_test("table", tmp_path, {"agents.csv": HEADER + row() + row(**changed)}, GROUPWALK)
    assert caught.value.line == 3


@pytest.mark.parametrize("changed, message", [
    ({"file": None}, "needs 'options' with file, and either image or clip"),
    ({"image": "name"}, "either image or clip"), ({"box_of": None}, "'box_of' says what it surrounds"),
    ({"box_of": "hand"}, "'box_of' says what it surrounds"), ({"category_names": None}, "are given together"),
    ({"category_names": ["calm", "calm"]}, "a list of different texts"), ({"phrases": [3]}, "must be text"),
    ({"moment": "x"}, "Unknown option of source 'src' 'moment'"), ({"beside": "yes"}, "'beside' is true or false"),
    ({"clip": None, "image": "name"}, "frame, first, last, frames_from belong to 'clip'"),
    ({"follow_links": True}, "stands beside `root`"), ({"frames_from": 2}, "must be 0 or 1"),
    ({"place": "sceen"}, "Did you mean 'scene'"), ({"encoding": "x"}, "must be one that Python knows")])
def test_bad_options(tmp_path, changed, message):
    options = {word: value for word, value in {**GROUPWALK, **changed}.items() if value is not None}
    with pytest.raises(CatganError, match=message):
        run_people_reader_test("table", tmp_path, {"agents.csv": HEADER + row()}, options)
