"""What a training begins with."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN
from catgan.training.starting import initial_networks
from tests.harness.experiments import TINY, tiny_experiment

SPEC = LabelSpec((4, 12))
LARGER = {**TINY, "image_size": 32, "generator_widths": [*TINY["generator_widths"], 4],
          "discriminator_widths": [*TINY["discriminator_widths"][:-1], 8, 0],
          "generator_blocks": [*TINY["generator_blocks"], 0],
          "discriminator_blocks": [*TINY["discriminator_blocks"], 0]}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    gan = CatGAN(tiny_experiment().network_config, SPEC, seed=7)
    gan.add_editor(7)
    gan.save_to_preset(folder)
    return gan, str(folder)


def assert_copied(before, after):
    for old, new in zip(before.get_weights(), after.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_start_copies_the_networks_of_a_finished_training(first, caplog):
    gan, folder = first
    caplog.set_level("INFO")
    begun = initial_networks(replace(tiny_experiment(), start=folder), SPEC)
    assert_copied(gan.generator, begun.generator)
    assert_copied(gan.discriminator, begun.discriminator)
    assert begun.editor is None  # it belongs to the networks it was trained beside
    assert not caplog.messages


def test_start_with_smaller_faces_copies_matching_layers(first, caplog):
    gan, folder = first
    caplog.set_level("INFO")
    begun = initial_networks(replace(tiny_experiment(), start=folder, network=LARGER), SPEC)
    assert_copied(gan.generator.get_layer("label_embedding"), begun.generator.get_layer("label_embedding"))
    assert len(caplog.messages) == 2 and "layers of the generator begin as in" in caplog.messages[0]
    assert "discriminator" in caplog.messages[1]


@pytest.mark.parametrize("network, labels, message", [
    (TINY, LabelSpec((4, 15)), "has other labels"),
    ({**TINY, "channels": 3}, SPEC, "draws with 1 channels. Received: 3"),
])
def test_start_with_other_labels_or_channels_is_refused(network, labels, message, first):
    with pytest.raises(CatganError, match=message):
        initial_networks(replace(tiny_experiment(), start=first[1], network=network), labels)


def test_start_without_a_layer_in_common_is_refused(first):
    other = replace(tiny_experiment(), start=first[1], task="legacy", options=None, architecture="legacy_32",
                    network={"channels": 1})
    with pytest.raises(CatganError, match="No layer of the generator"):
        initial_networks(other, SPEC)
