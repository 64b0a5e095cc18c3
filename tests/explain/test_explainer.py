"""Counterfactuals as an explainer object, about planted models whose answers are known: statuses, batches, files."""

import json

import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf

from catgan.errors import CatganError, DataError, TargetError
from catgan.explain import (Counterfactual, CounterfactualList, Counterfactuals, Preprocessing, SearchOptions,
                            Semifactual, counterfactual, explained_model)
from catgan.explain.drawers import Drawer, InversionDrawer, SceneDrawer
from catgan.explain.drawers.inversion import _INVERTERS
from catgan.explain.models import DifferentiableModel, ExplainedModel
from catgan.explain.report import save
from catgan.explain.search.certified import Certificate
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler, Scene

UNITS = (4, 12)
SCENE = Sampler(0).scene(3).with_action_units({4: 0.0, 12: 0.0})
AT_REST, SMILING = Renderer(16).render([SCENE, SCENE.with_action_units({12: 5.0})], 3)[0].astype(np.float64)
FACE = AT_REST.astype(np.uint8)


def smile(faces):
    """A planted model that reads AU12 alone: the place between the face at rest, 0, and the widest smile, 5."""
    direction = SMILING - AT_REST
    return 5.0 * ((faces - AT_REST) * direction).sum((1, 2, 3)) / np.square(direction).sum()


PLANTED = explained_model(smile, preprocessing=Preprocessing(size=(16, 16)))


def corner(faces):
    """A planted model that no Action Unit moves: the brightness of a corner of the background."""
    return faces[:, 0, 0].mean(-1).astype(np.float64)


def scene_drawer(*_):
    return SceneDrawer([SCENE], 16, 3, UNITS)


class ForgetfulDrawer(SceneDrawer):
    """Keeps nothing of the unchanged face."""

    min_quality = (15.0, 0.85)

    def reconstructed(self, levels, answers):
        return 255 - self.images


def explainer(gan, model=PLANTED, **options):
    return Counterfactuals(model, scene_drawer, gan=gan, **options)


# === Statuses ===


@pytest.mark.parametrize("method", ["search", "minimal"])
def test_planted_unit_is_found_with_status_ok(untrained_gan, method):
    answer, = explainer(untrained_gan, method=method).explain(FACE[None], "output[0]>=3")
    assert answer.status == "ok" and answer.validity == 1.0 and list(answer.changes) == ["AU12"]
    assert float(answer.counterfactual["output[0]"]) >= 3.0 and answer.drawing["ssim"] == pytest.approx(1.0)


def test_model_that_no_unit_moves_gives_status_not_found_with_proof(untrained_gan):
    asked = explainer(untrained_gan, corner, method="minimal")
    answer, = asked.explain(FACE[None], f"output[0]>={corner(FACE[None])[0] + 50:.1f}")
    assert answer.status == "not found" and answer.validity == 0.0 and answer.unmoved
    assert answer.certificate.reaching == 0 and answer.certificate.complete == (1, 2)


def test_target_that_holds_gives_status_already_met_and_no_change(untrained_gan):
    answer, = explainer(untrained_gan).explain(FACE[None], "output[0]<=1")
    assert answer.status == "already met" and answer.changes == {}
    np.testing.assert_array_equal(answer.images["counterfactual"], FACE)


def test_drawer_that_keeps_nothing_gives_status_poor_inversion(untrained_gan):
    def forgetful(*_):
        return ForgetfulDrawer([SCENE], 16, 3, UNITS)

    answer = counterfactual(PLANTED, FACE, "output[0]>=3", gan=untrained_gan, drawer=forgetful)
    assert answer.status == "poor inversion" and answer.validity == 1.0


# === One explainer, many questions ===


def test_second_question_neither_compiles_nor_tries_the_model_again(untrained_gan):
    trials = []

    def counted(faces):
        trials.append(faces.shape == (2, 64, 64, 3))
        return faces.mean((1, 2, 3))

    explain = Counterfactuals(counted, InversionDrawer, gan=untrained_gan, options=SearchOptions(max_units=1)).explain
    explain(FACE[None], "output[0]>=250")
    inverter, predict = _INVERTERS[untrained_gan], untrained_gan.generator.predict_function
    explain(FACE[None], "output[0]<=5", keep=["AU04"])
    assert sum(trials) == 1 and _INVERTERS[untrained_gan] is inverter and inverter.traces == 1
    assert untrained_gan.generator.predict_function is predict


