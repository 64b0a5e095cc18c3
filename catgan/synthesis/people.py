"""Describes rendered people completely: an emotion, and what face, posture, gait and place show of it.

Which places go with which emotion, and how emotions change a walk, are conventions that make the truth known; they are
not findings about people.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catgan import facs, random_streams
from catgan.errors import CatganError, unknown_name
from catgan.synthesis import places
from catgan.synthesis.bodies import Proportions, Walk
from catgan.synthesis.clip_flaws import Hand, Smear, random_hand, random_smear
from catgan.synthesis.clip_layers import resting_face
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import Sampler, Scene, possible, units_of
from catgan.synthesis.walks import EMOTIONS, sample_walk, walker

MODALITIES = ("face", "posture", "gait", "context")
FACE_STRENGTH = 0.6
"""Intensities of Action Units, relative to those of `scene.units_of`, of a person of intensity 1."""
WALK_STRENGTH = 0.8
"""Distance from a neutral walk, relative to `walks.MEANS`, of a person of intensity 1."""
INTENSITIES = (0.5, 1.3)
LARGEST_HEADING = 35.0
"""Degrees from the direction to the camera."""
FIRST_DAY = datetime.datetime(2026, 1, 5)
DAYS = 140
WORDS: Mapping[str, str] = {"neutral": "neutral", "happiness": "happy", "sadness": "sad", "fear": "fearful",
                            "anger": "angry"}
"""Emotion -> its word in `facs.VA_ANCHORS`."""


@dataclass(frozen=True)
class PeopleSettings:
    """Holds how people are sampled.

    Args:
        seed: of everything.
        subjects: number of people.
        strength: of what faces and walks show; 1 is the default, 0 shows nothing.
        place_prior: chance that the place is one that goes with the emotion; otherwise it is any place. Negative: the
            chance that it is one that goes with another emotion.
        contradicting: share of people of whom one modality shows another emotion than the three others.
        missing: share of people without a modality, for each modality; somebody of whom nothing is left keeps one.
        occluded: share of faces behind a hand or smeared, and of bodies whose legs are hidden.
        planted: the only modality that shows the emotion; the others show emotions at random. None: all show it.
    """

    seed: int = 0
    subjects: int = 1000
    strength: float = 1.0
    place_prior: float = 0.5
    contradicting: float = 0.1
    missing: float = 0.1
    occluded: float = 0.1
    planted: str | None = None

    def __post_init__(self) -> None:
        if self.planted is not None and self.planted not in MODALITIES:
            raise unknown_name("planted modality", self.planted, MODALITIES)
        shares = {name: getattr(self, name) for name in ("contradicting", "missing", "occluded")}
        if not all(0 <= share <= 1 for share in shares.values()) or not -1 <= self.place_prior <= 1:
            raise CatganError("Shares of people lie in 0..1, and 'place_prior' in -1..1. Received: "
                              f"{shares | {'place_prior': self.place_prior}}.")
        if not 0 <= self.strength <= 1.5 or self.subjects < 1:
            raise CatganError("People have a strength of 0..1.5 and at least 1 subject. Received: "
                              f"{self.strength:g} and {self.subjects}.")


@dataclass(frozen=True)
class PersonScene:
    """Describes one person in one place.

    Args:
        number: of the scene.
        subject: number of the person.
        emotion: the label.
        intensity: how strongly it is shown.
        shown: emotion that each modality shows; None = nothing in particular.
        missing: modalities that cannot be seen.
        face: the face.
        hand, smear: flaws of the face, or None.
        legs_hidden: whether knees and feet are not seen.
        body: lengths.
        walk: how the person walks.
        heading: degrees from the direction to the camera.
        place: type of place.
        phrases: adjective-noun pairs that its picture shows.
        when: date and time.
    """

    number: int
    subject: int
    emotion: str
    intensity: float
    shown: Mapping[str, str | None]
    missing: frozenset[str]
    face: Scene
    hand: Hand | None
    smear: Smear | None
    legs_hidden: bool
    body: Proportions
    walk: Walk
    heading: float
    place: str
    phrases: tuple[str, ...]
    when: datetime.datetime

    @property
    def affect(self) -> tuple[float, float, float]:
        """Valence, arousal and dominance, -1..1: those of the emotion's word (Russell & Mehrabian 1977), in proportion
        to the intensity."""
        valence, arousal, dominance = (float(np.clip(value * self.intensity, -1, 1))
                                       for value in facs.VA_ANCHORS[WORDS[self.emotion]])
        return valence, arousal, dominance


class PeopleSampler:
    """Samples people at random; scene number `index` is a function of the settings and `index` alone.

    Args:
        settings: how they are sampled.
    """

    def __init__(self, settings: PeopleSettings):
        self.settings = settings
        self._faces = Sampler(settings.seed, settings.subjects)

    def subject_of(self, index: int) -> int:
        """Returns the number of the person in scene number `index`."""
        return int(self._random(index, 0).integers(self.settings.subjects))

    def scene(self, index: int) -> PersonScene:
        """Returns scene number `index`."""
        settings, random = self.settings, self._random(index, 0)
        subject = int(random.integers(settings.subjects))
        emotion = EMOTIONS[random.integers(len(EMOTIONS))]
        intensity = random.uniform(*INTENSITIES)
        shown = self._shown(emotion, random)
        missing = _missing(random.random(len(MODALITIES)) < settings.missing, random)
        hand, smear, legs_hidden = self._flaws(index)
        person = walker(settings.seed, subject)
        walked = self._random(index, 2)
        walk = sample_walk(person, shown["posture"] or "neutral", shown["gait"] or "neutral",
                           WALK_STRENGTH * settings.strength * intensity, walked)
        place, phrases, found = self._place(index, shown["context"])
        return PersonScene(index, subject, emotion, intensity, {**shown, "context": found}, missing,
                           self._face(index, subject, shown["face"] or "neutral", intensity), hand, smear, legs_hidden,
                           person.proportions, walk, walked.uniform(-LARGEST_HEADING, LARGEST_HEADING), place, phrases,
                           self._when(index, place, phrases))

    def _random(self, index: int, part: int) -> np.random.Generator:
        return random_streams.generator("people", self.settings.seed, index, part)

    def _shown(self, emotion: str, random: np.random.Generator) -> dict[str, str | None]:
        """Samples the emotion that each modality is to show."""
        others = [EMOTIONS[number] for number in random.integers(len(EMOTIONS), size=len(MODALITIES))]
        contradicts, which, other = random.random(), random.integers(len(MODALITIES)), random.integers(1, len(EMOTIONS))
        if self.settings.planted is not None:
            return {name: emotion if name == self.settings.planted else any_one
                    for name, any_one in zip(MODALITIES, others)}
        shown: dict[str, str | None] = dict.fromkeys(MODALITIES, emotion)
        if contradicts < self.settings.contradicting:
            shown[MODALITIES[which]] = _another(emotion, int(other))
        return shown

    def _face(self, index: int, subject: int, emotion: str, intensity: float) -> Scene:
        """Samples the face: Action Units of the emotion over those of the person at rest."""
        random = self._random(index, 1)
        strength = FACE_STRENGTH * self.settings.strength * intensity
        units = {number: strength * value for number, value in units_of(emotion, random).items()}
        rest = dict(zip(ACTION_UNITS, resting_face(self.settings.seed, subject).tolist()))
        both = {number: min(units.get(number, 0.0) + rest[number], 5.0) for number in ACTION_UNITS}
        light = self._faces.scene(index)
        person = self._faces.person(subject)
        return replace(light, subject=person.subject, shape=person.shape, texture=person.texture, skin=person.skin,
                       expression=emotion, action_units=possible({number: value for number, value in both.items()
                                                                  if value > 0}))

    def _flaws(self, index: int) -> tuple[Hand | None, Smear | None, bool]:
        """Samples what hides the face or the legs."""
        random = self._random(index, 3)
        hidden, smeared, legs = random.random(3) < (self.settings.occluded / 2,) * 2 + (self.settings.occluded,)
        return random_hand(random) if hidden else None, random_smear(random) if smeared else None, bool(legs)

    def _place(self, index: int, emotion: str | None) -> tuple[str, tuple[str, ...], str | None]:
        """Samples a place, what its picture shows, and the emotion that it goes with."""
        random = self._random(index, 4)
        prior = self.settings.place_prior if self.settings.planted is None else 1.0
        decided, other = random.random() < abs(prior), random.integers(1, len(EMOTIONS))
        if emotion is not None and prior < 0:
            emotion = _another(emotion, int(other))
        wanted = emotion if decided else None
        return (*sample_place(wanted, random), wanted)

    def _when(self, index: int, place: str, phrases: Sequence[str]) -> datetime.datetime:
        """Samples a day, and an hour at which the phrases can be seen, by day more often than at night."""
        random = self._random(index, 5)
        hours = np.array(places.hours_of(place, phrases))
        weights = np.exp(-0.5 * ((hours - 14.0) / 4.5) ** 2) + 0.02
        return FIRST_DAY + datetime.timedelta(days=int(random.integers(DAYS)), minutes=int(random.integers(60)),
                                              hours=int(random.choice(hours, p=weights / weights.sum())))


def sample_place(emotion: str | None, random: np.random.Generator) -> tuple[str, tuple[str, ...]]:
    """Samples a type of place and the adjective-noun pairs that its picture shows.

    Args:
        emotion: with which they go, one pair or two; None: any place, with any pair or none.
        random: source of chance.
    """
    names = list(places.PLACES)
    weights = np.ones(len(names))
    if emotion is not None:
        column = EMOTIONS.index(emotion)
        weights = np.array([found.emotions[column] / sum(found.emotions) for found in places.PLACES.values()])
    name = names[random.choice(len(names), p=weights / weights.sum())]
    fitting = [phrase for phrase, found in places.PLACES[name].phrases.items() if emotion in (None, found.emotion)]
    count = int(random.integers(2)) + (emotion is not None)
    chosen = [fitting[number] for number in random.permutation(len(fitting))[:count]]
    possible_ones = chosen if places.hours_of(name, chosen) else chosen[:1]
    return name, tuple(sorted(possible_ones))


def _another(emotion: str, step: int) -> str:
    """Returns another emotion; `step` is 1 .. number of emotions - 1."""
    return EMOTIONS[(EMOTIONS.index(emotion) + step) % len(EMOTIONS)]


def _missing(absent: Sequence[bool] | np.ndarray, random: np.random.Generator) -> frozenset[str]:
    """Returns the modalities that are missing; if all were, one is kept."""
    kept = MODALITIES[random.integers(len(MODALITIES))]
    names = {name for name, gone in zip(MODALITIES, absent) if gone}
    return frozenset(names - {kept} if len(names) == len(MODALITIES) else names)
