"""Properties of the searches on random linear models."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.explain.search import SearchOptions, search
from catgan.explain.search.certified import minimal

UNITS = (1, 4, 6, 12)
LEVEL = st.floats(0.0, 5.0)
WEIGHT = st.floats(-2.0, 2.0)


@given(st.lists(LEVEL, min_size=4, max_size=4), st.lists(WEIGHT, min_size=4, max_size=4), st.floats(-4.0, 4.0),
       st.lists(st.booleans(), min_size=4, max_size=4), st.floats(0.0, 1.0), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_answers_of_the_search_keep_all_its_bounds(levels, weights, goal, allowed, slack, max_units):
    now, may = np.array([levels]), np.array([allowed])

    def distance(rows, tried):
        return tried @ np.array(weights) - goal

    found = search(distance, now, may, SearchOptions(max_units=max_units), intensity_slack=slack)
    changed = found.levels != now
    assert not changed[~may].any() and changed.sum() <= max_units
    assert (found.levels >= -slack - 1e-12).all() and (found.levels <= 5.0 + 1e-12).all()  # but for rounding
    if found.reached[0]:
        assert distance(None, found.levels)[0] <= 1e-9


@given(st.lists(LEVEL, min_size=4, max_size=4), st.lists(WEIGHT, min_size=4, max_size=4), st.floats(-4.0, 4.0))
@settings(max_examples=60, deadline=None)
def test_search_of_linear_models_takes_as_few_units_as_trying_all_ends(levels, weights, goal):
    now = np.array(levels)

    def distance(rows, tried):
        return tried @ np.array(weights) - goal

    if distance(None, now) <= 0.0:
        return
    found = search(distance, now[None], np.ones((1, 4), bool))
    proven, reached, _ = minimal(distance, now, UNITS, np.ones(4, bool), SearchOptions(grid=(0.0, 5.0)))
    assert found.reached[0] == reached
    if reached:
        assert (found.levels[0] != now).sum() <= (proven != now).sum()
