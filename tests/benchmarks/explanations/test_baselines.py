import numpy as np
import pytest
from keras import ops

from catgan.benchmarks.explanations.baselines import by_pixels, nearest_unlike
from catgan.errors import CatganError
from catgan.explain.foreign import ForeignModel
from catgan.explain.targets import parse_target


def brightness(pixels):
    return ops.mean(pixels, axis=(1, 2, 3))


def test_by_pixels_changes_no_more_than_the_target_needs():
    """The mean of 100 is to become 120: nothing is nearer than 20 more of every pixel."""
    model = ForeignModel(brightness, ["bright"], differentiable=True)
    faces = np.full((2, 8, 8, 3), 100, np.uint8)
    targets = [parse_target(text, model.labels) for text in ("bright>=120", "bright<=100")]
    after = by_pixels(model, faces, targets)
    assert 119.5 <= after[0].mean() < 123 and after[0].std() < 1.0
    np.testing.assert_array_equal(after[1], faces[1])
    with pytest.raises(CatganError, match="needs a model with gradients"):
        by_pixels(ForeignModel(brightness, ["bright"]), faces, targets)


def test_nearest_unlike_meets_the_target_or_is_missing():
    model = ForeignModel(brightness, ["bright"])
    target = parse_target("bright>=10", model.labels)
    others = np.array([[1.0, 0.1], [1.0, 0.5], [0.0, 1.0], [1.0, 0.0]])
    reading = {"bright": np.array([0.0, 20.0, 30.0, 5.0])}
    assert nearest_unlike(np.array([[2.0, 0.0], [0.0, 1.0]]), [target] * 2, others, reading).tolist() == [1, 2]
    never = parse_target("bright>=99", model.labels)
    assert nearest_unlike(np.array([[2.0, 0.0]]), [never], others, reading).tolist() == [-1]
