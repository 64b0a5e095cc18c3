"""Says what limits a comparison: faces that a model learned from, other data, unfinished trainings."""

from __future__ import annotations

from collections.abc import Sequence

from catgan.data.store import DualDataset
from catgan.studies.compare.pairs import Pair
from catgan.studies.compare.runs import ComparedModel, ComparedRun
from catgan.training.run import is_finished


def of_models(models: Sequence[ComparedModel], dataset: DualDataset, split: str) -> list[str]:
    """Returns one sentence for each limit that holds."""
    runs = [run for model in models for run in model.runs]
    found = [*_learned(runs, dataset, split), *_unfinished(runs)]
    hashes = {run.trained_on[0] for run in runs if run.trained_on}
    if len(hashes) > 1:
        found.append("The models were trained on different data sets, so differences are also those of the data.")
    scales = {model.spec.scale for model in models if model.spec.action_units}
    if len(scales) > 1:
        found.append("Some models read intensities and others presences: these are compared on presence alone (F1, "
                     "AUC), with the presence that the data set states.")
    return found


def of_pairs(without: Sequence[Pair], models: Sequence[ComparedModel]) -> list[str]:
    """Names the pairs that have no label in common."""
    names = [f"{models[pair.against].name} and {models[pair.model].name}" for pair in without]
    return [f"Not compared, since they have no label in common: {listed(names, separator='; ')}."] if names else []


def _learned(runs: Sequence[ComparedRun], dataset: DualDataset, split: str) -> list[str]:
    names = [run.name for run in runs if run.trained_on and run.trained_on[0] == dataset.info["hash"]
             and split in (run.trained_on[1], "all")]
    return [f"{listed(names)} learned from these faces, so figures are too good."] if names else []


def _unfinished(runs: Sequence[ComparedRun]) -> list[str]:
    names = [run.name for run in runs if run.preset.name in ("best", "last") and run.settings is not None
             and not is_finished(run.preset.parent)]
    return [f"The training of {listed(names)} is not finished."] if names else []


def listed(names: Sequence[str], most: int = 4, separator: str = ", ") -> str:
    """Joins names, and counts those beyond the first few."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more
