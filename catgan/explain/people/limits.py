"""Chooses on validation people when an answer is not given and when a contradiction is said, and what answers mean."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from catgan import config, files
from catgan.data.people.samples import PeopleSamples
from catgan.errors import CatganError, ModelError
from catgan.explain.people.contradiction import pair_sureness
from catgan.explain.people.model import Available, Features, FusionModel
from catgan.explain.people.sufficiency import entropies
from catgan.models.gan.preset_folders import find_preset

FILE = "explaining.json"
"""Name of the file in a preset."""
KEY = "explaining"
"""Name of the limits in the `metrics.json` of a preset."""
COVERAGE = 0.95
"""Share of validation people who get an answer."""
FALSE_ALARMS = 0.05
"""Share of people without a contradiction of whom one is said."""
EDGES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Edges of the bins of the largest probability in which right answers are counted."""
FEWEST = 20
"""People of known emotion from whom limits are chosen."""
SHOWN = "shown_"


@dataclass(frozen=True)
class Limits:
    """When an answer is not given, and when a contradiction is said.

    Args:
        entropy: from above which an answer is "insufficient evidence", as a share of the largest one, 0..1.
        contradiction: sureness from which a contradiction is said, 0..1.
        people: validation people from whom both were chosen; 0 = conventions, chosen on nobody.
        coverage: share of them who get an answer.
        right, right_without: share of right answers among those who get one, and among the others; None: nobody.
        false_alarms: share of people without a contradiction of whom one is said; None where chosen on nobody.
        said: share of people with a contradiction of whom one is said; None where none is known.
        answers: by bin of `EDGES`, how many answers there were.
        right_answers: how many of those were right.
        means: mean features by modality, for what an answer is without what is special about a modality.
    """

    entropy: float = 0.95
    contradiction: float = 0.8
    people: int = 0
    coverage: float | None = None
    right: float | None = None
    right_without: float | None = None
    false_alarms: float | None = None
    said: float | None = None
    answers: tuple[int, ...] = ()
    right_answers: tuple[int, ...] = ()
    means: Mapping[str, tuple[float, ...]] | None = None

    @property
    def source(self) -> str:
        """Where the limits come from, in words."""
        return f"chosen on {self.people} validation people" if self.people else "conventions, chosen on nobody"

    def certainty(self, probability: float) -> tuple[int, int, float, float] | None:
        """Returns how often answers of about such a probability were right: count, right ones, and a 95 % interval.

        The interval is Wilson's. None where no such answer was counted.
        """
        if not self.answers:
            return None
        place = min(int(np.searchsorted(EDGES, probability, side="right")) - 1, len(EDGES) - 2)
        count, right = self.answers[place], self.right_answers[place]
        return (count, right, *wilson(right, count)) if count else None

    def to_dict(self) -> dict[str, object]:
        """Returns the content of `explaining.json`."""
        return asdict(self)


