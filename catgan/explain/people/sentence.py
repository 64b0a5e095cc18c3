"""Says an answer about a person and its reasons in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catgan.explain.landmarks.parts import listed
from catgan.explain.people.joints import GOOD_GAP, JointEvidence
from catgan.explain.people.shapley import LOG_ODDS

if TYPE_CHECKING:
    from catgan.explain.people.contradiction import Contradiction
    from catgan.explain.people.result import ModalityAnswer, PersonAnswer

SMALL = 0.1
"""Log odds below which a contribution is said not to matter; .1 moves a probability of .5 to .525."""


def sentences(answer: PersonAnswer) -> str:
    """Returns the answer, which modalities speak for it and against it, contradictions, and what lies where."""
    parts = [_answer(answer), _contributions(answer), *_contradictions(answer), _evidence(answer), _context(answer),
             _missing(answer)]
    if answer.situation is not None:
        parts.append(answer.situation.sentence())
    return " ".join(filter(None, parts))


def _answer(answer: PersonAnswer) -> str:
    name, found = answer.most_probable, answer.sufficiency
    probability = answer.probabilities[name]
    if not found.sufficient:
        if not answer.ranked:
            return f"Insufficient evidence: {found.reason}."
        return (f"Insufficient evidence: {found.reason} (entropy {found.entropy:.2f} of at most 1, limit "
                f"{found.limit:.2f}). Most probable would be {name} ({probability:.2f}).")
    sure = answer.limits.certainty(probability)
    like = "" if sure is None else (f"; of {sure[0]} such answers about validation people {sure[1]} were right, 95 % "
                                    f"interval {sure[2]:.2f}-{sure[3]:.2f}")
    return f"{capital(name)} ({probability:.2f}{like})."


def _contributions(answer: PersonAnswer) -> str:
    """Says what speaks for the answer, and what against it."""
    speaks_for = [one for one in answer.ranked if one.contribution[LOG_ODDS] >= SMALL]
    against = [one for one in reversed(answer.ranked) if one.contribution[LOG_ODDS] <= -SMALL]
    others = [one for one in answer.ranked if abs(one.contribution[LOG_ODDS]) < SMALL]
    name = answer.most_probable
    said = []
    if speaks_for:
        most = " most" if len(speaks_for) > 1 else ""
        said.append(f"{_with_numbers(speaks_for[:1])} {verb('speak', _titles(speaks_for[:1]))} for {name}{most}")
    if len(speaks_for) > 1:
        said.append(f"{_with_numbers(speaks_for[1:])} {verb('do', _titles(speaks_for[1:]))} too")
    if against:
        said.append(f"{_with_numbers(against)} {verb('speak', _titles(against))} against it")
    if others and said:
        said.append(f"{listed(_titles(others))} hardly {verb('matter', _titles(others))}")
    elif others:
        said.append(f"nothing that was read speaks for {name} or against it")
    return f"{capital(', '.join(said))}." if said else ""


def _titles(modalities: Sequence[ModalityAnswer]) -> list[str]:
    return [one.title for one in modalities]


def _with_numbers(modalities: Sequence[ModalityAnswer]) -> str:
    return listed([f"{one.title} ({one.contribution[LOG_ODDS]:+.1f})" for one in modalities])


def verb(base: str, subjects: Sequence[str]) -> str:
    """Returns a verb that fits its subjects: `speaks` of the face, `speak` of the hands, or of two."""
    last = subjects[0]
    plural = len(subjects) > 1 or last == "the feet" or last.endswith("s") and not last.endswith("ss")
    return base if plural else f"{base}es" if base == "do" else f"{base}s"


def _contradictions(answer: PersonAnswer) -> list[str]:
    return [contradiction_sentence(one, answer.titles) for one in answer.contradictions]


def contradiction_sentence(found: Contradiction, titles: dict[str, str]) -> str:
    """Returns a contradiction as a sentence: `The face says happiness, the gait says sadness (sure to .93).`"""
    first, second = titles[found.first], titles[found.second]
    return (f"{capital(first)} {verb('say', [first])} {found.first_says}, {second} {verb('say', [second])} "
            f"{found.second_says} (sure to {found.sureness:.2f}).")


def _evidence(answer: PersonAnswer) -> str:
    """Says where the evidence lies in each modality whose contribution matters."""
    said = []
    for one in answer.ranked:
        evidence = one.evidence
        if evidence is None or not evidence.named or one.contribution[LOG_ODDS] < SMALL:
            continue
        if isinstance(evidence, JointEvidence):
            when = evidence.moment
            doubt = "" if (evidence.gap or 0.0) <= GOOD_GAP else f" (only roughly: gap {evidence.gap:.2f})"
            said.append(f"in {one.title} {listed(evidence.named)} {verb('matter', evidence.named)} most"
                        + ("" if when is None else f", between {when[0]:.1f} s and {when[1]:.1f} s") + doubt)
        else:
            looks = "the network looks most at" if evidence.method == "attention" else "the answer depends most on"
            doubt = "" if evidence.confirmed else ", although hiding that changes nothing"
            said.append(f"in {one.title} {looks} {listed(evidence.named)}{doubt}")
    return f"{capital('; '.join(said))}." if said else ""


def _context(answer: PersonAnswer) -> str:
    """Says what the answer would be without the surroundings."""
    effect = answer.context
    if effect is None or len(answer.ranked) < 2:
        return ""
    without = f"Without the surroundings {answer.most_probable} would have {effect.missing:.2f}"
    if effect.says_without != answer.most_probable:
        return f"{without}, and the answer would be {effect.says_without}."
    return f"{without}." if abs(effect.whole - effect.missing) >= 0.005 else ""


def _missing(answer: PersonAnswer) -> str:
    missing = [one.title for one in answer.modalities if not one.available]
    return f"Not read: {listed(missing)}." if missing and answer.ranked else ""


def capital(text: str) -> str:
    """Returns a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
