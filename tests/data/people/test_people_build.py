"""The whole build of people: painted people, whom a stand-in finds; and, slowly, real photographs and a video."""

import hashlib
import json

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from catgan.data.card.rewriting import write_card
from catgan.data.people import build as building
from catgan.data.people import chunks, looking
from catgan.data.people.build import build_people
from catgan.data.people.columns import read_people
from catgan.data.people.dry_run import dry_run
from catgan.data.people.recipe import read_recipe
from catgan.data.store import load_dataset, picture
from catgan.errors import CatganError
from tests.harness import schemas
from tests.harness.filming import film
from tests.harness.painted_people import Painted, PaintedReader, painted, write
from tests.harness.people_sources import bold_line

ONE, OTHER = Painted(60, 40, 40), Painted(200, 60, 30)
HEADER = "file,x,y,w,h,emotion,v,d,scene,when,anp,part,who\n"


@pytest.fixture(autouse=True)
def reader(monkeypatch):
    monkeypatch.setattr(chunks, "PeopleReader", PaintedReader)
    monkeypatch.setattr(building.model_files, "find", lambda name: None)


def table_row(file, box=",,,", emotion="happy", part="", who=""):
    return f"{file},{box},{emotion},0.5,-0.25,park,2026-05-01T14:30,dark street,{part},{who}\n"


def boxed(person, shift=3.0):
    left, top, width, height = person.body_box
    return f"{left - shift},{top - shift},{width + 2 * shift},{height + 2 * shift}"


@pytest.fixture
def photographs(tmp_path):
    """Ten photographs of one person, two of two people, and what cannot be used."""
    root = tmp_path / "root"
    rows = []
    for number in range(10):
        write(root / f"one{number}.png", [Painted(60 + 4 * number, 40, 40)])
        rows.append(table_row(f"one{number}.png", emotion=("happy", "sad")[number % 2]))
    for name, people in (("two", [ONE, OTHER]), ("nobody", []), ("hidden", [OTHER]), ("missed", [Painted(204, 60, 30)]),
                         ("bodies", [Painted(60, 40, 40, face=False)]), ("again", [ONE, OTHER])):
        write(root / f"{name}.png", people)
    (root / "broken.png").write_bytes(b"no")
    write(root / "black.png", [])
    cv2.imwrite(str(root / "black.png"), np.zeros((64, 64, 3), np.uint8))
    rows += [table_row("two.png", boxed(OTHER), "sad"), table_row("two.png", boxed(ONE)),
             table_row("bodies.png", boxed(ONE)), table_row("hidden.png", boxed(ONE)),
             table_row("two.png", "900,0,10,10"), table_row("nobody.png"), table_row("broken.png"),
             table_row("absent.png"), table_row("black.png"), table_row("again.png", boxed(ONE)),
             table_row("missed.png", boxed(ONE)), table_row("missed.png", boxed(OTHER)), "one0.png,,,,,,,,,,,,\n"]
    (root / "t.csv").write_text(HEADER + "".join(rows))
    return write_recipe(tmp_path, "image", "box: [x, y, w, h]\n      box_of: body")


def write_recipe(folder, kind, more, root="root"):
    path = folder / "recipe.yaml"
    path.write_text(f"""name: painted
people: true
image_size: 32
sources:
  - name: src
    format: table
    root: {root}
    kind: human
    options:
      file: t.csv
      {kind}: file
      expression: emotion
      valence: v
      dominance: d
      place: scene
      place_time: when
      phrases: anp
      split: part
      subject: who
      {more}
split: {{train: 0.6, validation: 0.2, test: 0.2}}
""")
    return path


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".png"}


