"""What all pages share: options of the command, tabs, threads, jobs and the model."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from catgan.web.jobs import Jobs
from catgan.web.model import Model
from catgan.web.requests import Refused
from catgan.web.sessions import Sessions
from catgan.web.worker import Worker

FOLDER_PREFIX = "catgan-app-"


@dataclass(frozen=True)
class Options:
    """What `catgan app` was started with.

    Args:
        run: a run, a preset folder, or the name of a preset.
        data: a data set, for the page Data.
        runs: a folder of runs, for the page Runs.
        annotate: a folder of photographs and videos, for the page Annotate.
        model: a network of another origin, for the page Why?: a file, or a SavedModel folder.
        rater: name of the person who rates them; the page asks where it is None.
    """

    run: str = "faces_64"
    data: Path | None = None
    runs: Path | None = None
    annotate: Path | None = None
    model: Path | None = None
    rater: str | None = None


@dataclass(frozen=True)
class Context:
    """Is given to each page.

    Args:
        options: of the command.
        folder: a private temporary folder, removed at the end.
        sessions: what each tab works on.
        worker: the thread of the model: `await context.worker.run(function, ...)`.
        reader: a second thread, for files: decoding, encoding, drawing.
        more: further threads, of pages: see `new_worker`.
        jobs: long work.
        model: the model; its networks belong to the thread of `worker`.
    """

    options: Options
    folder: Path
    sessions: Sessions
    model: Model
    worker: Worker = field(default_factory=lambda: Worker("model"))
    reader: Worker = field(default_factory=lambda: Worker("files"))
    more: list[Worker] = field(default_factory=list)
    jobs: Jobs = field(default_factory=Jobs)

    def new_worker(self, name: str) -> Worker:
        """Makes a thread for one page, which must not hold up the others; it ends with the server."""
        self.more.append(Worker(name))
        return self.more[-1]

    async def close(self) -> None:
        """Ends threads and removes all files."""
        self.jobs.close()
        with contextlib.suppress(Refused):  # too many wait: the landmarker ends with the process
            await self.worker.run(self.model.close)
        for worker in (self.worker, self.reader, *self.more):
            worker.close()
        self.sessions.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def open_context(options: Options) -> Context:
    """Makes the context of a server, with a temporary folder that only the user may enter."""
    clear_folders()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
    return Context(options, folder, Sessions(folder), Model(options.run))


def clear_folders() -> None:
    """Removes temporary folders of this user that servers left which were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        match = re.match(r"(\d+)-", path.name.removeprefix(FOLDER_PREFIX))
        if match and not path.is_symlink() and path.stat().st_uid == os.getuid() and not _runs(int(match[1])):
            shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
