"""Explanations of predictions: counterfactual faces, semifactuals and attributions.

`counterfactual(model, image, target)` finds the smallest change of Action Units that changes the answer;
`Counterfactuals(model)` is built once and asked often.
"""

import importlib
import warnings
from typing import TYPE_CHECKING

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
from catgan.explain.counterfactual import Counterfactuals, counterfactual, counterfactuals, diverse, semifactual
from catgan.explain.loading import explained_model
from catgan.explain.models import ScalarOutput
from catgan.explain.preprocessing import PhotographedFace, Preprocessing
from catgan.explain.result import Counterfactual, CounterfactualList
from catgan.explain.search import SearchOptions
from catgan.explain.semifactual import Semifactual
from catgan.explain.stated import redraw
from catgan.explain.targets import Target, parse_target

if TYPE_CHECKING:
    from catgan.explain.attribution import (IDGI, ActionUnitPathIntegratedGradients, ActionUnitShapley,  # type: ignore
                                            Attribution, BlurIntegratedGradients, CounterfactualIntegratedGradients,
                                            ExpectedGradients, GuidedIntegratedGradients, IntegratedGradients,
                                            Occlusion, attribute, au_path_ig, shapley)

__all__ = ["ActionUnitPathIntegratedGradients", "ActionUnitShapley", "Attribution", "BlurIntegratedGradients",
           "Counterfactual", "CounterfactualIntegratedGradients", "CounterfactualList", "Counterfactuals",
           "ExpectedGradients", "GuidedIntegratedGradients", "IDGI", "IntegratedGradients", "Occlusion",
           "PhotographedFace", "Preprocessing", "ScalarOutput", "SearchOptions", "Semifactual", "Target", "attribute",
           "au_path_ig", "counterfactual", "counterfactuals", "diverse", "explained_model", "parse_target", "redraw",
           "semifactual", "shapley"]


_ATTRIBUTION = "catgan.explain.attribution"
"""Home of the other names; it loads Keras."""


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module(_ATTRIBUTION), name)
    if name == "Answer":
        warnings.warn("catgan.explain.Answer is called ScalarOutput now", DeprecationWarning, stacklevel=2)
        return ScalarOutput
    raise AttributeError(f"module 'catgan.explain' has no attribute '{name}'")
