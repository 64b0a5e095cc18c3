"""Compares models on the same faces, and writes the report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from catgan import facs, files
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import DataError
from catgan.metrics.figures import Figures
from catgan.studies.compare import names, pairs, remarks
from catgan.studies.compare.answers import read_answers
from catgan.studies.compare.draws import Draws
from catgan.studies.compare.generated import check_judge, drawn_figures, draws_faces, judged_figures
from catgan.studies.compare.measured import Measured, Shared, measure, presences
from catgan.studies.compare.options import CompareOptions
from catgan.studies.compare.report import write_report
from catgan.studies.compare.runs import ComparedModel
from catgan.studies.compare.statistics import Inference, holm, spread_of, spread_of_difference
from catgan.studies.compare.sweeps import read_models
from catgan.studies.relate.faces import LabelledFaces, described_groups, read_faces
from catgan.system import progress_bar

SIGNIFICANT = 0.05
"""Level at which a difference stands, of the whole family of tests."""


def compare(runs: Sequence[str | Path], data: str | Path, split: str = "test", out: str | Path | None = None,
            options: CompareOptions = CompareOptions(), verbose: bool = True) -> Figures:
    """Compares models on the faces of a data set, and writes `compare.html`, `compare.md`, `compare.json`,
    `compare.csv`, `models.csv` and `forest.png`.

    Args:
        runs: runs, presets, and folders of sweeps. Runs whose configurations differ in the seed alone are one model.
        data: folder of the data set.
        split: `train`, `validation`, `test` or `all`.
        out: folder of the report; None: nothing is written.
        options: which pairs, draws and seed, and a judge of generated faces.
        verbose: whether to show progress bars.

    Returns:
        What `compare.json` holds, see `compared`; with `seconds`, and `folder` where a report was written.

    Raises:
        CatganError: a folder is no run, reads other faces or images of another size, no two models share a label, or
            no model differs in `options.by`.
    """
    started = time.perf_counter()
    dataset = load_dataset(data)
    models, left_out = read_models(runs)
    if out is not None:
        files.refuse_around(out, [dataset.folder, *(run.preset for model in models for run in model.runs)])
    found = compared(models, dataset, split, options, verbose)
    found["left_out_runs"] = [{"run": one.run, "reason": one.reason} for one in left_out]
    if out is not None:
        write_report(Path(out).resolve(), found)
        found["folder"] = str(Path(out).resolve())
    return {**found, "seconds": round(time.perf_counter() - started, 2)}


def compared(models: Sequence[ComparedModel], dataset: DualDataset, split: str = "test",
             options: CompareOptions = CompareOptions(), verbose: bool = True) -> Figures:
    """Compares models.

    Args:
        models, dataset: what is compared, and on which faces.
        split, options, verbose: as in `compare`.

    Returns:
        `dataset`, `split`, `n`, `groups` (see `catgan.studies.relate.faces.described_groups`), `draws`, `seed`, `by`,
        `judge` (`name`, `n`; or None), `compared` (a sentence), `remarks` (sentences), `left_out_runs` (none here),
        `models` and `pairs`.
        A model: `name`, `runs` (`name`, `folder`, `seed`), `levels`, `labels`, and `figures`: by name `value` (mean
        over seeds), `per_seed`, `interval`, `n` (faces that know it).
        A pair: `model` and `against` (names), `short` (what differs) of both, `equal` (levels in common), `context` and
        `title` (the same as text), `seeds` (`paired`, `model`, `against`), `labels_left_out`, and
        `figures`: by name `model`, `against`, `difference`, `interval`, `p`, `p_holm`, `stands` (whether p_holm is
        below .05), `better` (the name of the better model, where it stands), `detectable`, `standard_error`, `df`,
        `family` and `n`.
    """
    truth = read_faces(dataset, split)
    known = known_labels(truth)
    shared_by = _shared(models, known, dataset, split)
    chosen, sentence = pairs.choose_pairs(models, options.by)
    check_judge([run for model in models for run in model.runs], dataset, options)
    draws = Draws.of(truth.groups, options.draws, options.seed)
    measured = measure_models(models, dataset, split, truth, draws, verbose)
    if options.judge is not None:
        measured = add_generated(models, measured, dataset, split, options, verbose)
    infer, counts = Inference(draws.groups, options.draws, options.seed), known_counts(truth, models)
    result: Figures = {
        "dataset": dataset.info["name"], "split": split, "n": len(truth), "groups": described_groups(truth.groups),
        "draws": options.draws, "seed": options.seed, "by": options.by, "compared": sentence,
        "judge": None if options.judge is None else {"name": options.judge, "n": min(options.judged, len(truth))},
        "models": [_model(model, each, shared, infer, counts)
                   for model, each, shared in zip(models, measured, shared_by)],
        "pairs": [], "left_out_runs": [], "remarks": remarks.of_models(models, dataset, split)}
    shared_by_pair = [(pair, pairs.shared_labels(models[pair.model].spec, models[pair.against].spec, known))
                      for pair in chosen]
    result["pairs"] = [_pair(pair, models, measured, shared, infer, counts)
                       for pair, shared in shared_by_pair if shared]
    result["remarks"] += remarks.of_pairs([pair for pair, shared in shared_by_pair if not shared], models)
    if chosen and not result["pairs"]:
        raise DataError("No two of these models have a label in common. Received: "
                        + "; ".join(f"{model.name}: {', '.join(model.spec.columns)}" for model in models) + ".")
    correct(result["pairs"])
    return result


def known_labels(truth: LabelledFaces) -> Shared:
    """Returns the labels that any face of a data set knows."""
    known = np.zeros(len(truth.numbers), bool)
    for values in truth.units.values():
        known |= np.isfinite(values).any(0)
    numbers = tuple(number for number, is_known in zip(truth.numbers, known) if is_known)
    return Shared(numbers, True, bool(np.isfinite(truth.affect).any()),
                  truth.names if (truth.classes >= 0).any() else ())


def _shared(models: Sequence[ComparedModel], known: Shared, dataset: DualDataset, split: str) -> list[Shared]:
    """Returns the labels of each model that the data set knows, and refuses a model without any."""
    found = [pairs.shared_labels(model.spec, model.spec, known) for model in models]
    for model, shared in zip(models, found):
        if not shared:
            raise DataError(f"{dataset.folder}, split '{split}', knows no label that {model.name} reads: "
                            f"{', '.join(model.spec.columns)}. Received: {', '.join(dataset.spec.columns)}.")
    return found


def measure_models(models: Sequence[ComparedModel], dataset: DualDataset, split: str, truth: LabelledFaces,
                   draws: Draws, verbose: bool = True) -> list[list[Measured]]:
    """Predicts and measures every run of every model, all on the same draws."""
    scales = {model.spec.scale for model in models if model.spec.action_units}
    found: list[list[Measured]] = [[] for _ in models]
    runs = [(place, run) for place, model in enumerate(models) for run in model.runs]
    for place, run in progress_bar(runs, "compare", unit="run", verbose=verbose):
        answers = read_answers(run, dataset, split, verbose=verbose and len(runs) < 3)
        thresholds = dict(zip(run.spec.action_units, answers["thresholds"].tolist()))
        found[place].append(measure(truth, run.spec, answers, thresholds, draws, len(scales) > 1))
    return found


def add_generated(models: Sequence[ComparedModel], measured: Sequence[Sequence[Measured]], dataset: DualDataset,
                  split: str, options: CompareOptions, verbose: bool = True) -> list[list[Measured]]:
    """Adds figures of generated faces to the runs that have a trained generator."""
    found = [list(each) for each in measured]
    runs = [(place, number, run) for place, model in enumerate(models) for number, run in enumerate(model.runs)
            if draws_faces(run)]
    for place, number, run in progress_bar(runs, "generators", unit="run", verbose=verbose):
        figures = judged_figures(run, dataset, split, options)
        drawn = drawn_figures(figures, options.draws, options.seed, place)
        found[place][number] = replace(found[place][number], generated=drawn)
    return found


def known_counts(truth: LabelledFaces, models: Sequence[ComparedModel]) -> dict[str, int]:
    """Counts the faces that know each label: by name of an Action Unit, `valence`, `arousal`, `expression`."""
    scales = {model.spec.scale for model in models if model.spec.action_units}
    present = presences(truth, "presence" if len(scales) > 1 else (scales or {"presence"}).pop())
    counts = {facs.au_name(number): int(np.isfinite(present[:, place]).sum())
              for place, number in enumerate(truth.numbers)}
    affect = np.isfinite(truth.affect).sum(0)
    return {**counts, "valence": int(affect[0]), "arousal": int(affect[1]),
            "expression": int((truth.classes >= 0).sum())}


def _samples(each: Sequence[Measured], shared: Shared) -> dict[str, np.ndarray]:
    """Returns the figures of all seeds of a model by name, `(seeds, 1 + draws)`."""
    figures = [measured.figures(shared) for measured in each]
    return {name: np.stack([one[name] for one in figures]) for name in figures[0]
            if all(name in one for one in figures)}


def _model(model: ComparedModel, each: Sequence[Measured], shared: Shared, infer: Inference,
           counts: Mapping[str, int]) -> Figures:
    figures = {name: {"value": _number(samples[:, 0].mean()), "per_seed": list(map(_number, samples[:, 0])),
                      "interval": infer(spread_of(samples))["interval"], "n": _count(name, counts)}
               for name, samples in _samples(each, shared).items()}
    return {"name": model.name, "levels": dict(model.levels), "labels": model.spec.to_dict(),
            "runs": [{"name": run.name, "folder": str(run.folder), "seed": run.seed} for run in model.runs],
            "figures": figures}


def _pair(pair: pairs.Pair, models: Sequence[ComparedModel], measured: Sequence[Sequence[Measured]], shared: Shared,
          infer: Inference, counts: Mapping[str, int]) -> Figures:
    one, other = models[pair.model], models[pair.against]
    paired = one.seeds == other.seeds and (None not in one.seeds or len(one.seeds) == 1)
    first, second = _samples(measured[pair.model], shared), _samples(measured[pair.against], shared)
    figures = {}
    for name in (name for name in first if name in second):
        spread = spread_of_difference(first[name], second[name], paired)
        figures[name] = {"model": _number(first[name][:, 0].mean()), "against": _number(second[name][:, 0].mean()),
                         "difference": _number(spread.value), **infer(spread), "family": names.family(name),
                         "n": _count(name, counts)}
    title = f"{pair.short[0]} - {pair.short[1]}"
    return {"model": one.name, "against": other.name, "short": list(pair.short), "equal": dict(pair.equal),
            "context": pair.context, "title": f"{pair.context}: {title}" if pair.context else title,
            "seeds": {"paired": paired and len(one.seeds) > 1, "model": len(one.seeds), "against": len(other.seeds)},
            "labels_left_out": pairs.left_out_labels(one.spec, other.spec, shared),
            "graded": shared.graded or not shared.action_units, "figures": figures}


def correct(found: Sequence[Figures]) -> None:
    """Adds `p_holm`, `stands` and `better` to the figures of all pairs; each family is corrected over all pairs."""
    for family in ("headline", "other"):
        entries = [(pair, name, entry) for pair in found for name, entry in pair["figures"].items()
                   if entry["family"] == family]
        for (pair, name, entry), p in zip(entries, holm([entry["p"] for _, _, entry in entries])):
            stands = p is not None and p < SIGNIFICANT
            better = (entry["difference"] or 0.0) * names.sign(name) > 0
            entry |= {"p_holm": p, "stands": stands,
                      "better": (pair["model"] if better else pair["against"]) if stands else None}


def _count(name: str, counts: Mapping[str, int]) -> int | None:
    """Returns how many faces know the label of a figure; None of a mean over labels."""
    return counts.get(name.partition("/")[0])


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
