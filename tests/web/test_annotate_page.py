"""The page Annotate by its requests: ratings, pictures, parts of videos, agreement, export; nothing outside of it."""

import csv
import io
import time

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette")

from tests.harness.annotated import clip, photographs, trace  # noqa: E402
from tests.harness.web import Tab, opened_page  # noqa: E402

WORDS = "<b>bold & \"so\".png"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A client of a page on a folder of three photographs and two videos, one of which is none."""
    folder = tmp_path_factory.mktemp("annotated")
    films = folder / "films"
    photographs(films, 2)
    Image.fromarray(np.zeros((20, 4000, 3), np.uint8)).save(films / WORDS)
    clip(films / "a.webm", 50)
    (films / "broken.mp4").write_bytes((films / "a.webm").read_bytes()[:40])
    photographs(folder / "secret", 1)
    (films / "out.png").symlink_to(folder / "secret" / "p0.png")
    with opened_page(folder / "files", annotate=films, rater="Anna") as (client, _, _):
        yield client, films


@pytest.fixture
def tab(served):
    return Tab(served[0])


def item(tab, name):
    return next(one["id"] for one in tab.get("/api/annotate/project").json()["items"] if one["name"] == name)


_steps = iter(range(10 ** 6))


def rate(tab, name, rater="Anna", revision=0, **content):
    return tab.post(f"/api/annotate/items/{item(tab, name)}/step", json={
        "rater": rater, "revision": revision, "change": f"change-{next(_steps)}", **content})


def finished(tab, started):
    for _ in range(600):
        job = tab.get(f"/api/jobs/{started.json()['job']}").json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.05)


def test_project_lists_items_and_what_is_left_out(tab):
    found = tab.get("/api/annotate/project").json()
    assert [(one["name"], one["video"]) for one in found["items"]] == [
        (WORDS, False), ("a.webm", True), ("broken.mp4", True), ("p0.png", False), ("p1.png", False)]
    assert found["folder"] == "films" and found["rater"] == "Anna" and 12 in found["units"]
    assert found["skipped"] == {"links that lead out of the folder": 1}


def test_steps_are_saved_and_come_back(tab):
    saved = rate(tab, "p0.png", set={"AU12": 3, "AU04": None, "valence": 0.25, "expression": "fear"}).json()
    assert saved["revision"] == 1 and saved["progress"] == {"rated": 4, "of": 15} and "traces" not in saved
    said = tab.get(f"/api/annotate/items/{item(tab, 'p0.png')}?rater=Anna").json()
    assert said["labels"] == {"AU12": 3, "AU04": None, "valence": 0.25, "expression": "fear"} and said["damaged"] == 0
    progress = tab.get("/api/annotate/progress?rater=Anna").json()["items"]
    assert progress[item(tab, "p0.png")] == {"rated": 4, "of": 15}
    assert progress[item(tab, "p1.png")] == {"rated": 0, "of": 15}
    assert tab.get("/api/annotate/progress?rater=Ben").json()["items"][item(tab, "p0.png")]["rated"] == 0


def test_a_second_tab_is_told_and_overwrites_nothing(tab):
    rate(tab, "p1.png", set={"AU12": 1})
    refused = rate(tab, "p1.png", set={"AU12": 5})
    assert refused.status_code == 409 and refused.json()["error"] == "Another tab has changed AU12 meanwhile."
    assert rate(tab, "p1.png", set={"AU06": 2}).json()["labels"] == {"AU12": 1, "AU06": 2}


@pytest.mark.parametrize("content, said", [
    ({"set": {"AU12": 9}}, "AU12 must be 0"), ({"set": {"AU12": 1}, "rater": "../x"}, "A rater's name has"),
    ({"set": {"AU12": 1}, "rater": "<img src=x>"}, "A rater's name has"), ({"frame": 1, "set": {"AU12": 1}}, "A frame"),
    ({"trace": [[0, 0, 0]]}, "A photograph has neither frames"), ({"set": "x"}, "A step has 'set'"),
    ({"revision": -1, "set": {}}, "'revision' must be a number")])
def test_steps_that_are_refused_in_one_line(tab, content, said):
    answer = rate(tab, "p0.png", **content)
    assert answer.status_code == 400 and said in answer.json()["error"] and "\n" not in answer.json()["error"]


@pytest.mark.parametrize("path", ["items/0123456789abcdef?rater=Anna", "items/..%2f..%2fsecret/picture",
                                  "items/0123456789abcdef/video", "items/0123456789abcdef/frame?time=0"])
def test_what_is_no_item_is_not_served(tab, path):
    assert tab.get(f"/api/annotate/{path}").status_code in (400, 404)


def test_photographs_are_sent_as_jpeg_of_bounded_size(tab):
    answer = tab.get(f"/api/annotate/items/{item(tab, WORDS)}/picture")
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == (1600, 8)
    assert tab.get(f"/api/annotate/items/{item(tab, 'a.webm')}/picture").status_code == 404


def test_parts_of_videos_are_sent(tab, served):
    client, films = served
    address, content = f"/api/annotate/items/{item(tab, 'a.webm')}/video", (films / "a.webm").read_bytes()
    whole = client.get(address)
    assert whole.content == content and whole.headers["content-type"] == "video/webm"
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get(address, headers={"range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == content[10:20]
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    assert client.get(address, headers={"range": f"bytes={len(content) + 5}-"}).status_code == 416
    assert client.get(f"/api/annotate/items/{item(tab, 'p0.png')}/video").status_code == 404


def test_videos_need_the_cookie(tab, served):
    client, _ = served
    address, kept = f"/api/annotate/items/{item(tab, 'a.webm')}/video", dict(client.cookies)
    client.cookies.clear()
    assert client.get(address, headers={"range": "bytes=0-9"}).status_code == 401
    client.cookies.update(kept)
    assert client.get(address, headers={"range": "bytes=0-9"}).status_code == 206


def test_a_video_that_cannot_be_read_says_so(tab):
    answer = tab.get(f"/api/annotate/items/{item(tab, 'broken.mp4')}?rater=Anna")
    assert answer.status_code == 400 and answer.json()["error"].startswith("broken.mp4 is not a video that can be ")


@pytest.mark.parametrize("asked, frame", [("time=0", 0), ("time=0.1", 1), ("time=0.0999", 1), ("time=0.149", 1),
                                          ("time=0.149&step=1", 2), ("time=0&step=-1", 0), ("time=99", 49)])
def test_frame_of_a_moment(tab, asked, frame):
    shown = tab.get(f"/api/annotate/items/{item(tab, 'a.webm')}/frame?{asked}").json()
    assert (shown["frame"], shown["last"]) == (frame, 49)
    assert shown["time"] == pytest.approx(frame / 10, abs=0.002) and shown["middle"] == pytest.approx(
        frame / 10 + 0.05, abs=0.003)


def test_frames_and_traces_of_videos(tab):
    times = np.arange(0, 2.01, 0.1)
    rate(tab, "a.webm", "Cleo", set={"AU12": 2}, frame=3)
    saved = rate(tab, "a.webm", "Cleo", 1, trace=trace(times, times / 2 - 0.5, -times / 4)).json()
    assert saved["progress"] == {"traced": 2.0, "frames": 1}
    said = tab.get(f"/api/annotate/items/{item(tab, 'a.webm')}?rater=Cleo").json()
    assert said["frames"] == [{"frame": 3, "time": pytest.approx(0.3, abs=0.002), "labels": {"AU12": 2}}]
    assert said["traces"]["valence"]["values"][10] == 0.0 and said["seconds"] == pytest.approx(5.0, abs=0.05)
    assert said["coding"].startswith("vp8") and said["count"] == 50
    assert rate(tab, "a.webm", "Cleo", 2, set={"AU12": 2}, frame=50).json()["error"] == \
        "a.webm has the frames 0 to 49. Received: 50."


def test_agreement_and_export_are_jobs(tab, served):
    for rater, valence in (("Dora", 0.2), ("Emil", 0.4)):
        rate(tab, "p1.png", rater, set={"AU12": 4, "valence": valence})
    found = finished(tab, tab.post("/api/annotate/agreement", json={"align": False, "smoothing": 0}))["result"]
    assert {"Dora", "Emil"} <= set(found["raters"]) and found["labels"]["AU12"]["pairs"][-1]["n"] == 1
    rule = {"intensities": "median", "dimensions": "mean", "least": 2, "intensity_spread": 3, "dimension_spread": 0.5}
    done = finished(tab, tab.post("/api/annotate/export", json={**rule, "align": False, "smoothing": 0, "delay": 0}))
    assert done["state"] == "done" and done["result"]["photographs"] == 1
    with open(served[1] / "annotations" / "export" / "photographs.csv", newline="") as file:
        row, = csv.DictReader(file)
    assert row["image"] == "p1.png" and float(row["valence"]) == pytest.approx(0.3) and row["AU12"] == "4.0"
    bad = tab.post("/api/annotate/export", json={**rule, "least": 0, "align": False, "smoothing": 0, "delay": 0})
    assert bad.status_code == 400 and "'least' must be a number in 1..100" in bad.json()["error"]
    bad = tab.post("/api/annotate/agreement", json={"align": False, "smoothing": 99})
    assert bad.status_code == 400 and "'smoothing' must be a number in 0..10" in bad.json()["error"]


def test_action_units_are_chosen(tab):
    assert tab.post("/api/annotate/units", json={"units": [12, 4]}).json() == {"units": [4, 12]}
    assert tab.get("/api/annotate/project").json()["units"] == [4, 12]
    for bad in ([], ["x"], [3], "12"):
        assert tab.post("/api/annotate/units", json={"units": bad}).status_code == 400
    tab.post("/api/annotate/units", json={"units": [1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26]})


@pytest.mark.parametrize("words, said", [
    (["--rater", "Anna"], "--rater needs --annotate FOLDER"), (["--annotate", "none"], "--annotate must be a folder"),
    (["--annotate", ".", "--rater", "../x"], "A rater's name has 1 to 40 letters")])
def test_options_that_are_refused(words, said, capsys):
    from catgan.cli.main import main

    assert main(["app", "--no-browser", *words]) == 2
    assert said in capsys.readouterr().err


def test_page_is_shown_only_with_a_folder(page, served):
    def names(client):
        return [one["name"] for one in client.get("/api/app").json()["pages"]]

    assert "annotate" in names(served[0]) and "annotate" not in names(page[0])
