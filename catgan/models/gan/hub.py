"""Downloads presets from the Hugging Face Hub."""

from __future__ import annotations

import os
from pathlib import Path

from catgan.errors import ModelError

PREFIX = "hf://"
PRESET_FILES = ("config.json", "*.weights.h5", "metrics.json", "card.md", "README.md", "samples.png")
"""Files of a preset; others in a repository are not downloaded."""


def download(address: str) -> Path:
    """Downloads a preset into the cache of `huggingface_hub`, unless it is there.

    Args:
        address: `hf://ORGANISATION/NAME`, or `hf://ORGANISATION/NAME@REVISION`. The server is `HF_ENDPOINT` if that
            variable is set.

    Returns:
        The folder in the cache.

    Raises:
        ModelError: `huggingface_hub` is not installed, or the download failed.
    """
    try:
        import huggingface_hub
    except ImportError:
        raise ModelError(f"{address} needs the package huggingface_hub. Install it with: "
                         "pip install 'catgan[hub]'.") from None
    repository, _, revision = address.removeprefix(PREFIX[:-2]).lstrip("/").partition("@")
    try:
        folder = huggingface_hub.snapshot_download(repository, revision=revision or None, endpoint=_endpoint(),
                                                   allow_patterns=list(PRESET_FILES))
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{address} could not be downloaded: {type(error).__name__}: {reason}") from None
    return Path(folder)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None
