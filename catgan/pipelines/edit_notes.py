"""Says what a user must know of an edited face: what was cut, missed, small, turned or covered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan import facs
from catgan.metrics.figures import Figures
from catgan.models.gan.changes import missed
from catgan.models.gan.faces import FaceGAN

MAX_TRAINED_YAW = 30.0
"""Degrees by which faces are turned to the side in training."""


def misses(gan: FaceGAN, asked: Mapping[str, np.ndarray], read: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
    """Finds the named labels that are read notably off what was asked: each with what was asked, and what is read.

    Args:
        gan: the model.
        asked: per named label, an array `(1,)`, see `catgan.models.gan.editing.EditResult`.
        read: per column, the predictions before and after the edit.
    """
    columns = dict(zip(map(facs.au_name, gan.spec.action_units), gan.spec.action_unit_columns))
    found = {}
    for name, values in asked.items():
        scale = 5.0 / gan.spec.maximum if name in columns else 1.0
        before, after = (float(value) * scale for value in read[columns.get(name, name)])
        if missed(float(values[0]), before, after, name):
            found[name] = [round(float(values[0]), 4), round(after, 4)]
    return found


def notes(result: Figures) -> list[str]:
    """Writes sentences about an edit.

    Args:
        result: `cut` and `beyond` (per label), `missed` (see `misses`), `enlarged` (factor), `turned` and `yaw`
            (degrees) and `covered` (names of regions).
    """
    said: list[str] = []
    said += [f"{name} was asked to become {value:g}, beyond its range: it was cut there"
             for name, value in result["cut"].items()]
    said += [f"{name} goes down to 0 and {value:g} beyond what was read" for name, value in result["beyond"].items()]
    said += [f"{name} was asked to become {asked:.1f} and reads {after:.1f}: this editor does not get there with this "
             "face, or the discriminator errs. Look at the picture; ask for more, or give a sharper, frontal face."
             for name, (asked, after) in result["missed"].items()]
    if result["enlarged"] > 1.25:
        said.append(f"The face is small in this photograph: it was enlarged {result['enlarged']:g} times for the "
                    "editor, which learned from sharper ones. Look closely.")
    if result["turned"]:
        said.append(f"The face was found after the photograph was turned by {result['turned']} degrees clockwise; the "
                    "result lies as the photograph does.")
    if result["covered"]:
        said.append(f"Uncertain here: the {' and the '.join(result['covered'])} of this face may be covered. What is "
                    "read and drawn there is a guess.")
    if abs(result["yaw"]) > MAX_TRAINED_YAW:
        said.append(f"The face is turned by {result['yaw']:.0f} degrees; editors learn from faces turned by up to "
                    f"{MAX_TRAINED_YAW:.0f}. Look closely.")
    return said
