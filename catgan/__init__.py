"""catgan explains what a network sees in a face.

The names below are imported when they are first used: `import catgan` loads neither TensorFlow nor MediaPipe.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catgan import explain
    from catgan.data.builder.build import build
    from catgan.data.render import render
    from catgan.data.store import DualDataset, load_dataset
    from catgan.errors import CatganError, DataError, ModelError, TargetError
    from catgan.evaluation.evaluate import evaluate
    from catgan.explain.counterfactual import Counterfactuals, counterfactual, counterfactuals
    from catgan.explain.result import Counterfactual
    from catgan.labels import Labels, LabelSpec
    from catgan.models.gan.changes import Changes
    from catgan.models.gan.entry import CatGAN
    from catgan.training.experiment import Experiment, read_experiment
    from catgan.training.loop import train

__version__ = "0.2.0"

__all__ = ["CatGAN", "CatganError", "Changes", "Counterfactual", "Counterfactuals", "DataError", "DualDataset",
           "Experiment", "LabelSpec", "Labels", "ModelError", "TargetError", "__version__", "build", "counterfactual",
           "counterfactuals", "evaluate", "explain", "load_dataset", "read_experiment", "render", "train"]

_HOMES = {
    "CatGAN": "catgan.models.gan.entry",
    "CatganError": "catgan.errors",
    "Changes": "catgan.models.gan.changes",
    "Counterfactual": "catgan.explain.result",
    "Counterfactuals": "catgan.explain.counterfactual",
    "DataError": "catgan.errors",
    "DualDataset": "catgan.data.store",
    "Experiment": "catgan.training.experiment",
    "LabelSpec": "catgan.labels",
    "Labels": "catgan.labels",
    "ModelError": "catgan.errors",
    "TargetError": "catgan.errors",
    "build": "catgan.data.builder.build",
    "counterfactual": "catgan.explain.counterfactual",
    "counterfactuals": "catgan.explain.counterfactual",
    "evaluate": "catgan.evaluation.evaluate",
    "explain": "catgan.explain",
    "load_dataset": "catgan.data.store",
    "read_experiment": "catgan.training.experiment",
    "render": "catgan.data.render",
    "train": "catgan.training.loop",
}
"""The module of each name; `__all__` and the imports above repeat the names for type checkers."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'catgan' has no attribute '{name}'")
    home = importlib.import_module(_HOMES[name])
    return home if _HOMES[name] == f"catgan.{name}" else getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
