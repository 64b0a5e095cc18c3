"""Runs `catgan VERB ...`; an error of the user becomes one line and exit code 2."""

from __future__ import annotations

import argparse
import contextlib
import importlib.abc
import io
import json
import logging
import os
import re
import sys
from collections.abc import Sequence

import catgan
from catgan.cli import (app, attribute, benchmark, build, compare, complete, completion, demo, doctor, edit,
                        eliminate, evaluate, explain, export, export_model, generate, info, models, predict, relate,
                        render, situation, sources, sweep, train, view)
from catgan.errors import CatganError, PartialError
from catgan.cli.verb import Result, Verb, VerbGroup
from catgan.files import check_output, refuse_overwriting, write_json

VERBS: tuple[Verb | VerbGroup, ...] = (
    demo, sources, build, render, view, export, train, evaluate, predict, generate, edit, explain, attribute, eliminate,
    sweep, compare, relate, complete, situation, app, benchmark, info, models, export_model, doctor, completion)

ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
"""Settings of the program alone, not of the library: a quiet start, and the convolutions of oneDNN, whose backward
passes are two to three times faster on AVX2 CPUs."""


class _LeanStart(importlib.abc.MetaPathFinder):
    """Keeps packages from loading what no verb uses: Keras would load scikit-learn (1.5 s), and Keras and TensorFlow
    Lite JAX (0.7 s), where JAX is not the backend."""

    unused = {"sklearn": ("keras",), "jax": ("keras.src.callbacks.orbax_checkpoint", "tensorflow.lite.python.util")}

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        for user in self.unused.get(name, ()):
            if getattr(getattr(sys.modules.get(user), "__spec__", None), "_initializing", False):
                raise ModuleNotFoundError(f"not loaded for {user}", name=name)


_OPTION, _NEGATIVE = re.compile(r"--[a-z][a-z-]*"), re.compile(r"-\.?\d")

_DESCRIPTION = "Explains what a network sees in a face: dual AU and valence-arousal data sets, a categorical GAN, " \
               "counterfactual faces."
_EPILOG = """the whole path in five commands:
  catgan build datasets/photos.yaml --out OUT/dual
  catgan train experiments/joint_64.yaml --data OUT/dual --runs OUT/runs
  catgan evaluate OUT/runs/00000-joint-64 --data OUT/dual
  catgan generate OUT/runs/00000-joint-64 --au 12=4,6=3 --out faces.png
  catgan explain OUT/runs/00000-joint-64 photo.jpg --target 'AU12=0' --out OUT/why

'catgan VERB --help' explains one verb, with examples."""


def parser() -> argparse.ArgumentParser:
    """Builds the parser of the whole command line."""
    main_parser = argparse.ArgumentParser("catgan", description=_DESCRIPTION, epilog=_EPILOG,
                                          formatter_class=argparse.RawDescriptionHelpFormatter)
    main_parser.add_argument("--version", action="version", version=f"catgan {catgan.__version__}")
    verbs = main_parser.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        _add_verb(verbs, verb)
    return main_parser


def _add_verb(parsers: argparse._SubParsersAction[argparse.ArgumentParser], verb: Verb | VerbGroup) -> None:
    """Adds a parser for a verb, with `--json FILE`, or for each verb of a group."""
    parser = parsers.add_parser(verb.NAME, help=verb.HELP, description=verb.HELP, epilog=verb.EPILOG,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    if hasattr(verb, "VERBS"):
        parts = parser.add_subparsers(title="parts", dest="part", metavar="PART", required=True)
        for part in verb.VERBS:
            _add_verb(parts, part)
        return
    verb.add_arguments(parser)
    parser.add_argument("--json", metavar="FILE", help="write the result as JSON to FILE, or to stdout with -")
    parser.set_defaults(implementation=verb)


def with_negative_values(words: Sequence[str]) -> list[str]:
    """Joins an option and a value that begins with a minus and a number, such as `--pixels -1..1`, into one word:
    argparse takes such a value for an option. No option of catgan begins so."""
    joined: list[str] = []
    for place, word in enumerate(words):
        if word == "--":
            return [*joined, *words[place:]]
        if joined and _OPTION.fullmatch(joined[-1]) and _NEGATIVE.match(word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb. Returns 0, 2 after an error of the user, or 130 after Ctrl-C."""
    arguments = parser().parse_args(with_negative_values(sys.argv[1:] if argv is None else argv))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name of a file need not be text that a terminal can show
            stream.reconfigure(errors="replace")
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of networks that are compiled for several sizes
    if not any(isinstance(finder, _LeanStart) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LeanStart())
    try:
        _run(arguments)
    except (CatganError, OSError) as error:
        print(f"catgan {arguments.verb}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"catgan {arguments.verb}: interrupted", file=sys.stderr)
        return 130
    return 0


def _run(arguments: argparse.Namespace) -> None:
    """Runs the verb and writes its JSON, also where some of its inputs failed."""
    if arguments.json not in (None, "-"):
        check_output(arguments.json)
    _refuse_overwriting(arguments)
    failed: PartialError | None = None
    # With `--json -`, stdout carries the JSON alone; what people read goes to stderr.
    with contextlib.redirect_stdout(sys.stderr) if arguments.json == "-" else contextlib.nullcontext():
        try:
            result: Result = arguments.implementation.run(arguments)
        except PartialError as error:
            result, failed = error.result, error
    if arguments.json == "-":
        print(json.dumps(result, indent=2, allow_nan=False))
    elif arguments.json:
        write_json(arguments.json, result)
    if failed:
        raise failed


def _refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Refuses to overwrite inputs, by the paths that a verb says it reads and writes (see `catgan.cli.verb.Verb`)."""
    verb = arguments.implementation
    outputs = _paths(arguments, getattr(verb, "WRITES", ()))
    outputs += [os.path.join(folder, name) for folder in outputs for name in getattr(verb, "FILES", ())]
    outputs += [arguments.json] if arguments.json not in (None, "-") else []
    if outputs:
        refuse_overwriting(outputs, _paths(arguments, getattr(verb, "READS", ())))
    pictures = _paths(arguments, getattr(verb, "PICTURES", ()))
    if outputs and pictures:
        from catgan.faces.collection import is_picture_or_video

        refuse_overwriting(outputs, pictures, is_picture_or_video)


def _paths(arguments: argparse.Namespace, names: Sequence[str]) -> list[str]:
    """Returns the values of arguments that were given."""
    values = [getattr(arguments, name) for name in names]
    return [path for value in values if value for path in (value if isinstance(value, list) else [value])]


if __name__ == "__main__":
    sys.exit(main())
