"""The page Why?: questions in words, answers as `catgan explain` gives them, foreign networks, cancelling, reports."""

import io
import json
import pickle
import threading
import time
import zipfile

import keras
import numpy as np
import pytest

from catgan.cli.main import main
from tests.harness.onnx_files import save_onnx
from tests.harness.web import Tab, opened_page, png

DECLARED = {"outputs": "red,green,blue", "pixels": "0..1"}
ASKED = {"model": "own", "target": "valence<=0", "method": "search", "margin": 0.08, "count": 1, "even_if": False,
         "heat": "", "oracle": "", "without": []}


@pytest.fixture
def photo(two_people):
    return png(two_people)


@pytest.fixture
def asking(tab, photo):
    """Asks the page about the larger face of two: `asking(target=...)` returns the response."""
    shown = tab.send_file("/api/face/photo", photo).json()
    tab.post("/api/face/choose", json={"face": 0})
    return lambda path="search", **body: tab.post(f"/api/why/{path}", json={"photo": shown["photo"], **ASKED, **body})


def finished(tab, response, seconds=60):
    """Waits for a job, and returns its last state."""
    assert response.status_code == 200, response.json()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job = tab.get(f"/api/jobs/{response.json()['job']}").json()
        if job["state"] in ("done", "failed", "stopped"):
            return job
        time.sleep(0.05)
    raise AssertionError(f"the job did not end: {job}")


def means(path, names=("red",), side=16):
    """Saves a network that returns the mean of each colour, an output for each name."""
    inputs = keras.Input((side, side, 3))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    keras.Model(inputs, [keras.layers.Identity(name=name)(mean) for name in names]).save(path)
    return path.read_bytes()


def opened(tab, content, name="means.keras", **declared):
    assert tab.send_file("/api/why/file", content, name).status_code == 200
    return finished(tab, tab.post("/api/why/network", json={"source": "file", "declared": declared}))


# === Questions ===


def test_start_describes_labels_methods_and_help(tab):
    start = tab.get("/api/why/start").json()
    labels = {label["name"]: label for label in start["labels"]}
    assert labels["AU12"]["title"] == "AU12 lip corner puller" and labels["AU12"]["high"] == 5.0
    assert labels["valence"]["low"] == -1.0 and not labels["valence"]["beside"]
    assert list(start["methods"]) == ["search", "gradient", "minimal"] and all(start["methods"].values())
    assert "rendered_64" in start["judges"] and start["network"] is None and start["job"] is None


def test_reading_of_the_chosen_face_is_given_by_label(asking):
    reading = asking("reading").json()["reading"]
    assert reading["AU12"] > 1.5 and -1.0 <= reading["valence"] <= 1.0 and 0.0 <= reading["realness"] <= 1.0


@pytest.mark.parametrize("target, sentence", [
    ("valence<=-0.2,keep:AU25", "reads valence of at most -0.2, while AU25 lips part stays within 0.5 of what it is?"),
    ("AU12=0,AU04>=3", "reads AU12 lip corner puller of about 0 and AU04 brow lowerer of at least 3?"),
    ("arousal=0.1..0.4", "reads arousal between 0.1 and 0.4?")])
def test_target_is_said_in_words(asking, target, sentence):
    said = asking("question", target=target).json()
    assert said["error"] is None and said["sentence"].endswith(sentence)


@pytest.mark.parametrize("target, problem", [("valence<=-9", "must lie in -1..1"), ("", "A target reads"),
                                             ("<b>=1", "<b>"), ("keep:AU25", "at least one label")])
def test_wrong_target_is_explained_and_not_searched(asking, target, problem):
    said = asking("question", target=target).json()
    assert said["sentence"] is None and problem in said["error"]
    response = asking(target=target)
    assert response.status_code == 400 and problem in response.json()["error"]


