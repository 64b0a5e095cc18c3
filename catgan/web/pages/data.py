"""The page Data: what a built data set holds, which faces match a query, what was rejected, what contradicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from catgan.web.context import Context
from catgan.web.http import BaseRoute, Request, Response, Route
from catgan.web.requests import Refused, answer, choice_in, read_json, whole_number_in

if TYPE_CHECKING:
    from catgan.web.data_source import DataSource
    from catgan.web.jobs import Job

NAME = "data"
TITLE = "Data"
HELP = "Look into a data set: coverage, faces that match a query, rejected rows, conflicts."

MAX_PAGE = 10 ** 7


def usable(context: Context) -> bool:
    return context.options.data is not None


def routes(context: Context) -> Sequence[BaseRoute]:
    page = DataPage(context)
    return [Route("/api/data/info", page.info, methods=["GET"]),
            Route("/api/data/overview", page.overview, methods=["POST"]),
            Route("/api/data/search", page.search, methods=["POST"]),
            Route("/api/data/faces/{row:int}", page.face, methods=["GET"]),
            Route("/api/data/pictures/{row:int}", page.picture, methods=["GET"]),
            Route("/api/data/rejected", page.rejected, methods=["POST"]),
            Route("/api/data/conflicts", page.conflicts, methods=["POST"])]


class DataPage:
    """Answers the requests of the page. Searches and pictures have a thread each, so that a search stops neither the
    pictures nor the other pages."""

    def __init__(self, context: Context):
        self.context = context
        self.searches, self.pictures = context.new_worker("search"), context.new_worker("data")
        self._source: DataSource | None = None

    @property
    def source(self) -> DataSource:
        from catgan.web.data_source import DataSource

        if self._source is None:
            assert self.context.options.data is not None
            self._source = DataSource(self.context.options.data)
        return self._source

    async def info(self, request: Request) -> Response:
        """What dataset.json says, and which columns a query may name."""
        from catgan.web.data_overview import facts_of

        opened = await self.pictures.run(lambda: self.source.opened())
        return answer({**facts_of(opened.dataset), "version": opened.version, "columns": opened.columns})

    async def overview(self, request: Request) -> Response:
        """Counts of all faces: the result where it was computed before, else the job that computes it."""
        from catgan.web import data_overview

        session = self.context.sessions.of(request)
        dataset = (await self.pictures.run(lambda: self.source.opened())).dataset
        known = await self.pictures.run(data_overview.cached, dataset)
        if known is not None:
            return answer({"overview": known})

        def work(job: Job) -> Mapping[str, object]:
            return data_overview.cached(dataset) or data_overview.overview(dataset, job.progress)

        return answer({"job": self.context.jobs.start(session, work).identity})

    async def search(self, request: Request) -> Response:
        """A page of the faces that match a query."""
        from catgan.web import data_rows

        body = await read_json(request)
        where, page = body.get("where"), whole_number_in(body, "page", 0, MAX_PAGE)
        split = choice_in(body, "split", ("train", "validation", "test", "all"))
        if not isinstance(where, str):
            raise Refused("'where' must be a query; an empty text matches all faces.")
        state = self.context.sessions.of(request).part(data_rows.DataState)
        state.asked += 1
        asked = state.asked

        def found() -> dict[str, object]:
            data_rows.search(self.source, state, where, split,
                             lambda: state.asked != asked or self.searches.closed)
            return data_rows.page_of(self.source, state, page)

        return answer(await self.searches.run(found))

    async def face(self, request: Request) -> Response:
        """The row of a face."""
        from catgan.web import data_rows

        version, row = request.query_params.get("v"), request.path_params["row"]

        def described() -> dict[str, object]:
            self.source.of_version(version)
            return data_rows.face_of(self.source, row)

        return answer(await self.pictures.run(described))

    async def picture(self, request: Request) -> Response:
        """The picture of a face; browsers keep it as long as the data set stays the same."""
        version, row = request.query_params.get("v"), request.path_params["row"]

        def read() -> bytes:
            self.source.of_version(version)
            return self.source.picture(row)

        content = await self.pictures.run(read)
        return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    async def rejected(self, request: Request) -> Response:
        """A page of the rejected rows, of one reason or of all."""
        from catgan.web import data_tables

        body = await read_json(request)
        reason, page = body.get("reason"), whole_number_in(body, "page", 0, MAX_PAGE)
        if reason is not None and not isinstance(reason, str):
            raise Refused("'reason' must be a text, or null for all reasons.")
        return answer(await self.pictures.run(data_tables.rejected, self.source.folder, reason, page))

    async def conflicts(self, request: Request) -> Response:
        """A page of the labels that contradicted each other."""
        from catgan.web import data_tables

        page = whole_number_in(await read_json(request), "page", 0, MAX_PAGE)
        return answer(await self.pictures.run(data_tables.conflicts, self.source, page))
