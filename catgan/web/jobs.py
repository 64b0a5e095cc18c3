"""Runs long work beside the requests: with progress that the page asks for, a result, and a way to stop it."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from catgan.errors import CatganError
from catgan.web.http import Request, Response, Route
from catgan.web.requests import Refused, answer
from catgan.web.sessions import Session, Sessions

logger = logging.getLogger("catgan")

MAX_JOBS = 32
"""Number of jobs that are kept; finished ones are forgotten first, the oldest first."""


class Stopped(Exception):
    """Raised inside a job whose user has stopped it."""


class Job:
    """One piece of long work.

    Attributes:
        state: `"waiting"`, `"running"`, `"done"`, `"failed"` or `"stopped"`.
        result: what the work returned, for JSON; None before.
        error: one line; None unless it failed.
    """

    def __init__(self, session: Session):
        self.identity, self.session = secrets.token_hex(8), session
        self.state, self.message, self.share = "waiting", "", 0.0
        self.result: Mapping[str, object] | None = None
        self.error: str | None = None
        self._stop, self._started = threading.Event(), time.monotonic()

    def progress(self, share: float, message: str = "") -> None:
        """Reports progress; the work calls this often.

        Args:
            share: of the work that is done, 0..1.
            message: one line for the user.

        Raises:
            Stopped: the user has stopped the job. Let it pass.
        """
        if self._stop.is_set():
            raise Stopped
        self.share, self.message = min(max(share, 0.0), 1.0), message

    def stop(self) -> None:
        """Asks the work to end at its next report of progress; a job that waits is stopped at once."""
        self._stop.set()
        if self.state == "waiting":
            self.state = "stopped"

    @property
    def finished(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def to_dict(self) -> dict[str, object]:
        return {"job": self.identity, "state": self.state, "share": round(self.share, 4), "message": self.message,
                "seconds": round(time.monotonic() - self._started, 2), "result": self.result, "error": self.error}

    def run(self, work: Callable[[Job], Mapping[str, object]]) -> None:
        """Does the work, and keeps how it ended."""
        try:
            self.progress(0.0)
            self.state = "running"
            self.result = work(self)
            self.state, self.share = "done", 1.0
        except Stopped:
            self.state = "stopped"
        except (CatganError, OSError) as error:
            self.error, self.state = " ".join(str(error).split()), "failed"
        except Exception as error:
            logger.exception("a job of the web page failed")
            self.error = f"This should not happen: {type(error).__name__}. The terminal of catgan app says more."
            self.state = "failed"


class Jobs:
    """Runs jobs one after another in a thread of its own; the page asks for their state (`routes`).

    A job must not use the model of the requests, which another thread uses: see `Model.for_jobs`.
    """

    def __init__(self) -> None:
        self._all, self._pool = OrderedDict[str, Job](), ThreadPoolExecutor(1, thread_name_prefix="jobs")

    def start(self, session: Session, work: Callable[[Job], Mapping[str, object]]) -> Job:
        """Starts work for a tab. It is given its job, to report progress, and returns what JSON can hold.

        Raises:
            Refused: too many jobs are unfinished (503).
        """
        for identity in [key for key, job in self._all.items() if job.finished][:max(len(self._all) - MAX_JOBS + 1, 0)]:
            del self._all[identity]
        if len(self._all) >= MAX_JOBS:
            raise Refused(f"At most {MAX_JOBS} jobs can wait. Stop one, or wait.", 503)
        job = Job(session)
        self._all[job.identity] = job
        self._pool.submit(job.run, work)
        return job

    def find(self, session: Session, identity: str) -> Job:
        """Returns a job of this tab.

        Raises:
            Refused: this tab has no such job (404).
        """
        job = self._all.get(identity)
        if job is None or job.session is not session:
            raise Refused("This job is not known any more. Start it again.", 404)
        return job

    def close(self) -> None:
        """Stops all jobs."""
        for job in self._all.values():
            job.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)


def routes(jobs: Jobs, sessions: Sessions) -> list[Route]:
    """Returns the addresses at which a page asks for a job, and stops it."""

    async def state(request: Request) -> Response:
        return answer(jobs.find(sessions.of(request), request.path_params["job"]).to_dict())

    async def stop(request: Request) -> Response:
        job = jobs.find(sessions.of(request), request.path_params["job"])
        job.stop()
        return answer(job.to_dict())

    return [Route("/api/jobs/{job}", state, methods=["GET"]), Route("/api/jobs/{job}/stop", stop, methods=["POST"])]
