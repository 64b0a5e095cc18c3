"""The bars of an answer about a person: contributions, probabilities, own answers, affect, situation, moments."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from catgan import plots
from catgan.explain.people.joints import JointEvidence
from catgan.explain.people.panel_body import AGAINST, FOR
from catgan.explain.people.result import LOG_ODDS, ModalityAnswer, PersonAnswer

STRONG, PALE = plots.COLOURS[0], "#9ec1e0"


def contributions(axes: Axes, answer: PersonAnswer) -> None:
    """Draws what each modality adds to the log odds of the answer, and what is left without any."""
    rows = list(answer.modalities)[::-1]
    values = [one.contribution[LOG_ODDS] for one in rows]
    axes.barh(range(len(rows)), values, color=[FOR if value > 0 else AGAINST for value in values], height=0.6)
    reach = max(max(map(abs, values), default=0.0), 0.5) * 1.45
    axes.set_xlim(-reach, reach)
    axes.set_yticks(range(len(rows)), [one.title if one.available else f"{one.title}\n(not read)" for one in rows],
                    fontsize=9)
    for place, (one, value) in enumerate(zip(rows, values)):
        if one.available:
            axes.text(value + (0.02 if value >= 0 else -0.02) * reach, place, f"{value:+.1f}", fontsize=8.5,
                      va="center", ha="left" if value >= 0 else "right")
    axes.axvline(0.0, color=plots.TEXT, lw=0.8)
    axes.set_title(f"what speaks for {answer.most_probable} (red) or against it (blue)", fontsize=10)
    axes.set_xlabel(f"log odds; without any of them {answer.without_evidence[LOG_ODDS]:+.1f}", fontsize=8.5)
    _tidy(axes)


def probabilities(axes: Axes, answer: PersonAnswer) -> None:
    """Draws the probability of each emotion; how often such answers were right on validation people."""
    names = list(answer.probabilities)[::-1]
    values = [answer.probabilities[name] for name in names]
    axes.barh(range(len(names)), values, height=0.6,
              color=[STRONG if name == answer.most_probable else PALE for name in names])
    for place, value in enumerate(values):
        axes.text(value + 0.015, place, f"{value:.2f}", fontsize=8.5, va="bottom" if names[place] ==
                  answer.most_probable else "center")
    sure = answer.limits.certainty(answer.probabilities[answer.most_probable])
    label = "no validation people to compare with"
    if sure is not None:
        count, right, low, high = sure
        place = names.index(answer.most_probable)
        axes.plot([low, high], [place - 0.18] * 2, color="black", lw=1.6)
        axes.plot([right / count], [place - 0.18], "o", color="black", ms=4)
        label = f"black: share of right ones among {count} such answers, 95 % interval"
    axes.set_xlim(0.0, 1.12)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_title(f"probabilities (entropy {answer.sufficiency.entropy:.2f}, limit {answer.sufficiency.limit:.2f})",
                   fontsize=10)
    axes.set_xlabel(label, fontsize=8.5)
    _tidy(axes)


def own_answers(axes: Axes, answer: PersonAnswer) -> None:
    """Draws what each modality says alone, as a table of shades."""
    emotions, rows = list(answer.probabilities), list(answer.modalities)
    grid = np.full((len(rows), len(emotions)), np.nan)
    for place, one in enumerate(rows):
        if one.own is not None:
            grid[place] = [one.own[name] for name in emotions]
    axes.imshow(np.ma.masked_invalid(grid), cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in np.ndindex(grid.shape):
        known = np.isfinite(grid[row, column])
        axes.text(column, row, f"{grid[row, column]:.2f}" if known else "-", ha="center", va="center", fontsize=8.5,
                  color="white" if known and grid[row, column] > 0.55 else plots.TEXT)
    axes.set_yticks(range(len(rows)), [_with_reliability(one) for one in rows], fontsize=9)
    axes.set_xticks(range(len(emotions)), emotions, fontsize=8.5)
    axes.set_title("what each says alone" + ("" if not answer.contradictions else ": they contradict each other"),
                   fontsize=10, color=plots.COLOURS[1] if answer.contradictions else "black")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _with_reliability(one: ModalityAnswer) -> str:
    return f"{one.title}\nreliability {one.reliability:.1f}" if one.available else f"{one.title}\n(not read)"


def affect(axes: Axes, answer: PersonAnswer) -> None:
    """Draws valence, arousal and so on, each with two standard deviations."""
    names = list(answer.affect)[::-1]
    for place, name in enumerate(names):
        value, deviation = answer.affect[name]
        ends = np.clip([value - 2 * deviation, value + 2 * deviation], -1.0, 1.0)
        axes.plot(ends, [place, place], color=PALE, lw=7, solid_capstyle="butt")
        axes.plot([value], [place], "o", color=STRONG, ms=7)
        axes.text(value, place + 0.2, f"{value:+.2f}", ha="center", va="bottom", fontsize=8.5)
    axes.axvline(0.0, color=plots.GREY, lw=0.8)
    axes.set_xlim(-1.05, 1.05)
    axes.set_ylim(-0.6, max(len(names), 1) - 0.4)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_title("affect, with two standard deviations" if names else "no affect is told", fontsize=10)
    _tidy(axes)


def situation(axes: Axes, answer: PersonAnswer) -> None:
    """Draws what the place and time lead one to expect, beside what was predicted."""
    found = answer.situation
    if found is None:
        axes.axis("off")
        axes.text(0.5, 0.5, "no situation was given\n(--situation, --place, --time)", ha="center", va="center",
                  fontsize=9.5, color=plots.TEXT, transform=axes.transAxes)
        return
    names = list(found.expected.emotions)
    usual, (low, high) = found.expected.distribution, found.expected.interval()
    at = np.arange(len(names))
    axes.bar(at - 0.2, usual, 0.38, color=plots.COLOURS[4], label=f"expected ({found.expected.counted})")
    axes.errorbar(at - 0.2, usual, [usual - low, high - usual], fmt="none", ecolor=plots.TEXT, elinewidth=1)
    axes.bar(at + 0.2, [answer.probabilities.get(name, 0.0) for name in names], 0.38, color=STRONG, label="predicted")
    if found.correction is not None:
        axes.plot(at + 0.2, [found.correction.with_situation[name] for name in names], "D", color="black", ms=5,
                  label="corrected, as asked")
    axes.set_xticks(at, names, fontsize=8.5, rotation=20 if len(names) > 5 else 0)
    axes.set_ylim(0.0, 1.25)
    axes.legend(fontsize=7.5, frameon=False, ncols=3, loc="upper center")
    axes.set_title(f"{found.expected.situation}: {found.agreement.verdict}", fontsize=10, parse_math=False)
    _tidy(axes)


def moments(axes: Axes, one: ModalityAnswer, evidence: JointEvidence | None) -> None:
    """Draws when the movement speaks for the answer (red) and against it (blue)."""
    title = f"the gait alone: {one.says}" if one.says else "gait"
    if evidence is None:
        axes.axis("off")
        axes.set_title(title, fontsize=10)
        return
    values, step = evidence.moments, float(evidence.times[1] - evidence.times[0]) if len(evidence.times) > 1 else 1.0
    axes.bar(evidence.times, values, step, align="edge", color=np.where(values > 0, FOR, AGAINST))
    if evidence.moment is not None:
        axes.axvspan(*evidence.moment, color=plots.COLOURS[4], alpha=0.25, lw=0)
    known = evidence.known.any(1)
    axes.set_xlim(0.0, float(evidence.times[known].max(initial=0.0)) + step)
    axes.axhline(0.0, color=plots.TEXT, lw=0.8)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("seconds (red: for, blue: against; shaded: the main moment)", fontsize=8.5)
    axes.set_ylabel("log odds", fontsize=8)
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    plots.hide_spines(axes)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
