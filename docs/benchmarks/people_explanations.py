"""Measures explanations of networks of several modalities on rendered people never seen.

    catgan render --people 12000 --clips --out OUT/people
    catgan render --people 3000 --clips --contradicting 0.5 --place-prior 0.5 --seed 1 --out OUT/unseen
    catgan render --people 6000 --clips --planted gait --seed 2 --out OUT/gait            (and face, posture, context)
    python docs/benchmarks/people_explanations.py --runs RUNS/*-people --limits OUT/people --people OUT/unseen \\
        --reversed OUT/reversed --planted gait=OUT/gait=RUN,RUN --out docs/results/people_explanations

RUNS were trained on OUT/people with one seed each; the runs of --planted on the train split of their data set, whose
test split is measured. Writes OUT.json after each run, and continues an unfinished one. `make results` puts the table
into docs/results/people_explanations.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from catgan import files
from catgan.benchmarks.people.explanations import measure_faithfulness, measure_planted, place_figures
from catgan.benchmarks.people.table import explanations_table
from catgan.data.people.columns import read_people
from catgan.data.people.samples import PeopleSamples
from catgan.data.store import load_dataset
from catgan.metrics.figures import Figures
from catgan.models.multimodal.model import FusionRecogniser
from catgan.pipelines.people_limits import limits_of_dataset
from catgan.system import messages_shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="+", default=[], help="networks trained on people all of whom show it")
    parser.add_argument("--people", type=Path, help="a data set of people never seen, of which all splits are used")
    parser.add_argument("--split", default="all", help="of --people and of --reversed (default: all)")
    parser.add_argument("--limits", type=Path, help="the data set of training, whose validation people choose limits")
    parser.add_argument("--reversed", type=Path, help="people whose place contradicts the emotion")
    parser.add_argument("--planted", nargs="+", default=[], metavar="MODALITY=DATASET=RUN[,RUN]")
    parser.add_argument("--out", type=Path, required=True, help="path of the file, without an ending")
    arguments = parser.parse_args()
    path = arguments.out.with_suffix(".json")
    content: Figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"runs": {}, "planted": {}}
    with messages_shown():
        for run in arguments.runs:
            if Path(run).name not in content["runs"]:
                content["runs"][Path(run).name] = _run(run, arguments)
                files.write_json(path, content)
        for text in arguments.planted:
            cause, dataset, runs = text.split("=", 2)
            for run in runs.split(","):
                if Path(run).name not in content["planted"].setdefault(cause, {}):
                    content["planted"][cause][Path(run).name] = _planted(run, cause, dataset)
                    files.write_json(path, content)
    files.write_json(path, content)
    print(explanations_table(content))


def _run(run: str, arguments: argparse.Namespace) -> Figures:
    model = FusionRecogniser.from_preset(run)
    limits = limits_of_dataset(model, arguments.limits)
    people = _people(model, arguments.people, arguments.split)
    found = measure_faithfulness(model, people, limits, model.config.attention)
    if arguments.reversed is not None:
        found["reversed"] = place_figures(model, _people(model, arguments.reversed, arguments.split))
    return found


def _planted(run: str, cause: str, dataset: str) -> Figures:
    model = FusionRecogniser.from_preset(run)
    return measure_planted(model, _people(model, Path(dataset), "test"), cause, model.config.attention)


def _people(model: FusionRecogniser, folder: Path, split: str) -> PeopleSamples:
    return read_people(load_dataset(folder), split, model.classes)


if __name__ == "__main__":
    main()
