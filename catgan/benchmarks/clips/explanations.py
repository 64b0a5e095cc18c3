"""Benchmark of explanations in time on rendered clips of unseen people, against the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from catgan.benchmarks.clips.problems import ClipProblem, make_clip_problems
from catgan.data.store import DualDataset
from catgan.errors import unknown_name
from catgan.explain.clips.attribution import attribute_clip
from catgan.explain.clips.counterfactual import counterfactual_sequence, total_variation
from catgan.explain.clips.drawers import ClipDrawer, EditorClipDrawer
from catgan.explain.clips.outputs import SequenceModel
from catgan.explain.clips.result import CounterfactualSequence
from catgan.explain.clips.search import ClipSearchOptions
from catgan.explain.clips.sources import exact_drawer
from catgan.metrics import counterfactual as measures
from catgan.metrics import editing
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN
from catgan.random_streams import Seed
from catgan.system import progress_bar

NAMED = 0.2
"""Intensity from which a drawn change of an Action Unit counts as named."""
DRAWERS = ("editor", "renderer")


def benchmark_clip_explanations(model: SequenceModel, gan: CatGAN, dataset: DualDataset, n: int = 100, seed: Seed = 0,
                                split: str = "test", drawers: Sequence[str] = ("editor",),
                                options: ClipSearchOptions = ClipSearchOptions(),
                                ) -> tuple[Figures, list[ClipProblem], dict[str, list[CounterfactualSequence]]]:
    """Asks of rendered clips why they are their expression rather than neutral, and scores the answers.

    Args:
        model: the explained model of clips.
        gan: a model with an editor, which draws.
        dataset: rendered clips.
        n: number of questions.
        seed: of the choice of clips.
        split: whose people are asked about.
        drawers: names in `DRAWERS`; `renderer` draws the same search exactly.
        options: of the search.

    Returns:
        The figures, the questions and the answers. Figures: `clips`, what became of the clips that were looked at;
        `attribution`: `inside`, the share of the absolute attribution over time between true onset and offset, beside
        `inside_chance`, the share of frames there, and `gap`; and by drawer those of `score_answers`. Means have their
        95 % interval over people as `..._interval`.

    Raises:
        CatganError: an unknown drawer, or as `make_clip_problems`.
    """
    for name in drawers:
        if name not in DRAWERS:
            raise unknown_name("drawer", name, DRAWERS)
    problems, counts = make_clip_problems(dataset, model, n, seed, split, options.margin)
    make: Mapping[str, Callable[[ClipProblem], ClipDrawer]] = {
        "editor": lambda problem: EditorClipDrawer(gan, problem.clip),
        "renderer": lambda problem: exact_drawer(dataset, problem.clip)}
    figures: Figures = {"n": len(problems), "split": split, "dataset": dataset.info["name"], "clips": counts,
                        "attribution": score_attributions(model, problems)}
    answers = {}
    for name in drawers:
        answers[name] = [counterfactual_sequence(model, problem.clip, "expression=neutral", make[name](problem),
                                                 options=options)
                         for problem in progress_bar(problems, f"explain ({name})", unit="clip")]
        figures[name] = score_answers(problems, answers[name])
    return figures, problems, answers


def score_attributions(model: SequenceModel, problems: Sequence[ClipProblem]) -> Figures:
    """Measures how much of the attribution over time lies between true onset and offset."""
    inside, chance, gaps = [], [], []
    for problem in problems:
        found = attribute_clip(model, problem.clip, f"expression={problem.expression}")
        first, last = problem.onset_offset
        times = problem.clip.times[problem.clip.seen]
        inside.append(found.share_between(first, last))
        chance.append(float(((times >= first) & (times <= last)).mean()))
        gaps.append(found.relative_gap)
    return _averaged({"inside": inside, "inside_chance": chance, "gap": gaps}, problems)


def score_answers(problems: Sequence[ClipProblem], answers: Sequence[CounterfactualSequence]) -> Figures:
    """Scores answers against the same clips with a weaker emotion, and without any.

    Returns:
        `validity`: the model reads neutral off the drawn clip; `right_unit`: the unit that is changed most is one of
        the planted emotion; `precision`: share of the named units that are; `recall`: share of the planted units that
        are named; `interval_iou`: agreement of the changed interval with the true one, both from half to half of their
        height; `explained_change`: over all pixels of all clips, see `catgan.metrics.editing`, against the clip whose
        emotion is weakened just enough for the model (`kept`, the share that is left); `explained_removal`: the same
        against the clip without emotion; `flicker`: temporal
        total variation as a share of that of the clip without emotion; `flicker_within`: share of the answers of which
        that lies in .9..1.1; sizes and errors of the answers.
    """
    rows = [_scores(problem, answer) for problem, answer in zip(problems, answers)]
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    people = [problem.clip.subject for problem in problems]
    shares: Figures = {}
    for name in ("change", "removal"):
        errors, changes = (np.array(columns.pop(f"{part}_{name}", ())) for part in ("error", "size"))
        shares |= {f"explained_{name}": editing.share(errors, changes),
                   f"explained_{name}_interval": editing.share_interval(errors, changes, people)}
    return {**_averaged(columns, problems), **shares}


def _scores(problem: ClipProblem, answer: CounterfactualSequence) -> dict[str, float | None]:
    clip, seen = problem.clip, problem.clip.seen
    changes = answer.drawn_changes
    named = frozenset(change.unit for change in changes if abs(change.by) >= NAMED)
    right = named & problem.units
    truth = total_variation(problem.removed, seen)
    flicker = answer.flicker["counterfactual"] / truth if truth else None
    return {
        "validity": answer.validity, "right_unit": float(bool(changes) and changes[0].unit in problem.units),
        "precision": len(right) / len(named) if named else 0.0, "recall": len(right) / len(problem.units),
        "interval_iou": interval_iou(answer, problem.shown),
        "flicker": flicker, "flicker_within": None if flicker is None else float(0.9 <= flicker <= 1.1),
        "unchanged_largest": answer.unchanged["largest"], "stated_is_drawn": float(answer.stated_is_drawn),
        "action_units": answer.sparsity["action_units"], "seconds_changed": answer.sparsity["seconds"],
        "intensity_seconds": answer.sparsity["intensity_seconds"], "l1": answer.proximity["l1"],
        "ssim": answer.proximity["ssim"], "renders": float(answer.renders), "seconds": answer.seconds,
        "kept": problem.kept,
        **{f"{part}_{name}": float(editing.squared_errors(images[seen], truth_images[seen]).sum())
           for name, truth_images in (("change", problem.weakened), ("removal", problem.removed))
           for part, images in (("error", answer.drawn), ("size", clip.images))}}


def interval_iou(answer: CounterfactualSequence, shown: np.ndarray) -> float:
    """Computes intersection over union of the changed frames and the true ones, `shown` bool `(t,)`, among seen ones.

    A frame counts as changed where at least half of the largest change is there.
    """
    size = np.abs(answer.differences).sum(1) * answer.clip.seen
    changed = (size >= 0.5 * size.max()) & (size > 0.0)
    either = (changed | shown).sum()
    return float((changed & shown).sum() / either) if either else 1.0


def _averaged(columns: Mapping[str, Sequence[float | None]], problems: Sequence[ClipProblem]) -> Figures:
    """Averages figures `(n,)` over clips where they are defined, with intervals over people."""
    people = [problem.clip.subject for problem in problems]
    result: Figures = {}
    for name, numbers in columns.items():
        values = np.array([np.nan if number is None else number for number in numbers], np.float64)
        result[name], result[f"{name}_interval"] = measures.mean(values), measures.mean_interval(values, people)
    return result
