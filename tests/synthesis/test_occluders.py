import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.clothes import Clothes
from catgan.synthesis.figures import Figure, draw_figure
from catgan.synthesis.heads import Face
from catgan.synthesis.occluders import THINGS, hide
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene
from tests.harness.figures import STANDING

PLAIN = np.full((256, 256, 3), 120, np.uint8)


@pytest.fixture(scope="module")
def person():
    images, landmarks = Renderer(64).render([Scene()])
    return draw_figure(PLAIN, Figure(STANDING, Clothes(), Face(images[0], landmarks[0])))


@pytest.mark.parametrize("thing", THINGS)
def test_thing_takes_pixels_and_joints_from_the_person(person, thing):
    after = hide(person, thing, (0.0, 0.0), seed=2)
    lost = person.mask & ~after.mask
    assert lost.sum() > 0.03 * person.mask.sum() and not (after.mask & ~person.mask).any()
    assert (after.picture != person.picture).any(-1)[lost].mean() > 0.9
    rows, columns = np.floor(after.joints[:, ::-1]).astype(int).T
    assert np.array_equal(after.hidden, ~after.mask[rows, columns]) and after.hidden.any()
    np.testing.assert_array_equal(after.joints, person.joints)


def test_table_hides_the_legs_and_placard_the_face(person):
    table, placard = (hide(person, thing, (0.0, 0.0)) for thing in ("table", "placard"))
    assert table.hidden[[11, 12, 14, 15]].all() and not table.hidden[:5].any() and table.face_box is not None
    assert placard.hidden[[2, 3]].all() and placard.face_box is None and placard.landmarks is None


def test_same_seed_draws_the_same_thing(person):
    first, again, other = (hide(person, "boxes", (0.0, 0.0), seed).picture for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_unknown_thing_is_refused(person):
    with pytest.raises(CatganError, match="Unknown thing before a person 'car'"):
        hide(person, "car", (0.0, 0.0))
