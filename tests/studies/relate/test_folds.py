"""Folds without shared subjects."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catgan.studies.relate.folds import folds_of, predicted_by_others


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), st.integers(2, 6), st.integers(0, 5))
def test_folds_divide_no_subject_and_are_even(subjects, count, seed):
    groups = np.array(subjects)
    folds = folds_of(groups, count, seed)
    people = {subject: set(folds[groups == subject]) for subject in subjects}
    assert all(len(each) == 1 for each in people.values())
    sizes = np.bincount([each.pop() for each in people.values()])
    assert len(sizes) == min(count, len(people)) and sizes.max() - sizes.min() <= 1


def test_predicted_by_others_never_fits_a_predicted_row():
    folds = np.array([0, 1, 2, 0, 1, 2])
    values = np.arange(6.0)
    said = predicted_by_others(folds, lambda rows, others: np.full(len(others), values[rows].sum()))
    assert said.tolist() == [15 - 3, 15 - 5, 15 - 7, 15 - 3, 15 - 5, 15 - 7]
    assert predicted_by_others(np.zeros(4, int), lambda rows, others: values[others]) is None
