"""The page Annotate: photographs and videos of a folder, rated by several people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from catgan.web.context import Context
from catgan.web.http import BaseRoute, FileResponse, Request, Response, Route
from catgan.web.jobs import Job
from catgan.web.requests import Refused, answer, read_json

if TYPE_CHECKING:
    from catgan.pipelines.annotation.items import Item
    from catgan.pipelines.annotation.project import Project

NAME = "annotate"
TITLE = "Annotate"
HELP = "Rate Action Units, expression, valence and arousal of your own photographs and videos."


def usable(context: Context) -> bool:
    return context.options.annotate is not None


def routes(context: Context) -> Sequence[BaseRoute]:
    page = AnnotatePage(context)
    one = "/api/annotate/items/{item}"
    return [Route("/api/annotate/project", page.described, methods=["GET"]),
            Route("/api/annotate/progress", page.progress, methods=["GET"]),
            Route("/api/annotate/units", page.units, methods=["POST"]),
            Route("/api/annotate/agreement", page.agreement, methods=["POST"]),
            Route("/api/annotate/export", page.export, methods=["POST"]),
            Route(one, page.opened, methods=["GET"]), Route(f"{one}/step", page.step, methods=["POST"]),
            Route(f"{one}/picture", page.picture, methods=["GET"]), Route(f"{one}/video", page.video, methods=["GET"]),
            Route(f"{one}/frame", page.frame, methods=["GET"])]


class AnnotatePage:
    """Answers the requests of the page. All files are touched in the thread of `Context.reader`, but for agreement
    and export, which are jobs."""

    def __init__(self, context: Context):
        self.context = context
        self._project: Project | None = None

    def _opened(self) -> Project:
        from catgan.pipelines.annotation.project import Project

        folder = self.context.options.annotate
        if self._project is None:
            if folder is None:
                raise Refused("Start catgan app with --annotate FOLDER.")
            self._project = Project(folder)
        return self._project

    async def described(self, request: Request) -> Response:
        """The items of the folder, raters, and Action Units to code."""
        from catgan.web import annotate_state

        return answer(await self.context.reader.run(
            lambda: annotate_state.described(self._opened(), self.context.options.rater)))

    async def progress(self, request: Request) -> Response:
        """How far a rater is with each item."""
        from catgan.web import annotate_state

        rater = _rater(request)
        return answer(await self.context.reader.run(lambda: annotate_state.progress(self._opened(), rater)))

    async def units(self, request: Request) -> Response:
        """Chooses the Action Units to code, for all raters."""
        given = (await read_json(request)).get("units")
        if not isinstance(given, list) or not all(isinstance(number, int) for number in given):
            raise Refused("'units' must be a list of numbers of Action Units.")
        await self.context.reader.run(lambda: self._opened().choose_units(given))
        return answer({"units": list(self._opened().units)})

    async def opened(self, request: Request) -> Response:
        """What a rater has said of an item."""
        from catgan.web import annotate_state

        rater = _rater(request)
        return answer(await self.context.reader.run(
            lambda: annotate_state.opened(self._opened(), self._item(request), rater)))

    async def step(self, request: Request) -> Response:
        """Saves a step of a rater; it is on the disk before this answers."""
        from catgan.web import annotate_state

        body = await read_json(request)
        return answer(await self.context.reader.run(
            lambda: annotate_state.step(self._opened(), self._item(request), body)))

    async def picture(self, request: Request) -> Response:
        """A photograph, as JPEG."""
        from catgan.web import annotate_media

        content = await self.context.reader.run(
            lambda: annotate_media.photograph_jpeg(self._kind(request, video=False)))
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    async def video(self, request: Request) -> Response:
        """A video, or the part that `Range` asks for."""
        from catgan.web import annotate_media

        item = await self.context.reader.run(lambda: self._kind(request, video=True))
        facts = await self.context.reader.run(annotate_media.video_facts, item)
        return FileResponse(item.path, media_type=str(facts["type"]), headers={"Cache-Control": "no-cache"})

    async def frame(self, request: Request) -> Response:
        """The frame that a video shows at `time`, or `step` frames from it."""
        from catgan.web import annotate_media

        time, step = _number(request, "time"), int(_number(request, "step"))
        shown = await self.context.reader.run(
            lambda: annotate_media.frame_at(self._kind(request, video=True), time, step))
        return answer(shown._asdict())

    async def agreement(self, request: Request) -> Response:
        """Starts to measure the agreement of all raters; a job."""
        from catgan.pipelines.annotation.agreement import measure_agreement
        from catgan.web import annotate_state

        timing = annotate_state.timing(await read_json(request))
        return self._job(request, lambda job: measure_agreement(self._opened(), timing))

    async def export(self, request: Request) -> Response:
        """Starts to write tables and recipe; a job."""
        from catgan.pipelines.annotation.export import export
        from catgan.web import annotate_state

        options = annotate_state.options(await read_json(request))
        return self._job(request, lambda job: export(self._opened(), options))

    def _job(self, request: Request, work: Callable[[Job], Mapping[str, object]]) -> Response:
        return answer(self.context.jobs.start(self.context.sessions.of(request), work).to_dict())

    def _item(self, request: Request) -> Item:
        return self._opened().item(request.path_params["item"])

    def _kind(self, request: Request, video: bool) -> Item:
        item = self._item(request)
        if item.video != video:
            raise Refused(f"{item.key} is {'a video' if item.video else 'a photograph'}.", 404)
        if not item.path.is_file():
            raise Refused(f"{item.key} is not there any more.", 404)
        return item


def _rater(request: Request) -> str:
    from catgan.pipelines.annotation.project import rater_name

    return rater_name(request.query_params.get("rater", ""))


def _number(request: Request, name: str) -> float:
    try:
        value = float(request.query_params.get(name, "0"))
    except ValueError:
        value = -1e9
    if not -1e6 <= value <= 1e6:
        raise Refused(f"'{name}' must be a number. Received: {request.query_params[name][:40]}.")
    return value
