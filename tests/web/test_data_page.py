"""The page Data: what a data set holds, queries, rows, rejected rows and conflicts."""

import io
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.data.store import load_dataset
from catgan.web import data_rows, data_source, data_tables
from catgan.web.data_source import DataSource
from tests.harness.pages import HOSTILE, write_built_dataset
from tests.harness.web import Tab, opened_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_built_dataset(tmp_path_factory.mktemp("data") / "built")


@pytest.fixture(scope="module")
def page(folder, untrained_run, tmp_path_factory):
    with opened_page(tmp_path_factory.mktemp("page") / "files", run=str(untrained_run), data=folder) as opened:
        yield opened


@pytest.fixture
def tab(page):
    return Tab(page[0])


def search(tab, where="", page=0, split="all"):
    return tab.post("/api/data/search", json={"where": where, "page": page, "split": split})


def overview(tab):
    answer = tab.post("/api/data/overview").json()
    while "job" in answer:
        job = tab.get(f"/api/jobs/{answer['job']}").json()
        assert job["state"] in ("waiting", "running", "done"), job
        if job["state"] == "done":
            return job["result"]
        time.sleep(0.02)
    return answer["overview"]


def test_info_says_what_the_data_set_holds(tab):
    info = tab.get("/api/data/info").json()
    assert info["name"] == f"drawn {HOSTILE}" and info["faces"] == 120
    assert info["splits"] == {"train": 60, "validation": 30, "test": 30}
    assert info["rejected"] == 60 and info["conflicts"] == 2 and info["sources"][0]["kind"] == "human"
    assert info["columns"]["AU12_present"] == "number" and info["columns"]["subject"] == "text"


def test_overview_counts_every_face_and_is_computed_once(tab, folder):
    table = load_dataset(folder).table("all", ["AU12_present", "valence", "split"]).to_pandas()
    found = overview(tab)
    assert found["sources"] == {"drawn": {"train": 60, "validation": 30, "test": 30}}
    coverage = {label["label"]: label for label in found["coverage"]}
    train = table[table.split == "train"]
    assert coverage["AU12"]["known"]["train"] == train.AU12_present.notna().sum() == 30
    assert coverage["AU12"]["present"]["train"] == train.AU12_present.sum()
    assert coverage["valence"]["known"]["test"] == table[table.split == "test"].valence.notna().sum()
    density = np.array(found["density"])
    assert density.sum() == table.valence.notna().sum() and density.shape == (40, 40)
    known = table.AU12_present.dropna()
    assert found["cooccurrence"][1][1] == 1.0 and 0 < known.mean() < 1
    assert "overview" in tab.post("/api/data/overview").json()
    assert len(list((folder / "cache").glob("*app-overview*.json"))) == 1


@pytest.mark.parametrize("where, split, count", [
    ("", "all", 120), ("", "test", 30), ("AU12_present is unknown", "all", 60), ("AU12=1 and not AU12=1", "all", None),
    ("valence is unknown and split=validation", "all", 10)])
def test_queries_count_like_the_table(tab, where, split, count):
    answer = search(tab, where, split=split)
    if count is None:
        assert answer.status_code == 400 and "AU12_present=1" in answer.json()["error"]
    else:
        assert answer.json()["matches"] == count


def test_pages_show_every_match_once(tab, folder):
    pages = [search(tab, "AU12_present=1 or AU12_present=0", page=page).json() for page in (0, 1)]
    assert [len(page["faces"]) for page in pages] == [48, 12] and pages[0]["pages"] == 2
    rows = [face["row"] for page in pages for face in page["faces"]]
    table = load_dataset(folder).table("all", ["AU12_present", "id"]).to_pandas()
    assert rows == np.flatnonzero(table.AU12_present.notna()).tolist()
    assert [face["id"] for page in pages for face in page["faces"]] == table.id[rows].tolist()
    assert all(face["lines"][0].startswith("AU12_present ") for face in pages[0]["faces"])
    assert search(tab, "AU12_present=1 or AU12_present=0", page=99).json()["page"] == 1


def test_pictures_are_those_of_their_rows(tab, folder):
    pictures = load_dataset(folder).images("all")
    version = search(tab, "split=test").json()["version"]
    for row in (0, 59, 60, 119):
        answer = tab.get(f"/api/data/pictures/{row}?v={version}")
        assert answer.headers["content-type"] == "image/png"
        shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))
        np.testing.assert_array_equal(shown, pictures[row])


def test_a_face_shows_unknown_as_unknown(tab):
    version = search(tab).json()["version"]
    face = tab.get(f"/api/data/faces/0?v={version}").json()
    assert face["id"] == "train00000" and face["subject"] == "drawn/person0" and face["sources"] == ["drawn/train0"]
    assert [(unit["name"], unit["state"], unit["value"]) for unit in face["units"]] == [
        ("AU04", "unknown", None), ("AU12", "unknown", None)]
    assert face["units"][1]["unit"] == "Lip corner puller"
    assert face["labels"][0] == {"name": "valence", "value": None, "source": None} and face["video"] is None
    known = tab.get(f"/api/data/faces/1?v={version}").json()
    assert {unit["state"] for unit in known["units"]} <= {"present", "absent"} and known["labels"][0]["value"]
    assert face["quality"]["yaw"] is None


