"""Trains and compares networks on rendered clips: with and without time, one label system or both, layers on and off.

    python docs/benchmarks/clips_study.py render OUT/study
    python docs/benchmarks/clips_study.py train OUT/study --settings all_on all_off --modes both
    python docs/benchmarks/clips_study.py train OUT/study --settings all_on --modes expression va
    python docs/benchmarks/clips_study.py table OUT/study --json docs/results/clips.json

Every training is chosen on validation people and measured once on test people. Finished trainings are not repeated.
`table` averages the figures of seeds; intervals draw whole people, the same for all networks.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from clips_tables import tables

from catgan import files
from catgan.data.clip_scenes import ClipConfig
from catgan.data.clips.tracks import find_tracks
from catgan.data.render_clips import render_clips
from catgan.data.store import load_dataset
from catgan.evaluation.clips import model_options, predict_clips
from catgan.evaluation.retiming import Timing, retime
from catgan.models.loading import load_model
from catgan.training.experiment import read_experiment
from catgan.training.loop import train
from catgan.training.tasks.sequence_inputs import trunk_features

LAYERS = ("rest", "speech", "blinks", "motion", "occlusion", "blur", "missing")
SETTINGS = {"all_on": (), "all_off": LAYERS, "no_rest": ("rest",), "no_speech": ("speech",),
            "no_rest_speech": ("rest", "speech"), "no_flaws": LAYERS[2:]}
KINDS = {"frame": {}, "gru": {}, "bigru": {"options.temporal.units": 64}, "tcn": {}}
FILES = {"both": "clips_both", "expression": "clips_cat", "va": "clips_va"}
WIDTHS = (0.25, 0.5, 1.0)
DRAWS = 1000
EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("render", "train", "table"))
    parser.add_argument("folder", type=Path, help="of the data sets and of what is trained")
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--modes", nargs="+", default=list(FILES), choices=list(FILES))
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--clips", type=int, default=3000)
    parser.add_argument("--images", type=int, default=640_000, help="frames of a training")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "render":
        for name in arguments.settings:
            render_clips(ClipConfig(arguments.clips, subjects=arguments.clips // 3, seed=11, channels=1,
                                    without=SETTINGS[name]), arguments.folder / name)
    elif arguments.command == "train":
        for name in arguments.settings:
            for mode in arguments.modes:
                for seed in arguments.seeds:
                    for kind in arguments.kinds:
                        one(arguments.folder, name, mode, kind, seed, arguments.images)
    else:
        table(arguments)


# === Training ===


def one(folder: Path, setting: str, mode: str, kind: str, seed: int, images: int) -> None:
    """Trains one network and stores what it reads on the validation and test split."""
    out = folder / "answers" / f"{setting}-{mode}-{kind}-{seed}.npz"
    if out.is_file():
        return
    changes = {"name": f"{setting}-{mode}-{kind}-{seed}", "training.seed": seed, "training.images": images,
               "training.snapshot_ticks": 2, "options.temporal.kind": kind, "training.mirror": "false", **KINDS[kind]}
    experiment = read_experiment(EXPERIMENTS / f"{FILES[mode]}.yaml",
                                 [f"{key}={value}" for key, value in changes.items()])
    started, dataset = time.perf_counter(), load_dataset(folder / setting)
    result = train(experiment, dataset, folder / "runs", verbose=False)
    seconds = time.perf_counter() - started
    model, stored = load_model(result["run"]), {}
    for split in ("validation", "test"):
        read = predict_clips(model, dataset, split, features=trunk_features(model, dataset, split, False)[:, 0])
        names = [name for name in read if name in ("valence", "arousal") or "=" in name]
        stored[split] = np.stack([read[name] for name in names], axis=1).astype(np.float32)
    with files.atomic_path(out) as temporary, open(temporary, "wb") as file:
        np.savez(file, names=np.array(names), seconds=seconds, rate=result["images_per_second"], **stored)
    print(f"{out.stem}: score {result['score']:.4f}, {seconds:.0f} s, {result['images_per_second']:.0f} frames/s",
          flush=True)


# === Measuring ===


class Truth:
    """Holds the labels of a split, and what the bootstrap draws: the frames of each person."""

    def __init__(self, folder: Path, split: str):
        self.dataset = load_dataset(folder)
        self.labels = self.dataset.labels(split)
        _, self.person = np.unique(self.dataset.subjects(split), return_inverse=True)
        self.classes = self.labels.column("expression")[0].astype(int)
        self.values = np.stack([self.labels.column(name)[0] for name in ("valence", "arousal")], axis=1)
        self.split = split

    def sums(self, names: list[str], answers: np.ndarray) -> dict[str, np.ndarray]:
        """Sums confusions and moments over the frames of each person; they add up over people."""
        known = np.isfinite(answers).all(axis=1)
        people, result = int(self.person.max()) + 1, {}
        shares = [place for place, name in enumerate(names) if "=" in name]
        if shares:
            count = len(shares)
            cells = (self.person * count + self.classes) * count + np.nan_to_num(answers[:, shares]).argmax(1)
            result["expression"] = np.bincount(cells[known], minlength=people * count * count).reshape(
                people, count, count).astype(float)
        for place, name in enumerate(("valence", "arousal")):
            if name in names:
                x, y = self.values[known, place], answers[known, names.index(name)]
                result[name] = np.stack([np.bincount(self.person[known], part, people) for part in (
                    np.ones(len(x)), x, y, x * x, y * y, x * y)], axis=1)
        return result


def figures(sums: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Computes macro-F1 and CCC of sums `(..., cells)`, one figure for each of the leading axes."""
    result = {}
    if "expression" in sums:
        matrix = sums["expression"]
        hits, involved = np.einsum("...ii->...i", matrix), matrix.sum(-1) + matrix.sum(-2)
        result["macro_f1"] = np.mean(2 * hits / np.maximum(involved, 1), axis=-1)
        result["uar"] = np.mean(hits / np.maximum(matrix.sum(-1), 1), axis=-1)
    for name in ("valence", "arousal"):
        if name in sums:
            n, x, y, xx, yy, xy = np.moveaxis(sums[name], -1, 0)
            spread = xx / n - (x / n) ** 2 + yy / n - (y / n) ** 2 + (x / n - y / n) ** 2
            result[f"ccc_{name}"] = 2 * (xy / n - x * y / n ** 2) / spread
    return result


