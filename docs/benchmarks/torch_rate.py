"""Convolutions in PyTorch and in TensorFlow: forward and backward of the same discriminator trunk, on the same threads.

    python docs/benchmarks/torch_rate.py --framework tensorflow
    python docs/benchmarks/torch_rate.py --framework torch

Run it once in an environment with TensorFlow and once in one with PyTorch; it needs nothing of catgan. The trunks have
the layers of the discriminators of the presets `xs_64` and `s_64` (catgan/models/gan/discriminator.py), without
critic and heads. The backward pass gives the gradients of all weights and of the faces. PyTorch runs eagerly with
channels last, TensorFlow through `tf.function`; bfloat16 means bf16 convolutions on float32 weights in both (autocast,
mixed_bfloat16).
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

LEAK, FEATURES = 0.2, 256
TAPS = (0.125, 0.375, 0.375, 0.125)  # the filter that halves a side in s_64


class Conv(NamedTuple):
    """One convolution, followed by LeakyReLU where `leaky`."""

    inputs: int
    outputs: int
    size: int
    stride: int = 1
    groups: int = 1
    bias: bool = True
    leaky: bool = False


class Block(NamedTuple):
    """A residual block: its three convolutions."""

    layers: tuple[Conv, ...]


FILTER = "filter"


def block(width: int) -> Block:
    """1x1 to twice the width, 3x3 with 16 channels a group, 1x1 back."""
    middle = 2 * width
    return Block((Conv(width, middle, 1, bias=False, leaky=True),
                  Conv(middle, middle, 3, groups=middle // 16, leaky=True), Conv(middle, width, 1, bias=False)))


TRUNKS: dict[str, tuple[int, list]] = {
    "xs_64": (1, [Conv(1, 24, 4, 2, leaky=True), Conv(24, 48, 4, 2, leaky=True), Conv(48, 96, 4, 2, leaky=True),
                  Conv(96, 192, 4, 2, leaky=True)]),
    "s_64": (3, [Conv(3, 64, 1), block(64), FILTER, Conv(64, 128, 1, bias=False), block(128), FILTER,
                 Conv(128, 192, 1, bias=False), block(192), FILTER, Conv(192, 256, 1, bias=False), block(256), FILTER,
                 block(256)])}
SIDE = 64


def multiply_adds(trunk: str) -> int:
    """Of one forward pass over one face."""
    side, total, width = SIDE, 0, 0
    for part in TRUNKS[trunk][1]:
        side //= 2 if part == FILTER else 1
        for layer in () if part == FILTER else part.layers if isinstance(part, Block) else (part,):
            side, width = side // layer.stride, layer.outputs
            total += side * side * layer.size ** 2 * layer.inputs // layer.groups * layer.outputs
    return total + side * side * width * FEATURES


# === PyTorch ===


def torch_step(trunk: str, batch: int, precision: str, threads: int) -> Callable[[], Any]:
    """A function that goes forward and backward once."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Residual(nn.Module):
        def __init__(self, part: Block):
            super().__init__()
            self.inner = nn.Sequential(*(made for layer in part.layers for made in convolution(layer)))

        def forward(self, features):
            return features + self.inner(features)

    class Filter(nn.Module):
        def forward(self, features):
            height, width = features.shape[2:]
            padded = functional.pad(features, (1, 1, 1, 1))
            rows = sum(weight * padded[:, :, start:start + height:2] for start, weight in enumerate(TAPS))
            return sum(weight * rows[:, :, :, start:start + width:2] for start, weight in enumerate(TAPS))

    def convolution(layer: Conv) -> list:
        made: list = [nn.Conv2d(layer.inputs, layer.outputs, layer.size, layer.stride, (layer.size - 1) // 2,
                                groups=layer.groups, bias=layer.bias)]
        return made + ([nn.LeakyReLU(LEAK)] if layer.leaky else [])

    def layers(part) -> list:
        if part == FILTER:
            return [Filter()]
        return [Residual(part)] if isinstance(part, Block) else convolution(part)

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    channels, parts = TRUNKS[trunk]
    model = nn.Sequential(*(made for part in parts for made in layers(part)), nn.Flatten(), nn.LazyLinear(FEATURES),
                          nn.LeakyReLU(LEAK))
    model(torch.randn(batch, channels, SIDE, SIDE))  # the dense layer learns its size
    model.to(memory_format=torch.channels_last)
    faces = torch.randn(batch, channels, SIDE, SIDE).to(memory_format=torch.channels_last).requires_grad_()
    slope = torch.randn(batch, FEATURES)
    inputs = [faces, *model.parameters()]

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            outputs = model(faces)
        return torch.autograd.grad(outputs, inputs, slope.to(outputs.dtype))

    return step


