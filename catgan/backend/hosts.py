"""Finds the processes of a distributed training, and exchanges small values between them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from catgan.backend.engine import Result

from catgan.errors import CatganError


@dataclass(frozen=True)
class Cluster:
    """Identifies the processes of one training.

    Args:
        first: `"host:port"` of the first process, the chief.
        count: number of processes.
        index: number of this process, from 0.
    """

    first: str
    count: int
    index: int


def cluster(environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """Returns the processes that `TF_CONFIG` lists, else those that `srun` started; None for a single process.

    Raises:
        CatganError: `TF_CONFIG` is not valid.
    """
    if environment.get("TF_CONFIG"):
        found = _from_tf_config(environment["TF_CONFIG"])
    elif "SLURM_STEP_NUM_TASKS" in environment:  # set by srun only; the script of a batch job is a single process
        first = _first_host(environment["SLURM_STEP_NODELIST"])
        found = Cluster(f"{first}:{slurm_port(environment)}", int(environment["SLURM_STEP_NUM_TASKS"]),
                        int(environment["SLURM_PROCID"]))
    else:
        return None
    return found if found.count > 1 else None


def _from_tf_config(text: str) -> Cluster:
    try:
        content = json.loads(text)
        addresses, task = content["cluster"]["worker"], content["task"]
        found = Cluster(addresses[0], len(addresses), int(task["index"]))
        if set(content["cluster"]) == {"worker"} == {task["type"]} and 0 <= found.index < found.count:
            return found
    except (ValueError, KeyError, TypeError, IndexError):
        pass
    raise CatganError('TF_CONFIG must be JSON such as {"cluster": {"worker": ["host1:12345", "host2:12345"]}, '
                      f'"task": {{"type": "worker", "index": 0}}}}, with workers alone. Received: {text[:200]}')


def slurm_port(environment: Mapping[str, str] = os.environ) -> int:
    """Returns a port that other jobs on the same hosts are unlikely to use."""
    return 12000 + (int(environment.get("SLURM_JOB_ID", 0)) + int(environment.get("SLURM_STEP_ID", 0))) % 20000


def _first_host(names: str) -> str:
    """Returns the first of SLURM's host names, such as `"node[003-007,12],other"`."""
    start, number = re.match(r"([^,\[]+)(?:\[(\d+))?", names).groups(default="")  # type: ignore[union-attr]
    return start + number


class Processes:
    """Exchanges values between the processes of one training; the base class of engines.

    Args:
        cluster: all processes; None for a single one.
        devices: number of devices of this process that share every batch; equal in all processes.
    """

    def __init__(self, cluster: Cluster | None, devices: int):
        self.cluster, self.local_devices = cluster, devices

    @property
    def devices(self) -> int:
        """Number of devices that share every batch, in all processes."""
        return self.local_devices * (self.cluster.count if self.cluster else 1)

    @property
    def chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.cluster is None or self.cluster.index == 0

    def any(self, flag: bool) -> bool:
        """Returns whether `flag` is set in any process; waits for all of them."""
        return flag if self.cluster is None else bool(self._sum(np.array([flag], np.int32))[0])

    def on_chief(self, function: Callable[[], Result]) -> Result:
        """Calls `function` in the chief process and returns its result, converted by JSON, in all processes.

        Raises:
            CatganError: in every process, if the chief's call raised it or an `OSError`.
        """
        if self.cluster is None:
            return function()
        answer: dict[str, object] = {}
        if self.chief:
            try:
                answer = {"result": function()}
            except (CatganError, OSError) as error:
                answer = {"error": str(error)}
        answer = json.loads(self._from_chief(json.dumps(answer).encode()))
        if "error" in answer:
            raise CatganError(answer["error"])
        return cast(Result, answer["result"])

    def broadcast(self, copies: Sequence[Sequence]) -> None:
        """Assigns the values of the chief's first list of variables to all lists in all processes.

        Args:
            copies: lists of variables, as `copies` made them.
        """
        if self.cluster is not None:
            values = [np.asarray(variable.value) for variable in copies[0]]
            content = self._from_chief(b"".join(value.tobytes() for value in values))
            start = 0
            for variable, value in zip(copies[0], values):
                part = content[start:start + value.nbytes]
                variable.assign(np.frombuffer(part, value.dtype).reshape(value.shape))
                start += value.nbytes

    def _from_chief(self, content: bytes) -> bytes:
        """Returns the chief's `content` in every process: the sum of all contents, where all but the chief's are zeros.
        """
        length = int(self._sum(np.array([len(content) if self.chief else 0], np.int32))[0])
        words = np.zeros(-(-length // 4), np.int32)
        if self.chief:
            words[:] = np.frombuffer(content + bytes(-length % 4), np.int32)
        return self._sum(words).tobytes()[:length]

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        """Sums `numbers`, int32 `(n,)`, over all processes; waits for all of them."""
        raise NotImplementedError
