"""Tests of `catgan.exporters.description`: what is described is what the exported networks take and give."""

import json

import numpy as np
import pytest

from catgan import __version__
from catgan.errors import CatganError, ModelError
from catgan.exporters.description import chosen_parts, describe_part, part_names
from catgan.exporters.parts import parts_of
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import PACKAGED
from tests.harness.exported import exported_gan


@pytest.fixture(scope="module", params=["intensity", "presence", "expressions"])
def gan(request):
    return exported_gan(request.param)


@pytest.mark.parametrize("part", ["predictor", "generator", "editor"])
def test_description_has_the_names_and_shapes_of_the_network(gan, part):
    made, = parts_of(gan, [part])
    for key, tensors in (("inputs", made.network.input), ("outputs", made.network.output)):
        described = {tensor["name"]: tensor for tensor in made.description[key]}
        assert described.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert ["n", *tensor.shape[1:]] == described[name]["shape"] and tensor.dtype == described[name]["dtype"]
            labels = described[name]["labels"]
            assert not labels or len(labels) == tensor.shape[-1]
    assert json.loads(json.dumps(made.description, allow_nan=False)) == made.description


def test_outputs_lie_in_the_stated_range(gan):
    random = np.random.default_rng(0)
    for part in parts_of(gan):
        given = {tensor["name"]: random.uniform(-1, 1, (9, *tensor["shape"][1:])).astype(np.float32)
                 for tensor in part.description["inputs"]}
        outputs = part.network.predict_on_batch(given)
        for tensor in part.description["outputs"]:
            low, high = tensor["range"]
            values = np.asarray(outputs[tensor["name"]])
            assert np.isfinite(values).all()
            assert low is None or values.min() >= low
            assert high is None or values.max() <= high


def test_description_of_the_condition_is_that_of_the_labels():
    gan = exported_gan("expressions")
    content = describe_part(gan, "generator")
    assert [entry["label"] for entry in content["condition"]] == [
        "AU04", "AU12", "valence", "arousal", "expression=fear", "expression=neutral"]
    labels = next(tensor["labels"] for tensor in content["inputs"] if tensor["name"] == "condition")
    given = gan.condition({12: 2.5}, valence=-0.5, expression="neutral")[0]
    assert {label: value for label, value in zip(labels, given) if value} == {
        "AU12": 0.5, "AU12 is given": 1.0, "valence": -0.5, "valence is given": 1.0, "expression=neutral": 1.0,
        "expression=neutral is given": 1.0, "expression=fear is given": 1.0}
    assert content["condition"][1]["divide_by"] == 5.0 and content["catgan"] == __version__


def test_description_says_how_a_face_is_aligned():
    """A face drawn at the stated places needs no change; MediaPipe's points 33 and 133 are the corners of an eye."""
    content = describe_part(exported_gan(), "predictor")["alignment"]["anchors"]
    assert content["left_eye"] == {"mean_of": [33, 133], "to": [5.12, 6.72]}
    assert content["right_eye"] == {"mean_of": [362, 263], "to": [10.88, 6.72]}
    assert content["mouth"] == {"mean_of": [61, 291, 13, 14], "to": [8.0, 11.84]}


def test_description_of_the_preprocessing_is_what_networks_are_given():
    from catgan.models.pixels import to_network

    content = describe_part(exported_gan(), "predictor")["image"]
    colours = np.array([[[[200, 100, 7]]]], np.uint8)
    luminance = round(200 * content["luminance"]["red"] + 100 * content["luminance"]["green"]
                      + 7 * content["luminance"]["blue"])
    np.testing.assert_allclose(to_network(colours, 1).item(), luminance * content["scale"] + content["offset"],
                               atol=1e-6)


def test_description_holds_the_facts_of_the_preset():
    folder = PACKAGED / "rendered_64"
    facts = describe_part(CatGAN.from_preset(folder, reader=True), "predictor", folder)["preset"]
    assert facts["name"] == "rendered_64" and facts["licence"] == "Apache-2.0" and facts["split"] == "validation"
    assert facts["figures"]["valence.ccc"] == pytest.approx(0.986, abs=0.02)
    assert facts["about"].startswith("It learned from faces that catgan's own face model drew")
    assert "discriminator.weights.h5" in facts["files"] and "config.json" in facts["files"]


def test_what_is_unknown_of_a_preset_is_none(untrained_gan, untrained_run):
    facts = describe_part(untrained_gan, "predictor", untrained_run)["preset"]
    assert [facts[name] for name in ("licence", "about", "trained_on", "split")] == [None] * 4
    assert facts["figures"] == {}
    assert describe_part(untrained_gan, "predictor")["preset"]["name"] is None


def test_parts_of_a_model_are_those_that_it_has(untrained_gan):
    assert part_names(untrained_gan) == ("predictor", "generator")
    with pytest.raises(ModelError, match="has no editor. It has: predictor, generator"):
        chosen_parts(untrained_gan, ["editor"])
    with pytest.raises(CatganError, match="Unknown part 'critic'"):
        chosen_parts(untrained_gan, ["critic"])