# === TensorFlow ===


def tensorflow_step(trunk: str, batch: int, precision: str, threads: int) -> Callable[[], Any]:
    """A function that goes forward and backward once."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow as tf

    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras
    from keras import layers

    policy = keras.DTypePolicy("mixed_bfloat16" if precision == "bfloat16" else "float32")

    def convolution(features, layer: Conv):
        features = layers.Conv2D(layer.outputs, layer.size, layer.stride, "same", groups=layer.groups,
                                 use_bias=layer.bias, dtype=policy)(features)
        return layers.LeakyReLU(LEAK, dtype=policy)(features) if layer.leaky else features

    def halved(features):
        height, width = features.shape[1:3]
        padded = keras.ops.pad(features, [[0, 0], [1, 1], [1, 1], [0, 0]])
        rows = sum(weight * padded[:, start:start + height:2] for start, weight in enumerate(TAPS))
        return sum(weight * rows[:, :, start:start + width:2] for start, weight in enumerate(TAPS))

    channels, parts = TRUNKS[trunk]
    features = faces = keras.Input((SIDE, SIDE, channels))
    for part in parts:
        inner = features
        for layer in () if part == FILTER else part.layers if isinstance(part, Block) else (part,):
            inner = convolution(inner, layer)
        features = halved(features) if part == FILTER else features + inner if isinstance(part, Block) else inner
    features = layers.Dense(FEATURES, dtype=policy)(layers.Flatten(dtype=policy)(features))
    model = keras.Model(faces, layers.LeakyReLU(LEAK, dtype=policy)(features))
    images, slope = tf.random.normal((batch, SIDE, SIDE, channels)), tf.random.normal((batch, FEATURES))
    values = [variable.value for variable in model.trainable_variables]

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([images, *values])
            outputs = model(images)
        return tape.gradient(outputs, [images, *values], output_gradients=tf.cast(slope, outputs.dtype))

    return step


# === Both ===


def seconds(step: Callable[[], Any], least: float, rounds: int) -> list[float]:
    """Seconds of one call, in rounds of at least `least` seconds, after two calls that are not counted."""
    for _ in range(2):
        started = time.perf_counter()
        step()
        once = time.perf_counter() - started
    calls, spent = max(1, round(least / once)), []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(calls):
            step()
        spent.append((time.perf_counter() - started) / calls)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=("torch", "tensorflow"), required=True)
    parser.add_argument("--trunks", nargs="*", choices=TRUNKS, default=list(TRUNKS))
    parser.add_argument("--precisions", nargs="*", choices=("float32", "bfloat16"), default=["float32", "bfloat16"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=2.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    make = torch_step if arguments.framework == "torch" else tensorflow_step
    print(f"batch {arguments.batch}, {arguments.threads} threads, median (lowest .. highest) of {arguments.rounds} "
          "rounds\n\n| trunk | framework | precision | MMAC a face | ms | GFLOP/s |\n|---|---|---|---|---|---|")
    for trunk in arguments.trunks:
        work = 2 * 3 * multiply_adds(trunk) * arguments.batch / 1e9  # forward, and backward of weights and of inputs
        for precision in arguments.precisions:
            spent = seconds(make(trunk, arguments.batch, precision, arguments.threads), arguments.seconds,
                            arguments.rounds)
            middle, rates = statistics.median(spent), sorted(work / one for one in spent)
            print(f"| {trunk} | {arguments.framework} | {precision} | {multiply_adds(trunk) / 1e6:.1f} "
                  f"| {1e3 * middle:.1f} | {work / middle:.1f} ({rates[0]:.1f} .. {rates[-1]:.1f}) |", flush=True)


if __name__ == "__main__":
    main()
