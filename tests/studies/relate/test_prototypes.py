"""Prototype tables as matrices, and agreement by hand."""

import numpy as np
import pytest

from catgan import facs
from catgan.studies.relate.prototypes import agreement, compared_tables


def test_compared_tables_share_expressions_and_coded_units():
    tables = compared_tables(["neutral", "happiness", "sadness"], (1, 4, 6, 12, 43))
    assert tables.expressions == ("happiness", "sadness") and tables.columns == (0, 1, 2, 3)
    matsumoto = tables.memberships["matsumoto_ekman_2008"]
    np.testing.assert_array_equal(matsumoto, [[0, 0, 1, 1], [1, 0.5, 0, 0]])
    assert tables.unseen["matsumoto_ekman_2008"] == (15, 17)
    assert tables.unranked == {"emotionet_2017": "shares 0 expressions with the data"}
    assert set(tables.memberships) == set(facs.PROTOTYPES) - {"emotionet_2017"}


def test_too_few_shared_expressions_rank_no_table():
    tables = compared_tables(["neutral", "happiness"], (6, 12))
    assert tables.expressions == () and tables.memberships == {} and tables.columns == ()
    assert list(compared_tables(["happiness", "contempt"], (6, 12)).memberships) == ["emfacs"]


def test_agreement_is_the_correlation_of_cells_less_the_mean_of_each_unit():
    profile, membership = np.array([[0.9, 0.2], [0.1, 0.6]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    one, other = profile - profile.mean(0), membership - membership.mean(0)
    assert agreement(profile, membership) == pytest.approx(np.corrcoef(one.ravel(), other.ravel())[0, 1])
    assert agreement(membership, membership) == pytest.approx(1)
    assert agreement(1 - membership, membership) == pytest.approx(-1)


def test_agreement_ignores_what_is_frequent_in_every_expression_and_unknown_cells():
    membership = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert agreement(membership + [0.5, 0.0, 3.0], membership) == pytest.approx(1)
    holed = membership.copy()
    holed[0, 1] = np.nan
    assert agreement(holed, membership) == pytest.approx(1)
    assert agreement(np.ones((3, 3)), membership) is None and agreement(np.full((3, 3), np.nan), membership) is None
