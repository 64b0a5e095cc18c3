"""OnnxCatGAN: a trained `CatGAN` whose networks run by onnxruntime, without Keras and TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catgan import config
from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.aligned import all_thresholds
from catgan.models.batching import in_batches
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.faces import NETWORKS, FaceGAN
from catgan.models.gan.onnx_files import INSTALL, onnx_folder, part_path
from catgan.models.gan.preset_folders import damage_reported, find_preset
from catgan.models.gan.presets import read_facts, read_faces, thresholds_of
from catgan.models.pixels import to_network

if TYPE_CHECKING:
    import onnxruntime

PARTS = {"discriminator": "predictor", "generator": "generator", "editor": "editor"}
"""Exported parts by the names of networks, see `catgan.exporters.description`."""
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Devices of onnxruntime in the order in which they are tried."""
RENAMED = {"edited": "image"}
"""Outputs whose names in the file differ: an ONNX file has one tensor of each name."""


class OnnxNetwork:
    """An ONNX file, which is opened when it is first run.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        """The open file. Several threads may run it at once."""
        try:
            import onnxruntime
        except ImportError:
            raise ModelError(f"The runtime 'onnx' needs onnxruntime: {INSTALL}.") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Threads that spin while they wait would take the cores from MediaPipe.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        known = onnxruntime.get_available_providers()
        with damage_reported(self.path):
            try:
                return onnxruntime.InferenceSession(str(self.path), options,
                                                    providers=[name for name in PROVIDERS if name in known])
            except Exception as error:  # onnxruntime has no common class of errors
                raise ValueError(str(error)) from None

    def predict_on_batch(self, x: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Computes the outputs by name for inputs by name, float32 `(n, ...)` each."""
        names = [one.name for one in self.session.get_outputs()]
        given = {name: np.ascontiguousarray(value, np.float32) for name, value in x.items()}
        return {RENAMED.get(name, name): value for name, value in zip(names, self.session.run(names, given))}


class OnnxCatGAN(FaceGAN):
    """A trained model that predicts, generates, edits and explains with the numbers of `CatGAN` in float32, within
    .001 of their range.

    It cannot be trained, and no gradients pass through it: `explain` by the method `"gradient"` and attributions by
    gradients need `CatGAN`.

    Args:
        folder: with the ONNX files, see `catgan.models.gan.onnx_files`.
        content: of the preset's `config.json`.
        reader: whether to leave generator and editor out.
    """

    differentiable, padded = False, False

    def __init__(self, folder: Path, content: Mapping, reader: bool = False):
        self.network = config.from_mapping(NetworkConfig, content["network"], "network")
        self.spec = LabelSpec.from_dict(content["labels"])
        self.thresholds = all_thresholds(self.spec, thresholds_of(content))
        self.critic_reference = float(content["critic_reference"])
        self.precision, self.name = "float32", "catgan"
        read_facts(self, content)
        for name in NETWORKS:
            path = None if reader and name != "discriminator" else part_path(folder, PARTS[name])
            setattr(self, name, None if path is None else OnnxNetwork(path))

    @classmethod
    def from_preset(cls, preset: str | Path, reader: bool = False) -> OnnxCatGAN:
        """Loads a trained model; `catgan.CatGAN.from_preset(preset, runtime="onnx")` does it.

        Args:
            preset, reader: as in `CatGAN.from_preset`. A folder that `catgan export-model --to onnx` wrote is a preset
                too.

        Raises:
            ModelError: there is no such preset, its files are damaged, or a package is missing.
        """
        folder = find_preset(preset)
        content = read_faces(folder)
        with damage_reported(folder):
            return cls(onnx_folder(folder), content, reader)

    def __repr__(self) -> str:
        return (f"<OnnxCatGAN: {self.network.image_size} px, {self.network.channels} channel(s); "
                f"{self._labels_read()}; {', '.join(self.network_names)}>")

    def read(self, images: np.ndarray, classes: bool = False, batch_size: int | None = None) -> dict[str, np.ndarray]:
        """Predicts labels as plain columns, see `FaceGAN.read`. The file holds the calibration."""
        outputs, spec = self._judged(images, batch_size), self.spec
        columns: dict[str, np.ndarray] = {}
        for head, names in (("action_units", spec.action_unit_columns), ("valence_arousal", ("valence", "arousal"))):
            for place, name in enumerate(names if head in outputs else ()):
                columns[name] = outputs[head][:, place]
                columns[f"{name}_std"] = outputs[f"{head}_std"][:, place]
        if spec.expressions:
            columns["expression"] = np.array(spec.expressions, dtype=object)[outputs["expression"].argmax(-1)]
            columns["expression_probability"] = outputs["expression"].max(-1)
        columns["realness"] = outputs["realness"].astype(np.float64)
        for place, name in enumerate(spec.expressions if classes else ()):
            columns[f"expression={name}"] = outputs["expression"][:, place]
        return columns

    def _judged(self, images: np.ndarray, batch_size: int | None = None) -> dict[str, np.ndarray]:
        return in_batches(lambda part: self.discriminator.predict_on_batch(
            {"image": to_network(part, self.network.channels)}), self._checked(images), batch_size=batch_size,
            padded=False)

    def _drawn(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        return self.generator.predict_on_batch({"latents": latents, "condition": condition})["image"]
