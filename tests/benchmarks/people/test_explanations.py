from dataclasses import replace

import numpy as np
import pytest

from catgan.benchmarks.people.explanations import (measure_attention, measure_faithfulness, measure_planted,
                                                   place_figures)
from catgan.benchmarks.people.table import explanations_table
from catgan.data.people.samples import PeopleSamples
from catgan.errors import CatganError
from catgan.explain.people.limits import Limits
from tests.harness.fusion import CLASSES, AdditiveModel

NAMES = ("face", "posture", "gait", "context")


class Attentive(AdditiveModel):
    """Attends to the middle of a face of 64 pixels."""

    def attention(self, inputs):
        heat = np.zeros((len(inputs["face"]["logits"]), 64, 64))
        heat[:, 16:56, 20:44] = 1.0
        return heat


def people(shown, strength=4.0):
    """People of whom each modality shows an emotion, `(n, 4)`; the label is that of the face."""
    shown = np.asarray(shown)
    count = len(shown)
    inputs = {name: {"logits": np.where(shown[:, [place]] >= 0, strength * np.eye(3)[shown[:, place]], 0.0)}
              for place, name in enumerate(NAMES)}
    return PeopleSamples(inputs, {name: np.ones(count, bool) for name in NAMES}, shown[:, 0], CLASSES,
                         tuple(f"p{row // 2}" for row in range(count)), tuple(map(str, range(count))),
                         np.zeros((count, 1)), ("valence",),
                         truth={f"shown_{name}": shown[:, place] for place, name in enumerate(NAMES)})


def test_faithfulness_of_known_answers():
    labels = np.arange(30) % 3
    conflict = np.where(np.arange(30) % 5 == 0, (labels + 1) % 3, -1)
    found = measure_faithfulness(Attentive(), people(np.stack([labels, labels, conflict, labels * 0 - 1], 1)),
                                 Limits(contradiction=0.8), draws=20)
    assert found["contradictions"]["said"] == 1.0 and found["contradictions"]["false_alarms"] == 0.0
    assert found["drops"]["correlation"] > 0.9 and found["largest_gap"] < 1e-9
    assert found["sufficiency"]["coverage"] == 1.0 and found["attention"]["mass"] == pytest.approx(1.0, abs=0.05)


def test_planted_modality_is_named_first_and_others_leak_nothing():
    labels = np.arange(30) % 3
    found = measure_planted(Attentive(), people(np.stack([labels, *[labels * 0 - 1] * 3], 1)), "face", draws=20)
    assert found["named"]["named_first"] == 1.0 and found["attention"]["n"] == 30
    assert found["leaks"]["gait"]["accuracy"] == pytest.approx(found["leaks"]["gait"]["chance"])
    with pytest.raises(CatganError, match="The network reads face, posture, gait, context. Received: planted mouth"):
        measure_planted(Attentive(), people([[0, 0, 0, 0]]), "mouth")
    with pytest.raises(CatganError, match="Nobody of these people"):
        measure_planted(Attentive(), people([[-1, 0, 0, 0]]), "face")


def test_place_that_contradicts_is_named():
    labels = np.arange(12) % 3
    shown = np.stack([labels, labels * 0 - 1, labels * 0 - 1, (labels + 1) % 3], 1)
    samples = people(shown)
    loud = replace(samples, inputs={**samples.inputs, "context": {"logits": 2 * samples.inputs["context"]["logits"]}})
    found = place_figures(Attentive(), loud, draws=20)
    assert found["accuracy"] == 0.0 and found["accuracy_without_context"] == 1.0
    assert found["follows_place"] == 1.0 and found["context_named"] == 1.0


def test_attention_of_nobody_is_unknown():
    samples = people([[0, 0, 0, 0]])
    nobody = replace(samples, available={**samples.available, "face": np.zeros(1, bool)})
    assert measure_attention(Attentive(), nobody) == {"mass": None, "n": 0}


def test_table_has_a_row_for_each_figure():
    labels = np.arange(30) % 3
    samples = people(np.stack([labels, labels, (labels + 1) % 3, labels], 1))
    run = {**measure_faithfulness(Attentive(), samples, Limits(), draws=20),
           "reversed": place_figures(Attentive(), samples, draws=20)}
    planted = measure_planted(Attentive(), samples, "face", draws=20)
    table = explanations_table({"runs": {"a": run, "b": run}, "planted": {"face": {"c": planted}}})
    assert "| planted in the face | named first, right answers | 0.95 |" in table
    assert "| contradictions | said where there is one | 0.90 | 1.000 |" in table
    assert "| attention, planted in the face | share in the mouth" in table
    assert all(line.count("|") == 6 for line in table.strip().splitlines())
    assert explanations_table({"runs": {}, "planted": {}}).count("\n") == 2
