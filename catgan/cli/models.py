"""`catgan models`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "models"
HELP = "List the model files that catgan needs, or fetch one."
EPILOG = """examples:
  catgan models
  catgan models fetch face_landmarker"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("fetch",), help="download a model file into the cache")
    parser.add_argument("name", nargs="?", metavar="NAME", help="which one")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.errors import CatganError
    from catgan.faces import model_files

    if arguments.action:
        if arguments.name is None:
            raise CatganError(f"Name the model to fetch: {', '.join(model_files.MODELS)}.")
        path = model_files.fetch(arguments.name)
        print(f"{arguments.name}: {path}")
        return {"name": arguments.name, "path": str(path)}
    models = []
    for name, wanted in model_files.MODELS.items():
        found = model_files.locate(name)
        models.append({"name": name, "path": str(found) if found else None, "size": wanted.size,
                       "licence": wanted.licence, "url": wanted.url, "sha256": wanted.sha256})
        print(f"{name}: {found or f'not here; catgan models fetch {name}'} ({wanted.size / 1e6:.1f} MB, "
              f"{wanted.licence})")
    return {"models": models}
