"""One picture of an answer about a person: what was seen, what speaks for and against it, and the sentence."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from catgan import plots
from catgan.explain.people import panel_bars as bars
from catgan.explain.people.joints import JointEvidence
from catgan.explain.people.panel_body import draw_body
from catgan.explain.people.regions import RegionEvidence
from catgan.explain.people.result import ModalityAnswer, PersonAnswer

WIDTH, HEIGHT = 14.0, 10.4
"""Of the figure in inches."""
LETTERS = 165
"""Letters of a line of the sentence."""


@dataclass(frozen=True)
class PersonPictures:
    """The pictures that an answer is shown with; None where there is none.

    Args:
        photograph: uint8 `(h, w, 3)`, with the persons drawn.
        box: of the person in it: left, top, width and height in pixels.
        face: the aligned face, uint8 `(side, side, 3)`.
        joints, known: of the posture, `(16, 3)` in metres and bool `(16,)`.
        gait, gait_known: of the clip, `(t, 16, 3)` and bool `(t, 16)`.
        context: the picture without persons, uint8 `(side, side, 3)`.
        seen: float `(side, side)`, 0..1, what is left of it.
        shape: height and width of the photograph in pixels, in which the context is shown.
    """

    photograph: np.ndarray | None = None
    box: tuple[float, float, float, float] | None = None
    face: np.ndarray | None = None
    joints: np.ndarray | None = None
    known: np.ndarray | None = None
    gait: np.ndarray | None = None
    gait_known: np.ndarray | None = None
    context: np.ndarray | None = None
    seen: np.ndarray | None = None
    shape: tuple[int, int] | None = None


def person_figure(answer: PersonAnswer, pictures: PersonPictures, name: str = "") -> Figure:
    """Draws an answer about one person on one page.

    Args:
        answer: the answer.
        pictures: what it is shown with.
        name: of the photograph or clip, for the title.
    """
    figure = plots.figure(WIDTH, HEIGHT, dpi=110)
    rows = figure.add_gridspec(3, 1, height_ratios=(1.25, 1.0, 0.95))
    upper = rows[0].subgridspec(1, 4, width_ratios=(1.5, 1, 1, 1.15))
    _photograph(figure.add_subplot(upper[0]), answer, pictures)
    by_name = {one.name: one for one in answer.modalities}
    _face(figure.add_subplot(upper[1]), by_name.get("face"), pictures)
    _posture(figure.add_subplot(upper[2]), by_name.get("posture"), pictures)
    _context(figure.add_subplot(upper[3]), by_name.get("context"), pictures)
    centre = rows[1].subgridspec(1, 3, width_ratios=(1.15, 1, 1.15))
    _gait(figure, centre[0], by_name.get("gait"), pictures)
    bars.contributions(figure.add_subplot(centre[1]), answer)
    bars.probabilities(figure.add_subplot(centre[2]), answer)
    below = rows[2].subgridspec(1, 3, width_ratios=(1.15, 1, 1.15))
    bars.own_answers(figure.add_subplot(below[0]), answer)
    bars.affect(figure.add_subplot(below[1]), answer)
    bars.situation(figure.add_subplot(below[2]), answer)
    _words(figure, answer, name)
    return figure


def _words(figure: Figure, answer: PersonAnswer, name: str) -> None:
    colour = plots.COLOURS[2] if answer.sufficiency.sufficient else plots.COLOURS[1]
    title = f"{answer.answer}{'' if not name else f'    ({name}, person {answer.number})'}"
    figure.suptitle(title, color=colour, fontweight="bold", fontsize=15, parse_math=False)
    note = ("What a network reads off pictures, not what a person feels. Numbers after a module: how far it moves the "
            "log odds of the answer; they add up to the whole.")
    figure.supxlabel(f"{textwrap.fill(answer.sentence(), LETTERS)}\n{textwrap.fill(note, LETTERS)}", fontsize=9.5,
                     parse_math=False, ha="left", x=0.02)


def _photograph(axes: Axes, answer: PersonAnswer, pictures: PersonPictures) -> None:
    if pictures.photograph is None:
        return empty(axes, "no photograph")
    axes.imshow(pictures.photograph, interpolation="bilinear")
    if pictures.box is not None:
        left, top, width, height = pictures.box
        corners = [left, left + width, left + width, left, left], [top, top, top + height, top + height, top]
        for colour, style in (("white", "-"), ("black", "--")):
            axes.plot(*corners, style, color=colour, lw=2.2)
    axes.set_title(f"person {answer.number}", fontsize=10)
    axes.axis("off")


def empty(axes: Axes, words: str) -> None:
    """Says in a panel why it is empty."""
    axes.axis("off")
    axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=9.5, color=plots.TEXT, transform=axes.transAxes)


def _heading(one: ModalityAnswer | None, words: str) -> str:
    if one is None or not one.available:
        return words
    return f"{words}\n{one.title} alone: {one.says}" if one.says else words


def _face(axes: Axes, one: ModalityAnswer | None, pictures: PersonPictures) -> None:
    if one is None or not one.available or pictures.face is None:
        return empty(axes, "no face was read")
    evidence = one.evidence if isinstance(one.evidence, RegionEvidence) else None
    _heated(axes, pictures.face, evidence)
    looks = "where it looks" if evidence is not None and evidence.method == "attention" else "what it depends on"
    axes.set_title(_heading(one, f"face: {looks} (red)" if evidence is not None else "face"), fontsize=10)


def _heated(axes: Axes, picture: np.ndarray, evidence: RegionEvidence | None,
            shape: tuple[int, int] | None = None) -> None:
    """Draws a picture with its heat in red, in the proportions of `shape`."""
    height, width = picture.shape[:2] if shape is None else shape
    extent = (0.0, float(width), float(height), 0.0)
    axes.imshow(picture, extent=extent, interpolation="bilinear")
    if evidence is not None and evidence.heat.max() > 0.0:
        heat = evidence.heat - evidence.heat.min() if evidence.method == "attention" else evidence.heat
        strength = heat / max(heat.max(), 1e-9)
        red = np.zeros((*strength.shape, 4))
        red[..., 0], red[..., 1], red[..., 3] = 0.85, 0.15, 0.6 * strength
        axes.imshow(red, extent=extent, interpolation="bilinear")
    axes.axis("off")


def _posture(axes: Axes, one: ModalityAnswer | None, pictures: PersonPictures) -> None:
    if one is None or not one.available or pictures.joints is None or pictures.known is None:
        return empty(axes, "no posture was read")
    evidence = one.evidence if isinstance(one.evidence, JointEvidence) else None
    draw_body(axes, pictures.joints, pictures.known, None if evidence is None else evidence.joints)
    axes.set_title(_heading(one, "posture (red: for, blue: against)" if evidence is not None else "posture"),
                   fontsize=10)


def _context(axes: Axes, one: ModalityAnswer | None, pictures: PersonPictures) -> None:
    if one is None or not one.available or pictures.context is None:
        return empty(axes, "no surroundings were read")
    evidence = one.evidence if isinstance(one.evidence, RegionEvidence) else None
    image = pictures.context
    if pictures.seen is not None:  # the hole is shown in grey, so that it is not taken for a wall
        image = np.rint(image * pictures.seen[..., None] + 225.0 * (1.0 - pictures.seen[..., None])).astype(np.uint8)
    _heated(axes, image, evidence, pictures.shape)
    axes.set_title(_heading(one, "surroundings, without persons (grey)"), fontsize=10)


def _gait(figure: Figure, place: SubplotSpec, one: ModalityAnswer | None, pictures: PersonPictures) -> None:
    """Draws bodies at four times, and when the movement speaks for the answer."""
    if one is None or not one.available or pictures.gait is None or pictures.gait_known is None:
        return empty(figure.add_subplot(place), "no gait was read\n(a photograph shows none)"
                     if one is None or not one.available else "the gait is not shown")
    evidence = one.evidence if isinstance(one.evidence, JointEvidence) else None
    rows = place.subgridspec(2, 4, height_ratios=(1.25, 1.0))
    seen = np.flatnonzero(pictures.gait_known[:, 0])
    chosen = seen[np.linspace(0, len(seen) - 1, 4).round().astype(int)] if len(seen) else np.zeros(0, int)
    for column, frame in enumerate(chosen):
        axes = figure.add_subplot(rows[0, column])
        draw_body(axes, pictures.gait[frame], pictures.gait_known[frame],
                  None if evidence is None else evidence.joints, small=True)
        axes.set_title("" if evidence is None else f"{evidence.times[frame]:.1f} s", fontsize=8)
    bars.moments(figure.add_subplot(rows[1, :]), one, evidence)
