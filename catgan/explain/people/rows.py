"""Takes one row of a data set of people as explanations take a person, and as their pictures show it."""

from __future__ import annotations

from catgan.data.people.samples import PeopleSamples
from catgan.explain.people.answer import PersonInputs
from catgan.explain.people.panel import PersonPictures
from catgan.modalities.registry import get_modality


def person_of(people: PeopleSamples, row: int) -> PersonInputs:
    """Returns what is known of a person of a data set, as `explain_person` takes it.

    Args:
        people: of a data set, see `catgan.data.people.columns.read_people`.
        row: number of the person.
    """
    chosen = people.select([row])
    return PersonInputs(chosen.inputs, {name: bool(mask[0]) for name, mask in chosen.available.items()},
                        {name: get_modality(name).title for name in people.modalities}, rate=people.rate)


def pictures_of(people: PeopleSamples, row: int) -> PersonPictures:
    """Returns what `person_figure` shows of a person of a data set; arguments as `person_of`.

    A data set keeps no photographs, only what was read of them.
    """
    face, posture, gait, context = (
        {key: array[row] for key, array in people.inputs[name].items()}
        if name in people.inputs and people.available[name][row] else {}
        for name in ("face", "posture", "gait", "context"))
    return PersonPictures(None, None, face.get("image"), posture.get("joints"), posture.get("known"),
                          gait.get("joints"), gait.get("known"), context.get("image"), context.get("seen"))
