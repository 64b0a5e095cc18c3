"""Drawing changed faces. The seam: `drawer.draw(rows, levels)` gives faces with other intensities of Action Units.

Search, pictures and results know nothing else of a drawer. A drawer of n faces and k Action Units has
- `units`, their FACS numbers; `settings` `(n, k)`, the intensities 0..5 that the faces have now, of as many decimals
  as answers state; `past`, by how much levels may lie below 0, since these are read and may be too low;
- `images`, uint8 `(n, side, side, 3)`;
- `draw(rows, levels)`: faces `rows` `(m,)` with their Action Units at `levels` `(m, k)`, uint8 `(m, side, side, 3)`;
- `drawn(rows, levels)`: these, and from how many pixels to the right and below each of their pixels was taken, float
  `(m, side, side, 2)`: what an answer needs to go back into a photograph;
- `reconstructed(levels, answers)`: what it keeps of the unchanged faces, if `answers` are what it drew of all faces at
  `levels` `(n, k)`; and `title`, what that is; `least`, the least PSNR (dB) and SSIM to the faces: below it a change
  would mean nothing;
- `differentiable`: whether there is `told(rows, changes)`: as `draw`, of the backend's tensors, gradients passing
  through from `changes` `(m, k)`, differences / 5, to float pixels 0..255.

The editor is the drawer of models that have one. Latent inversion is for those that have none, and for comparison; the
truth is for rendered faces alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import keras
import numpy as np
from keras import ops

from catgan import random_streams
from catgan import facs
from catgan.conditions import Condition
from catgan.faces.regions import face_region
from catgan.metrics import image as image_metrics
from catgan.models.batching import one_by_one
from catgan.models.gan.changes import DIGITS, PAST, as_levels, exact
from catgan.models.gan.model import CatGAN, to_network
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

PERFECT = 100.0  # dB, of a face that is reproduced to the last grey level


class EditorDrawer:
    """Draws with a model's editor: one pass a face, and no change is no change.

    The editor is told differences from what was read. A level of -1 asks for one level less than was read.

    Args:
        gan: with an editor; what the faces show now is read by its discriminator.
        images: uint8 `(n, side, side, 3)`, aligned faces.
        settings: intensities that the faces have now, `(n, k)`; read off the faces when None.
        seed: not needed.
    """

    title, least, differentiable, past = "there and back", (15.0, 0.85), True, PAST

    def __init__(self, gan: CatGAN, images: np.ndarray, settings: np.ndarray | None = None, seed: int = 0):
        self.gan, self.images, self.units = gan, images, gan.spec.action_units
        self.settings = settings_of(gan, images) if settings is None else np.round(settings, DIGITS)

    def draw(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        return self.drawn(rows, levels)[0]

    def drawn(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        result = self.gan.apply_change(self.images[rows], self._change(levels - self.settings[rows]))
        return result.images, result.moves

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        """The faces after the answer and back again: there is no inversion to fail, but something may be lost."""
        return self.gan.apply_change(answers, self._change(self.settings - levels)).images

    def told(self, rows: np.ndarray, changes) -> Any:
        gan = self.gan
        pixels = ops.convert_to_tensor(to_network(self.images[rows], gan.network.channels))
        rest = ops.zeros((len(rows), gan.spec.width - len(self.units)))
        change = Condition(*(ops.concatenate([part, rest], axis=1) for part in (changes, ops.ones_like(changes))))
        drawn = gan.editor({"image": pixels, "change": change.encode()})["image"]
        # What the editor adds, on the photograph: colours that a grey editor does not know stay.
        photographs = ops.convert_to_tensor(self.images[rows].astype(np.float32))
        return ops.clip(photographs + 127.5 * (drawn - pixels), 0.0, 255.0)

    def _change(self, difference: np.ndarray) -> np.ndarray:
        """What the editor is told: all Action Units are named, valence and arousal follow."""
        names = map(facs.au_name, self.units)
        return Condition.change(self.gan.spec, dict(zip(names, exact(difference).T)), len(difference)).encode()


class InversionDrawer:
    """Inverts photographs into the generator, and blends the difference of two generated faces back into them.

    Nothing in a generator's training asks that one latent under two labels is one person, so that ghosts of a second
    face show.

    Args:
        gan: its generator draws.
        images, settings: as `EditorDrawer`.
        seed: of the starting latents.
    """

    title, least, differentiable, past = "as the generator\ndraws it", (15.0, 0.0), False, 0.0

    def __init__(self, gan: CatGAN, images: np.ndarray, settings: np.ndarray | None = None, seed: int = 0):
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
        return self.draw(rows, levels), _still(self.images[rows])

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return self.inverted

    def _conditions(self, levels: np.ndarray) -> np.ndarray:
        return np.concatenate([self.gan.condition(dict(zip(self.units, np.clip(row, 0.0, 5.0).tolist())))
                               for row in levels])


class SceneDrawer:
    """Draws the truth: the face model renders the same scenes with other Action Units. For rendered faces alone.

    Args:
        scenes: what the faces were drawn from.
        side: of the faces.
        channels: 1 or 3, as they were drawn.
        units: FACS numbers.
    """

    title, least, differentiable, past = "as the face model\ndraws it", (0.0, 0.0), False, 0.0

    def __init__(self, scenes: Sequence[Scene], side: int, channels: int, units: Sequence[int]):
        self.scenes, self.channels, self.units, self.renderer = scenes, channels, tuple(units), Renderer(side)
        self.settings = np.round([[scene.action_units.get(number, 0.0) for number in units] for scene in scenes],
                                 DIGITS)
        self.images = self.renderer.render(list(scenes), channels)[0]

    def draw(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        moved = []
        for row, level in zip(rows, levels):
            others = np.abs(level - self.settings[row]) > 1e-9
            changes = {number: float(value) for number, value, other in zip(self.units, level, others) if other}
            moved.append(self.scenes[row].with_action_units(changes))
        return self.renderer.render(moved, self.channels)[0]

    def drawn(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.draw(rows, levels), _still(self.images[rows])

    def reconstructed(self, levels: np.ndarray, answers: np.ndarray) -> np.ndarray:
        return self.images


def _still(faces: np.ndarray) -> np.ndarray:
    return np.zeros((*faces.shape[:3], 2), np.float32)


def drawer_of(gan: CatGAN) -> Any:
    """The class of drawer for a model: its editor where it has one."""
    return EditorDrawer if gan.editor is not None else InversionDrawer


def settings_of(gan: CatGAN, images: np.ndarray) -> np.ndarray:
    """Reads the intensities 0..5 that faces show, `(n, k)`, off each alone. A presence of p counts as 5 p."""
    if not len(images):
        return np.zeros((0, len(gan.spec.action_units)))
    read = one_by_one(gan.read, images)
    return np.stack([as_levels(read[name], gan.spec) for name in gan.spec.action_unit_columns], axis=1)


def likeness(faces: np.ndarray, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """PSNR in dB and SSIM of pairs of faces, `(n,)`, in luminance: a grey model has no colours to keep."""
    pairs = [tuple(np.repeat(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1) for face in pair)
             for pair in zip(faces, drawn)]
    return {"psnr": np.array([min(image_metrics.psnr(*pair), PERFECT) for pair in pairs]),
            "ssim": np.array([image_metrics.ssim(*pair) for pair in pairs])}


# === Latent inversion ===

STEPS, STARTS, LEARNING_RATE, PRIOR = 200, 8, 0.05, 1e-3


def _blend(image: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Adds the change where there is one in the face: away from it every pixel stays the photograph's own."""
    difference = after.astype(np.float32) - before
    size = np.abs(difference).max(-1)
    mask = cv2.GaussianBlur(np.clip(size / 12.0 - 0.5, 0.0, 1.0), (0, 0), max(1.0, len(size) / 48.0))
    mask *= face_region(len(size))
    return np.clip(np.rint(image + difference * mask[..., None]), 0, 255).astype(np.uint8)


