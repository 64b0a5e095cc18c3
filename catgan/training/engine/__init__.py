"""Engines: the few operations of a training step that differ between Keras backends.

An engine has
- `minimize(loss_fn, variables, optimizer, state)`: one optimiser step on `loss_fn() -> (loss, report)`; returns the
  report. `state` are variables that `loss_fn` itself changes, such as statistics of batch normalisation;
- `input_gradient(function, x)`: of `function(x) -> (score, outputs)`, the outputs and the gradient of `sum(score)` with
  respect to the tensor `x`;
- `after(tensors, variables)`: the same tensors, ready only when the updates of `variables` so far are done;
- `compile(step, variables)`: a fast version of `step(batch)`, where `variables` are all that it reads or changes;
- `synchronize()`: afterwards, the variables hold what the compiled steps have made of them.

Random numbers come with the batch: so one step is a function of its inputs and variables on every backend, and a
resumed training gives the same numbers.
"""

from __future__ import annotations

from typing import Any

from catgan.errors import unknown_name


def get_engine() -> Any:
    """A new engine for the Keras backend in use."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        from catgan.training.engine.tensorflow import TensorFlowEngine
        return TensorFlowEngine()
    if backend == "jax":
        from catgan.training.engine.jax import JaxEngine
        return JaxEngine()
    raise unknown_name("Keras backend for training", backend, ("tensorflow", "jax"))
