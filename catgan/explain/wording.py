"""Words of explanations: changes of Action Units, changes of a reading, and a model's prediction as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan import facs
from catgan.explain.models import CombinedModel, ExplainedModel, Label, Readings
from catgan.explain.outputs import OWN

MAX_NUMBERS = 4
"""Numbers that `describe_prediction` lists, besides those that the target names."""


def to_jsonable(reading: Readings) -> dict[str, float | str]:
    """Converts the reading of one face, columns `(1,)`, to numbers of four decimals and names that JSON can hold."""
    return {name: values[0] if isinstance(values[0], str) else round(float(values[0]), 4)
            for name, values in reading.items()}


def describe_changes(changes: Mapping[str, tuple[float, float]]) -> str:
    """Describes changes of Action Units: `AU04 brow lowerer goes from 0.00 to 2.50, ... and ...`.

    Args:
        changes: per AU name the level as read and the level as drawn.
    """
    parts = [_describe_change(name, now, to) for name, (now, to) in changes.items()]
    return " and ".join([", ".join(parts[:-1])] * (len(parts) > 1) + parts[-1:])


def _describe_change(name: str, now: float, to: float) -> str:
    title = f"{name} {facs.action_unit(facs.parse_action_unit(name)).name.lower()}"
    if to >= 0.0:
        return f"{title} goes from {now:.2f} to {to:.2f}"
    return f"{title} goes down by {now - to:.2f} (from {now:.2f}, as read, to 0 and {-to:.2f} beyond what was read)"


def describe_label_change(label: Label, before: Readings, after: Readings) -> str:
    """Describes the change of a label between two readings of one face: `valence falls from 0.50 to -0.20`."""
    spoken = label.spoken or label.name
    if label.kind == "class":
        first, last = (label.classes[int(np.argmax([part[column][0] for column in label.columns]))]
                       for part in (before, after))
        return f"{spoken} stays {first}" if first == last else f"{spoken} turns from {first} to {last}"
    name = f"the probability of {spoken}" if label.kind == "presence" else spoken
    present = f" (present from {label.threshold:.2f})" if label.kind == "presence" else ""
    start, end = (round(float(part[label.columns[0]][0]), 2) + 0.0 for part in (before, after))  # no "-0.00"
    if start == end:
        return f"{name} stays at {start:.2f}{present}"
    return f"{name} {'falls' if end < start else 'rises'} from {start:.2f} to {end:.2f}{present}"


def describe_prediction(model: ExplainedModel, reading: Readings, named: Sequence[Label]) -> str:
    """Describes what a foreign model reads off one face: `happy 0.91, calm 0.05`.

    It lists the likeliest classes, the numbers that the target names, and others while there are few. The text is
    empty for catgan's own model.

    Args:
        model: that gave the reading.
        reading: of one face, columns `(1,)`.
        named: labels that the target names.
    """
    if not isinstance(model, CombinedModel):
        return ""
    labels = model.model.labels
    classes = [label.columns for label in labels.values() if label.kind == "class"]
    likely = sorted(classes[0], key=lambda column: -reading[column][0])[:MAX_NUMBERS - 1] if classes else []
    asked = [column for label in named if label.kind != "class" and not label.name.startswith(OWN)
             for column in label.columns]
    others = [label.columns[0] for label in labels.values() if label.kind != "class"
              and label.columns[0] not in (classes[0] if classes else ())]
    names = dict.fromkeys([*likely, *asked, *others[:MAX_NUMBERS]])
    return ", ".join(f"{name} {float(reading[name][0]):.2f}" for name in names)
