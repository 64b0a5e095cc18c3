"""How fast a model of clips turns a video into a table, and in how much memory, for videos of several lengths.

    python docs/benchmarks/clip_reading.py RUN video_640x360.mp4 --minutes 0.33 5
    python docs/benchmarks/clip_reading.py RUN video_640x360.mp4 --minutes 1 120 --rows

The video is repeated until it has the wanted length; its end and its start make a cut. Each reading is a process of its
own, as `catgan predict RUN VIDEO --out TABLE.parquet --plot FILE.png` is. With `--rows` faces and landmarks are found
once, in the first repetition, and its rows are repeated: what remains is the memory of everything behind them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path


def repeat(source: Path, minutes: float, out: Path) -> int:
    """Writes a video of this length; returns its number of frames."""
    from catgan.faces.video_writer import VideoWriter
    from catgan.faces.videos import Video

    video, written, start = Video(source), 0, 0.0
    with VideoWriter(out, video) as writer:
        while start < 60.0 * minutes:
            for frame in video.frames():
                if frame.picture is not None and start + frame.time < 60.0 * minutes:
                    writer.write(frame.picture, start + frame.time, frame.duration)
                    written += 1
            start += 1.0 / video.rate + float(video.times()[-1])
    return written


def repeated_rows(model, source: Path, minutes: float) -> Iterator:
    """Yields the rows of the video again and again."""
    from catgan.faces.landmarks import FaceLandmarker
    from catgan.faces.videos import Video
    from catgan.pipelines.clips import grid_of
    from catgan.pipelines.videos import watch

    with FaceLandmarker() as landmarker:
        rows = list(watch(Video(source), landmarker, model.network.image_size, "all", grid_of(model), []))
    start, shot, step = 0.0, 0, 1.0 / model.rate
    while start < 60.0 * minutes:
        for row in rows:
            yield replace(row, time=start + row.time, frame=round((start + row.time) / step), shot=shot + row.shot)
        start = step * round((start + rows[-1].time) / step + 1)
        shot += rows[-1].shot + 1


def read(run: str, source: Path, minutes: float, only_rows: bool, folder: Path) -> dict:
    """Reads one video in this process."""
    from catgan.models.loading import load_model
    from catgan.pipelines.clip_rows import ClipRows
    from catgan.pipelines.clips import predict_clip_rows
    from catgan.pipelines.predict import PredictOptions, predict_files
    from catgan.pipelines.tables import table_writer
    from catgan.pipelines.timelines import Timeline, save_timeline
    from catgan.system import memory_mb

    model = load_model(run, reader=True)
    options = PredictOptions(face="all", out=folder / "a.parquet", plot=folder / "a.png")
    before, wall, used = memory_mb(), time.perf_counter(), time.process_time()
    if only_rows:
        reading, count = ClipRows(model), 0
        timeline = Timeline(reading.schema)
        with table_writer(options.out, reading.schema) as write:
            for batch in predict_clip_rows(reading, repeated_rows(model, source, minutes)):
                write(batch)
                timeline.add(batch)
                count += batch.num_rows
        save_timeline(options.plot, timeline, "rows")
    else:
        count = predict_files(model, [source], lambda batch: None, options).rows
    wall, used = time.perf_counter() - wall, time.process_time() - used
    return {"rows": count, "seconds": round(wall, 1), "cpu_seconds": round(used, 1), "memory_before_mb": before,
            "memory_mb": memory_mb()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("video", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[0.33, 5.0])
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.read:
            found = read(arguments.run, arguments.video, arguments.minutes[0], arguments.rows, Path(folder))
            print(json.dumps(found))
            return
        for minutes in arguments.minutes:
            video, frames = arguments.video, 0
            if not arguments.rows:
                video = Path(folder) / "repeated.mp4"
                frames = repeat(arguments.video, minutes, video)
            command = [sys.executable, __file__, arguments.run, str(video), "--minutes", str(minutes), "--read"]
            done = subprocess.run(command + ["--rows"] * arguments.rows, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            rates = {"frames_per_second": round(frames / found["seconds"], 1)} if frames else {}
            print(json.dumps({"minutes": minutes, "frames": frames, **rates, **found}), flush=True)


if __name__ == "__main__":
    main()