def test_batches_give_the_answers_of_all_faces_at_once(untrained_gan):
    faces = np.random.default_rng(0).integers(60, 190, (5, 16, 16, 3)).astype(np.uint8)
    scenes = [Scene({12: float(level)}) for level in range(5)]

    def of_batch(gan, images, settings, seed):
        rows = [int(np.flatnonzero((faces == image).all((1, 2, 3)))[0]) for image in images]
        return SceneDrawer([scenes[row] for row in rows], 16, 3, UNITS)

    asked = Counterfactuals(lambda x: x.mean((1, 2, 3)), of_batch, gan=untrained_gan)
    one, two = (asked.explain(faces, "output[0]>=200", batch_size=size) for size in (None, 2))
    assert [answer.changes for answer in one] == [answer.changes for answer in two] and len(two) == 5
    assert list(asked.explain(faces[:0], "output[0]>=200")) == []


def test_keep_is_short_for_keep_in_the_target(untrained_gan):
    answer, = explainer(untrained_gan).explain(FACE[None], "output[0]>=3", keep=["catgan:AU12"])
    assert answer.target == "output[0]>=3,keep:catgan:AU12"
    assert answer.status == "not found" and "AU12" not in answer.changes


def test_number_of_targets_that_is_not_that_of_faces_is_refused(untrained_gan):
    with pytest.raises(TargetError, match="one for each. Received: 2 for 1 faces"):
        explainer(untrained_gan).explain(FACE[None], ["output[0]>=3", "output[0]>=4"])


def test_seed_may_be_a_generator(untrained_gan):
    asked = Counterfactuals(PLANTED, scene_drawer, gan=untrained_gan, seed=np.random.default_rng(3))
    assert asked.seed == Counterfactuals(PLANTED, gan=untrained_gan, seed=np.random.default_rng(3)).seed > 0


def test_models_and_drawers_fulfil_their_protocols(untrained_gan):
    assert isinstance(scene_drawer(), Drawer) and isinstance(explained_model(untrained_gan), DifferentiableModel)
    assert isinstance(PLANTED, ExplainedModel) and not isinstance(object(), Drawer)


# === Options ===


def test_option_max_units_bounds_the_sets(untrained_gan):
    target = "output[0]>=3,catgan:AU04>=1"
    answer, = explainer(untrained_gan, options=SearchOptions(max_units=1)).explain(FACE[None], target)
    assert len(answer.changes) <= 1


@pytest.mark.parametrize("method", ["search", "minimal"])
@pytest.mark.parametrize("count, words", [(1, "one Action Unit "), (2, "up to two Action Units "),
                                          (3, "up to three Action Units ")])
def test_sentence_without_answer_names_the_number_of_units_tried(untrained_gan, method, count, words):
    asked = explainer(untrained_gan, corner, method=method, options=SearchOptions(max_units=count))
    answer, = asked.explain(FACE[None], f"output[0]>={corner(FACE[None])[0] + 50:.1f}")
    assert answer.status == "not found" and answer.sentence().startswith(f"No change of {words}")
    assert Counterfactual.from_json(answer.to_json()).sentence() == answer.sentence()


def test_option_margin_moves_the_answer_inside_the_target(untrained_gan):
    near, far = (explainer(untrained_gan, options=SearchOptions(margin=margin)).explain(FACE[None], "output[0]=2..4")[0]
                 for margin in (0.0, 0.4))
    assert float(far.counterfactual["output[0]"]) > float(near.counterfactual["output[0]"]) >= 2.0


@pytest.mark.parametrize("options, match", [
    ({"max_units": 0}, "'max_units' is a whole number from 1"), ({"beam_width": 1.5}, "'beam_width' is a whole"),
    ({"margin": 0.5}, "'margin' must lie in 0..0.4"), ({"min_change": 0.0}, "'min_change' must lie in"),
    ({"grid": (0.0, 6.0)}, "0..5. Received: 0, 6"), ({"grid": ()}, "0..5")])
def test_options_out_of_range_are_refused(options, match):
    with pytest.raises(CatganError, match=match):
        SearchOptions(**options)


# === Files and pictures ===


