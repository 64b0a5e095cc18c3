"""Declaring a modality, checking its readings, and importing its encoder."""

import numpy as np
import pytest

from catgan.errors import CatganError, DataError
from catgan.modalities.modality import Input, Modality, Reading, stated


def modality(encoder="json:loads", name="voice", inputs=None, reliability=stated):
    return Modality(name, "the voice", {"levels": Input((3, 2))} if inputs is None else inputs, lambda view: None,
                    encoder, reliability)


@pytest.mark.parametrize("name, inputs", [("Voice", None), ("two words", None), ("voice", {"a.b": Input(())}),
                                          ("", None)])
def test_names_that_cannot_be_columns_are_refused(name, inputs):
    with pytest.raises(CatganError, match="identifiers in lower case"):
        modality(name=name, inputs=inputs)


def test_modality_needs_an_input():
    with pytest.raises(CatganError, match="has no input"):
        modality(inputs={})


def test_encoder_is_imported_when_asked_for():
    import json

    assert modality().load_encoder() is json.loads
    assert modality(encoder=len).load_encoder() is len


@pytest.mark.parametrize("encoder", ["json", ":loads", "json:"])
def test_encoder_without_module_or_function_is_refused(encoder):
    with pytest.raises(CatganError, match="module:function"):
        modality(encoder=encoder)


@pytest.mark.parametrize("encoder", ["no_such_module:f", "json:no_such_function"])
def test_encoder_that_is_not_there_is_an_error_of_the_user(encoder):
    with pytest.raises(CatganError, match=f"The encoder '{encoder}' of the modality 'voice' cannot be imported"):
        modality(encoder=encoder).load_encoder()


def test_checked_converts_types_and_asks_for_the_reliability():
    declared = modality(reliability=lambda reading: float(reading.arrays["levels"].max()) / 4)
    reading = declared.checked(Reading({"levels": np.ones((3, 2), np.float64)}, 0.9, "loud"))
    assert reading.arrays["levels"].dtype == np.float32 and reading.reliability == 0.25 and reading.seen == "loud"
    assert modality().checked(Reading({"levels": np.ones((3, 2))}, 0.9)).reliability == 0.9


@pytest.mark.parametrize("reading, message", [
    (Reading({}), "must have the inputs levels. Received: none"),
    (Reading({"levels": np.ones((3, 2)), "more": np.ones(1)}), "Received: levels, more"),
    (Reading({"levels": np.ones((2, 2))}), r"float32 of shape \(3, 2\). Received: float64 of shape \(2, 2\)"),
    (Reading({"levels": np.ones((3, 2), np.complex64)}), "Received: complex64"),
    (Reading({"levels": np.full((3, 2), np.nan)}), "not finite"),
    (Reading({"levels": np.ones((3, 2))}, 1.1), "must lie in 0..1. Received: 1.1"),
    (Reading({"levels": np.ones((3, 2))}, float("nan")), "must lie in 0..1. Received: nan")])
def test_readings_that_do_not_fit_are_refused(reading, message):
    with pytest.raises(DataError, match=message):
        modality().checked(reading)
