"""Old names of `CatGAN`, which are kept for one release."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from catgan.models.gan.changes import Changes
    from catgan.models.gan.model import CatGAN, EditResult


def warn_of(old: str, new: str) -> None:
    """Warns the caller's caller that a name of `CatGAN` has changed."""
    warnings.warn(f"CatGAN.{old} is now called CatGAN.{new}.", DeprecationWarning, stacklevel=3)


class DeprecatedNames:
    """Old names of methods and attributes. Each warns and calls the new one."""

    def redraw(self: CatGAN, images: np.ndarray, change: np.ndarray) -> EditResult:  # type: ignore[misc]
        """Deprecated name of `apply_change`."""
        warn_of("redraw", "apply_change")
        return self.apply_change(images, change)

    def edited(self: CatGAN, images: np.ndarray, changes: Changes,  # type: ignore[misc]
               read: Mapping[str, np.ndarray] | None = None) -> EditResult:
        """Deprecated name of `apply_change`."""
        warn_of("edited", "apply_change")
        return self.apply_change(images, changes, read)

    def draw_alone(self: CatGAN, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:  # type: ignore[misc]
        """Deprecated name of `generate_raw`."""
        warn_of("draw_alone", "generate_raw")
        return self.generate_raw(latents, condition)

    def __getattr__(self, name: str) -> Any:
        # No property: Keras looks at all of them when it saves a model.
        if name == "joint":
            warn_of("joint", "density")
            return self.density
        inherited = getattr(super(), "__getattr__", None)  # with PyTorch, Keras models find their attributes by it
        if inherited is not None:
            return inherited(name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
