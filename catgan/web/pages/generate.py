"""The page Generate: faces that nobody has, by seed and labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catgan.web.context import Context
from catgan.web.http import BaseRoute, Request, Response, Route
from catgan.web.requests import answer, choice_in, read_json

if TYPE_CHECKING:
    import numpy as np

    from catgan.web.generated import Wish

NAME = "generate"
TITLE = "Generate"
HELP = "Draw faces of nobody: by seed and labels, swept along one label, or from one face to another."


def usable(context: Context) -> bool:
    return True


def routes(context: Context) -> Sequence[BaseRoute]:
    page = GeneratePage(context)
    return [Route("/api/generate/labels", page.labels, methods=["GET"]),
            Route("/api/generate/faces", page.faces, methods=["POST"]),
            Route("/api/generate/download", page.download, methods=["POST"])]


class GeneratePage:
    """Answers the requests of the page. It keeps nothing: a seed with labels always gives the same faces."""

    def __init__(self, context: Context):
        self.context = context

    async def labels(self, request: Request) -> Response:
        """What can be asked for; waits until the model is loaded."""
        from catgan.web import generated

        return answer(await self.context.worker.run(lambda: generated.labels_of(self.context.model.gan)))

    async def faces(self, request: Request) -> Response:
        """Draws faces for the screen, and reads from them the labels that were asked for."""
        from catgan.web import generated

        self.context.sessions.of(request)
        wish = generated.Wish.of(await read_json(request))
        faces, values, read = await self._drawn(request, wish)
        return answer(await self.context.reader.run(generated.shown, wish, faces, values, read))

    async def download(self, request: Request) -> Response:
        """Draws faces as a file: a sheet, or an animation."""
        from catgan.web import generated

        body = await read_json(request)
        kind, session = choice_in(body, "format", tuple(generated.FORMATS)), self.context.sessions.of(request)
        wish = generated.Wish.of(body)
        faces, _, _ = await self._drawn(request, wish)
        path = session.new_path(f".{kind}")
        try:
            await self.context.reader.run(generated.write, path, wish, faces, kind)
            content = path.read_bytes()
        finally:
            path.unlink(missing_ok=True)
        return Response(content, media_type=generated.FORMATS[kind], headers={"Cache-Control": "no-store"})

    async def _drawn(self, request: Request, wish: Wish) -> tuple[np.ndarray, list[float], dict[str, list[float]]]:
        """Draws a few faces at a time, so that other pages get their turn; ends where the browser has gone."""
        import numpy as np

        from catgan.web.generated import drawn_and_read
        from catgan.web.http import ClientDisconnect

        model, names = self.context.model, wish.asked
        drawing, values = await self.context.worker.run(lambda: wish.drawing(model.gan))
        faces, read = [], {name: list[float]() for name in names}
        for chunk in drawing.chunks(model.gan):
            if await request.is_disconnected():
                raise ClientDisconnect
            some, values_read = await self.context.worker.run(drawn_and_read, model.gan, chunk, names)
            faces.append(some)
            for name in names:
                read[name] += values_read[name]
        return np.concatenate(faces), values, read
