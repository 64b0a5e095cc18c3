"""Tables that are no text: workbooks, JSON, Parquet with and without pictures."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan.data import sources
from catgan.errors import AnnotationError, CatganError
from tests.harness.tables import EXPECTED, ROWS, plain, said


def test_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["path ", "who", "v", "smile", "note", "note"])
    book.active.append(["a.jpg", "P1", -0.5, True])
    book.active.append([])
    book.active.append(["b.jpg", "P 2", "0,25", None, "x"])
    book.save(tmp_path / "labels.xlsx")
    found = plain(tmp_path, file="labels.xlsx")
    assert said(found) == EXPECTED and found[1].row == "labels.xlsx:4"
    (tmp_path / "labels.xlsx").write_bytes(b"PK no")
    with pytest.raises(CatganError, match="not a workbook"):
        plain(tmp_path, file="labels.xlsx")


@pytest.mark.parametrize("file, text", [
    ("l.json", json.dumps(ROWS)), ("l.JSON", json.dumps({"version": 1, "annotations": ROWS})),
    ("l.jsonl", "\n".join(map(json.dumps, ROWS))), ("l.ndjson", "\n\n".join(map(json.dumps, ROWS)) + "\n"),
    ("l.json", json.dumps({"0": ROWS[0], "7": ROWS[1]})),
    ("l.json", json.dumps({name: {"0": ROWS[0][name], "7": ROWS[1][name]} for name in ROWS[0]})),
    ("l.json", "\ufeff" + json.dumps([ROWS[0], {key: ROWS[1][key] for key in ("path", "who", "v")}]))])
def test_json(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    assert said(plain(tmp_path, file=file)) == EXPECTED


def test_a_long_json_list_in_one_line(tmp_path):
    (tmp_path / "l.json").write_text(json.dumps([{**ROWS[0], "note": "x" * 1000}] * 1200))
    assert len(plain(tmp_path, file="l.json")) == 1200


@pytest.mark.parametrize("file, text, line, message", [
    ("l.json", "[{]", 1, "not JSON"), ("l.json", "3", 1, "a list of objects"), ("l.json", "[3]", 1, "JSON object"),
    ("l.json", "{}", 1, "a list of objects"), ("l.json", '[{"path": "a.jpg", "v": 0}]', 1, "lacks who, smile"),
    ("l.json", json.dumps([ROWS[0], {**ROWS[1], "v": 3}]), 2, "v must lie"), ("l.json", "[" * 100000, 1, "not JSON"),
    ("l.jsonl", json.dumps(ROWS[0]) + "\n{", 2, "not JSON"), ("l.jsonl", "[]", 1, "JSON object"),
    ("l.json", '[{"path": "a.jpg", "who": "x", "v": Infinity, "smile": 1}]', 1, "finite")])
def test_json_that_cannot_be(tmp_path, file, text, line, message):
    (tmp_path / file).write_text(text)
    with pytest.raises(AnnotationError, match=message) as caught:
        plain(tmp_path, file=file)
    assert caught.value.line == line


@pytest.mark.parametrize("bools", [True, False])
def test_parquet_of_any_types(tmp_path, bools):
    smile = pa.array([True, None]) if bools else pa.array([1.0, None])
    table = pa.table({"path": pa.array(["a.jpg", "b.jpg"]).dictionary_encode(), "who": ["P1", "P 2"],
                      "v": pa.array([-0.5, 0.25], pa.float32()), "smile": smile})
    pq.write_table(table, tmp_path / "l.PARQUET", row_group_size=1)
    assert said(plain(tmp_path, file="l.PARQUET")) == EXPECTED


@pytest.mark.parametrize("struct", [True, False])
def test_pictures_in_parquet(tmp_path, struct):
    """Bytes, or structs of bytes and path as Hugging Face writes them; where there are no bytes, the path counts."""
    contents = [b"one", None, b"three", None]
    cells = [{"bytes": content, "path": path} for content, path in zip(contents, ["x.png", "b.jpg", None, None])]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())]) if struct else pa.binary()
    table = pa.table({"image": pa.array(cells if struct else contents, kind), "v": [0.1, 0.2, 0.3, None]})
    pq.write_table(table.slice(0, 3 if struct else 1), tmp_path / "l.parquet", row_group_size=2)
    found = list(sources.read("table", "src", tmp_path, {"file": "l.parquet", "image": "image", "valence": "v"}))
    assert (found[0].key, found[0].position, found[0].column) == ("l.parquet#0", 0, "image")
    assert found[0].path == tmp_path / "l.parquet"
    if struct:
        assert (found[1].path, found[1].position, found[1].column) == (tmp_path / "b.jpg", None, None)
        assert (found[2].key, found[2].position) == ("l.parquet#2", 2)
    pq.write_table(table, tmp_path / "l.parquet")
    with pytest.raises(AnnotationError, match="must name the image"):
        list(sources.read("table", "src", tmp_path, {"file": "l.parquet", "image": "image", "valence": "v"}))


def test_pictures_that_all_rows_have_are_not_read(tmp_path, monkeypatch):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array([{"bytes": b"x", "path": "a"}] * 3, kind), "v": [0.1] * 3}),
                   tmp_path / "l.parquet")
    seen = []
    whole = pq.ParquetFile.iter_batches
    monkeypatch.setattr(pq.ParquetFile, "iter_batches",
                        lambda self, **options: seen.append(options["columns"]) or whole(self, **options))
    assert len(list(sources.read("table", "s", tmp_path, {"file": "l.parquet", "image": "image", "valence": "v"}))) == 3
    assert seen == [["v"]]
