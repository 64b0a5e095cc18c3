"""`catgan edit`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.faces.landmarks import FaceLandmarker
    from catgan.metrics.figures import Figures
    from catgan.models.gan.changes import Changes
    from catgan.models.gan.faces import FaceGAN

NAME = "edit"
HELP = "Change Action Units, valence or arousal of a face in a photograph or a video."
EPILOG = """examples:
  catgan edit runs/00001-editor-64 photo.jpg --au 12=+2,4=0 --out smile.png
  catgan edit runs/00001-editor-64 photo.jpg --valence -0.3 --out sadder.png
  catgan edit runs/00001-editor-64 photo.jpg --valence +=0.4 --au 25=0 --out happier.png --crops crops.png
  catgan edit runs/00001-editor-64 interview.mp4 --au 4=0 --out calm.mp4

12=3 sets AU12 to intensity 3 of 0..5; 12=+2 and 12=-2 change it by 2. A difference may lead up to one level below 0,
since the prediction may be too low; a line reports it. So the 'differences' of an explanation draw its face again.
--valence -0.3 sets valence, --valence +=0.4 and --valence +=-0.4 change it. The discriminator predicts the present
labels. If only Action Units are named, the others are held; if valence or arousal is named, all other labels may
follow. A line reports labels whose prediction then is far from the value that was asked for.

