"""Names of before, which warn for one release."""

import numpy as np
import pytest

import catgan.explain
from catgan.errors import CatganError
from catgan.explain import ScalarOutput, semifactual
from catgan.explain.search.certified import Certificate


def test_answer_is_an_alias_of_scalar_output_and_warns():
    with pytest.warns(DeprecationWarning, match="ScalarOutput"):
        assert catgan.explain.Answer is ScalarOutput


def test_unknown_name_of_explain_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Explainer'"):
        catgan.explain.Explainer


def test_most_and_apart_of_a_certificate_are_aliases_and_warn():
    proof = Certificate((0.0,), (12,), (), 3, (1,), 1, 0, ((4, 12),))
    with pytest.warns(DeprecationWarning, match="max_units"):
        assert proof.most == 3
    with pytest.warns(DeprecationWarning, match="exclusive_pairs"):
        assert proof.apart == ((4, 12),)


def test_most_of_semifactual_is_an_alias_of_max_units_and_warns(untrained_gan):
    with pytest.warns(DeprecationWarning, match="max_units"), pytest.raises(CatganError, match="is a whole number"):
        semifactual(untrained_gan, np.zeros((16, 16, 3), np.uint8), "valence>=1", most=0)
