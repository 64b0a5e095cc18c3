"""`catgan predict`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from catgan.cli import predicted_camera, predicted_people
from catgan.cli.verb import Result

if TYPE_CHECKING:
    import pyarrow

    from catgan.metrics.figures import Figures
    from catgan.models.gan.faces import FaceGAN
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.models.sequence.model import ClipRecogniser
    from catgan.pipelines.predictions import Choice

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Those of `catgan.models.calibration`, which loads Keras."""

NAME = "predict"
HELP = "Predict Action Units, valence, arousal and expressions of faces in photographs, videos and before a camera."
EPILOG = """examples:
  catgan predict faces_64 photo.jpg
  catgan predict faces_64 photos/ --face all --out readings.csv
  catgan predict faces_64 interview.mp4 --out readings.parquet --plot readings.png
  catgan predict runs/00000-joint-64 *.jpg --json readings.json
  catgan predict runs/00000-joint-64 photo.jpg --interval 0.9
  catgan predict runs/00003-clips-both interview.mp4 --out readings.parquet --plot readings.png
  catgan predict runs/00007-landmarks interview.mp4 --out readings.csv --plot readings.png
  catgan predict runs/00007-landmarks 0 --seconds 30 --out session.csv

Folders are searched recursively for photographs and videos; other files are skipped and counted. A file that cannot be
read, or that does not show the face, is reported after all others were read, and the exit code is then 2. --json lists
all failures.

--face 0 reads the largest face, --face 1 the second largest, --face all reads all. In a video, faces are followed from
frame to frame and numbered as they appear, the largest first. --face N keeps to face N of the first frame that shows
so many. When it was not seen for a second, the next face that appears is taken, under its own number.

--out writes one row per face, and for videos one or more per frame. Columns: image, frame, time (seconds), face, left,
top, width, height (pixels), yaw, pitch, roll (degrees), every label with its standard deviation, realness. In frames
without the face all but the first three are empty. --json writes the same rows, and keeps them in memory until then.

A model of clips reads videos only, and the frames of each face in their order, at its own rate. --out then also has
the number of the track (frames of one face without a cut or a gap of more than half a second) and the probability of
each expression. The last line, and "reading" in --json, tell the delay of an answer.

A network on landmarks does so too. It answers each frame from the window that ends there, without delay, once half of a
window has shown the face. Instead of files it also takes the number of a camera (0 is the first): landmarks and
expressions are then shown in a window, or as lines of text where there is no display. q, Ctrl-C or --seconds ends it.

A standard deviation follows every ±. --interval 0.9 adds in brackets the interval that holds the truth for nine in ten
faces like those of the validation split.

""" + predicted_people.EPILOG

READS, PICTURES, WRITES = ("run_folder",), ("images",), ("out", "plot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME")
    parser.add_argument("images", nargs="+", metavar="PHOTO|FOLDER|VIDEO|CAMERA",
                        help="photographs, videos, folders of both, or the number of a camera")
    parser.add_argument("--face", default="0", metavar="N",
                        help="which face, the largest being 0, or 'all' (default: 0)")
    parser.add_argument("--interval", type=float, choices=LEVELS,
                        help="also the interval that holds this share of the truth")
    parser.add_argument("--rate", type=float, metavar="R",
                        help="read R frames of a video a second (default: all; models of clips and of landmarks have "
                             "their own rate)")
    parser.add_argument("--seconds", type=float, metavar="S", help="of a camera: end after S seconds")
    parser.add_argument("--out", metavar="TABLE.csv|TABLE.parquet", help="write a table, one row per face")
    parser.add_argument("--plot", metavar="FILE.png", help="plot the readings of one video over time")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.errors import PartialError
    from catgan.faces.collection import skipped_line
    from catgan.models.gan.preset_folders import PEOPLE
    from catgan.models.gan.runtime import load_faces
    from catgan.models.loading import FACES, kind_of_preset, load_model
    from catgan.pipelines.predict import PredictOptions, predict_files

    kind = kind_of_preset(arguments.run_folder)
    if kind == PEOPLE:
        return predicted_people.run(arguments)
    options = PredictOptions(choice(arguments.face), arguments.interval, arguments.rate, arguments.out, arguments.plot)
    rows, printer = list[dict[str, object]](), Printer()

    def show(batch: pyarrow.RecordBatch) -> None:
        readings = [{name: plain(value) for name, value in row.items()} for row in batch.to_pylist()]
        if not arguments.out:
            printer.add(readings)
        if arguments.json:  # else memory would grow with the number of faces
            rows.extend(readings)

    camera = predicted_camera.camera_of(arguments)
    model = (load_faces if kind == FACES else load_model)(arguments.run_folder, reader=True)
    if camera is not None:
        return predicted_camera.run(arguments, model, camera, options)
    outcome = predict_files(model, arguments.images, show, options)
    printer.end_video()
    if arguments.out and outcome.rows:
        print(f"{arguments.out}: {outcome.rows} rows, {outcome.faces} faces")
    if arguments.plot and outcome.faces:
        print(f"{arguments.plot}: the readings over time")
    if outcome.skipped:
        print(skipped_line(outcome.skipped))
    result = {"predictions": rows, "failures": [failure.to_dict() for failure in outcome.failures],
              "skipped": dict(outcome.skipped), **reading_of(model)}
    if outcome.failures:
        raise PartialError(outcome.failures, result)
    return result


