"""The explainers by name, and a function for each that attributes one output to one face."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.explain.attribution.baselines import Baselines, checked_face
from catgan.explain.attribution.expected_gradients import N_SAMPLES, ExpectedGradients
from catgan.explain.attribution.explainer import PixelExplainer
from catgan.explain.attribution.idgi import IDGI
from catgan.explain.attribution.integrated_gradients import (GUIDED_STEPS, N_STEPS, BlurIntegratedGradients,
                                                             CounterfactualIntegratedGradients,
                                                             GuidedIntegratedGradients, IntegratedGradients)
from catgan.explain.attribution.occlusion import Occlusion
from catgan.explain.attribution.outputs import ScalarModel
from catgan.explain.attribution.paths import DEVIATION
from catgan.explain.attribution.results import Attribution
from catgan.random_streams import Seed

EXPLAINERS: dict[str, type[PixelExplainer]] = {
    explainer.name: explainer for explainer in (
        IntegratedGradients, GuidedIntegratedGradients, BlurIntegratedGradients, IDGI, ExpectedGradients, Occlusion,
        CounterfactualIntegratedGradients)}
"""Explainers that attribute to pixels, by name."""


def integrated_gradients(answer: ScalarModel, image: np.ndarray, baseline: Baselines = "blurred",
                         steps: int = N_STEPS) -> Attribution:
    """Attributes to the pixels of one face `(h, w, 3)`, see `IntegratedGradients`."""
    return IntegratedGradients(answer).attribute(_batch(image), baselines=baseline, n_steps=steps)[0]


def counterfactual_ig(answer: ScalarModel, image: np.ndarray, counterfactual: np.ndarray,
                      steps: int = N_STEPS) -> Attribution:
    """Attributes to the pixels of one face `(h, w, 3)`, see `CounterfactualIntegratedGradients`."""
    explainer = CounterfactualIntegratedGradients(answer)
    return explainer.attribute(_batch(image), counterfactuals=counterfactual, n_steps=steps)[0]


def guided_ig(answer: ScalarModel, image: np.ndarray, baseline: Baselines = "blurred", steps: int = GUIDED_STEPS,
              deviation: float = DEVIATION) -> Attribution:
    """Attributes to the pixels of one face `(h, w, 3)`, see `GuidedIntegratedGradients`."""
    explainer = GuidedIntegratedGradients(answer)
    return explainer.attribute(_batch(image), baselines=baseline, n_steps=steps, deviation=deviation)[0]


def blur_ig(answer: ScalarModel, image: np.ndarray, steps: int = N_STEPS) -> Attribution:
    """Attributes to the pixels of one face `(h, w, 3)`, see `BlurIntegratedGradients`."""
    return BlurIntegratedGradients(answer).attribute(_batch(image), n_steps=steps)[0]


def idgi(answer: ScalarModel, image: np.ndarray, path: str = "integrated_gradients", baseline: Baselines = "blurred",
         steps: int = N_STEPS) -> Attribution:
    """Attributes to the pixels of one face `(h, w, 3)`, see `IDGI`."""
    return IDGI(answer).attribute(_batch(image), path=path, baselines=baseline, n_steps=steps)[0]


def expected_gradients(answer: ScalarModel, image: np.ndarray, references: np.ndarray | Sequence[np.ndarray],
                       steps: int = N_SAMPLES, seed: Seed = 0) -> Attribution:
    """Attributes to the pixels of one face `(h, w, 3)`, see `ExpectedGradients`."""
    return ExpectedGradients(answer).attribute(_batch(image), baselines=references, n_samples=steps, seed=seed)[0]


def occlusion(answer: ScalarModel, image: np.ndarray, baseline: Baselines = "blurred") -> Attribution:
    """Attributes to the facial regions of one aligned face `(side, side, 3)`, see `Occlusion`."""
    return Occlusion(answer).attribute(_batch(image), baselines=baseline)[0]


METHODS: Mapping[str, Callable[..., Attribution]] = {
    function.__name__: function for function in (integrated_gradients, guided_ig, blur_ig, idgi, expected_gradients,
                                                 occlusion, counterfactual_ig)}
"""The functions above by name."""


def attribute(answer: ScalarModel, image: np.ndarray, method: str = "integrated_gradients",
              **options: object) -> Attribution:
    """Attributes one output to the pixels of one face by a method in `METHODS`.

    Args:
        answer: the output, such as `catgan.explain.ScalarOutput(model, "valence")`.
        image: the face, `(h, w, 3)` in 0..255.
        method: name of the function.
        options: as that function takes them.

    Raises:
        CatganError: an unknown method, option or baseline; an array that is no face; a model without the gradients
            that the method takes.
    """
    if method not in METHODS:
        raise unknown_name("attribution method", method, METHODS)
    allowed = dict(list(inspect.signature(METHODS[method]).parameters.items())[2:])
    for name in options:
        if name not in allowed:
            raise unknown_name(f"option of {method}", name, allowed)
    for name, parameter in allowed.items():
        if parameter.default is parameter.empty and name not in options:
            raise CatganError(f"{method} needs the option '{name}'. Received: {', '.join(options) or 'no options'}.")
    return METHODS[method](answer, image, **options)


def _batch(image: np.ndarray) -> np.ndarray:
    checked_face(image)
    return np.asarray(image)[None]
