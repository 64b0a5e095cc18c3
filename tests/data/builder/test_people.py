"""Several people in one picture never become one face."""

import io
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.data.builder import build as building
from catgan.data.builder import people, scan
from catgan.data.builder.aligned import Aligned, Unusable
from catgan.data.builder.merge import Groups
from catgan.data.builder.recipe import Recipe, SourceConfig, namers


def recipe(root, *tables, **options):
    """A source for each table, all below `root`."""
    options = {"image": "path", "subject": "who", "valence": "v", **options}
    made = []
    for number, (text, name) in enumerate(tables):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
        made.append(SourceConfig(f"s{number}", "table", str(root), "human", options={**options, "file": name}))
    return Recipe("people", tuple(made), image_size=32)


def scanned(tmp_path, *texts, **options):
    made = recipe(tmp_path, *((text, f"t{number}.csv") for number, text in enumerate(texts)), **options)
    (tmp_path / "work").mkdir()
    return scan.scan(made, tmp_path / "work").rows


def aligned(faces, content=None):
    """As if `faces` (numbers of faces, 0 for none) had been found."""
    faces = np.array(faces, np.uint64)
    content = faces * 0 if content is None else np.array(content, np.uint64)
    return Aligned(faces > 0, np.ones(len(faces), np.float32), faces, content, np.zeros((len(faces), 32, 32), np.uint8),
                   np.full(len(faces), np.nan))


HEAD = "path,who,v\n"
BOXED = "path,who,v,x,y,w,h\n"
BOX = {"box": ["x", "y", "w", "h"]}


@pytest.mark.parametrize("texts, faces, expected", [
    ((HEAD + "f.jpg,anna,1\nf.jpg,bob,-1\ng.jpg,cem,0\n",), (1, 1, 2), {0, 1}),
    ((HEAD + "f.jpg,anna,1\nf.jpg,anna,-1\nf.jpg,,0\n",), (1, 1, 1), set()),
    ((HEAD + "f.jpg,anna,1\n", HEAD + "f.jpg,bob,-1\n"), (1, 1), {0, 1}),  # tables of one root know the same people
    ((HEAD + "f.jpg,anna,1\nf.jpg,bob,-1\nf.jpg,,0\n",), (1, 1, 1), {0, 1}),
    ((HEAD + "f.jpg,9,1\nf.jpg,9.0,-1\n",), (1, 1), set())])
def test_people_without_boxes(tmp_path, texts, faces, expected):
    found = people.mistakable(scanned(tmp_path, *texts), aligned(faces))
    assert set(found) == expected
    assert all("anna, bob" in detail and "`box`" in detail for detail in found.values())


@pytest.mark.parametrize("text, faces, expected", [
    ("f.jpg,anna,1,0,0,9,9\nf.jpg,bob,-1,50,0,9,9\n", (1, 2), set()),
    ("f.jpg,anna,1,0,0,9,9\nf.jpg,bob,-1,50,0,9,9\n", (1, 1), {0, 1}),  # both boxes mean one face
    ("f.jpg,anna,1,0,0,9,9\nf.jpg,bob,-1,,,,\n", (2, 1), {1}),  # bob may be anybody
    ("f.jpg,anna,1,0,0,9,9\nf.jpg,bob,-1,50,0,9,9\n", (1, 0), set()),
    ("f.jpg,,1,0,0,9,9\nf.jpg,,-1,50,0,9,9\n", (1, 1), {0, 1}),
    ("f.jpg,,1,0,0,9,9\nf.jpg,,-1,1,0,9,9\n", (1, 1), set()),
    ("f.jpg,,1,0,0,9,9\nf.jpg,,-1,50,0,9,9\n", (1, 2), set())])
def test_people_with_boxes(tmp_path, text, faces, expected):
    assert set(people.mistakable(scanned(tmp_path, BOXED + text, **BOX), aligned(faces))) == expected


def test_copies_of_one_picture(tmp_path):
    """The same bytes under two names are one picture."""
    found = people.mistakable(scanned(tmp_path, HEAD + "f.jpg,anna,1\ncopy.jpg,bob,-1\ng.jpg,cem,0\n"),
                              aligned((1, 1, 2), (7, 7, 8)))
    assert set(found) == {0, 1}


@pytest.mark.parametrize("files, expected", [("ff", {0, 1}), ("fg", set())])
def test_frames_of_videos(tmp_path, files, expected):
    """The same file is one picture in a video, too; the same bytes under two names need not be."""
    text = "path,who,v,clip,n\n" + "".join(f"{file}.jpg,{who},1,{who},1\n" for file, who in zip(files, ("anna", "bob")))
    found = people.mistakable(scanned(tmp_path, text, video="clip", frame="n"), aligned((1, 1), (1, 1)))
    assert set(found) == expected


