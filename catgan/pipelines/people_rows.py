"""Rows of what a network of several modalities reads of the persons of photographs and clips."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from catgan.explain.people.model import FusionModel
from catgan.explain.people.shapley import LOG_ODDS
from catgan.pipelines.explain_people import ExplainedPerson

BOX = ("left", "top", "width", "height")
Row = dict[str, object]


def people_row(person: ExplainedPerson) -> Row:
    """Returns the row of one person: answer, probabilities, affect, and what each modality adds."""
    answer = person.answer
    row: Row = {"image": person.name, "person": answer.number,
                **dict(zip(BOX, (None,) * 4 if person.box is None else person.box)), "answer": answer.answer,
                **{f"probability_{name}": value for name, value in answer.probabilities.items()},
                "entropy": answer.sufficiency.entropy}
    for name, (value, deviation) in answer.affect.items():
        row |= {name: value, f"{name}_std": deviation}
    for one in answer.modalities:
        row |= {f"{one.name}_read": one.available, f"{one.name}_reliability": one.reliability,
                f"{one.name}_says": one.says, f"{one.name}_adds": one.contribution[LOG_ODDS]}
    return row


def people_row_schema(model: FusionModel) -> pa.Schema:
    """Returns the types of `people_row`: pixels, probabilities, log odds that a modality adds."""
    numbers = [*BOX, *(f"probability_{name}" for name in model.classes), "entropy"]
    numbers += [name for dimension in model.dimensions for name in (dimension, f"{dimension}_std")]
    fields = [("image", pa.string()), ("person", pa.int32()), *((name, pa.float64()) for name in numbers[:4]),
              ("answer", pa.string()), *((name, pa.float64()) for name in numbers[4:])]
    for name in model.modalities:
        fields += [(f"{name}_read", pa.bool_()), (f"{name}_reliability", pa.float64()), (f"{name}_says", pa.string()),
                   (f"{name}_adds", pa.float64())]
    return pa.schema(fields)


def people_batch(model: FusionModel, people: Sequence[ExplainedPerson]) -> pa.RecordBatch:
    """Returns rows of persons as a batch of `people_row_schema`."""
    return pa.RecordBatch.from_pylist([people_row(one) for one in people], people_row_schema(model))
