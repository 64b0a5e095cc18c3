"""Measures how joints that MediaPipe's pose landmarker reads differ from those that were drawn.

    python tools/measure_pose_errors.py --n 150 --out catgan/data/people/pose_errors.npz

People are drawn in places at 512 px (seed 900: nobody of any other data set), and read in four frames of their walk.
Joints are compared from the middle of the hips, after the read body has been given the size of the drawn one. The file
holds the mean error, and Gaussian factors of what is constant in a clip and of what changes from frame to frame. Two
thirds of the people are fitted; the others show how far the Gaussian describes them.
"""

import argparse
from pathlib import Path

import numpy as np

from catgan.data.people.pictures import draw_picture, walk_of
from catgan.data.people.pose_errors import PoseErrors, body_height, write_errors
from catgan.data.people.render import PeopleConfig, frames_of, scene_number
from catgan.modalities.joints import person_joints
from catgan.modalities.pose import PoseReader

FRAMES = (24, 28, 32, 36)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=150, help="people")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    config = PeopleConfig(arguments.n, clips=True, seed=900, missing=0.0, occluded=0.0)
    clips = []
    with PoseReader() as reader:
        for number in range(arguments.n):
            scene = scene_number(config, number)
            walk = walk_of(scene, frames_of(config))
            errors = [error for frame in FRAMES if (error := _error(reader, scene, config, walk, frame)) is not None]
            if len(errors) > 1:
                clips.append(np.stack(errors))
            print(f"{number + 1} people, {len(clips)} read", end="\r", flush=True)
    fitted, kept = clips[:2 * len(clips) // 3], clips[2 * len(clips) // 3:]
    found = PoseErrors.fit(fitted)
    write_errors(arguments.out, found)
    print(f"\n{len(clips)} of {arguments.n} people were read in two frames or more.")
    for name, part in (("fitted", fitted), ("kept apart", kept)):
        whole = np.concatenate(part)
        print(f"{name}: mean distance {1000 * np.linalg.norm(whole, axis=-1)[:, 1:].mean():.0f} mm, without the mean "
              f"error {1000 * np.linalg.norm(whole - found.bias, axis=-1)[:, 1:].mean():.0f} mm; within clips "
              f"{1000 * np.mean([np.linalg.norm(clip - clip.mean(0), axis=-1)[:, 1:].mean() for clip in part]):.0f} mm")
    drawn = found.draw(np.random.default_rng(0), 500, 4)
    print(f"drawn: mean distance {1000 * np.linalg.norm(drawn, axis=-1)[..., 1:].mean():.0f} mm")


def _error(reader, scene, config, walk, frame):
    """Returns read minus drawn joints in one frame, `(16, 3)` in metres; None if the person or a joint is not found."""
    drawn = draw_picture(scene, config.seed, frame, frames_of(config))[0]
    people = reader.detect(drawn.picture, [drawn.face_box] if drawn.face_box else [])
    rows, columns = np.nonzero(drawn.mask)
    middle = np.array([columns.mean(), rows.mean()])
    near = [person for person in people if np.linalg.norm(person.points[[23, 24], :2].mean(0) - middle) < 60]
    if not near:
        return None
    read, known = person_joints(near[0])
    true = walk[frame] - walk[frame, :1]
    if not known.all():
        return None
    read = read - read[:1]
    return read * (body_height(true) / body_height(read)) - true


if __name__ == "__main__":
    main()