Only the change is put back into the photograph, at its own resolution. Pixels away from the face, the colour profile
and the transparency stay unchanged. The result is synthetic, and its file says so."""

READS, WRITES = ("run_folder", "image"), ("out", "crops")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME with an editor")
    parser.add_argument("image", metavar="IMAGE|VIDEO", help="a photograph or a video")
    parser.add_argument("--au", metavar="12=+2,4=0", default="", help="Action Units: intensities 0..5, or differences")
    parser.add_argument("--valence", metavar="V", help="-1..1, or a difference: +=D")
    parser.add_argument("--arousal", metavar="A", help="-1..1, or a difference: +=D")
    parser.add_argument("--face", type=int, default=0, metavar="N", help="which face, the largest being 0 (default)")
    parser.add_argument("--out", required=True, metavar="FILE.png|FILE.mp4",
                        help="the photograph, or the video (.mp4, .mov, .mkv or .webm), with the changed face")
    parser.add_argument("--crops", metavar="FILE.png", help="also the aligned face before and after, side by side")


def run(arguments: argparse.Namespace) -> Result:
    from catgan.errors import CatganError
    from catgan.faces.containers import is_video
    from catgan.faces.landmarks import FaceLandmarker
    from catgan.faces.video_writer import container_of
    from catgan.models.gan.runtime import load_faces
    from catgan.pipelines.edit import NOTICE

    video = is_video(arguments.image)
    if video:
        container_of(arguments.out)
    for path in (None if video else arguments.out, arguments.crops):
        if path and not path.lower().endswith(".png"):
            raise CatganError(f"Pictures are written as PNG. Received: {path}.")
    changes = changes_of(arguments)
    gan = load_faces(arguments.run_folder)
    with FaceLandmarker() as landmarker:
        result = (_video if video else _photo)(arguments, gan, changes, landmarker)
    result |= {"out": arguments.out, "image": arguments.image, "to": dict(changes.to), "by": dict(changes.by),
               "notice": NOTICE}
    print("\n".join(video_lines(result) if video else lines(result)))
    return result


def _photo(arguments: argparse.Namespace, gan: FaceGAN, changes: Changes,
           landmarker: FaceLandmarker) -> Figures:
    import numpy as np

    import catgan
    from catgan.errors import CatganError
    from catgan.faces import coverage
    from catgan.faces.alignment import find_face
    from catgan.faces.images import grid, read_photograph, write_image, write_photograph
    from catgan.models.batching import one_by_one
    from catgan.pipelines import edit_notes
    from catgan.pipelines.edit import NOTICE, edit_face

    photo = read_photograph(arguments.image)
    try:
        face, found = find_face(photo.pixels, landmarker, gan.network.image_size, arguments.face)
    except CatganError as error:
        raise CatganError(f"{arguments.image}: {error}") from None
    picture, edited = edit_face(gan, photo.pixels, face, changes)
    text = {"Source": f"catgan {catgan.__version__} edit", "Comment": NOTICE}
    write_photograph(arguments.out, photo, picture, text)
    crops = np.stack([face.image, edited.images[0]])
    if arguments.crops:
        write_image(arguments.crops, grid(crops, columns=2), text)
    read = {name: values for name, values in one_by_one(gan.read, crops).items()
            if name in gan.spec.columns and name != "expression"}
    return {"read": {name: [round(float(value), 4) for value in values] for name, values in read.items()},
            "cut": {name: round(float(values[0]), 4) for name, values in edited.cut.items()
                    if np.isfinite(values[0])},
            "beyond": {name: round(float(values[0]), 4) for name, values in edited.beyond.items() if values[0] > 0},
            "asked": {name: round(float(values[0]), 4) for name, values in edited.asked.items()},
            "missed": edit_notes.misses(gan, edited.asked, read),
            "yaw": round(found.yaw, 1), "turned": found.turned, "covered": list(coverage.covered(face.image)),
            "enlarged": round(float(np.hypot(*face.matrix[:, 0])), 2)}


def _video(arguments: argparse.Namespace, gan: FaceGAN, changes: Changes,
           landmarker: FaceLandmarker) -> Figures:
    from pathlib import Path

    from catgan.errors import CatganError
    from catgan.pipelines.edit import edit_video

    if arguments.crops:
        raise CatganError("--crops is for photographs.")
    return edit_video(gan, Path(arguments.image), changes, landmarker, Path(arguments.out), arguments.face)


def changes_of(arguments: argparse.Namespace) -> Changes:
    """Parses the changes that the command line names."""
    from catgan.errors import CatganError
    from catgan.models.gan.changes import Changes, parse

    to, by = parse(arguments.au)
    for name in ("valence", "arousal"):
        text = getattr(arguments, name)
        if text is None:
            continue
        try:
            value = float(text.removeprefix("+="))
        except ValueError:
            raise CatganError(f"--{name} takes a value such as -0.3, or a difference such as +=0.4. "
                              f"Received: '{text}'.") from None
        (by if text.startswith("+=") else to)[name] = value
    if not to and not by:
        raise CatganError("Nothing to change. Give --au, --valence or --arousal, for example --au 12=+2.")
    return Changes(to, by)


def lines(result: Figures) -> list[str]:
    """Formats the result of a photograph."""
    from catgan.pipelines import edit_notes

    named = [*result["to"], *result["by"]]
    moved = [f"{name.removesuffix('_present')} {before:.2f} -> {after:.2f}"
             for name, (before, after) in result["read"].items() if name.removesuffix("_present") in named]
    said = [f"{result['out']}: as the discriminator reads it: {'  '.join(moved)}"]
    return said + edit_notes.notes(result)


def video_lines(result: Figures) -> list[str]:
    """Formats the result of a video."""
    written = result["written"]
    sound = "without sound" if written["sound"] == "none" else f"sound {written['sound']}"
    said = [f"{result['out']}: {result['edited']} of {result['frames']} frames edited, {written['coding']}, "
            f"{written['size']}, {sound}"]
    if "padded" in written:
        said.append(f"H.264 needs even sizes: its last row or column was repeated, {written['padded']}. "
                    "A .webm keeps the size.")
    if result["missing"]:
        said.append(f"{result['image']}: {result['missing']}")
    if result["edited"] < result["frames"]:
        said.append(f"{result['frames'] - result['edited']} frames do not show that face: they stay as they are")
    said += [f"{name} goes down to 0 and further than what was read in {count} frames"
             for name, count in result["beyond"].items()]
    return said + [f"{name} was asked to go beyond its range in {count} frames: it was cut there"
                   for name, count in result["cut"].items()]
