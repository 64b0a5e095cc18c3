"""Reads experiment files and run configs that were written before kinds of training had names.

Then the kind followed from three keys of `training` and from the family of the networks, and `training` held the
options of all kinds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from catgan.errors import CatganError
from catgan.models.gan.architectures import network_config
from catgan.training.tasks import get_task

RENAMED = {"preset": "architecture", "beside": "auxiliary_data"}
"""Keys of the top level: old name -> new name."""
KIND_KEYS = {"supervised": "recogniser", "identity": "identity", "editing": "editor"}
"""Keys of `training` that chose the kind."""
MOVED = {"gamma": "critic.gamma", "final_gamma": "critic.final_gamma", "penalty_interval": "critic.penalty_interval",
         "label_weight": "critic.label_weight", "matching_weight": "matching_weight",
         "regression_weight": "regression_weight", "critic_weight": "critic_weight",
         "label_dropout": "label_dropout", "completion": "completion"}
"""Keys of `training` that are options of some kinds now: old name -> path under `options`."""


def converted(content: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Writes the content of an experiment file with the keys of this version.

    Args:
        content: a file's content, of this version or of an earlier one.

    Returns:
        The content of this version, and per key that was renamed or moved one text `old is now new`.

    Raises:
        CatganError: several kinds of training at once.
    """
    result, hints = dict(content), list[str]()
    for old, new in RENAMED.items():
        if old in result:
            result.setdefault(new, result.pop(old))
            hints.append(f"'{old}' is now '{new}'")
    given = result.get("training")
    training = dict(given) if isinstance(given, Mapping) else {}
    asked = [(key, training.pop(key)) for key in KIND_KEYS if key in training]
    chosen = [(key, value) for key, value in asked if value is not None and value is not False]
    if len(chosen) > 1:
        raise CatganError("'training.supervised', 'training.identity' and 'training.editing' are different "
                          "trainings. Give one of them, as 'task'.")
    moved = {key: training.pop(key) for key in MOVED if key in training}
    if "task" not in result and (family := _family(result)) == "legacy" and not chosen:
        result["task"] = family
        hints.append("the networks of 'legacy' have a 'task: legacy' of their own")
    if not asked and not moved:
        return result, hints
    task = str(result.get("task") or (KIND_KEYS[chosen[0][0]] if chosen else "adversarial"))
    hints += [f"'training.{key}' is now 'task: {task}'" for key, _ in chosen]
    understood = {field.name for field in dataclasses.fields(get_task(task).config)}
    given = result.get("options")
    options: dict[str, object] = dict(given) if isinstance(given, Mapping) else {}
    options |= {key: value for name, value in chosen if isinstance(value, Mapping) for key, value in value.items()}
    for key, value in moved.items():
        parent, _, last = MOVED[key].rpartition(".")
        if (parent or last) not in understood:
            continue  # the kind never had a use for it
        holder = options.setdefault(parent, {}) if parent else options
        if isinstance(holder, dict):
            holder.setdefault(last, value)
        hints.append(f"'training.{key}' is now 'options.{MOVED[key]}'")
    return {**result, "task": task, "training": training, "options": options}, hints


def _family(content: Mapping[str, object]) -> str:
    """Returns the family of the networks, which alone told the paper's training from ours."""
    network = content.get("network")
    sizes = network_config(str(content.get("architecture", "xs_64")), network if isinstance(network, dict) else {})
    return sizes.family
