"""Runs the alignment in local processes, or with Ray on this machine or a cluster. Both write the same files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from catgan import files
from catgan.data.builder import align
from catgan.data.builder.align import Folder, Task
from catgan.errors import CatganError
from catgan.system import process_pool, progress_bar

ENGINES = ("local", "ray")


def align_all(tasks: Sequence[Task], rows_path: Path, folder: Folder, model: Path, workers: int, engine: str = "local",
              address: str | None = None, done: int = 0) -> None:
    """Aligns the rows of all tasks.

    Args:
        tasks: tasks that are not done yet.
        rows_path: Arrow file with the rows of the scan.
        folder: folder of the chunks. Workers on other machines must find it, and the images, under the same paths.
        model: file of MediaPipe's face landmarker.
        workers: number of processes.
        engine: `"local"` or `"ray"`.
        address: address of a Ray cluster; None starts Ray on this machine.
        done: number of rows done by an earlier attempt, for the progress bar.

    Raises:
        CatganError: Ray is not installed or cannot be reached, the disk is full, or a worker was killed.
    """
    run = _ray(tasks, rows_path, folder, model, workers, address) if engine == "ray" else _local(
        tasks, rows_path, folder, model, workers)
    total = done + sum(task.rows for task in tasks)
    bar: tqdm[None] = progress_bar(description="align", total=total, initial=done, unit="img")
    with bar:
        try:
            for rows in run:
                bar.update(rows)
        except BrokenProcessPool:
            raise CatganError("A worker process was killed, perhaps for want of memory. Run the same command again: it "
                              "goes on where it stopped; --workers makes fewer of them.") from None
        except OSError as error:
            raise files.full_disk(error, folder.path.parent) from None


def _local(tasks: Sequence[Task], rows_path: Path, folder: Folder, model: Path, workers: int) -> Iterator[int]:
    pool = process_pool(max(1, min(workers, len(tasks))), align.start_worker, str(model))
    waiting, running = iter(tasks), set()
    try:
        for task in waiting:
            running.add(pool.submit(align.align_task, task, rows_path, folder))
            if len(running) >= 4 * workers:  # keeps the queue short
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    finally:
        pool.shutdown(cancel_futures=True)


class RayWorker:
    """Aligns tasks in a process of Ray, one after the other."""

    def __init__(self, model: str, rows_path: str, folder: str, size: int):
        align.start_worker(model)
        self.rows_path, self.folder = Path(rows_path), Folder(Path(folder), size)

    def __call__(self, row: dict) -> dict:
        chunks = [int(edge) for edge in row["chunks"]]
        return {"rows": align.align_task(Task(tuple(zip(chunks[::2], chunks[1::2]))), self.rows_path, self.folder)}


def _ray(tasks: Sequence[Task], rows_path: Path, folder: Folder, model: Path, workers: int,
         address: str | None) -> Iterator[int]:
    with ray_started(workers, address):
        yield from _ray_rows(tasks, rows_path, folder, model, workers)


@contextlib.contextmanager
def ray_started(workers: int, address: str | None) -> Iterator[None]:
    """Starts Ray on this machine with so many CPUs, or joins a cluster; one that runs already is used and left running.

    Raises:
        CatganError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError:
        raise CatganError("--engine ray needs Ray: pip install 'catgan[ray]'.") from None
    ours = not ray.is_initialized()
    if ours:
        try:
            options = {"address": address} if address else {"num_cpus": workers, "include_dashboard": False}
            ray.init(log_to_driver=False, configure_logging=True, logging_level=logging.ERROR, **options)
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise CatganError(f"No Ray cluster at {address or 'this machine'}: {str(error)[:200]}.") from None
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def _ray_rows(tasks: Sequence[Task], rows_path: Path, folder: Folder, model: Path, workers: int) -> Iterator[int]:
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        # Each item is one task. Workers return only the number of rows, never a picture.
        items = ray.data.from_items([{"chunks": [edge for chunk in task.chunks for edge in chunk]} for task in tasks],
                                    override_num_blocks=len(tasks))
        arguments = (str(model), str(rows_path), str(folder.path), folder.size)
        done = items.map(RayWorker, fn_constructor_args=arguments, num_cpus=1,  # type: ignore[arg-type]
                         compute=ray.data.ActorPoolStrategy(size=workers))
        for row in done.iter_rows():
            yield int(row["rows"])
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None)
        raise cause if isinstance(cause, OSError) else CatganError(
            f"Ray could not align: {' '.join(str(error).split())[-300:]}.") from None
