"""`catgan app`."""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan.cli.verb import Result

NAME = "app"
HELP = "Open a page in the browser: edit faces, ask why, look at data and runs."
EPILOG = """examples:
  catgan app
  catgan app runs/00001-editor-64 --data OUT/dual --runs runs
  catgan app --annotate photos --rater Anna
  catgan app --model emotions.onnx
  catgan app --port 8765 --no-browser

The page is served by this machine to this machine alone (127.0.0.1), works without a network, and sends nothing
anywhere. The printed address contains a secret token, new at each start. Ctrl-C ends the server and removes what was
uploaded. It needs: pip install 'catgan[app]'.

On a server: start it there with --port 8765 --no-browser, run 'ssh -L 8765:127.0.0.1:8765 SERVER' on your machine, and
open the printed address."""

READS = ("run_folder", "data", "runs", "annotate", "model")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", nargs="?", default="faces_64",
                        help="a run or a preset with an editor (default: faces_64)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    parser.add_argument("--data", metavar="DIR", help="a data set, for the page Data")
    parser.add_argument("--runs", metavar="DIR", help="a folder of runs, for the page Runs")
    parser.add_argument("--model", metavar="FILE",
                        help="another network to explain, for the page Why?: a .keras, .h5 or .onnx file, or a "
                             "SavedModel folder; its preprocessing is declared in the page")
    parser.add_argument("--annotate", metavar="FOLDER", help="photographs and videos, for the page Annotate; ratings "
                        "are kept in FOLDER/annotations")
    parser.add_argument("--rater", metavar="NAME", help="who rates them; the page asks without it")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.errors import CatganError
    from catgan.web.context import Options
    from catgan.web.serving import serve

    folders = {}
    for name in ("data", "runs", "annotate"):
        given = getattr(arguments, name)
        if given is not None and not Path(given).is_dir():
            raise CatganError(f"--{name} must be a folder. Received: {given}.")
        folders[name] = Path(given) if given is not None else None
    if arguments.model is not None and not Path(arguments.model).exists():
        raise CatganError(f"--model must be a .keras, .h5 or .onnx file, or a SavedModel folder. Received: "
                          f"{arguments.model}.")
    model = Path(arguments.model) if arguments.model is not None else None
    rater = None if arguments.rater is None else _rater(arguments.rater, folders["annotate"])
    options = Options(arguments.run_folder, model=model, rater=rater, **folders)
    address = serve(options, arguments.port, not arguments.no_browser,
                    lambda address: print(f"The page is at {address}\nCtrl-C ends it.", flush=True))
    return {"address": address}


def _rater(name: str, folder: Path | None) -> str:
    from catgan.errors import CatganError
    from catgan.pipelines.annotation.project import rater_name

    if folder is None:
        raise CatganError("--rater needs --annotate FOLDER, the photographs and videos to rate.")
    return rater_name(name)
