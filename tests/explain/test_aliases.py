"""Names of before, which warn for one release."""

import pytest

import catgan.explain
from catgan.explain import ScalarOutput


def test_answer_is_an_alias_of_scalar_output_and_warns():
    with pytest.warns(DeprecationWarning, match="ScalarOutput"):
        assert catgan.explain.Answer is ScalarOutput


def test_unknown_name_of_explain_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Explainer'"):
        catgan.explain.Explainer