def test_rejected_rows_have_reasons_and_pages(tab):
    first = tab.post("/api/data/rejected", json={"page": 0}).json()
    assert first["reasons"] == {"no face found": 40, "missing file": 20} and first["total"] == 60
    assert len(first["rows"]) == 50 and first["rows"][0]["path"] == f"{HOSTILE}/0.png"
    second = tab.post("/api/data/rejected", json={"page": 1}).json()
    assert [row["row"] for row in second["rows"]] == [f"labels.csv:{place}" for place in range(50, 60)]
    missing = tab.post("/api/data/rejected", json={"page": 0, "reason": "missing file"}).json()
    assert missing["total"] == 20 and {row["reason"] for row in missing["rows"]} == {"missing file"}
    assert tab.post("/api/data/rejected", json={"page": 0, "reason": "../x"}).status_code == 400
    assert tab.post("/api/data/rejected", json={"page": 0, "reason": 3}).status_code == 400


def test_conflicts_show_both_sides(tab):
    found = tab.post("/api/data/conflicts", json={"page": 0}).json()
    assert found["total"] == 2 and found["rows"][0] == {
        "row": 1, "id": "train00001", "column": "AU12_present", "decided": "unknown",
        "sides": [{"from": "drawn/a; b.png", "value": "1"}, {"from": "other/c.png", "value": "0"}]}
    assert found["rows"][1]["row"] is None
    assert tab.post("/api/data/conflicts", json={"page": 5}).json()["rows"] == []


@pytest.mark.parametrize("said, expected", [
    ("a/b: 1", [("a/b", "1")]), ("a: x: 1; b: 2", [("a: x", "1"), ("b", "2")]), ("odd", [("odd", "")]), ("", [])])
def test_sides_of_what_was_said(said, expected):
    assert [(side["from"], side["value"]) for side in data_tables.sides(said)] == expected


# === What is refused ===


@pytest.mark.parametrize("where, words", [
    ("valence >", "cannot be read"), ("nose = 3", "Unknown column 'nose'"), ("valence = 'x'", "number"),
    ("subject = '../../etc/passwd' or", "cannot be read"), ("valence>0; DROP TABLE faces; --", "cannot be read"),
    ("a" * 3000, "2000"), ("(" * 500 + "valence=1", "deep"), ("read_csv('/etc/passwd') = 1", "Unknown column")])
def test_wrong_queries_are_refused_in_one_line(tab, where, words):
    answer = search(tab, where)
    assert answer.status_code == 400 and words in answer.json()["error"] and "\n" not in answer.json()["error"]


def test_a_slow_query_is_refused_in_one_line(tab, monkeypatch):
    monkeypatch.setattr(data_rows, "SEARCH_SECONDS", 0.0)
    answer = search(tab, "valence > 0.123")
    assert answer.status_code == 400 and "longer than 0 seconds on 120 faces" in answer.json()["error"]


def test_a_newer_query_ends_an_older_one(folder):
    state = data_rows.DataState()
    with pytest.raises(data_rows.Refused, match="Another query"):
        data_rows.search(DataSource(folder), state, "valence > 0", "all", lambda: True)
    assert state.key is None


@pytest.mark.parametrize("path, status", [
    ("faces/120", 404), ("faces/99999999999999999999", 404), ("pictures/120", 404), ("pictures/-1", 404),
    ("pictures/..%2f..%2fdataset.json", 404), ("faces/train00000", 404)])
def test_rows_that_are_none_are_refused(tab, path, status):
    version = search(tab).json()["version"]
    assert tab.get(f"/api/data/{path}?v={version}").status_code == status


def test_bodies_that_are_wrong_are_refused(tab):
    for body in ({}, {"where": 3, "page": 0, "split": "all"}, {"where": "", "page": -1, "split": "all"},
                 {"where": "", "page": 0, "split": "../x"}, {"where": "", "page": True, "split": "all"}):
        assert tab.post("/api/data/search", json=body).status_code == 400


def test_pages_of_two_tabs_are_not_mixed(page):
    one, other = Tab(page[0], "tab-one-00"), Tab(page[0], "tab-other-0")
    assert search(one, "split=test").json()["matches"] == 30
    assert search(other, "split=train").json()["matches"] == 60
    assert search(one, "split=test").json()["faces"][0]["row"] == 90


@pytest.mark.parametrize("name", ["rejected.parquet", "conflicts.parquet", "shards/train-00000-of-00001.parquet",
                                  "dataset.json"])