def test_photographs(photographs, tmp_path):
    out = tmp_path / "out"
    result = build_people(photographs, out, workers=1)
    assert result["input_rows"] == 23 == result["used_rows"] + result["rejected_rows"] and result["used_rows"] == 16
    assert result["rejected"] == {"box outside the picture": 1, "detector failed": 1, "missing file": 1, "no label": 1,
                                  "nobody in the picture": 1, "not an image": 1, "the same person again": 1}
    rejected = {row["reason"]: row for row in pq.read_table(out / "rejected.parquet").to_pylist()}
    schemas.check_dataset(out)
    assert rejected["the same person again"]["detail"] == "as in t.csv:13" and not (out / "work").exists()
    people = read_people(load_dataset(out), "all")
    assert len(people) == 16 and people.classes == ("happiness", "sadness")
    assert people.available["face"].sum() == 13 and people.available["posture"].sum() == 14
    assert not people.available["gait"].any() and people.available["context"].all()
    assert people.dimensions == ("valence", "arousal", "dominance") and set(people.places) == {"park"}
    assert people.times[0] == "2026-05-01T14:30:00" and people.phrases[0] == ("dark street",)
    info = load_dataset(out).info
    assert info["modalities"] == {"face": 13, "posture": 14, "gait": 0, "context": 16}
    assert "13 |" in (out / "card.md").read_text() and (out / "figures" / "contexts.png").is_file()


def test_the_person_in_the_box_is_stored(photographs, tmp_path):
    build_people(photographs, tmp_path / "out", workers=1)
    rows = load_dataset(tmp_path / "out").table().to_pylist()
    two = {row["expression"]: row for row in rows if row["sources"] == ["src/two.png"]}
    assert two["sadness"]["face_box"] == [200, 60, 30, 30] and two["happiness"]["face_box"] == [60, 40, 40, 40]
    assert two["sadness"]["split"] == two["happiness"]["split"] and two["sadness"]["id"] != two["happiness"]["id"]
    assert two["sadness"]["body_box"] == [182, 57, 66, 96]  # as annotated
    face = picture(two["happiness"]["image"]["bytes"])
    assert (face[12:20, 12:20] == (255, 0, 0)).all()
    # Somebody whom nobody found keeps the context, without the annotated box.
    hidden, = (row for row in rows if row["sources"] == ["src/hidden.png"])
    assert not hidden["face_known"] and hidden["joints"] is None and hidden["landmarks"] is None
    seen = np.frombuffer(hidden["context_seen"], np.uint8).reshape(64, 64)
    assert seen[25, 16] == 0 and seen[5, 60] == 255  # the middle of the box, a corner
    missed, = (row for row in rows if row["sources"] == ["src/missed.png"] and row["face_known"])
    seen = np.frombuffer(missed["context_seen"], np.uint8).reshape(64, 64)
    assert seen[25, 16] == 0  # nobody was found there, but somebody else was annotated
    bodies, = (row for row in rows if row["sources"] == ["src/bodies.png"])
    assert not bodies["face_known"] and len(bodies["joints"]) == 48 and not picture(bodies["image"]["bytes"]).any()


def test_the_context_shows_nobody(photographs, tmp_path):
    build_people(photographs, tmp_path / "out", workers=1)
    for row in load_dataset(tmp_path / "out").table().to_pylist():
        pixels = picture(row["context"]["bytes"]).astype(int)
        assert pixels.shape == (64, 64, 3) and np.ptp(pixels, axis=2).max() < 3  # neither red nor green


