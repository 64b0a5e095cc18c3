"""Where a body faces and how large it is."""

import numpy as np
import pytest

from catgan.joints import MIRRORED
from catgan.modalities.body_frame import body_frame, facing
from tests.harness.walking import walking


@pytest.mark.parametrize("heading", [0, 30, -90, 170])
def test_facing_is_the_heading_whichever_side_is_first(heading):
    joints = walking(heading=heading, frames=30)
    wanted = (np.sin(np.deg2rad(heading)), 0, np.cos(np.deg2rad(heading)))
    np.testing.assert_allclose(facing(joints), wanted, atol=1e-9)
    np.testing.assert_allclose(facing(joints[:, MIRRORED]), wanted, atol=1e-9)


def test_facing_needs_a_pair_of_sides_and_one_bent_limb():
    joints = walking(frames=20)
    legs = joints.copy()
    legs[:, :10] = np.nan
    np.testing.assert_allclose(facing(legs), (0, 0, 1), atol=1e-9)
    arms = joints.copy()
    arms[:, 10:] = np.nan
    np.testing.assert_allclose(facing(arms), (0, 0, 1), atol=1e-9)
    arms[:, [5, 8]] = np.nan
    assert np.isnan(facing(arms)).all() and np.isnan(body_frame(arms).positions).all()


def test_size_is_the_distance_from_root_to_neck():
    joints = walking(frames=5)
    assert body_frame(joints).size == pytest.approx(0.288 * 1.7)
    joints[:, 0] = np.nan
    assert np.isnan(body_frame(joints).size)


def test_positions_are_along_the_bodys_axes():
    turned, straight = body_frame(walking(heading=70, frames=9)), body_frame(walking(frames=9))
    np.testing.assert_allclose(turned.positions - turned.positions[:1, :1],
                               straight.positions - straight.positions[:1, :1], atol=1e-9)
    np.testing.assert_array_equal(straight.joint("head"), straight.positions[:, 3])
