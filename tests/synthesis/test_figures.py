import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catgan.errors import CatganError
from catgan.synthesis.bodies import turn
from catgan.synthesis.camera import Camera
from catgan.synthesis.clothes import Clothes, sample_clothes, skin_colour
from catgan.synthesis.figures import Figure, covered, draw_figure, draw_figures, face_pose
from catgan.synthesis.heads import COVERS, Face, face_skin
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene
from tests.harness.figures import STANDING, standing

PLAIN = np.full((256, 256, 3), 120, np.uint8)


@pytest.fixture(scope="module")
def face():
    images, landmarks = Renderer(64).render([Scene(skin=0.3)])
    return Face(images[0], landmarks[0])


def figure_at(x=0.0, z=0.0, **options):
    return Figure(standing(x, z), Clothes(), **options)


def test_joints_are_the_projection_and_lie_on_the_person(face):
    drawn = draw_figure(PLAIN, figure_at(face=face))
    np.testing.assert_allclose(drawn.joints, Camera().project(STANDING, (256, 256)), atol=1e-4)
    columns, rows = drawn.joints.astype(int).T
    assert drawn.mask[rows, columns].all() and not drawn.hidden.any()


def test_picture_changes_on_the_person_and_in_the_shadow_only():
    drawn = draw_figure(PLAIN, figure_at())
    changed = (drawn.picture != PLAIN).any(-1)
    above = np.arange(256)[:, None] < drawn.joints[[12, 15], 1].min() - 20
    assert (changed & above & ~drawn.mask).sum() < 0.1 * drawn.mask.sum()  # the soft edge
    assert changed[drawn.mask].mean() > 0.97 and (PLAIN == 120).all()
    assert 0.05 < drawn.mask.mean() < 0.2


def test_same_figure_gives_the_same_picture(face):
    first, second = (draw_figure(PLAIN, figure_at(face=face)) for _ in range(2))
    assert np.array_equal(first.picture, second.picture) and np.array_equal(first.mask, second.mask)


def test_face_sits_on_the_head_and_grows_with_the_body(face):
    drawn = draw_figure(PLAIN, figure_at(face=face))
    left, top, width, height = drawn.face_box
    metre = 1.7 * 256 / (3.6 - 0.03)
    assert left < drawn.joints[3, 0] < left + width and top < drawn.joints[3, 1] < top + height
    assert 0.13 < width / metre < 0.20 and 0.15 < height / metre < 0.23
    small = Figure(STANDING * 0.8, Clothes(), face)
    assert draw_figure(PLAIN, small).face_box[3] == pytest.approx(0.8 * height, rel=0.03)
    assert drawn.landmarks.shape == (478, 2)


def test_face_in_the_picture_is_the_rendered_face(face):
    large = np.full((1024, 1024, 3), 120, np.uint8)
    drawn = draw_figure(large, figure_at(face=face))
    inner = [1, 4, 6, 50, 280, 13]  # nose, cheeks and lips
    there, here = (image[tuple(points[inner][:, ::-1].astype(int).T)].astype(int)
                   for image, points in ((drawn.picture, drawn.landmarks), (face.image, face.landmarks)))
    assert np.abs(there - here).mean() < 6


def test_face_tilts_with_the_neck(face):
    leaning = STANDING.copy()
    leaning[3] = leaning[2] + (0.19 * np.sin(0.3), 0.19 * np.cos(0.3), 0.0)
    points = draw_figure(PLAIN, Figure(leaning, Clothes(), face)).landmarks
    across = points[263] - points[33]
    assert np.arctan2(across[1], across[0]) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("cover", COVERS)
