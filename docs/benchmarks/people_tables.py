"""Computes the tables of people_study.py: macro-F1 with intervals over people, means over seeds, paired differences."""

from collections.abc import Mapping, Sequence

import numpy as np

from catgan import random_streams
from catgan.metrics.calibration import expected_calibration_error
from catgan.metrics.categories import brier_score, chance_macro_f1

DRAWS = 1000
Values = np.ndarray
"""A figure on all people, then on every draw of people, `(1 + DRAWS,)`."""
Run = Mapping[str, object]
PAIRS = {"missing": ("full", "no_dropout"), "missing_complete": ("complete", "complete_no_dropout")}
"""Table -> a variant with modality dropout and one without, which are otherwise the same."""


class Test:
    """Holds the people of a split and the draws of the bootstrap.

    Args:
        part: `test` or `reversed` of any run.
        rows: bool `(n,)`, whom to count; those whose emotion is unknown are left out.
    """

    def __init__(self, part: Mapping, rows: np.ndarray | None = None):
        truth = np.array(part["truth"])
        self.rows = np.flatnonzero((truth >= 0) & (True if rows is None else rows))
        self.truth, self.classes = truth[self.rows], len(part["classes"])
        names, self.person = np.unique(np.array(part["people"])[self.rows], return_inverse=True)
        self.people = len(names)
        random = random_streams.generator("bootstrap", 0)
        self.draws = np.stack([np.ones(self.people)] + [
            np.bincount(random.integers(self.people, size=self.people), minlength=self.people)
            for _ in range(DRAWS)]).astype(np.float64)

    def macro_f1(self, said: Sequence[Sequence[int]]) -> Values:
        """Returns macro-F1 of answers by seed, mean over seeds."""
        matrices = [self._matrices(np.array(one)[self.rows]) for one in said]
        return np.mean([np.mean(2 * np.einsum("dii->di", matrix) / np.maximum(matrix.sum(1) + matrix.sum(2), 1), 1)
                        for matrix in matrices], 0)

    def accuracy(self, said: Sequence[Sequence[int]]) -> Values:
        """Returns the accuracy of answers by seed, mean over seeds."""
        return np.mean([np.einsum("dii->d", matrix) / np.maximum(matrix.sum((1, 2)), 1)
                        for matrix in (self._matrices(np.array(one)[self.rows]) for one in said)], 0)

    def _matrices(self, said: np.ndarray) -> np.ndarray:
        """Returns confusion matrices of every draw, `(1 + DRAWS, classes, classes)`."""
        cells = (self.person * self.classes + self.truth) * self.classes + said
        counts = np.bincount(cells, minlength=self.people * self.classes ** 2)
        return np.tensordot(self.draws, counts.reshape(self.people, self.classes, self.classes), 1)

    def concordance(self, true: np.ndarray, said: Sequence[np.ndarray]) -> Values | None:
        """Returns the CCC of one dimension by seed, mean over seeds; None where hardly anything is known."""
        known = np.isfinite(true[self.rows])
        x, found = true[self.rows][known], []
        if len(x) < 2:
            return None
        for one in said:
            y = one[self.rows][known]
            sums = [np.bincount(self.person[known], part, self.people) for part in (
                np.ones(len(x)), x, y, x * x, y * y, x * y)]
            n, a, b, aa, bb, ab = (self.draws @ part for part in sums)
            spread = aa / n - (a / n) ** 2 + bb / n - (b / n) ** 2 + (a / n - b / n) ** 2
            found.append(2 * (ab / n - a * b / n ** 2) / spread)
        return np.mean(found, 0)


def interval(values: Values) -> list[float]:
    """Returns a figure and its 95 % interval over people."""
    return [round(float(value), 4) for value in (values[0], *np.nanpercentile(values[1:], [2.5, 97.5]))]


def summary(runs: Sequence[Run]) -> dict[str, object]:
    """Computes all tables from the files of the study."""
    by: dict[str, list[Mapping]] = {}
    for run in runs:
        by.setdefault(str(run["variant"]), []).append(run)
    part = by["full"][0]["test"]
    complete = Test(part, np.array(part["complete"]))
    result: dict[str, object] = {
        "seeds": {name: sorted(run["seed"] for run in found) for name, found in by.items()},
        "people": complete.people, "rows": len(complete.rows), "rows_of_test": len(part["truth"]), "draws": DRAWS,
        "people_seen": by["full"][0]["people_seen"], "chance": chance_macro_f1(complete.truth, complete.classes),
        "modalities": part["modalities"], "classes": part["classes"]}
    result["modules"] = modules(by, complete)
    result["gain"] = gain(by, complete)
    for title, pair in PAIRS.items():
        if set(pair) <= set(by):
            result[title] = missing(by, complete, pair)
    result["variants"] = {name: variant(found, by["full"], complete) for name, found in by.items()}
    result["affect"] = affect(by["full"], complete)
    result["places"] = places(by)
    if "reversed" in by["full"][0]:
        result["reversed"] = reversed_places(by)
    return result


