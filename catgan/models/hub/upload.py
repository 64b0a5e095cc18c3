"""Uploads models to the Hugging Face Hub."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catgan import __version__
from catgan.errors import CatganError
from catgan.models.gan import presets
from catgan.models.hub.addresses import Address, bars_for_people, endpoint, load_hub, parse
from catgan.models.hub.failures import explained
from catgan.models.hub.folder import write_folder

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN


def upload(gan: CatGAN, repository: str, private: bool = False, half: bool = False, licence: str | None = None,
           token: str | None = None, revision: str | None = None) -> str:
    """Uploads a model; see `catgan.models.gan.model.CatGAN.push_to_hub`."""
    address = parse(repository)
    if address.revision is not None:
        raise CatganError("A model is uploaded to a repository ORGANISATION/NAME; its branch is named by 'revision'. "
                          f"Received: {repository}.")
    address = Address(address.repository, revision)
    name = address.repository.rpartition("/")[2]
    with tempfile.TemporaryDirectory() as folder:
        write_folder(gan, Path(folder), name, preset_of(gan), half, licence, str(address))
        return _sent(Path(folder), address, private, token)


def _sent(folder: Path, address: Address, private: bool, token: str | None) -> str:
    """Sends a folder as one commit, and returns the address of that commit."""
    api = load_hub().HfApi(endpoint=endpoint(), token=token, library_name="catgan", library_version=__version__)
    try:
        with bars_for_people():
            api.create_repo(address.repository, private=private, exist_ok=True)
            if address.revision is not None:
                api.create_branch(address.repository, branch=address.revision, exist_ok=True)
            commit = api.upload_folder(folder_path=folder, repo_id=address.repository, revision=address.revision,
                                       commit_message=f"Model of catgan {__version__}")
    except Exception as error:  # of the HTTP library, the operating system or the hub's own: all mean that it failed
        raise explained(error, address, "uploaded") from None
    return str(Address(address.repository, commit.oid))


def preset_of(gan: CatGAN) -> Path | None:
    """Returns the folder that a model was loaded from, if the model is still the same: only then are the figures and
    the card of that folder true of it."""
    folder = gan.loaded_from
    if folder is None or not (folder / "config.json").is_file():
        return None
    loaded = presets.read_preset(type(gan), folder)
    ours, theirs = gan.get_weights(), loaded.get_weights()
    same = presets.to_mapping(gan) == presets.to_mapping(loaded) and len(ours) == len(theirs) and all(
        np.array_equal(one, other) for one, other in zip(ours, theirs))
    return folder if same else None
