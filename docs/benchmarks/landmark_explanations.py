"""How often explanations of single clips name the planted cause, on people never seen.

    python docs/benchmarks/landmark_explanations.py --tasks mouth left_brow distractor --kinds linear trained

For each task and kind of network: how many clips of the planted class were read rightly and explained; in how many the
first named part is the planted one, and all named parts are; the intersection over union of the stated and the planted
moment; the median completeness gap; and of the changes of movement that make the answer the other class, how many were
found, how many of these change planted parts alone, and the seconds per clip.
"""

from __future__ import annotations

import argparse

import numpy as np

PARTS = {"mouth": {"mouth"}, "left_brow": {"brows"}, "distractor": {"brows"}}
"""Planted parts of the face by task."""


def main() -> None:
    from catgan.benchmarks.landmarks.planted import split_people
    from catgan.data.clips.planted import planted_clips
    from catgan.models.landmarks.architectures import KINDS, LandmarkConfig
    from catgan.training.landmarks import LandmarkTraining, fit_landmarks

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--clips", type=int, default=800)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--explained", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    titles = ("task", "network", "n", "planted part first", "all named", "moment IoU", "gap", "change found",
              "of planted parts", "seconds")
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for task in arguments.tasks:
        clips, truth = planted_clips(task, arguments.clips, arguments.people, arguments.seed)
        train, validation, test = split_people(clips)
        for kind in arguments.kinds:
            model = fit_landmarks(clips.select(train), clips.select(validation), LandmarkConfig(kind=kind),
                                  options=LandmarkTraining(clips=16_000), seed=arguments.seed)
            print(f"| {task} | {kind} | "
                  + " | ".join(scores(model, clips.select(test), truth.moments[test], task, arguments.explained))
                  + " |", flush=True)


def scores(model, clips, moments, task, explained) -> list[str]:
    """Explains clips of the planted class that are read rightly, and returns the cells of a row."""
    from catgan.explain.landmarks.clip import LandmarkClip
    from catgan.explain.landmarks.location import moment_iou
    from catgan.faces.landmark_sets import landmark_set
    from catgan.pipelines.explain_landmarks import explain_landmarks

    answers = model.predict(clips.points, clips.seen).argmax(1)
    rows = np.flatnonzero((answers == clips.labels) & (clips.labels == 1))[:explained]
    first, named, overlaps, gaps, found, alone, seconds = [], [], [], [], [], [], []
    for row in rows:
        clip = LandmarkClip(clips.points[row], clips.seen[row], clips.times[row], landmark_set(clips.landmark_set))
        one = explain_landmarks(model, clip)
        parts = [part.part for part in one.answer.parts]
        first.append(bool(parts) and parts[0] in PARTS[task])
        named.append(bool(parts) and set(parts) <= PARTS[task])
        overlaps.append(moment_iou(one.answer.frames, tuple(moments[row])))
        gaps.append(one.answer.gap)
        change = one.counterfactual
        found.append(change.status == "ok")
        if change.status == "ok":
            alone.append(not change.change.units and set(change.change.parts) <= PARTS[task])
        seconds.append(change.seconds)
    return [str(len(rows)), *(f"{np.mean(values):.2f}" for values in (first, named, overlaps)),
            f"{100 * np.median(gaps):.1f} %", f"{np.mean(found):.2f}", f"{np.mean(alone) if alone else np.nan:.2f}",
            f"{np.mean(seconds):.1f}"]


if __name__ == "__main__":
    main()
