"""The part of `catgan predict` for cameras."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.metrics.figures import Figures
    from catgan.models.gan.faces import FaceGAN
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.models.sequence.model import ClipRecogniser
    from catgan.pipelines.live import Moment
    from catgan.pipelines.predict import PredictOptions

LINE_SECONDS = 1.0
"""Seconds between two lines of text while an expression stays the same."""


def camera_of(arguments: argparse.Namespace) -> int | None:
    """Returns the number of the camera that the command line names; None where it names files.

    Raises:
        CatganError: `--seconds` with files.
    """
    from catgan.errors import CatganError

    name = arguments.images[0]
    if len(arguments.images) == 1 and name.isascii() and name.isdecimal() and not os.path.exists(name):
        return int(name)
    if arguments.seconds is not None:
        raise CatganError("--seconds says how long a camera is read. Give the number of a camera, such as 0, instead "
                          f"of files. Received: {name}.")
    return None


def run(arguments: argparse.Namespace, model: FaceGAN | ClipRecogniser | LandmarkRecogniser, number: int,
        options: PredictOptions) -> Result:
    """Reads a camera, shows what is seen, and prints the result."""
    from catgan.errors import CatganError, PartialError
    from catgan.faces.camera import Camera
    from catgan.models.landmarks.model import LandmarkRecogniser
    from catgan.pipelines.landmark_rows import describe_landmark_reading
    from catgan.pipelines.live import predict_live
    from catgan.pipelines.live_window import Window, has_display

    if not isinstance(model, LandmarkRecogniser):
        raise CatganError(f"A camera is read by networks on landmarks; {arguments.run_folder} holds another model. "
                          "Give it photographs or videos.")
    rows, points = list[dict[str, object]](), sorted(set(model.points.ravel().tolist()) - {-1})
    with Camera(number) as camera, Window(points) if has_display() else Lines() as shown:
        def on_moment(moment: Moment) -> bool:
            if arguments.json:
                rows.extend({name: round(value, 4) if isinstance(value, float) else value
                             for name, value in row.items()} for row in moment.answers)
            return shown.show(moment)

        outcome = predict_live(model, camera, on_moment, options, arguments.seconds)
    if arguments.out and outcome.rows:
        print(f"{arguments.out}: {outcome.rows} rows, {outcome.faces} faces")
    result = {"predictions": rows, "failures": [failure.to_dict() for failure in outcome.failures], "skipped": {},
              "reading": describe_landmark_reading(model)}
    if outcome.failures:
        raise PartialError(outcome.failures, result)
    return result


class Lines:
    """Prints a line for a face when its expression changes, and at least every `LINE_SECONDS`."""

    def __init__(self) -> None:
        self._shown: dict[object, tuple[object, float]] = {}  # by face: its expression, and when it was printed

    def __enter__(self) -> Lines:
        print("press Ctrl-C to end")
        return self

    def __exit__(self, *error: object) -> None:
        """Leaves the lines where they are."""

    def show(self, moment: Moment) -> bool:
        """Prints the answers of a moment that are new; returns True."""
        for row in moment.answers:
            expression, time = self._shown.get(row["face"], (None, -LINE_SECONDS))
            if row["expression"] != expression or moment.time - time >= LINE_SECONDS:
                self._shown[row["face"]] = row["expression"], moment.time
                print(_line(row), flush=True)
        return True


def _line(row: Figures) -> str:
    """Describes one face at one moment."""
    start = f"{row['time']:7.1f} s  "
    if row["face"] is None:
        return f"{start}no face"
    if row["expression"] is None:
        return f"{start}face {row['face']}: not seen for long enough yet"
    return f"{start}face {row['face']}: {row['expression']} {row['expression_probability']:.2f}"
