"""Explains the terms that the pages use, each in one line, and draws what Action Units do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from catgan import facs
from catgan.web.context import Context
from catgan.web.http import Request, Response, Route
from catgan.web.requests import Refused, answer

APPEARANCE: Mapping[int, str] = {
    1: "raises the inner part of the brows", 2: "raises the outer part of the brows",
    4: "lowers the brows and draws them together", 5: "raises the upper eyelids, so that the eyes are wide",
    6: "raises the cheeks, and gathers the skin around the eyes", 7: "tightens the eyelids",
    8: "brings the lips together, with the teeth apart", 9: "wrinkles the nose, and draws the brows down",
    10: "raises the upper lip", 11: "deepens the middle of the fold beside the nose",
    12: "pulls the corners of the lips up and back",
    13: "pulls the corners of the lips up sharply, and puffs the cheeks",
    14: "tightens the corners of the mouth, and makes dimples", 15: "pulls the corners of the lips down",
    16: "pulls the lower lip down", 17: "pushes the chin boss and the lower lip up", 18: "puckers the lips",
    20: "stretches the lips to the sides", 22: "funnels the lips outwards", 23: "tightens the lips, and makes them "
    "narrow", 24: "presses the lips together", 25: "parts the lips", 26: "drops the jaw by relaxation",
    27: "stretches the mouth wide open", 28: "sucks the lips into the mouth", 38: "widens the nostrils",
    39: "narrows the nostrils", 43: "closes the eyes", 45: "closes the eyes for a moment", 46: "closes one eye"}
"""What is seen of an Action Unit, after the FACS manual (Ekman, Friesen & Hager 2002)."""

GLOSSARY: Mapping[str, str] = {
    "action_unit": "Action Unit (AU): what one muscle, or a group of muscles, does to the face. FACS numbers them.",
    "intensity": "Intensity of an Action Unit: 0 is absent; 1 to 5 are the letters A (trace) to E (maximum) of FACS.",
    "valence": "Valence: how unpleasant (-1) or pleasant (+1) the expression appears.",
    "arousal": "Arousal: how calm (-1) or excited (+1) the expression appears.",
    "expression": "Expression: a word for the whole face, such as happiness. A prototype is the set of Action Units "
                  "that authors say belongs to it; the tables of different authors differ.",
    "reading": "Reading: what the model predicts from the picture. It is no measurement of what a person feels.",
    "interval": "Interval: holds the true label of this share of the faces that the model was validated on.",
    "counterfactual": "Counterfactual: the smallest change of the face that changes the answer.",
    "synthetic": "Synthetic: made by a model. It is no record of what anybody showed or felt, and the file says so.",
    "latent": "Latent: random numbers from which the generator draws a person.",
}

SIDE, LEVEL = 160, 4.0
"""Side in pixels of the drawings of Action Units, and the intensity that they show."""


def unit_terms(number: int) -> dict[str, object]:
    """Describes an Action Unit for the front end; texts that are not known are empty."""
    unit = facs.action_unit(number)
    return {"number": number, "label": facs.au_name(number), "name": unit.name, "muscle": unit.muscle,
            "kind": unit.kind, "does": APPEARANCE.get(number, "")}


def routes(context: Context) -> list[Route]:
    """Returns the addresses of all terms, `/api/terms`, and of the drawing of an Action Unit."""

    async def terms(request: Request) -> Response:
        return answer({
            "units": {str(number): unit_terms(number) for number in facs.ACTION_UNITS}, "glossary": dict(GLOSSARY),
            "expressions": list(facs.EXPRESSIONS),
            "prototypes": {name: {"citation": table.citation, "sets": table.sets}
                           for name, table in facs.PROTOTYPES.items()},
            "words": {word: [valence, arousal] for word, (valence, arousal, _) in facs.VA_ANCHORS.items()}})

    async def picture(request: Request) -> Response:
        content = await context.reader.run(unit_picture, request.path_params["number"])
        return Response(content, media_type="image/png", headers={"Cache-Control": "max-age=86400"})

    return [Route("/api/terms", terms), Route("/api/units/{number:int}.png", picture)]


def unit_picture(number: int) -> bytes:
    """Draws a neutral face, and to its right the same face with one Action Unit, as PNG; 0 draws two neutral faces.

    Raises:
        Refused: the embedded face model does not draw this Action Unit (404).
    """
    drawn = _pictures()
    if number not in drawn:
        raise Refused(f"The face model draws the Action Units {', '.join(map(str, sorted(drawn)))}. "
                      f"Received: {number}.", 404)
    return drawn[number]


@lru_cache(maxsize=1)
def _pictures() -> dict[int, bytes]:
    from catgan.faces.images import encode_png
    from catgan.synthesis.face_model import ACTION_UNITS
    from catgan.synthesis.rendering import Renderer
    from catgan.synthesis.scene import Scene

    numbers = (0, *ACTION_UNITS)
    scenes = [Scene({number: LEVEL} if number else {}, skin=0.3, light=(-30.0, 30.0, 0.5), background=0.9, clutter=0.0)
              for number in numbers]
    faces = Renderer(SIDE).render(scenes, 3)[0]
    return {number: encode_png(np.hstack([faces[0], face])) for number, face in zip(numbers, faces)}
