"""Benchmark of attributions of landmarks on clips whose cause is known: the right points, and the right moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.data.clips.landmarks import LandmarkClips
from catgan.data.clips.planted import CLASSES, TASKS, PlantedTruth, planted_clips
from catgan.errors import unknown_name
from catgan.explain.attribution.sequence_baselines import Background, baseline_sequences
from catgan.explain.landmarks.checks import (cumulative_prediction_difference, held_curve, motion_variance, shuffled,
                                             smoothed_over_mesh)
from catgan.explain.landmarks.location import (TOP, found_moment, moment_iou, moments_of, share_in_points, share_of_top)
from catgan.explain.landmarks.outputs import LandmarkOutput, landmark_output
from catgan.explain.landmarks.ranking import BACKGROUND, attribute_landmarks
from catgan.explain.landmarks.relevance import relevance_of
from catgan.explain.landmarks.stability import most_relevant, partial_rank_correlation, rank_correlation
from catgan.faces.landmark_sets import LandmarkSet, landmark_set
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.models.landmarks.network import SCALED
from catgan.system import progress_bar
from catgan.training.landmarks import LandmarkTraining, fit_landmarks

PRESENT = CLASSES[1]
"""The class that is explained: that of the planted movement."""
SPLIT = (0.6, 0.7)
"""Share of the people up to whom clips are for training, and up to whom for calibration; the others are measured."""
HELD = (0, 8, 16, 32, 64, 128)
"""Numbers of landmarks that are held still for the cumulative prediction difference."""


@dataclass(frozen=True)
class PlantedOptions:
    """Chooses what is measured.

    Args:
        clips, people: of each task, in all three splits.
        kinds: of networks, see `catgan.models.landmarks.architectures.KINDS`.
        explained: clips of people never seen that are explained.
        method, baselines: see `catgan.explain.attribution.sequence_family.attribute_sequences`. Clips of the other
            class are the background.
        training: clips that a network sees in training.
        strength: of the planted movements.
    """

    clips: int = 800
    people: int = 200
    kinds: tuple[str, ...] = ("trained", "randomised")
    explained: int = 100
    method: str = "integrated_gradients"
    baselines: tuple[str, ...] = ("zeros", "class_mean")
    training: int = 16_000
    strength: float = 1.0


def measure_planted(options: PlantedOptions = PlantedOptions(), tasks: Sequence[str] = tuple(TASKS), seed: int = 0,
                    verbose: bool = False) -> Figures:
    """Trains networks on planted clips, explains them on people never seen, and compares with the cause.

    Args:
        options: what is measured.
        tasks: names in `catgan.data.clips.planted.TASKS`.
        seed: of clips, weights and choices.
        verbose: whether a progress bar is shown.

    Returns:
        `options`, `seed`, and `tasks` by name, each with `chance`, the share of all landmarks that are planted, and
        `networks` by kind: see `score_network`.

    Raises:
        CatganError: an unknown task.
    """
    for task in tasks:
        if task not in TASKS:
            raise unknown_name("task of planted clips", task, TASKS)
    chosen = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(options).items()}
    figures: Figures = {"options": chosen, "seed": seed, "tasks": {}}
    for task in progress_bar(tasks, "planted causes", unit="task", verbose=verbose):
        clips, truth = planted_clips(task, options.clips, options.people, seed, strength=options.strength)
        train, validation, test = split_people(clips)
        networks = {}
        for kind in options.kinds:
            model = fit_landmarks(clips.select(train), clips.select(validation), LandmarkConfig(kind=kind),
                                  options=LandmarkTraining(clips=options.training), seed=seed)
            networks[kind] = score_network(model, clips.select(test), truth.moments[test], truth, options, seed)
        figures["tasks"][task] = {"chance": len(truth.points) / clips.points.shape[2],
                                  "points": len(truth.points), "networks": networks}
    return figures


def split_people(clips: LandmarkClips) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Divides clips by people: rows for training, calibration and measuring, each ascending."""
    _, number = np.unique(clips.subjects, return_inverse=True)
    part = np.searchsorted(np.array(SPLIT) * (number.max() + 1), number, side="right")
    return np.flatnonzero(part == 0), np.flatnonzero(part == 1), np.flatnonzero(part == 2)


