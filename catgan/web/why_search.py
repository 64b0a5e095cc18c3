"""Searches for answers of the page Why? in the thread of jobs, opens networks there, and writes the report."""

from __future__ import annotations

import io
import math
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from catgan.errors import CatganError
from catgan.explain.models import CatGANModel, CombinedModel, ExplainedModel, with_au_reader
from catgan.explain.preprocessing import Crops, PhotographedFace, landmark_box
from catgan.explain.question import question
from catgan.explain.search.options import GRID, MAX_UNITS
from catgan.faces.alignment import anchors
from catgan.faces.images import decode_photograph, read_bytes
from catgan.models.gan.model import CatGAN
from catgan.pipelines import gallery, why_files
from catgan.pipelines.another_network import Declaration, open_network
from catgan.pipelines.why import ANSWERS, EVEN_IF, Question, explain_face, target_of
from catgan.web import why_answers, why_labels
from catgan.web.context import Context
from catgan.web.face_state import FoundFace
from catgan.web.jobs import Job
from catgan.web.sessions import Session
from catgan.web.uploads import Upload
from catgan.web.why_state import Answered, Network, WhyState, with_names

FRAMES = 8
"""Faces on the way to an answer, as `catgan explain` draws them."""
SHARE = 0.85
"""Share of the bar of progress that the search for answers takes."""
USUAL_RENDERS = 130.0
"""Faces that a search draws for one answer, in the middle of 200."""
WORDS = {ANSWERS: "Searching", EVEN_IF: "Even if"}


@dataclass(frozen=True)
class Asked:
    """One search of a tab.

    Args:
        question: what is asked.
        face: the face as the page Face found it.
        number: of the face in the photograph.
        photograph: a copy of the photograph.
        network: what is explained; None: the model of the page itself.
        oracle: name of a preset that is asked whether it agrees; None: none is.
    """

    question: Question
    face: FoundFace
    number: int
    photograph: Upload
    network: Network | None
    oracle: str | None


def search(context: Context, state: WhyState, asked: Asked, job: Job) -> dict[str, object]:
    """Answers a question, keeps the answers in the state of the tab, and returns them for the page.

    Without answers, the copy of the photograph is removed.
    """
    try:
        return _searched(context, state, asked, job)
    except BaseException:
        job.session.remove(asked.photograph.path)
        raise


def _searched(context: Context, state: WhyState, asked: Asked, job: Job) -> dict[str, object]:
    job.progress(0.01, "Loading the model")
    gan, asking = context.model.for_jobs, asked.question
    model: ExplainedModel = CatGANModel(gan) if asked.network is None else asked.network.model
    name = context.options.run if asked.network is None else asked.network.source.name
    oracle = None if asked.oracle is None else CatGAN.from_preset(asked.oracle)
    photo = _decoded(asked.photograph)
    places = anchors(asked.face.detected.landmarks)
    total = _expected(asking, gan)

    def progress(step: str, drawn: int) -> None:
        share = SHARE * total(drawn) if step == ANSWERS else SHARE + 0.05 * (1 + (step != EVEN_IF))
        job.progress(share, f"{WORDS[step]}: {drawn} faces drawn" if step in WORDS else "Drawing the heat map")

    why = explain_face(model, gan, _shot(photo, asked.face), places, asking, oracle=oracle, frames=FRAMES,
                       progress=progress)
    job.progress(0.98, "Drawing the answers")
    found = gallery.FoundFace(Path(asked.photograph.name), asked.number, asked.face.face, places, None, None)
    sentence = question(target_of(model, gan, asking.target))
    shown = why_answers.described(why, asked.face, sentence, name)
    state.answered = Answered(why, found, asked.photograph, f"{name} explained, {context.options.run} draws")
    return shown


def open_file(context: Context, state: WhyState, file: Upload, declared: Declaration, job: Job) -> dict[str, object]:
    """Opens a network, and describes it for the page."""
    job.progress(0.1, "Opening the network")
    gan = context.model.for_jobs
    try:
        model = open_network(file.path, declared, why_labels.FIELDS.__getitem__)
    except CatganError as error:
        raise with_names(error, file) from None
    model.name = file.name
    combined, _ = with_au_reader(model, gan)
    state.network = Network(model, dict(combined.labels), declared, file)
    return described_network(state.network)


def described_network(network: Network) -> dict[str, object]:
    """Describes an opened network for the page."""
    made = network.model.preprocessing
    return {"name": network.source.name, "labels": why_labels.described(network.labels),
            "skipped": list(network.model.skipped), "gradients": network.model.differentiable,
            "declared": asdict(network.declared), "size": None if made.size is None else list(made.size),
            "channels": made.colours, "pixels": made.pixels, "crop": made.crop}


def read_network(context: Context, network: Network, face: FoundFace, photograph: Upload,
                 job: Job) -> dict[str, object]:
    """Reads a face with a network, and with catgan's own."""
    job.progress(0.1, "Reading the face")
    combined = CombinedModel(network.model, CatGANModel(context.model.for_jobs))
    crops = None
    if combined.crop != "aligned":
        crops = [Crops(_shot(_decoded(photograph), face), network.model.preprocessing).original()]
    return {"reading": why_labels.reading_of(network.labels, combined.read(face.face.image[None], crops))}


def copied(session: Session, photograph: Upload) -> Upload:
    """Copies a photograph, which the page Face replaces when another is chosen; takes no disk where links exist."""
    path = session.new_path(photograph.path.suffix)
    try:
        os.link(photograph.path, path)
    except OSError:
        shutil.copyfile(photograph.path, path)
    session.stored += photograph.size
    return Upload(path, photograph.name, photograph.size)


def report(answered: Answered) -> bytes:
    """Returns the files of the answers as a ZIP archive."""
    photograph = decode_photograph(read_bytes(answered.photograph.path), answered.photograph.name)
    stream = io.BytesIO()
    with tempfile.TemporaryDirectory(dir=answered.photograph.path.parent) as folder:
        why_files.save(answered.why, answered.found, photograph, Path(folder), answered.model)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
    return stream.getvalue()


def _decoded(photograph: Upload) -> np.ndarray:
    return np.asarray(decode_photograph(read_bytes(photograph.path), photograph.name).pixels)


def _shot(photo: np.ndarray, face: FoundFace) -> PhotographedFace:
    return PhotographedFace(photo, face.face, landmark_box(face.face))


def _expected(asking: Question, gan: CatGAN) -> Callable[[int], float]:
    """Returns a function from faces drawn to the share of the search that is done, as far as can be foreseen."""
    if asking.method != "minimal":
        return lambda drawn: 1.0 - math.exp(-drawn / (USUAL_RENDERS * asking.count))
    units = len(gan.spec.action_units) - len(asking.without)
    sets = sum(math.comb(units, size) * (len(GRID) - 1) ** size for size in range(1, MAX_UNITS + 1))
    return lambda drawn: min(drawn / (sets * asking.count), 1.0)
