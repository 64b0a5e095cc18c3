import numpy as np
import pytest

from catgan.explain.people.panel import PersonPictures, person_figure
from tests.harness.explained_people import answer_of


def pictures():
    image = np.full((48, 64, 3), 90, np.uint8)
    joints = np.random.default_rng(0).normal(size=(40, 16, 3))
    known = np.ones((40, 16), bool)
    known[30:] = False
    return PersonPictures(image, (4.0, 4.0, 20.0, 30.0), image[:32, :32], joints[0], known[0], joints, known,
                          image[:32, :32], np.ones((32, 32)), (48, 64))


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_panel_shows_every_part():
    figure = person_figure(answer_of(face=(0, 3, 0), gait=(0, 0, 3)), pictures(), "a.mp4")
    words = texts(figure)
    figure.canvas.draw()
    for part in ("happiness    (a.mp4, person 1)", "face: where it looks (red)", "the gait alone: sadness",
                 "what speaks for happiness", "probabilities (entropy", "affect, with two standard deviations",
                 "no situation was given", "Happiness (0."):
        assert part in words


@pytest.mark.parametrize("missing", [("face", "posture", "gait", "context"), ("face",)])
def test_panel_says_what_was_not_read(missing):
    figure = person_figure(answer_of(missing=missing), PersonPictures())
    figure.canvas.draw()
    words = texts(figure)
    assert "no face was read" in words and "no photograph" in words and "insufficient evidence" in words
