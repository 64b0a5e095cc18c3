"""`catgan evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli import evaluated_clips, evaluated_landmarks, evaluated_people
from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.metrics.figures import Figures

NAME = "evaluate"
HELP = "Measure the predictions of a run (faces, clips, landmarks, people), and the faces it generates, on one split."
EPILOG = """examples:
  catgan evaluate runs/00000-joint-64 --data OUT/dual
  catgan evaluate runs/00000-joint-64 --data OUT/dual --judge mediapipe
  catgan evaluate runs/00000-joint-64 --data OUT/dual --judge mediapipe --judge runs/00001-judge-64
  catgan evaluate runs/00000-joint-64 --data OUT/dual --encoder dinov2_vits14.onnx
  catgan evaluate runs/00000-joint-64/last --data OUT/dual --split validation --json -
  catgan evaluate runs/00002-clips-both --data OUT/clips --find-delay
  catgan evaluate runs/00007-landmarks --data OUT/clips --json -
  catgan evaluate runs/00009-people --data OUT/people

F1 uses the thresholds that training chose on the validation split. A judge measures the labels of generated faces:
mediapipe, or a run that was trained on other faces (experiments/judge_64.yaml). Distances between generated and real
faces use the features of the first run among the judges, and of encoders: classify_image_graph_def.pb of
Inception-2015, or a network in ONNX. Figures are written into the folder of the run.

A model of clips is measured over all frames and per video, on the frames that lie on its time grid. Intervals are over
subjects, or over videos where subjects are unknown. --find-delay searches, on the validation split alone, how many
seconds annotations lag behind the face, and which smoothing of predictions agrees best; it writes delay.json into the
run.

A network on landmarks is measured on clips of its length: balanced accuracy and AUC of the binary of each expression,
accuracy, macro-F1, UAR and confusions of the most probable one, and the calibration error of the probabilities.

A network of several modalities is measured on everybody as they come, and, on the people who have all modalities, when
it is shown each of them alone, each pair, all but one, and all; also where the place contradicts the emotion. Of
rendered people it is checked that no module tells what another part of the person shows."""

READS, WRITES = ("run_folder", "data", "judges", "encoders", "identity"), ("figures",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME")
    parser.add_argument("--data", required=True, metavar="DIR", help="data set that 'catgan build' wrote")
    parser.add_argument("--split", default="test", choices=("train", "validation", "test", "all"), help="default: test")
    parser.add_argument("--judge", action="append", default=[], metavar="mediapipe|RUN", dest="judges",
                        help="measures the labels of generated faces; may be given several times")
    parser.add_argument("--encoder", action="append", default=[], metavar="FILE", dest="encoders",
                        help="network whose features give distances (.onnx, or .pb of Inception-2015); may be given "
                             "several times")
    parser.add_argument("--identity", metavar="RUN|FILE.onnx",
                        help="network that compares identities: a run of experiments/identity_64.yaml, or a "
                             "face-recognition network (default: Fisherfaces of the training faces)")
    parser.add_argument("--n", type=int, default=2000, metavar="N",
                        help="generated faces, and real ones, that judges read (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="of the generated faces (default: 0)")
    parser.add_argument("--figures", metavar="DIR", help="folder of the figures (default: evaluation-SPLIT in the run)")
    parser.add_argument("--find-delay", action="store_true",
                        help="of a model of clips: search the delay of annotations, and a smoothing of predictions")
    parser.add_argument("--source-rate", type=float, metavar="R",
                        help="of models of clips and landmarks: frames per second of videos whose frames have no time")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.evaluation.encoders import FileEncoder
    from catgan.evaluation.evaluate import evaluate
    from catgan.evaluation.judges import open_identity, open_judge
    from catgan.files import write_json
    from catgan.models.gan.model import CatGAN
    from catgan.models.gan.preset_folders import CLIPS, LANDMARKS, PEOPLE, find_preset
    from catgan.models.loading import kind_of_preset

    if arguments.n < 100:
        raise CatganError(f"--n must be 100 or more. Received: {arguments.n}.")
    dataset, folder = load_dataset(arguments.data), Path(arguments.run_folder)
    kind = kind_of_preset(folder)
    if kind == CLIPS:
        return evaluated_clips.run(arguments, dataset, folder)
    if kind == LANDMARKS:
        return evaluated_landmarks.run(arguments, dataset, folder)
    if kind == PEOPLE:
        return evaluated_people.run(arguments, dataset, folder)
    if arguments.find_delay or arguments.source_rate:
        raise CatganError(f"--find-delay and --source-rate are for models of clips. {folder} reads single faces.")
    gan = CatGAN.from_preset(folder)
    judges = [open_judge(name, dataset, folder) for name in arguments.judges]
    encoders = [FileEncoder(path) for path in arguments.encoders]
    identity = open_identity(arguments.identity, dataset, folder) if arguments.identity else None
    is_run = find_preset(folder).parent == folder  # a run: keep the result beside its other figures
    figures = arguments.figures or (folder / f"evaluation-{arguments.split}" if is_run else None)
    result = evaluate(gan, dataset, arguments.split, judges, arguments.n, arguments.seed,
                      Path(figures) if figures else None, encoders, identity)
    if is_run:
        write_json(folder / f"evaluation-{arguments.split}.json", result)
    print(text(result))
    return result


def text(result: Figures) -> str:
    """Formats the result as a table."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} faces"]
    units = result.get("action_units") or {}
    rows = {name: figures for name, figures in units.items() if isinstance(figures, dict) and "f1" in figures}
    if rows:
        lines.append(f"{'':8}{'F1':>7}{'AUC':>7}{'ICC':>7}{'PCC':>7}{'n':>7}")
        for name, figures in rows.items():
            lines.append(f"{name:8}" + "".join(_cell(figures[key]) for key in ("f1", "auc", "icc", "pcc"))
                         + f"{figures['n']:>7}")
        lines.append("  ".join(f"mean {title} {_cell(units[key]).strip()}{_interval(units, key)}"
                               for title, key in (("F1", "mean_f1"), ("ICC", "mean_icc"), ("PCC", "mean_pcc"))))
    for name in ("valence", "arousal"):
        if result.get(name):
            figures = result[name]
            lines.append(f"{name:8} CCC {_cell(figures['ccc']).strip()}{_interval(figures, 'ccc')}  "
                         f"PCC {_cell(figures['pcc']).strip()}  RMSE {_cell(figures['rmse']).strip()}  "
                         f"SAGR {_cell(figures['sagr']).strip()}")
    covered = [entry["coverage"] for entry in result["uncertainty"].values() if entry.get("coverage") is not None]
    if covered:
        lines.append(f"90 % intervals hold {100 * sum(covered) / len(covered):.1f} % of the truth")
    for control in (result["control"], *result["other_judges"].values()):
        lines += _control(control)
    if result.get("identity", {}).get("auc") is not None:
        lines.append(f"{result['identity']['name']} tells people apart with AUC {result['identity']['auc']:.3f}")
    return "\n".join(lines + _image(result))


