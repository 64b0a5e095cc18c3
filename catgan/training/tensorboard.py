"""Writes a training for TensorBoard: `RUN/tensorboard`, with the figures of every tick and the sample sheets.

Steps are real faces seen. The package tensorboardX brings what is needed to write the file, without TensorFlow. To look
at it, install `tensorboard` and run `tensorboard --logdir RUNS`.
"""

from __future__ import annotations

import importlib.util
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from catgan.errors import CatganError
from catgan.training import run

NAME = "events.out.tfevents.catgan"
_NOT_FIGURES = ("tick", "images", "finished")
_SHEETS = ("free", "sweep")
_HEADER = struct.Struct("<QI")  # length and checksum, before an event; another checksum follows it


class TensorBoard:
    """Writes events as a callback of `catgan.training.loop.train`.

    A training that goes on keeps what was written until its checkpoint, drops the rest, and adds the numbers that
    `stats.jsonl` has and the file lacks: so no tick is there twice, and none is missing.

    Raises:
        CatganError: tensorboardX is not installed.
    """

    def __init__(self) -> None:
        if importlib.util.find_spec("tensorboardX") is None:
            raise CatganError("Files for TensorBoard need the package tensorboardX. Install it with: "
                              "pip install 'catgan[tensorboard]'.")
        self.run = Path()

    def on_train_begin(self, logs: Mapping) -> None:
        """Opens the event file of the run `logs["run"]`, and drops events after `logs["images"]` faces."""
        self.run = Path(logs["run"])
        self._path.parent.mkdir(exist_ok=True)
        self._path.touch()
        with open(self._path, "r+b") as file:
            end, last = 0, 0
            for step, position in _steps(file):
                if step > logs["images"]:
                    break
                end, last = position, step
            file.truncate(end)
            file.seek(end)
            if not end:
                _append(file, file_version="brain.Event:2")
            for line in run.read_stats(self.run):
                if line["images"] > last:
                    _append_figures(file, line)

    def on_epoch_end(self, epoch: int, logs: Mapping) -> None:
        """Writes the figures of the last tick, and the sample sheets if it had a snapshot."""
        stats = run.read_stats(self.run)[-1]
        with open(self._path, "ab") as file:
            _append_figures(file, stats)
            for path in (self.run / "samples" / f"{name}.png" for name in _SHEETS):
                if "score" in stats and path.is_file():
                    _append_sheet(file, path, int(stats["images"]))

    @property
    def _path(self) -> Path:
        return self.run / "tensorboard" / NAME


def _append_figures(file: BinaryIO, line: Mapping[str, float]) -> None:
    values = [{"tag": name, "simple_value": float(value)} for name, value in line.items()
              if name not in _NOT_FIGURES and isinstance(value, int | float)]
    _append(file, step=line["images"], summary={"value": values})


def _append_sheet(file: BinaryIO, path: Path, images: int) -> None:
    with Image.open(path) as sheet:
        width, height = sheet.size
    content = {"height": height, "width": width, "colorspace": 3, "encoded_image_string": path.read_bytes()}
    _append(file, step=images, summary={"value": [{"tag": f"samples/{path.stem}", "image": content}]})


def _append(file: BinaryIO, **content: object) -> None:
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    event = Event(wall_time=time.time(), **content).SerializeToString()
    length = struct.pack("<Q", len(event))
    file.write(length + struct.pack("<I", masked_crc32c(length)) + event + struct.pack("<I", masked_crc32c(event)))


def _steps(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Reads the step of each event and its end in the file; an event cut short by a crash is left out."""
    from tensorboardX.proto.event_pb2 import Event

    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        length, _ = _HEADER.unpack(header)
        event = file.read(length + 4)
        if len(event) < length + 4:
            return
        yield Event.FromString(event[:length]).step, file.tell()
