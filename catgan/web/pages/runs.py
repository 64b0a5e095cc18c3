"""The page Runs: trainings of a folder, their curves and sample sheets, sweeps, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from catgan.web.context import Context
from catgan.web.http import BaseRoute, Request, Response, Route
from catgan.web.requests import answer

if TYPE_CHECKING:
    from catgan.web.run_folders import RunsFolder

NAME = "runs"
TITLE = "Runs"
HELP = "Watch trainings: curves, sample sheets over time, sweeps and comparisons."


def usable(context: Context) -> bool:
    return context.options.runs is not None


def routes(context: Context) -> Sequence[BaseRoute]:
    page = RunsPage(context)
    return [Route("/api/runs/list", page.listing, methods=["GET"]),
            Route("/api/runs/runs/{run}/curves", page.curves, methods=["GET"]),
            Route("/api/runs/runs/{run}/sheets", page.sheets, methods=["GET"]),
            Route("/api/runs/runs/{run}/sheets/{sheet}", page.sheet, methods=["GET"]),
            Route("/api/runs/sweeps/{sweep}", page.sweep, methods=["GET"]),
            Route("/api/runs/comparisons/{comparison}", page.comparison, methods=["GET"])]


class RunsPage:
    """Answers the requests of the page. Runs are named by identities that are looked up in the list of what is there;
    no part of a request becomes a path."""

    def __init__(self, context: Context):
        self.context, self.reader = context, context.new_worker("runs")
        self._folder: RunsFolder | None = None

    @property
    def folder(self) -> RunsFolder:
        from catgan.web.run_folders import RunsFolder

        if self._folder is None:
            assert self.context.options.runs is not None
            self._folder = RunsFolder(self.context.options.runs)
        return self._folder

    async def _answer(self, read: Callable[[], Mapping[str, object]]) -> Response:
        return answer(await self.reader.run(read))

    async def listing(self, request: Request) -> Response:
        """All runs, sweeps and comparisons."""
        return await self._answer(lambda: self.folder.listing())

    async def curves(self, request: Request) -> Response:
        """The curves of a run."""
        run = request.path_params["run"]
        return await self._answer(lambda: self.folder.curves(self.folder.run(run)))

    async def sheets(self, request: Request) -> Response:
        """The names of a run's sample sheets."""
        from catgan.web import run_sheets

        run = request.path_params["run"]
        return await self._answer(lambda: run_sheets.described(self.folder.root, self.folder.run(run)))

    async def sheet(self, request: Request) -> Response:
        """A sample sheet."""
        from catgan.web import run_sheets

        run, sheet = request.path_params["run"], request.path_params["sheet"]
        content = await self.reader.run(lambda: run_sheets.picture(self.folder.root, self.folder.run(run), sheet))
        return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    async def sweep(self, request: Request) -> Response:
        """The table of a sweep."""
        from catgan.web import run_tables

        sweep = request.path_params["sweep"]
        return await self._answer(lambda: run_tables.sweep_of(self.folder.root, self.folder.sweep(sweep)))

    async def comparison(self, request: Request) -> Response:
        """The result of a comparison."""
        from catgan.web import run_tables

        name = request.path_params["comparison"]
        return await self._answer(lambda: run_tables.comparison_of(self.folder.root, self.folder.comparison(name)))
