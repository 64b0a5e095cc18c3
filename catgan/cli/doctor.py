"""`catgan doctor`."""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import os
import platform

from catgan.cli.verb import Result

NAME = "doctor"
HELP = "Check that this machine has what catgan needs, and say how to get what is missing."
EPILOG = """examples:
  catgan doctor"""

PACKAGES = ("numpy", "keras", "mediapipe", "opencv-contrib-python", "av", "pillow", "pyarrow", "matplotlib", "tqdm",
            "pyyaml")
BACKENDS = ("tensorflow", "jax", "torch")
OPTIONAL = ("pose_landmarker", "selfie_segmenter")
"""Model files for persons; what reads faces alone does without."""
LIBRARIES = {"libEGL.so.1": "libegl1", "libGLESv2.so.2": "libgles2", "libGL.so.1": "libgl1",
             "libglib-2.0.so.0": "libglib2.0-0"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> Result:
    from catgan.faces import model_files

    checks: list[tuple[str, str | None, str]] = [("Python", platform.python_version(), "")]
    checks += [(name, version(name), f"pip install {name}") for name in PACKAGES]
    backends = {name: version(name) for name in BACKENDS}
    found = ", ".join(f"{name} {number}" for name, number in backends.items() if number)
    checks.append(("Keras backend", found or None, "pip install tensorflow"))
    if platform.system() == "Linux":
        checks += [(name, "found" if loads(name) else None, f"apt-get install {package}")
                   for name, package in LIBRARIES.items()]
    checks += [_model_check(name) for name in model_files.MODELS if name not in OPTIONAL]
    cache = model_files.cache_folder()
    writable = os.access(next(path for path in (cache, *cache.parents) if path.exists()), os.W_OK)
    checks.append(("cache folder", str(cache) if writable else None, "set XDG_CACHE_HOME to a folder you can write to"))
    optional = [_model_check(name) for name in OPTIONAL]
    for name, value, cure in checks:
        print(f"{'ok     ' if value else 'MISSING'}  {name}: {value or cure}")
    for name, value, cure in optional:
        print(f"{'ok     ' if value else 'not yet'}  {name}: {value or cure}")
    listed = [(check, True) for check in checks] + [(check, False) for check in optional]
    return {"checks": [{"name": name, "found": value, "cure": None if value else cure, "needed": needed}
                       for (name, value, cure), needed in listed], "ok": all(value for _, value, _ in checks)}


def _model_check(name: str) -> tuple[str, str | None, str]:
    """Returns what is checked, the verified file or None, and how to get it."""
    from catgan.faces import model_files

    wanted, path = model_files.model(name), model_files.locate(name)
    problem = model_files.problem_of(name, path) if path else None
    cure = f"catgan models fetch {name}"
    if problem:
        cure = f"{path} is another file ({problem}); remove it, then {cure}"
    elif name in OPTIONAL:
        cure += f" (for {wanted.purpose})"
    return f"{name} model", str(path) if path and not problem else None, cure


def version(package: str) -> str | None:
    """Returns the installed version of a package, without importing it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def loads(library: str) -> bool:
    """Tells whether the system can load a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