def test_links_that_lead_out_are_refused(folder, untrained_run, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    outside = tmp_path / "outside"
    shutil.move(copy / name, outside)
    os.symlink(outside, copy / name)
    with opened_page(tmp_path / "files", run=str(untrained_run), data=copy) as (client, _, _):
        tab = Tab(client)
        answers = [tab.post("/api/data/rejected", json={"page": 0}), tab.post("/api/data/conflicts", json={"page": 0}),
                   search(tab)]
    refused = [answer.json().get("error", "") for answer in answers]
    assert any("symbolic link that leads out" in text for text in refused)


def test_damage_is_one_line(folder, untrained_run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("cache"))
    shard, = (copy / "shards").glob("validation*")
    content = bytearray(shard.read_bytes())
    content[100:len(content) // 2] = bytes(len(content) // 2 - 100)
    shard.write_bytes(content)
    (copy / "rejected.parquet").write_bytes(b"no table")
    with opened_page(tmp_path / "files", run=str(untrained_run), data=copy) as (client, _, _):
        tab = Tab(client)
        assert "damaged" in search(tab, "valence > 2").json()["error"]
        assert "damaged" in tab.post("/api/data/rejected", json={"page": 0}).json()["error"]
        job = tab.post("/api/data/overview").json()["job"]
        while (state := tab.get(f"/api/jobs/{job}").json())["state"] in ("waiting", "running"):
            time.sleep(0.02)
        assert state["state"] == "failed" and "damaged" in state["error"]


def test_a_data_set_that_was_built_again_is_opened_again(folder, untrained_run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with opened_page(tmp_path / "files", run=str(untrained_run), data=copy) as (client, _, _):
        tab = Tab(client)
        version = search(tab).json()["version"]
        shutil.rmtree(copy)
        write_built_dataset(copy, 40)
        answer = tab.get(f"/api/data/pictures/0?v={version}")
        assert answer.status_code == 409 and "built again" in answer.json()["error"]
        assert search(tab).json()["matches"] == 40


def test_memory_of_pictures_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(data_source, "CACHED_BYTES", 2000)
    source = DataSource(folder)
    source.hint(range(60))
    for row in range(60):
        assert source.picture(row).startswith(b"\x89PNG")
    assert sum(map(len, source._pictures.values())) == source._bytes <= 2000


def test_rows_of_several_groups_come_in_the_order_asked_for(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    shard, = (copy / "shards").glob("train*")
    pq.write_table(pq.read_table(shard), shard, row_group_size=7)
    source = DataSource(copy)
    assert [row["id"] for row in source.rows([61, 3, 20, 0], ["id"])] == [
        "validation00001", "train00003", "train00020", "train00000"]
    assert source.rows_of_ids(["train00020", "test00001", "x"]) == {"train00020": 20, "test00001": 91}
    assert source.picture(20) == load_dataset(folder).table("train", ["image"])["image"][20].as_py()["bytes"]
    assert source.search(lambda batch: np.ones(batch.num_rows, bool), ["id"], "validation",
                         lambda: None).tolist() == list(range(60, 90))


def test_without_a_data_set_there_is_no_page(untrained_run, tmp_path):
    with opened_page(tmp_path / "files", run=str(untrained_run)) as (client, _, _):
        names = [one["name"] for one in client.get("/api/app").json()["pages"]]
        assert "generate" in names and not {"data", "runs"} & set(names)
        assert client.get("/api/data/info").status_code == 404
    with opened_page(tmp_path / "other", run=str(untrained_run), data=tmp_path) as (client, _, _):
        answer = client.get("/api/data/info")
        assert answer.status_code == 400 and "is not a catgan data set" in answer.json()["error"]


def test_columns_that_hold_lists_are_left_out_of_the_row():
    row = {"id": "a", "true_age": 3.25, "odd": [1], "empty": None}
    assert data_rows._others(row, []) == {"true_age": "3.25", "empty": None}
    assert pa.array([1]).to_pylist() == [1]


def test_many_requests_at_once_are_answered_and_not_mixed(page, folder):
    """Searches of many tabs, pictures and lists at once: each gets its own answer."""
    client, context, _ = page
    pictures = load_dataset(folder).table("all", ["image"])["image"]
    version = search(Tab(client)).json()["version"]

    def ask(number):
        tab = Tab(client, f"tab-many-{number % 20:03d}")
        if number % 3 == 0:
            return tab.get(f"/api/data/pictures/{number}?v={version}").content == pictures[number].as_py()["bytes"]
        if number % 3 == 1:
            return tab.post("/api/data/conflicts", json={"page": 0}).json()["total"] == 2
        answer = search(Tab(client, f"tab-alone-{number:03d}"), f"subject='drawn/person{number % 10}' and split=train")
        return {face["row"] // 3 for face in answer.json()["faces"]} == {number % 10}

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(100)))
    assert context.sessions.nbytes < 1 << 20


def test_a_search_does_not_hold_up_the_end(folder, untrained_run, tmp_path, monkeypatch):
    started = threading.Event()

    def endless(self, matches, columns, split, check):
        started.set()
        while True:
            check()
            time.sleep(0.01)

    monkeypatch.setattr(DataSource, "search", endless)
    with opened_page(tmp_path / "files", run=str(untrained_run), data=folder) as (client, context, _):
        asking = threading.Thread(target=search, args=(Tab(client), "valence > 0"))
        asking.start()
        assert started.wait(20)
        begun = time.monotonic()
        for worker in context.more:
            worker.close()
        assert time.monotonic() - begun < 5
        asking.join(10)
