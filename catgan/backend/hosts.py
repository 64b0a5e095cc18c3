"""Several processes of one training: who they are, and what they agree on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catgan.errors import CatganError


@dataclass(frozen=True)
class Cluster:
    """The processes of one training.

    Args:
        first: `"host:port"` of the first of them, the chief.
        count: how many they are.
        index: number of this one, from 0.
    """

    first: str
    count: int
    index: int


def cluster(environment: Mapping[str, str] = os.environ) -> Cluster | None:
    """The processes that `TF_CONFIG` names, else those that `srun` started. None where this one is alone.

    Raises:
        CatganError: `TF_CONFIG` cannot be understood.
    """
    if environment.get("TF_CONFIG"):
        found = _from_tf_config(environment["TF_CONFIG"])
    elif "SLURM_STEP_NUM_TASKS" in environment:  # only srun sets it: the script of a batch job runs alone
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
    """A port that other jobs on the same hosts are not likely to use."""
    return 12000 + (int(environment.get("SLURM_JOB_ID", 0)) + int(environment.get("SLURM_STEP_ID", 0))) % 20000


def _first_host(names: str) -> str:
    """The first of SLURM's host names, such as `"node[003-007,12],other"`."""
    start, number = re.match(r"([^,\[]+)(?:\[(\d+))?", names).groups(default="")  # type: ignore[union-attr]
    return start + number


class Processes:
    """What the processes of one training share; an engine is one.

    Args:
        cluster: of all of them; None where this one is alone.
        devices: devices of this process that share every batch; as many as in every other process.
    """

    def __init__(self, cluster: Cluster | None, devices: int):
        self.cluster, self.local_devices = cluster, devices

    @property
    def devices(self) -> int:
        """Devices that share every batch, of all processes."""
        return self.local_devices * (self.cluster.count if self.cluster else 1)

    @property
    def chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.cluster is None or self.cluster.index == 0

    def any(self, flag: bool) -> bool:
        """Whether `flag` is set in any process; waits for all of them."""
        return flag if self.cluster is None else bool(self._sum(np.array([flag], np.int32))[0])

    def on_chief(self, function: Callable[[], Any]) -> Any:
        """What `function` returns on the chief, as JSON carries it; the other processes do not call it.

        Raises:
            CatganError: on every process, if the chief's call did, or if it met an `OSError`.
        """
        if self.cluster is None:
            return function()
        answer: dict[str, Any] = {}
        if self.chief:
            try:
                answer = {"result": function()}
            except (CatganError, OSError) as error:
                answer = {"error": str(error)}
        answer = json.loads(self._from_chief(json.dumps(answer).encode()))
        if "error" in answer:
            raise CatganError(answer["error"])
        return answer["result"]

    def broadcast(self, copies: Sequence[Sequence]) -> None:
        """Gives the chief's values of its first copy to all copies on all processes; `copies` are lists of variables,
        as `copies` made them."""
        if self.cluster is not None:
            values = [np.asarray(variable.value) for variable in copies[0]]
            content = self._from_chief(b"".join(value.tobytes() for value in values))
            start = 0
            for variable, value in zip(copies[0], values):
                part = content[start:start + value.nbytes]
                variable.assign(np.frombuffer(part, value.dtype).reshape(value.shape))
                start += value.nbytes

    def _from_chief(self, content: bytes) -> bytes:
        """The chief's `content`, on every process: the sum of all contents, where all but the chief's are zeros."""
        length = int(self._sum(np.array([len(content) if self.chief else 0], np.int32))[0])
        words = np.zeros(-(-length // 4), np.int32)
        if self.chief:
            words[:] = np.frombuffer(content + bytes(-length % 4), np.int32)
        return self._sum(words).tobytes()[:length]

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        """The sum of `numbers`, int32 `(n,)`, over all processes; waits for all of them."""
        raise NotImplementedError
