"""Renders scenes as images: light, colour, warp, background, mouth, blur, noise.

Until the end, images are planes `(side, side)` of float32, 0..1. All steps before the warp happen in the frame of the
textures, where eyes, lips and skin always lie in the same place.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from catgan import random_streams
from catgan.faces.warping import polygon_mask, sampled
from catgan.synthesis import mouth
from catgan.synthesis.face_model import (ACTION_UNITS, SHAPE_COMPONENTS, TEXTURE_COMPONENTS, FaceModel, rotations,
                                         unit_vector)
from catgan.synthesis.scene import Scene

# Scenes are always rendered in batches of this size, so that a face is equal to the bit whatever else is rendered.
BATCH_SIZE = 16

# Mean and standard deviation of the grey levels inside a face, as in photographs.
MEAN_GREY = 0.50
DEVIATION = 0.17

# The ten RGB colours of the Monk skin tone scale (Monk 2023), lightest first.
MONK = np.array([(246, 237, 228), (243, 231, 219), (247, 234, 208), (234, 218, 186), (215, 189, 150), (160, 126, 86),
                 (130, 92, 67), (96, 65, 52), (58, 49, 42), (41, 36, 32)], np.float32) / 255.0

# Monk's tones are of matt swatches. In photographs, living skin is redder than that, and its shadows are redder than
# its lights: each channel is the tone times r (1 + bend (1 - r)), where r is the brightness relative to the mean.
LIGHT_SKIN = np.array([1.24, 0.96, 0.80], np.float32)
DARK_SKIN = np.array([1.48, 0.90, 0.62], np.float32)
BEND = (0.16, 0.0, -0.06)
LIPS = np.array([1.0, 0.74, 0.76], np.float32)
HAIR = np.array([1.05, 1.0, 0.94], np.float32)

EYES = ([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
        [362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382])
_EYES_CLOSED = ACTION_UNITS.index(43)


class Renderer:
    """Renders scenes at one image size.

    Args:
        size: side of the images in pixels, 16..256.
        model: the face model; by default catgan's own.
    """

    def __init__(self, size: int = 64, model: FaceModel | None = None):
        self.size, self.model = size, model or FaceModel(size)
        points, soft = self.model.frame[:, :2], max(size / 96.0, 0.5)
        lips = polygon_mask(points[mouth.OUTER_LIPS], size, soft) - polygon_mask(points[mouth.INNER_LIPS], size, soft)
        self.lips = np.clip(lips, 0, 1) * 0.75
        self.eyes = np.clip(sum(polygon_mask(points[eye], size, soft) for eye in EYES), 0, 1)
        self.around = cv2.GaussianBlur(self.model.inside, (0, 0), size / 10.0)
        self.skin = np.clip(self.around * 1.8, 0, 1)
        self.hair = 1.0 - self.skin
        self.lip_tints = [1.0 + self.lips * (tint - 1.0) for tint in LIPS]
        self.glasses = self._glasses()

    def render(self, scenes: Sequence[Scene], channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
        """Renders scenes.

        Args:
            scenes: `n` scenes.
            channels: 1 renders in grey (still three equal channels), 3 in colour.

        Returns:
            Images uint8 `(n, size, size, 3)` and landmarks float32 `(n, 478, 2)` in pixels of the images.
        """
        images = np.empty((len(scenes), self.size, self.size, 3), np.uint8)
        landmarks = np.empty((len(scenes), self.model.rest.shape[0], 2), np.float32)
        for start in range(0, len(scenes), BATCH_SIZE):
            part = scenes[start:start + BATCH_SIZE]
            units, shape, texture, pose = _arrays(part)
            shapes = self.model.shapes(units, shape, pose)[:len(part), :, :2]
            sources = self.model.sources(units, shape, pose)
            greys = self.model.textures(units, texture)
            greys *= DEVIATION * np.array([scene.contrast for scene in part] + [1] * (BATCH_SIZE - len(part)),
                                          np.float32)[:, None, None]
            greys += MEAN_GREY
            self._light(greys, part, pose)
            for index, scene in enumerate(part):
                images[start + index] = self._draw(scene, shapes[index], sources[index], greys[index],
                                                   units[index, _EYES_CLOSED], channels)
            landmarks[start:start + len(part)] = shapes * self.size
        return images, landmarks

    def _draw(self, scene: Scene, points: np.ndarray, source: np.ndarray, grey: np.ndarray, closed: float,
              channels: int) -> np.ndarray:
        if scene.glasses:
            grey *= 1.0 - 0.85 * scene.glasses * self.glasses
        frame = self._coloured(grey, scene.skin, closed) if channels == 3 else [grey]
        *planes, near = cv2.split(sampled(cv2.merge([*frame, self.around]), source))
        random = random_streams.generator("background", scene.seed)
        self._paint_background(planes, near, scene, random.standard_normal((5, 5, 4), np.float32))
        mouth.paint(planes, points, scene)
        # Frames of a clip share one background and have separate noise.
        return self._developed(planes, scene, random_streams.generator("camera_noise", scene.seed, scene.frame))

    def _developed(self, planes: list[np.ndarray], scene: Scene, random: np.random.Generator) -> np.ndarray:
        """Applies the camera: blur, exposure, noise, 8 bits."""
        blur = scene.blur * self.size / 100.0
        if blur > 0.25:  # a blur of less than a quarter of a pixel changes nothing
            planes = [cv2.GaussianBlur(plane, (0, 0), blur) for plane in planes]
        for plane in planes:
            plane *= np.float32(255.0 * scene.gain)
        if scene.noise:
            noise = random.standard_normal(planes[0].shape, np.float32)
            noise *= np.float32(scene.noise)
            for plane in planes:
                plane += noise
        for plane in planes:
            np.maximum(plane, 0.0, out=plane)  # the conversion to 8 bits clips bright pixels only
        return cv2.convertScaleAbs(cv2.merge(planes if len(planes) == 3 else planes * 3))

    def _light(self, greys: np.ndarray, scenes: Sequence[Scene], pose: np.ndarray) -> None:
        """Shades textures `(BATCH_SIZE, size, size)` in place; the light does not turn with the head."""
        azimuth, elevation, strength = np.array([scene.light for scene in scenes], np.float32).T
        across, up = np.radians(azimuth), np.radians(elevation)
        towards = np.stack([np.sin(across) * np.cos(up), -np.sin(up), -np.cos(across) * np.cos(up)], 1)
        towards = np.einsum("nij,ni->nj", rotations(pose)[:len(scenes)], towards)  # in the frame of the head
        for grey, direction, share in zip(greys, towards, strength):
            if share:
                shade = self.model.normals @ direction.astype(np.float32)
                np.maximum(shade, 0.0, out=shade)
                shade += 0.85 * self.model.normals[..., 2]
                shade *= 0.75 * share * self.around
                shade += 1.0
                grey *= shade

    def _coloured(self, grey: np.ndarray, skin: float, closed: float) -> list[np.ndarray]:
        """Converts grey levels in the frame to red, green and blue planes of skin, lips, eyes and hair."""
        tone = skin_tone(skin)
        relative = np.maximum(grey, 0.0)
        relative *= np.float32(1 / MEAN_GREY)
        plain = np.multiply(relative, 0.52 - 0.14 * skin, dtype=np.float32)
        white = np.multiply(self.eyes, 0.8 * (1.0 - 0.2 * closed), dtype=np.float32)  # eyelids are skin
        planes = []
        for channel in range(3):
            plane = self.lip_tints[channel] * tone[channel]
            plane *= relative
            if BEND[channel]:
                plane *= 1.0 + BEND[channel] - BEND[channel] * relative
            plane += white * (plain - plane)
            plane *= self.skin
            hair = grey * HAIR[channel]
            hair *= self.hair
            plane += hair
            planes.append(plane)
        return planes

    def _paint_background(self, planes: list[np.ndarray], near: np.ndarray, scene: Scene, pattern: np.ndarray) -> None:
        """Blends pixels far from the face with a blurred background, in place."""
        far = near * np.float32(-12.5)
        far += 1.0
        np.maximum(far, 0.0, out=far)
        far *= 0.7
        levels = scene.background + scene.clutter * (0.20 * pattern[..., 3:] + 0.07 * pattern[..., :3])
        wide = cv2.resize(levels[..., :len(planes)], (self.size, self.size), interpolation=cv2.INTER_LINEAR)
        for plane, behind in zip(planes, cv2.split(wide)):
            behind -= plane
            np.multiply(behind, far, out=behind)
            plane += behind

    def _glasses(self) -> np.ndarray:
        """Returns the opacity 0..1 of glasses (rims and bridge) in the frame."""
        side, mask = self.size, np.zeros((self.size, self.size), np.uint8)
        thick = max(1, round(side / 40))
        for eye in EYES:
            x, y = self.model.frame[eye, :2].mean(0) * side
            centre, axes = (round(x * 16), round((y + 0.01 * side) * 16)), (round(2.3 * side), round(1.8 * side))
            cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, thick, cv2.LINE_AA, 4)
        x, y = self.model.frame[168, :2] * side
        left, right = ((round(x + sign * 0.035 * side), round(y)) for sign in (-1, 1))
        cv2.line(mask, left, right, 255, thick, cv2.LINE_AA)
        return mask.astype(np.float32) / 255.0


def skin_tone(skin: float) -> np.ndarray:
    """Returns red, green and blue of skin of mean brightness, float32 `(3,)`, 0..1; `skin` as in `Scene`."""
    place = skin * (len(MONK) - 1)
    low = min(int(place), len(MONK) - 2)
    tone = MONK[low] * (1 - place + low) + MONK[low + 1] * (place - low)
    # The exposure adapts to the face only in part: dark skin stays darker than light skin.
    blood = LIGHT_SKIN + skin * (DARK_SKIN - LIGHT_SKIN)
    return (0.60 - 0.30 * skin) * (0.4 * tone / tone.mean() + 0.6 * blood)


def _arrays(scenes: Sequence[Scene]) -> tuple[np.ndarray, ...]:
    """Returns AUs, shape and texture coefficients and poses of up to `BATCH_SIZE` scenes, padded with mean faces.
    Missing coefficients are those of the mean face."""
    units = np.zeros((BATCH_SIZE, len(ACTION_UNITS)), np.float32)
    shape, texture = (np.zeros((BATCH_SIZE, size), np.float32) for size in (SHAPE_COMPONENTS, TEXTURE_COMPONENTS))
    pose = np.zeros((BATCH_SIZE, 3))
    for index, scene in enumerate(scenes):
        units[index] = unit_vector(scene.action_units)
        shape[index, :len(scene.shape)] = scene.shape
        texture[index, :len(scene.texture)] = scene.texture
        pose[index] = scene.pose
    return units, shape, texture, pose