@pytest.mark.parametrize("body, problem", [
    ({"method": "guess"}, "'method' must be one of"), ({"count": 9}, "'count' must be"), ({"margin": 1}, "'margin'"),
    ({"heat": "x"}, "'heat' must be one of"), ({"oracle": "/etc"}, "'oracle' must be one of"),
    ({"without": "AU12"}, "'without' must be a list"), ({"without": ["AU99"]}, "no Action Unit 99"),
    ({"even_if": 1}, "'even_if'"), ({"target": 5}, "'target' must be a text"),
    ({"model": "other"}, "'model' must be one of")])
def test_wrong_request_is_one_clear_line(asking, body, problem):
    response = asking(**body)
    assert response.status_code == 400 and problem in response.json()["error"]
    assert "\n" not in response.json()["error"]


def test_question_without_a_photograph_is_refused(tab):
    response = tab.post("/api/why/search", json={**ASKED, "photo": "none"})
    assert response.status_code == 410 and "Choose it again" in response.json()["error"]


# === Answers ===


def test_answer_and_report_are_those_of_the_command_line(tab, asking, photo, tmp_path, models):
    job = finished(tab, asking(target="valence<=0,keep:AU25"))
    answer, = job["result"]["answers"]
    assert answer["status"] == "ok" and answer["validity"] == 1.0 and answer["counterfactual"]["valence"] <= 0.0
    assert {change["name"] for change in answer["moved"]} == set(answer["changes"])
    assert len(answer["frames"]) == 9 and set(answer["pictures"]) == {
        "original", "reconstruction", "counterfactual", "difference"}
    report = zipfile.ZipFile(io.BytesIO(tab.post("/api/why/report", json={}).content))
    (tmp_path / "photo.png").write_bytes(photo)
    main(["explain", "faces_64", str(tmp_path / "photo.png"), "--target", "valence<=0,keep:AU25", "--out",
          str(tmp_path / "why")])
    assert set(report.namelist()) == {path.name for path in (tmp_path / "why").iterdir()}
    ours, theirs = (json.loads(text) for text in (report.read("counterfactual.json"),
                                                  (tmp_path / "why/counterfactual.json").read_bytes()))
    assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
    assert report.read("photograph.png") == (tmp_path / "why/photograph.png").read_bytes()


@pytest.mark.slow
def test_several_answers_even_if_and_heat_map(tab, asking):
    job = finished(tab, asking(count=3, even_if=True, heat="occlusion", oracle="rendered_64"))
    result = job["result"]
    sets = [set(answer["changes"]) for answer in result["answers"]]
    assert sets and all(not one & other for place, one in enumerate(sets) for other in sets[:place])
    assert result["answers"][0]["oracle_validity"] in (0.0, 1.0)
    assert "even if" in result["even_if"]["sentence"]
    assert result["even_if"]["picture"].startswith("data:image/jpeg")
    assert result["heat"]["output"] == "valence" and "mouth" in result["heat"]["regions"] and not result["missing"]
    names = zipfile.ZipFile(io.BytesIO(tab.post("/api/why/report", json={}).content)).namelist()
    assert {"even_if.json", "even_if.png", "heat_map.png", "regions.csv"} <= set(names)
    assert len(result["answers"]) == 1 or {"index.html", "answer-1/panel.png"} <= set(names)


def test_answer_that_holds_already_says_why_there_is_no_even_if(tab, asking):
    result = finished(tab, asking(target="AU12>=0.5", even_if=True, heat="counterfactual_ig"))["result"]
    assert result["answers"][0]["status"] == "already met" and result["answers"][0]["moved"] == []
    assert "holds for this face" in result["missing"]["even if"] and "there is none" in result["missing"]["heat map"]


def test_not_found_is_an_answer_with_a_proof(tab, asking):
    units = [f"AU{number}" for number in (1, 2, 4, 5, 6, 7, 10, 12, 15, 17, 18, 20, 23, 24, 26)]
    answer, = finished(tab, asking(target="valence<=-0.95", method="minimal", without=units))["result"]["answers"]
    assert answer["status"] == "not found" and answer["validity"] == 0.0
    assert "none reaches the target" in answer["proof"] and "on the grid 0, 2.5, 5" in answer["proof"]