def reading_of(model: FaceGAN | ClipRecogniser | LandmarkRecogniser) -> Figures:
    """Describes how a model reads videos, and prints its delay; nothing for models of single faces."""
    from catgan.models.gan.faces import FaceGAN

    if isinstance(model, FaceGAN):
        return {}
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.pipelines.clips import describe_reading
    from catgan.pipelines.landmark_rows import describe_landmark_reading

    if isinstance(model, LandmarkRecogniser):
        reading = describe_landmark_reading(model)
        print(f"{reading['kind']} network on {reading['points']} landmarks, {reading['rate']:g} frames a second: each "
              f"frame is answered from the {reading['window']:g} s that end there, without delay")
        return {"reading": reading}
    reading = describe_reading(model)
    delay = ("answers with a delay of 0 frames" if reading["causal"] else
             f"an answer needs the next {reading['delay_seconds']:g} s")
    print(f"{reading['kind']}, {reading['rate']:g} frames a second: {delay}")
    return {"reading": reading}


def choice(text: str) -> Choice:
    """Parses the face that the command line names."""
    from catgan.errors import CatganError

    if text == "all":
        return "all"
    if not (text.isascii() and text.isdecimal()):
        raise CatganError(f"--face takes a number from 0, the largest being 0, or 'all'. Received: '{text}'.")
    return int(text)


def plain(value: object) -> object:
    """Rounds floats to four digits, for JSON."""
    return round(value, 4) if isinstance(value, float) else value


class Printer:
    """Prints a line for each face of a photograph, and a line for each video."""

    def __init__(self) -> None:
        self._video: VideoSummary | None = None

    def add(self, rows: list[Figures]) -> None:
        """Adds rows."""
        for row in rows:
            if self._video is not None and row["image"] != self._video.path:
                self.end_video()
            if row["frame"] is None:
                print(describe(row))
                continue
            self._video = self._video or VideoSummary(row["image"])
            self._video.add(row)

    def end_video(self) -> None:
        """Prints the line of the video that has ended, if there is one."""
        if self._video is not None:
            print(self._video.line())
        self._video = None


class VideoSummary:
    """Counts the frames of one video, and averages its predictions."""

    def __init__(self, path: str):
        self.path = path
        self._last, self._time, self._frames, self._with_face = -1, 0.0, 0, 0
        self._faces: set[int] = set()
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, row: Figures) -> None:
        """Adds a row."""
        is_new = row["frame"] != self._last
        self._last, self._time = row["frame"], row["time"]
        self._frames += is_new
        if row["face"] is not None:
            self._with_face += is_new
            self._faces.add(row["face"])
            for name in shown(row):
                if isinstance(row[name], float):
                    self._sums[name] = self._sums.get(name, 0.0) + row[name]
                    self._counts[name] = self._counts.get(name, 0) + 1

    def line(self) -> str:
        """Formats the video in one line, with mean predictions."""
        text = f"{self.path}: {self._frames} frames, the last at {self._time:.2f} s"
        if not self._with_face:
            return f"{text}; no face"
        means = "  ".join(f"{name} {total / self._counts[name]:.2f}" for name, total in self._sums.items())
        faces = "one face" if len(self._faces) == 1 else f"{len(self._faces)} faces"
        return f"{text}; {faces}, seen in {self._with_face} frames; means: {means}"


def shown(row: Figures) -> list[str]:
    """Returns the names of the labels of a row."""
    from catgan.pipelines.predictions import KEYS

    return [name for name in row if name not in KEYS and not name.endswith(("_std", "_low", "_high"))]


def describe(row: Figures) -> str:
    """Formats one row of a photograph in one line."""
    number = f", face {row['face']}" if row["face"] else ""
    uncertain = f"  uncertain here: {row['covered']} covered" if row["covered"] else ""
    return f"{row['image']}{number}: {'  '.join(_value(row, name) for name in shown(row))}{uncertain}"


def _value(row: Figures, name: str) -> str:
    if isinstance(row[name], str):
        return f"{name} {row[name]}"
    text = f"{name} {row[name]:.2f}"
    if f"{name}_std" in row:
        text += f"±{row[name + '_std']:.2f}"
    if f"{name}_low" in row:
        text += f" ({row[name + '_low']:.2f}..{row[name + '_high']:.2f})"
    return text