def score_network(model: LandmarkRecogniser, clips: LandmarkClips, moments: np.ndarray, truth: PlantedTruth,
                  options: PlantedOptions, seed: int = 0) -> Figures:
    """Explains the planted class on clips that a network reads rightly, and scores the explanations.

    Args:
        model: the network.
        clips: of people never seen.
        moments: the planted moment of each clip, int `(n, 2)`, -1 without one.
        truth: the planted landmarks.
        options, seed: see `measure_planted`.

    Returns:
        `accuracy` with `accuracy_interval`; `n`, the number of explained clips, and `people`; and `baselines`: by name
        see `score_attributions`. It is empty where no clip of the class is read rightly.
    """
    shapes = model.shapes(clips.points, clips.seen)
    answers = model.probabilities(shapes, clips.seen).argmax(1)
    right = (answers == clips.labels).astype(np.float64)
    rows = np.flatnonzero((answers == clips.labels) & (clips.labels == 1))[:options.explained]
    others = np.flatnonzero(clips.labels == 0)[:BACKGROUND]
    explained = Explained(shapes[rows], clips.seen[rows], tuple(clips.subjects[row] for row in rows), moments[rows],
                          Background(shapes[others], clips.seen[others]))
    output = landmark_output(model, PRESENT)
    return {**_with_intervals(lambda drawn: {"accuracy": float(right[drawn].mean())}, clips.subjects, seed),
            "n": len(rows), "people": len(set(explained.people)),
            "baselines": {name: score_attributions(output, explained, truth.points, landmark_set(model.landmark_set),
                                                   options.method, name, seed)
                          for name in (options.baselines if len(rows) else ())}}


@dataclass(frozen=True)
class Explained:
    """Holds the clips that are explained.

    Args:
        shapes: input of the network, `(n, t, p, c)`.
        seen: bool `(n, t)`.
        people: person of each clip.
        moments: the planted moment of each, int `(n, 2)`, -1 without one.
        background: clips of the other class.
    """

    shapes: np.ndarray
    seen: np.ndarray
    people: tuple[str, ...]
    moments: np.ndarray
    background: Background


def score_attributions(output: LandmarkOutput, clips: Explained, points: np.ndarray, landmarks: LandmarkSet,
                       method: str, baseline: str, seed: int = 0) -> Figures:
    """Attributes an output on clips whose cause is known, and compares with the cause.

    Args:
        output: the explained logit.
        clips: what is explained.
        points: the planted landmarks; empty without a cause.
        landmarks: their set.
        method, baseline, seed: of the attribution.

    Returns:
        Each with its 95 % interval over people as `..._interval`: `share`, of the relevance in the planted landmarks;
        `share_net`, of the net evidence for the class (the mean over clips, where it is positive); `share_regions`, the
        same after the landmarks of each region are added with their signs; `top`, of the most relevant landmarks, see
        `share_of_top`; `moment_iou`; `gap`, the median completeness gap; `concentration`, the share of all relevance in
        the 16 most relevant landmarks; and `cpd` and `cpp`, per clip the change of the logit while the most and the
        least relevant landmarks are held at the baseline.
        Without interval: `gap_90`; `regions`, the share of the relevance in each region; and `controls`: `share` and
        `top` of a network with shuffled weights, of the motion variance and of the blurred map, and `rank_correlation`
        with them, also given the motion.
    """
    def attributed(one: LandmarkOutput) -> tuple[np.ndarray, np.ndarray]:
        values, found = attribute_landmarks(one, clips.shapes, clips.seen, method, baseline, seed,
                                            background=clips.background)
        return values, found.gaps

    values, gaps = attributed(output)
    relevance = relevance_of(values)
    spans = [found_moment(each) for each in moments_of(values)]
    ious = np.array([moment_iou(span, (int(start), int(end))) if start >= 0 else np.nan
                     for span, (start, end) in zip(spans, clips.moments)])
    cpd, cpp = _held(output, clips, relevance, baseline)

    def statistics(drawn: np.ndarray) -> Mapping[str, float | None]:
        mean, net = relevance[drawn].mean(0), values[drawn].sum(1).mean(0)
        return {"share": share_in_points(mean, points) if len(points) else None,
                "share_net": share_in_points(np.maximum(net, 0.0), points) if len(points) else None,
                "share_regions": _share_of_regions(net, points, landmarks),
                "top": share_of_top(mean, points), "moment_iou": _mean(ious[drawn]), "gap": _median(gaps[drawn]),
                "concentration": share_in_points(mean, most_relevant(mean, TOP)),
                "cpd": float(cpd[drawn].mean()), "cpp": float(cpp[drawn].mean())}

    other = attributed(output.with_function(shuffled(output.function, seed, kept=(SCALED,))))[0]
    mean, finite = relevance.mean(0), gaps[np.isfinite(gaps)]
    return {**_with_intervals(statistics, clips.people, seed),
            "gap_90": float(np.quantile(finite, 0.9)) if len(finite) else None,
            "regions": {name: share_in_points(mean, own) for name, own in landmarks.regions.items()},
            "controls": _controls(mean, relevance_of(other).mean(0), motion_variance(clips.shapes, clips.seen), points,
                                  landmarks)}


