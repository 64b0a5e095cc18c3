"""Attribution of a model's output to pixels, facial regions and Action Units."""

from catgan.explain.attribution.action_units import (ACTION_UNIT_EXPLAINERS, ActionUnitPathIntegratedGradients,
                                                     ActionUnitShapley)
from catgan.explain.attribution.expected_gradients import ExpectedGradients
from catgan.explain.attribution.explainer import PixelExplainer
from catgan.explain.attribution.idgi import IDGI
from catgan.explain.attribution.integrated_gradients import (BlurIntegratedGradients,
                                                             CounterfactualIntegratedGradients,
                                                             GuidedIntegratedGradients, IntegratedGradients)
from catgan.explain.attribution.occlusion import Occlusion
from catgan.explain.attribution.results import Attribution, Attributions
from catgan.explain.attribution.shapley import au_path_ig, shapley
from catgan.explain.attribution.shortcuts import EXPLAINERS, attribute
from catgan.explain.attribution.unit_results import ActionUnitAttributions
from catgan.faces.regions import face_regions

__all__ = ["ACTION_UNIT_EXPLAINERS", "EXPLAINERS", "IDGI", "ActionUnitAttributions",
           "ActionUnitPathIntegratedGradients", "ActionUnitShapley", "Attribution", "Attributions",
           "BlurIntegratedGradients", "CounterfactualIntegratedGradients", "ExpectedGradients",
           "GuidedIntegratedGradients", "IntegratedGradients", "Occlusion", "PixelExplainer", "attribute",
           "au_path_ig", "face_regions", "shapley"]
