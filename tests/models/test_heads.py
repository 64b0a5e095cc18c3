"""Every head: names, ranges, ordered thresholds, expectation and variance by hand, its own columns."""

import numpy as np
import pytest

from catgan.labels import LabelSpec
from catgan.models import heads
from catgan.models.gan.architectures import network_config
from catgan.models.gan.heads import heads_of

SPEC = LabelSpec((1, 12), "intensity", True, ("anger", "fear", "neutral"))
PRESENCE = LabelSpec((1, 12), "presence", True)


def made(spec=SPEC, preset="xs_32", **changes):
    return {head.name: head for head in heads_of(network_config(preset, changes), spec)}


def raw(head, seed=0, scale=2.0):
    return scale * np.random.default_rng(seed).standard_normal((6, head.units)).astype(np.float32)


def arrays(outputs):
    return {name: np.asarray(value) for name, value in outputs.items()}


def labelled(values, known, presence=None, presence_known=None):
    none = np.zeros((len(values), 0), np.float32)
    return {"values": known * values, "mask": np.full_like(values, known),
            "presence": none if presence is None else np.asarray(presence, np.float32),
            "presence_mask": none if presence is None else np.asarray(presence_known, np.float32)}


@pytest.mark.parametrize("action_units", ["gaussian", "huber", "ordinal"])
@pytest.mark.parametrize("valence_arousal", ["regression", "categorical"])
@pytest.mark.parametrize("spec", [SPEC, PRESENCE], ids=["intensity", "presence"])
def test_outputs_of_every_head_are_value_and_variance(action_units, valence_arousal, spec):
    chosen = made(spec, action_unit_head=action_units, valence_arousal_head=valence_arousal)
    outputs = {}
    for head in chosen.values():
        outputs |= arrays(head.outputs(raw(head)))
    assert (outputs["action_units"] >= 0).all() and (outputs["action_units"] <= 1).all()
    assert (np.abs(outputs["valence_arousal"]) <= 1).all()
    for name, head in chosen.items():
        assert outputs[name].shape == outputs[f"{name}_log_variance"].shape == (6, head.count)
        assert np.isfinite(outputs[f"{name}_log_variance"]).all() and outputs[name].dtype == np.float32
    read = np.asarray(heads.decode_outputs(list(chosen.values()), outputs))
    assert read.shape == (6, spec.width)
    values = np.random.default_rng(1).random((6, spec.width)).astype(np.float32)
    losses = heads.label_losses(list(chosen.values()), outputs, labelled(values, 1.0))
    assert set(losses) == set(chosen) and all(np.isfinite(float(loss)) for loss in losses.values())
    nothing = heads.label_losses(list(chosen.values()), outputs, labelled(values, 0.0))
    assert all(float(loss) == 0.0 for loss in nothing.values())


def test_ordinal_outputs_equal_those_by_hand():
    head = made(action_unit_head="ordinal")["action_units"]
    certain = np.full((1, 2, 5), -30.0, np.float32)
    certain[0, :, 0] = 30.0  # exceeds 0; then the threshold 1 is 60 lower
    certain[0, :, 1] = 60.0
    outputs = arrays(head.outputs(certain.reshape(1, 10)))
    np.testing.assert_allclose(outputs["action_units"], 1 / 5, atol=1e-4)  # level 1 of 5, without doubt
    np.testing.assert_allclose(np.exp(outputs["action_units_log_variance"]), heads.MIN_VARIANCE, rtol=0.1)
    logits = arrays(head.outputs(raw(head)))["action_units_logits"]
    assert (np.diff(logits, axis=-1) < 0).all()
    # Half sure of 0 and half of 5: mean 2.5, variance 6.25, in units of 5.
    torn = np.full((1, 2, 5), -30.0, np.float32)
    torn[0, :, 0] = 0.0
    outputs = arrays(head.outputs(torn.reshape(1, 10)))
    np.testing.assert_allclose(outputs["action_units"], 0.5, atol=1e-4)
    np.testing.assert_allclose(np.exp(outputs["action_units_log_variance"]), 0.25, atol=1e-3)


def test_categorical_outputs_equal_those_by_hand():
    head = made(valence_arousal_head="categorical", bins=5)["valence_arousal"]
    logits = np.full((1, 2, 5), -30.0, np.float32)
    logits[0, 0, [1, 3]] = 0.0  # half at -0.5, half at 0.5
    logits[0, 1, 4] = 0.0  # 1
    outputs = arrays(head.outputs(logits.reshape(1, 10)))
    np.testing.assert_allclose(outputs["valence_arousal"], [[0.0, 1.0]], atol=1e-6)
    np.testing.assert_allclose(np.exp(outputs["valence_arousal_log_variance"]), [[0.25, 0.0]], atol=2e-4)


def test_label_losses_take_the_columns_of_each_head():
    chosen = list(made(LabelSpec((1, 12), "presence", True, ("anger", "fear"))).values())
    assert [head.columns for head in chosen] == [slice(0, 2), slice(2, 4), slice(4, 6)]
    values = np.array([[1, 0, 0.5, -0.5, 0, 1], [0, 1, -0.5, 0.5, 1, 0]], np.float32)
    outputs = {"action_units_logits": 40 * values[:, :2] - 20, "valence_arousal": values[:, 2:4],
               "valence_arousal_log_variance": np.zeros((2, 2), np.float32), "expression_logits": 20 * values[:, 4:]}
    got = heads.label_losses(chosen, outputs, labelled(values, 1.0))
    assert all(abs(float(loss)) < 1e-5 for loss in got.values())


def test_heads_of_legacy_networks_are_probabilities_and_squared_errors():
    chosen = made(preset="legacy_32")
    assert type(chosen["action_units"]) is heads.Presence and type(chosen["valence_arousal"]) is heads.Plain


def test_presence_logits_of_a_gaussian_are_those_of_exceeding_level_a():
    """Standard deviation .2 at intensities 5, 1 and 0 of 5: four deviations above, exactly at, and one below."""
    head = made(LabelSpec((1,), "intensity"))["action_units"]
    outputs = {"action_units": np.array([[1.0], [0.2], [0.0]], np.float32),
               "action_units_log_variance": np.full((3, 1), 2 * np.log(0.2), np.float32)}
    logits = np.asarray(head.presence_logits(outputs))[:, 0]
    np.testing.assert_allclose(logits, 1.702 * np.array([4.0, 0.0, -1.0]), rtol=1e-5, atol=1e-6)
    # Two of them are known: present and absent.
    losses = heads.label_losses([head], outputs, labelled(np.zeros((3, 1), np.float32), 0.0, [[1], [0], [0]],
                                                          [[1], [0], [1]]))
    expected = (np.log1p(np.exp(-4 * 1.702)) + np.log1p(np.exp(-1.702))) / 2
    assert float(losses["presence"]) == pytest.approx(expected, rel=1e-5)
    assert float(losses["action_units"]) == 0.0


@pytest.mark.parametrize("kind", ["gaussian", "huber", "ordinal"])
def test_presence_loss_trains_every_intensity_head(kind):
    head = made(LabelSpec((1, 4), "intensity"), action_unit_head=kind)["action_units"]
    assert np.asarray(head.presence_logits(arrays(head.outputs(raw(head))))).shape == (6, 2)
