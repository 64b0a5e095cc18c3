"""Does `catgan relate` find the documented relation of rendered faces, and how often do its intervals hold the truth?

    python docs/benchmarks/relate_coverage.py --out OUT/relate

Labels of `catgan render --n 4000 --size 32 --seed K` are made for many seeds K without drawing the pictures. For each
seed `catgan.studies.relate` computes coefficients with 95 % intervals, which are compared with those of the population,
and ranks the prototype tables. The truth is

- of valence and arousal themselves: the least-squares coefficients of a very large sample of scenes, since tanh and the
  share of emotion words make the documented function non-linear;
- of faces without an expression, on the scale of arctanh: the documented weights themselves.

Writes `relate.json` and `relate.md`. Seeds that are in `seeds.jsonl` of the folder already are not computed again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from catgan import random_streams
from catgan.data.render import SPEC
from catgan.data.rendering_work import PRESENT_FROM
from catgan.data.scenes import RenderConfig, scene_of
from catgan.files import write_json, write_text
from catgan.metrics import bootstrap
from catgan.studies.relate.faces import DIMENSIONS, LabelledFaces
from catgan.studies.relate.linear import INTERCEPT, coefficients, regress
from catgan.studies.relate.options import RelateOptions
from catgan.studies.relate.profiles import profiles
from catgan.synthesis import scene as scenes
from catgan.synthesis.scene import Sampler, expressed_units, independent_units, valence_arousal

RATER_NOISE = 0.1
"""Of `catgan render --rater-noise`, in the cell with raters."""
LATENT_NOISE = 0.2
"""Standard deviation that is added before tanh, in the cell of the documented weights."""
NUMBERS = SPEC.action_units
CELLS = {
    "intensity": "all faces, intensities; truth: population",
    "presence": "all faces, presences; truth: population",
    "raters": f"all faces, intensities, labels with --rater-noise {RATER_NOISE}; truth: population",
    "documented": f"faces without an expression, arctanh, noise of {LATENT_NOISE} before tanh; truth: documented "
                  "weights"}


# === Labels of scenes ===


def rendered_labels(seed: int, n: int) -> tuple[LabelledFaces, np.ndarray]:
    """The labels that `catgan render --n N --seed K` writes, and valence and arousal with noise of raters."""
    config = RenderConfig(n=n, size=32, seed=seed)
    faces = [scene_of(index, config) for index in range(n)]
    units = np.array([[face.action_units.get(number, 0.0) for number in NUMBERS] for face in faces], np.float32)
    affect = np.array([face.valence_arousal for face in faces])
    noise = np.stack([rater_noise(seed, index) for index in range(n)])
    classes = [-1 if face.expression is None else SPEC.expressions.index(face.expression) for face in faces]
    labelled = LabelledFaces(NUMBERS, {"intensity": units.astype(np.float64), "presence": present(units)},
                             affect.astype(np.float32).astype(np.float64), np.array(classes), SPEC.expressions,
                             np.array([f"subject {face.subject}" for face in faces]))
    return labelled, np.clip(affect + RATER_NOISE * noise, -1, 1)


def rater_noise(seed: int, index: int) -> np.ndarray:
    """As `catgan.data.render.row_of` draws it."""
    random = random_streams.generator("scene_labels", seed, index)
    random.random(2)
    return random.standard_normal(2)


def present(units: np.ndarray) -> np.ndarray:
    return (units >= PRESENT_FROM).astype(np.float64)


def population(count: int) -> dict[str, np.ndarray]:
    """Coefficients `(2, 1 + k)` of a very large sample of scenes, per cell; the documented ones are exact."""
    random, share = np.random.default_rng(2028), Sampler().independent
    units, affect = np.zeros((count, len(NUMBERS)), np.float32), np.zeros((count, 2))
    for row in range(count):
        expression, shown = (None, independent_units(random)) if random.random() < share else expressed_units(random)
        units[row] = [shown.get(number, 0.0) for number in NUMBERS]
        affect[row] = valence_arousal(shown, expression)
    rated = np.clip(affect + RATER_NOISE * random.standard_normal(affect.shape), -1, 1)
    found = {"intensity": fits(units, affect), "presence": fits(present(units), affect), "raters": fits(units, rated)}
    weights = [[0.0, *(table.get(number, 0.0) for number in NUMBERS)] for table in (scenes._VALENCE, scenes._AROUSAL)]
    return {**found, "documented": np.array(weights)}


def fits(units: np.ndarray, affect: np.ndarray) -> np.ndarray:
    found = [coefficients(units.astype(np.float64), column) for column in affect.T]
    return np.stack([each for each in found if each is not None])


# === One seed ===


def one_seed(seed: int, n: int, options: RelateOptions) -> dict[str, Any]:
    """Everything of one seed: coefficients with intervals per cell, the largest error without noise, the rankings."""
    faces, rated = rendered_labels(seed, n)
    alone = faces.select(faces.classes < 0)
    sums = np.arctanh(alone.affect)
    noisy = sums + LATENT_NOISE * np.random.default_rng([2029, seed]).standard_normal(sums.shape)
    cells = {"intensity": found_in(faces, "intensity", faces.affect, options),
             "presence": found_in(faces, "presence", faces.affect, options),
             "raters": found_in(faces, "intensity", rated, options),
             "documented": found_in(alone, "intensity", noisy, options)}
    exact = fits(alone.units["intensity"], sums)
    weights = np.array([[table.get(number, 0.0) for number in NUMBERS] for table in (scenes._VALENCE, scenes._AROUSAL)])
    rankings = {scale: profiles(faces, scale, options)["ranking"] for scale in faces.units}
    return {"seed": seed, "cells": cells, "largest_error": float(np.abs(exact[:, 1:] - weights).max()),
            "ranking": {scale: [{key: entry[key] for key in ("table", "agreement", "interval", "behind",
                                                             "behind_interval")} for entry in ranking]
                        for scale, ranking in rankings.items()}}


def found_in(faces: LabelledFaces, scale: str, affect: np.ndarray, options: RelateOptions) -> dict[str, Any]:
    result = {}
    for dimension, target in zip(DIMENSIONS, affect.T):
        found = regress(faces.units[scale], target, faces.groups, faces.unit_names, options)
        result[dimension] = {**found["coefficients"], INTERCEPT: found[INTERCEPT]}
    return result


# === Summary ===


def summary(seeds: list[dict[str, Any]], truth: Mapping[str, np.ndarray]) -> dict[str, Any]:
    cells = {name: coverage(seeds, name, truth[name]) for name in CELLS}
    rankings = {}
    for scale in ("intensity", "presence"):
        each = [seed["ranking"][scale] for seed in seeds]
        tables = [entry["table"] for entry in each[0]]
        rankings[scale] = {
            "first": {name: sum(ranking[0]["table"] == name for ranking in each) for name in tables},
            "apart": sum(ranking[1]["behind_interval"][0] > 0 for ranking in each),
            "agreement": {name: float(np.mean([entry["agreement"] for ranking in each for entry in ranking
                                               if entry["table"] == name])) for name in tables}}
    return {"cells": cells, "largest_error": max(seed["largest_error"] for seed in seeds), "ranking": rankings}


def coverage(seeds: list[dict[str, Any]], cell: str, truth: np.ndarray) -> dict[str, Any]:
    """The share of intervals that hold the truth, with a 95 % interval over seeds; and the mean error and width."""
    names = [INTERCEPT, *(f"AU{number:02d}" for number in NUMBERS)]
    held, errors, widths = [], [], []
    for seed in seeds:
        entries = [(seed["cells"][cell][dimension].get(name), value) for dimension, row in zip(DIMENSIONS, truth)
                   for name, value in zip(names, row)]
        known = [(entry, value) for entry, value in entries if entry and entry["interval"]]
        held.append([entry["interval"][0] <= value <= entry["interval"][1] for entry, value in known])
        errors += [abs(entry["value"] - value) for entry, value in known]
        widths += [entry["interval"][1] - entry["interval"][0] for entry, _ in known]
    shares = np.array([np.mean(each) for each in held])
    interval = bootstrap.interval(lambda rows: float(shares[rows].mean()), list(map(str, range(len(shares)))), 2000)
    return {"intervals": sum(map(len, held)), "coverage": float(np.mean(np.concatenate(held))), "interval": interval,
            "mean_error": float(np.mean(errors)), "mean_width": float(np.mean(widths)),
            "truth": {dimension: dict(zip(names, map(float, row))) for dimension, row in zip(DIMENSIONS, truth)}}


def markdown(result: Mapping[str, Any]) -> str:
    lines = ["# Does `catgan relate` find a known relation?", "",
             "Rendered labels alone: no figure here is a claim about photographs or people. "
             f"{result['seeds']} seeds of {result['n']:,} faces of up to 1,000 people, {result['draws']} draws of the "
             f"bootstrap over people; the population is a sample of {result['population']:,} scenes. In brackets: 95 % "
             "intervals over seeds. Wanted: at least 93 % of the intervals hold the truth, and the table that the "
             "renderer uses comes first.",
             "",
             f"    {result['command']}", "",
             "| coefficients | intervals | hold the truth | mean error | mean width |", "|---|---|---|---|---|"]
    for name, title in CELLS.items():
        cell = result["cells"][name]
        low, high = cell["interval"]
        lines.append(f"| {title} | {cell['intervals']:,} | {100 * cell['coverage']:.1f} % ({100 * low:.1f} .. "
                     f"{100 * high:.1f}) | {cell['mean_error']:.4f} | {cell['mean_width']:.4f} |")
    lines += ["", "Without noise, arctanh of the labels of faces without an expression gives every documented weight "
              f"with an error of at most {result['largest_error']:.1e}, the rounding of stored labels.", "",
              "| prototype table | mean agreement, intensity | seeds first | mean agreement, presence | seeds first |",
              "|---|---|---|---|---|"]
    both = [result["ranking"][scale] for scale in ("intensity", "presence")]
    for name in both[0]["agreement"]:
        lines.append(f"| {name} | " + " | ".join(f"{part['agreement'][name]:.3f} | {part['first'][name]}"
                                                 for part in both) + " |")
    apart = " and ".join(f"{part['apart']} ({scale})" for scale, part in result["ranking"].items())
    lines += ["", f"The interval of the lead over the second table excludes 0 in {apart} of {result['seeds']} seeds.",
              *population_table(result["cells"]["intensity"]["truth"], result["cells"]["documented"]["truth"])]
    return "\n".join(lines) + "\n"


def population_table(truth: Mapping[str, Any], documented: Mapping[str, Any]) -> list[str]:
    lines = ["", "What is regressed on intensities is valence itself, not its arctanh, and of faces with an expression "
             "30 % of it come from the emotion word, so that the coefficients of the population are not the documented "
             "weights:", "",
             "| Action Unit | valence, population | documented weight | arousal, population | documented weight |",
             "|---|---|---|---|---|"]
    lines += [f"| {name} | " + " | ".join(f"{truth[dimension][name]:+.3f} | {documented[dimension][name]:+.2f}"
                                          for dimension in DIMENSIONS) + " |" for name in truth["valence"]]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, metavar="DIR")
    for name, value in (("seeds", 60), ("n", 4000), ("draws", 400), ("population", 1_000_000)):
        parser.add_argument(f"--{name}", type=int, default=value, help=f"default: {value}")
    arguments = parser.parse_args()
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    written = out / "seeds.jsonl"
    done = [json.loads(line) for line in written.read_text().splitlines()] if written.is_file() else []
    for seed in range(len(done), arguments.seeds):
        done.append(one_seed(seed, arguments.n, RelateOptions(arguments.draws)))
        with written.open("a", encoding="utf-8") as file:
            file.write(json.dumps(done[-1]) + "\n")
        print(f"seed {seed}: {done[-1]['ranking']['presence'][0]['table']}", flush=True)
    result = {"command": f"python docs/benchmarks/relate_coverage.py --seeds {arguments.seeds} --n {arguments.n} "
                         f"--draws {arguments.draws} --population {arguments.population} --out OUT/relate",
              "seeds": arguments.seeds, "n": arguments.n, "draws": arguments.draws, "population": arguments.population,
              **summary(done[:arguments.seeds], population(arguments.population))}
    write_json(out / "relate.json", result)
    write_text(out / "relate.md", markdown(result))
    print(markdown(result))


if __name__ == "__main__":
    main()
