"""Downloads models from the Hugging Face Hub, and verifies them."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path

from catgan.errors import ModelError
from catgan.models.hub.addresses import Address, bars_for_people, endpoint, load_hub, parse
from catgan.models.hub.failures import explained

MODEL_FILES = ("config.json", "model.safetensors", "*.weights.h5", "metrics.json", "explaining.json", "card.md",
               "README.md", "samples.png")
"""Files of a model; others in a repository are not downloaded."""
WEIGHTS_SHA256 = "weights_sha256"
"""Name in `config.json` of the sha256 of the files of weights, by their names."""


def download(address: str | Path) -> Path:
    """Downloads a model into the cache of `huggingface_hub`, unless it is there.

    An interrupted connection is resumed where it broke. Every file is compared with the checksum that the hub states
    (sha256 of large files, the git hash of others); a damaged one is fetched once more. Within a process an address
    stays the same version.

    Args:
        address: see `catgan.models.hub.addresses`. The server is `HF_ENDPOINT` if that variable is set, the token comes
            from where `huggingface_hub` keeps it (`hf auth login` or `HF_TOKEN`).

    Returns:
        The folder in the cache.

    Raises:
        ModelError: `huggingface_hub` is not installed, the download failed, or the files are damaged.
    """
    hub = load_hub()
    return _downloaded(parse(address), endpoint(), str(hub.constants.HF_HUB_CACHE))


@functools.lru_cache(maxsize=64)
def _downloaded(address: Address, server: str, cache: str) -> Path:
    folder = _fetched(address, server, cache)
    if remove_damaged(folder):
        folder = _fetched(address, server, cache)
        damaged = remove_damaged(folder)
        if damaged:
            raise ModelError(f"{address} is damaged: {', '.join(damaged)} differ from their checksums on {server}, "
                             "also when fetched again. Ask its authors, or give another revision.")
    return folder


def _fetched(address: Address, server: str, cache: str) -> Path:
    hub = load_hub()
    try:
        with bars_for_people():
            return Path(hub.snapshot_download(
                address.repository, revision=address.revision, endpoint=server, cache_dir=cache,
                allow_patterns=list(MODEL_FILES), library_name="catgan"))
    except Exception as error:  # of the HTTP library, the operating system or the hub's own: all mean that it failed
        raise explained(error, address, "downloaded") from None


def remove_damaged(folder: Path) -> list[str]:
    """Removes the files of a downloaded model that differ from their checksums, and returns their names.

    The cache names the content of each file by its checksum. Where it holds copies instead of links, the weights are
    compared with what `config.json` states.
    """
    stated = _stated(folder)
    damaged = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.resolve()
        wanted = content.name if content != path.absolute() else stated.get(path.name, "")
        if not is_intact(content, wanted) or not is_intact(content, stated.get(path.name, "")):
            damaged.append(path.name)
            path.unlink()
            content.unlink(missing_ok=True)
    return damaged


def _stated(folder: Path) -> dict[str, str]:
    """Reads the checksums of weights that a model states itself; {} if it states none."""
    try:
        content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in content.get(WEIGHTS_SHA256, {}).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def is_intact(path: Path, checksum: str) -> bool:
    """Tells whether a file has a checksum: a sha256, or the SHA-1 by which git names a file; True for others."""
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", checksum):
        return True
    content = path.read_bytes()
    if len(checksum) == 64:
        return hashlib.sha256(content).hexdigest() == checksum
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == checksum
