"""Registers the kinds of training. This list is the only place that knows them by name.

A new kind is one module with an object that has the members of `Task` (see `catgan.training.tasks.base`), and one line
in `TASKS`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from catgan.errors import unknown_name

if TYPE_CHECKING:
    from catgan.training.tasks.base import Task

__all__ = ["TASKS", "Task", "get_task"]

TASKS: dict[str, str | Task] = {
    "adversarial": "catgan.training.tasks.adversarial:TASK",
    "editor": "catgan.training.tasks.editor:TASK",
    "recogniser": "catgan.training.tasks.recogniser:TASK",
    "identity": "catgan.training.tasks.identity:TASK",
    "legacy": "catgan.training.tasks.legacy:TASK",
    "sequences": "catgan.training.tasks.sequences:TASK",
    "landmarks": "catgan.training.tasks.landmarks:TASK",
    "fusion": "catgan.training.tasks.fusion:TASK",
}
"""Name -> the kind of training, or `module:attribute` of it, which is imported when the kind is first used."""


def get_task(name: str) -> Task:
    """Returns a kind of training by its name.

    Raises:
        CatganError: an unknown name.
    """
    if name not in TASKS:
        raise unknown_name("kind of training ('task')", name, TASKS)
    found = TASKS[name]
    if isinstance(found, str):
        module, _, attribute = found.partition(":")
        found = getattr(importlib.import_module(module), attribute)
    return found


def __getattr__(name: str) -> type:
    if name == "Task":  # the protocol lies where networks are known, which the registry must not import
        from catgan.training.tasks.base import Task
        return Task
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
