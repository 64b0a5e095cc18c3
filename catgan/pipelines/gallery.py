"""Several explained photographs, and one page that shows them all."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

import catgan
from catgan import facs, files
from catgan.errors import CatganError, Failure, printable
from catgan.explain import report
from catgan.explain.counterfactual import Counterfactual, counterfactuals
from catgan.explain.preprocessing import Box, PhotographedFace, landmark_box
from catgan.faces import coverage
from catgan.faces.alignment import Face, align, anchors, choose_faces
from catgan.faces.containers import is_video
from catgan.faces.images import Photograph, read_image, read_photograph
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Video
from catgan.models.gan.model import CatGAN

FRAMES = 12
"""Frames of a video that are explained."""
SHOWN = {"original": "original", "counterfactual": "counterfactual",
         "difference": "difference: red lighter, blue darker"}
"""Pictures on the page, and what stands under them."""


@dataclass(frozen=True)
class Explained:
    """One face of one photograph, or of frame number `frame` of a video, and the answer. `places` are its anchors."""

    path: Path
    index: int
    face: Face
    places: np.ndarray
    frame: int | None
    picture: np.ndarray | None
    result: Counterfactual

    @property
    def photo(self) -> np.ndarray | Photograph:
        """The photograph, read again, since many of them need not lie in memory at once; or the frame of a video."""
        return read_photograph(self.path) if self.picture is None else self.picture


def explain_photographs(model: Any, gan: CatGAN, paths: Sequence[Path], target: str, index: int | None = 0,
                        box: Box | None = None, **options: Any) -> tuple[list[Explained], list[Failure]]:
    """Explains faces of photographs, and of up to `FRAMES` frames of each video, all in one search.

    Args:
        model: what is explained; gan: what draws.
        paths: of photographs and videos.
        target: see `catgan.explain.targets`.
        index: which face of each, the largest being 0; None: all.
        box: of the one face, for a model that reads crops of photographs; that of its landmarks when None.
        options: of `counterfactuals`.

    Returns:
        The answers, and the photographs and videos that cannot be read or do not show such a face.
    """
    faces: list[tuple[Path, int, Face, np.ndarray, int | None, np.ndarray | None]] = []
    failures: list[Failure] = []
    with FaceLandmarker() as landmarker:
        for path in paths:
            try:
                pictures, lost = _opened(path)
            except CatganError as error:
                failures.append(Failure.of(path, error))
                continue
            if lost is not None:
                failures.append(Failure.of(path, lost))
            missing: list[Failure] = []
            for frame, picture in pictures:
                try:
                    found = _faces(picture, landmarker, gan.network.image_size, index)
                    faces += [(path, *face, frame, None if frame is None else picture) for face in found]
                except CatganError as error:
                    missing.append(Failure.of(path, error))
            if len(missing) == len(pictures):  # some frames of a video may be without a face
                failures += missing[:1] or [Failure.of(path, "no frame can be decoded")]
    if not faces:
        return [], failures
    results = counterfactuals(model, np.stack([face.image for _, _, face, *_ in faces]), target, gan=gan,
                              photographs=_photographed(model, faces, box), **options)
    return [Explained(*found, result) for found, result in zip(faces, results)], failures


def _photographed(model: Any, faces: Sequence[tuple[Any, ...]], box: Box | None) -> list[PhotographedFace] | None:
    """The faces in their photographs, for a model that reads crops of these."""
    if getattr(getattr(model, "preprocessing", None), "crop", "aligned") == "aligned":
        return None
    if box is not None and len(faces) != 1:
        raise CatganError(f"A box is that of one face in one photograph. Received: {len(faces)} faces.")
    return [PhotographedFace(read_image(path) if picture is None else picture, face, box or landmark_box(face))
            for path, _, face, _, _, picture in faces]


def _opened(path: Path) -> tuple[Sequence[tuple[int | None, np.ndarray]], str | None]:
    """The photograph, or frames of the video and their numbers; and what of the video could not be read."""
    if is_video(path):
        video = Video(path)
        found = [(frame.number, frame.picture) for frame in video.sample_frames(FRAMES) if frame.picture is not None]
        return found, video.missing
    return [(None, read_image(path))], None


def _faces(photo: np.ndarray, landmarker: FaceLandmarker, size: int,
           index: int | None) -> list[tuple[int, Face, np.ndarray]]:
    return [(number, align(photo, found.landmarks, size), anchors(found.landmarks))
            for number, found in choose_faces(landmarker.detect(photo), index)]


def save(answers: Sequence[Explained], folder: str | Path, failures: Sequence[Failure] = (), model: str = "") -> None:
    """Writes one answer into `folder`, or several into a folder each, with `index.html` beside them."""
    folder = Path(folder)
    rows = []
    for name, answer in zip(names(answers), answers):
        where = folder / name if len(answers) > 1 else folder
        report.save(answer.result, where, answer.photo, answer.face, answer.places, model)
        rows.append(_row(name, answer))
    if len(answers) > 1:
        template = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
        files.write_text(folder / "index.html", template.substitute(
            version=catgan.__version__, target=html.escape(answers[0].result.target), model=html.escape(model),
            summary=summary([answer.result for answer in answers]), rows="".join(rows),
            failures="".join(f"<li>{html.escape(str(failure))}</li>" for failure in failures)))


def names(answers: Sequence[Explained]) -> list[str]:
    """A folder for every answer: the name of its photograph, with the number of its frame, and numbered where that is
    not enough."""
    frames = ["" if answer.frame is None else f"-frame{answer.frame:05d}" for answer in answers]
    wanted = [f"{answer.path.stem}{frame}" + (f"-{answer.index}" if answer.index else "")
              for answer, frame in zip(answers, frames)]
    seen: Counter[str] = Counter()
    result = []
    for name in wanted:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}-again{seen[name]}")
    return result


def summary(results: Sequence[Counterfactual]) -> str:
    """What came of all questions, and which Action Units the answers moved, as HTML."""
    statuses = Counter(result.status for result in results)
    moved = Counter(name for result in results if result.status == "ok" for name in result.changes)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    units = "".join(f"<tr><td>{name} {html.escape(facs.action_unit(facs.parse_action_unit(name)).name.lower())}</td>"
                    f"<td>{count}</td><td>{_mean(results, name):+.1f}</td></tr>" for name, count in moved.most_common())
    table = f"<table><tr><th>Action Unit</th><th>faces</th><th>mean change</th></tr>{units}</table>" if units else ""
    return f"<p>{len(results)} faces: {counts}.</p>{table}"


def _mean(results: Sequence[Counterfactual], name: str) -> float:
    return float(np.mean([result.changes[name][1] - result.changes[name][0] for result in results
                          if result.status == "ok" and name in result.changes]))


def _row(name: str, answer: Explained) -> str:
    """One answer on the page, with its pictures by their paths."""
    place, result = html.escape(name, quote=True), answer.result
    title = answer.path.name if answer.frame is None else f"{answer.path.name}, frame {answer.frame}"
    title += f", face {answer.index}" if answer.index else ""
    shown = "".join(f"<figure><img src='{place}/{part}.png' alt='{part}'><figcaption>{caption}</figcaption></figure>"
                    for part, caption in SHOWN.items())
    says = f"<p>The model says {html.escape(result.says)} of the photograph.</p>" if result.says else ""
    return (f"<section><h3><a href='{place}/panel.png'>{html.escape(title)}</a>: {result.status}</h3>{says}"
            f"<p class='answer'>{html.escape(result.sentence())}</p><div class='faces'>{shown}</div></section>")


def as_json(answers: Sequence[Explained], failures: Sequence[Failure] = (),
            skipped: Mapping[str, int] | None = None) -> Mapping[str, Any]:
    """The result of `catgan explain`: that of one face, or of several under `answers`, with what was not explained."""
    rows = [{"image": printable(answer.path), **({} if answer.frame is None else {"frame": answer.frame}),
             "face": answer.index, "turned": answer.face.turned,
             "covered": list(coverage.covered(answer.face.image)), **answer.result.to_dict()}
            for answer in answers]
    if len(rows) == 1 and not failures and not skipped:
        return rows[0]
    return {"answers": rows, "failures": [failure.to_dict() for failure in failures], "skipped": dict(skipped or {})}