def test_search_is_cancelled_and_another_one_can_be_asked(tab, asking, page):
    files = len(list(page[1].folder.rglob("*")))
    started = asking(target="valence<=-0.99,arousal>=0.99", method="minimal")
    for _ in range(400):
        if "faces drawn" in tab.get(f"/api/jobs/{started.json()['job']}").json()["message"]:
            break
        time.sleep(0.05)
    tab.post(f"/api/jobs/{started.json()['job']}/stop", json={})
    assert finished(tab, started)["state"] == "stopped"
    assert len(list(page[1].folder.rglob("*"))) == files  # its copy of the photograph is gone
    assert tab.post("/api/why/report", json={}).status_code == 410
    assert finished(tab, asking())["state"] == "done"


def test_waiting_search_is_cancelled_at_once(tab, asking, page):
    files = len(list(page[1].folder.rglob("*")))
    blocking = threading.Event()
    running = page[1].jobs.start(None, lambda job: {"waited": blocking.wait(30)})
    try:
        started = asking()
        assert tab.get(f"/api/jobs/{started.json()['job']}").json()["state"] == "waiting"
        tab.post(f"/api/jobs/{started.json()['job']}/stop", json={})
        assert finished(tab, started, 5)["state"] == "stopped"
    finally:
        blocking.set()
    again = finished(tab, asking())
    assert again["state"] == "done" and running.state == "done"
    assert len(list(page[1].folder.rglob("*"))) == files + 1  # the copy of the photograph that was explained


def test_new_photograph_leaves_the_report_of_the_old_one(tab, asking, two_people):
    finished(tab, asking())
    tab.send_file("/api/face/photo", png(np.ascontiguousarray(two_people[:, ::-1])))
    assert tab.post("/api/why/report", json={}).status_code == 200
    assert asking().status_code == 409  # that photograph is gone


def test_reload_finds_the_answers(tab, asking):
    job = finished(tab, asking())
    assert tab.get("/api/why/start").json()["job"]["result"] == job["result"]
    assert Tab(tab.client, "another-tab").get("/api/why/start").json()["job"] is None


# === Networks of other origin ===


def test_keras_network_is_opened_read_and_explained(tab, asking, tmp_path):
    result = opened(tab, means(tmp_path / "means.keras"), **DECLARED)["result"]
    names = [label["name"] for label in result["labels"]]
    assert names[:3] == ["red", "green", "blue"] and "catgan:AU12" in names and result["gradients"]
    reading = finished(tab, asking("reading", model="network"))["result"]["reading"]
    assert 0.0 < reading["red"] < 1.0 and reading["catgan:AU12"] > 1.0
    said = asking("question", model="network", target="red>=0.5,keep:AU12").json()["sentence"]
    assert said.endswith("reads red of at least 0.5, while AU12 lip corner puller as catgan reads it stays within 0.5 "
                         "of what it is?")
    target = f"red<={reading['red'] - 0.02:.3f}"
    answer, = finished(tab, asking(model="network", target=target))["result"]["answers"]
    assert answer["says"].startswith("red ") and answer["catgan"]["original"]["AU12"] > 1.0
    assert answer["status"] in ("ok", "not found")
    assert tab.get("/api/why/start").json()["network"]["name"] == "means.keras"


def test_classes_of_an_onnx_network_are_asked_by_name(tab, asking, tmp_path):
    content = save_onnx(tmp_path / "mean.onnx", ["n", 3, 16, 16]).read_bytes()
    result = opened(tab, content, "mean.onnx", outputs="red,green,blue", classes=True)["result"]
    labels = {label["name"]: label for label in result["labels"]}
    assert labels["class"]["classes"] == ["red", "green", "blue"] and not result["gradients"]
    assert finished(tab, asking("reading", model="network"))["result"]["reading"]["class"]["class"] == "red"
    said = asking("question", model="network", target="class!=red").json()["sentence"]
    assert said.endswith("reads any class but red?")
    result = finished(tab, asking(model="network", target="class!=red", heat="integrated_gradients"))["result"]
    assert result["answers"][0]["says"].startswith("red ") and "no gradients" in result["missing"]["heat map"]


