"""What an answer states of its change is what was drawn."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain import counterfactuals, redraw
from catgan.explain.stated import beyond, differences, round_inward, round_outward
from catgan.explain.wording import describe_changes
from catgan.models.gan.changes import INTENSITY_SLACK
from catgan.models.gan.model import CatGAN

LEVEL = st.integers(0, 500).map(lambda value: value / 100)


@given(LEVEL, st.floats(-INTENSITY_SLACK, 5.0))
def test_round_outward_keeps_the_size_and_two_decimals(now, to):
    settings, levels = np.array([now]), np.array([to])
    stated = round_outward(settings, levels, INTENSITY_SLACK)
    assert abs(round(float(stated[0]), 2) - stated[0]) < 1e-9 and stated[0] <= 5.0
    if now >= 0.5 or to >= 0.0:  # below what was read as absent nothing is drawn
        size, wanted = abs(stated[0] - now), abs(to - now)
        assert wanted - 1.1e-6 <= size <= wanted + 0.01
    kept = abs(round_inward(settings, levels)[0] - now)
    assert abs(to - now) - 0.0100001 <= kept <= abs(to - now) + 1e-5


def test_round_outward_keeps_levels_at_their_ends():
    settings = np.array([3.61, 3.61, 0.2, 4.0])
    levels = np.array([-1.0, 3.61, 0.2, 5.0])
    np.testing.assert_array_equal(round_outward(settings, levels, 1.0), levels)
    np.testing.assert_array_equal(round_outward(settings, levels, 1.0, 0.1), levels)
    assert round_outward(settings, np.array([0.0, 3.61, 0.2, 4.0]), 0.0, 0.1)[0] == 0.0


def test_describe_changes_below_zero_says_what_was_read():
    changes = {"AU25": (3.61, -1.0), "AU12": (0.3, 2.5)}
    assert describe_changes(changes) == (
        "AU25 lips part goes down by 4.61 (from 3.61, as read, to 0 and 1.00 beyond what was read) and AU12 lip corner "
        "puller goes from 0.30 to 2.50")
    assert differences(changes) == {"AU25": -4.61, "AU12": 2.2} and beyond(changes) == {"AU25": 1.0}


@pytest.fixture(scope="module")
def gan(tiny_gan):
    """The tiny model with an editor that draws something."""
    gan = CatGAN(tiny_gan.network, tiny_gan.spec, thresholds=tiny_gan.thresholds)
    gan.discriminator.set_weights(tiny_gan.discriminator.get_weights())
    gan.add_editor(seed=3)
    random = np.random.default_rng(0)
    gan.editor.set_weights([weight + 0.2 * random.standard_normal(weight.shape).astype(weight.dtype)
                            for weight in gan.editor.get_weights()])
    return gan


@pytest.mark.parametrize("method", ["search", "gradient", "minimal"])
def test_redraw_of_the_json_gives_the_same_pixels(gan, method):
    """Answers of seven faces at once, drawn again one by one, from the JSON and by the numbers that `edit` takes."""
    faces = np.random.default_rng(1).integers(60, 190, (7, 16, 16, 3)).astype(np.uint8)
    now = gan.read(faces)["valence"]
    targets = [f"valence{'<=' if row % 2 else '>='}{np.clip(value + (-0.02 if row % 2 else 0.02), -1, 1):.4f}"
               for row, value in enumerate(now)]
    answers = counterfactuals(gan, faces, targets, method=method, margin=0.0, frames=2)
    assert any(answer.changes for answer in answers)
    for face, answer in zip(faces, answers):
        content, drawn = json.loads(json.dumps(answer.to_dict())), answer.images["counterfactual"]
        np.testing.assert_array_equal(redraw(gan, face, content), drawn)
        np.testing.assert_array_equal(answer.path[-1], drawn)
        assert gan.read(drawn[None])["valence"][0] == pytest.approx(content["counterfactual"]["valence"], abs=5.1e-5)
        if answer.changes:
            np.testing.assert_array_equal(gan.edit(face[None], by=content["differences"])[0], drawn)
        for name, (start, to) in content["changes"].items():
            assert content["differences"][name] == pytest.approx(to - start)
            assert content["beyond"].get(name, 0.0) == max(-to, 0.0)


def test_redraw_without_differences_is_refused(gan):
    face = np.zeros((16, 16, 3), np.uint8)
    for answer in ({}, {"differences": 3}, {"differences": {"AU99": 1.0}}):
        with pytest.raises(CatganError, match="holds 'differences' of Action Units among AU04, AU12"):
            redraw(gan, face, answer)
    np.testing.assert_array_equal(redraw(gan, face, {"differences": {}}), face)
