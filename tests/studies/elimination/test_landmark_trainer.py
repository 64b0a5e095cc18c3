"""Tests of `catgan.studies.elimination.landmark_trainer`."""

import numpy as np
import pytest

from catgan.data.clips.landmarks import shaped
from catgan.explain.attribution.sequence_family import attribute_sequences
from catgan.explain.attribution.sequence_gradients import output_of
from catgan.faces.landmark_sets import anatomical_subsets
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.studies.elimination.landmark_trainer import LandmarkTrainer
from catgan.training.landmarks import LandmarkTraining, Member
from tests.harness.eliminations import moving_clips

PARTS = anatomical_subsets("ibug_68")
MEMBERS = (Member("mouth", 1, tuple(PARTS["mouth"].tolist())), Member("brows", 2, tuple(PARTS["brows"].tolist())),
           Member("everything", 1, tuple(range(68))))


@pytest.fixture(scope="module", params=[
    "linear", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("randomised", "trained"))])
def fitted(request):
    clips = shaped(moving_clips(12), ShapeOptions())
    trainer = LandmarkTrainer(LandmarkConfig(request.param, units=8, dense=8), LandmarkTraining(64, 16), nodes=32)
    return trainer.fit(clips, clips, MEMBERS, 0), clips


def test_relevance_is_that_of_the_whole_network(fitted):
    """The network of one member alone gives what the batch of all members gives."""
    networks, clips = fitted
    few = type(clips)(*(part[:6] for part in clips))
    for number, member in enumerate(MEMBERS):
        found = networks.relevance(few, [number]).values[0]
        whole = output_of(networks.network, number, ("shapes", "seen"))
        attributed = attribute_sequences(whole, few.shapes, few.seen, nodes=32)
        right = attributed.outputs > 0.0
        expected = np.abs(attributed.values.sum(-1)).sum(1)[right if right.any() else slice(None)].mean(0)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * expected.max())
        assert not np.delete(found, member.points).any()


def test_completeness_gap_is_small(fitted):
    networks, clips = fitted
    assert networks.relevance(clips, [0, 1]).gap < 0.02


def test_networks_with_fewer_points_cost_less(fitted):
    networks, _ = fitted
    assert networks.parameters[1] < networks.parameters[0] < networks.parameters[2]
    assert networks.multiply_adds[1] < networks.multiply_adds[0] < networks.multiply_adds[2]
    assert networks.logits(fitted[1]).shape == (36, 3)
