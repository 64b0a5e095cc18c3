"""Counterfactual sequences: the answer about a clip, with its own errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catgan import facs, files
from catgan.data.schema import Info
from catgan.explain.clips.changes import DrawnChange, UnitChange, drawn_changes
from catgan.explain.clips.clip import Clip

FILE = "counterfactual_sequence.json"
MAX_CHANNEL_DIGITS = 4


@dataclass(frozen=True)
class CounterfactualSequence:
    """The smallest change of Action Units over time after which the answer about a clip changes.

    Args:
        status: `"ok"`, `"already met"` or `"not found"` (then the nearest attempt).
        target: as it was asked.
        summary: how frames are summed up, see `catgan.explain.clips.questions.SUMMARIES`.
        frames: over which frames the target is asked, bool `(t,)`.
        asked: the expression that these show; None where the question is about none.
        changes: of Action Units.
        slack: every unit stays within what the clip itself shows, widened by this share, see
            `catgan.explain.clips.effects.bounds_of`. None: no change within was found.
        clip: the explained clip.
        drawn: its changed frames, uint8 `(t, side, side, 3)`.
        differences: of intensities that were drawn, `(t, k)`.
        units: FACS numbers, `(k,)`.
        levels: intensities before the change, `(t, k)`.
        original, counterfactual: what the model reads in each frame before and after, columns `(t,)`; NaN or None where
            the face was not seen.
        drawer: `"editor"` or `"renderer"`.
        validity: 1.0 if the target is read off the drawn clip.
        sparsity: see `catgan.explain.clips.changes.sparsity`.
        proximity: mean `l1`, `l2` and `ssim` of the seen frames.
        identity: mean cosine similarity of features that tell people apart; None without them.
        unchanged: frames without a change: how many (`n`), and how far their pixels moved (`largest`, grey levels).
        flicker: temporal total variation of the `original` and of the `counterfactual`, and their `ratio`.
        stated_is_drawn: whether the stated change, drawn again, gives the same pixels.
        renders: frames that were drawn.
        seconds: of computing.
    """

    status: str
    target: str
    summary: str
    frames: np.ndarray
    asked: str | None
    changes: tuple[UnitChange, ...]
    slack: float | None
    clip: Clip
    drawn: np.ndarray
    differences: np.ndarray
    units: tuple[int, ...]
    levels: np.ndarray
    original: Mapping[str, np.ndarray]
    counterfactual: Mapping[str, np.ndarray]
    drawer: str
    validity: float
    sparsity: Mapping[str, float]
    proximity: Mapping[str, float]
    identity: float | None
    unchanged: Mapping[str, float]
    flicker: Mapping[str, float]
    stated_is_drawn: bool
    renders: int
    seconds: float

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when at least half of the largest change is there, in seconds; None without a change."""
        size = np.abs(self.differences).sum(1) * self.clip.seen
        if not size.any():
            return None
        there = self.clip.times[size >= 0.5 * size.max()]
        return float(there[0]), float(there[-1])

    @property
    def drawn_changes(self) -> tuple[DrawnChange, ...]:
        """What was drawn of each change, the largest first."""
        return drawn_changes(self.differences, self.units, self.clip.times)

    def sentence(self) -> str:
        """Returns the answer as a sentence."""
        if self.status == "already met":
            return f"{self.target} holds for this clip as it is."
        parts = [change.describe() for change in self.drawn_changes]
        changes = " and ".join([", ".join(parts[:-1])] * (len(parts) > 1) + parts[-1:]) or "nothing is changed"
        if self.status == "not found":
            return f"No change of Action Units was found that reaches {self.target}; the nearest attempt: {changes}."
        return f"{self._becomes()} when {changes}."

    def _becomes(self) -> str:
        """Returns what the answer becomes: `happiness becomes neutral`, `valence falls from 0.50 to -0.20`."""
        if self.asked is not None and "expression" in self.target:
            words = [str(word) for word in self.counterfactual["expression"][self.frames]]
            return f"{self.asked} becomes {max(dict.fromkeys(words), key=words.count)}"
        for name in ("valence", "arousal", *(facs.au_name(unit) for unit in self.units)):
            if name in self.target and name in self.original:
                before, after = (float(np.nanmean(part[name][self.frames]))
                                 for part in (self.original, self.counterfactual))
                return f"mean {name} {'falls' if after < before else 'rises'} from {before:.2f} to {after:.2f}"
        return f"{self.target} is reached"

    # === Saving ===

    def to_dict(self) -> dict[str, object]:
        """Returns the content of `counterfactual_sequence.json`."""
        return {"status": self.status, "target": self.target, "summary": self.summary,
                "frames_in_question": np.flatnonzero(self.frames).tolist(), "asked": self.asked,
                "video": self.clip.name, "subject": self.clip.subject, "sentence": self.sentence(),
                "changes": [change.to_dict() for change in self.changes],
                "drawn": [change.to_dict() for change in self.drawn_changes], "slack": self.slack,
                "drawer": self.drawer,
                "validity": self.validity, "sparsity": dict(self.sparsity), "proximity": rounded(self.proximity),
                "identity": self.identity, "unchanged": rounded(self.unchanged), "flicker": rounded(self.flicker),
                "stated_is_drawn": self.stated_is_drawn, "times": np.round(self.clip.times, 4).tolist(),
                "seen": self.clip.seen.tolist(), "original": _columns(self.original),
                "counterfactual": _columns(self.counterfactual),
                "differences": {facs.au_name(unit): np.round(values, 4).tolist()
                                for unit, values in zip(self.units, self.differences.T) if values.any()},
                "renders": self.renders, "seconds": round(self.seconds, 3)}

    def to_json(self, path: str | Path | None = None) -> str:
        """Returns the answer as JSON text, and writes it to `path` if given."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False)
        if path is not None:
            files.write_text(path, text + "\n")
        return text


def stated_changes(content: Info) -> tuple[UnitChange, ...]:
    """Reads the changes of a `counterfactual_sequence.json`.

    Raises:
        DataError: something else.
    """
    return tuple(UnitChange.from_dict(part) for part in content.get("changes", ()))


def rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    """Rounds numbers for JSON."""
    return {name: round(float(value), 5) for name, value in numbers.items()}


def _columns(columns: Mapping[str, np.ndarray]) -> dict[str, list]:
    """Converts columns `(t,)` to lists that JSON can hold; unknown values are None."""
    return {name: [value if isinstance(value, str) else None if value is None or not np.isfinite(value)
                   else round(float(value), MAX_CHANNEL_DIGITS) for value in values.tolist()]
            for name, values in columns.items() if not name.endswith("_std")}