def _share_of_regions(net: np.ndarray, points: np.ndarray, landmarks: LandmarkSet) -> float | None:
    """Returns the share of the net evidence of whole regions that planted regions have; None without a cause."""
    regions = landmarks.regions.values()
    sums = np.array([max(float(net[own].sum()), 0.0) for own in regions])
    planted = np.flatnonzero([np.isin(own, points).all() for own in regions])
    return share_in_points(sums, planted) if len(points) else None


def _held(output: LandmarkOutput, clips: Explained, relevance: np.ndarray,
          baseline: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the cumulative prediction difference and preservation of each clip, `(n,)` each."""
    given, seen = output.take(clips.shapes), clips.seen
    background = Background(output.take(clips.background.sequences), clips.background.seen)
    starts = baseline_sequences(given, seen, baseline, background)
    order = np.argsort(-relevance[:, output.points], axis=1, kind="stable")
    first, last = (cumulative_prediction_difference(held_curve(output.function, given, seen, starts, one, HELD))
                   for one in (order, order[:, ::-1]))
    return first, last


def _controls(relevance: np.ndarray, shuffled_relevance: np.ndarray, motion: np.ndarray, points: np.ndarray,
              landmarks: LandmarkSet) -> Figures:
    """Scores maps that say less of the network than the attribution does, `(p,)` each."""
    maps = {"shuffled": shuffled_relevance, "motion": motion,
            "blurred": smoothed_over_mesh(relevance, landmarks)}
    return {name: {"share": share_in_points(one, points) if len(points) else None, "top": share_of_top(one, points),
                   "rank_correlation": rank_correlation(relevance, one),
                   "rank_correlation_given_motion": partial_rank_correlation(relevance, one, motion)}
            for name, one in maps.items()}


def _with_intervals(statistics: bootstrap.Statistics, people: Sequence[str], seed: int) -> Figures:
    """Computes figures of all rows, each with its interval over people."""
    whole = statistics(np.arange(len(people)))
    drawn = bootstrap.intervals(statistics, people, seed=seed)
    return {**whole, **{f"{name}_interval": drawn.get(name) for name in whole}}


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _median(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


# === Table ===

COLUMNS = {"top": "top 16 in the cause", "share": "relevance in the cause", "share_net": "net evidence in the cause",
           "share_regions": "by region", "moment_iou": "IoU of the moment", "gap": "completeness gap"}
"""Figures of the table and their titles."""


def planted_table(figures: Figures) -> str:
    """Writes the figures of `measure_planted` as a Markdown table."""
    titles = ["task", "network", "n", "accuracy", "baseline", *COLUMNS.values(), "share of points", "top 16, shuffled",
              "correlation, shuffled", "given motion", "top 16, motion"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for task, content in figures["tasks"].items():
        for kind, network in content["networks"].items():
            begin = [task, kind, str(network["n"]), _cell(network, "accuracy")]
            for baseline, found in network["baselines"].items():
                shuffle = found["controls"]["shuffled"]
                lines.append(_row([*begin, baseline, *(_cell(found, name) for name in COLUMNS),
                                   f"{content['chance']:.2f}", _number(shuffle["top"]),
                                   _number(shuffle["rank_correlation"]),
                                   _number(shuffle["rank_correlation_given_motion"]),
                                   _number(found["controls"]["motion"]["top"])]))
            if not network["baselines"]:
                lines.append(_row(begin + ["-"] * (len(titles) - len(begin))))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(found: Figures, name: str) -> str:
    span, digits = found.get(f"{name}_interval"), 4 if name == "gap" else 2
    between = f" ({_number(span[0], digits)} .. {_number(span[1], digits)})" if span else ""
    return _number(found[name], digits) + between


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
