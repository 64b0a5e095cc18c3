"""Trains and compares networks of several modalities on rendered people: modules, fusions, missing modules, places.

    catgan render --people 12000 --clips --out OUT/people
    python docs/benchmarks/people_study.py train OUT/people OUT/study --reversed OUT/people_reversed --jobs 2
    python docs/benchmarks/people_study.py table OUT/study --json docs/results/people.json --text docs/results/people.md

Networks are trained on the train split, calibrated on validation, and measured once on the people of the test split.
Each training writes a preset folder and then a JSON file; those that exist are skipped, so the same command goes on
after a break. `table` means over seeds; its intervals draw whole people, the same for all networks.
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "people.yaml"
VARIANTS = {
    "full": [], "no_dropout": ["options.modality_dropout=0"],
    "complete": [], "complete_no_dropout": ["options.modality_dropout=0"],
    "no_attention": ["options.network.attention=false"],
    "gated": ["options.network.fusion=gated"], "stgcn": ["options.network.gait=stgcn"],
    "no_context": ["options.network.modalities=[face, posture, gait]"],
    **{f"only_{name}": [f"options.network.modalities=[{name}]"] for name in ("face", "posture", "gait", "context")}}
"""Name -> what differs from the experiment. Those called *complete* are trained on people who have all modalities, so
that without dropout a network never sees that one is missing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("train")
    one.add_argument("dataset", type=Path)
    one.add_argument("out", type=Path)
    one.add_argument("--reversed", type=Path, help="unseen people, drawn with another seed, whose places "
                     "contradict what training places lead to expect")
    one.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    one.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    one.add_argument("--jobs", type=int, default=1, help="trainings at a time, each on one core")
    one.add_argument("--set", action="append", default=[], dest="changes", help="further changes of the experiment")
    one.set_defaults(run=train)
    two = verbs.add_parser("table")
    two.add_argument("out", type=Path)
    two.add_argument("--json", type=Path)
    two.add_argument("--text", type=Path)
    two.set_defaults(run=table)
    arguments = parser.parse_args()
    arguments.run(arguments)


# === Training ===


def train(arguments: argparse.Namespace) -> None:
    """Trains what is missing, one process a core."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    missing = [(variant, seed) for seed in arguments.seeds for variant in arguments.variants
               if not (arguments.out / f"{variant}-{seed}.json").is_file()]
    os.environ |= {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    work = ProcessPoolExecutor(arguments.jobs, get_context("spawn"), read, (arguments.dataset, arguments.reversed))
    with work:
        futures = [work.submit(one, arguments.out, variant, seed, arguments.changes) for variant, seed in missing]
        for future in as_completed(futures):
            print(future.result(), flush=True)


DATA: dict[str, object] = {}
"""Samples by split, in each process."""


def read(dataset: Path, reversed_places: Path | None) -> None:
    """Reads the people once in each process."""
    from catgan.data.people.columns import read_people
    from catgan.data.store import load_dataset

    data = load_dataset(dataset)
    DATA.update({split: read_people(data, split) for split in ("train", "validation", "test")})
    if reversed_places is not None:
        DATA["reversed"] = read_people(load_dataset(reversed_places), "all")


def one(out: Path, variant: str, seed: int, changes: list[str]) -> str:
    """Trains one network and writes its answers to the test people; returns a line about it."""
    import keras

    from catgan import files
    from catgan.training.experiment import read_experiment
    from catgan.training.fusion import fit_people

    keras.backend.clear_session()
    experiment = read_experiment(EXPERIMENT, [*VARIANTS[variant], *changes, f"training.seed={seed}"])
    begun = time.perf_counter()
    people = everything(DATA["train"]) if variant.startswith("complete") else DATA["train"]
    model = fit_people(people, DATA["validation"], experiment.options, experiment.training)
    seconds = time.perf_counter() - begun
    model.save_to_preset(out / f"{variant}-{seed}", half=True)
    seen = experiment.training.steps * experiment.training.batch_size
    files.write_json(out / f"{variant}-{seed}.json", {
        "variant": variant, "seed": seed, "seconds": seconds, "people_per_second": seen / seconds,
        "people_seen": seen, "parameters": model.count_params(), "changes": changes,
        **{split: answers(model, DATA[split]) for split in ("test", "reversed") if split in DATA}})
    return f"{variant}-{seed}: {seconds:.0f} s, {seen / seconds:.0f} people/s"


def everything(samples):
    """Returns the people who have all modalities."""
    import numpy as np

    return samples.select(np.all([samples.available[name] for name in samples.modalities], 0))


def answers(model, samples) -> dict[str, object]:
    """Returns what a model says about people, for every subset of its modalities that they may be shown with.

    `said` are class numbers by shown modalities; `complete` tells who has all modalities of the data set.
    """
    import numpy as np

    from catgan.evaluation.people import subsets_of
    from catgan.evaluation.people_measures import class_numbers
    from catgan.evaluation.people_places import expected_by_place

    available = {name: samples.available[name] for name in model.modalities}
    features = model.features({name: samples.inputs[name] for name in available})
    said = {"+".join(subset): model.fused(features, {name: mask & (name in subset)
                                                     for name, mask in available.items()})
            for subset in subsets_of(model.modalities)}
    everything = said["+".join(available)]
    return {"classes": list(model.classes), "modalities": list(available), "people": list(samples.subjects),
            "truth": class_numbers(samples.labels, samples.classes, model.classes).tolist(),
            "expected": class_numbers(expected_by_place(samples, DATA["train"]), samples.classes,
                                      model.classes).tolist(),
            "complete": np.all([samples.available[name] for name in samples.modalities], 0).tolist(),
            "said": {name: found.probabilities.argmax(1).tolist() for name, found in said.items()},
            "own_heads": {name: found.probabilities.argmax(1).tolist()
                          for name, found in model.alone(features).items()},
            "probabilities": np.round(everything.probabilities, 4).tolist(),
            "dimensions": list(model.dimensions), "affect": np.round(everything.affect, 4).tolist(),
            "true_affect": [[None if np.isnan(value) else round(float(value), 4) for value in row]
                            for row in samples.affect]}


# === Tables ===


def table(arguments: argparse.Namespace) -> None:
    from catgan import files

    sys.path.insert(0, str(Path(__file__).parent))
    from people_tables import summary, text

    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(arguments.out.glob("*-*.json"))]
    found = summary(runs)
    if arguments.json:
        files.write_json(arguments.json, found)
    if arguments.text:
        files.write_text(arguments.text, text(found))
    print(text(found))


if __name__ == "__main__":
    main()
