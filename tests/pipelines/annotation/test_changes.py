"""What a rater may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.pipelines.annotation.changes import Change
from tests.harness.annotated import step

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab01-.é\0", max_size=8),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                        st.sampled_from(["AU12", "valence", "expression", "x"]), inner, max_size=4))


@pytest.mark.parametrize("content, message", [
    ({"set": {"AU12": 6}}, "AU12 must be 0 .absent. or 1 to 5 .A to E.. Received: 6"),
    ({"set": {"AU12": 2.5}}, "AU12 must be 0"), ({"set": {"AU12": True}}, "AU12 must be 0"),
    ({"set": {"AU99": 1}}, "A label is an Action Unit such as AU04"), ({"set": {"smile": 1}}, "A label is an Action"),
    ({"clear": ["smile"]}, "A label is an Action Unit"),
    ({"set": {"valence": 1.01}}, "valence must be a number in -1..1. Received: 1.01"),
    ({"set": {"valence": float("nan")}}, "valence must be a number in -1..1"),
    ({"set": {"expression": "bliss"}}, "expression must be one of neutral, happiness"),
    ({"set": {"AU12": 1}, "clear": ["AU12"]}, "either sets a label or clears it"),
    ({"set": {"AU12": 1}, "frame": 3}, "A frame has a number from 0 and a time"),
    ({"set": {"AU12": 1}, "frame": -1, "time": 0}, "A frame has a number from 0"),
    ({"set": {"valence": 0}, "frame": 3, "time": 0.1}, "In a video, valence and arousal are rated over time"),
    ({"trace": [[0, 0, 0], [0, 1, 1]]}, "times of samples must rise"), ({"trace": [[0, 0]]}, "A sample is"),
    ({"trace": [[-1, 0, 0]]}, "A time must be seconds"), ({"set": [1]}, "A step has 'set' .an object."),
    ({"set": {"AU12": 1}, "change": "../../x"}, "A step needs an identity")])
def test_what_cannot_be_said_is_refused_in_one_line(content, message):
    with pytest.raises(CatganError, match=message):
        step(**content)


def test_a_change_comes_back_from_its_content():
    one = step(set={"AU12": 3, "AU04": None, "expression": "fear"}, clear=["AU01"], frame=4, time=0.4)
    assert Change.from_dict(one.to_dict()) == one
    other = step(trace=[[0.0, 0.1, None], [0.04, 0.2, None]])
    assert Change.from_dict(other.to_dict()) == other and set(other.to_dict()) == {"change", "trace"}


@given(st.dictionaries(st.sampled_from(["change", "set", "clear", "frame", "time", "trace", "x"]), JSON))
def test_any_content_is_a_change_or_an_error_of_the_user(content):
    try:
        change = Change.from_dict({"change": "abcdefgh", **content})
    except CatganError as error:
        assert len(str(error)) < 400
    else:
        assert Change.from_dict(change.to_dict()) == change
