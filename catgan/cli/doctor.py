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
    model = model_files.locate("face_landmarker")
    checks.append(("face_landmarker model", str(model) if model else None, "catgan models fetch face_landmarker"))
    cache = model_files.cache_folder()
    writable = os.access(next(path for path in (cache, *cache.parents) if path.exists()), os.W_OK)
    checks.append(("cache folder", str(cache) if writable else None, "set XDG_CACHE_HOME to a folder you can write to"))
    for name, value, cure in checks:
        print(f"{'ok     ' if value else 'MISSING'}  {name}: {value or cure}")
    return {"checks": [{"name": name, "found": value, "cure": None if value else cure}
                       for name, value, cure in checks], "ok": all(value for _, value, _ in checks)}


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