def test_rejected_rows_have_no_face_any_more(tmp_path):
    found, log = scanned(tmp_path, HEAD + "f.jpg,anna,1\nf.jpg,bob,-1\nmissing.jpg,bob,0\n"), []
    pictures = aligned((1, 1, 0), (5, 5, 0))
    unusable = Unusable({"s0": {people.REASON: 0}}, {})
    unusable.reject(people.REASON, {0: "a", 1: "b", 2: "c"}, found, pictures, type("Log", (), {"add": log.append}))
    assert not pictures.usable.any() and not pictures.content.any()
    assert [(row["row"], row["detail"]) for row in log] == [("t0.csv:2", "a"), ("t0.csv:3", "b")]
    assert unusable.counts == {"s0": {people.REASON: 2}} and len(unusable.samples[people.REASON]) == 2


def test_two_people_are_never_joined():
    """Neither directly nor through a row of a source that calls them otherwise."""
    none = np.full(5, -1)
    groups = Groups(none, none, np.array([1, 2, 7, 0, 1], np.uint64), np.array([0, 0, 3, 0, 0]))
    groups.join([(0, 1), (0, 2), (2, 1), (3, 1), (4, 0), (3, 4)])
    roots = groups.connected.roots()
    assert roots[0] == roots[2] == roots[4] and roots[1] == roots[3] != roots[0]
    assert groups.near_duplicates == [(0, 1), (2, 1), (3, 4)]


def test_two_people_in_one_photograph(shared, models, tmp_path):
    """The build: with boxes in pixels or in shares two faces; without boxes, neither row is used."""
    photo = (shared / "data" / "media" / "multi_face.jpg").read_bytes()
    with Image.open(io.BytesIO(photo)) as opened:
        width, height = opened.size
    boxes = {"man": (214, 74, 93, 101), "woman": (532, 322, 100, 112), "nobody": (0, 0, 9, 9)}
    made = []
    for name, per, box in (("none", (1, 1), None), ("pixels", (1, 1), {}),
                           ("shares", (width, height), {"unit": "share"})):
        scan = "".join(f"f.jpg,{who},{value},{x / per[0]},{y / per[1]},{w / per[0]},{h / per[1]}\n"
                       for value, (who, (x, y, w, h)) in zip((1, -1, 0), boxes.items()))
        options = {} if box is None else {"box": {"left": "x", "top": "y", "width": "w", "height": "h", **box}}
        made += recipe(tmp_path / name, (BOXED + scan, "l.csv"), **options).sources
        (tmp_path / name / "f.jpg").write_bytes(photo)
    sources = tuple(replace(source, name=name) for source, name in zip(made, ("none", "pixels", "shares")))
    result = building.build(Recipe("people", sources, image_size=32), tmp_path / "out", workers=1)
    assert (result["faces"], result["used_rows"]) == (2, 4)
    assert result["rejected"] == {people.REASON: 3, "no face in its box": 2}
    table = pq.read_table(sorted((tmp_path / "out" / "shards").glob("*.parquet"))).to_pylist()
    assert {row["valence"]: sorted(row["sources"]) for row in table} == {
        value: ["pixels/f.jpg", "shares/f.jpg"] for value in (1.0, -1.0)}


def test_tables_of_several_roots_name_people_alike(tmp_path):
    """Copies of a picture are not joined where they name different people; other families have names of their own."""
    texts = {"a": HEAD + "f.jpg,anna,1\n", "b": HEAD + "f.jpg,bob,-1\ng.jpg,anna,0\n"}
    made = [recipe(tmp_path / root, (text, "l.csv")).sources[0] for root, text in texts.items()]
    sources = (replace(made[0], name="a"), replace(made[1], name="b"), replace(made[1], name="c", family="own"))
    assert namers(Recipe("r", sources)) == [0, 0, 2]
    (tmp_path / "work").mkdir()
    found = scan.scan(Recipe("r", sources), tmp_path / "work").rows
    groups = Groups(found.column("clip"), found.column("frame"), found.column("name"), found.column("namer"))
    groups.join([(0, 1), (0, 2), (0, 3)])
    assert groups.near_duplicates == [(0, 1)] and len(set(groups.connected.roots()[[0, 2, 3]].tolist())) == 1
    assert not people.mistakable(found, aligned((1, 1, 2, 0, 0), (1, 1, 2, 0, 0)))
