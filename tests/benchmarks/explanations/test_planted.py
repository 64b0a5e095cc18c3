"""Planted models: their rules, true answers, and shares of explanations that name the cause."""

import numpy as np
import pytest

from catgan.benchmarks.explanations import planted
from catgan.benchmarks.explanations.planted import RULES, PlantedModel, light, light_model, named_by_rule, unexplained
from catgan.benchmarks.explanations.truth import true_answer
from catgan.errors import CatganError
from catgan.explain.models import Label
from catgan.explain.targets import parse_target
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene
from tests.harness.experiments import TINY

UNITS = (1, 4, 12, 15, 26)


@pytest.fixture(scope="module")
def gan():
    made = CatGAN(NetworkConfig(**TINY), LabelSpec(UNITS, "intensity", True), seed=1)
    made.add_editor()
    return made


@pytest.mark.parametrize("name, shown, expected", [
    ("one", {}, {(12,)}), ("and", {}, {(1, 4)}), ("and", {4: 4.0}, {(1,)}), ("or", {15: 3.0}, {(15,)}),
    ("or", {15: 3.0, 26: 2.0}, {(15, 26)})])
def test_rule_has_true_answers(name, shown, expected):
    rule = RULES[name]

    def truth(scene, numbers, levels):
        return {"answer": rule.of({f"AU{number:02}": levels[:, place] for place, number in enumerate(numbers)})}

    target = parse_target(rule.target, {"answer": Label("answer", ("answer",), 0.0, 5.0)})
    found = true_answer(Scene(shown), UNITS, target, truth)
    assert {tuple(UNITS[place] for place in sorted(one)) for one in found.sets} == expected


def test_light_from_the_right_is_more_than_from_the_left():
    faces = Renderer(32).render([Scene(light=(angle, 0.0, 1.0)) for angle in (-60.0, 0.0, 60.0)], 1)[0]
    left, middle, right = light(faces)
    assert left < middle < right and light_model().read(faces)["answer"] == pytest.approx(light(faces))


def test_named_by_rule_counts_exactly_the_units_of_the_rule(gan, monkeypatch):
    """With answers given instead of searched: right, one unit too many, none found."""
    scenes = [Scene({}) for _ in range(3)]
    faces = np.zeros((3, 16, 16, 3), np.uint8)
    given = [(True, frozenset({2})), (True, frozenset({1, 2})), (False, frozenset({2}))]
    monkeypatch.setattr(planted, "_changed", lambda gan, model, faces, targets: given[:len(faces)])
    monkeypatch.setattr(PlantedModel, "read", lambda self, faces: {"answer": np.zeros(len(faces))})
    found = named_by_rule(gan, gan, RULES["one"], scenes, faces, 3)
    assert found["labels"].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(found["model"]).all()  # this reader sees 0 whatever is shown
    assert len(named_by_rule(gan, gan, RULES["one"], scenes, faces, 2)["labels"]) == 2
    assert unexplained(gan, light_model(), faces, "answer>=0.5").tolist() == [False, False, True]


def test_unexplained_by_editor_that_changes_nothing_is_true(gan):
    faces = np.random.default_rng(0).integers(0, 255, (2, 16, 16, 3)).astype(np.uint8)
    assert unexplained(gan, light_model(), faces, ["answer>=0.5", "answer<=-0.5"]).tolist() == [True, True]


def test_planted_model_with_unsuitable_reader_is_refused(gan, tiny_gan):
    with pytest.raises(CatganError, match="needs a network that reads"):
        PlantedModel(tiny_gan, RULES["one"])
