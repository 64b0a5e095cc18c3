"""Registers named streams of random numbers, one for each use of chance, so that no two uses share numbers.

A stream is a function of its name, a seed and its registered indices, such as the number of a scene or of a training
step:

    random = random_streams.generator("scene", seed, number)

NumPy pads a list of seeds with zeros, so `default_rng([seed, 2])` and `default_rng([seed, 2, 0])` are the same stream.
Here identity and indices go into the `spawn_key` of a `SeedSequence`, which is not padded.

Numbers of a stream are part of the file formats: `VERSION` is recorded in the plan of a rendered data set and in
checkpoints. Version 1 stands for data from before streams had names. A change of any stream raises `VERSION`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from catgan.errors import CatganError, unknown_name

VERSION = 2


class Stream(NamedTuple):
    """Describes a stream: its identity, which is never reused, and the names of its indices."""

    identity: int
    indices: tuple[str, ...] = ()


STREAMS: Mapping[str, Stream] = {
    # Scenes of rendered faces
    "scene": Stream(1, ("scene",)),
    "person": Stream(2, ("person",)),
    "scene_is_moved": Stream(3, ("scene",)),
    "scene_moves": Stream(4, ("scene",)),
    "scene_labels": Stream(5, ("scene",)),
    "shortcut": Stream(6),
    "clip": Stream(7),
    "background": Stream(8),
    "camera_noise": Stream(9, ("frame",)),
    "clip_emotion": Stream(10, ("clip",)),
    "clip_rest": Stream(11, ("person",)),
    "clip_speech": Stream(12, ("clip",)),
    "clip_blinks": Stream(13, ("clip",)),
    "clip_motion": Stream(14, ("clip",)),
    "clip_flaws": Stream(15, ("clip", "kind")),
    "clip_raters": Stream(16, ("clip", "rater")),
    "clip_task": Stream(17, ("pair",)),
    "planted_clips": Stream(18, ("clip",)),
    "landmark_jitter": Stream(19, ("clip",)),
    # Faces of a data set
    "batch_order": Stream(20, ("data set", "epoch")),
    "batch_mirror": Stream(21, ("data set", "step")),
    "shown_faces": Stream(22),
    "streamed_shards": Stream(23, ("epoch",)),
    "streamed_faces": Stream(24, ("epoch", "worker")),
    # Training
    "step_inputs": Stream(40, ("step", "attempt")),
    "editing_inputs": Stream(41, ("step", "attempt")),
    "identity_inputs": Stream(42, ("step", "attempt")),
    "sample_latents": Stream(43),
    "sequence_inputs": Stream(44, ("step", "attempt")),
    "window_order": Stream(45, ("epoch",)),
    "landmark_batches": Stream(46, ("step", "attempt")),
    "reservoir": Stream(47, ("inputs",)),
    "fusion_order": Stream(165, ("epoch",)),
    "fusion_inputs": Stream(166, ("step", "attempt")),
    # Generating and measuring
    "latents": Stream(60),
    "bootstrap": Stream(61),
    "jackknife": Stream(62),
    "kernel_subsets": Stream(63),
    "distance_projections": Stream(64),
    "distance_faces": Stream(65),
    "distance_labels": Stream(66),
    "compared_faces": Stream(67),
    "generated_faces": Stream(68),
    "control_faces": Stream(69),
    "single_changes": Stream(70, ("action unit",)),
    "several_changes": Stream(73),
    "plane_changes": Stream(74),
    "exchanges": Stream(75),
    "edited_photographs": Stream(71),
    "layer_speed": Stream(72),
    "shuffled_frames": Stream(76),
    "missing_frames": Stream(77),
    # Seeds of Keras layers
    "legacy_dropout": Stream(100, ("layer",)),
    # Explaining
    "drawn_starts": Stream(80),
    "attribution_steps": Stream(81),
    "questions": Stream(82),
    "surveyed_faces": Stream(83),
    "planted_faces": Stream(84),
    "clip_questions": Stream(85),
    "attributed_clips": Stream(86, ("expression",)),
    "attribution_draws": Stream(87),
    "shuffled_weights": Stream(88, ("weight",)),
    # Studies
    "eliminated_points": Stream(110, ("fold", "draw", "expression", "size")),
    "eliminated_networks": Stream(111, ("fold", "size")),
    "ranked_clips": Stream(112, ("fold", "expression")),
    "related_folds": Stream(190),
    "label_budget": Stream(191),
    "compared_subjects": Stream(192),
    "compared_seeds": Stream(193),
    "compared_generators": Stream(194, ("model",)),
    # Drawn people and places
    "place": Stream(150),
    "clothes": Stream(152),
    "thing_before_person": Stream(153),
    # Situations
    "situation_draws": Stream(120),
    # Networks of several modalities
    "fusion_weights": Stream(160, ("part",)),
    # Walks
    "walker": Stream(140, ("person",)),
    "walks": Stream(141, ("walk",)),
    "planted_walks": Stream(142, ("walk",)),
    # Rendered people
    "people": Stream(180, ("scene", "part")),
    "people_pictures": Stream(181, ("scene",)),
    "pose_errors": Stream(182),
}
"""All streams by name."""


Seed = int | np.random.Generator | None
"""Type of arguments called `seed` (SPEC 7 of scientific Python): a number for the same result every time, a generator
to take a seed from, or None for another result every time."""


def seed_of(seed: Seed) -> int:
    """Converts an argument `seed` to a number, 0 or more.

    A number is returned unchanged. A generator gives its next 63 bits; None gives 63 bits from the operating system.
    """
    if seed is None:
        seed = np.random.default_rng()
    return int(seed.integers(2 ** 63)) if isinstance(seed, np.random.Generator) else int(seed)


def sequence(name: str, seed: int, *indices: int) -> np.random.SeedSequence:
    """Returns the seed sequence of a stream.

    Args:
        name: a key of `STREAMS`.
        seed: 0 or more.
        indices: as many as the stream has, each 0 or more and below 2**32.

    Raises:
        CatganError: an unknown name, a wrong number of indices, or a negative number.
    """
    if name not in STREAMS:
        raise unknown_name("random stream", name, STREAMS)
    stream = STREAMS[name]
    if len(indices) != len(stream.indices):
        raise CatganError(f"The random stream '{name}' has {len(stream.indices)} indices "
                          f"({', '.join(stream.indices) or 'none'}). Received: {len(indices)}.")
    if seed < 0 or not all(0 <= index < 1 << 32 for index in indices):
        raise CatganError("A seed is a whole number from 0 on, and so are the indices of a random stream, below 2**32. "
                          f"Received: {seed} with {list(map(int, indices))}.")
    return np.random.SeedSequence(int(seed), spawn_key=(stream.identity, *map(int, indices)))


def generator(name: str, seed: int, *indices: int) -> np.random.Generator:
    """Returns a generator at the start of a stream; see `sequence`."""
    return np.random.default_rng(sequence(name, seed, *indices))


def integer(name: str, seed: int, *indices: int) -> int:
    """Returns one number of a stream, 0 .. 2**31 - 1, as the seed of a Keras layer or initializer; see `sequence`."""
    return int(sequence(name, seed, *indices).generate_state(1, np.uint32)[0] >> 1)