def test_network_that_reads_a_box_is_explained_and_has_no_heat_map(tab, asking, tmp_path):
    opened(tab, means(tmp_path / "means.keras"), **DECLARED, crop="box", box_margin="10px")
    result = finished(tab, asking(model="network", target="red<=0.1", heat="occlusion", even_if=True,
                                  without=["AU1", "AU2", "AU4", "AU5", "AU6", "AU7"]))["result"]
    assert result["answers"][0]["preprocessing"]["crop"] == "box" and "box" in result["missing"]["heat map"]


def test_names_that_are_html_stay_text(tab, asking, tmp_path):
    name = "<img src=x onerror=alert(1)>"
    result = opened(tab, means(tmp_path / "m.keras"), name=f"{name}.keras", outputs="<b>a</b>,b,c")
    assert result["state"] == "failed" and "holds none of , < > = !" in result["error"]
    result = opened(tab, means(tmp_path / "m.keras"), name=f"{name}.keras", outputs="a&lt;b,b,c")["result"]
    assert result["labels"][0]["name"] == "a&lt;b"


class Evil:
    def __reduce__(self):
        return (open, ("/tmp/catgan-was-here", "w"))


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (80 << 20))
    return stream.getvalue()


def with_lambda(tmp_path):
    inputs = keras.Input((16, 16, 3))
    outputs = keras.layers.Lambda(lambda x: x)(inputs)
    keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(outputs)).save(tmp_path / "x.keras")
    return (tmp_path / "x.keras").read_bytes()


@pytest.mark.parametrize("name, content, problem", [
    ("evil.onnx", lambda path: pickle.dumps(Evil()), "evil.onnx cannot be loaded"),
    ("net.keras", with_lambda, "net.keras holds a Lambda layer, whose code is not run"),
    ("bomb.keras", lambda path: bomb(), "bomb.keras unpacks from"),
    ("../../x.onnx", lambda path: b"no network", "x.onnx cannot be loaded"),
    ("photo.keras", lambda path: png(np.zeros((8, 8, 3), np.uint8)), "photo.keras cannot be loaded"),
    ("big.keras", lambda path: means(path / "b.keras", side=32), "Input size takes height")])
def test_hostile_files_are_refused_by_one_line(tab, tmp_path, name, content, problem):
    job = opened(tab, content(tmp_path), name, **({"size": "much"} if name.startswith("big") else {}))
    assert job["state"] == "failed" and problem in job["error"] and "\n" not in job["error"]
    assert str(tmp_path) not in job["error"] and "/web" not in job["error"]
    assert tab.get("/api/why/start").json()["network"] is None


def test_large_file_is_refused_and_not_kept(tab, page, monkeypatch):
    monkeypatch.setattr("catgan.web.pages.why.MAX_MODEL_BYTES", 1000)
    response = tab.send_file("/api/why/file", b"x" * 2000, "big.onnx")
    assert response.status_code == 413 and "big.onnx is too large" in response.json()["error"]
    assert tab.post("/api/why/network", json={"source": "file", "declared": {}}).status_code == 410


@pytest.mark.parametrize("declared, problem", [
    ([], "'declared' must be"), ({"crop": "round"}, "'crop' must be one of"), ({"mean": 5}, "'mean' must be a text"),
    ({"classes": "yes"}, "'classes' must be true or false")])
def test_wrong_declaration_is_refused(tab, tmp_path, declared, problem):
    tab.send_file("/api/why/file", b"x", "a.onnx")
    response = tab.post("/api/why/network", json={"source": "file", "declared": declared})
    assert response.status_code == 400 and problem in response.json()["error"]


def test_network_of_the_command_line_is_offered(models, tmp_path):
    means(tmp_path / "given.keras")
    with opened_page(tmp_path / "files", run="faces_64", model=tmp_path / "given.keras") as (client, _, _):
        tab = Tab(client, "given-tab")
        assert tab.get("/api/why/start").json()["given"] == "given.keras"
        job = finished(tab, tab.post("/api/why/network", json={"source": "given", "declared": DECLARED}))
        assert job["result"]["name"] == "given.keras"
