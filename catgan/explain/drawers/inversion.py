"""Drawer of models without an editor: inverts photographs into the generator."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import cv2
import numpy as np

from catgan import random_streams
from catgan.errors import ModelError
from catgan.explain.drawers.common import MinQuality, no_displacement, settings_of
from catgan.explain.tensors import Tensor
from catgan.faces.regions import face_region
from catgan.models.gan.faces import FaceGAN
from catgan.models.pixels import to_network

STEPS = 200
"""Steps of Adam for one face."""
STARTS = 8
"""Latents that are optimised at once; the best of them is kept."""
LEARNING_RATE = 0.05
"""Of Adam."""
PRIOR_WEIGHT = 1e-3
"""Weight of the mean squared latent in the loss."""


class InversionDrawer:
    """Draws changed faces with the generator, and blends the change back into the photographs.

    A photograph is inverted into a latent under the intensities that it shows. Generator training does not ask that one
    latent under two conditions is one person, so traces of a second face can appear.

    Args:
        gan: its generator draws.
        images: uint8 `(n, side, side, 3)`, aligned faces.
        settings: intensities 0..5 that the faces have now, `(n, k)`; read off the faces when None.
        seed: of the first latents.
    """

    title, min_quality, intensity_slack = "as the generator\ndraws it", MinQuality(15.0, 0.0), 0.0

    def __init__(self, gan: FaceGAN, images: np.ndarray, settings: np.ndarray | None = None, seed: int = 0):
        if not gan.differentiable:
            raise ModelError("This model has no editor, and its generator changes faces by gradients, which do not "
                             "pass through ONNX files: load it with runtime='keras'.")
        self.gan, self.images, self.units = gan, images, gan.spec.action_units
        self.settings = settings_of(gan, images) if settings is None else settings
        conditions = self._conditions(self.settings)
        self.latents = np.concatenate([invert(gan, image, condition[None], seed)
                                       for image, condition in zip(images, conditions)])
        self.inverted = gan.generate_raw(self.latents, conditions)

    def draw(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        changed = self.gan.generate_raw(self.latents[rows], self._conditions(levels))
        return np.stack([_blend(self.images[row], self.inverted[row], face) for row, face in zip(rows, changed)])

    def drawn(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.draw(rows, levels), no_displacement(self.images[rows])

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return self.inverted

    def _conditions(self, levels: np.ndarray) -> np.ndarray:
        return np.concatenate([self.gan.condition(dict(zip(self.units, np.clip(row, 0.0, 5.0).tolist())))
                               for row in levels])


def _blend(image: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Adds the difference of two drawn faces to a photograph where it is large and lies in the face."""
    difference = after.astype(np.float32) - before
    size = np.abs(difference).max(-1)
    mask = cv2.GaussianBlur(np.clip(size / 12.0 - 0.5, 0.0, 1.0), (0, 0), max(1.0, len(size) / 48.0))
    mask *= face_region(len(size))
    return np.clip(np.rint(image + difference * mask[..., None]), 0, 255).astype(np.uint8)


class Inverter:
    """Inverts faces into a generator, one at a time, by an optimisation step that is compiled once.

    Adam minimises the mean squared error of several latents at once, with a weak pull towards the prior of the latents.

    Args:
        gan: its generator is inverted.

    Attributes:
        traces: how often the step was traced, for tests.
    """

    def __init__(self, gan: FaceGAN):
        import keras

        from catgan.backend import get_engine

        self.generator, self.latent_size, self.channels = gan.generator, gan.network.latent_size, gan.network.channels
        self.latents = keras.Variable(np.zeros((STARTS, self.latent_size), np.float32), name="latents")
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.optimizer.build([self.latents])
        self._first_state = [np.asarray(variable.value) for variable in self.optimizer.variables]
        self.engine, self.traces = get_engine(), 0
        self._step = self.engine.compile(self._minimize, [self.latents, *self.optimizer.variables,
                                                          *self.generator.variables])

    def _minimize(self, wanted: Tensor, conditions: Tensor) -> Tensor:
        """Takes one step; returns the error of each latent, `(STARTS,)`."""
        from keras import ops

        self.traces += 1

        def loss_fn() -> tuple[Tensor, Tensor]:
            faces = self.generator({"latents": self.latents.value, "condition": conditions})
            errors = ops.mean(ops.square(faces - wanted), axis=(1, 2, 3))
            return ops.sum(errors) + PRIOR_WEIGHT * ops.mean(ops.square(self.latents.value)), errors
        return self.engine.minimize(loss_fn, [self.latents], self.optimizer)

    def invert(self, image: np.ndarray, condition: np.ndarray, seed: int = 0) -> np.ndarray:
        """Finds the latent `(1, latent_size)` whose face is nearest to a photograph.

        Args:
            image: uint8 `(side, side, 3)`.
            condition: of the generator, `(1, 2 * spec.width)`.
            seed: of the first latents.
        """
        from keras import ops

        random = random_streams.generator("drawn_starts", seed)
        self.latents.assign(random.standard_normal((STARTS, self.latent_size)).astype(np.float32))
        for variable, value in zip(self.optimizer.variables, self._first_state):
            variable.assign(value)
        wanted = ops.convert_to_tensor(to_network(image[None], self.channels))
        conditions = ops.convert_to_tensor(np.repeat(condition, STARTS, axis=0))
        for _ in range(STEPS):
            errors = self._step(wanted, conditions)
        self.engine.synchronize()
        return np.asarray(self.latents.value)[[int(np.argmin(np.asarray(errors)))]]


_INVERTERS: WeakKeyDictionary[FaceGAN, Inverter] = WeakKeyDictionary()


def invert(gan: FaceGAN, image: np.ndarray, condition: np.ndarray, seed: int = 0) -> np.ndarray:
    """Inverts a face into the generator of `gan`, whose `Inverter` is kept; arguments as `Inverter.invert`."""
    if gan not in _INVERTERS:
        _INVERTERS[gan] = Inverter(gan)
    return _INVERTERS[gan].invert(image, condition, seed)
