import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.places import EMOTIONS, PLACES, daylight, draw_place, found_phrase, hours_of
from catgan.synthesis.stage import Look

SIZE = (64, 64)


def brightness(place, seed, **options):
    return draw_place(place, seed, SIZE, **options).mean()


@pytest.mark.parametrize("place", PLACES)
def test_pictures_of_a_place_are_reproducible_and_differ(place):
    pictures = [draw_place(place, seed, (48, 80), hour=12) for seed in (1, 1, 2)]
    assert pictures[0].dtype == np.uint8 and pictures[0].shape == (48, 80, 3)
    assert np.array_equal(pictures[0], pictures[1])
    assert np.abs(pictures[0].astype(int) - pictures[2]).mean() > 8


@pytest.mark.parametrize("place, phrase", [(place, phrase) for place in PLACES for phrase in PLACES[place].phrases])
def test_every_phrase_can_be_seen_and_leads_to_a_known_emotion(place, phrase):
    hour = hours_of(place, [phrase])[3]
    with_phrase, without = (draw_place(place, 5, (128, 128), hour=hour, phrases=chosen) for chosen in ([phrase], []))
    assert (np.abs(with_phrase.astype(int) - without).max(-1) > 16).mean() > 0.005
    assert found_phrase(place, phrase).emotion in EMOTIONS
    assert set(found_phrase(place, phrase).look) <= set(Look.__dataclass_fields__)


def test_every_place_has_a_phrase_of_every_emotion():
    assert all({phrase.emotion for phrase in place.phrases.values()} == set(EMOTIONS) for place in PLACES.values())


@pytest.mark.parametrize("place, noun", [("street", "street"), ("living room", "room"), ("hospital", "ward")])
def test_sun_is_brighter_and_dark_is_darker(place, noun):
    for seed in range(4):
        sun, dark = (brightness(place, seed, hour=12, phrases=[f"{name} {noun}"]) for name in ("sunny", "dark"))
        assert sun > 1.05 * brightness(place, seed, hour=12) and dark < 0.6 * brightness(place, seed, hour=12)


def test_night_is_darker_than_day():
    for place in PLACES:
        assert brightness(place, 3, hour=23) < 0.85 * brightness(place, 3, hour=12)
    assert [daylight(hour) for hour in (0, 5, 6, 7, 12, 18, 19, 20)] == [0, 0, 0.5, 1, 1, 1, 0.5, 0]


def test_scene_is_the_same_at_every_size():
    """A larger picture shows the same things: reduced, it resembles the smaller one."""
    large, small = (draw_place("office", 4, (side, side), hour=12).astype(float) for side in (256, 64))
    reduced = large.reshape(64, 4, 64, 4, 3).mean((1, 3))
    assert np.corrcoef(reduced.ravel(), small.ravel())[0, 1] > 0.9


def test_hours_of_several_phrases_are_those_of_all():
    assert hours_of("park") == list(range(24))
    assert hours_of("park", ["sunny park", "pretty flowers"]) == list(range(8, 18))


@pytest.mark.parametrize("options, words", [
    ({"place": "beach"}, "Unknown place 'beach'"),
    ({"phrases": ["messy room"]}, "Unknown phrase of the place 'street' 'messy room'"),
    ({"phrases": ["sunny street"], "hour": 23}, "no 'sunny street' at 23"),
    ({"hour": 25}, r"0\.\.24"), ({"size": (16, 64)}, "32 x 32")])
def test_what_cannot_be_drawn_is_refused(options, words):
    with pytest.raises(CatganError, match=words):
        draw_place(**{"place": "street", "size": SIZE, **options})
