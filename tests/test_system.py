"""Tests of processes that this one starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from catgan.system import process_pool
from tests.harness.paths import REPOSITORY

PARENT = """
import os
import time

from catgan.system import process_pool


def start():
    pass


if __name__ == "__main__":
    pool = process_pool(2, start)
    print(*{pool.submit(os.getpid).result() for _ in range(20)}, flush=True)
    time.sleep(600)
"""


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:  # one that nobody has waited for is over
        return file.read().rpartition(")")[2].split()[0] != "Z"


def test_pool_ends_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    parent = subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    assert parent.stdout is not None
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert workers and all(map(alive, workers))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 30
    while any(map(alive, workers)):
        assert time.monotonic() < end, "workers outlived their parent"
        time.sleep(0.05)


def test_pool_gives_arguments_to_its_start():
    with process_pool(1, os.umask, 0o077) as pool:
        assert pool.submit(os.umask, 0).result() == 0o077
