"""Checks an environment that has catgan without any extra: every module is imported, every verb does something small.

`make test-plain` runs it. Everything runs in one process, since TensorFlow takes seconds to start. Verbs that need
MediaPipe's face_landmarker.task are left out where that file is not on this machine, and named.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import pkgutil
import re
import sys
import tempfile
import warnings
from pathlib import Path

import catgan
from catgan import system
from catgan.cli import main
from catgan.errors import CatganError
from catgan.faces import model_files

RECIPE = """name: plain
sources:
- {format: table, kind: human, name: mine, root: .,
   options: {file: labels.csv, image: path, subject: who, AU12 intensity: smile}}
"""
TRAINING = """name: plain
task: recogniser
architecture: xs_32
network: {generator_widths: [8, 8, 8, 8], discriminator_widths: [8, 8, 8, 8]}
training: {images: 16, batch_size: 8, tick_images: 16, precision: float32}
"""
ELIMINATION = """name: plain
networks: {linear: {kind: linear}}
clips: {length: 0.4, rate: 12.5}
folds: 2
smallest: 8
sizes: [64]
arms: {}
"""
SWEEP = """name: plain
experiment: training.yaml
grid: {labels.mode: [va]}
"""
LANDMARKED = ("doctor", "predict", "edit", "build", "explain", "attribute")


def extras() -> list[str]:
    """Installed packages that only extras of catgan ask for."""
    found = set()
    for requirement in importlib.metadata.requires("catgan") or ():
        match = re.match(r"[\w.-]+", requirement)
        if "extra ==" in requirement and match:
            try:
                importlib.metadata.version(match[0])
                found.add(match[0])
            except importlib.metadata.PackageNotFoundError:
                pass
    return sorted(found)


def modules_that_fail() -> list[str]:
    """Every module of catgan that cannot be imported, with the reason."""
    failures = []
    for found in pkgutil.walk_packages(catgan.__path__, "catgan."):
        try:
            importlib.import_module(found.name)
        except Exception as error:  # whatever it is, the module needs something that is not there
            if isinstance(error, CatganError) and "pip install 'catgan[" in str(error):
                continue  # it belongs to an extra, and says so
            failures.append(f"{found.name}: {type(error).__name__}: {error}")
    return failures


def commands(folder: Path) -> list[list[str]]:
    """One cheap command of each verb; later ones use what earlier ones have written."""
    drawn, photo = str(folder / "drawn"), str(folder / "face.png")
    return [
        ["sources"], ["models"], ["doctor"], ["completion", "bash"], ["info", "xs_64"],
        ["render", "--n", "40", "--size", "32", "--subjects", "30", "--workers", "1", "--out", drawn],
        ["render", "--n", "40", "--subjects", "30", "--workers", "1", "--out", f"{drawn}_64"],
        ["render", "--clips", "300", "--frames", "6", "--size", "32", "--subjects", "100", "--workers", "1", "--out",
         f"{drawn}_clips"],
        ["info", drawn],
        ["view", drawn, "-n", "4", "--out", str(folder / "sheet.png")],
        ["export", drawn, "--to", "csv", "--out", str(folder / "csv")],
        ["build", str(folder / "recipe.yaml"), "--dry-run"],
        ["build", str(folder / "recipe.yaml"), "--workers", "1", "--out", str(folder / "built")],
        ["train", str(folder / "training.yaml"), "--data", drawn, "--runs", str(folder / "runs")],
        ["evaluate", "rendered_64", "--data", f"{drawn}_64", "--n", "100"],
        ["complete", f"{drawn}_64", "rendered_64", "--out", str(folder / "completed")],
        ["generate", "rendered_64", "-n", "2", "--au", "12=3", "--out", str(folder / "generated.png")],
        ["predict", "rendered_64", photo],
        ["edit", "rendered_64", photo, "--au", "12=+1", "--out", str(folder / "edited.png")],
        ["explain", "rendered_64", photo, "--target", "AU12>=1", "--out", str(folder / "why")],
        ["attribute", "rendered_64", photo, "--target", "valence", "--out", str(folder / "map")],
        ["benchmark", "explain", "rendered_64", "--data", f"{drawn}_64", "--n", "1"],
        ["eliminate", str(folder / "elimination.yaml"), "--data", f"{drawn}_clips", "--out",
         str(folder / "elimination")],
        ["sweep", str(folder / "sweep.yaml"), "--data", drawn, "--runs", str(folder / "sweep"), "--jobs", "1"],
        ["relate", drawn, "--draws", "20", "--out", str(folder / "related")],
        ["compare", "rendered_64", "faces_64", "--data", f"{drawn}_64", "--draws", "100", "--out",
         str(folder / "compared")],
        ["situation", "add", str(folder / "situations.db"), "--place", "street", "--time",
         "2026-05-01T14:30", "--emotion", "happiness"],
        ["situation", "show", str(folder / "situations.db")],
        ["export-model", "rendered_64", "--to", "keras", "--part", "editor", "--out", str(folder / "keras")],
        ["demo", "--help"], ["app", "--help"]]


def prepare(folder: Path) -> None:
    """Writes a drawn photograph, a table with one face, and the files of a build and a training."""
    from catgan.faces.images import write_image
    from catgan.synthesis.rendering import Renderer
    from catgan.synthesis.scene import Scene

    write_image(folder / "face.png", Renderer(256).render([Scene({12: 2.0})], 3)[0][0])
    (folder / "labels.csv").write_text("path,who,smile\nface.png,somebody,2\n")
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "training.yaml").write_text(TRAINING)
    (folder / "elimination.yaml").write_text(ELIMINATION)
    (folder / "sweep.yaml").write_text(SWEEP)


def verbs_that_fail(folder: Path) -> list[str]:
    """Runs the commands. Returns those that did not end as they should, and names those that were left out."""
    prepare(folder)
    failures, landmarks = [], model_files.locate("face_landmarker") is not None
    done = set()
    for command in commands(folder):
        done.add(command[0])
        if command[0] in LANDMARKED and "--dry-run" not in command and not landmarks:
            print(f"left out, since face_landmarker.task is not on this machine: catgan {' '.join(command)}")
            continue
        print(f"catgan {' '.join(command)}", flush=True)
        try:
            code = main.main(command)
        except SystemExit as end:  # of --help
            code = int(end.code or 0)
        except Exception as error:
            failures.append(f"{' '.join(command)}: {type(error).__name__}: {error}")
            continue
        if code:
            failures.append(f"{' '.join(command)}: exit code {code}")
    missing = {verb.NAME for verb in main.VERBS} - done
    return failures + [f"no command for the verb {name}" for name in sorted(missing)]


def check() -> int:
    """Runs all checks. Returns 1 after a failure."""
    found = extras()
    if found:
        print(f"This environment has packages of extras, so nothing can be learned here: {', '.join(found)}. "
              "Remove it ('make clean') and try again.")
        return 1
    warnings.simplefilter("error", ImportWarning)
    for name, value in main.ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with system.silenced():
        failures = modules_that_fail()
    with tempfile.TemporaryDirectory() as folder:
        failures += verbs_that_fail(Path(folder))
    print("\n".join(failures) or "catgan without extras: every module is imported, every verb works.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(check())
