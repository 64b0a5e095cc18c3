"""The part of `catgan explain` about networks on landmarks: RUN is then one of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.explain_clips import check_options
from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.explain.landmarks.clip import LandmarkClip
    from catgan.models.landmarks.model import LandmarkRecogniser

EPILOG = """landmarks: where RUN is a network on landmarks, one clip of a video or of a data set is explained:
  catgan explain runs/00007-landmarks interview.mp4 --out OUT/why
  catgan explain runs/00007-landmarks interview.mp4 --start 12.4 --target 'expression=surprise' --out OUT/why
  catgan explain runs/00007-landmarks OUT/clips --clip clip0-000012 --target 'expression!=happiness' --out OUT/why
Tells which landmarks, parts of the face and moments carry the answer, and the smallest change of the movement after
which the network answers otherwise: first parts of the face move less, and if that does not suffice, Action Units are
added. Without --target the next most probable expression is asked for. Writes landmarks.json, mesh.png, strip.png,
movement.mp4, counterfactual.png and counterfactual.mp4."""
FILES = ("landmarks.json", "mesh.png", "strip.png", "movement.mp4", "counterfactual.png", "counterfactual.mp4")
OTHERS_ONLY = {"method": "search", "oracle": None, "model": None, "by": None, "exact": False, "over": "auto",
               "summary": "auto", "regions": False, "without": "", "margin": 0.08}
"""Options of other kinds of models, with their defaults."""


def run(arguments: argparse.Namespace) -> Result:
    """Explains one clip, and prints the answer."""
    from catgan.explain.landmarks.questions import parse_landmark_target
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.pipelines.explain_landmarks import explain_landmarks, save

    check_options(arguments, OTHERS_ONLY, "landmarks")
    model = LandmarkRecogniser.from_preset(arguments.run_folder)
    if arguments.target is not None:
        parse_landmark_target(arguments.target, model.classes)  # an error is told before a video is read
    found = explain_landmarks(model, _clip(arguments, model), arguments.target)
    save(found, arguments.out, f"{arguments.run_folder} explained")
    print(found.answer.sentence())
    print(f"{found.counterfactual.status}: {found.counterfactual.sentence()}")
    print(f"{arguments.out}: mesh.png, strip.png, movement.mp4 and landmarks.json")
    return found.to_dict()


def _clip(arguments: argparse.Namespace, model: LandmarkRecogniser) -> LandmarkClip:
    """Reads the clip that is explained."""
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.pipelines.landmark_windows import landmark_clip_of_dataset, landmark_clip_of_video

    if len(arguments.images) != 1:
        raise CatganError(f"A network on landmarks explains one video at a time. Received: {len(arguments.images)} "
                          "paths.")
    path = Path(arguments.images[0])
    if (path / "dataset.json").is_file():
        if not arguments.clip:
            raise CatganError(f"{path} is a data set: say which of its videos is explained, with --clip NAME.")
        return landmark_clip_of_dataset(model, load_dataset(path), arguments.clip, arguments.split, arguments.start)
    if arguments.clip:
        raise CatganError("--clip takes a data set of clips. Give the folder that 'catgan render --clips' wrote "
                          "instead of a video.")
    if not arguments.face.isdecimal():
        raise CatganError(f"--face takes a number from 0 where clips are explained. Received: '{arguments.face}'.")
    return landmark_clip_of_video(model, path, int(arguments.face), arguments.start)
