"""Checks that every explainer of pixels passes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from catgan.explain.attribution import Attributions, PixelExplainer


def run_explainer_test(explainer: PixelExplainer, faces: np.ndarray, target: str, options: Mapping[str, object],
                       of_faces: tuple[str, ...] = ()) -> Attributions:
    """Explains faces together, again, and one at a time, and checks that the attributions agree and are complete.

    Args:
        explainer: the method, with its model.
        faces: uint8 `(n, h, w, 3)`.
        target: name of an output.
        options: arguments of `attribute`.
        of_faces: names of options that hold one array for each face.
    """
    together, again = (explainer.attribute(faces, target, internal_batch_size=4, **options) for _ in range(2))
    np.testing.assert_array_equal(together.maps, again.maps)
    assert len(together) == len(faces) and together.method == explainer.name and together.target == target
    assert together.maps.shape[:3] == faces.shape[:3] and np.isfinite(together.maps).all()
    for row in range(len(faces)):
        own = {name: value[row] if name in of_faces else value for name, value in options.items()}
        alone = explainer.attribute(faces[row:row + 1], target, **own)
        np.testing.assert_allclose(alone.maps[0], together.maps[row], atol=1e-5)
        assert alone.values[0] == pytest.approx(together.values[row], abs=1e-5)
        assert alone.passes[0] == together.passes[row]
    if together.convergence_delta is not None:
        sums = together.maps.sum((1, 2, 3)) - (together.values - together.baseline_values)
        np.testing.assert_allclose(together.convergence_delta, sums, atol=1e-12)
    return together
