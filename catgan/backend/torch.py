"""Implements the engine with PyTorch: eager execution and autograd, on one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras

from catgan.backend import hosts, sharding
from catgan.backend.engine import Result, Tensor
from catgan.errors import CatganError

try:
    import torch
except ImportError:
    raise CatganError("Training with PyTorch needs the package torch. Install it with: pip install 'catgan[torch]'."
                      ) from None


class TorchEngine(hosts.Processes):
    """Implements `catgan.backend.engine.Engine` with PyTorch, on one device of one process.

    Raises:
        CatganError: several devices or processes are requested.
    """

    name = "torch"

    def __init__(self, devices: int | str = 1, cluster: hosts.Cluster | None = None):
        if devices not in (1, "all") or cluster is not None:
            raise CatganError("Training with PyTorch uses one device and one process; KERAS_BACKEND=tensorflow and "
                              f"KERAS_BACKEND=jax use several. Received: {devices} devices"
                              f"{', several processes' * (cluster is not None)}.")
        super().__init__(None, 1)
        self._in_loss = False

    def minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], variables: Sequence[Tensor], optimizer: Tensor,
                 state: Sequence[Tensor] = ()) -> Tensor:
        values = [variable.value for variable in variables]
        self._in_loss = True
        try:
            with torch.enable_grad():
                loss, report = loss_fn()
                found = torch.autograd.grad(loss, values, allow_unused=True)
        finally:
            self._in_loss = False
        gradients = [torch.zeros_like(value) if gradient is None else gradient
                     for gradient, value in zip(found, values)]
        with torch.no_grad():
            optimizer.apply(gradients, variables)
        return _detached(report)

    def input_gradient(self, function: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            x = keras.ops.convert_to_tensor(x)
            if not x.requires_grad:
                x = x.detach().requires_grad_()
            score, outputs = function(x)
            # Inside a loss, such as that of a gradient penalty, the gradient itself is differentiated.
            gradient, = torch.autograd.grad(keras.ops.sum(score), x, create_graph=self._in_loss,
                                            retain_graph=self._in_loss)
        return (outputs, gradient) if self._in_loss else (_detached(outputs), gradient.detach())

    def after(self, tensors: Sequence[Tensor], variables: Sequence[Tensor]) -> list[Tensor]:
        return list(tensors)  # eager operations run in order

    def compile(self, step: Callable[..., Tensor], variables: Sequence[Tensor]) -> Callable[..., Tensor]:
        def run(*inputs: Tensor) -> Tensor:
            with torch.no_grad():  # `minimize` records what its loss needs
                return _detached(step(*keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)))

        return run

    def synchronize(self) -> None:
        """Does nothing: PyTorch changes variables in place."""

    def copies(self, make: Callable[[], Result]) -> list[Result]:
        return [make()]

    def share(self, steps: Sequence[Callable[..., Tensor]], variables: Sequence[Tensor],
              batch_axes: Mapping[str, sharding.BatchAxis] = sharding.ALL_FACES_FIRST) -> Callable[..., Tensor]:
        return self.compile(steps[0], variables)


def _detached(tensors: Tensor) -> Tensor:
    """Returns tensors, in any nesting, without their gradient graphs."""
    return keras.tree.map_structure(lambda value: value.detach() if isinstance(value, torch.Tensor) else value, tensors)
