"""Defines an engine: the operations of a training step that differ between Keras backends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from catgan.backend.sharding import ALL_FACES_FIRST, BatchAxis

Tensor = Any
"""A tensor or variable of the Keras backend in use; the backends have no common type."""
Result = TypeVar("Result")


class Engine(Protocol):
    """The operations of a training step that differ between Keras backends.

    Random numbers are inputs of a step. So a step is a pure function of its inputs and variables on every backend, and
    a resumed training gives the same numbers.

    Several devices share the faces of one batch. The result is that of one device but for rounding, as long as the
    step sums over the batch with `catgan.backend.sums.total`. The exception is batch normalisation, which only the
    legacy networks have: with TensorFlow each device normalises its own shard.

    Attributes:
        name: of the Keras backend.
        local_devices: number of devices of this process.
    """

    name: str
    local_devices: int

    @property
    def devices(self) -> int:
        """Returns the number of devices in all processes."""

    @property
    def chief(self) -> bool:
        """Tells whether this process is the one that writes files and logs."""

    def minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], variables: Sequence[Tensor], optimizer: Tensor,
                 state: Sequence[Tensor] = ()) -> Tensor:
        """Takes one optimiser step and returns the report.

        Args:
            loss_fn: returns the loss and a report.
            variables: the trained variables.
            optimizer: a Keras optimiser that is built for them.
            state: variables that `loss_fn` itself changes, such as statistics of batch normalisation.
        """

    def input_gradient(self, function: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the outputs of `function(x) -> (score, outputs)`, and the gradient of `sum(score)` by `x`."""

    def after(self, tensors: Sequence[Tensor], variables: Sequence[Tensor]) -> list[Tensor]:
        """Returns the same tensors, available once the updates of `variables` so far are done."""

    def compile(self, step: Callable[..., Tensor], variables: Sequence[Tensor]) -> Callable[..., Tensor]:
        """Compiles `step(batch)`, which reads and changes `variables` alone."""

    def synchronize(self) -> None:
        """Writes the results of all compiled steps into the variables."""

    def copies(self, make: Callable[[], Result]) -> list[Result]:
        """Calls `make` once for each device that needs its own result; the chief's first one counts."""

    def share(self, steps: Sequence[Callable[..., Tensor]], variables: Sequence[Tensor],
              batch_axes: Mapping[str, BatchAxis] = ALL_FACES_FIRST) -> Callable[..., Tensor]:
        """Compiles a step on a whole batch, of which each of `steps` does a shard.

        Args:
            steps: one a copy, see `copies`.
            variables: those of the first copy.
            batch_axes: the axes of the inputs along which faces lie.
        """

    def broadcast(self, copies: Sequence[Sequence[Tensor]]) -> None:
        """Copies the values of the chief's first list of variables to all lists."""

    def on_chief(self, function: Callable[[], Result]) -> Result:
        """Calls a function in the chief process and returns its result in all."""

    def any(self, flag: bool) -> bool:
        """Tells whether a flag is set in any process."""
