"""All about one face: answers, even if and heat map of planted models, progress, and files."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain import Preprocessing, explained_model
from catgan.explain.preprocessing import PhotographedFace
from catgan.faces.alignment import align, anchors
from catgan.faces.images import Photograph
from catgan.pipelines import why_files
from catgan.pipelines.gallery import FoundFace
from catgan.pipelines.why import Question, explain_face, heat_output, target_of
from tests.harness.faces import render_face


def brightness(faces):
    """A planted model: mean grey level of the whole face."""
    return faces.mean((1, 2, 3)).astype(np.float64)


@pytest.fixture(scope="module")
def shot():
    """A drawn face as if it were found in a photograph."""
    drawn = render_face(size=96)
    face = align(drawn.image, drawn.landmarks, 16)
    return PhotographedFace(drawn.image, face, (0, 0, 96, 96)), anchors(drawn.landmarks)


def ask(gan, shot, model=brightness, progress=lambda step, count: None, **asked):
    explained = explained_model(model, preprocessing=Preprocessing(size=(16, 16)))
    return explain_face(explained, gan, *shot, Question(**{"target": "output[0]<=1", **asked}), progress=progress)


def test_unreachable_target_gives_one_answer_with_even_if_and_regions(tiny_gan, shot, tmp_path):
    seen = []
    why = ask(tiny_gan, shot, count=3, even_if=True, heat="occlusion", progress=lambda *told: seen.append(told))
    assert [answer.status for answer in why.answers] in (["not found"], ["poor inversion"]) and not why.missing
    assert why.even_if.target == "output[0]<=1" and why.heat.target == "output[0]"
    steps = [step for step, _ in seen]
    assert list(dict.fromkeys(steps)) == ["answers", "even if", "heat map"]
    assert max(count for step, count in seen if step == "answers") == why.answers[0].renders
    (image, places), folder = shot, tmp_path / "why"
    found = FoundFace(tmp_path / "face.png", 0, image.face, places, None, None)
    why_files.save(why, found, Photograph(image.photo, image.photo, None, None), folder, "brightness")
    assert {path.name for path in folder.iterdir()} == {
        "original.png", "reconstruction.png", "counterfactual.png", "difference.png", "photograph.png", "panel.png",
        "counterfactual.json", "even_if.png", "even_if.json", "heat_map.png", "heat_map_panel.png", "regions.csv"}


def test_target_that_holds_has_no_even_if(tiny_gan, shot):
    why = ask(tiny_gan, shot, target="output[0]>=1", even_if=True, heat="counterfactual_ig")
    assert why.even_if is None and why.heat is None and set(why.missing) == {"even if", "heat map"}
    assert why.answers[0].status == "already met"


def test_what_progress_raises_ends_the_work(tiny_gan, shot):
    class Enough(Exception):
        """Nothing more is wanted."""

    def stop(step, count):
        if count:
            raise Enough

    with pytest.raises(Enough):
        ask(tiny_gan, shot, progress=stop)


def test_number_of_answers_is_bounded(tiny_gan, shot):
    with pytest.raises(CatganError, match="must lie in 1..5. Received: 6"):
        ask(tiny_gan, shot, count=6)


def test_heat_map_is_of_the_first_condition(tiny_gan):
    model = explained_model(lambda faces: faces.mean((1, 2)) / 255.0, ("red", "green", "blue"), classes=True,
                            preprocessing=Preprocessing(size=(16, 16)))
    assert heat_output(target_of(model, tiny_gan, "class!=green,red>=0.1")) == "green"
    assert heat_output(target_of(model, tiny_gan, "red>=0.1,class!=green")) == "red"
