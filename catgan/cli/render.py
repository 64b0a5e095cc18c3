"""Defines the command `catgan render`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catgan.data.schema import Info

NAME = "render"
HELP = "Draw a data set of faces or clips whose Action Units, valence-arousal, expression and identity are known."
EPILOG = """examples:
  catgan render --n 20000 --size 64 --out OUT/rendered
  catgan render --n 20000 --size 64 --channels 1 --missing-au 0.3 --missing-va 0.3 --seed 1 --out OUT/rendered
  catgan render --n 20000 --size 64 --moved 1 --seed 2 --out OUT/moved
  catgan render --n 20000 --size 64 --shortcut glasses --out OUT/planted
  catgan render --clips 1400 --frames 40 --rate 12.5 --out OUT/clips
  catgan render --clips 1400 --without rest,speech --rater-delay 0.4 --rater-noise 0.1 --raters 5 --out OUT/clips
  catgan render --clips 400 --task order --out OUT/order

The faces come from the embedded face model: no photograph and no download is needed. The same seed draws the same
bytes, whatever the number of workers. Columns true_... keep the truth of labels that --missing-au and --missing-va
hide. Clips have episodes of emotion, and layers beside it that mean nothing or hide the face; each layer has its own
columns."""

WRITES = ("out",)
FACES_ONLY = ("missing_au", "missing_va", "shortcut", "moved")
CLIPS_ONLY = ("frames", "rate", "without", "task", "raters", "rater_delay", "rater_smoothing")
SHARED = ("size", "seed", "channels", "subjects", "rater_noise")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, metavar="N", help="number of faces")
    parser.add_argument("--clips", type=int, metavar="N", help="number of clips; give this or --n")
    parser.add_argument("--size", type=int, metavar="S", help="side in pixels, 16..256 (default: 64)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the data set")
    parser.add_argument("--seed", type=int, metavar="K", help="default: 0")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 grey, 3 colour (default: 3)")
    parser.add_argument("--subjects", type=int, metavar="M", help="number of people (default: 1000)")
    parser.add_argument("--rater-noise", type=float, metavar="D",
                        help="deviation of the known valence and arousal from the true ones (default: 0); of clips: "
                             "deviation of one rater")
    parser.add_argument("--workers", type=int, metavar="W", help="processes (default: one per core)")
    faces = parser.add_argument_group("faces (--n)")
    faces.add_argument("--missing-au", type=float, metavar="P", help="share of faces with unknown AUs")
    faces.add_argument("--missing-va", type=float, metavar="P", help="share of faces with unknown valence and arousal")
    faces.add_argument("--shortcut", metavar="NAME",
                       help="plant a known wrong reason: au4, light or glasses alone decide the known valence")
    faces.add_argument("--moved", type=float, metavar="P",
                       help="share of faces with Action Units as no expression has them together (default: 0)")
    clips = parser.add_argument_group("clips (--clips)")
    clips.add_argument("--frames", type=int, metavar="T", help="frames of a clip (default: 40)")
    clips.add_argument("--rate", type=float, metavar="R", help="frames per second (default: 12.5)")
    clips.add_argument("--without", metavar="LAYERS",
                       help="layers that the clips do not have, joined by ',': rest, speech, blinks, motion, "
                            "occlusion, blur, missing")
    clips.add_argument("--task", metavar="NAME",
                       help="two classes that no single frame tells apart: order (AU1 before AU4, or after it) or rest "
                            "(AU12 rises above its resting level, or falls below it)")
    clips.add_argument("--raters", type=int, metavar="K", help="raters whose mean is the annotation (default: 1)")
    clips.add_argument("--rater-delay", type=float, metavar="S",
                       help="seconds from what is seen to what is annotated (default: 0)")
    clips.add_argument("--rater-smoothing", type=float, metavar="S",
                       help="deviation of the smoothing over time of valence and arousal, in seconds (default: 0.2)")


def run(arguments: argparse.Namespace) -> Info:
    from catgan.errors import CatganError

    if (arguments.n is None) == (arguments.clips is None):
        raise CatganError("Give --n N to draw faces, or --clips N to draw clips. Received: "
                          f"{'neither' if arguments.n is None else 'both'}.")
    given = {name: value for name, value in vars(arguments).items()
             if name in (*SHARED, *FACES_ONLY, *CLIPS_ONLY) and value is not None}
    wrong = [name for name in (FACES_ONLY if arguments.n is None else CLIPS_ONLY) if name in given]
    if wrong:
        options = ", ".join("--" + name.replace("_", "-") for name in wrong)
        raise CatganError(f"Only {'faces (--n)' if arguments.n is None else 'clips (--clips)'} have {options}. "
                          f"Received: --{'clips' if arguments.n is None else 'n'}.")
    result = _faces(arguments, given) if arguments.clips is None else _clips(arguments, given)
    what = f"{result['faces']} faces" if arguments.clips is None else (
        f"{result['clips']} clips, {result['faces']} frames")
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {what}")
    else:
        print(f"{result['folder']}: {what}, {result['faces_per_second']:.0f} a second; see card.md")
    return result


def _faces(arguments: argparse.Namespace, given: Info) -> Info:
    from catgan.data.render import RenderConfig, render

    return render(RenderConfig(arguments.n, **given), arguments.out, arguments.workers)


def _clips(arguments: argparse.Namespace, given: Info) -> Info:
    from catgan.data.clip_scenes import ClipConfig
    from catgan.data.render_clips import render_clips

    if "without" in given:
        given["without"] = tuple(name.strip() for name in given["without"].split(",") if name.strip())
    return render_clips(ClipConfig(arguments.clips, **given), arguments.out, arguments.workers)
