"""Failures of inputs, and the one line that is said of them."""

import os

import pytest

from catgan.errors import CatganError, Failure, PartialError, printable


@pytest.mark.parametrize("message", ["a b.jpg: empty file.", "empty file.", "a b.jpg:  empty\nfile."])
def test_a_reason_does_not_repeat_the_path(message):
    assert Failure.of("a b.jpg", CatganError(message)) == Failure("a b.jpg", "empty file.")
    assert str(Failure.of("a.mp4", CatganError("a.mp4 is not a video."))) == "a.mp4: is not a video."


def test_three_failures_are_named_and_the_others_counted():
    failures = [Failure(f"{number}.jpg", "empty file.") for number in range(5)]
    few, many = str(PartialError(failures[:2], {})), str(PartialError(failures, {}))
    assert few == "0.jpg: empty file.; 1.jpg: empty file."
    assert many.startswith("5 inputs failed: 0.jpg: empty file.; ") and "3.jpg" not in many
    assert many.endswith("and 2 more. --json FILE lists all of them.")


def test_paths_that_are_no_text_can_be_printed():
    assert printable(os.fsdecode(b"caf\xe9.png")) == "caf\ufffd.png" and printable("größe") == "größe"
