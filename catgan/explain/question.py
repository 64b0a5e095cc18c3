"""Says the question of a counterfactual in words, from its target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan import facs
from catgan.explain.goals import KEEP_WIDTH, Goal, Target
from catgan.explain.models import Label
from catgan.explain.outputs import OWN
from catgan.explain.targets import EQUAL_WIDTH


def question(target: Target) -> str:
    """Returns what a target asks, as a sentence."""
    wanted = joined([describe_goal(goal) for goal in target.goals if not goal.kept])
    kept = [f"{label_title(label)} stays within {KEEP_WIDTH * label.span:.2g} of what it is" for label in target.kept]
    return (f"What is the smallest change of Action Units after which the model reads {wanted}"
            + (f", while {joined(kept)}" if kept else "") + "?")


def label_title(label: Label) -> str:
    """Returns the name of a label, an Action Unit with its name in FACS: `AU12 lip corner puller`."""
    name = label.name.removeprefix(OWN)
    title = f"{name} {facs.action_unit(label.unit).name.lower()}" if label.unit is not None else name
    return f"{title} as catgan reads it" if label.name.startswith(OWN) else title


def describe_goal(goal: Goal) -> str:
    """Describes what a goal asks of its label: `valence of at most -0.2`."""
    title = label_title(goal.label)
    if goal.name is not None:
        return f"any {title} but {goal.name}" if goal.other else f"the {title} {goal.name}"
    if goal.label.kind == "presence":
        return f"{title} as {'present' if goal.low >= goal.label.threshold else 'absent'}"
    low, high, label = goal.low, goal.high, goal.label
    if low == high:
        return f"{title} of {low:g}"
    if high == label.high:
        return f"{title} of at least {low:.4g}"
    if low == label.low:
        return f"{title} of at most {high:.4g}"
    if np.isclose(high - low, 2 * EQUAL_WIDTH * label.span):
        return f"{title} of about {(low + high) / 2:.4g}"
    return f"{title} between {low:.4g} and {high:.4g}"


def joined(parts: Sequence[str]) -> str:
    """Joins parts of a sentence: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1])] * (len(parts) > 1) + list(parts[-1:]))
