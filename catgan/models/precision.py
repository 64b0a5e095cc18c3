"""Chooses the precision that is fast on this machine."""

from __future__ import annotations

from pathlib import Path


def fastest() -> str:
    """Returns `"mixed_bfloat16"` on hardware with bf16 matrix units, else `"float32"`.

    Such hardware is a GPU, a TPU, or a CPU with AMX or AVX-512 BF16. Elsewhere bf16 convolutions are emulated, which
    is more than ten times slower than float32.
    """
    return "mixed_bfloat16" if _has_accelerator() or _cpu_has_bf16() else "float32"


def _has_accelerator() -> bool:
    import keras

    if keras.backend.backend() == "jax":
        import jax
        return jax.default_backend() in ("gpu", "tpu")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        return bool(tf.config.list_physical_devices("GPU"))
    return False


def _cpu_has_bf16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    except OSError:  # not Linux
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags
