"""Scenes -> pictures: colour, light, warp, mouth, glasses, blur, noise."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from catgan.faces.face_model import FaceModel, identity_size, polygon_mask, sampled, unit_vector
from catgan.faces.scene import Scene

BATCH = 64

# Grey level and its deviation inside a face of skin 0.35, as photographs have them.
MEAN_GREY, DEVIATION = 0.50, 0.17

# The ten tones of the Monk skin tone scale (Monk 2023), lightest first, RGB.
MONK = np.array([(246, 237, 228), (243, 231, 219), (247, 234, 208), (234, 218, 186), (215, 189, 150), (160, 126, 86),
                 (130, 92, 67), (96, 65, 52), (58, 49, 42), (41, 36, 32)], np.float32) / 255.0

BLOOD = np.array([1.24, 0.96, 0.80], np.float32)

_INNER_LIPS = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
_OUTER_LIPS = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
_EYES = ([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
         [362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382])
_UPPER, _LOWER = 13, 14


class Renderer:
    """Draws scenes at one size.

    Args:
        size: side of the pictures in pixels, 16..256.
    """

    def __init__(self, size: int = 64):
        self.size, self.model = size, FaceModel(size)
        points = self.model.frame[:, :2]
        soft = max(size / 96.0, 0.5)
        lips = polygon_mask(points[_OUTER_LIPS], size, soft) - polygon_mask(points[_INNER_LIPS], size, soft)
        self.lips = np.clip(lips, 0, 1)
        self.eyes = np.clip(sum(polygon_mask(points[eye], size, soft) for eye in _EYES), 0, 1)
        self.around = cv2.GaussianBlur(self.model.inside, (0, 0), size / 10.0)

    def render(self, scenes: Sequence[Scene], channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
        """Draws scenes.

        Args:
            scenes: `n` of them.
            channels: 1 draws in grey (still three equal channels), 3 in colour.

        Returns:
            Images uint8 `(n, size, size, 3)` and landmarks float32 `(n, 478, 2)` in pixels of the pictures.
        """
        images, landmarks = [], []
        for start in range(0, len(scenes), BATCH):
            part = scenes[start:start + BATCH]
            units = np.stack([unit_vector(scene.action_units) for scene in part])
            shape, texture = (np.stack([_padded(getattr(scene, name), size) for scene in part])
                              for name, size in zip(("shape", "texture"), identity_size()))
            shapes = self.model.shapes(units, shape, np.array([scene.pose for scene in part]))
            sources, textures = self.model.backward(shapes), self.model.textures(units, texture)
            images += [self._draw(*one, channels) for one in zip(part, shapes[..., :2], sources, textures)]
            landmarks.append(shapes[..., :2] * self.size)
        return np.stack(images), np.concatenate(landmarks)

    def _draw(self, scene: Scene, points: np.ndarray, source: np.ndarray, texture: np.ndarray,
              channels: int) -> np.ndarray:
        # === In the frame of the mean face ===
        grey = MEAN_GREY + DEVIATION * scene.contrast * texture
        grey *= self._light(scene)
        if scene.glasses:
            grey = self._glasses(grey, scene.glasses)
        frame = self._coloured(grey, scene.skin) if channels == 3 else grey[..., None]

        # === In the picture ===
        side = self.size
        picture = sampled(frame, source).reshape(side, side, -1)
        near = sampled(self.around, source)[..., None]
        far = 1.0 - np.clip(near / 0.08, 0.0, 1.0)
        picture = picture * (1 - far) + far * (0.35 * picture + 0.65 * scene.background)
        picture = self._mouth(picture, points, scene)
        picture = picture * scene.gain
        if scene.blur > 0.05:
            picture = cv2.GaussianBlur(picture, (0, 0), max(scene.blur * side / 100.0, 0.1)).reshape(side, side, -1)
        if scene.noise:
            random = np.random.default_rng([scene.seed, 5])
            picture = picture + random.standard_normal((side, side, 1), np.float32) * (scene.noise / 255.0)
        image = np.clip(np.rint(picture * 255.0), 0, 255).astype(np.uint8)
        return np.repeat(image, 3, axis=-1) if channels == 1 else image

    def _light(self, scene: Scene) -> np.ndarray:
        azimuth, elevation, strength = scene.light
        if not strength:
            return np.ones((self.size, self.size), np.float32)
        across, up = np.radians(azimuth), np.radians(elevation)
        direction = np.array([np.sin(across) * np.cos(up), -np.sin(up), -np.cos(across) * np.cos(up)], np.float32)
        lit = np.maximum(self.model.normals @ direction, 0.0)
        even = np.maximum(-self.model.normals[..., 2], 0.0)
        shade = 1.0 + 0.75 * strength * (lit - 0.85 * even)
        return (1.0 + (shade - 1.0) * self.around).astype(np.float32)

    def _glasses(self, grey: np.ndarray, dark: float) -> np.ndarray:
        side, mask = self.size, np.zeros((self.size, self.size), np.uint8)
        thick = max(1, round(side / 40))
        for eye in _EYES:
            x, y = self.model.frame[eye, :2].mean(0) * side
            centre, axes = (round(x * 16), round((y + 0.01 * side) * 16)), (round(2.3 * side), round(1.8 * side))
            cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, thick, cv2.LINE_AA, 4)
        x, y = self.model.frame[168, :2] * side
        left, right = ((round(x + sign * 0.035 * side), round(y)) for sign in (-1, 1))
        cv2.line(mask, left, right, 255, thick, cv2.LINE_AA)
        return grey * (1 - 0.85 * dark * mask.astype(np.float32) / 255.0)

    def _coloured(self, grey: np.ndarray, skin: float) -> np.ndarray:
        place = skin * (len(MONK) - 1)
        low = min(int(place), len(MONK) - 2)
        tone = MONK[low] * (1 - place + low) + MONK[low + 1] * (place - low)
        # The camera exposes for the face, but not fully: dark skin stays darker than light skin.
        # Monk's tones are of matt swatches; blood makes living skin redder.
        tone = (0.60 - 0.26 * skin) * (0.5 * tone / tone.mean() + 0.5 * BLOOD)
        relative = np.clip(grey / MEAN_GREY, 0.0, None)[..., None]
        # Shadows on skin are redder than its lights.
        face = tone * relative ** np.array([0.86, 1.0, 1.06], np.float32)
        red = face * np.array([1.0, 0.74, 0.76], np.float32)
        face = face + self.lips[..., None] * 0.75 * (red - face)
        plain = relative * (0.52 - 0.14 * skin)
        face = face + self.eyes[..., None] * 0.8 * (plain - face)
        hair = relative * MEAN_GREY * np.array([1.05, 1.0, 0.94], np.float32)
        share = np.clip(self.around * 1.8, 0, 1)[..., None]
        return (hair + share * (face - hair)).astype(np.float32)

    def _mouth(self, picture: np.ndarray, points: np.ndarray, scene: Scene) -> np.ndarray:
        """Teeth and darkness between the lips, where they part."""
        gap = float(points[_LOWER, 1] - points[_UPPER, 1])
        strength = np.clip((gap - 0.012) / 0.03, 0.0, 1.0)
        if strength <= 0.0:
            return picture
        side, lips = self.size, points[_INNER_LIPS]
        mask = polygon_mask(lips, side, max(side / 140.0, 0.4)) * strength
        rows, columns = (np.indices((side, side), np.float32) + 0.5) / side
        (left, right), middle = (lips[:, 0].min(), lips[:, 0].max()), lips[:, 0].mean()
        across = np.abs(columns - middle) / max(float(right - left) / 2, 1e-3)
        top = np.interp(columns[0], lips[:11, 0], lips[:11, 1])[None] if lips[10, 0] > lips[0, 0] else lips[:, 1].min()
        below = rows - top
        height = min(0.55 * gap + 0.01, 0.045)
        shown = np.clip(0.35 + 0.2 * (scene.action_units.get(12, 0.0) + scene.action_units.get(10, 0.0)), 0.0, 1.0)
        teeth = shown * np.clip((height - below) * side / 1.5 + 0.5, 0, 1) * np.clip(1.15 - across ** 2, 0, 1)
        tongue = 0.14 * np.clip((below - 0.6 * gap) / max(gap, 1e-3), 0, 1)
        inside = (0.13 + tongue + teeth * 0.50)[..., None]
        if picture.shape[-1] == 3:
            inside = inside * (np.array([1.05, 0.70, 0.68]) + teeth[..., None] * np.array([0.0, 0.28, 0.22]))
        return picture + mask[..., None] * (inside - picture)


def _padded(values: Sequence[float], size: int) -> np.ndarray:
    """Coefficients that are not given are those of the mean face."""
    result = np.zeros(size, np.float32)
    result[:len(values)] = values
    return result
