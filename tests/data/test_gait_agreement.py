"""Which number stands for which emotion, by what was acted."""

import numpy as np
import pytest

from catgan.data.gait_agreement import agreement

# What was acted against the numbers 0..3, in a table made up around the counts that are known of E-Gait: 26 of 51 acted
# as happy have 0, 15 and 17 as angry have 1 and 0, 33 as sad have 2, 35 as neutral have 3.
COUNTS = {"happiness": (26, 8, 2, 15), "anger": (17, 15, 2, 17), "sadness": (1, 2, 33, 15), "neutral": (6, 1, 9, 35)}


def compared(order, counts=COUNTS, unnamed=3):
    acted = [name for name, row in counts.items() for count in row for _ in range(count)] + [None] * unnamed
    labels = [number for row in counts.values() for number, count in enumerate(row) for _ in range(count)]
    return agreement(acted, np.array(labels + [0] * unnamed), order)


def test_right_order_fits():
    found = compared(tuple(COUNTS))
    assert found.fits and found.best_order == tuple(COUNTS) and found.matching == 26 + 15 + 33 + 35
    assert found.total == 204


def test_published_order_does_not_fit():
    found = compared(("anger", "neutral", "happiness", "sadness"))
    assert not found.fits and found.matching == 17 + 1 + 2 + 15 and found.best_matching == 109
    assert found.best_order == ("happiness", "anger", "sadness", "neutral")
    assert found.warning() == ("The order anger, neutral, happiness, sadness agrees with what was acted in 35 of 204 "
                               "gaits; the order happiness, anger, sadness, neutral would agree in 109.")


def test_table_has_what_was_acted_in_rows():
    table = compared(("happiness", "anger"), {"fear": (1, 2), "happiness": (3, 0)}).table()
    assert table == "| acted | 0 = happiness | 1 = anger |\n|---|---|---|\n| happiness | 3 | 0 |\n| fear | 1 | 2 |\n"


@pytest.mark.parametrize("counts", [{}, {"happiness": (1, 1), "anger": (1, 1)}, {"fear": (3, 4)}])
def test_named_order_stays_where_nothing_speaks_against_it(counts):
    found = compared(("happiness", "anger"), counts)
    assert found.fits and found.best_order == ("happiness", "anger")
