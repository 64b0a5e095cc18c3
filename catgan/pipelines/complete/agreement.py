"""Measures the agreement of predictions with the annotations of a data set, on faces where both are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catgan import metrics
from catgan.data import predictions
from catgan.data.store import DualDataset
from catgan.labels import Labels
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN

COMPARED = ("validation", "test")


def annotated(dataset: DualDataset, gan: CatGAN) -> dict[str, Labels]:
    """Returns the annotated labels of the compared splits.

    Expressions that the model does not know are kept, so that they count as errors.
    """
    known = (*gan.spec.expressions, *dataset.spec.expressions) if gan.spec.expressions else ()
    spec = replace(gan.spec, expressions=tuple(dict.fromkeys(known)))
    return {split: dataset.labels(split, spec) for split in COMPARED if dataset.count(split)}


def agreement(truth: Mapping[str, Labels], gan: CatGAN, paths: Sequence[Path]) -> Figures:
    """Computes `metrics.evaluate_labels` of the predictions per split, on faces whose labels are annotated."""
    result = {}
    stored = [name for name in pq.read_schema(paths[0]).names if name.startswith(predictions.PREFIX)]
    for split, labels in truth.items():
        table = pa.concat_tables([pq.read_table(path, columns=stored) for path in paths
                                  if path.name.startswith(f"{split}-")])
        predicted = {name.removeprefix(predictions.PREFIX): table[name].to_numpy() for name in stored}
        result[split] = metrics.evaluate_labels(labels, predicted, gan.thresholds)
    return result


def figures(result: Figures) -> Iterator[tuple[str, Figures]]:
    """Yields the name and the figures of each label in a result of `catgan.metrics.evaluate_labels`."""
    for name, values in result.get("action_units", {}).items():
        if isinstance(values, dict):
            yield name, values
    for name in ("valence", "arousal"):
        if name in result:
            yield name, result[name]
    if "expression" in result:
        yield "expression", {"n": result["expression"]["n"], "f1": result["expression"]["macro_f1"]}
