"""Explains faces of photographs and videos by counterfactuals, and writes a page of all answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import catgan
from catgan import facs, files
from catgan.errors import CatganError, Failure, printable
from catgan.explain import report
from catgan.explain.counterfactual import Counterfactual, counterfactuals
from catgan.explain.models import CropModel
from catgan.explain.preprocessing import Box, PhotographedFace, landmark_box
from catgan.explain.search import SearchOptions
from catgan.faces import coverage
from catgan.faces.alignment import Face, align, anchors, choose_faces
from catgan.faces.containers import is_video
from catgan.faces.images import Photograph, read_image, read_photograph
from catgan.faces.landmarks import FaceLandmarker
from catgan.faces.videos import Video
from catgan.models.gan.faces import FaceGAN
from catgan.random_streams import Seed

FRAMES_OF_VIDEO = 12
"""Maximum number of frames of a video that are explained."""
CAPTIONS = {"original": "original", "counterfactual": "counterfactual",
            "difference": "difference: red lighter, blue darker"}
"""Captions of the pictures on the page, by name."""


@dataclass(frozen=True)
class FoundFace:
    """Holds a face of a photograph, or of a frame of a video.

    Args:
        path: of the photograph or video.
        index: number of the face by size; the largest is 0.
        face: the aligned face.
        places: its anchors, see `catgan.faces.alignment.anchors`.
        frame: number of the frame; None for a photograph.
        picture: the frame, uint8 `(h, w, 3)`; None for a photograph.
    """

    path: Path
    index: int
    face: Face
    places: np.ndarray
    frame: int | None
    picture: np.ndarray | None

    def pixels(self) -> np.ndarray:
        """Returns the photograph, read from its file again, or the frame; uint8 `(h, w, 3)`."""
        return read_image(self.path) if self.picture is None else self.picture


@dataclass(frozen=True)
class Explained:
    """Holds a face with its counterfactual.

    Args:
        path, index, face, places, frame, picture: as in `FoundFace`.
        result: the counterfactual.
    """

    path: Path
    index: int
    face: Face
    places: np.ndarray
    frame: int | None
    picture: np.ndarray | None
    result: Counterfactual

    @property
    def photo(self) -> np.ndarray | Photograph:
        """Returns the photograph, read from its file again to save memory; or the frame of a video."""
        return read_photograph(self.path) if self.picture is None else self.picture


def explain_photographs(model: object, gan: FaceGAN, paths: Sequence[Path], target: str, index: int | None = 0,
                        box: Box | None = None, *, method: str = "search", options: SearchOptions = SearchOptions(),
                        without: Sequence[int] = (), oracle: object = None, frames: int = 1, seed: Seed = 0,
                        batch_size: int | None = None, verbose: bool = True) -> tuple[list[Explained], list[Failure]]:
    """Explains faces of photographs, and of up to `FRAMES_OF_VIDEO` frames of each video.

    Args:
        model: the explained model, see `catgan.explain.explained_model`.
        gan: draws the changes.
        paths: of photographs and videos.
        target: see `catgan.explain.parse_target`.
        index: number of the face in each picture by size; the largest is 0. None explains all faces.
        box: of the face, for a model that takes crops of photographs. None uses the box of the landmarks.
        method, options, without, oracle, frames, seed, batch_size, verbose: as in `catgan.explain.counterfactuals`.

    Returns:
        The answers; and a failure for each photograph or video that cannot be read or does not show such a face.
    """
    faces, failures = _find_faces(paths, gan.network.image_size, index)
    if not faces:
        return [], failures
    results = counterfactuals(model, np.stack([found.face.image for found in faces]), target, gan=gan,
                              photographs=_photographed(model, faces, box), method=method, options=options,
                              without=without, oracle=oracle, frames=frames, seed=seed, batch_size=batch_size,
                              verbose=verbose)
    return [Explained(found.path, found.index, found.face, found.places, found.frame, found.picture, result)
            for found, result in zip(faces, results)], failures


def _find_faces(paths: Sequence[Path], size: int, index: int | None) -> tuple[list[FoundFace], list[Failure]]:
    """Finds and aligns the faces of all pictures; arguments as in `explain_photographs`. `size`: side in pixels."""
    faces: list[FoundFace] = []
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
                    faces += [FoundFace(path, number, face, places, frame, None if frame is None else picture)
                              for number, face, places in _aligned(picture, landmarker, size, index)]
                except CatganError as error:
                    missing.append(Failure.of(path, error))
            if len(missing) == len(pictures):  # a video fails only if none of its frames shows the face
                failures += missing[:1] or [Failure.of(path, "no frame can be decoded")]
    return faces, failures


def _photographed(model: object, faces: Sequence[FoundFace], box: Box | None) -> list[PhotographedFace] | None:
    """Returns the faces with their photographs if the model takes crops of photographs, else None."""
    if not isinstance(model, CropModel) or model.preprocessing.crop == "aligned":
        return None
    if box is not None and len(faces) != 1:
        raise CatganError(f"A box is that of one face in one photograph. Received: {len(faces)} faces.")
    return [PhotographedFace(found.pixels(), found.face, box or landmark_box(found.face)) for found in faces]


def _opened(path: Path) -> tuple[Sequence[tuple[int | None, np.ndarray]], str | None]:
    """Reads a photograph, or numbered frames of a video; also returns a text if a part of the video is unreadable."""
    if is_video(path):
        video = Video(path)
        frames = video.sample_frames(FRAMES_OF_VIDEO)
        return [(frame.number, frame.picture) for frame in frames if frame.picture is not None], video.missing
    return [(None, read_image(path))], None


def _aligned(photo: np.ndarray, landmarker: FaceLandmarker, size: int,
             index: int | None) -> Iterator[tuple[int, Face, np.ndarray]]:
    """Yields index, aligned face and anchors of the chosen faces of a picture."""
    for number, found in choose_faces(landmarker.detect(photo), index):
        yield number, align(photo, found.landmarks, size), anchors(found.landmarks)


def save(answers: Sequence[Explained], folder: str | Path, failures: Sequence[Failure] = (), model: str = "") -> None:
    """Writes one answer into `folder`, or several answers into subfolders, with `index.html`.

    Args:
        answers: the answers.
        folder: created if it does not exist.
        failures: photographs and videos without an answer, listed on the page.
        model: names of the explained and of the drawing model, for the page and the provenance.
    """
    folder = Path(folder)
    rows = []
    for name, answer in zip(names(answers), answers):
        where = folder / name if len(answers) > 1 else folder
        report.save(answer.result, where, answer.photo, answer.face, answer.places, model)
        rows.append(row(name, answer))
    if len(answers) > 1:
        results = [answer.result for answer in answers]
        files.write_text(folder / "index.html", page(rows, results, model, failures))


def page(rows: Sequence[Mapping[str, object]], results: Sequence[Counterfactual], model: str = "",
         failures: Sequence[Failure] = (), counted: str = "faces") -> str:
    """Returns `index.html` of several answers.

    Args:
        rows: one for each answer, see `row`.
        results: the answers.
        model, failures: as in `save`.
        counted: what there is one of for each answer; `"answers"` where all are about one face.
    """
    return files.fill_template(
        Path(__file__).with_suffix(".html"), version=catgan.__version__, target=results[0].target, model=model,
        summary=summary(results), rows=rows, captions=CAPTIONS, failures=list(map(str, failures)), counted=counted)


def names(answers: Sequence[Explained]) -> list[str]:
    """Returns a folder name for every answer, from its photograph, frame and face. Repeated names get a number."""
    frames = ["" if answer.frame is None else f"-frame{answer.frame:05d}" for answer in answers]
    wanted = [f"{answer.path.stem}{frame}" + (f"-{answer.index}" if answer.index else "")
              for answer, frame in zip(answers, frames)]
    seen: Counter[str] = Counter()
    result = []
    for name in wanted:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}-again{seen[name]}")
    return result


def summary(results: Sequence[Counterfactual]) -> dict[str, object]:
    """Summarises answers for the page: counts by status, and counts and mean changes of Action Units."""
    statuses = Counter(result.status for result in results)
    changed = Counter(name for result in results if result.status == "ok" for name in result.changes)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    units = [(f"{name} {facs.action_unit(facs.parse_action_unit(name)).name.lower()}", count,
              f"{_mean(results, name):+.1f}") for name, count in changed.most_common()]
    return {"faces": len(results), "counts": counts, "units": units}


def _mean(results: Sequence[Counterfactual], name: str) -> float:
    return float(np.mean([result.changes[name][1] - result.changes[name][0] for result in results
                          if result.status == "ok" and name in result.changes]))


def row(name: str, answer: Explained) -> dict[str, object]:
    """Returns the variables of the page's template for one answer, whose files lie in the folder `name`."""
    title = answer.path.name if answer.frame is None else f"{answer.path.name}, frame {answer.frame}"
    return {"folder": name, "title": title + (f", face {answer.index}" if answer.index else ""),
            "result": answer.result}


def as_json(answers: Sequence[Explained], failures: Sequence[Failure] = (),
            skipped: Mapping[str, int] | None = None) -> Mapping[str, object]:
    """Returns the JSON result of `catgan explain`.

    A single answer without failures and skipped files is returned alone. Otherwise answers are listed under `answers`,
    next to `failures` and `skipped`.
    """
    rows = [{"image": printable(answer.path), **({} if answer.frame is None else {"frame": answer.frame}),
             "face": answer.index, "turned": answer.face.turned,
             "covered": list(coverage.covered(answer.face.image)), **answer.result.to_dict()}
            for answer in answers]
    if len(rows) == 1 and not failures and not skipped:
        return rows[0]
    return {"answers": rows, "failures": [failure.to_dict() for failure in failures], "skipped": dict(skipped or {})}
