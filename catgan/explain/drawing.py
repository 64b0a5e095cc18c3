"""Drawing a changed face. The seam: `drawer.draw(changes)` gives the face with Action Units set to new intensities.

Search, pictures and results know nothing else of a drawer. This one inverts the photograph into the generator and
blends the difference of two generated faces back into the photograph. It is the simplest drawer, and a weak one:
nothing in the generator's training asks that one latent under two labels is one person, so that ghosts of a second
face show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import keras
import numpy as np
from keras import ops

from catgan.faces import alignment
from catgan.faces.rendering import Renderer
from catgan.faces.scene import Scene
from catgan.gan.model import CatGAN, to_network
from catgan.metrics import image as image_metrics

STEPS, STARTS, LEARNING_RATE, PRIOR = 200, 8, 0.05, 1e-3

# Below this the generated face is not the photographed one: a difference of two such faces explains nothing.
POOR_PSNR = 15.0


class InversionDrawer:
    """Draws changes of one face.

    Args:
        gan: its generator draws.
        image: uint8 `(side, side, 3)`, the aligned face.
        settings: intensity 0..5 per AU that the face has now.
        seed: of the starting latents.
    """

    def __init__(self, gan: CatGAN, image: np.ndarray, settings: Mapping[int, float], seed: int = 0):
        self.gan, self.image, self.settings = gan, image, dict(settings)
        self.latent = invert(gan, image, gan.condition(self.settings), seed)
        self.reconstruction = gan.draw(self.latent, gan.condition(self.settings))[0]

    @property
    def quality(self) -> dict[str, float]:
        """How well the unchanged face is reproduced: PSNR in dB and SSIM, in the generator's own channels."""
        seen = self._seen(self.image)
        return {"psnr": image_metrics.psnr(seen, self.reconstruction),
                "ssim": image_metrics.ssim(seen, self.reconstruction)}

    @property
    def poor(self) -> bool:
        """Whether the reconstruction is too far from the face to explain anything."""
        return self.quality["psnr"] < POOR_PSNR

    def draw(self, changes: Sequence[Mapping[int, float]]) -> np.ndarray:
        """One face per set of changes.

        Args:
            changes: new intensities 0..5 per FACS number; AUs that are not named stay as they are.

        Returns:
            uint8 `(n, side, side, 3)`.
        """
        conditions = np.concatenate([self.gan.condition({**self.settings, **change}) for change in changes])
        changed = self.gan.draw(np.repeat(self.latent, len(changes), axis=0), conditions)
        return np.stack([self._blend(face) for face in changed])

    def _blend(self, changed: np.ndarray) -> np.ndarray:
        """Adds the change where there is one in the face: away from it every pixel stays the photograph's own."""
        difference = changed.astype(np.float32) - self.reconstruction
        size = np.abs(difference).max(-1)
        mask = cv2.GaussianBlur(np.clip(size / 12.0 - 0.5, 0.0, 1.0), (0, 0), max(1.0, len(size) / 48.0))
        mask *= face_region(len(size))
        return np.clip(np.rint(self.image + difference * mask[..., None]), 0, 255).astype(np.uint8)

    def _seen(self, image: np.ndarray) -> np.ndarray:
        if self.gan.network.channels == 3:
            return image
        return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1)


class SceneDrawer:
    """Draws the truth: the face model renders the same scene with other Action Units. For drawn faces alone.

    Args:
        gan, image, settings, seed: as `InversionDrawer`; only `settings` matter.
        scene: what `image` was drawn from.
        channels: 1 or 3, as `image` was drawn.
    """

    poor, quality = False, {"psnr": 100.0, "ssim": 1.0}

    def __init__(self, gan: CatGAN, image: np.ndarray, settings: Mapping[int, float], seed: int = 0, *, scene: Scene,
                 channels: int = 3):
        self.reconstruction, self.scene, self.channels = image, scene, channels
        self.renderer = Renderer(image.shape[0])

    def draw(self, changes: Sequence[Mapping[int, float]]) -> np.ndarray:
        """One face per set of changes, uint8 `(n, side, side, 3)`."""
        return self.renderer.render([self.scene.with_action_units(change) for change in changes], self.channels)[0]


def face_region(side: int) -> np.ndarray:
    """Where Action Units can be seen in an aligned face: 1 inside an ellipse from the brows to the chin, falling to 0
    around it, float32 `(side, side)`. Hair and background are not theirs to change."""
    x, y = alignment.TEMPLATE.mean(0)
    row, column = (np.indices((side, side)) + 0.5) / side
    radius = np.hypot((column - x) / 0.32, (row - y - 0.02) / 0.42)
    return np.clip((1.15 - radius) / 0.3, 0.0, 1.0).astype(np.float32)


def invert(gan: CatGAN, image: np.ndarray, condition: np.ndarray, seed: int = 0) -> np.ndarray:
    """The latent `(1, latent_size)` whose face under `condition` is nearest to `image`.

    Adam on the mean squared error of several starts at once, with a weak pull towards the latents' own distribution.
    """
    from catgan.training.engine import get_engine

    wanted = to_network(image[None], gan.network.channels)
    start = np.random.default_rng([seed, 11]).standard_normal((STARTS, gan.network.latent_size)).astype(np.float32)
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
