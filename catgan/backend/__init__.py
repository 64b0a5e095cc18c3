"""Engines: the few operations of a training step that differ between Keras backends.

An engine has
- `minimize(loss_fn, variables, optimizer, state)`: one optimiser step on `loss_fn() -> (loss, report)`; returns the
  report. `state` are variables that `loss_fn` itself changes, such as statistics of batch normalisation;
- `input_gradient(function, x)`: of `function(x) -> (score, outputs)`, the outputs and the gradient of `sum(score)` with
  respect to the tensor `x`;
- `after(tensors, variables)`: the same tensors, ready only when the updates of `variables` so far are done;
- `compile(step, variables)`: a fast version of `step(batch)`, where `variables` are all that it reads or changes;
- `synchronize()`: afterwards, the variables hold what the compiled steps have made of them.

Several devices share the faces of one batch, and the result is that of one device but for rounding, as long as the
step takes its sums over the batch with `catgan.backend.sums.total`. (Batch normalisation, which only the legacy
networks have, is the exception with TensorFlow: each device normalises by its own part.) For them, an engine has
- `devices`, `local_devices`: their number in all processes, and in this one;
- `copies(make)`: a list of `make()`, one for each device that needs its own; all else is told the first;
- `share(steps, variables, batch_axes)`: a fast version of a step on a whole batch, of which each of `steps`, one a
  copy, does a shard; `variables` are those of the first; `batch_axes` says where inputs have their faces, see
  `catgan.backend.sharding.BatchAxis`;
- `broadcast(copies)`: gives the values of the chief's first copy to all, where `copies` are lists of variables;
- `chief`, `on_chief(function)`, `any(flag)`: see `catgan.backend.hosts.Processes`.

Random numbers come with the batch: so one step is a function of its inputs and variables on every backend, and a
resumed training gives the same numbers.

Keras chooses its backend when it is imported. Where the user has not chosen and TensorFlow is not installed, JAX
is taken.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from catgan import system
from catgan.errors import CatganError, unknown_name

if "KERAS_BACKEND" not in os.environ and importlib.util.find_spec("tensorflow") is None \
        and importlib.util.find_spec("jax") is not None:
    os.environ["KERAS_BACKEND"] = "jax"

with system.silenced():
    import keras


def get_engine(devices: int | str = 1, hosts: bool = False) -> Any:
    """A new engine for the Keras backend in use.

    Args:
        devices: devices of this process that share every batch, or `"all"` GPUs. On a machine without GPUs these are
            parts of the CPU, for trying it out. More than one must be asked for before the backend starts, that is
            before any network is made.
        hosts: whether to join the other processes of this training, if `TF_CONFIG` names any or `srun` started any.

    Raises:
        CatganError: there are not so many devices, or the backend has started without them.
    """
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
    raise unknown_name("Keras backend for training", backend, ("tensorflow", "jax"))
