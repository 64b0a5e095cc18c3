"""Registers modalities by name: face, posture, gait and context, and those that users add.

A modality of one's own is an object, which is registered where it is defined; docs/people.md has an example:

    register(Modality("voice", "the voice", {"levels": Input((50, 2))}, read_voice, encode_voice))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.modalities.context_reader import CONTEXT
from catgan.modalities.face_reader import FACE
from catgan.modalities.gait_reader import GAIT
from catgan.modalities.modality import Input, Modality, Reading
from catgan.modalities.posture_reader import POSTURE
from catgan.modalities.views import PersonView

__all__ = ["MODALITIES", "Input", "Modality", "Reading", "get_modality", "read_all", "register", "stacked",
           "unregister"]

MODALITIES: dict[str, Modality] = {modality.name: modality for modality in (FACE, POSTURE, GAIT, CONTEXT)}
"""All modalities by name, in the order in which they are listed everywhere."""
BUILT_IN = tuple(MODALITIES)
"""Names of the modalities that come with catgan."""


def register(modality: Modality) -> Modality:
    """Adds a modality, and returns it.

    Raises:
        CatganError: another modality has this name.
    """
    if modality.name in MODALITIES:
        raise CatganError(f"There is a modality '{modality.name}' already. Give yours another name.")
    MODALITIES[modality.name] = modality
    return modality


def unregister(name: str) -> None:
    """Removes a modality that was registered.

    Raises:
        CatganError: an unknown name, or a modality that comes with catgan.
    """
    get_modality(name)
    if name in BUILT_IN:
        raise CatganError(f"The modality '{name}' comes with catgan and cannot be removed.")
    del MODALITIES[name]


def get_modality(name: str) -> Modality:
    """Returns a modality.

    Raises:
        CatganError: an unknown name; the message lists the known ones.
    """
    if name not in MODALITIES:
        raise unknown_name("modality", name, MODALITIES)
    return MODALITIES[name]


def read_all(view: PersonView, modalities: Iterable[str] | None = None) -> dict[str, Reading | None]:
    """Reads the modalities of one person.

    Args:
        view: of the person.
        modalities: names; all that are registered if None.

    Returns:
        A checked reading by name, or None where the modality cannot be seen.

    Raises:
        CatganError: an unknown modality.
        DataError: a reader returns something else than its modality declares.
    """
    readings: dict[str, Reading | None] = {}
    for name in MODALITIES if modalities is None else modalities:
        modality = get_modality(name)
        reading = modality.read(view)
        readings[name] = None if reading is None else modality.checked(reading)
    return readings


def stacked(people: Sequence[Mapping[str, Reading | None]], modalities: Iterable[str] | None = None
            ) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Stacks the readings of persons to the inputs of a model.

    Args:
        people: readings of each person by modality; a missing name is a reading of None.
        modalities: names; those of the first person if None.

    Returns:
        Arrays `(n, ...)` by modality and input, zeros where a modality was not seen; and bool `(n,)` by modality.

    Raises:
        CatganError: an unknown modality, or neither persons nor modalities.
    """
    if modalities is None and not people:
        raise CatganError("There is nobody whose readings could be stacked. Name the modalities.")
    inputs, available = {}, {}
    for name in list(people[0] if modalities is None else modalities):
        modality = get_modality(name)
        arrays = {key: one.zeros(len(people)) for key, one in modality.inputs.items()}
        for place, readings in enumerate(people):
            reading = readings.get(name)
            for key, array in reading.arrays.items() if reading is not None else ():
                arrays[key][place] = array
        inputs[name] = arrays
        available[name] = np.array([readings.get(name) is not None for readings in people], bool)
    return inputs, available
