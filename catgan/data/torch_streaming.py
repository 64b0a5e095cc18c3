"""Streams batches of a data set to a PyTorch `DataLoader`. Importing this module requires PyTorch."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from multiprocessing import context, sharedctypes
from typing import Any, TypeAlias

from catgan.data.streaming import Arrays, Elements, Targets
from catgan.errors import CatganError

try:
    import torch
    from torch.utils.data import IterableDataset, get_worker_info
except ImportError:
    raise CatganError("'to_torch' needs PyTorch, which is not installed. Install it with: pip install 'catgan[torch]'."
                      ) from None

Tensors: TypeAlias = torch.Tensor | dict[str, torch.Tensor]

MAX_WORKERS = 128


class TorchStream(IterableDataset):
    """Yields batches `(images, targets)` as tensors: `DataLoader(dataset, batch_size=None, num_workers=4)`.

    The shards are divided among the workers of a `DataLoader`. Every pass is the next epoch. A worker process ends with
    its epoch, so the workers count their passes in shared memory.

    Args:
        stream: source of the batches.
    """

    def __init__(self, stream: Elements):
        super().__init__()
        self.stream = stream
        self._passes = sharedctypes.RawArray(ctypes.c_int64, _counter(MAX_WORKERS + 1, 0))

    def __iter__(self) -> Iterator[tuple[Tensors, Tensors]]:
        info = get_worker_info()
        worker, workers = (0, 0) if info is None else (info.id, info.num_workers)
        if workers > MAX_WORKERS:
            raise CatganError(f"At most {MAX_WORKERS} workers read a data set. Received: {workers}.")
        counter = _counter(workers, worker)
        self._passes[counter] += 1
        return _tensors(self.stream.epoch(self._passes[counter] - 1, worker, max(workers, 1)))

    def __getstate__(self) -> dict[str, Any]:
        # A process that is being started can inherit shared memory. Other copies, such as a deepcopy, get their own.
        if context.get_spawning_popen() is not None:
            return dict(self.__dict__)
        return {**self.__dict__, "_passes": list(self._passes)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if isinstance(self._passes, list):
            self._passes = sharedctypes.RawArray(ctypes.c_int64, self._passes)


def _tensors(elements: Iterator[tuple[Arrays, Targets]]) -> Iterator[tuple[Tensors, Tensors]]:
    for inputs, targets in elements:
        yield _tensor(inputs), _tensor(targets)


def _tensor(arrays: Arrays) -> Tensors:
    if isinstance(arrays, dict):
        return {name: torch.from_numpy(part) for name, part in arrays.items()}
    return torch.from_numpy(arrays)


def _counter(workers: int, worker: int) -> int:
    """Returns the index of the counter of passes.

    Each pair of `workers` and `worker` has its own counter, so that all workers of one `DataLoader` agree on the
    epoch. 0 workers stand for a pass in the main process.
    """
    return workers * (workers + 1) // 2 + worker
