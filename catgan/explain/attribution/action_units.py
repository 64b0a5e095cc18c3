"""Attribution to Action Units: a drawer changes them in the face, and the model's output follows.

Unlike pixels, Action Units can be switched one by one and still give a face.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal, TypeAlias

import numpy as np

from catgan.errors import CatganError, TargetError
from catgan.explain.attribution.outputs import ScalarOutput, scalar_output
from catgan.explain.attribution.shapley import BATCH_SIZE, N_STEPS, Drawn, UnitAttribution, au_path_ig, shapley
from catgan.explain.attribution.unit_results import ActionUnitAttributions
from catgan.explain.drawers import drawer_of
from catgan.explain.drawers.common import DrawerFactory
from catgan.explain.loading import explained_model
from catgan.models.gan.faces import FaceGAN
from catgan.random_streams import Seed, seed_of
from catgan.system import progress_bar

MAX_UNITS = 6
"""Action Units among which an output is shared out: the strongest of a face."""
MIN_INTENSITY = 0.5
"""Intensity 0..5 from which a face counts as showing an Action Unit."""

Settings: TypeAlias = Literal["rest"] | np.ndarray
"""`"rest"`, where the strongest Action Units are 0; or intensities 0..5, `(n, k)` or `(k,)`."""


class ActionUnitExplainer(ABC):
    """Attributes one output of a model to Action Units.

    Args:
        model: a `CatGAN`, or whatever else `catgan.explain.explained_model` takes and reads aligned faces.
        drawer: makes what draws the changed faces, see `catgan.explain.drawers`; None: the editor of `gan`, or
            inversion into its generator where it has none.
        gan: draws, and reads the intensities that faces show; the model itself when None.
        seed: of the drawer.

    Raises:
        CatganError: a foreign model without `gan`, or a `gan` without Action Units.
    """

    name: ClassVar[str]
    """Its name in `ACTION_UNIT_EXPLAINERS`."""

    def __init__(self, model: object, drawer: DrawerFactory | None = None, gan: FaceGAN | None = None, seed: Seed = 0):
        self.model = explained_model(model)
        gan = gan or getattr(self.model, "gan", None)
        if gan is None:
            raise CatganError("A foreign model needs a catgan model that draws the changes: give gan=.")
        if not gan.spec.action_units:
            raise CatganError("This model was trained without Action Units, so it cannot draw their changes. Train "
                              "with labels.mode au or joint.")
        self.gan, self.seed = gan, seed_of(seed)
        self.drawer: DrawerFactory = drawer or drawer_of(gan)

    def attributed(self, images: np.ndarray, target: str | int | None, baselines: Settings, max_units: int,
                   min_intensity: float, method: Callable[[Drawn, np.ndarray, np.ndarray], UnitAttribution],
                   verbose: bool) -> ActionUnitAttributions:
        """Attributes by any function of two settings.

        Args:
            images, target, baselines, max_units, min_intensity, verbose: as `ActionUnitShapley.attribute`.
            method: attributes the change between two settings, such as `shapley`.
        """
        output, name = scalar_output(self.model, target)
        if not isinstance(output, ScalarOutput):
            raise TargetError("Attribution to Action Units needs a model, not one of its outputs. Received: "
                              f"{type(output).__name__}.")
        drawer = self.drawer(self.gan, images, None, self.seed)
        starts = _baseline_levels(drawer.settings, baselines, max_units, min_intensity)
        found = []
        for row in progress_bar(range(len(images)), self.name, unit="face", verbose=verbose):
            def drawn(levels: np.ndarray, row: int = row) -> np.ndarray:
                faces = drawer.draw(np.full(len(levels), row), levels)
                return np.asarray(output.model.read(faces)[output.column], np.float64)

            found.append(method(drawn, starts[row], drawer.settings[row]))
        return ActionUnitAttributions(
            self.name, name, images, tuple(drawer.units),
            attributions=np.stack([one.values for one in found]) if found else np.zeros(starts.shape),
            levels=drawer.settings, baseline_levels=starts,
            values=np.array([one.value for one in found]),
            baseline_values=np.array([one.baseline_value for one in found]),
            convergence_delta=np.array([one.convergence_delta for one in found]),
            passes=np.array([one.renders for one in found], np.int64))

    @abstractmethod
    def attribute(self, images: np.ndarray, target: str | int | None = None) -> ActionUnitAttributions:
        """Attributes one output to the Action Units of faces, uint8 `(n, side, side, 3)`."""


class ActionUnitShapley(ActionUnitExplainer):
    """Exact Shapley values of Action Units (Shapley 1953), see `catgan.explain.shapley`."""

    name = "action_unit_shapley"

    def attribute(self, images: np.ndarray, target: str | int | None = None, baselines: Settings = "rest",
                  max_units: int = MAX_UNITS, min_intensity: float = MIN_INTENSITY,
                  internal_batch_size: int = BATCH_SIZE, verbose: bool = True) -> ActionUnitAttributions:
        """Attributes one output to the Action Units of faces.

        Args:
            images: aligned faces, uint8 `(n, side, side, 3)`, of the size that `gan` draws.
            target: name or index of the output; None for a model with one output.
            baselines: `"rest"`, the face with its strongest Action Units at 0; or intensities 0..5, `(n, k)` or
                `(k,)`.
            max_units: how many units `"rest"` sets to 0; d units that differ take `2 ** d` faces.
            min_intensity: intensity from which `"rest"` does so.
            internal_batch_size: faces that are drawn at once.
            verbose: whether a progress bar is shown.

        Raises:
            CatganError: another baseline, an unknown target, faces of another size, or more than 12 units that differ.
        """
        return self.attributed(images, target, baselines, max_units, min_intensity,
                               lambda drawn, before, after: shapley(drawn, before, after, internal_batch_size), verbose)


class ActionUnitPathIntegratedGradients(ActionUnitExplainer):
    """Integrated Gradients along a straight line of Action Unit intensities, see `catgan.explain.au_path_ig`."""

    name = "au_path_ig"

    def attribute(self, images: np.ndarray, target: str | int | None = None, baselines: Settings = "rest",
                  n_steps: int = N_STEPS, max_units: int = MAX_UNITS, min_intensity: float = MIN_INTENSITY,
                  internal_batch_size: int = BATCH_SIZE, verbose: bool = True) -> ActionUnitAttributions:
        """Attributes one output to the Action Units of faces.

        Args:
            images, target, baselines, max_units, min_intensity, internal_batch_size, verbose: as `ActionUnitShapley`.
            n_steps: of the midpoint rule, from 1; d units that differ take `2 * d * n_steps + 2` faces.

        Raises:
            CatganError: as `ActionUnitShapley`, or another number of steps.
        """
        return self.attributed(
            images, target, baselines, max_units, min_intensity,
            lambda drawn, before, after: au_path_ig(drawn, before, after, n_steps, internal_batch_size), verbose)


ACTION_UNIT_EXPLAINERS: dict[str, type[ActionUnitExplainer]] = {
    explainer.name: explainer for explainer in (ActionUnitShapley, ActionUnitPathIntegratedGradients)}
"""Explainers that attribute to Action Units, by name."""


def _baseline_levels(settings: np.ndarray, baselines: Settings, max_units: int, min_intensity: float) -> np.ndarray:
    """Returns the baseline of each face, intensities `(n, k)`."""
    if isinstance(baselines, str):
        if baselines != "rest":
            raise CatganError(f"The baseline of Action Units is 'rest' or intensities (n, k). Received: '{baselines}'.")
        levels = settings.copy()
        for row, now in enumerate(settings):
            strongest = [place for place in np.argsort(-now)[:max_units] if now[place] >= min_intensity]
            levels[row, strongest] = 0.0
        return levels
    given = np.asarray(baselines, np.float64)
    if given.shape not in (settings.shape, settings.shape[1:]):
        raise CatganError(f"Baselines of Action Units must have the shape {settings.shape} or {settings.shape[1:]}. "
                          f"Received: {given.shape}.")
    return np.broadcast_to(given, settings.shape).copy()
