"""Measures what `catgan.faces.frontal` removes: the table of *Shapes* in docs/landmarks.md.

    python tools/measure_frontal.py DATASET [--split test]

DATASET is one of `catgan render --clips` with motion. Frames in which neither emotion nor speech moves the face should
not differ within a clip but for the head's rotation. Prints the root mean square deviation of a point within a clip, in
eye distances, without the points of the eyes, as they are and frontal, without and with the landmarker's jitter.
"""

from __future__ import annotations

import argparse

import numpy as np

from catgan.data.clips.jitter import jittered
from catgan.data.clips.landmarks import LandmarkClips
from catgan.data.store import load_dataset
from catgan.faces.frontal import frontal
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import upright

QUIET, FEWEST = 0.05, 8
KNOWN = landmark_set("mediapipe_478")
OUTSIDE = np.setdiff1d(np.arange(KNOWN.count), np.concatenate([KNOWN.regions["left_eye"], KNOWN.regions["right_eye"]]))


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--split", default="test")
    options = parser.parse_args()
    clips, turning = quiet_clips(options.dataset, options.split)
    print(f"{int(clips.seen.sum())} frames of {len(clips)} clips")
    most = turning > np.quantile(turning, 0.75)
    for name, some in (("exact", clips), ("with jitter", jittered(clips, 0))):
        for turned_back in (False, True):
            found = spreads(some, turned_back)
            print(f"  {name:12s} {'frontal' if turned_back else 'as they are':12s} {np.sqrt((found ** 2).mean()):.4f}, "
                  f"most turning quarter {np.sqrt((found[most] ** 2).mean()):.4f}")


def quiet_clips(folder: str, split: str) -> tuple[LandmarkClips, np.ndarray]:
    """Returns the quiet frames of clips that have enough of them, and the deviation of each clip's yaw in degrees."""
    dataset = load_dataset(folder)
    layers = [name for name in dataset.info["columns"] if name.startswith(("emotion_AU", "speech_AU"))]
    table = dataset.table(split, ["video", "yaw", "landmarks", *layers])
    moved = np.max([np.abs(np.nan_to_num(table[name].to_numpy())) for name in layers], 0)
    points = table["landmarks"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(len(table), -1, 2)
    videos, yaw = np.array(table["video"].to_pylist()), table["yaw"].to_numpy()
    names = [name for name in np.unique(videos[moved < QUIET]) if ((videos == name) & (moved < QUIET)).sum() >= FEWEST]
    rows = [np.flatnonzero((videos == name) & (moved < QUIET)) for name in names]
    longest, n = max(map(len, rows)), len(rows)
    stored, seen = np.zeros((n, longest, KNOWN.count, 2), np.float32), np.zeros((n, longest), bool)
    for place, own in enumerate(rows):
        stored[place, :len(own)], seen[place, :len(own)] = points[own], True
    clips = LandmarkClips(stored, seen, np.full(n, -1), (), tuple(names), tuple(names), np.zeros((n, longest)),
                          KNOWN.name, 1.0)
    return clips, np.array([yaw[own].std() for own in rows])


def spreads(clips: LandmarkClips, turned_back: bool) -> np.ndarray:
    """Returns the root mean square deviation of a point within each clip, `(n,)`."""
    result = []
    for points, seen in zip(clips.points, clips.seen):
        given = frontal(points, seen, KNOWN) if turned_back else points
        level = upright(given, seen, KNOWN)[seen][:, OUTSIDE]
        result.append(np.sqrt(level.var(0, ddof=1).sum(-1).mean()))
    return np.array(result)


if __name__ == "__main__":
    main()
