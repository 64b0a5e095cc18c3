"""The part of `catgan explain` about clips: RUN is then a model of clips."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.data.store import DualDataset
    from catgan.explain.clips.clip import Clip
    from catgan.models.sequence.model import ClipRecogniser

EPILOG = """clips: where RUN is a model of clips, one video is explained, or --clip NAME of a data set of clips:
  catgan explain clips_rendered_64 interview.mp4 --target 'expression=neutral' --out OUT/why
  catgan explain runs/00003-clips-both OUT/clips --clip clip0-000012 --target 'valence<=0' --over 0.8..2.4 --out OUT/why
The answer is the smallest change of Action Units over time: which, from when to when, how much. A target of expressions
is asked of the frames of the episode, and reached where nearly every frame of it changes; a target of numbers is asked
of the mean of the clip. The model of --editor draws, or with --exact the renderer, for rendered clips. Writes
counterfactual_sequence.json, strip.png, side_by_side.mp4, attribution.json and attribution.png (which moments; with
--regions also which facial regions, in a minute)."""
EDITOR = "rendered_64"
FILES = ("counterfactual_sequence.json", "strip.png", "side_by_side.mp4", "attribution.json", "attribution.png")

CLIPS_ONLY = {"clip": None, "exact": False, "over": "auto", "summary": "auto", "start": None, "regions": False}
FACES_ONLY = {"method": "search", "oracle": None, "model": None, "by": None}
"""Options of models of clips, and of single faces, with their defaults."""


def check_options(arguments: argparse.Namespace, others: Mapping[str, object], reads: str) -> None:
    """Raises `CatganError` if an option of the other kind of model was given.

    Args:
        arguments: of `catgan explain`.
        others: options of the other kind, with their defaults.
        reads: what the model reads.
    """
    from catgan.errors import CatganError

    given = [f"--{name}" for name, default in others.items() if getattr(arguments, name) != default]
    if given:
        raise CatganError(f"{arguments.run_folder} reads {reads}, which do not take {' and '.join(given)}.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("clips")
    group.add_argument("--clip", metavar="NAME", help="a video of the data set")
    group.add_argument("--editor", metavar="RUN", default=EDITOR,
                       help=f"a run or preset with an editor, which draws (default: {EDITOR})")
    group.add_argument("--exact", action="store_true", help="draw rendered clips by the renderer instead")
    group.add_argument("--over", default="auto", metavar="clip|episode|A..B",
                       help="frames that are asked about, A..B in seconds (default: the episode, or the clip)")
    group.add_argument("--summary", default="auto", choices=("auto", "mean", "majority", "every"),
                       help="how frames are summed up (default: every for expressions, else mean)")
    group.add_argument("--start", type=float, metavar="S",
                       help="second at which the explained window begins (default: where most is shown)")
    group.add_argument("--regions", action="store_true", help="attribute to facial regions in time too")


def run(arguments: argparse.Namespace) -> Result:
    """Explains one clip, and prints the answer."""
    from catgan.explain.clips.questions import target_of
    from catgan.explain.clips.search import ClipSearchOptions
    from catgan.facs import parse_action_unit
    from catgan.models.gan.model import CatGAN
    from catgan.models.sequence.model import ClipRecogniser
    from catgan.pipelines.explain_clips import ClipQuestion, explain_clip, save

    check_options(arguments, FACES_ONLY, "clips")
    model = ClipRecogniser.from_preset(arguments.run_folder)
    target_of(model, arguments.target)  # an error is told before a video is read
    clip, dataset = _clip(arguments, model)
    units = [parse_action_unit(part.strip()) for part in arguments.without.split(",") if part.strip()]
    question = ClipQuestion(arguments.target, arguments.over, arguments.summary, units,
                            "pixels" if arguments.regions else "features", ClipSearchOptions(margin=arguments.margin))
    gan = None if arguments.exact else CatGAN.from_preset(arguments.editor)
    found = explain_clip(model, clip, question, gan, dataset if arguments.exact else None)
    save(found, arguments.out, f"{arguments.run_folder} explained, "
                               f"{'the renderer' if arguments.exact else arguments.editor} draws")
    answer = found.counterfactual
    print(f"{answer.status}: {answer.sentence()}")
    print(f"{arguments.out}: strip.png, side_by_side.mp4 and counterfactual_sequence.json")
    return found.to_dict()


def _clip(arguments: argparse.Namespace, model: ClipRecogniser) -> tuple[Clip, DualDataset | None]:
    """Reads the clip that is explained, and the data set that it is from."""
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.pipelines.explain_clips import clip_of_dataset, clip_of_video

    if len(arguments.images) != 1:
        raise CatganError(f"A model of clips explains one video at a time. Received: {len(arguments.images)} paths.")
    path = Path(arguments.images[0])
    if (path / "dataset.json").is_file():
        if not arguments.clip:
            raise CatganError(f"{path} is a data set: say which of its videos is explained, with --clip NAME.")
        dataset = load_dataset(path)
        return clip_of_dataset(model, dataset, arguments.clip, arguments.split, arguments.start), dataset
    if arguments.exact or arguments.clip:
        raise CatganError("--clip and --exact take a data set of clips. Give the folder that 'catgan render --clips' "
                          "wrote instead of a video.")
    if not arguments.face.isdecimal():
        raise CatganError(f"--face takes a number from 0 where clips are explained. Received: '{arguments.face}'.")
    return clip_of_video(model, path, int(arguments.face), arguments.start), None
