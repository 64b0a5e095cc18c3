"""Which Action Units and faces take part where every label must be known."""

import numpy as np

from catgan.studies.relate.chosen_units import choose_units

NAMES = ("AU01", "AU02", "AU04", "AU12", "AU26")
GROUPS = np.array([f"subject {number}" for number in range(40)])


def units_of(seed=0):
    return np.random.default_rng(seed).integers(0, 6, (40, 5)).astype(float)


def test_complete_faces_are_chosen_and_masks_respected():
    units = units_of()
    units[3, 1] = np.nan
    chosen = choose_units(units, np.arange(40) != 7, GROUPS, NAMES)
    assert chosen.columns == (0, 1, 2, 3, 4) and chosen.left_out == {}
    assert set(range(40)) - set(chosen.rows) == {3, 7}
    assert np.isfinite(chosen.values(units)).all()


def test_rarely_known_constant_and_dependent_units_are_left_out_with_reasons():
    units = units_of()
    units[:25, 0] = np.nan          # known on 15 of 40
    units[:, 1] = 0.0               # never varies
    units[:, 4] = units[:, 2] - 2 * units[:, 3]
    chosen = choose_units(units, np.ones(40, bool), GROUPS, NAMES)
    assert chosen.columns == (2, 3) and len(chosen.rows) == 40
    assert "fewer than half of the 40" in chosen.left_out["AU01"]
    assert chosen.left_out["AU02"] == "hardly varies: 0 faces of 0 subjects differ from the others"
    assert "follows from" in chosen.left_out["AU04" if 2 not in chosen.columns else "AU26"]


def test_units_of_disjoint_annotation_are_not_joined():
    units = units_of()
    units[:22, 0] = np.nan
    units[22:, 1:] = np.nan
    chosen = choose_units(units, np.ones(40, bool), GROUPS, NAMES)
    assert chosen.columns == (1, 2, 3, 4) and list(chosen.rows) == list(range(22))


def test_nothing_known_chooses_nothing():
    chosen = choose_units(np.full((40, 5), np.nan), np.ones(40, bool), GROUPS, NAMES)
    assert chosen.columns == () and len(chosen.rows) == 0 and set(chosen.left_out.values()) == {"never known here"}
