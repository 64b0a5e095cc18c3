"""Engines: the operations of a training step that differ between Keras backends (`catgan.backend.engine.Engine`).

Keras chooses its backend when it is imported. Where the user has not chosen and TensorFlow is not installed, JAX
is taken. Importing this package does not import Keras, but makes its import quiet.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from catgan.backend.quiet import QuietKeras
from catgan.errors import CatganError, unknown_name

if TYPE_CHECKING:
    from catgan.backend.engine import Engine

if "KERAS_BACKEND" not in os.environ and importlib.util.find_spec("tensorflow") is None \
        and importlib.util.find_spec("jax") is not None:
    os.environ["KERAS_BACKEND"] = "jax"

if "keras" not in sys.modules and not any(isinstance(finder, QuietKeras) for finder in sys.meta_path):
    sys.meta_path.insert(0, QuietKeras())


def get_engine(devices: int | str = 1, hosts: bool = False) -> Engine:
    """Makes an engine for the Keras backend in use.

    Args:
        devices: number of devices of this process that share every batch, or `"all"` GPUs. On a machine without GPUs,
            devices are parts of the CPU, for tests. More than one must be requested before the backend starts, that is
            before any network is made.
        hosts: whether to join the other processes of this training, if `TF_CONFIG` lists any or `srun` started any.

    Raises:
        CatganError: there are fewer devices, or the backend has started without them.
    """
    import keras

    from catgan.backend.hosts import cluster

    if devices != "all" and not (isinstance(devices, int) and devices > 0):
        raise CatganError(f"'devices' must be a number from 1, or 'all' for all GPUs. Received: {devices}.")
    others = cluster() if hosts else None
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from catgan.backend.tensorflow import TensorFlowEngine
        return TensorFlowEngine(devices, others)
    if backend == "jax":
        from catgan.backend.jax import JaxEngine
        return JaxEngine(devices, others)
    if backend == "torch":
        from catgan.backend.torch import TorchEngine
        return TorchEngine(devices, others)
    raise unknown_name("Keras backend for training", backend, ("tensorflow", "jax", "torch"))
