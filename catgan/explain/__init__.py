"""Why this prediction? `counterfactual(model, image, target)` answers with a changed face, said in Action Units."""

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
from catgan.explain.alternatives import Semifactual, diverse, semifactual
from catgan.explain.attribution import (IDGI, ActionUnitPathIntegratedGradients, ActionUnitShapley, Attribution,
                                        BlurIntegratedGradients, CounterfactualIntegratedGradients, ExpectedGradients,
                                        GuidedIntegratedGradients, IntegratedGradients, Occlusion, attribute,
                                        au_path_ig, shapley)
from catgan.explain.counterfactual import Counterfactual, counterfactual, counterfactuals
from catgan.explain.loading import explained_model
from catgan.explain.models import Answer
from catgan.explain.preprocessing import PhotographedFace, Preprocessing
from catgan.explain.stated import redraw
from catgan.explain.targets import Target, parse_target

__all__ = ["ActionUnitPathIntegratedGradients", "ActionUnitShapley", "Answer", "Attribution",
           "BlurIntegratedGradients", "Counterfactual", "CounterfactualIntegratedGradients", "ExpectedGradients",
           "GuidedIntegratedGradients", "IDGI", "IntegratedGradients", "Occlusion", "PhotographedFace",
           "Preprocessing", "Semifactual", "Target", "attribute", "au_path_ig", "counterfactual", "counterfactuals",
           "diverse", "explained_model", "parse_target", "redraw", "semifactual", "shapley"]
