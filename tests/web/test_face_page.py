"""The page Face: photographs in, edits and readings out; no answer is mixed between tabs."""

import base64
import io
import threading

import numpy as np
import pytest
from PIL import Image

from catgan.faces.images import decode
from tests.harness.web import Tab, png


@pytest.fixture
def photo(two_people):
    return png(two_people)


def opened(tab, photo, face=0):
    shown = tab.send_file("/api/face/photo", photo).json()
    return shown, tab.post("/api/face/choose", json={"face": face}).json()


def values(answer):
    return {label["name"]: label["value"] for label in answer["reading"]}


def picture(address):
    kind, content = address.split(";base64,")
    assert kind == "data:image/jpeg"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_photograph_is_shown_with_its_faces_the_largest_first(tab, photo):
    shown, chosen = opened(tab, photo)
    assert shown["size"] == [480, 240] and shown["name"] == "photo.png" and len(shown["faces"]) == 2
    first, second = (face["box"] for face in shown["faces"])
    assert first[0] < 0.5 < second[0] and first[2] > second[2]
    assert picture(shown["picture"]).shape == (240, 480, 3)
    assert picture(shown["faces"][0]["near"]).shape == (shown["faces"][0]["height"], shown["faces"][0]["width"], 3)
    labels = {label["name"]: label for label in chosen["reading"]}
    assert labels["AU12"]["value"] > 1.5 and labels["AU12"]["low"] <= labels["AU12"]["value"] <= labels["AU12"]["high"]
    assert -1 <= labels["valence"]["low"] <= labels["valence"]["high"] <= 1


@pytest.mark.parametrize("view", ["face", "photo"])
def test_edit_returns_the_changed_part_of_the_view(tab, photo, view):
    shown, chosen = opened(tab, photo)
    edited = tab.post("/api/face/edit", json={"photo": shown["photo"], "to": {"AU12": 0.0}, "view": view}).json()
    assert values(edited)["AU12"] < values(chosen)["AU12"] - 1.0
    base = picture(shown["picture"] if view == "photo" else shown["faces"][0]["near"])
    part = edited["patch"]
    after = picture(part["picture"])
    before = base[part["top"]:part["top"] + after.shape[0], part["left"]:part["left"] + after.shape[1]]
    assert before.shape == after.shape and np.abs(before.astype(int) - after).max() > 30
    same = tab.post("/api/face/edit", json={"photo": shown["photo"], "to": {}, "view": view}).json()
    assert same["patch"] is None and values(same) == values(chosen)


def test_download_has_the_size_of_the_photograph_and_says_that_it_is_synthetic(tab, photo, two_people, page):
    shown, _ = opened(tab, photo)
    response = tab.post("/api/face/download", json={"photo": shown["photo"], "to": {"AU12": 0.0}})
    assert response.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(response.content))
    assert image.text["Comment"].startswith("Synthetic: a face edited by catgan") and "catgan" in image.text["Source"]
    pixels = decode(response.content, "download")
    assert pixels.shape == two_people.shape
    assert np.array_equal(pixels[:, 260:], two_people[:, 260:]) and not np.array_equal(pixels, two_people)


def test_reload_shows_what_the_tab_showed(tab, photo):
    assert tab.get("/api/face/state").json() == {"photo": None}
    shown, _ = opened(tab, photo, face=1)
    tab.post("/api/face/edit", json={"photo": shown["photo"], "to": {"AU04": 1.0}, "view": "face"})
    kept = tab.get("/api/face/state").json()
    assert kept["photo"] == shown["photo"] and kept["chosen"] == 1 and kept["to"] == {"AU04": 1.0}


def test_two_tabs_do_not_mix(page, photo, two_people):
    left, right = Tab(page[0], "left-tab"), Tab(page[0], "right-tab")
    mirrored = png(np.ascontiguousarray(two_people[:, ::-1]))
    one, _ = opened(left, photo)
    two, _ = opened(right, mirrored)
    assert one["photo"] != two["photo"] and one["faces"][0]["box"][0] < 0.5 < two["faces"][0]["box"][0]
    assert left.get("/api/face/state").json()["picture"] == one["picture"]
    wrong = left.post("/api/face/edit", json={"photo": two["photo"], "to": {"AU12": 1.0}, "view": "face"})
    assert wrong.status_code == 409


@pytest.mark.parametrize("body, problem", [
    ({"to": {"AU12": 9.0}, "view": "face"}, "AU12 must lie in 0..5. Received: 9."),
    ({"to": {"AU09": 1.0}, "view": "face"}, "AU09"), ({"to": {"AU12": "x"}, "view": "face"}, "must be a number"),
    ({"to": {"AU12": True}, "view": "face"}, "must be a number"), ({"to": [1], "view": "face"}, "must be an object"),
    ({"to": {"<b>": 1.0}, "view": "face"}, "<b>"), ({"to": {"AU12": 1.0}, "view": "side"}, "must be one of")])
def test_wrong_edit_is_one_clear_line(tab, photo, body, problem):
    shown, _ = opened(tab, photo)
    response = tab.post("/api/face/edit", json={"photo": shown["photo"], **body})
    assert response.status_code == 400 and problem in response.json()["error"]
    assert "\n" not in response.json()["error"]


def test_face_that_is_not_there_is_refused(tab, photo):
    assert tab.post("/api/face/choose", json={"face": 0}).status_code == 410
    opened(tab, photo)
    assert tab.post("/api/face/choose", json={"face": 2}).status_code == 400
    assert tab.post("/api/face/choose", json={"face": 0.5}).status_code == 400


def test_photograph_without_a_face_is_shown_without_faces(tab):
    shown = tab.send_file("/api/face/photo", png(np.full((80, 100, 3), 200, np.uint8))).json()
    assert shown["faces"] == []
    assert "No face" in tab.post("/api/face/choose", json={"face": 0}).json()["error"]


def test_hundred_requests_at_once_are_all_answered(page, photo):
    tabs = [Tab(page[0], f"crowd-{number:03d}") for number in range(4)]
    shown = [opened(tab, photo)[0] for tab in tabs]
    answers = {}

    def ask(number):
        tab, level = number % 4, (number % 25) / 5.0
        body = {"photo": shown[tab]["photo"], "to": {"AU12": level}, "view": "face"}
        answers[number] = (tab, level, tabs[tab].post("/api/face/edit", json=body))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 100 and {answer.status_code for _, _, answer in answers.values()} == {200}
    by_level = {}
    for _, level, answer in answers.values():
        by_level.setdefault(level, set()).add(answer.json()["patch"]["picture"])
    assert all(len(pictures) == 1 for pictures in by_level.values()) and len(by_level) == 25
