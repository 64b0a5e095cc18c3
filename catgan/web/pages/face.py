"""The page Face: a photograph, its faces, sliders of Action Units, the plane of valence and arousal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catgan.errors import CatganError
from catgan.web.context import Context
from catgan.web.http import BaseRoute, Request, Response, Route
from catgan.web.requests import Refused, answer, choice_in, numbers_in, read_json, whole_number_in
from catgan.web.sessions import Session
from catgan.web.uploads import MAX_PHOTOGRAPH_BYTES, Upload, receive

if TYPE_CHECKING:
    import numpy as np

    from catgan.faces.detected import DetectedFace
    from catgan.web.face_state import FaceState, Photo

NAME = "face"
TITLE = "Face"
HELP = "Change Action Units, valence and arousal of a face, and see what the model reads."


def usable(context: Context) -> bool:
    return True


def routes(context: Context) -> Sequence[BaseRoute]:
    page = FacePage(context)
    return [Route("/api/face/labels", page.labels, methods=["GET"]),
            Route("/api/face/state", page.state, methods=["GET"]),
            Route("/api/face/photo", page.photo, methods=["POST"]),
            Route("/api/face/choose", page.choose, methods=["POST"]),
            Route("/api/face/edit", page.edit, methods=["POST"]),
            Route("/api/face/download", page.download, methods=["POST"])]


class FacePage:
    """Answers the requests of the page."""

    def __init__(self, context: Context):
        self.context = context

    async def labels(self, request: Request) -> Response:
        """What the model reads and edits; waits until it is loaded."""
        from catgan.web import face_edits

        return answer(await self.context.worker.run(lambda: face_edits.labels_of(self.context.model.gan)))

    async def state(self, request: Request) -> Response:
        """What the tab showed before it was loaded again; `photo` is None where it showed nothing."""
        from catgan.web import face_edits

        state = self._state(self.context.sessions.of(request))
        if state.photo is None:
            return answer({"photo": None})
        shown = await self.context.reader.run(_shown, state.photo)
        if state.chosen is not None:
            to, chosen = state.to, state.chosen
            shown |= await self.context.worker.run(
                lambda: face_edits.choose(self.context.model.gan, state, chosen)) | {"to": to}
        return answer(shown)

    async def photo(self, request: Request) -> Response:
        """Takes a photograph, and finds its faces."""
        session = self.context.sessions.of(request)
        state = self._state(session)
        state.asked += 1
        asked = state.asked
        upload = await receive(request, session, MAX_PHOTOGRAPH_BYTES)
        try:
            photo = await self._looked_at(upload)
            if state.asked != asked:
                raise Refused("Another photograph was chosen meanwhile.", 409)
        except BaseException:
            session.remove(upload.path)
            raise
        session.remove(state.photo.upload.path if state.photo else None)
        state.photo, state.chosen, state.to = photo, None, {}
        self.context.sessions.trim()
        return answer(await self.context.reader.run(_shown, photo))

    async def _looked_at(self, upload: Upload) -> Photo:
        from catgan.web.face_state import photo_of

        pixels = await self.context.reader.run(_decoded, upload)
        found, side = await self.context.worker.run(self._detected, pixels)
        return await self.context.reader.run(photo_of, upload, pixels, found, side)

    def _detected(self, pixels: np.ndarray) -> tuple[list[DetectedFace], int]:
        return self.context.model.landmarker.detect(pixels), self.context.model.gan.network.image_size

    async def choose(self, request: Request) -> Response:
        """Reads one face of the photograph."""
        from catgan.web import face_edits

        body = await read_json(request)
        state = self._state(self.context.sessions.of(request))
        count = len(state.the_photo().faces)
        if not count:
            raise Refused("No face was found in this photograph.")
        number = whole_number_in(body, "face", 0, count - 1)
        return answer(await self.context.worker.run(
            lambda: face_edits.choose(self.context.model.gan, state, number)))

    async def edit(self, request: Request) -> Response:
        """Edits the chosen face, for the screen."""
        from catgan.web import face_edits
        from catgan.web.face_state import VIEWS

        body = await read_json(request)
        state = self._state(self.context.sessions.of(request))
        to, view, identity = numbers_in(body, "to"), choice_in(body, "view", VIEWS), str(body.get("photo"))
        return answer(await self.context.worker.run(
            lambda: face_edits.edit(self.context.model.gan, state, identity, to, view)))

    async def download(self, request: Request) -> Response:
        """Edits the chosen face in the photograph itself, as PNG."""
        from catgan.web import face_edits

        body = await read_json(request)
        session = self.context.sessions.of(request)
        state, to, identity = self._state(session), numbers_in(body, "to"), str(body.get("photo"))
        face, upload = state.face(identity), state.the_photo().upload
        edited = await self.context.worker.run(
            lambda: face_edits.edited_crop(self.context.model.gan, state, identity, to))
        out = session.new_path(".png")
        try:
            await self.context.reader.run(face_edits.write_edited, upload, face, edited, out)
            content = out.read_bytes()
        finally:
            out.unlink(missing_ok=True)
        return Response(content, media_type="image/png", headers={"Cache-Control": "no-store"})

    def _state(self, session: Session) -> FaceState:
        from catgan.web.face_state import FaceState

        return session.part(FaceState)


def _decoded(upload: Upload) -> np.ndarray:
    """Decodes a photograph; errors speak of the name that the user knows."""
    from catgan.faces.images import decode, read_bytes

    try:
        return decode(read_bytes(upload.path), upload.name)
    except MemoryError:
        raise CatganError(f"{upload.name}: too large for the memory of this machine.") from None


def _shown(photo: Photo) -> dict[str, object]:
    """Describes a photograph and its faces for the front end."""
    from catgan.web.face_edits import jpeg_address

    width, height = photo.size
    faces = []
    for found in photo.faces:
        left, top, wide, high = found.detected.box
        faces.append({"box": [left / width, top / height, wide / width, high / height],
                      "thumb": jpeg_address(found.thumb), "near": jpeg_address(found.near.pixels),
                      "width": found.near.pixels.shape[1], "height": found.near.pixels.shape[0]})
    return {"photo": photo.identity, "name": photo.upload.name, "size": [width, height], "faces": faces,
            "picture": jpeg_address(photo.pixels), "width": photo.pixels.shape[1], "height": photo.pixels.shape[0]}
