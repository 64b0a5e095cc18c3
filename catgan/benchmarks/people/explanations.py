"""Measures explanations of networks of several modalities on rendered people never seen, whose causes are known."""

from __future__ import annotations

import numpy as np

from catgan.data.people.samples import PeopleSamples
from catgan.errors import CatganError
from catgan.explain.people.evidence import DifferentiableModel
from catgan.explain.people.faithfulness import (DRAWS, agreement_of_drops, mass_in_region, named_first,
                                                said_contradictions)
from catgan.explain.people.limits import SHOWN, Limits
from catgan.explain.people.shapley import LOG_ODDS, PROBABILITY, explained_contributions
from catgan.explain.people.sufficiency import entropies
from catgan.faces.regions import face_region, face_regions
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures

MOST_ATTENDED = 400
"""Faces whose attention is measured."""


def measure_faithfulness(model: DifferentiableModel, people: PeopleSamples, limits: Limits,
                         attention: bool = True, draws: int = DRAWS) -> Figures:
    """Measures explanations of a network that was trained on people all of whose modalities show the emotion.

    Args:
        model: the network.
        people: rendered ones never seen.
        limits: chosen on validation people.
        attention: whether it has an attention over the face.
        draws: of the intervals over people.

    Returns:
        `drops`: stated contributions against actual drops, in log odds and as `probability`; `contradictions`;
        `attention`, the share inside the face, and in brows, eyes, nose, cheeks and mouth; `sufficiency`: the share of
        people who get an answer, and how many of them, and of the others, are told rightly; and `n`, `limits`.
    """
    known = people.select(people.labels >= 0).only(model.modalities)
    features = model.features(known.inputs)
    found = explained_contributions(model, features, known.available)
    answers = model.fused(features, known.available)
    own = {name: answer.probabilities for name, answer in model.alone(features).items()}
    right = answers.probabilities.argmax(1) == known.labels
    result: Figures = {
        "n": len(known), "limits": limits.to_dict() | {"means": None},
        "drops": {**agreement_of_drops(found, known.subjects, LOG_ODDS, draws),
                  PROBABILITY: agreement_of_drops(found, known.subjects, PROBABILITY, draws)},
        "largest_gap": float(np.abs(found.gaps).max()),
        "contradictions": said_contradictions(own, known.available, known.truth, limits.contradiction,
                                              known.subjects, draws),
        "sufficiency": _sufficiency(entropies(answers.probabilities) <= limits.entropy, right, known.subjects, draws)}
    if attention and "face" in known.inputs:
        result["attention"] = measure_attention(model, known, draws)
    return result


def _sufficiency(answered: np.ndarray, right: np.ndarray, subjects: tuple[str, ...], draws: int) -> Figures:
    def share(flags: np.ndarray, among: np.ndarray, rows: np.ndarray) -> float | None:
        kept = rows[among[rows]]
        return float(flags[kept].mean()) if len(kept) else None

    rows, result = np.arange(len(right)), Figures()
    for name, flags, among in (("coverage", answered, np.ones_like(answered)), ("right", right, answered),
                               ("right_without", right, ~answered)):
        result[name] = share(flags, among, rows)
        result[f"{name}_interval"] = bootstrap.interval(lambda drawn: share(flags, among, drawn), subjects, draws)
    return result


def measure_attention(model: DifferentiableModel, people: PeopleSamples, draws: int = DRAWS) -> Figures:
    """Measures which share of the attention over faces lies inside the face; see `measure_faithfulness`."""
    rows = np.flatnonzero(people.available["face"])[:MOST_ATTENDED]
    if not len(rows):
        return {"mass": None, "n": 0}
    shown = people.select(rows)
    maps = np.asarray(model.attention(shown.inputs), np.float64)
    side = maps.shape[1]
    regions = face_regions((side, side))
    features = np.any([regions[name] for name in ("brows", "eyes", "nose", "cheeks", "mouth")], axis=0)
    return {**mass_in_region(maps, face_region(side) > 0.0, shown.subjects, draws),
            "features": mass_in_region(maps, features, shown.subjects, draws),
            "mouth": mass_in_region(maps, regions["mouth"], shown.subjects, draws)}


def measure_planted(model: DifferentiableModel, people: PeopleSamples, cause: str, attention: bool = True,
                    draws: int = DRAWS) -> Figures:
    """Measures explanations of a network that was trained on people of whom one modality alone shows the emotion.

    Args:
        model: the network.
        people: rendered ones never seen, with the same planted modality; those who lack it are left out.
        cause: the planted modality.
        attention: whether the network has an attention over the face.
        draws: of the intervals over people.

    Returns:
        `named`: how often the planted modality is named first, see `named_first`; `leaks`: by other modality, how
        often its own head tells the emotion, and chance, the share of the most frequent emotion; of a planted face
        also `attention`.

    Raises:
        CatganError: nobody has the planted modality, or the network does not read it.
    """
    if cause not in model.modalities:
        raise CatganError(f"The network reads {', '.join(model.modalities)}. Received: planted {cause}.")
    known = people.select((people.labels >= 0) & people.available[cause]).only(model.modalities)
    if not len(known):
        raise CatganError(f"Nobody of these people has a known emotion and the modality '{cause}'.")
    features = model.features(known.inputs)
    found = explained_contributions(model, features, known.available)
    right = model.fused(features, known.available).probabilities.argmax(1) == known.labels
    result: Figures = {"n": len(known), "named": named_first(found, [cause] * len(known), known.subjects, right, draws),
                       "leaks": {}}
    for name, answer in model.alone(features).items():
        if name != cause and known.available[name].any():
            rows = known.available[name]
            result["leaks"][name] = _own_accuracy(answer.probabilities[rows], known.select(rows), draws)
    if cause == "face" and attention:
        result["attention"] = measure_attention(model, known, draws)
    return result


def _own_accuracy(probabilities: np.ndarray, people: PeopleSamples, draws: int) -> Figures:
    right = probabilities.argmax(1) == people.labels
    chance = float(np.bincount(people.labels).max() / len(people.labels))
    return {"accuracy": float(right.mean()), "chance": chance, "n": len(right),
            "accuracy_interval": bootstrap.interval(lambda rows: float(right[rows].mean()), people.subjects, draws)}


def place_figures(model: DifferentiableModel, people: PeopleSamples, draws: int = DRAWS) -> Figures:
    """Measures what explanations say where the place contradicts the emotion.

    Returns:
        `accuracy` and `accuracy_without_context`; `follows_place`: the share of people whose answer is the emotion
        that goes with the place although it is wrong; `context_named`: the share of these for whom the surroundings
        are named first; each with its interval.
    """
    known = people.select((people.labels >= 0) & people.available["context"]).only(model.modalities)
    features = model.features(known.inputs)
    answers = model.fused(features, known.available).probabilities.argmax(1)
    hidden = {**known.available, "context": np.zeros(len(known), bool)}
    without = model.fused(features, hidden).probabilities.argmax(1)
    found = explained_contributions(model, features, known.available)
    place = known.truth.get(f"{SHOWN}context", np.full(len(known), -1))
    follows = (answers == place) & (answers != known.labels)
    named = found.first == found.modalities.index("context")
    flags = {"accuracy": answers == known.labels, "accuracy_without_context": without == known.labels,
             "follows_place": follows}
    result: Figures = {"n": len(known)}
    for name, flag in flags.items():
        result[name] = float(flag.mean())
        result[f"{name}_interval"] = bootstrap.interval(lambda rows: float(flag[rows].mean()), known.subjects, draws)
    result["context_named"] = float(named[follows].mean()) if follows.any() else None
    return result