def invert(gan: CatGAN, image: np.ndarray, condition: np.ndarray, seed: int = 0) -> np.ndarray:
    """The latent `(1, latent_size)` whose face under `condition` is nearest to `image`.

    Adam on the mean squared error of several starts at once, with a weak pull towards the latents' own distribution.
    """
    from catgan.backend import get_engine

    wanted = to_network(image[None], gan.network.channels)
    random = random_streams.generator("drawn_starts", seed)
    start = random.standard_normal((STARTS, gan.network.latent_size)).astype(np.float32)
    latents = keras.Variable(start, name="latents")
    conditions = ops.convert_to_tensor(np.repeat(condition, STARTS, axis=0))
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build([latents])
    engine = get_engine()

    def step():
        def loss_fn():
            faces = gan.generator({"latents": latents.value, "condition": conditions})
            errors = ops.mean(ops.square(faces - wanted), axis=(1, 2, 3))
            return ops.sum(errors) + PRIOR * ops.mean(ops.square(latents.value)), errors
        return engine.minimize(loss_fn, [latents], optimizer)

    compiled = engine.compile(step, [latents, *optimizer.variables, *gan.generator.variables])
    for _ in range(STEPS):
        errors = compiled()
    engine.synchronize()
    return np.asarray(latents.value)[[int(np.argmin(np.asarray(errors)))]]
