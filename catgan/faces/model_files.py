"""Finds, or downloads and verifies, the model files that MediaPipe needs and its package does not contain."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from catgan import files, system
from catgan.errors import CatganError, unknown_name

TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class ModelFile:
    """Describes a file by its origin, its size in bytes and its sha256.

    Args:
        filename: name in the cache and in the folder `$CATGAN_MODELS`.
        url: address of the official download.
        size, sha256: of that download, the only file that `fetch` accepts.
        licence: SPDX name.
        purpose: what it is needed for.
        equivalents: size and sha256 of other files that `find` accepts: the same networks, packed differently.
    """

    filename: str
    url: str
    size: int
    sha256: str
    licence: str
    purpose: str
    equivalents: tuple[tuple[int, str], ...] = ()


MODELS = {
    "face_landmarker": ModelFile(
        "face_landmarker.task",
        "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
        "face_landmarker.task",
        3_758_596, "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff", "Apache-2.0",
        "faces"),
    # The equivalents are the model files of the npm packages @mediapipe/pose and @mediapipe/selfie_segmentation, with
    # the normalisation of their inputs written into their metadata.
    "pose_landmarker": ModelFile(
        "pose_landmarker_lite.task",
        "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_lite/float16/1/"
        "pose_landmarker_lite.task",
        5_777_746, "59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a", "Apache-2.0",
        "postures and gaits",
        ((5_776_878, "5ad1d53afb2ccaf40b13342571dbeff225d62d32bc2d3d055fcb12c0b028cf92"),)),
    "selfie_segmenter": ModelFile(
        "selfie_segmenter.tflite",
        "https://storage.googleapis.com/mediapipe-models/image_segmenter/selfie_segmenter/float16/1/"
        "selfie_segmenter.tflite",
        249_537, "191ac9529ae506ee0beefa6b2c945a172dab9d07d1e802a290a4e4038226658b", "Apache-2.0",
        "surroundings without persons",
        ((248_864, "2d691f73ca677e6610d2c2acfb10f06a5a9dc2378d52b623237314c10e6e2f6b"),)),
}


def cache_folder() -> Path:
    """Returns `$XDG_CACHE_HOME/catgan/models`, or the same below `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "catgan" / "models"


def model(name: str) -> ModelFile:
    """Returns a known model file.

    Raises:
        CatganError: an unknown name.
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS)
    return MODELS[name]


def locate(name: str, path: str | os.PathLike | None = None) -> Path | None:
    """Finds the file on this machine, without verifying it: `path`, then the folder `$CATGAN_MODELS`, then the cache.
    """
    if path is not None:
        return Path(path)
    folders = [Path(folder) for folder in [os.environ.get("CATGAN_MODELS")] if folder] + [cache_folder()]
    return next((folder / model(name).filename for folder in folders if (folder / model(name).filename).is_file()),
                None)


def find(name: str, path: str | os.PathLike | None = None) -> Path:
    """Returns the verified file, the official one or an equivalent of it; downloads the official one to the cache if
    neither is on this machine.

    Raises:
        CatganError: an unknown name, a file that is not the expected one, or a failed download; the message says how to
            get the file by hand.
    """
    found = locate(name, path)
    if found is None:
        return fetch(name)
    problem = problem_of(name, found)
    if problem:
        raise CatganError(f"{found} is not the expected {name} model: {problem}. {_by_hand(model(name))}")
    return found


def problem_of(name: str, path: str | os.PathLike) -> str | None:
    """Tells in what a file differs from the official one and from its equivalents; None if it is one of them."""
    wanted = model(name)
    return None if _is_equivalent(Path(path), wanted) else _problem(Path(path), wanted)


def fetch(name: str, folder: str | os.PathLike | None = None, url: str | None = None) -> Path:
    """Downloads a model file, checks size and sha256, and moves it into place.

    Args:
        name: a key of `MODELS`.
        folder: where to; by default the cache.
        url: another address to download from.

    Raises:
        CatganError: no connection, an HTTP error, or a file that is not the expected one. Nothing is left behind.
    """
    wanted = model(name)
    target = Path(folder or cache_folder()) / wanted.filename
    try:
        with files.atomic_path(target) as temporary:
            _download(url or wanted.url, temporary, wanted.size)
            problem = _problem(temporary, wanted)
            if problem:
                raise CatganError(f"The download of {name} is not the expected file: {problem}. {_by_hand(wanted)}")
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise CatganError(f"Could not download the {name} model ({reason}). {_by_hand(wanted)}") from None
    return target


def _download(url: str, target: Path, size: int) -> None:
    bar: tqdm[bytes] = system.progress_bar(total=size, unit="B", description="download")
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response, open(target, "wb") as file, bar:
        # One chunk beyond the expected size is enough to recognise a different file.
        while file.tell() <= size and (chunk := response.read(_CHUNK_BYTES)):
            file.write(chunk)
            bar.update(len(chunk))


def _problem(path: Path, wanted: ModelFile) -> str | None:
    if not path.is_file():
        return "there is no such file"
    if path.stat().st_size != wanted.size:
        return f"{path.stat().st_size} bytes instead of {wanted.size}"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return None if digest == wanted.sha256 else f"sha256 {digest} instead of {wanted.sha256}"


def _is_equivalent(path: Path, wanted: ModelFile) -> bool:
    """Tells whether a file is one of `wanted.equivalents`."""
    sizes = [size for size, _ in wanted.equivalents]
    if not path.is_file() or path.stat().st_size not in sizes:
        return False
    return (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) in wanted.equivalents


def _by_hand(wanted: ModelFile) -> str:
    return (f"To get it by hand: download {wanted.url} (sha256 {wanted.sha256}) and put it into {cache_folder()} "
            "or into a folder named by the environment variable CATGAN_MODELS.")
