"""Page of explained photographs: folder names, counts, and what a photograph without an answer costs."""

import dataclasses
import json

import numpy as np
import pytest

from catgan.errors import Failure
from catgan.explain import Counterfactual
from catgan.faces.alignment import TEMPLATE, aligned_by
from catgan.pipelines import gallery

PHOTO = np.random.default_rng(0).integers(40, 200, (90, 110, 3)).astype(np.uint8)
PLACES = TEMPLATE * 56.0 + (30.0, 15.0)
FACE = aligned_by(PHOTO, PLACES, 16)


def result(status="ok", **changes):
    image = FACE.image
    return Counterfactual(status, "AU12<=1", {"AU12": 3.0}, {"AU12": 0.5}, changes, float(status == "ok"),
                          {"l1": 0.0, "l2": 0.0, "ssim": 1.0}, {"psnr": 30.0, "ssim": 0.9}, 3, 0.1,
                          {name: image for name in ("original", "reconstruction", "counterfactual")}, image[None],
                          np.zeros((1, 16, 16, 2), np.float32), "kept", ("AU12 falls",))


def explained(path, answer, index=0, frame=None):
    return gallery.Explained(path, index, FACE, PLACES, frame, PHOTO, answer)


@pytest.fixture
def two(tmp_path):
    first = explained(tmp_path / "a<b>.png", result(AU12=(3.0, 0.5)))
    return [first, explained(tmp_path / "other.mp4", result("not found", AU04=(0.0, 5.0)), frame=7)]


def test_names_with_frames_faces_and_repetitions_differ(tmp_path):
    answers = [explained(tmp_path / part / "a.png", result(), index, frame) for part, index, frame in
               (("x", 0, None), ("y", 0, None), ("x", 2, None), ("x", 0, 12))]
    assert gallery.names(answers) == ["a", "a-again2", "a-2", "a-frame00012"]


def test_summary_counts_statuses_and_mean_changes_of_found_answers(two):
    found = gallery.summary([answer.result for answer in two])
    assert found == {"faces": 2, "counts": "1 ok, 1 not found", "units": [("AU12 lip corner puller", 1, "-2.5")]}


def test_save_of_two_answers_writes_folders_and_an_escaped_page(two, tmp_path):
    gallery.save(two, tmp_path / "all", [Failure("broken.png", "no <face>")], "a network")
    page = (tmp_path / "all" / "index.html").read_text()
    assert "a&lt;b&gt;.png" in page and "other.mp4, frame 7" in page and "no &lt;face&gt;" in page
    assert json.loads((tmp_path / "all" / "other-frame00007" / "counterfactual.json").read_text())["status"] == \
        "not found"


def test_save_of_one_answer_writes_no_page(two, tmp_path):
    gallery.save(two[:1], tmp_path / "one")
    assert (tmp_path / "one" / "counterfactual.json").is_file() and not (tmp_path / "one" / "index.html").exists()


def test_as_json_of_one_answer_is_that_answer_and_of_several_a_list(two):
    one, many = gallery.as_json(two[:1]), gallery.as_json(two, [Failure("b.png", "no face")], {"hidden": 2})
    assert one["status"] == "ok" and one["face"] == 0 and "frame" not in one
    assert [part["status"] for part in many["answers"]] == ["ok", "not found"] and many["answers"][1]["frame"] == 7
    assert many["failures"] == [{"image": "b.png", "reason": "no face"}] and many["skipped"] == {"hidden": 2}


def test_page_shows_the_prediction_of_a_foreign_model(two, tmp_path):
    told = [dataclasses.replace(part, result=dataclasses.replace(part.result, says="happy 0.91")) for part in two]
    gallery.save(told, tmp_path)
    assert (tmp_path / "index.html").read_text().count("The model says happy 0.91 of the photograph.") == 2
