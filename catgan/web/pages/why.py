"""The page Why?: which change of the face changes the answer of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from catgan.web.context import Context
from catgan.web.http import BaseRoute, Request, Response, Route
from catgan.web.requests import Refused, answer, choice_in, number_in, read_json, whole_number_in
from catgan.web.sessions import Session
from catgan.web.uploads import MAX_MODEL_BYTES, receive, shown_name

if TYPE_CHECKING:
    from catgan.explain.models import Label
    from catgan.pipelines.another_network import Declaration
    from catgan.pipelines.why import Question
    from catgan.web.face_state import FoundFace, Photo
    from catgan.web.why_state import WhyState

NAME = "why"
TITLE = "Why?"
HELP = "Ask which smallest change of the face changes what a model reads."

MODELS = ("own", "network")
"""What can be explained: the model of the page, or a network that the user opened."""
ENDINGS = (".onnx", ".keras", ".h5", ".hdf5")
LONGEST_FIELD, LONGEST_TARGET, LONGEST_LIST = 20_000, 2_000, 100


def usable(context: Context) -> bool:
    return True


def routes(context: Context) -> Sequence[BaseRoute]:
    page = WhyPage(context)
    return [Route("/api/why/start", page.start, methods=["GET"]),
            Route("/api/why/reading", page.reading, methods=["POST"]),
            Route("/api/why/question", page.question, methods=["POST"]),
            Route("/api/why/file", page.file, methods=["POST"]),
            Route("/api/why/network", page.network, methods=["POST"]),
            Route("/api/why/search", page.search, methods=["POST"]),
            Route("/api/why/report", page.report, methods=["POST"])]


class WhyPage:
    """Answers the requests of the page."""

    def __init__(self, context: Context):
        self.context = context
        self._own: Mapping[str, Label] | None = None  # labels of the page's model, once it is loaded

    async def start(self, request: Request) -> Response:
        """What can be asked, and what the tab had before it was loaded again."""
        from catgan.web import why_labels
        from catgan.web.why_search import described_network

        state = self._state(self.context.sessions.of(request))
        labels = await self._labels("own", state)
        side = await self.context.worker.run(lambda: self.context.model.gan.network.image_size)
        given = self.context.options.model
        return answer({
            **why_labels.options(), "labels": why_labels.described(labels), "judges": why_labels.judges(side),
            "given": None if given is None else given.name, "file": None if state.file is None else state.file.name,
            "network": None if state.network is None else described_network(state.network),
            "job": None if state.job is None else state.job.to_dict()})

    async def reading(self, request: Request) -> Response:
        """What a model reads off the chosen face: `reading`, or a `job` that gives it."""
        from catgan.web import why_labels, why_search

        body = await read_json(request)
        session = self.context.sessions.of(request)
        state, (photo, _, face) = self._state(session), self._face(session, body)
        if choice_in(body, "model", MODELS) == "network":
            network = state.the_network()
            job = self.context.jobs.start(session, lambda job: why_search.read_network(
                self.context, network, face, photo.upload, job))
            return answer({"job": job.identity})
        labels = await self._labels("own", state)
        columns = await self.context.worker.run(
            lambda: self.context.model.gan.read(face.face.image[None], classes=True))
        return answer({"reading": why_labels.reading_of(labels, columns)})

    async def question(self, request: Request) -> Response:
        """Says a target in words."""
        from catgan.web import why_labels

        body = await read_json(request)
        state = self._state(self.context.sessions.of(request))
        labels = await self._labels(choice_in(body, "model", MODELS), state)
        return answer(why_labels.asked(labels, _text_in(body, "target", LONGEST_TARGET)))

    async def file(self, request: Request) -> Response:
        """Takes the file of a network; it is not opened yet."""
        session = self.context.sessions.of(request)
        state, name = self._state(session), shown_name(request)
        ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
        upload = await receive(request, session, MAX_MODEL_BYTES, ending)
        if state.file is not None:
            session.remove(state.file.path)
        state.file = upload
        self.context.sessions.trim()
        return answer({"name": upload.name, "size": upload.size})

    async def network(self, request: Request) -> Response:
        """Opens the file that was sent, or the one that the command line named, in a job."""
        from catgan.web import why_search
        from catgan.web.why_state import given_file

        body = await read_json(request)
        session = self.context.sessions.of(request)
        state, given = self._state(session), self.context.options.model
        file = state.file
        if choice_in(body, "source", ("file", "given")) == "given":
            file = None if given is None else given_file(given)
        if file is None:
            raise Refused("There is no file of a network. Choose one first.", 410)
        declared, opened = _declaration_in(body), file
        job = self.context.jobs.start(session, lambda job: why_search.open_file(
            self.context, state, opened, declared, job))
        return answer({"job": job.identity})

    async def search(self, request: Request) -> Response:
        """Starts the search for answers, and stops the one before."""
        from catgan.explain.targets import parse_target
        from catgan.web import why_search

        body = await read_json(request)
        session = self.context.sessions.of(request)
        state, (photo, number, face) = self._state(session), self._face(session, body)
        which = choice_in(body, "model", MODELS)
        question = _question_in(body)
        parse_target(question.target, await self._labels(which, state))
        network = state.the_network() if which == "network" else None
        oracle = _oracle_in(body, face.face.image.shape[0])
        if state.job is not None:
            state.job.stop()
        session.remove(state.photograph.path if state.photograph else None)
        state.answered = None
        photograph = await self.context.reader.run(why_search.copied, session, photo.upload)
        state.photograph = photograph
        asked = why_search.Asked(question, face, number, photograph, network, oracle)
        state.job = self.context.jobs.start(session, lambda job: why_search.search(self.context, state, asked, job))
        return answer({"job": state.job.identity})

    async def report(self, request: Request) -> Response:
        """The files of the answers, as `catgan explain` writes them, in a ZIP archive."""
        from catgan.web import why_search

        answered = self._state(self.context.sessions.of(request)).the_answers()
        content = await self.context.reader.run(why_search.report, answered)
        return Response(content, media_type="application/zip", headers={"Cache-Control": "no-store"})

    # === Parts ===

    def _state(self, session: Session) -> WhyState:
        from catgan.web.why_state import WhyState

        return session.part(WhyState)

    def _face(self, session: Session, body: Mapping[str, object]) -> tuple[Photo, int, FoundFace]:
        """Returns the photograph, number and face that the page Face has chosen."""
        from catgan.web.face_state import FaceState

        state = session.part(FaceState)
        face = state.face(str(body.get("photo")))
        return state.the_photo(), state.chosen or 0, face

    async def _labels(self, which: str, state: WhyState) -> Mapping[str, Label]:
        if which == "network":
            return state.the_network().labels
        if self._own is None:
            self._own = await self.context.worker.run(self._own_labels)
        return self._own

    def _own_labels(self) -> Mapping[str, Label]:
        from catgan.explain.models import CatGANModel, with_au_reader

        return with_au_reader(CatGANModel(self.context.model.gan), None)[0].labels


def _question_in(body: Mapping[str, object]) -> Question:
    from catgan.explain.counterfactual import METHODS
    from catgan.pipelines.why import HEATS, MAX_ANSWERS, Question

    heat = choice_in(body, "heat", ("", *HEATS))
    return Question(_text_in(body, "target", LONGEST_TARGET), choice_in(body, "method", METHODS), _units_in(body),
                    number_in(body, "margin", 0.0, 0.4), whole_number_in(body, "count", 1, MAX_ANSWERS),
                    _truth_in(body, "even_if"), heat or None)


def _oracle_in(body: Mapping[str, object], side: int) -> str | None:
    from catgan.web.why_labels import judges

    return choice_in(body, "oracle", ("", *judges(side))) or None


def _declaration_in(body: Mapping[str, object]) -> Declaration:
    from catgan.pipelines.another_network import Declaration
    from catgan.web.why_labels import CHOICES, FIELDS

    given = body.get("declared")
    if not isinstance(given, dict):
        raise Refused("'declared' must be an object of texts.")
    texts = {name: choice_in(given, name, ("", *CHOICES[name])) if name in CHOICES else
             _text_in(given, name, LONGEST_FIELD) for name in FIELDS if name != "classes" and name in given}
    return Declaration(classes=_truth_in(given, "classes"), **texts)


def _text_in(body: Mapping[str, object], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise Refused(f"'{name}' must be a text of at most {longest} letters. Received: {str(value)[:80]}.")
    return value


def _truth_in(body: Mapping[str, object], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Refused(f"'{name}' must be true or false. Received: {str(value)[:80]}.")
    return value


def _units_in(body: Mapping[str, object]) -> tuple[int, ...]:
    from catgan import facs

    given = body.get("without", [])
    if not isinstance(given, list) or len(given) > LONGEST_LIST or not all(isinstance(part, str) for part in given):
        raise Refused("'without' must be a list of Action Units, such as [\"AU1\", \"AU25\"].")
    return tuple(facs.parse_action_unit(part) for part in given)
