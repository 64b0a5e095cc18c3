"""Counts parameters and multiply-adds of networks on landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from catgan.errors import ModelError, unknown_name
from catgan.models.landmarks.network import HIDDEN

if TYPE_CHECKING:
    from catgan.models.landmarks.model import LandmarkRecogniser

SUMMARIES = {"trained": 3, "randomised": 4, "linear": 3}
"""Number of parts of the summary of each kind of network."""


class Cost(NamedTuple):
    """Holds what a network needs for one clip.

    Attributes:
        parameters: number of weights, those that were drawn at random too, without the scale of the inputs.
        multiply_adds: of matrix products; removing place, size and tilt is not counted.
    """

    parameters: int
    multiply_adds: int


def cost_of(model: LandmarkRecogniser, expression: str | None = None) -> Cost:
    """Counts parameters and multiply-adds.

    Args:
        model: the model.
        expression: count the binary of this expression alone; None counts all together. A reservoir that all binaries
            share counts once.

    Raises:
        CatganError: an unknown expression, or a joint network.
    """
    members = list(range(len(model.points)))
    if expression is not None:
        if model.landmarks.joint:
            raise ModelError(f"A joint network has no binary of its own for '{expression}'.")
        if expression not in model.classes:
            raise unknown_name("expression", expression, model.classes)
        members = [model.classes.index(expression)]
    widths = [int((model.points[member] >= 0).sum()) * model.shape.channels for member in members]
    outputs = len(model.classes) if model.landmarks.joint else 1
    if model.landmarks.kind == "randomised":
        return _randomised(model, widths, outputs)
    found = [_trained(model, width, outputs) if model.landmarks.kind == "trained" else
             _dense(SUMMARIES["linear"] * width, outputs) for width in widths]
    return Cost(sum(one.parameters for one in found), sum(one.multiply_adds for one in found))


def _dense(width: int, units: int, times: int = 1) -> Cost:
    """Counts a dense layer that is applied `times` times."""
    return Cost(width * units + units, width * units * times)


def _trained(model: LandmarkRecogniser, width: int, outputs: int) -> Cost:
    units, dense, frames = model.landmarks.units, model.landmarks.dense, model.frames
    parts = (_dense(width, dense, frames),
             Cost(3 * units * (dense + units + 2), 3 * units * (dense + units) * frames),
             _dense(SUMMARIES["trained"] * units, HIDDEN), _dense(HIDDEN, outputs))
    return Cost(sum(part.parameters for part in parts), sum(part.multiply_adds for part in parts))


def _randomised(model: LandmarkRecogniser, widths: list[int], outputs: int) -> Cost:
    """Counts reservoirs, whose weights all members share, and the read-outs."""
    units, layers, frames = model.landmarks.units, model.landmarks.layers, model.frames
    shared = all((row == model.points[0]).all() for row in model.points)
    runs = 1 if shared else len(widths)
    deeper = (layers - 1) * 2 * units * units
    readout = _dense(SUMMARIES["randomised"] * units * layers, outputs)
    parameters = max(widths) * units + units * units + deeper + layers * units + len(widths) * readout.parameters
    width = widths[0] if shared else sum(widths)
    steps = (width * units + runs * (units * units + deeper)) * frames
    return Cost(parameters, steps + len(widths) * readout.multiply_adds)
