"""Checks the inputs of networks of several modalities, and resizes their masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.errors import ModelError
from catgan.modalities.registry import get_modality


def checked_inputs(modality: str, arrays: Mapping[str, np.ndarray] | None, count: int | None = None
                   ) -> dict[str, np.ndarray]:
    """Returns the inputs of a modality with their declared types.

    Args:
        modality: its name.
        arrays: by name, `(n, ...)`; None = nobody has it.
        count: number of people; that of the first array if None.

    Returns:
        Arrays by name; zeros if there were none and the number of people is known.

    Raises:
        ModelError: other names, shapes, types or lengths, or none.
    """
    wanted = get_modality(modality).inputs
    if arrays is None and count is not None:
        return {name: one.zeros(count) for name, one in wanted.items()}
    if arrays is None or set(arrays) != set(wanted):
        raise ModelError(f"The inputs of '{modality}' are {', '.join(wanted)}. "
                         f"Received: {', '.join(arrays or ()) or 'none'}.")
    length, found = count, {}
    for name, one in wanted.items():
        array = np.asarray(arrays[name])
        length = len(array) if length is None and array.ndim else length
        if array.shape != (length, *one.shape) or not np.can_cast(array.dtype, one.dtype, "same_kind"):
            raise ModelError(f"The input '{modality}.{name}' must be {one.dtype} of shape "
                             f"{('n' if length is None else length, *one.shape)}. "
                             f"Received: {array.dtype} of shape {array.shape}.")
        found[name] = array.astype(one.dtype, copy=False)
    return found


def available_matrix(available: Mapping[str, np.ndarray], modalities: Sequence[str]) -> np.ndarray:
    """Returns bool `(n, modalities)`; a modality without a mask is available to nobody.

    Raises:
        ModelError: masks of other types or of different lengths, of an unknown modality, or none.
    """
    masks = {name: np.asarray(mask) for name, mask in available.items()}
    if unknown := set(masks) - set(modalities):
        raise ModelError(f"The model reads {', '.join(modalities)}. Received: '{sorted(unknown)[0]}'.")
    shapes = {mask.shape for mask in masks.values()}
    if len(shapes) != 1 or any(mask.dtype != bool or mask.ndim != 1 for mask in masks.values()):
        received = ", ".join(f"{name}: {mask.dtype} {mask.shape}" for name, mask in masks.items()) or "none"
        raise ModelError(f"What is available must be bool (n,) for each modality. Received: {received}.")
    nobody = np.zeros(next(iter(shapes)), bool)
    return np.stack([masks.get(name, nobody) for name in modalities], axis=1)


def resized(masks: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Resizes maps `(n, a, b)` to `(n, h, w)` by linear interpolation between the centres of their places."""
    rows, columns = (_weights(small, large) for small, large in zip(masks.shape[1:], size))
    return np.einsum("ha,nab,wb->nhw", rows, masks, columns, optimize=True).astype(np.float32)


def _weights(small: int, large: int) -> np.ndarray:
    """Returns the weights `(large, small)` of linear interpolation; rows sum to 1."""
    places = np.clip((np.arange(large) + 0.5) * small / large - 0.5, 0, small - 1)
    return np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(small)))
