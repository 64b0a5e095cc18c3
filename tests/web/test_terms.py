"""Every term that the page shows has its line, and drawn Action Units their picture."""

import io

import numpy as np
from PIL import Image

from catgan import facs
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.web.registry import PAGES
from catgan.web.terms import APPEARANCE


def test_every_muscular_unit_of_the_manual_says_what_it_does(client):
    muscular = {number for number, unit in facs.ACTION_UNITS.items()
                if unit.kind in ("upper face", "lower face") or number in (43, 45, 46)}
    assert set(APPEARANCE) == muscular
    terms = client.get("/api/terms").json()
    assert terms["units"]["12"] == {"number": 12, "label": "AU12", "name": "Lip corner puller", "kind": "lower face",
                                    "muscle": "zygomaticus major", "does": "pulls the corners of the lips up and back"}
    assert terms["prototypes"]["emfacs"]["sets"]["happiness"] == [6, 12]
    assert all(text.count(": ") for text in terms["glossary"].values())


def test_drawing_shows_a_face_at_rest_and_moved(client):
    for number in ACTION_UNITS:
        response = client.get(f"/api/units/{number}.png")
        rest, moved = np.hsplit(np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB")).astype(int), 2)
        assert rest.shape == (160, 160, 3) and np.abs(rest - moved).max() > 15, number
    assert client.get("/api/units/9.png").status_code == 404


def test_every_page_has_its_files_and_a_name_of_its_own():
    from catgan.web.paths import STATIC

    assert len({page.NAME for page in PAGES}) == len(PAGES)
    for page in PAGES:
        assert page.__name__ == f"catgan.web.pages.{page.NAME}" and page.TITLE and page.HELP.endswith(".")
        assert all((STATIC / "pages" / f"{page.NAME}{ending}").is_file() for ending in (".js", ".css"))
