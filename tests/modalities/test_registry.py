"""The modalities that come with catgan, adding others, and stacking readings for a model."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.modalities.modality import Input, Modality, Reading
from catgan.modalities.registry import MODALITIES, get_modality, read_all, register, stacked, unregister
from tests.harness.views import walking


def test_built_in_modalities_have_the_inputs_of_the_networks():
    shapes = {f"{name}.{key}": (one.dtype, one.shape) for name, modality in MODALITIES.items()
              for key, one in modality.inputs.items()}
    assert shapes == {
        "face.image": ("uint8", (64, 64, 3)), "posture.joints": ("float32", (16, 3)), "posture.known": ("bool", (16,)),
        "gait.joints": ("float32", (40, 16, 3)), "gait.known": ("bool", (40, 16)),
        "context.image": ("uint8", (64, 64, 3)), "context.seen": ("float32", (64, 64))}
    assert list(MODALITIES) == ["face", "posture", "gait", "context"]


def test_unknown_names_are_listed():
    with pytest.raises(CatganError, match="Unknown modality 'gate'. Did you mean 'gait'.*context, face, gait, posture"):
        get_modality("gate")
    with pytest.raises(CatganError, match="Unknown modality 'voice'"):
        read_all(walking(1), ["voice"])


def test_registered_modality_is_read_until_it_is_removed():
    count = Modality("frames", "the length", {"count": Input((), "int64")},
                     lambda view: Reading({"count": np.int64(len(view.seconds))}), len)
    register(count)
    try:
        assert read_all(walking(7))["frames"].arrays["count"] == 7
        with pytest.raises(CatganError, match="There is a modality 'frames' already"):
            register(count)
    finally:
        unregister("frames")
    assert list(read_all(walking(7))) == ["face", "posture", "gait", "context"]
    with pytest.raises(CatganError, match="comes with catgan"):
        unregister("face")


def test_read_all_of_a_clip_without_pictures_has_posture_and_gait():
    readings = read_all(replace(walking(50), posture_frame=3))
    assert readings["face"] is None and readings["context"] is None
    np.testing.assert_array_equal(readings["posture"].arrays["joints"][:, 0], 3)
    assert readings["gait"].arrays["joints"].shape == (40, 16, 3)


def test_stacked_has_zeros_where_nothing_was_seen():
    people = [read_all(walking(1, rate=None)), read_all(walking(20)), {}]
    inputs, available = stacked(people, ["posture", "gait"])
    np.testing.assert_array_equal(available["posture"], [True, True, False])
    np.testing.assert_array_equal(available["gait"], [False, True, False])
    assert inputs["gait"]["joints"].shape == (3, 40, 16, 3) and inputs["gait"]["joints"].dtype == np.float32
    assert not inputs["gait"]["joints"][[0, 2]].any() and inputs["gait"]["known"][1].sum() == 20 * 16
    assert list(stacked(people)[0]) == ["face", "posture", "gait", "context"]


def test_stacked_of_nobody_needs_names():
    inputs, available = stacked([], ["face"])
    assert inputs["face"]["image"].shape == (0, 64, 64, 3) and available["face"].shape == (0,)
    with pytest.raises(CatganError, match="nobody"):
        stacked([])
