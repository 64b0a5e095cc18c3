"""The page Generate: faces by seed and labels, sweeps, ways between two faces; downloads say they are synthetic."""

import base64
import io

import av
import numpy as np
import pytest
from PIL import Image

from catgan.pipelines.interpolate import NOTICE
from tests.harness.web import Tab, opened_page


@pytest.fixture(scope="module")
def page(untrained_run, tmp_path_factory):
    with opened_page(tmp_path_factory.mktemp("generate") / "files", run=str(untrained_run)) as opened:
        yield opened


@pytest.fixture
def tab(page):
    return Tab(page[0])


def face(seed=7, number=0, labels=None, **more):
    return {"seed": seed, "number": number, "labels": labels or {}, **more}


GRID = {"kind": "grid", "count": 5, "start": face(labels={"AU12": 4.0, "valence": -0.5})}
SWEEP = {"kind": "sweep", "count": 2, "steps": 3, "label": "AU12", "start": face()}
WAY = {"kind": "way", "count": 6, "start": face(), "end": face(8, 2, {"AU12": 5.0})}


def decoded(address):
    kind, content = address.split(";base64,")
    assert kind == "data:image/jpeg"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_the_front_end_learns_which_labels_there_are(tab):
    labels = tab.get("/api/generate/labels").json()
    assert labels["units"] == [4, 12] and labels["dimensions"] and labels["generator"] and labels["expressions"] == []


def test_faces_are_those_of_the_command(tab, untrained_gan):
    drawn = tab.post("/api/generate/faces", json=GRID).json()
    expected = untrained_gan.generate(5, {12: 4.0}, valence=-0.5, seed=7)
    assert len(drawn["pictures"]) == 5 and drawn["columns"] == 3 and set(drawn["read"]) == {"AU12", "valence"}
    for address, one in zip(drawn["pictures"], expected):
        assert np.abs(decoded(address).astype(int) - one).mean() < 6
    read = untrained_gan.read(expected)
    np.testing.assert_allclose(drawn["read"]["AU12"], 5 * read["AU12_present"], atol=0.01)
    np.testing.assert_allclose(drawn["read"]["valence"], read["valence"], atol=0.01)


def test_sweep_has_a_row_per_person_and_a_column_per_value(tab):
    drawn = tab.post("/api/generate/faces", json=SWEEP).json()
    assert drawn["values"] == [0.0, 2.5, 5.0] and drawn["columns"] == 3 and len(drawn["pictures"]) == 6
    assert len(drawn["read"]["AU12"]) == 6


def test_way_has_a_picture_per_frame(tab):
    drawn = tab.post("/api/generate/faces", json=WAY).json()
    assert len(drawn["pictures"]) == 6 == len(drawn["read"]["AU12"])


@pytest.mark.parametrize("wish", [GRID, SWEEP, WAY])
def test_sheet_says_that_it_is_synthetic(tab, page, wish):
    answer = tab.post("/api/generate/download", json={**wish, "format": "png"})
    sheet = Image.open(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == "image/png" and sheet.text["Comment"] == NOTICE
    assert list(page[1].folder.rglob("*.png")) == []


def test_animation_says_that_it_is_synthetic(tab, page):
    gif = Image.open(io.BytesIO(tab.post("/api/generate/download", json={**WAY, "format": "gif"}).content))
    assert gif.info["comment"].decode() == NOTICE and gif.size == (256, 256) and gif.n_frames == 10  # there and back
    content = tab.post("/api/generate/download", json={**WAY, "format": "mp4"}).content
    with av.open(io.BytesIO(content)) as video:
        assert video.metadata["comment"] == NOTICE and sum(1 for _ in video.decode(video=0)) == 10
    assert list(page[1].folder.rglob("*.*")) == []


@pytest.mark.parametrize("change, words", [
    ({"kind": "cube"}, "'kind' must be one of grid, sweep, way"), ({"count": 65}, "1..64"), ({"count": 1.5}, "whole"),
    ({"start": None}, "'start' must be an object"), ({"start": face(-1)}, "'seed'"), ({"start": face(7, 64)}, "0..63"),
    ({"start": face(labels={"AU99": 1.0})}, "Unknown label for this model 'AU99'"),
    ({"start": face(labels={"AU12": 7.0})}, "0..5"), ({"start": face(labels={"AU12": "<b>"})}, "number"),
    ({"start": face(expression="anger")}, "trained without expression"), ({"start": face(expression=3)}, "a name"),
    ({"kind": "sweep", "steps": 3, "label": "../../x", "count": 1}, "Unknown label"),
    ({"kind": "sweep", "steps": 3, "label": 3, "count": 1}, "'label' must name a label"),
    ({"kind": "way", "end": face(expression="anger")}, "no way")])
def test_wrong_wishes_are_refused_in_one_line(tab, change, words):
    answer = tab.post("/api/generate/faces", json={**GRID, **change})
    assert answer.status_code == 400 and words in answer.json()["error"] and "\n" not in answer.json()["error"]


def test_only_a_way_is_an_animation(tab):
    answer = tab.post("/api/generate/download", json={**GRID, "format": "gif"})
    assert answer.status_code == 400 and "Only an interpolation" in answer.json()["error"]
    assert tab.post("/api/generate/download", json={**WAY, "format": "exe"}).status_code == 400
