"""The answer of a network of several modalities about one person, with what carries it, as JSON can hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catgan.explain.people import sentence
from catgan.explain.people.contradiction import Contradiction
from catgan.explain.people.effects import DirectEffect
from catgan.explain.people.joints import JointEvidence
from catgan.explain.people.limits import Limits
from catgan.explain.people.regions import RegionEvidence
from catgan.explain.people.shapley import LOG_ODDS, PROBABILITY
from catgan.explain.people.situation import SituationAnswer
from catgan.explain.people.sufficiency import Sufficiency

INSUFFICIENT = "insufficient evidence"
Evidence = RegionEvidence | JointEvidence


@dataclass(frozen=True)
class ModalityAnswer:
    """What one modality shows of a person, and what it adds to the answer.

    Args:
        name: of the modality.
        title: as a sentence says it, such as "the face".
        available: whether it could be read.
        reliability: 0..1; 0 where it could not be read.
        seen: what was read, in a few words.
        own: calibrated probabilities by emotion from this modality alone; None where it could not be read.
        contribution: its Shapley value by measure: `log_odds` and `probability` of the predicted class, affect.
        drop: what the answer loses without it, by measure.
        evidence: where in it the evidence lies; None where that was not asked for or cannot be found.
    """

    name: str
    title: str
    available: bool
    reliability: float
    seen: str
    own: Mapping[str, float] | None
    contribution: Mapping[str, float]
    drop: Mapping[str, float]
    evidence: Evidence | None = None

    @property
    def says(self) -> str | None:
        """The most probable emotion from this modality alone."""
        return None if self.own is None else max(self.own, key=lambda name: self.own[name])  # type: ignore[index]

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        return {"available": self.available, "reliability": round(self.reliability, 6), "seen": self.seen,
                "says": self.says, "own": None if self.own is None else rounded(self.own),
                "contribution": rounded(self.contribution), "drop_without": rounded(self.drop),
                "evidence": None if self.evidence is None else self.evidence.to_dict()}


@dataclass(frozen=True)
class PersonAnswer:
    """What a network says about one person, and why.

    Args:
        number: of the person in the picture, the largest being 0.
        probabilities: calibrated, by emotion; they sum to 1.
        affect: value and standard deviation by dimension.
        modalities: in their order.
        without_evidence: log odds and probability of the answer, and affect, with no modality at all.
        gap: the largest completeness gap of the contributions, over the measures.
        sufficiency: whether the evidence suffices.
        contradictions: of modalities, the surest first.
        context: the direct effect of the surroundings; None where they were not read.
        limits: when an answer is not given and a contradiction is said.
        situation: what the situation leads one to expect; None where no store was given.
    """

    number: int
    probabilities: Mapping[str, float]
    affect: Mapping[str, tuple[float, float]]
    modalities: tuple[ModalityAnswer, ...]
    without_evidence: Mapping[str, float]
    gap: float
    sufficiency: Sufficiency
    contradictions: tuple[Contradiction, ...]
    context: DirectEffect | None
    limits: Limits
    situation: SituationAnswer | None = None

    @property
    def most_probable(self) -> str:
        """The most probable emotion, whether or not the evidence suffices."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def answer(self) -> str:
        """The most probable emotion, or "insufficient evidence"."""
        return self.most_probable if self.sufficiency.sufficient else INSUFFICIENT

    @property
    def ranked(self) -> list[ModalityAnswer]:
        """The modalities that were read, those that speak for the answer most first."""
        return sorted((one for one in self.modalities if one.available), key=lambda one: -one.contribution[LOG_ODDS])

    @property
    def titles(self) -> dict[str, str]:
        """How a sentence says each modality."""
        return {one.name: one.title for one in self.modalities}

    def sentence(self) -> str:
        """Returns the answer and its reasons in plain sentences."""
        return sentence.sentences(self)

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        sure = self.limits.certainty(self.probabilities[self.most_probable])
        return {
            "person": self.number, "answer": self.answer, "most_probable": self.most_probable,
            "sentence": self.sentence(), "probabilities": rounded(self.probabilities),
            "affect": {name: {"value": round(value, 6), "deviation": round(deviation, 6)}
                       for name, (value, deviation) in self.affect.items()},
            "validation_answers_like_this": None if sure is None else dict(
                zip(("count", "right", "low", "high"), sure)),
            "modalities": {one.name: one.to_dict() for one in self.modalities},
            "named_first": self.ranked[0].name if self.ranked else None,
            "without_evidence": rounded(self.without_evidence), "completeness_gap": self.gap,
            "sufficiency": self.sufficiency.to_dict(),
            "contradictions": [one.to_dict() for one in self.contradictions],
            "direct_effect_of_context": None if self.context is None else self.context.to_dict(),
            "limits": {"entropy": self.limits.entropy, "contradiction": self.limits.contradiction,
                       "chosen": self.limits.source, "coverage": self.limits.coverage,
                       "right": self.limits.right, "right_without": self.limits.right_without,
                       "false_alarms": self.limits.false_alarms, "said": self.limits.said},
            "situation": None if self.situation is None else self.situation.to_dict()}


def rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    """Rounds numbers to six places."""
    return {name: round(float(value), 6) for name, value in numbers.items()}


__all__ = ["INSUFFICIENT", "LOG_ODDS", "PROBABILITY", "ModalityAnswer", "PersonAnswer"]
