"""Sanity checks: random weights, and Action Units named by chance."""

import numpy as np
import pytest

from catgan.benchmarks.explanations.sanity import Untrained, best_agreement, by_chance
from catgan.explain.models import CatGANModel
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY


def test_untrained_model_reads_otherwise_on_the_same_scale():
    gan = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 12), "intensity", True), seed=3)
    faces = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    model, trained = Untrained(gan, faces), CatGANModel(gan)
    said, known = model.read(faces), trained.read(faces)
    assert model.labels == trained.labels
    for name, label in model.labels.items():
        assert said[name].shape == (40,) and (said[name] >= label.low).all() and (said[name] <= label.high).all()
        inside = (said[name] > label.low).all() and (said[name] < label.high).all()
        if inside:
            assert said[name].mean() == pytest.approx(known[name].mean(), abs=1e-4)
            assert said[name].std() == pytest.approx(known[name].std(), abs=1e-4)
        assert abs(np.corrcoef(said[name], known[name])[0, 1]) < 0.9 or known[name].std() == 0


def test_best_agreement_takes_nearest_set():
    found = np.array([True, True, False])
    assert best_agreement(found, [frozenset({2}), frozenset({0, 1})])["jaccard"] == 1.0
    scores = best_agreement(found, [frozenset({2}), frozenset({0, 2})])
    assert scores["jaccard"] == pytest.approx(1 / 3) and scores["precision"] == scores["recall"] == 0.5


def test_by_chance_is_agreement_with_other_problems():
    found = np.array([[True, False], [False, True], [True, False]])
    sets = [(frozenset({0}),), (frozenset({1}),), (frozenset({0}),)]
    np.testing.assert_allclose(by_chance(found, sets), [0.5, 0.0, 0.5])
    assert np.isnan(by_chance(found[:1], sets[:1])).all()
