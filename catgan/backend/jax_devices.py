"""Finds JAX devices that share a batch, and places arrays on them.

One program runs on all devices, and its result is that of one device: inputs are split along their batch axis, all
other arrays are copied, and the compiler inserts the sums. This is `jax.sharding` with a one-dimensional mesh.
`keras.distribution` is not used: its `DataParallel` shards axis 0 of every input and feeds Keras' own training loop.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence

import numpy as np

from catgan.backend import hosts
from catgan.backend.engine import Tensor
from catgan.backend.sharding import BatchAxis
from catgan.errors import CatganError

try:
    import jax
    from jax.sharding import NamedSharding, PartitionSpec
except ImportError:
    raise CatganError("Training with JAX needs the package jax. Install it with: pip install 'catgan[jax]'.") from None

_TOO_LATE = ("JAX has started already, and its devices can no longer be set up. Ask for several devices or processes "
             "first, before any network is made.")


def find(devices: int | str, cluster: hosts.Cluster | None) -> list:
    """Returns the devices of all processes to train on, equally many per process: GPUs, TPUs, or parts of the CPU.

    Args:
        devices: number in each process, or `"all"` (one on a machine with only a CPU).
        cluster: the processes, which are connected if they are not yet.

    Raises:
        CatganError: there are fewer devices, or JAX has started without them.
    """
    cores = os.cpu_count() or 1
    if cluster is not None:
        _join(cluster)
    if devices != "all" and int(devices) <= cores:
        _split_cpu(int(devices))
    here = jax.local_devices()
    count = (1 if here[0].platform == "cpu" else len(here)) if devices == "all" else int(devices)
    if count > len(here):
        if here[0].platform == "cpu" and count <= cores:
            raise CatganError(_TOO_LATE)
        there = (f"no GPU or TPU that JAX sees, and {cores} processor cores" if here[0].platform == "cpu"
                 else f"{len(here)} {here[0].platform.upper()}{'s' * (len(here) > 1)}")
        raise CatganError(f"This machine has {there}. Received: {count} devices.")
    return [device for index in range(jax.process_count()) for device in jax.local_devices(index)[:count]]


@functools.cache
def _join(cluster: hosts.Cluster) -> None:
    try:
        jax.distributed.initialize(cluster.first, cluster.count, cluster.index, cluster_detection_method="deactivate")
    except RuntimeError:
        raise CatganError(_TOO_LATE) from None


def _split_cpu(count: int) -> None:
    """Requests `count` logical CPUs; GPUs are not affected."""
    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        try:
            jax.config.update("jax_num_cpu_devices", count)
        except RuntimeError:
            pass  # too late; there may be enough


class Mesh:
    """Places arrays on devices. `everywhere` is the placement of a copy on every device."""

    def __init__(self, devices: Sequence):
        self._mesh = jax.sharding.Mesh(np.array(devices), ("devices",))
        self.everywhere = NamedSharding(self._mesh, PartitionSpec())

    def copied(self, value: Tensor) -> jax.Array:
        """Copies an array to every device; all processes hold the same `value`."""
        return _placed(np.asarray(value), self.everywhere)

    def sharded(self, value: np.ndarray, place: BatchAxis | None) -> jax.Array:
        """Splits an input of a step along its batch axis. Scalars are copied to every device, and so are inputs in
        several blocks, which `PartitionSpec` cannot describe; they are small."""
        if place is None or place.blocks > 1:
            return self.copied(value)
        return _placed(value, NamedSharding(self._mesh, PartitionSpec(*[None] * place.axis, "devices")))


def _placed(value: np.ndarray, sharding: NamedSharding) -> jax.Array:
    return jax.make_array_from_callback(np.shape(value), sharding, lambda index: np.asarray(value)[index])