def test_a_build_goes_on_where_it_stopped(photographs, tmp_path, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    monkeypatch.setattr(chunks, "PHOTOGRAPHS", 3)
    build_people(photographs, whole, workers=1)
    looked = []

    def stopping(work, *rest):
        looked.append(work)
        if len(looked) == 8:
            raise KeyboardInterrupt
        return looking.look(work, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(chunks, "look", stopping)
        with pytest.raises(KeyboardInterrupt):
            build_people(photographs, parts, workers=1)
    assert not (parts / "dataset.json").exists()
    done = sorted(path.name for path in (parts / "work").glob("0*.parquet"))
    assert done == ["000000.parquet", "000001.parquet"]
    with monkeypatch.context() as patch:
        again = []
        patch.setattr(chunks, "look", lambda work, *rest: again.append(work) or looking.look(work, *rest))
        build_people(photographs, parts, workers=1)
    assert len(looked) + len(again) == 8 + (19 - 6) and digests(whole) == digests(parts)
    assert build_people(photographs, parts, workers=1)["already_complete"]
    photographs.write_text(photographs.read_text().replace("image_size: 32", "image_size: 16"))
    with pytest.raises(CatganError, match="holds a data set of another recipe"):
        build_people(photographs, parts, workers=1)


def test_other_folders_are_refused(photographs, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("")
    with pytest.raises(CatganError, match="holds no catgan build"):
        build_people(photographs, tmp_path / "full", workers=1)
    with pytest.raises(CatganError, match="in which"):
        build_people(photographs, tmp_path, workers=1)
    (tmp_path / "root" / "t.csv").write_text(HEADER + table_row("nobody.png"))
    with pytest.raises(CatganError, match="Nobody is left of the 1 annotated people.*1 nobody in the picture"):
        build_people(photographs, tmp_path / "out", workers=1)


# === Clips ===


@pytest.fixture
def clips(tmp_path):
    """A clip of two people, who walk to the right, as images at 15 a second."""
    for number in range(60):
        write(tmp_path / "root" / "walk" / f"{number + 1:04d}.png", [Painted(40 + number, 40, 40),
                                                                     Painted(180 + number, 60, 30)])
    (tmp_path / "root" / "t.csv").write_text("frame," + HEADER + "".join(
        f"{frame},{table_row('walk', box, emotion)}" for frame, box, emotion in (
            (31, boxed(Painted(210, 60, 30)), "sad"), ("", ",,,", "happy"), (31, "0,0,20,20", "happy"),
            (999, "0,0,20,20", "happy"))))
    return write_recipe(tmp_path, "clip", "frame: frame\n      rate: 15\n      box: [x, y, w, h]\n      "
                                          "box_of: face")


def test_clips(clips, tmp_path):
    clips.write_text(clips.read_text().replace("box_of: face", "box_of: body"))
    result = build_people(clips, tmp_path / "out", workers=1)
    # Somebody who was annotated, but not found, keeps the context.
    assert result["used_rows"] == 3 and result["rejected"] == {"no clip that can be read": 1}
    rows = load_dataset(tmp_path / "out").table().to_pylist()
    sad, = (row for row in rows if row["expression"] == "sadness")
    first, hidden = sorted((row for row in rows if row["expression"] == "happiness"),
                           key=lambda row: not row["face_known"])
    assert sad["face_box"][2] == 30 and first["face_box"][2] == 40 and not hidden["face_known"]
    assert len(sad["joints"]) == 40 * 48 and sad["rate"] == 15 and sad["joints_depth"] is True
    assert 0 <= sad["posture_frame"] < 40 and sad["time"] == pytest.approx((sad["frame"] - 1) / 15)
    people = read_people(load_dataset(tmp_path / "out"), "all")
    assert people.available["gait"].sum() == 2 and people.available["context"].all() and people.rate == 15


def test_nobody_at_the_box_of_a_face_is_rejected(clips, tmp_path):
    table = tmp_path / "root" / "t.csv"
    table.write_text("\n".join(line for line in table.read_text().splitlines() if not line.startswith("999")))
    result = build_people(clips, tmp_path / "out", workers=1)
    assert result["rejected"] == {"nobody at the box": 1} and result["used_rows"] == 2


def test_bold_has_the_joints_of_the_collection(tmp_path):
    root = tmp_path / "BOLD"
    (root / "videos" / "003" / "F.mp4").mkdir(parents=True)
    (root / "joints" / "003" / "F.mp4").mkdir(parents=True)
    pictures = [painted([ONE, OTHER]) for _ in range(60)]
    film(root / "videos" / "003" / "F.mp4" / "1.mp4", pictures, "libx264rgb", rate=25, pix_fmt="rgb24",
         options={"crf": "0"})
    points = np.zeros((18, 3))
    for place, (x, y) in {1: (.5, .4), 2: (.3, .4), 5: (.7, .4), 8: (.4, .9), 11: (.6, .9), 16: (.4, .1),
                          17: (.6, .1), 3: (.2, .6), 6: (.8, .6), 4: (.1, .8), 7: (.9, .8)}.items():
        left, top, width, height = OTHER.body_box
        points[place] = left + x * width, top + y * height, 0.8
    np.save(root / "joints" / "003" / "F.mp4" / "1.npy",
            np.array([[frame, 1, *points.ravel()] for frame in range(10, 50)]))
    (root / "annotations").mkdir()
    (root / "annotations" / "train.csv").write_text(
        bold_line("003/F.mp4/1.mp4", 1, 10, 49) + bold_line("003/F.mp4/1.mp4", 0, 10, 49, {"Fear": 1}))
    (tmp_path / "r.yaml").write_text("name: b\npeople: true\nsources:\n  - {name: bold, format: bold, root: BOLD, "
                                     "kind: human}\n")
    build_people(tmp_path / "r.yaml", tmp_path / "out", workers=1)
    rows = {tuple(row["categories"]): row for row in load_dataset(tmp_path / "out").table().to_pylist()}
    flat, deep = rows[("Anger",)], rows[("Fear",)]
    assert flat["joints_depth"] is False and deep["joints_depth"] is True
    assert flat["face_box"][2] == 30 and deep["face_box"][2] == 40  # without joints: the largest face
    joints = np.array(flat["joints"]).reshape(-1, 16, 3)
    assert 22 <= len(joints) <= 25 and (joints[..., 2] == 0).all()
    np.testing.assert_allclose(joints[:, 2, 1], 0.5, atol=1e-5)
    people = read_people(load_dataset(tmp_path / "out"), "all")
    assert people.category_names[0] == "Peace" and len(people.category_names) == 26
    assert people.available["gait"].all() and np.nansum(people.categories) == 2
    (root / "joints" / "003" / "F.mp4" / "1.npy").write_bytes(b"no")
    with pytest.raises(CatganError, match="2 no joints that can be read"):
        build_people(tmp_path / "r.yaml", tmp_path / "again", workers=1)


def test_dry_run_counts(photographs):
    counts = dry_run(photographs)["sources"]["src"]
    assert counts["rows"] == 23 and counts["labelled"] == 22 and counts["missing"] == ["absent.png"]
    assert counts["ranges"]["expression"]["classes"] == {"happiness": 16, "sadness": 6}
    assert counts["ranges"]["dominance"] == {"known": 22, "minimum": -0.25, "maximum": -0.25, "share_known": 22 / 23}


@pytest.mark.parametrize("old, new, message", [
    ("people: true", "people: false", "says 'people: true'"), ("format: table", "format: disfa", "format of people"),
    ("image_size: 32", "image_size: 8", "lie in 16..1024"), ("test: 0.2}", "test: 0.2, folds: 5}", "no 'split.folds'"),
    ("image_size: 32", "merge: {}", "Unknown key 'merge'")])
def test_bad_recipes(photographs, old, new, message):
    photographs.write_text(photographs.read_text().replace(old, new))
    with pytest.raises(CatganError, match=message):
        read_recipe(photographs)


def test_card_is_written_again(photographs, tmp_path):
    build_people(photographs, tmp_path / "out", workers=1)
    before = (tmp_path / "out" / "card.md").read_bytes()
    (tmp_path / "out" / "card.md").unlink()
    assert write_card(tmp_path / "out").read_bytes() == before
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["plan"]["records"] == 22