def said(found: Sequence[Mapping], key: str, split: str = "test") -> list[list[int]]:
    """Returns the answers of a variant by seed, when shown the modalities `key`."""
    return [run[split]["said"][key] for run in found]


def modules(by: Mapping[str, list[Mapping]], test: Test) -> dict[str, dict]:
    """Measures the full network when it is shown each subset, the modules' own heads, and networks of one module."""
    result = {}
    for key in by["full"][0]["test"]["said"]:
        row = {"macro_f1": interval(test.macro_f1(said(by["full"], key))),
               "accuracy": interval(test.accuracy(said(by["full"], key)))}
        if key in by["full"][0]["test"]["own_heads"]:
            row["own_head"] = interval(test.macro_f1([run["test"]["own_heads"][key] for run in by["full"]]))
        if f"only_{key}" in by:
            row["network_of_its_own"] = interval(test.macro_f1(said(by[f"only_{key}"], key)))
        result[key] = row
    return result


def gain(by: Mapping[str, list[Mapping]], test: Test) -> dict[str, object]:
    """Compares all modules with the best single one: of the fusion, of own heads, and of networks of one module."""
    names = by["full"][0]["test"]["modalities"]
    single = {name: [test.macro_f1(said(by["full"], name)),
                     test.macro_f1([run["test"]["own_heads"][name] for run in by["full"]])] +
              ([test.macro_f1(said(by[f"only_{name}"], name))] if f"only_{name}" in by else []) for name in names}
    name, best = max(((name, values) for name, found in single.items() for values in found), key=lambda one: one[1][0])
    return {"best_single": name, "difference": interval(test.macro_f1(said(by["full"], "+".join(names))) - best)}


def missing(by: Mapping[str, list[Mapping]], test: Test, pair: tuple[str, str]) -> dict[str, dict]:
    """Measures what is lost by the absence of each module, by a network with and one without modality dropout, and the
    ratio; `pair` names both."""
    names, everything = by["full"][0]["test"]["modalities"], "+".join(by["full"][0]["test"]["modalities"])
    rests = {name: "+".join(other for other in names if other != name) for name in names}
    lost = {name: {title: test.macro_f1(said(by[title], everything)) - test.macro_f1(said(by[title], rest))
                   for title in pair} for name, rest in rests.items()}
    lost["mean"] = {title: np.mean([lost[name][title] for name in names], 0) for title in pair}
    return {name: {"with_dropout": interval(found[pair[0]]), "without_dropout": interval(found[pair[1]]),
                   "ratio": interval(found[pair[0]] / found[pair[1]])} for name, found in lost.items()}


def variant(found: Sequence[Mapping], full: Sequence[Mapping], test: Test) -> dict[str, object]:
    """Measures a variant when it is shown all that it reads."""
    key, everything = ("+".join(runs[0]["test"]["modalities"]) for runs in (found, full))
    values = test.macro_f1(said(found, key))
    truth, rows = np.array(found[0]["test"]["truth"]), np.array(found[0]["test"]["truth"]) >= 0
    probabilities = [np.array(run["test"]["probabilities"])[rows] for run in found]
    right = [one.argmax(1) == truth[rows] for one in probabilities]
    return {"macro_f1": interval(values), "minus_full": interval(values - test.macro_f1(said(full, everything))),
            "over_seeds": [round(float(test.macro_f1([one])[0]), 4) for one in said(found, key)],
            "brier": float(np.mean([brier_score(one, truth[rows]) for one in probabilities])),
            "ece": float(np.mean([expected_calibration_error(one.max(1).clip(0, 1), hit)
                                  for one, hit in zip(probabilities, right)])),
            "seconds": float(np.median([run["seconds"] for run in found])), "parameters": found[0]["parameters"]}


def affect(full: Sequence[Mapping], test: Test) -> dict[str, list[float]]:
    """Measures valence and arousal of the full network."""
    part, result = full[0]["test"], {}
    true = np.array(part["true_affect"], np.float64)
    for place, name in enumerate(part["dimensions"]):
        values = test.concordance(true[:, place], [np.array(run["test"]["affect"])[:, place] for run in full])
        if values is not None:
            result[name] = interval(values)
    return result


def places(by: Mapping[str, list[Mapping]]) -> dict[str, dict]:
    """Measures the accuracy where the place agrees with the emotion, and where it contradicts it."""
    part, result = by["full"][0]["test"], {}
    truth, expected = np.array(part["truth"]), np.array(part["expected"])
    for name, rows in (("agreeing", expected == truth), ("contradicting", (expected >= 0) & (expected != truth))):
        if not (rows & (truth >= 0)).any():
            continue
        test = Test(part, rows)
        result[name] = {"rows": len(test.rows), **{title: interval(test.accuracy(found))
                                                   for title, found in with_and_without(by, "test").items()}}
    return result


