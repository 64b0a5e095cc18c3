"""Metrics of predictions, of generated faces and of counterfactuals. Every label has a mask; an undefined figure is
None."""

from __future__ import annotations

from catgan.metrics import (au, bootstrap, calibration, control, counterfactual, counterfactual_space, distribution,
                            editing, expression, identity, image, labels, neighbours, plane, sequences, va)
from catgan.metrics.labels import evaluate_labels, presence_targets
from catgan.metrics.moments import Moments

__all__ = ["Moments", "au", "bootstrap", "calibration", "control", "counterfactual", "counterfactual_space",
           "distribution", "editing", "evaluate_labels", "expression", "identity", "image", "labels", "neighbours",
           "plane", "presence_targets", "sequences", "va"]
