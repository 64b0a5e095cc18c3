import numpy as np
import pytest

from catgan.conditions import Condition
from catgan.errors import CatganError
from catgan.pipelines.interpolate import Face, Person, arc, grid_of, label_names, sweep_of, way_of


def test_persons_of_a_seed_are_those_of_generate(untrained_gan):
    faces = grid_of(untrained_gan, Face(Person(7), {"AU12": 4.0, "valence": 0.5}), 9).draw(untrained_gan)
    np.testing.assert_array_equal(faces, untrained_gan.generate(9, {12: 4.0}, 0.5, seed=7))
    np.testing.assert_array_equal(Person(7, 3).latents(untrained_gan)[0], untrained_gan.latents(9, 7)[3])


def test_sweep_varies_one_label_and_holds_the_others(untrained_gan):
    drawing, values = sweep_of(untrained_gan, Face(Person(1), {"AU04": 5.0, "AU12": 1.0}), "AU12", persons=2, steps=3)
    assert values == [0.0, 2.5, 5.0] and len(drawing) == 6
    conditions = Condition.decode(drawing.conditions)
    np.testing.assert_allclose(conditions.values[:, :2], [[1, 0], [1, 0.5], [1, 1]] * 2)
    np.testing.assert_array_equal(conditions.mask[:, :4], [[1, 1, 0, 0]] * 6)
    np.testing.assert_array_equal(drawing.latents[:3], np.repeat(untrained_gan.latents(2, 1)[:1], 3, 0))
    assert sweep_of(untrained_gan, Face(), "arousal", 1, 5)[1] == [-1.0, -0.5, 0.0, 0.5, 1.0]


def test_way_goes_from_one_face_to_the_other(untrained_gan):
    start, end = Face(Person(1), {"AU12": 0.0}), Face(Person(2, 3), {"AU12": 5.0})
    way = way_of(untrained_gan, start, end, 5)
    np.testing.assert_allclose(way.latents[[0, -1]], [untrained_gan.latents(1, 1)[0], untrained_gan.latents(4, 2)[3]],
                               atol=1e-5)
    np.testing.assert_allclose(Condition.decode(way.conditions).values[:, 1], [0, 0.25, 0.5, 0.75, 1])
    assert way.draw(untrained_gan).shape == (5, 16, 16, 3)


def test_a_label_of_one_end_starts_at_what_the_other_shows(untrained_gan):
    start, end = Face(Person(1)), Face(Person(1), {"valence": 1.0, "AU12": 5.0})
    read = untrained_gan.read(untrained_gan.generate(1, seed=1))
    values = Condition.decode(way_of(untrained_gan, start, end, 3).conditions).values
    np.testing.assert_allclose(values[0, [1, 2]], [read["AU12_present"][0], read["valence"][0]], atol=1e-5)
    np.testing.assert_allclose(values[2, [1, 2]], [1, 1], atol=1e-6)


def test_arc_keeps_the_length_and_turns_evenly():
    right, up = np.array([[1.0, 0.0]]), np.array([[0.0, 3.0]])
    half = arc(right, up, np.array([[0.0], [0.5], [1.0]]))
    np.testing.assert_allclose(half, [[1, 0], [2 / 2 ** 0.5, 2 / 2 ** 0.5], [0, 3]], atol=1e-6)
    np.testing.assert_allclose(arc(right, -right, np.array([[0.25]])), [[0.5, 0]])


@pytest.mark.parametrize("labels, words", [
    ({"AU99": 1.0}, "Unknown label for this model 'AU99'"), ({"AU12": 6.0}, "0..5"), ({"valence": 2.0}, "valence")])
def test_labels_that_the_model_lacks_are_refused(untrained_gan, labels, words):
    with pytest.raises(CatganError, match=words):
        grid_of(untrained_gan, Face(labels=labels), 1)
    with pytest.raises(CatganError, match="AU99"):
        sweep_of(untrained_gan, Face(), "AU99", 1, 3)
    with pytest.raises(CatganError, match="between which there is no way"):
        way_of(untrained_gan, Face(), Face(expression="anger"), 3)
    assert label_names(untrained_gan) == ("AU04", "AU12", "valence", "arousal")
