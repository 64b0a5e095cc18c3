"""Stands for `catgan.models.gan.model.CatGAN` as `catgan.CatGAN`, and loads Keras only for what needs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN as CatGAN
else:
    from pathlib import Path

    _HOME = "catgan.models.gan.model"

    def _loaded() -> type:
        from catgan.models.gan.model import CatGAN as Loaded

        return Loaded

    class _Deferred(type):
        """Passes everything on to the class itself. A subclass is one of the class itself."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object], **arguments: object) -> type:
            if not any(isinstance(base, _Deferred) for base in bases):
                return super().__new__(cls, name, bases, namespace, **arguments)
            real = tuple(_loaded() if isinstance(base, _Deferred) else base for base in bases)
            return type(real[0])(name, real, namespace, **arguments)

        def __call__(cls, *arguments: object, **named: object) -> object:
            return _loaded()(*arguments, **named)

        def __getattr__(cls, name: str) -> object:
            return getattr(_loaded(), name)

        def __instancecheck__(cls, instance: object) -> bool:
            return _HOME in sys.modules and isinstance(instance, _loaded())

        def __subclasscheck__(cls, subclass: type) -> bool:
            return subclass is cls or _HOME in sys.modules and issubclass(subclass, _loaded())

        def __dir__(cls) -> list[str]:
            return dir(_loaded())

    class CatGAN(metaclass=_Deferred):
        """A generator, a discriminator and an editor of faces; see `catgan.models.gan.model.CatGAN`.

        With `from_preset(..., runtime="onnx")` neither Keras nor TensorFlow is loaded.
        """

        @classmethod
        def from_preset(cls, preset: str | Path, reader: bool = False, runtime: str = "keras") -> object:
            """Loads a trained model; see `catgan.models.gan.model.CatGAN.from_preset`."""
            if runtime != "onnx":
                return _loaded().from_preset(preset, reader, runtime)
            from catgan.models.gan.onnx_model import OnnxCatGAN

            return OnnxCatGAN.from_preset(preset, reader)
