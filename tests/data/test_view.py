import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.data import shards, store
from catgan.data.query import askable, parse
from catgan.data.view import asked_facts, caption, draw, predicted_facts, rows_at, unit_facts, view, write_html
from catgan.errors import CatganError
from tests.harness.datasets import write_dataset


def test_a_sheet_of_faces(drawn, tmp_path):
    result = view(drawn, "AU12_present=1 and valence<0", out=tmp_path / "sheet.png")
    table = store.load_dataset(drawn).table().to_pylist()
    expected = sum(row["AU12_present"] == 1 and row["valence"] is not None and row["valence"] < 0 for row in table)
    assert result == {"matches": expected, "faces": 120, "shown": expected, "out": str(tmp_path / "sheet.png")}
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.mode == "RGB" and min(picture.size) > 96 and "AU12_present=1" in picture.info["Title"]


@pytest.mark.parametrize("name", ["sheet.png", "sheet.html"])
def test_same_seed_same_bytes(drawn, tmp_path, name):
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert view(drawn, n=7, seed=seed, out=tmp_path / folder / name)["shown"] == 7
    first, second, other = ((tmp_path / folder / name).read_bytes() for folder in "abc")
    assert first == second != other


def test_the_faces_are_large_enough_and_in_their_place(drawn, tmp_path):
    view(drawn, "id=train00002", out=tmp_path / "one.png")
    sheet = np.asarray(Image.open(tmp_path / "one.png"))
    row = next(row for row in store.load_dataset(drawn).table().to_pylist() if row["id"] == "train00002")
    face = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB").resize((96, 96), Image.Resampling.BICUBIC)
    places = [(y, x) for y in range(sheet.shape[0] - 95) for x in (8,)
              if (sheet[y:y + 96, x:x + 96] == np.asarray(face)).all()]
    assert len(places) == 1 and (sheet[places[0][0] + 96:, 8:104] < 100).any()  # a caption below


def test_nothing_matches(drawn, tmp_path):
    assert view(drawn, "valence>5", split="test", out=tmp_path / "no.png") == {
        "matches": 0, "faces": 30, "shown": 0, "out": None}
    assert not list(tmp_path.iterdir())


def test_a_draw_is_uniform_and_over_all_shards(monkeypatch, tmp_path):
    monkeypatch.setattr(shards, "SHARD_ROWS", 16)
    dataset = store.load_dataset(write_dataset(tmp_path / "data"))
    query = parse("split=train and valence is known", askable(dataset))
    rows = dataset.table().to_pylist()
    matching = [number for number, row in enumerate(rows) if row["split"] == "train" and row["valence"] is not None]
    counts = np.zeros(120)
    for seed in range(300):
        matches, chosen = draw(dataset, query, "all", 10, seed)
        assert matches == len(matching) and len(set(chosen)) == 10 and (np.diff(chosen) > 0).all()
        counts[chosen] += 1
    assert counts.sum() == 3000 == counts[matching].sum()
    expected = 3000 / len(matching)
    assert abs(counts[matching] - expected).max() < 5 * expected ** 0.5
    assert [row["id"] for row in rows_at(dataset, "all", chosen)] == [rows[number]["id"] for number in chosen]
    everything = draw(dataset, None, "test", 1000, 0)
    assert everything[0] == 30 and everything[1].tolist() == list(range(30))


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.images, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.images += [dict(attrs)["src"]] if tag == "img" else []

    def handle_data(self, data):
        self.text += data


def test_a_page_needs_nothing_else_and_escapes_text(tmp_path):
    folder = write_dataset(tmp_path / "data")
    shard = sorted((folder / "shards").glob("test-*"))[0]
    table = pq.read_table(shard).to_pylist()
    table[1] |= {"subject": "<script>alert(1)</script>", "AU12_present": 1, "AU12_present_source": 'a"b<i>'}
    pq.write_table(pq.read_table(shard).from_pylist(table, pq.read_schema(shard)), shard)
    result = view(folder, 'subject="<script>alert(1)</script>" or id=test00000', out=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = _Reader()
    page.feed(text)
    assert result["shown"] == 2 and page.tags.count("article") == 2 and not {"script", "i", "link"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.text and 'a"b<i>' in page.text
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!data:)|url\(|@import", text)
    pictures = [base64.b64decode(image.removeprefix("data:image/png;base64,")) for image in page.images]
    assert pictures == [row["image"]["bytes"] for row in table[:2]]
    assert "test00001" in page.text and "test, subject" in page.text and "drawn/test1" in page.text
    assert "subject" in page.text and "unknown" in page.text


ROW = {"id": "f", "split": "train", "subject": None, "valence": -0.25, "valence_source": "mtl", "arousal": None,
       "expression": None, "AU01": None, "AU01_present": None, "AU04": None, "AU04_present": 1,
       "AU04_present_source": "emotionet", "AU12": 3.5, "AU12_present": 1, "AU12_source": "disfa", "AU25": 0.5,
       "AU25_present": 0, "AU25_source": "disfa"}


def test_captions_say_what_is_unknown():
    assert caption(ROW, ()) == ["V -0.25 A ?", "expr. ?", "AU 4 12"]
    assert caption(ROW, ("AU12", "arousal", "subject")) == ["AU12 3.5", "arousal ?", "subject ?"]
    unknown = ROW | {name: None for name in ROW if name.startswith("AU")}
    assert caption(unknown, ())[-1] == "AU ?" and caption(unknown | {"AU01_present": 0}, ())[-1] == "AU none"


def test_facts_name_their_sources():
    assert asked_facts(ROW, ("valence", "arousal")) == [("valence", "-0.25", "mtl"), ("arousal", None, None)]
    assert unit_facts(ROW) == {"present": [("AU04", "present", "emotionet"), ("AU12", "3.5", "disfa")],
                               "absent": [("AU25", "0.5", "disfa")], "unknown": [("AU01", None, None)]}
    assert unit_facts({"AU12": float("nan"), "AU12_present": None})["unknown"]


def test_predictions_stand_apart_from_labels(tmp_path):
    row = ROW | {"predicted_AU01": 1.25, "predicted_AU01_std": 0.5, "predicted_AU12_present": 0.75,
                 "predicted_expression": "fear", "predicted_expression_probability": 0.5, "predicted_valence": None,
                 "predicted_by": "00000-joint/best 0a"}
    by = "00000-joint/best 0a"
    assert predicted_facts(row) == [("AU01", "1.25 \N{PLUS-MINUS SIGN} 0.5", by), ("AU12_present", "0.75", by),
                                    ("expression", "fear (0.5)", by), ("valence", None, by)]
    assert unit_facts(row) == unit_facts(ROW) and caption(row, ()) == caption(ROW, ()) and not predicted_facts(ROW)
    for one in (row, ROW):
        page = _Reader()
        write_html(tmp_path / "page.html", "t", "1", [one | {"image": {"bytes": b""}, "sources": []}], ())
        page.feed((tmp_path / "page.html").read_text(encoding="utf-8"))
        assert ("3 predicted by 00000-joint/best 0aAU01 1.25" in page.text) == (one is row)


@pytest.mark.parametrize("changes, message", [
    ({"out": "x.jpg"}, r"ends in .png or .html. Received: x.jpg"), ({"n": 0}, r"'n' must lie in 1..1000"),
    ({"n": 1001}, "1..1000"), ({"seed": -1}, "'seed'"), ({"split": "tests"}, "Did you mean 'test'"),
    ({"where": "smile=1"}, "Unknown column"), ({"folder": "nowhere"}, "does not exist")])
def test_wrong_turns(drawn, tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatganError, match=message):
        view(**{"folder": drawn, "out": "x.png", **changes})
    assert not list(tmp_path.iterdir())


def test_a_damaged_picture_is_named(tmp_path):
    folder = write_dataset(tmp_path / "data", n=20)
    shard = sorted((folder / "shards").glob("test-*"))[0]
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[0]["image"]["bytes"] = b"no picture"
    pq.write_table(table.from_pylist(rows, table.schema), shard)
    with pytest.raises(CatganError, match="picture of face test00000 is damaged"):
        view(folder, split="test", out=tmp_path / "x.png")
