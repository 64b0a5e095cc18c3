"""Targets as questions in words."""

import numpy as np
import pytest

from catgan.explain.models import Label
from catgan.explain.question import joined, question
from catgan.explain.targets import parse_target

LABELS = {label.name: label for label in (
    Label("AU12", ("AU12",), 0.0, 5.0, "intensity", unit=12),
    Label("AU04", ("AU04_present",), 0.0, 1.0, "presence", 0.4, unit=4), Label("valence", ("valence",), -1.0, 1.0),
    Label("expression", ("expression=sadness", "expression=happiness"), kind="class", classes=("sadness", "happiness")),
    Label("logit", ("logit",), -np.inf, np.inf), Label("catgan:AU25", ("catgan:AU25",), 0.0, 5.0, unit=25))}


@pytest.mark.parametrize("target, words", [
    ("AU12=0", "reads AU12 lip corner puller of about 0?"), ("AU12>=3", "AU12 lip corner puller of at least 3?"),
    ("AU12<=0.5", "AU12 lip corner puller of at most 0.5?"), ("valence>=0.9", "valence of at least 0.9?"),
    ("AU04=0", "AU04 brow lowerer as absent?"), ("AU04>=1", "AU04 brow lowerer as present?"),
    ("valence=-0.5..0.5", "valence between -0.5 and 0.5?"), ("logit<=-3", "logit of at most -3?"),
    ("expression=sadness", "reads the expression sadness?"),
    ("expression!=sadness", "reads any expression but sadness?"),
    ("valence>=0.2,AU12<=1,keep:logit", "reads valence of at least 0.2 and AU12 lip corner puller of at most 1, while "
                                        "logit stays within 0.1 of what it is?"),
    ("logit>=2,keep:AU25", "while AU25 lips part as catgan reads it stays within 0.5 of what it is?")])
def test_target_is_said_in_words(target, words):
    assert question(parse_target(target, LABELS)).endswith(words)


def test_parts_are_joined_by_commas_and_and():
    assert [joined(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
