"""Measures networks on landmarks of rendered clips: kinds, numbers of landmarks, seeds.

    python docs/benchmarks/landmarks_study.py fit DATASET OUT [--points OUT/elimination/elimination.json]
    python docs/benchmarks/landmarks_study.py table OUT --json docs/results/landmarks.json
    python docs/benchmarks/landmarks_study.py width DATASET OUT

Networks are fitted on the train split, calibrated on validation, and measured on the test split. Fitted ones are
skipped.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from catgan import files
from catgan.data.clips.jitter import jittered
from catgan.data.clips.landmarks import LandmarkClips, read_landmark_clips, shaped
from catgan.data.clips.options import ClipOptions
from catgan.data.store import load_dataset
from catgan.evaluation.landmarks import binary_scores
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.metrics.bootstrap import intervals, paired
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.training.landmarks import LandmarkTraining, Member, fit_landmarks, fit_members
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

KINDS = {"trained": LandmarkConfig("trained"), "trained joint": LandmarkConfig("trained", joint=True),
         "randomised": LandmarkConfig("randomised", units=256),
         "randomised deep": LandmarkConfig("randomised", units=128, layers=2), "linear": LandmarkConfig("linear")}
CLIPS = ClipOptions(length=3.2, rate=6.25, max_gap=1.0)


def parts(dataset: Path, jitter: float, frontal: bool) -> tuple[ShapeOptions, dict[str, LandmarkClips]]:
    """Reads the splits, each with jitter of its own."""
    data = load_dataset(dataset)
    return ShapeOptions(frontal=frontal), {
        split: jittered(read_landmark_clips(data, split, CLIPS).labelled(), number, jitter)
        for number, split in enumerate(("train", "validation", "test"), 1)}


def chosen_points(path: Path | None, classes: tuple[str, ...], kind: str) -> dict[str, np.ndarray]:
    """Returns the landmarks of each network by name of the choice: all, and those of an elimination."""
    found = {"478": np.tile(np.arange(478), (len(classes), 1))}
    if path is not None:
        networks = json.loads(path.read_text(encoding="utf-8"))["networks"]
        chosen = networks.get(kind, next(iter(networks.values())))["chosen"]["relevance"]
        points = [chosen[name]["points"] for name in classes]
        table = np.full((len(classes), max(map(len, points))), -1, np.int64)
        for row, values in zip(table, points):
            row[:len(values)] = values
        found["chosen"] = table
    return found


def fit(arguments: argparse.Namespace) -> None:
    shape, clips = parts(arguments.dataset, arguments.jitter, arguments.frontal)
    test = clips["test"]
    suffix = ("" if arguments.jitter == 1.0 else f"-jitter{arguments.jitter:g}") + "-frontal" * arguments.frontal
    for kind in arguments.kinds:
        for name, points in chosen_points(arguments.points, test.classes, kind).items():
            if KINDS[kind].joint and name != "478":
                continue
            for seed in range(arguments.seeds):
                path = arguments.out / f"{kind}-{name}{suffix}-{seed}.npz"
                if path.is_file():
                    continue
                begun = time.perf_counter()
                model = fit_landmarks(clips["train"], clips["validation"], KINDS[kind], shape,
                                      points[:1] if KINDS[kind].joint else points,
                                      LandmarkTraining(clips=arguments.clips), seed)
                seconds = time.perf_counter() - begun
                logits = model.logits(model.shapes(test.points, test.seen), test.seen)
                model.save_to_preset(arguments.out / "models" / path.stem)
                with files.atomic_path(path) as temporary, open(temporary, "wb") as stream:
                    np.savez(stream, scores=binary_scores(model.combination, logits), truth=test.labels,
                             probabilities=model.combination(logits), people=np.array(test.subjects),
                             classes=np.array(test.classes), seconds=seconds)
                print(f"{path.stem}: {seconds:.1f} s", flush=True)


def statistics(runs: list[dict[str, np.ndarray]]):
    """Returns the figures of clips by their rows, means over seeds."""
    truth, classes = runs[0]["truth"], runs[0]["classes"].tolist()

    def of(rows: np.ndarray) -> dict[str, float | None]:
        known, found = truth[rows], {}
        for place, name in enumerate(classes):
            present = known == place
            both = present.any() and not present.all()
            found[f"auc/{name}"] = None if not both else float(np.mean(
                [roc_auc_score(present, run["scores"][rows, place]) for run in runs]))
            found[f"balanced_accuracy/{name}"] = None if not both else float(np.mean(
                [balanced_accuracy_score(present, run["scores"][rows, place] > 0) for run in runs]))
        for figure in ("auc", "balanced_accuracy"):
            each = [found[f"{figure}/{name}"] for name in classes]
            found[f"{figure}/mean"] = None if None in each else float(np.mean(each))
        found["accuracy"] = float(np.mean([(run["probabilities"][rows].argmax(1) == known).mean() for run in runs]))
        return found

    return of


def table(arguments: argparse.Namespace) -> None:
    groups: dict[str, list[dict[str, np.ndarray]]] = {}
    for path in sorted(arguments.out.glob("*.npz")):
        with np.load(path) as content:
            groups.setdefault(path.stem.rsplit("-", 1)[0], []).append(dict(content))
    result = {}
    for name, runs in groups.items():
        of, people = statistics(runs), runs[0]["people"].tolist()
        ranges = intervals(of, people, 400)
        spread = [statistics([run])(np.arange(len(people)))["auc/mean"] for run in runs]
        result[name] = {"seeds": len(runs), "seconds": float(np.median([run["seconds"] for run in runs])),
                        "auc_over_seeds": [min(spread), max(spread)],
                        "figures": {key: [value, *(ranges[key] or [None, None])]
                                    for key, value in of(np.arange(len(people))).items()}}
    for name in result:
        base = f"{name.split('-')[0]}-478"
        if name != base and base in groups:
            result[name]["minus_all"] = paired(statistics(groups[name]), statistics(groups[base]),
                                               groups[base][0]["people"].tolist(), 400)
    if arguments.json:
        files.write_json(arguments.json, result)
    classes = groups[next(iter(groups))][0]["classes"].tolist()
    for figure in ("auc", "balanced_accuracy"):
        print(f"\n| {figure} | seeds | {' | '.join(classes)} | mean |\n|---|---|{'---|' * (len(classes) + 1)}")
        for name, found in result.items():
            cells = [f"{found['figures'][f'{figure}/{one}'][0]:.3f}" for one in classes]
            middle, low, high = found["figures"][f"{figure}/mean"]
            print(f"| {name} | {found['seeds']} | {' | '.join(cells)} | {middle:.3f} ({low:.3f} .. {high:.3f}) |")
    print("\n| network | accuracy of 7 | AUC over seeds | seconds of training |\n|---|---|---|---|")
    for name, found in result.items():
        middle, low, high = found["figures"]["accuracy"]
        least, most = found["auc_over_seeds"]
        print(f"| {name} | {middle:.3f} ({low:.3f} .. {high:.3f}) | {least:.3f} .. {most:.3f} | "
              f"{found['seconds']:.1f} |")


def width(arguments: argparse.Namespace) -> None:
    """Measures AUC and seconds of the fit alone, without the shapes, by the number of units."""
    shape, clips = parts(arguments.dataset, 1.0, False)
    train, validation, test = (shaped(clips[split], shape) for split in ("train", "validation", "test"))
    members = [Member(name, place, tuple(range(478))) for place, name in enumerate(clips["test"].classes)]
    rows = []
    print("| network | units | seconds | mean AUC |\n|---|---|---|---|")
    for kind, sizes in (("randomised", (32, 64, 128, 256, 512)), ("trained", (8, 16, 32, 64, 128))):
        for units in sizes:
            config, found = replace(KINDS[kind], units=units), []
            for seed in range(arguments.seeds if kind == "randomised" else 1):
                begun = time.perf_counter()
                fitted = fit_members(train, validation, members, config, LandmarkTraining(clips=arguments.clips), seed)
                seconds, logits = time.perf_counter() - begun, fitted.logits(test)
                found.append((seconds, np.mean([roc_auc_score(test.labels == place, logits[:, place])
                                                for place in range(len(members))])))
            middle, auc = np.median([one for one, _ in found]), np.mean([one for _, one in found])
            rows.append({"kind": kind, "units": units, "seconds": float(middle), "auc": float(auc),
                         "seeds": len(found)})
            print(f"| {kind} | {units} | {middle:.1f} | {auc:.3f} |", flush=True)
    files.write_json(arguments.out / "width.json", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("fit")
    one.add_argument("dataset", type=Path)
    one.add_argument("out", type=Path)
    one.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    one.add_argument("--seeds", type=int, default=5)
    one.add_argument("--clips", type=int, default=25_600)
    one.add_argument("--jitter", type=float, default=1.0)
    one.add_argument("--frontal", action="store_true")
    one.add_argument("--points", type=Path)
    one.set_defaults(run=fit)
    three = verbs.add_parser("width")
    three.add_argument("dataset", type=Path)
    three.add_argument("out", type=Path)
    three.add_argument("--seeds", type=int, default=3)
    three.add_argument("--clips", type=int, default=25_600)
    three.set_defaults(run=width)
    two = verbs.add_parser("table")
    two.add_argument("out", type=Path)
    two.add_argument("--json", type=Path)
    two.set_defaults(run=table)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.run(arguments)


if __name__ == "__main__":
    main()