def with_and_without(by: Mapping[str, list[Mapping]], split: str) -> dict[str, list[list[int]]]:
    """Returns answers with the context, with the context hidden, and of networks that have no such branch."""
    names = by["full"][0]["test"]["modalities"]
    rest = "+".join(name for name in names if name != "context")
    found = {"all": said(by["full"], "+".join(names), split), "context hidden": said(by["full"], rest, split)}
    return found | ({"no context branch": said(by["no_context"], rest, split)} if "no_context" in by else {})


def reversed_places(by: Mapping[str, list[Mapping]]) -> dict[str, dict]:
    """Measures what is lost on people whose places contradict what those of training lead one to expect."""
    tests = {split: Test(by["full"][0][split]) for split in ("test", "reversed")}
    result = {}
    for title in with_and_without(by, "test"):
        values = {split: test.macro_f1(with_and_without(by, split)[title]) for split, test in tests.items()}
        # Each set has persons of its own, so both are drawn: the interval is that of a difference of two samples.
        result[title] = {**{split: interval(one) for split, one in values.items()},
                         "lost": interval(values["test"] - values["reversed"])}
    return result


# === Text ===


def cell(values: Sequence[float] | None) -> str:
    """Formats a figure with its interval."""
    return "" if values is None else "{:.3f} ({:.3f} .. {:.3f})".format(*values)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Writes a table."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def text(found: Mapping) -> str:
    """Writes all tables as Markdown."""
    parts = [
        "# People: what each module is worth, and what is lost without it\n\nRendered people alone: no figure here is "
        "a claim about photographs, videos or people.\n\n"
        f"{found['rows_of_test']} people of the test split, none of whom was trained on; figures below are of the "
        f"{found['rows']} of {found['people']} persons who have all modalities, unless said otherwise. "
        f"{len(found['seeds']['full'])} seeds of weights and batches, averaged; {found['people_seen']} people seen in "
        f"a training. In brackets 95 % intervals over persons ({found['draws']} draws, the same persons for all "
        "networks).\n\n    python docs/benchmarks/people_study.py train OUT/people OUT/study "
        "--reversed OUT/people_reversed --jobs 2\n    python "
        "docs/benchmarks/people_study.py table OUT/study --json docs/results/people.json --text "
        "docs/results/people.md\n",
        "## Each module, pairs, all\n\nThe network with modality dropout is shown some modalities and not the others. "
        "*own head*: the head of the module in the same network; *network of its own*: trained with this modality "
        f"alone. Answers at random have macro-F1 {found['chance']:.3f}.\n",
        markdown(("shown", "macro-F1", "accuracy", "own head, macro-F1", "network of its own, macro-F1"),
                 [(key.replace("+", " + "), cell(row["macro_f1"]), cell(row["accuracy"]), cell(row.get("own_head")),
                   cell(row.get("network_of_its_own"))) for key, row in found["modules"].items()]),
        f"All minus the best single module ({found['gain']['best_single']}): {cell(found['gain']['difference'])}.\n"]
    for title, words in (("missing", "Trained on everybody: of one in ten a module is missing, for each module."),
                         ("missing_complete", "Trained on people who have all modules.")):
        if found.get(title):
            parts += ["## One module missing\n\nMacro-F1 that is lost when a module is hidden, with and without "
                      f"modality dropout in training. {words}\n",
                      markdown(("missing", "with dropout", "without dropout", "ratio"),
                               [(key, cell(row["with_dropout"]), cell(row["without_dropout"]), cell(row["ratio"]))
                                for key, row in found[title].items()])]
    parts += ["## Networks\n\nShown all that they read. Brier score and calibration error are of everybody.\n",
              markdown(("network", "seeds", "macro-F1", "minus full", "Brier", "calibration error", "parameters",
                        "seconds"),
                       [(key, len(found["seeds"][key]), cell(row["macro_f1"]), cell(row["minus_full"]),
                         f"{row['brier']:.3f}", f"{row['ece']:.3f}", row["parameters"], f"{row['seconds']:.0f}")
                        for key, row in found["variants"].items()])]
    if found["affect"]:
        parts.append("CCC of the full network: " + ", ".join(f"{name} {cell(values)}"
                                                             for name, values in found["affect"].items()) + ".\n")
    parts += ["## Places\n\nAccuracy, of everybody, where the place agrees with the emotion, and where it contradicts "
              "it.\n", places_table(found["places"], "people whose place is", "rows")]
    if found.get("reversed"):
        parts += ["Test people, and people whose places contradict what those of training lead one to expect; "
                  "macro-F1.\n",
                  markdown(("shown", "test", "reversed", "lost"),
                           [(title, cell(row["test"]), cell(row["reversed"]), cell(row["lost"]))
                            for title, row in found["reversed"].items()])]
    return "\n".join(parts)


def places_table(found: Mapping[str, Mapping], title: str, count: str) -> str:
    """Writes the table of agreeing and contradicting places."""
    columns = [name for name in next(iter(found.values()), {}) if name != count]
    return markdown((title, "n", *columns), [(key, row[count], *(cell(row[name]) for name in columns))
                                             for key, row in found.items()])
