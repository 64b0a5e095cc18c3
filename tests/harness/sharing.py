"""Folders that the processes of one test run make once and share."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Returns this process's own copy of a folder that the first process to ask has made.

    Args:
        factory: pytest's `tmp_path_factory`.
        name: of the folder; the same in all processes.
        make: fills an empty folder.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # of all processes of the run
    made = root / f"shared-{name}"
    with open(root / f"shared-{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_dir():
            unfinished = factory.mktemp(name)
            make(unfinished)
            shutil.copytree(unfinished, root / f"unfinished-{name}", dirs_exist_ok=True)
            os.replace(root / f"unfinished-{name}", made)
    return Path(shutil.copytree(made, factory.mktemp(name) / name))
