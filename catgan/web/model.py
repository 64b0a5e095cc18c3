"""Opens the model and the landmarker of the page, each when it is first needed."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from catgan.errors import CatganError

if TYPE_CHECKING:
    from catgan.faces.landmarks import FaceLandmarker
    from catgan.models.gan.model import CatGAN

ALLOWED = "The page takes a run or a preset of faces, such as 'faces_64'."
MAX_FACES = 12
"""Number of faces of a photograph that can be chosen from."""


class Model:
    """The model that `catgan app RUN` names. Use it inside `Context.worker` alone; jobs use `for_jobs`.

    Args:
        run: a run, a preset folder, or the name of a preset.
    """

    def __init__(self, run: str):
        self.run = run

    def check(self) -> None:
        """Raises `CatganError` unless `run` names a run or a preset of faces; loads no weights."""
        from catgan.models.gan.preset_folders import find_preset, read_description

        try:
            kind = read_description(find_preset(self.run)).get("kind")
        except json.JSONDecodeError:
            return  # it is said when the model is loaded
        if kind is not None:
            raise CatganError(f"{self.run} is a model of {kind}. {ALLOWED}")

    @cached_property
    def gan(self) -> CatGAN:
        """The model, warmed up: the first call of a network compiles it, which takes as long as thirty later ones.

        Raises:
            CatganError: the folder cannot be loaded.
        """
        from catgan.models.gan.changes import Changes

        gan = self._loaded()
        blank = np.full((1, gan.network.image_size, gan.network.image_size, 3), 128, np.uint8)
        read = gan.read(blank)
        if gan.editor is not None and gan.spec.action_units:
            gan.apply_change(blank, Changes({gan.spec.action_units[0]: 1.0}), read)
        return gan

    @cached_property
    def landmarker(self) -> FaceLandmarker:
        """An open landmarker.

        Raises:
            CatganError: MediaPipe's model file is missing and cannot be downloaded.
        """
        from catgan.faces.landmarks import FaceLandmarker

        return FaceLandmarker(max_faces=MAX_FACES)

    @cached_property
    def for_jobs(self) -> CatGAN:
        """A second copy of the model, for the thread of jobs."""
        return self._loaded()

    def _loaded(self) -> CatGAN:
        from catgan.models.gan.model import CatGAN

        gan = CatGAN.from_preset(self.run)
        if not isinstance(gan, CatGAN):
            raise CatganError(f"{self.run} is no categorical GAN. {ALLOWED}")
        return gan

    def close(self) -> None:
        """Frees the landmarker, in the thread that has used it."""
        landmarker = self.__dict__.pop("landmarker", None)
        if landmarker is not None:
            landmarker.close()