def cell(folder: Path, truth: Truth, setting: str, mode: str, kind: str, draws: np.ndarray,
         seeds: list[int]) -> dict[str, np.ndarray]:
    """Returns per figure the values on all test people and on every draw, averaged over seeds, `(1 + draws,)`."""
    each = []
    for seed in seeds:
        path = folder / "answers" / f"{setting}-{mode}-{kind.split('+')[0]}-{seed}.npz"
        if not path.is_file():
            continue
        stored = np.load(path, allow_pickle=False)
        names, answers = stored["names"].tolist(), stored["test"].astype(np.float64)
        if "+" in kind:
            answers = smoothed(folder, setting, truth, names, stored["validation"].astype(np.float64), answers)
        sums = truth.sums(names, answers)
        each.append(figures({name: np.concatenate([part.sum(0, keepdims=True), np.tensordot(draws, part, 1)])
                             for name, part in sums.items()}))
    return {name: np.mean([one[name] for one in each], axis=0) for name in each[0]} | {
        "seeds": np.array(len(each))} if each else {}


def smoothed(folder: Path, setting: str, truth: Truth, names: list[str], validation: np.ndarray,
             test: np.ndarray) -> np.ndarray:
    """Smooths the answers of a frame model; kind and width are chosen on validation, for classes and for dimensions."""
    known = Truth(folder / setting, "validation")
    options = model_options(load_model(next((folder / "runs").glob(f"*-{setting}-*-frame-0"))))
    tracks = {split: find_tracks(known.dataset, split, options) for split in ("validation", "test")}
    timings = [Timing()] + [Timing(0.0, kind, width) for kind in ("median", "exponential") for width in WIDTHS]
    result = test.copy()
    for columns in ([place for place, name in enumerate(names) if "=" in name],
                    [place for place, name in enumerate(names) if "=" not in name]):
        if not columns:
            continue
        part = [names[place] for place in columns]

        def score(timing: Timing) -> float:
            read = retime(validation[:, columns], tracks["validation"], timing)
            total = {key: value.sum(0) for key, value in known.sums(part, read).items()}
            return float(np.mean(list(figures(total).values())))

        best = max(timings, key=score)
        result[:, columns] = retime(test[:, columns], tracks["test"], best)
    return result


def table(arguments: argparse.Namespace) -> None:
    """Prints the figures of all cells that are trained, and the paired differences; writes them as JSON."""
    result: dict[str, dict] = {}
    for setting in arguments.settings:
        if not list((arguments.folder / "answers").glob(f"{setting}-*.npz")):
            continue
        truth = Truth(arguments.folder / setting, "test")
        people = int(truth.person.max()) + 1
        random = np.random.default_rng(0)
        draws = np.stack([np.bincount(random.integers(people, size=people), minlength=people)
                          for _ in range(DRAWS)]).astype(float)
        cells = {f"{mode}/{kind}": cell(arguments.folder, truth, setting, mode, kind, draws, arguments.seeds)
                 for mode in arguments.modes for kind in ("frame", "frame+smoothing", *list(KINDS)[1:])}
        cells = {name: values for name, values in cells.items() if values}
        result[setting] = {"people": people, "frames": len(truth.person),
                           "cells": {name: summarised(values) for name, values in cells.items()},
                           "over_frame": {name: difference(values, cells[f"{name.split('/')[0]}/frame"])
                                          for name, values in cells.items() if not name.endswith("/frame")},
                           "both_over_single": {
                               name: difference(cells[f"both/{name.split('/')[1]}"], values)
                               for name, values in cells.items()
                               if not name.startswith("both/") and f"both/{name.split('/')[1]}" in cells}}
        print(f"### {setting}: {people} people, {len(truth.person)} frames\n" + tables(result[setting]), flush=True)
    if arguments.json:
        files.write_json(arguments.json, {"draws": DRAWS, "seeds": arguments.seeds, "settings": result})


def summarised(values: dict[str, np.ndarray]) -> dict:
    return {name: int(value) if name == "seeds" else
            [round(float(part), 4) for part in (value[0], *np.percentile(value[1:], [2.5, 97.5]))]
            for name, value in values.items()}


def difference(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> dict:
    return summarised({name: first[name] - second[name] for name in first if name in second and name != "seeds"})


if __name__ == "__main__":
    main()
