"""Benchmark of gait features on walkers: what a logistic regression reads from them, on people never seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.metrics import bootstrap, expression
from catgan.metrics.figures import Figures
from catgan.modalities.body_frame import body_frame
from catgan.modalities.gait_features import FEATURES, gait_features, gait_table
from catgan.synthesis.walks import EMOTIONS, Walks, planted_walks, walks

TRAINING_SHARE = 0.6
"""Share of the people whose walks are for training; the others are measured."""
DRAWS = 500
"""Of the bootstrap."""


@dataclass(frozen=True)
class WalkerOptions:
    """Chooses which walks are measured.

    Args:
        walks, people: of each seed, training included.
        frames, rate: of a walk.
        heading: largest angle to the camera, in degrees.
    """

    walks: int = 3000
    people: int = 200
    frames: int = 40
    rate: float = 15.0
    heading: float = 35.0


def _columns(chosen: Callable[[int], bool]) -> list[int]:
    return [place for place in range(len(FEATURES)) if chosen(place)]


INPUTS: Mapping[str, list[int]] = {
    "all features": _columns(lambda place: True),
    "seen from the front": _columns(lambda place: FEATURES[place].observable is not False),
    "posture": _columns(lambda place: FEATURES[place].part == "posture"),
    "gait": _columns(lambda place: FEATURES[place].part == "gait"),
    "angles": _columns(lambda place: FEATURES[place].unit == "deg"),
    "speed": _columns(lambda place: FEATURES[place].name == "root_speed")}
"""Columns of the features by what is given to the regression."""
ONE_FRAME, ONE_POSTURE = "joints of one frame", "posture of one frame"
"""The middle frame: joints along the body's axes from the root in body sizes, and features of the posture."""


def inputs_of(drawn: Walks) -> dict[str, np.ndarray]:
    """Computes what is given to the regression, by name; arrays `(n, columns)`, NaN where unknown."""
    known = np.ones(drawn.joints.shape[:3], bool)
    table = gait_table(drawn.joints, known, drawn.rate)
    middle = drawn.joints.shape[1] // 2
    frames = drawn.joints[:, middle:middle + 1].astype(float)
    bodies = [body_frame(one) for one in frames]
    found = {name: table[:, columns] for name, columns in INPUTS.items()}
    found[ONE_FRAME] = np.array([((body.positions[0] - body.positions[0, :1]) / body.size).ravel() for body in bodies])
    found[ONE_POSTURE] = np.array([gait_features(one, known[0, :1], drawn.rate) for one in frames])[
        :, INPUTS["posture"]]
    return found


def recognised(values: np.ndarray, labels: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Returns the class of every walk by a logistic regression on those of `training` (bool).

    Columns are standardised with the statistics of the training walks; unknown values get their mean. Columns that are
    unknown in all of them are left out.
    """
    from sklearn.linear_model import LogisticRegression

    values = values[:, np.isfinite(values[training]).any(0)]
    mean, deviation = np.nanmean(values[training], 0), np.nanstd(values[training], 0)
    scaled = np.nan_to_num((values - mean) / np.where(deviation > 1e-9, deviation, 1))
    return LogisticRegression(max_iter=2000).fit(scaled[training], labels[training]).predict(scaled)


def measure_walkers(options: WalkerOptions = WalkerOptions(), *, strength: float = 1.0,
                    emotions: Sequence[str] = EMOTIONS, seeds: Sequence[int] = (0,)) -> dict[str, Figures]:
    """Measures emotions of walks, by input: `macro_f1` with `interval` over people, `f1` per emotion, `n`.

    Args:
        options: which walks.
        strength: see `catgan.synthesis.walks.means`.
        emotions: the classes.
        seeds: of walks and people; the answers of all are measured together, and `by_seed` has each.
    """
    return _measured([walks(options.walks, options.people, seed, emotions=emotions, strength=strength,
                            frames=options.frames, rate=options.rate, heading=options.heading) for seed in seeds])


def measure_planted_walks(task: str, options: WalkerOptions = WalkerOptions(),
                          seeds: Sequence[int] = (0,)) -> dict[str, Figures]:
    """Measures a task of `catgan.synthesis.walks.PLANTED`; see `measure_walkers`.

    Raises:
        CatganError: an unknown task.
    """
    return _measured([planted_walks(task, options.walks, options.people, seed, frames=options.frames,
                                    rate=options.rate, heading=options.heading) for seed in seeds])


def _measured(parts: Sequence[Walks]) -> dict[str, Figures]:
    """Trains and measures each part by itself, and summarises the answers of people never seen."""
    answers: dict[str, list[np.ndarray]] = {}
    true, people = [], []
    for number, drawn in enumerate(parts):
        training = drawn.subjects < TRAINING_SHARE * (drawn.subjects.max() + 1)
        for name, values in inputs_of(drawn).items():
            answers.setdefault(name, []).append(recognised(values, drawn.labels, training)[~training])
        true.append(drawn.labels[~training])
        people.append([f"{number}-{subject}" for subject in drawn.subjects[~training]])
    return {name: _summary(found, true, people, parts[0].classes) for name, found in answers.items()}


def _summary(found: Sequence[np.ndarray], true: Sequence[np.ndarray], people: Sequence[Sequence[str]],
             classes: Sequence[str]) -> Figures:
    labels, predicted = np.concatenate(true), np.concatenate(found)

    def f1(rows: np.ndarray) -> float | None:
        return _macro_f1(labels[rows], predicted[rows], classes)

    names = [name for group in people for name in group]
    matrix = expression.confusion_matrix(labels, predicted, np.ones(len(labels), bool), len(classes))
    return {**expression.summary(matrix, classes), "interval": bootstrap.interval(f1, names, DRAWS),
            "by_seed": [_macro_f1(one, other, classes) for one, other in zip(true, found)], "people": len(set(names))}


def _macro_f1(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> float | None:
    matrix = expression.confusion_matrix(labels, predicted, np.ones(len(labels), bool), len(classes))
    value = expression.summary(matrix, classes)["macro_f1"]
    return value if isinstance(value, float) else None


def walkers_table(columns: Mapping[str, Mapping[str, Figures]]) -> str:
    """Writes a Markdown table: a row for each input, and a column of macro-F1 with its interval for each measurement.
    """
    names = list(next(iter(columns.values())))
    lines = [f"| input | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for name in names:
        lines.append(f"| {name} | {' | '.join(_cell(measured[name]) for measured in columns.values())} |")
    return "\n".join(lines) + "\n"


def _cell(figures: Figures) -> str:
    interval = figures["interval"]
    return f"{figures['macro_f1']:.3f}" + (f" ({interval[0]:.3f} .. {interval[1]:.3f})"
                                           if isinstance(interval, list) else "")
