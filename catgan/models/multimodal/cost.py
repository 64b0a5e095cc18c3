"""Counts parameters and multiply-adds of networks of several modalities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import keras

from catgan.models.cost import all_layers, layer_multiply_adds
from catgan.models.multimodal.architectures import FUSED
from catgan.models.multimodal.graphs import GraphConvolution
from catgan.models.multimodal.network import encoder_name, head_name

if TYPE_CHECKING:
    from catgan.models.multimodal.model import FusionRecogniser


class Cost(NamedTuple):
    """Holds what a part of a network needs for one person.

    Attributes:
        parameters: number of weights.
        multiply_adds: of convolutions, dense and recurrent layers.
    """

    parameters: int
    multiply_adds: int


def cost_of(model: FusionRecogniser) -> dict[str, Cost]:
    """Counts what each modality with its head needs, by name, and the fusion, by the name `"fused"`."""
    layers = model.network.get_layer
    parts = {name: [layers(encoder_name(name)), layers(head_name(name))] for name in model.modalities}
    parts[FUSED] = [layers(FUSED)]
    return {name: Cost(sum(network.count_params() for network in networks),
                       sum(_multiply_adds(layer) for network in networks for layer in all_layers(network)))
            for name, networks in parts.items()}


def _multiply_adds(layer: keras.Layer) -> int:
    """Counts the multiply-adds of a layer, at every place where it is applied."""
    if isinstance(layer, keras.layers.LSTM):
        frames = keras.tree.flatten(layer.input)[0].shape[1]  # the other input is the mask
        return frames * (math.prod(layer.cell.kernel.shape) + math.prod(layer.cell.recurrent_kernel.shape))
    if isinstance(layer, (keras.layers.Dense, GraphConvolution)):
        return math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
    return layer_multiply_adds(layer)
