"""Puts the web page together: guard, pages, jobs, terms, static files, and errors as one line of JSON."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import catgan
from catgan.errors import CatganError
from catgan.web import jobs, terms
from catgan.web.context import Context
from catgan.web.guard import Guard, Keys, login_page
from catgan.web.http import (BaseRoute, ClientDisconnect, FileResponse, HTTPException, Middleware, Mount,
                             RedirectResponse, Request, Response, Route, Starlette, StaticFiles)
from catgan.web.page import Page
from catgan.web.paths import STATIC
from catgan.web.registry import PAGES
from catgan.web.requests import Refused, answer, error

logger = logging.getLogger("catgan")

TRIM_SECONDS = 60.0
"""Idle tabs are searched for this often."""
OPENING_DELAY = 1.5
"""The model is loaded this long after the start unless a page needs it earlier, since loading slows the first page."""


class OwnFiles(StaticFiles):
    """The files of the page, which browsers ask about each time, so that an update of catgan is seen."""

    def file_response(self, full_path: object, *rest: object, **named: object) -> Response:
        response = super().file_response(full_path, *rest, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def application(context: Context, keys: Keys, port: int, on_start: Callable[[], None] = lambda: None) -> Starlette:
    """Builds the application (ASGI).

    Args:
        context: what the pages share; closed when the application ends.
        keys: secrets of the server.
        port: at which it is reached.
        on_start: called when it is ready to answer.
    """
    pages = [page for page in PAGES if page.usable(context)]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        opening = asyncio.create_task(_open(context))
        trimming = asyncio.create_task(_trim(context))
        on_start()
        yield
        for task in (opening, trimming):
            task.cancel()
        await context.close()

    return Starlette(routes=_routes(context, pages), middleware=[Middleware(Guard, keys=keys, port=port)],
                     exception_handlers={CatganError: _users_error, HTTPException: _http_error,
                                         ClientDisconnect: _gone, OSError: _users_error, Exception: _own_error},
                     lifespan=lifespan)


def _routes(context: Context, pages: list[Page]) -> list[BaseRoute]:
    async def shell(request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def start(request: Request) -> Response:
        return RedirectResponse(f"/{pages[0].NAME}", 303)

    async def login(request: Request) -> Response:
        return login_page(200)

    async def icon(request: Request) -> Response:
        return FileResponse(STATIC / "icon.svg", headers={"Cache-Control": "max-age=86400"})

    async def about(request: Request) -> Response:
        shown = [{"name": page.NAME, "title": page.TITLE, "help": page.HELP} for page in pages]
        return answer({"pages": shown, "run": context.options.run, "version": catgan.__version__})

    routes: list[BaseRoute] = [
        Route("/", start), Route("/login", login), Route("/favicon.ico", icon), Route("/api/app", about),
        *terms.routes(context), *jobs.routes(context.jobs, context.sessions)]
    for page in pages:
        routes += [Route(f"/{page.NAME}", shell), *page.routes(context)]
    return [*routes, Mount("/static", OwnFiles(directory=STATIC))]


async def _open(context: Context) -> None:
    """Loads the model beside the first requests; those that need it wait, and get its error if it has one."""
    await asyncio.sleep(OPENING_DELAY)
    with contextlib.suppress(CatganError, OSError):
        await context.worker.run(lambda: context.model.gan)


async def _trim(context: Context) -> None:
    while True:
        await asyncio.sleep(TRIM_SECONDS)
        context.sessions.trim()


async def _users_error(request: Request, raised: Exception) -> Response:
    return error(raised, raised.status if isinstance(raised, Refused) else 400)


async def _http_error(request: Request, raised: Exception) -> Response:
    status = raised.status_code if isinstance(raised, HTTPException) else 500
    words = {404: f"There is nothing at {request.url.path[:80]}.", 405: f"{request.method} is not answered here."}
    return error(words.get(status, getattr(raised, "detail", "")), status)


async def _gone(request: Request, raised: Exception) -> Response:
    return error("The browser has gone.", 400)


async def _own_error(request: Request, raised: Exception) -> Response:
    return error(f"This should not happen: {type(raised).__name__}. The terminal of catgan app says more.", 500)