@pytest.fixture(scope="module")
def answers(untrained_gan):
    asked = explainer(untrained_gan, method="minimal", identity=lambda faces: faces.reshape(len(faces), -1) / 255.0)
    return asked.explain(FACE[None], "output[0]>=3", frames=3)


def test_json_round_trip_keeps_content_and_pixels(answers, tmp_path):
    answer = answers[0]
    text = answer.to_json(tmp_path / "answer.json")
    for again in (Counterfactual.from_json(text), Counterfactual.from_json(tmp_path / "answer.json")):
        assert again.to_dict() == json.loads(json.dumps(answer.to_dict())) and again.sentence() == answer.sentence()
        assert again.certificate == answer.certificate and again.kept == answer.kept and again.says == answer.says
        for name in answer.images:
            np.testing.assert_array_equal(again.images[name], answer.images[name])
        np.testing.assert_array_equal(again.path, answer.path)
        np.testing.assert_array_equal(again.moves, answer.moves)


def test_saved_folder_is_read_with_its_pictures(answers, tmp_path):
    save(answers[0], tmp_path)
    again = Counterfactual.from_json(tmp_path / "counterfactual.json")
    assert again.to_dict() == json.loads(json.dumps(answers[0].to_dict())) and again.sentence() == answers[0].sentence()
    np.testing.assert_array_equal(again.images["counterfactual"], answers[0].images["counterfactual"])


def test_list_of_answers_round_trips(answers, tmp_path):
    answers.to_json(tmp_path / "all.json")
    again = CounterfactualList.from_json(tmp_path / "all.json")
    assert [answer.to_dict() for answer in again] == [json.loads(json.dumps(answer.to_dict())) for answer in answers]


@pytest.mark.parametrize("text, match", [
    ("{", "cannot be read as JSON"), ("[]", "cannot be read as JSON"), ("{}", "no counterfactual as catgan writes it"),
    ('{"status": "ok", "sentence": "x"}', "no counterfactual")])
def test_text_that_is_no_answer_is_refused(text, match):
    with pytest.raises(DataError, match=match):
        Counterfactual.from_json(text)


def test_answer_without_its_pictures_is_refused(answers):
    with pytest.raises(DataError, match="has no pictures"):
        Counterfactual.from_json(json.dumps(answers[0].to_dict()))


def test_certificate_round_trips(answers, tmp_path):
    proof = answers[0].certificate
    assert Certificate.from_json(proof.to_json(tmp_path / "proof.json")) == proof
    assert "min_change" not in proof.to_dict() and json.loads((tmp_path / "proof.json").read_text()) == proof.to_dict()


def test_figures_stay_out_of_pyplot(answers, untrained_gan):
    figures = [answers[0].plot(), answers.plot(), explainer(untrained_gan).semifactual(FACE, "output[0]>=4").plot()]
    assert [len(figure.axes) for figure in figures] == [6, 4, 1] and not Gcf.figs


def test_notebooks_show_a_short_text_and_inline_pictures(answers):
    assert len(repr(answers[0])) < 120 and "status='ok'" in repr(answers[0]) and "ok" in repr(answers)
    shown = answers[0]._repr_html_()
    assert shown.count("data:image/png;base64,") == 2 and "AU12" in shown and "<script" not in shown
    assert answers._repr_html_() == shown


# === Other answers ===


def test_semifactual_of_a_planted_model_round_trips(untrained_gan, tmp_path):
    even = explainer(untrained_gan).semifactual(FACE, "output[0]>=4")
    assert float(even.semifactual["output[0]"]) < 4.0 and even.changes["AU04"] == (0.0, 5.0)
    again = Semifactual.from_json(even.to_json(tmp_path / "even.json"))
    assert again.to_dict() == json.loads(json.dumps(even.to_dict())) and "even if" in again.sentence()
    np.testing.assert_array_equal(again.image, even.image)
    assert "AU04" in repr(even) and even._repr_html_().count("base64") == 1
    with pytest.raises(DataError, match="no semifactual"):
        Semifactual.from_json("{}")


def test_diverse_answers_of_one_cause_are_one(untrained_gan):
    found = explainer(untrained_gan).diverse(FACE, "output[0]>=3")
    assert [list(answer.changes) for answer in found] == [["AU12"]]
