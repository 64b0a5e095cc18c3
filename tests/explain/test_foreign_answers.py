"""Answers about foreign models: read through their own crop of the photograph, apart from what catgan reads."""

import json

import cv2
import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.explain import counterfactual, counterfactuals
from catgan.explain.foreign import ForeignModel
from catgan.explain.loading import explained_model
from catgan.explain.models import with_au_reader
from catgan.explain.preprocessing import Crops, PhotographedFace, Preprocessing
from catgan.explain.problem import CounterfactualProblem
from catgan.explain.report import save
from catgan.faces.alignment import TEMPLATE, aligned_by
from catgan.faces.blending import paste
from catgan.faces.images import read_image
from tests.harness.drawers import BarDrawer


@pytest.fixture(scope="module")
def shot(drawn, tiny_gan):
    """A photograph of 90 x 110 px around a drawn face in which AU12 is seen; where it lies, and its box."""
    images = load_dataset(drawn).images("test", 3)
    smile = np.array(images[int(np.argmax(tiny_gan.read(images)["AU12_present"]))])
    photo = np.full((90, 110, 3), 100, np.uint8)
    photo[15:71, 30:86] = cv2.resize(smile, (56, 56), interpolation=cv2.INTER_CUBIC)
    places = TEMPLATE * 56.0 + (30.0, 15.0)
    return PhotographedFace(photo, aligned_by(photo, places, 16), (34, 20, 44, 50)), places