def test_covered_faces_have_no_box(face, cover):
    drawn, seen = (draw_figure(PLAIN, figure_at(face=face, cover=chosen)) for chosen in (cover, None))
    assert drawn.face_box is None and drawn.landmarks is None
    left, top, width, height = (int(number) for number in seen.face_box)
    part = (slice(top + height // 2, top + height), slice(left, left + width))
    assert np.abs(drawn.picture[part].astype(int) - seen.picture[part]).mean() > 4


def test_people_turned_away_and_people_without_a_face_have_no_box(face):
    assert draw_figure(PLAIN, Figure(turn(STANDING, 170), Clothes(), face)).face_box is None
    assert draw_figure(PLAIN, figure_at()).face_box is None


def test_nearer_person_hides_the_farther_one(face):
    far, near = draw_figures(PLAIN, [figure_at(0.1, -1.5, face=face), figure_at(0.0, 0.3, face=face)])
    assert np.array_equal(far.picture, near.picture) and not (far.mask & near.mask).any()
    assert far.hidden.any() and not near.hidden[:12].any() and far.face_box is None and near.face_box is not None
    alone = draw_figure(PLAIN, figure_at(0.1, -1.5))
    assert far.mask.sum() < alone.mask.sum()


def test_covered_by_hand():
    drawn = draw_figure(PLAIN, figure_at())
    lower = np.zeros((256, 256), bool)
    lower[int(drawn.joints[11, 1]) - 2:] = True  # from the knees down
    hidden = covered(drawn, lower).hidden
    assert np.flatnonzero(hidden).tolist() == [11, 12, 14, 15]


@settings(max_examples=25, deadline=None)
@given(arrays(np.float64, (16, 3), elements=st.floats(-6, 6)), st.sampled_from([None, *COVERS]))
def test_any_joints_can_be_drawn(joints, cover):
    drawn = draw_figure(PLAIN[:48, :64], Figure(joints, Clothes(hairstyle="long"), None, cover))
    assert drawn.picture.shape == (48, 64, 3) and drawn.mask.dtype == bool and np.isfinite(drawn.joints).all()
    assert drawn.hidden.dtype == bool and drawn.face_box is None


def test_joints_outside_the_picture_are_hidden():
    drawn = draw_figure(PLAIN, figure_at(x=1.0))
    outside = ~((drawn.joints >= 0) & (drawn.joints < 256)).all(1)
    assert outside.any() and np.array_equal(drawn.hidden, outside)


def test_blur_reduces_detail_of_the_person():
    sharp, soft = (draw_figure(PLAIN, figure_at(blur=blur)).picture.astype(int) for blur in (0.0, 1.5))
    assert np.abs(np.diff(soft, axis=1)).sum() < 0.8 * np.abs(np.diff(sharp, axis=1)).sum()


@pytest.mark.parametrize("heading", [-30, 0, 20])
def test_face_pose_follows_trunk_and_neck(heading):
    lowered = STANDING.copy()
    lowered[3] = lowered[2] + (0, 0.19 * np.cos(0.35), 0.19 * np.sin(0.35))
    yaw, pitch, roll = face_pose(turn(lowered, heading))
    assert (yaw, pitch, roll) == pytest.approx((heading, -np.degrees(0.35), 0.0), abs=1e-6)


def test_face_pose_is_limited_to_what_the_face_model_turns():
    assert face_pose(turn(STANDING, 60))[0] == 30.0


@pytest.mark.parametrize("options, words", [
    ({"joints": np.zeros((15, 3))}, "16 joints"), ({"joints": np.full((16, 3), np.nan)}, "finite"),
    ({"cover": "hat"}, "Unknown cover of a face 'hat'")])
def test_impossible_figures_are_refused(options, words):
    with pytest.raises(CatganError, match=words):
        Figure(**{"joints": STANDING, "clothes": Clothes(), **options})


# === Clothes ===


def test_clothes_depend_on_their_seed_alone():
    assert sample_clothes(3, 0.2) == sample_clothes(3, 0.2) != sample_clothes(4, 0.2)
    light, dark = sample_clothes(3, 0.1), sample_clothes(3, 0.9)
    assert light.shirt == dark.shirt and light.hairstyle == dark.hairstyle and sum(light.skin) > sum(dark.skin)


def test_skin_of_clothes_is_near_the_rendered_skin(face):
    assert np.abs(np.array(face_skin(face)) - skin_colour(0.3)).max() < 40


def test_unknown_hairstyles_are_refused():
    with pytest.raises(CatganError, match="short, long, bald. Received: 'curls'"):
        Clothes(hairstyle="curls")
