"""Draws places without people, and says which emotions a place and an adjective-noun pair lead one to expect.

The table of emotions is a convention which makes a truth, not a finding about places. Adjective-noun pairs as visual
evidence of mood: Borth et al. 2013.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from catgan import random_streams
from catgan.errors import CatganError, unknown_name
from catgan.synthesis import place_effects
from catgan.synthesis.camera import Camera
from catgan.synthesis.place_indoors import draw_hospital, draw_living_room, draw_office
from catgan.synthesis.place_outdoors import draw_alley, draw_park, draw_street
from catgan.synthesis.stage import Look, Stage

EMOTIONS = ("neutral", "happiness", "sadness", "fear", "anger")
"""Emotions of rendered people, in this order everywhere."""


@dataclass(frozen=True)
class Phrase:
    """An adjective-noun pair that can be seen.

    Args:
        emotion: which it leads one to expect.
        look: fields of `Look` that it sets.
        hours: first and last hour at which it is possible; last < first goes through midnight.
    """

    emotion: str
    look: Mapping[str, float]
    hours: tuple[int, int] = (0, 23)


@dataclass(frozen=True)
class Place:
    """A type of place.

    Args:
        outdoors: has sky.
        emotions: relative weights without a phrase, in the order of `EMOTIONS`.
        phrases: the adjective-noun pairs that it may have, by name.
        draw: draws it into a stage and returns the z of what stands behind, in metres.
    """

    outdoors: bool
    emotions: tuple[float, float, float, float, float]
    phrases: Mapping[str, Phrase]
    draw: Callable[[Stage], float]


_ANYWHERE = {
    "sunny": Phrase("happiness", {"sun": 1.0}, (8, 17)),
    "gloomy": Phrase("sadness", {"grey": 1.0, "dark": 0.25}),
    "dark": Phrase("fear", {"dark": 1.0}),
    "messy": Phrase("anger", {"mess": 1.0})}
_THINGS = {
    "pretty flowers": Phrase("happiness", {"flowers": 1.0}),
    "colorful balloons": Phrase("happiness", {"balloons": 1.0}),
    "wilted flowers": Phrase("sadness", {"wilted": 1.0})}
_WALLS = {
    "broken window": Phrase("fear", {"broken": 1.0}),
    "angry graffiti": Phrase("anger", {"graffiti": 1.0})}
_PLANT = {"green plant": Phrase("neutral", {"plant": 1.0})}


def _outdoors(noun: str) -> dict[str, Phrase]:
    return {**_named(noun), f"rainy {noun}": Phrase("sadness", {"rain": 1.0}),
            f"foggy {noun}": Phrase("fear", {"fog": 0.8}), **_THINGS}


def _indoors(noun: str) -> dict[str, Phrase]:
    return {**_named(noun), "rainy window": Phrase("sadness", {"rain": 1.0}), **_THINGS,
            "broken window": _WALLS["broken window"], **_PLANT}


def _named(noun: str) -> dict[str, Phrase]:
    return {f"{adjective} {noun}": phrase for adjective, phrase in _ANYWHERE.items()}


PLACES: Mapping[str, Place] = {
    "street": Place(True, (3, 1, 1, 1, 2), {
        **_outdoors("street"), **_WALLS, "parked car": Phrase("neutral", {"car": 1.0})}, draw_street),
    "park": Place(True, (2, 4, 1, 1, 1), {
        **_outdoors("park"), "bare trees": Phrase("sadness", {"bare": 1.0}),
        "wooden bench": Phrase("neutral", {"bench": 1.0})}, draw_park),
    "living room": Place(False, (3, 3, 1, 1, 1), _indoors("room"), draw_living_room),
    "hospital": Place(False, (2, 1, 3, 2, 1), _indoors("ward"), draw_hospital),
    "office": Place(False, (4, 1, 1, 1, 2), _indoors("office"), draw_office),
    "alley": Place(True, (1, 1, 1, 4, 2), {
        **_outdoors("alley"), **_WALLS, "old bicycle": Phrase("neutral", {"bicycle": 1.0})}, draw_alley)}
"""All types of place by name."""


def draw_place(place: str, seed: random_streams.Seed = 0, size: tuple[int, int] = (512, 512),
               hour: float | None = None, phrases: Sequence[str] = (), camera: Camera | None = None) -> np.ndarray:
    """Draws a place without people. Nothing in it depends on an emotion but through place, hour and phrases.

    Args:
        place: a key of `PLACES`.
        seed: the same number draws the same picture.
        size: height and width in pixels, each at least 32.
        hour: 0..24; by default one that the phrases allow, at random.
        phrases: adjective-noun pairs of `PLACES[place].phrases`, all of which can be seen.
        camera: by default `Camera()`, as for people.

    Returns:
        uint8 `(h, w, 3)`.

    Raises:
        CatganError: unknown place or phrase, a phrase that is impossible at this hour, a size or hour out of range.
    """
    chosen, shown = found_place(place), [found_phrase(place, phrase) for phrase in phrases]
    if min(size) < 32:
        raise CatganError(f"A place is drawn with at least 32 x 32 pixels. Received: {size}.")
    random = random_streams.generator("place", random_streams.seed_of(seed))
    if hour is None:
        hour = _possible_hour(place, phrases, random)
    if not 0 <= hour <= 24:
        raise CatganError(f"The hour must lie in 0..24. Received: {hour:g}.")
    for phrase in phrases:
        if int(hour) % 24 not in hours_of(place, [phrase]):
            raise CatganError(f"There is no '{phrase}' at {hour:g} o'clock, but at the hours "
                              f"{', '.join(map(str, hours_of(place, [phrase])))}.")
    look = _look(daylight(hour), shown)
    stage = Stage(size, camera or Camera(), look, random)
    place_effects.add_things(stage, chosen.outdoors, chosen.draw(stage))
    return place_effects.lit(stage, chosen.outdoors)


def found_place(place: str) -> Place:
    """Returns a type of place.

    Raises:
        CatganError: unknown place.
    """
    if place not in PLACES:
        raise unknown_name("place", place, PLACES)
    return PLACES[place]


def found_phrase(place: str, phrase: str) -> Phrase:
    """Returns an adjective-noun pair of a place.

    Raises:
        CatganError: unknown place or phrase.
    """
    phrases = found_place(place).phrases
    if phrase not in phrases:
        raise unknown_name(f"phrase of the place '{place}'", phrase, phrases)
    return phrases[phrase]


def hours_of(place: str, phrases: Sequence[str] = ()) -> list[int]:
    """Returns the hours 0..23 at which all phrases are possible at a place."""
    hours = set(range(24))
    for phrase in phrases:
        first, last = found_phrase(place, phrase).hours
        hours &= {hour % 24 for hour in range(first, last + 1 + 24 * (last < first))}
    return sorted(hours)


def daylight(hour: float) -> float:
    """Returns the share of daylight, 0 from 20 to 5 and 1 from 7 to 18 o'clock, between them in proportion."""
    return float(np.interp(hour, (5, 7, 18, 20), (0.0, 1.0, 1.0, 0.0)))


def _possible_hour(place: str, phrases: Sequence[str], random: np.random.Generator) -> int:
    hours = hours_of(place, phrases)
    if not hours:
        raise CatganError(f"There is no hour at which all of {', '.join(phrases)} are possible.")
    return int(random.choice(hours))


def _look(day: float, phrases: Sequence[Phrase]) -> Look:
    """Joins the looks of phrases; of equal fields the strongest counts."""
    values = {field.name: max([0.0, *(phrase.look.get(field.name, 0.0) for phrase in phrases)])
              for field in fields(Look)}
    return Look(**{**values, "daylight": day})
