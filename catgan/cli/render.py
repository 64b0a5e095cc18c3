"""Defines the command `catgan render`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catgan.data.schema import Info

NAME = "render"
HELP = "Draw a data set of faces, clips or people whose Action Units, valence-arousal and expression are known."
EPILOG = """examples:
  catgan render --n 20000 --size 64 --out OUT/rendered
  catgan render --n 20000 --size 64 --channels 1 --missing-au 0.3 --missing-va 0.3 --seed 1 --out OUT/rendered
  catgan render --n 20000 --size 64 --moved 1 --seed 2 --out OUT/moved
  catgan render --n 20000 --size 64 --shortcut glasses --out OUT/planted
  catgan render --clips 1400 --frames 40 --rate 12.5 --out OUT/clips
  catgan render --clips 1400 --without rest,speech --rater-delay 0.4 --rater-noise 0.1 --raters 5 --out OUT/clips
  catgan render --clips 400 --task order --out OUT/order
  catgan render --people 12000 --clips --out OUT/people
  catgan render --people 3000 --clips --planted gait --out OUT/planted_gait
  catgan render --people 2000 --place-prior -0.9 --pictures 12 --out OUT/reversed

The faces come from the embedded face model: no photograph and no download is needed. The same seed draws the same
bytes, whatever the number of workers. Columns true_... keep the truth of labels that --missing-au and --missing-va
hide. Clips have episodes of emotion, and layers beside it that mean nothing or hide the face; each layer has its own
columns. People stand or walk (--clips) in a place; face, posture, gait and place show their emotion, and each of them
may be missing, hidden, or contradict the others."""

WRITES = ("out",)
FACES_ONLY = ("missing_au", "missing_va", "shortcut", "moved")
CLIPS_ONLY = ("frames", "rate", "without", "task", "raters", "rater_delay", "rater_smoothing")
PEOPLE_ONLY = ("strength", "place_prior", "contradicting", "missing", "occluded", "planted", "pictures")
SHARED = ("size", "seed", "channels", "subjects", "rater_noise")
NOT_OF_PEOPLE = ("channels", "rater_noise")
WALKING = -1
"""Value of `--clips` without a number."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, metavar="N", help="number of faces")
    parser.add_argument("--clips", type=int, metavar="N", nargs="?", const=WALKING,
                        help="number of clips; give this or --n. With --people and without a number: people walk")
    parser.add_argument("--people", type=int, metavar="N", help="number of people in places")
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

    people = parser.add_argument_group("people (--people)")
    people.add_argument("--strength", type=float, metavar="X",
                        help="how strongly faces and walks show the emotion, 0..1.5 (default: 1)")
    people.add_argument("--place-prior", type=float, metavar="P",
                        help="chance that the place goes with the emotion; negative: with another one (default: 0.5)")
    people.add_argument("--contradicting", type=float, metavar="P",
                        help="share of people of whom one modality contradicts the others (default: 0.1)")
    people.add_argument("--missing", type=float, metavar="P",
                        help="share of people without a modality, for each modality (default: 0.1)")
    people.add_argument("--occluded", type=float, metavar="P",
                        help="share of hidden or smeared faces, and of hidden legs (default: 0.1)")
    people.add_argument("--planted", metavar="NAME",
                        help="face, posture, gait or context: it alone shows the emotion, the others show any")
    people.add_argument("--pictures", type=int, metavar="K",
                        help="also write K whole photographs, or videos, of test people to pictures/ (default: 0)")


def run(arguments: argparse.Namespace) -> Info:
    kind, refused = _kind(arguments)
    given = {name: value for name, value in vars(arguments).items()
             if name in (*SHARED, *FACES_ONLY, *CLIPS_ONLY, *PEOPLE_ONLY) and value is not None}
    _check(kind, [name for name in refused if name in given])
    result = {"n": _faces, "clips": _clips, "people": _people}[kind](arguments, given)
    what = {"n": f"{result['faces']} faces", "people": f"{result['faces']} people",
            "clips": f"{result.get('clips')} clips, {result['faces']} frames"}[kind]
    if result["already_complete"]:
        print(f"{result['folder']}: already complete, {what}")
    else:
        print(f"{result['folder']}: {what}, {result['faces_per_second']:.0f} a second; see card.md")
    return result


def _kind(arguments: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """Returns what is drawn, `n`, `clips` or `people`, and the options that it does not have."""
    from catgan.errors import CatganError

    given = [name for name in ("n", "clips", "people") if getattr(arguments, name) is not None]
    if "people" in given:
        if "n" in given or arguments.clips not in (None, WALKING):
            raise CatganError("With --people N there is no --n, and --clips has no number. Received: "
                              f"{', '.join('--' + name for name in given)}.")
        return "people", (*FACES_ONLY, *CLIPS_ONLY, *NOT_OF_PEOPLE)
    if len(given) != 1 or arguments.clips == WALKING:
        raise CatganError("Give --n N to draw faces, --clips N to draw clips, or --people N to draw people. Received: "
                          f"{', '.join('--' + name for name in given) or 'none of them'}"
                          f"{' without a number' if arguments.clips == WALKING else ''}.")
    return given[0], (*(FACES_ONLY if given == ["clips"] else CLIPS_ONLY), *PEOPLE_ONLY)


def _check(kind: str, wrong: list[str]) -> None:
    """Raises an error for options that belong to another kind of data."""
    from catgan.errors import CatganError

    for owner, names in (("Only faces (--n) have", FACES_ONLY), ("Only clips (--clips) have", CLIPS_ONLY),
                         ("Only people (--people) have", PEOPLE_ONLY), ("Only faces and clips have", NOT_OF_PEOPLE)):
        if found := ["--" + name.replace("_", "-") for name in wrong if name in names]:
            raise CatganError(f"{owner} {', '.join(found)}. Received: --{kind}.")


def _faces(arguments: argparse.Namespace, given: Info) -> Info:
    from catgan.data.render import RenderConfig, render

    return render(RenderConfig(arguments.n, **given), arguments.out, arguments.workers)


def _clips(arguments: argparse.Namespace, given: Info) -> Info:
    from catgan.data.clip_scenes import ClipConfig
    from catgan.data.render_clips import render_clips

    if "without" in given:
        given["without"] = tuple(name.strip() for name in given["without"].split(",") if name.strip())
    return render_clips(ClipConfig(arguments.clips, **given), arguments.out, arguments.workers)


def _people(arguments: argparse.Namespace, given: Info) -> Info:
    from catgan.data.people.films import write_pictures
    from catgan.data.people.render import PeopleConfig, render_people

    pictures = given.pop("pictures", 0)
    config = PeopleConfig(arguments.people, arguments.clips is not None, **given)
    result = render_people(config, arguments.out, arguments.workers)
    if pictures:
        result["pictures"] = write_pictures(config, arguments.out, pictures)
    return result
