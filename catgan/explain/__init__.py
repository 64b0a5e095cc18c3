"""Why this prediction? `counterfactual(model, image, target)` answers with a changed face, said in Action Units."""

from catgan.explain.counterfactual import Counterfactual, counterfactual
from catgan.explain.targets import Target, parse_target

__all__ = ["Counterfactual", "Target", "counterfactual", "parse_target"]