def _control(control: Figures) -> list[str]:
    """Formats what a judge measured of generated faces; in brackets that of real faces."""
    if not control:
        return []
    lines = [f"control, judged by {control['judge']} on {control['n']} faces (in brackets: real faces of these labels)",
             f"{'':8}{'slope':>16}{'PCC':>16}{'cross-talk':>12}"]
    for name, figures in control.items():
        if isinstance(figures, dict) and "ceiling" in figures:
            cells = "".join(f"{_cell(figures[key])} ({_cell(figures['ceiling'][key]).strip()})" for key in
                            ("slope", "pcc"))
            lines.append(f"{name:8}{cells}{_cell(figures['cross_talk'])}")
    ratio, crossed, drift = control["ratio"], control["cross_talk"] or {}, control["drift"] or {}
    for title, figures, key in (("mean PCC", control, "mean_pcc_response"),
                                ("mean PCC of real faces", control, "mean_pcc_ceiling"),
                                ("slope over that of real faces", ratio, "slope"),
                                ("mean cross-talk", crossed, "mean_absolute"), ("identity drift", drift, "mean_ratio")):
        lines.append(f"{title} {_cell(figures.get(key)).strip()}{_interval(figures, key)}")
    return [*lines, f"readable {100 * control['found']:.1f} %"]


def _image(result: Figures) -> list[str]:
    """Formats distances, with their intervals."""
    intervals = {f"{name}_interval": interval for name, interval in result["image_intervals"].items()}
    return [f"{name}  {value:.4g}{_interval(intervals, name)}" for name, value in result["image"].items()
            if value is not None]


def _cell(value: float | None) -> str:
    return f"{'-':>7}" if value is None else f"{value:>7.3f}"


def _interval(figures: Figures, name: str) -> str:
    interval = figures.get(f"{name}_interval")
    return f" (95 % interval {interval[0]:.3f}..{interval[1]:.3f})" if interval else ""