def chin(pixels):
    """How light the lower third of a picture is, and its opposite: two classes."""
    light = np.asarray(pixels, np.float64)[:, -(pixels.shape[1] // 3):].mean(axis=(1, 2, 3)) / 255.0
    return {"mood": np.stack([light, 0.9 - light], 1), "AU12": light}


@pytest.fixture
def crops(tiny_gan, shot):
    """A model that reads a crop of the photograph, and what it says now."""
    preprocessing = Preprocessing(crop="square", padding=3, size=(24, 24), channels="grey", resize="linear")
    model = ForeignModel(chin, ["light", "dark", "AU12"], preprocessing, classes=True)
    return model, float(model.read_crops([Crops(shot[0], preprocessing).original()])["light"][0])


def test_answer_is_read_off_the_finished_photograph(tiny_gan, shot, crops, tmp_path):
    (where, places), (model, now) = shot, crops
    result = counterfactual(model, where.face.image, f"light<={now - 0.05:.3f}", gan=tiny_gan, drawer=BarDrawer,
                            photographs=[where], margin=0.0)
    assert result.status == "ok" and result.original["light"] == pytest.approx(now, abs=1e-4)
    save(result, tmp_path, where.photo, where.face, places)
    finished = read_image(tmp_path / "photograph.png")
    np.testing.assert_array_equal(finished, paste(where.photo, where.face, result.path[-1], result.moves[-1]))
    left, top, width, height = model.preprocessing.window(where.box)
    seen = model.read_crops([finished[top:top + height, left:left + width]])
    content = json.loads((tmp_path / "counterfactual.json").read_text())
    for name in ("light", "dark", "AU12"):
        assert content["counterfactual"][name] == pytest.approx(float(seen[name][0]), abs=1e-4)
    assert content["preprocessing"]["box"] == list(where.box) and content["preprocessing"]["padding"] == 3


def test_readings_of_both_models_are_kept_apart(tiny_gan, shot, crops):
    (where, _), (model, now) = shot, crops
    result = counterfactual(model, where.face.image, f"AU12<={now - 0.05:.3f},keep:catgan:valence", gan=tiny_gan,
                            drawer=BarDrawer, photographs=[where], margin=0.0)
    assert set(result.original) == set(result.counterfactual) == {"light", "dark", "AU12"}
    assert {"AU12_present", "valence"} <= set(result.to_dict()["catgan"]["original"])
    assert "he model's AU12" in result.sentence()
    own = counterfactual(tiny_gan, where.face.image, "AU12=0", drawer=BarDrawer)
    assert own.to_dict()["catgan"] is None and "valence" in own.original and own.says == ""


def test_keep_of_a_foreign_action_unit_does_not_hold_the_drawer(tiny_gan, shot, crops):
    """Its AU12 is a reading; the editor's AU12 is held by our label alone."""
    (where, _), (model, _) = shot, crops
    combined, options = with_au_reader(model, tiny_gan), {"make_drawer": BarDrawer, "photographs": [where]}
    unit = tiny_gan.spec.action_units.index(12)
    theirs, ours, other = (CounterfactualProblem(*combined, where.face.image[None], f"dark>=0.9,{keep}", **options)
                           for keep in ("keep:AU12", "keep:catgan:AU12", "keep:au04,keep:valence"))
    assert theirs.allowed[0, unit] and not ours.allowed[0, unit]
    assert [goal.label.name for goal in other.goals[0].goals if goal.kept] == ["catgan:AU04", "catgan:valence"]


def test_prediction_for_the_original_is_described(tiny_gan, shot, crops):
    (where, _), (model, now) = shot, crops
    likeliest = "light" if now > 0.45 else "dark"
    result = counterfactual(model, where.face.image, f"class!={likeliest}", gan=tiny_gan, drawer=BarDrawer,
                            photographs=[where])
    assert result.says.startswith(f"{likeliest} {max(now, 0.9 - now):.2f}")
    if result.status == "ok":
        assert f"The model's class turns from {likeliest}" in result.sentence()


def test_model_that_never_responds_gets_a_warning(tiny_gan, shot):
    where, _ = shot
    for value in (0.7, 0.0):
        result = counterfactual(lambda x, v=value: np.full((len(x), 2), v), where.face.image, "output[0]>=0.9",
                                gan=tiny_gan, drawer=BarDrawer)
        assert result.status == "not found" and result.unmoved
        assert "preprocessing is probably another one" in result.sentence() and "range" in result.sentence()
    moving = counterfactual(lambda x: x.mean((1, 2, 3)) / 1e5, where.face.image, "output[0]>=0.9", gan=tiny_gan,
                            drawer=BarDrawer)
    assert moving.status == "not found" and not moving.unmoved and "preprocessing" not in moving.sentence()


def test_model_of_crops_without_photographs_or_with_gradients_is_refused(tiny_gan, shot, crops):
    (where, _), (model, _) = shot, crops
    faces = where.face.image[None]
    for photographs in (None, [where, where]):
        with pytest.raises(CatganError, match="reads the crop 'square' of photographs: give one PhotographedFace"):
            counterfactuals(model, faces, "light<=0", gan=tiny_gan, drawer=BarDrawer, photographs=photographs)
    with pytest.raises(CatganError, match="gradient search reads aligned faces only"):
        counterfactuals(model, faces, "light<=0", gan=tiny_gan, drawer=BarDrawer, photographs=[where],
                        method="gradient")


def test_oracle_without_the_label_is_refused_before_the_search(tiny_gan, shot):
    where, _ = shot
    model = explained_model(lambda x: np.stack([x.mean((1, 2, 3)), x.mean((1, 2, 3))], 1), ["calm", "sad"])
    with pytest.raises(CatganError, match="The oracle cannot be asked about this target.*'sad'"):
        counterfactual(model, where.face.image, "sad<=1", gan=tiny_gan, drawer=BarDrawer, oracle=tiny_gan)
    result = counterfactual(model, where.face.image, "catgan:AU12=0", gan=tiny_gan, drawer=BarDrawer, oracle=tiny_gan)
    assert result.oracle_validity == result.validity and "AU12 as catgan reads it" in result.sentence()


def test_page_of_answers_shows_predictions(tiny_gan, shot, crops, tmp_path):
    from catgan.pipelines import gallery

    (where, places), (model, now) = shot, crops
    result = counterfactual(model, where.face.image, f"light<={now - 0.05:.3f}", gan=tiny_gan, drawer=BarDrawer,
                            photographs=[where], margin=0.0)
    answers = [gallery.Explained(tmp_path / f"{name}.png", 0, where.face, places, None, where.photo, result)
               for name in "ab"]
    gallery.save(answers, tmp_path / "all")
    page = (tmp_path / "all" / "index.html").read_text()
    assert page.count(f"The model says {result.says} of the photograph.") == 2 and "light" in result.says
