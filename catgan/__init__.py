"""catgan explains what a network sees in a face.

The names below are imported when they are first used: `import catgan` loads neither TensorFlow nor MediaPipe.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.2.0"

_HOMES = {
    "CatGAN": "catgan.models.gan.model",
    "LabelSpec": "catgan.labels",
    "Labels": "catgan.labels",
    "CatganError": "catgan.errors",
    "load_dataset": "catgan.data.store",
    "build": "catgan.data.builder.build",
    "train": "catgan.training.loop",
    "evaluate": "catgan.evaluation.evaluate",
    "explain": "catgan.explain",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'catgan' has no attribute '{name}'")
    home = importlib.import_module(_HOMES[name])
    return home if _HOMES[name] == f"catgan.{name}" else getattr(home, name)