def wilson(right: int, count: int) -> tuple[float, float]:
    """Computes the 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, right / count
    middle = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max((middle - reach) / (1 + z * z / count), 0.0), min((middle + reach) / (1 + z * z / count), 1.0)


def choose_limits(model: FusionModel, features: Features, available: Available, labels: np.ndarray,
                  truth: Mapping[str, np.ndarray] | None = None, coverage: float = COVERAGE,
                  false_alarms: float = FALSE_ALARMS) -> Limits:
    """Chooses limits on validation people.

    Args:
        model: the network.
        features, available: of n people, who are not used for training.
        labels: int `(n,)`, the place of the emotion in `model.classes`; -1 = unknown.
        truth: of rendered people, `shown_MODALITY`: the emotion that a modality shows, -1 = none. Without it nobody is
            taken to show a contradiction.
        coverage: share of people who get an answer.
        false_alarms: share of people without a contradiction of whom one is said.

    Raises:
        CatganError: fewer than `FEWEST` people of known emotion, or a share outside 0..1.
    """
    known = np.asarray(labels) >= 0
    if known.sum() < FEWEST or not 0.0 < coverage <= 1.0 or not 0.0 <= false_alarms < 1.0:
        raise CatganError(f"Limits are chosen on {FEWEST} people of known emotion or more, with a coverage above 0 and "
                          f"up to 1. Received: {int(known.sum())} people, coverage {coverage:g}.")
    answers = model.fused(features, available)
    entropy, right = entropies(answers.probabilities), answers.probabilities.argmax(1) == labels
    limit = float(np.quantile(entropy[known], coverage, method="higher"))
    answered = known & (entropy <= limit)
    own = {name: answer.probabilities for name, answer in model.alone(features).items()}
    threshold, alarms, said = _contradiction(own, available, truth, false_alarms)
    counts = [_counted(answers.probabilities.max(1)[chosen]) for chosen in (known, known & right)]
    return Limits(limit, threshold, int(known.sum()), float(answered.sum() / known.sum()), _share(right[answered]),
                  _share(right[known & ~answered]), alarms, said, counts[0], counts[1],
                  {name: tuple(np.round(array[available[name]].mean(0).astype(np.float64), 4).tolist())
                   for name, array in features.items() if available[name].any()})


def limits_of_samples(model: FusionModel, people: PeopleSamples) -> Limits:
    """Chooses limits on people who were not used for training; see `choose_limits`.

    Args:
        model: the network.
        people: with emotions in the order of the network's, and at least its modalities.
    """
    known = people.only(model.modalities)
    return choose_limits(model, model.features(known.inputs), known.available, known.labels, known.truth)


def _counted(probabilities: np.ndarray) -> tuple[int, ...]:
    return tuple(np.histogram(np.clip(probabilities, 0.0, 1.0), EDGES)[0].tolist())


def _share(found: np.ndarray) -> float | None:
    return float(found.mean()) if len(found) else None


def _contradiction(own: Mapping[str, np.ndarray], available: Available, truth: Mapping[str, np.ndarray] | None,
                   false_alarms: float) -> tuple[float, float | None, float | None]:
    """Chooses the threshold of a contradiction; returns it, the share of false alarms, and the share that is said."""
    pairs = pair_sureness(own, available)
    if not pairs:
        return 1.0, None, None
    surest = np.max(list(pairs.values()), axis=0)
    conflicting = contradicting(truth or {}, available)
    consistent = surest[~conflicting] if (~conflicting).any() else surest
    # Above the quantile, so that a sureness at the quantile itself is not said.
    threshold = float(np.nextafter(np.quantile(consistent, 1.0 - false_alarms, method="higher"), 2.0))
    threshold = min(max(threshold, 0.5), 1.0)
    return (threshold, _share(surest[~conflicting] >= threshold), _share(surest[conflicting] >= threshold))


def contradicting(truth: Mapping[str, np.ndarray], available: Available) -> np.ndarray:
    """Tells which people show two different emotions with modalities that are available, bool `(n,)`.

    Args:
        truth: int `(n,)` by `shown_MODALITY`, -1 = none; other names are ignored.
        available: bool `(n,)` by modality.
    """
    people = len(next(iter(available.values())))
    shown = [np.where(available[name], truth[SHOWN + name], -1) for name in available if SHOWN + name in truth]
    if not shown:
        return np.zeros(people, bool)
    columns = np.stack(shown, axis=1)
    low = np.where(columns >= 0, columns, np.iinfo(np.int64).max).min(1)
    return (columns >= 0).any(1) & (columns.max(1) != low)


def save_limits(limits: Limits, folder: str | Path) -> None:
    """Writes limits into the folder of a preset."""
    files.write_json(Path(folder) / FILE, limits.to_dict())


def read_limits(preset: str | Path) -> Limits:
    """Reads the limits of a preset: those of `explaining.json`, those that training chose (`explaining` in its
    `metrics.json`), or conventions where it has neither.

    Raises:
        ModelError: there is no such preset, or the file is damaged.
    """
    folder = find_preset(preset)
    for path in (folder / FILE, folder / "metrics.json"):
        if path.is_file():
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                if path.name != FILE:
                    content = content.get(KEY)
                if content is not None:
                    return from_dict(content)
            except (CatganError, ValueError, TypeError, AttributeError) as error:
                raise ModelError(f"{path} does not hold the limits of explanations: {error}") from None
    return Limits()


def from_dict(content: Mapping[str, object]) -> Limits:
    """Converts what `Limits.to_dict` returned, or JSON made of it, back."""
    found = config.from_mapping(Limits, content, "explaining")
    if len(found.answers) != len(found.right_answers) or len(found.answers) not in (0, len(EDGES) - 1):
        raise CatganError(f"Answers are counted in {len(EDGES) - 1} bins. Received: {len(found.answers)} and "
                          f"{len(found.right_answers)}.")
    return found


def mean_features(limits: Limits, features: Features, modality: str) -> dict[str, np.ndarray] | None:
    """Returns features in which one modality is the mean of the validation people; None where that is not known."""
    if limits.means is None or modality not in limits.means or modality not in features:
        return None
    mean = np.asarray(limits.means[modality], np.float32)
    return {**features, modality: np.broadcast_to(mean, features[modality].shape).copy()}
