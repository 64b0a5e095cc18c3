"""What the place and the time lead one to expect, beside an answer that it does not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catgan.modalities.situation_file import SituationFile
from catgan.modalities.situations import Agreement, Correction, Expected, agreement, corrected, expected


@dataclass(frozen=True)
class SituationAnswer:
    """What a situation leads one to expect of an answer.

    Args:
        expected: the expected distribution.
        agreement: of the answer with it.
        correction: the answer without and with the correction for the situation; None unless it was asked for.
    """

    expected: Expected
    agreement: Agreement
    correction: Correction | None = None

    def sentence(self) -> str:
        """Returns the finding in words, and the corrected answer where it was asked for."""
        if self.correction is None:
            return self.agreement.sentence
        without, after = self.correction.without, self.correction.with_situation
        before, now = max(without, key=lambda name: without[name]), max(after, key=lambda name: after[name])
        return (f"{self.agreement.sentence} Corrected for the situation, as asked: {now} ({after[now]:.2f}); without "
                f"the correction: {before} ({without[before]:.2f}).")

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it."""
        found = self.agreement
        return {**self.expected.to_dict(), "verdict": found.verdict, "distance": found.distance,
                "distance_interval": list(found.interval), "excess": found.excess,
                "excess_interval": list(found.excess_interval), "sentence": self.sentence(),
                "correction": None if self.correction is None else {
                    "without": dict(self.correction.without), "with_situation": dict(self.correction.with_situation)}}


def situation_answer(probabilities: Mapping[str, float], file: SituationFile, place: str | None = None,
                     when: datetime | None = None, prior: bool = False, now: float | None = None) -> SituationAnswer:
    """Compares an answer with what its situation leads one to expect. The answer is not changed.

    Args:
        probabilities: by emotion.
        file: an open store.
        place, when, now: as of `catgan.modalities.situations.expected`.
        prior: whether the correction for the situation is computed, beside the answer without it.

    Raises:
        CatganError: a place that the store does not know, or an emotion that it does not count.
    """
    usual = expected(file, place, when, now=now)
    return SituationAnswer(usual, agreement(probabilities, usual), corrected(probabilities, usual) if prior else None)
