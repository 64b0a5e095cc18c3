"""`catgan generate`."""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan.cli.verb import Result

NAME = "generate"
HELP = "Draw new faces for given Action Units, valence and arousal."
EPILOG = """examples:
  catgan generate runs/00000-joint-64 --out faces.png
  catgan generate runs/00000-joint-64 --au 12=4,6=3 --valence 0.6 -n 25 --seed 7 --out smiles.png
  catgan generate runs/00000-joint-64 --like OUT/dual -n 20000 --out OUT/generated

Action Units are intensities 0..5. Labels that are not given are unconstrained. The same seed gives the same people.
--like writes a data set of generated faces that have the labels of another's training faces, for training on generated
and testing on real faces."""

READS, WRITES = ("run_folder", "like"), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME")
    parser.add_argument("--au", metavar="12=4,6=3", default="", help="Action Units and intensities 0..5")
    parser.add_argument("--valence", type=float, metavar="V", help="-1..1")
    parser.add_argument("--arousal", type=float, metavar="A", help="-1..1")
    parser.add_argument("--expression", metavar="NAME", help="expression class, where the run has them")
    parser.add_argument("-n", type=int, default=16, metavar="N", help="number of faces (default: 16)")
    parser.add_argument("--like", metavar="DIR", help="write a data set with labels of this one into the folder --out")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    parser.add_argument("--out", required=True, metavar="FILE.png|DIR", help="sheet of faces, or the data set")


def run(arguments: argparse.Namespace) -> Result:
    import math

    from catgan.errors import CatganError
    from catgan.faces.images import grid, write_image
    from catgan.models.gan.model import CatGAN

    if arguments.like:
        return like(arguments)
    if not 1 <= arguments.n <= 4096:
        raise CatganError(f"-n must lie in 1..4096. Received: {arguments.n}.")
    if arguments.seed < 0:
        raise CatganError(f"--seed must be 0 or more. Received: {arguments.seed}.")
    if not arguments.out.lower().endswith(".png"):
        raise CatganError(f"--out must end in .png. Received: {arguments.out}.")
    units = parse_action_units(arguments.au)
    gan = CatGAN.from_preset(arguments.run_folder)
    faces = gan.generate(arguments.n, units, arguments.valence, arguments.arousal, arguments.expression,
                         arguments.seed)
    write_image(arguments.out, grid(faces, columns=math.ceil(math.sqrt(arguments.n))))
    print(f"{arguments.out}: {arguments.n} faces")
    return {"out": arguments.out, "n": arguments.n, "seed": arguments.seed,
            "action_units": {str(number): value for number, value in units.items()},
            "valence": arguments.valence, "arousal": arguments.arousal, "expression": arguments.expression}


def like(arguments: argparse.Namespace) -> Result:
    """Writes a data set of generated faces."""
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.models.gan.model import CatGAN
    from catgan.pipelines.generate import synthetic_dataset

    given = [f"--{name}" for name in ("au", "valence", "arousal", "expression") if getattr(arguments, name)]
    if given:
        raise CatganError(f"--like takes the labels of the data set. Received beside it: {', '.join(given)}.")
    if arguments.seed < 0:
        raise CatganError(f"--seed must be 0 or more. Received: {arguments.seed}.")
    gan = CatGAN.from_preset(arguments.run_folder)
    result = synthetic_dataset(gan, Path(arguments.run_folder).name, load_dataset(arguments.like), arguments.n,
                               arguments.out, arguments.seed)
    print(f"{arguments.out}: {result['faces']} generated faces; see card.md")
    return result


def parse_action_units(text: str) -> dict[int, float]:
    """Parses `"12=4,6=3"` as `{12: 4.0, 6: 3.0}`; a sign says nothing, as a new face has no value to differ from.

    Raises:
        CatganError: another form, an unknown Action Unit, or one that is named twice.
    """
    from catgan.facs import parse_action_unit
    from catgan.models.gan.changes import parse

    values, signed = parse(text)
    return {parse_action_unit(name): value for name, value in {**values, **signed}.items()}
