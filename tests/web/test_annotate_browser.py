"""The page Annotate in a real browser: keys, plane, ratings while a video plays, autosave, two tabs, export."""

import json
import re

import numpy as np
import pytest

pytest.importorskip("starlette")

from catgan.pipelines.annotation.project import Project  # noqa: E402
from tests.harness.annotated import clip, item_of, photographs, say  # noqa: E402
from tests.harness.browsers import violations  # noqa: E402


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Photographs, one of them with a hostile name, a video of five seconds, and a file that is no video."""
    folder = tmp_path_factory.mktemp("rated") / "films"
    photographs(folder, 2)
    clip(folder / "v.webm", 50)
    (folder / "p0.png").with_name("x<img src=x onerror=alert(1)>.png").write_bytes((folder / "p0.png").read_bytes())
    (folder / "w.avi").write_bytes(b"RIFF\x00\x00\x00\x00AVI no film")
    return folder


@pytest.fixture(scope="module")
def address(films, landmarker_bundle, tmp_path_factory):
    """The address of a page with that folder. Its model, which this page does not need, is never loaded."""
    from tests.harness.web import served_page

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATGAN_MODELS", str(landmarker_bundle.parent))
        patch.setattr("catgan.web.application.OPENING_DELAY", 1e6, raising=False)
        with served_page(tmp_path_factory.mktemp("served") / "files", run="faces_64", annotate=films) as opened:
            yield opened


def started(window, rater, name="p0.png"):
    page = window("annotate")
    page.fill(".annotate-rater input", rater)
    page.get_by_role("button", name="Start").click()
    return chosen(page, name)


def chosen(page, name):
    heading = page.wait_for_selector(".annotate-heading h2")
    if heading.inner_text() != name:
        page.locator(".annotate-item", has_text=name).click()
    page.wait_for_function("name => document.querySelector('.annotate-heading h2')?.textContent === name", arg=name)
    return page


def saved(page):
    page.wait_for_function("() => document.querySelector('.annotate-state').dataset.kind === 'saved'")


def said(films, name, rater):
    project = Project(films)
    return project.ratings(item_of(project, name), rater)


def played(page):
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")


def test_photograph_is_rated_by_keys_and_mouse(window, films):
    page = started(window, "Anna")
    for key in ("0", "c", "5", "x", "ArrowDown", "1", "h"):
        page.keyboard.press(key)
    plane = page.locator(".plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    saved(page)
    labels = said(films, "p0.png", "Anna").labels
    assert {key: value for key, value in labels.items() if key not in ("valence", "arousal")} == {
        "AU01": 0, "AU02": 3, "AU04": 5, "AU05": None, "AU09": 1, "expression": "happiness"}
    assert labels["valence"] == pytest.approx(0.6, abs=0.05) and labels["arousal"] == pytest.approx(0, abs=0.05)
    assert "8 of 15" in page.inner_text(".annotate-item[aria-current]")
    plane.focus()
    page.keyboard.press("ArrowUp")
    page.get_by_label("AU02: C marked").click()  # a second press takes it back
    saved(page)
    again = said(films, "p0.png", "Anna").labels
    assert again["arousal"] == pytest.approx(labels["arousal"] + 0.05) and "AU02" not in again
    page.keyboard.press("z")
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('.annotate-heading h2').textContent === 'p1.png'")
    assert "complete" in page.inner_text(".annotate-list") and said(films, "p0.png", "Anna").labels["AU26"] == 0


def test_reload_shows_what_was_said(window, films):
    project = Project(films)
    say(project, "p1.png", "Ben", set={"AU12": 4, "AU04": None, "expression": "fear", "valence": None, "arousal": None})
    page = started(window, "Ben", "p1.png")
    for name in ("AU12: D severe", "AU04: \u00d7 not visible"):
        assert page.get_by_label(name).get_attribute("aria-pressed") == "true"
    assert page.get_by_role("button", name="fear").get_attribute("aria-pressed") == "true"
    assert page.get_by_text("Cannot say").count() >= 2


@pytest.mark.slow
def test_two_tabs_of_one_rater_ask_which_counts(window, films):
    left, right = started(window, "Cleo"), started(window, "Cleo")
    left.keyboard.press("1")
    saved(left)
    right.keyboard.press("5")
    right.wait_for_selector("dialog")
    assert "Another tab has changed AU01 meanwhile." in right.inner_text("dialog")
    assert said(films, "p0.png", "Cleo").labels == {"AU01": 1}
    right.get_by_role("button", name="This tab").click()
    saved(right)
    assert said(films, "p0.png", "Cleo").labels == {"AU01": 5}
    left.get_by_label("AU01: B slight").click()
    left.get_by_role("button", name="The other tab").click()
    left.wait_for_function("() => document.querySelector('[aria-label=\"AU01: E maximum\"]')?.ariaPressed === 'true'")
    assert said(films, "p0.png", "Cleo").labels == {"AU01": 5}


def test_what_cannot_be_saved_now_is_saved_later(window, films):
    page = started(window, "Dora")
    page.context.set_offline(True)
    page.keyboard.press("2")
    page.wait_for_selector("text=Not saved: the server does not answer")
    page.keyboard.press("3")
    page.context.set_offline(False)
    saved(page)
    assert said(films, "p0.png", "Dora").labels == {"AU01": 2, "AU02": 3}


def test_a_server_that_was_started_again_asks_for_its_address(window, films, address):
    page = started(window, "Hana")
    page.context.clear_cookies()
    page.keyboard.press("2")
    page.wait_for_selector("text=open the address that catgan app has printed last")
    page.context.new_page().goto(address)
    saved(page)
    assert said(films, "p0.png", "Hana").labels == {"AU01": 2}


def test_video_is_rated_while_it_plays(window, films):
    page = started(window, "Anna", "v.webm")
    played(page)
    page.evaluate("document.querySelector('video').playbackRate = 0.5")
    page.keyboard.press("v")
    assert page.locator(".annotate-record").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
    page.wait_for_function("() => document.querySelector('video').currentTime > 2")
    page.keyboard.press("Space")
    page.keyboard.press("v")
    saved(page)
    found = said(films, "v.webm", "Anna")
    times, values = found.traces["valence"].times, found.traces["valence"].values
    assert found.traced > 0.8 and len(times) > 3 and (np.diff(times) > 0).all() and times[-1] >= 1.5
    assert (np.diff(values) >= 0).all() and values[-1] == pytest.approx(0.4)
    assert (found.traces["arousal"].values == 0).all()
    page.evaluate("time => { document.querySelector('video').currentTime = time; }", float(times[-1]))
    page.wait_for_selector("text=valence 0.40, arousal 0.00")  # it is shown, and watching rates nothing


def test_frames_of_a_video_are_rated(window, films):
    page = started(window, "Ben", "v.webm")
    played(page)
    page.evaluate("document.querySelector('video').currentTime = 1.25")
    page.wait_for_selector("[data-frame='12']")
    page.keyboard.press("4")
    page.keyboard.press("f")
    saved(page)
    page.keyboard.press(".")
    page.wait_for_selector("[data-frame='13']")
    assert page.get_by_label("AU01: D severe").get_attribute("aria-pressed") == "false"
    page.keyboard.press("x")
    saved(page)
    found = said(films, "v.webm", "Ben")
    assert found.frames == {12: {"AU01": 4, "expression": "fear"}, 13: {"AU02": None}}
    page.get_by_role("button", name=re.compile("frame 12$")).click()
    page.wait_for_selector("[data-frame='12']")
    assert page.get_by_label("AU01: D severe").get_attribute("aria-pressed") == "true"


def test_a_video_that_cannot_be_shown_says_so_in_one_line(window):
    page = started(window, "Anna", "p1.png")
    page.locator(".annotate-item", has_text="w.avi").click()
    page.wait_for_selector(".annotate-problem")
    assert "w.avi is not a video that can be decoded" in page.inner_text(".annotate-problem")


def test_names_of_files_are_text(window):
    page = started(window, "Anna", "p1.png")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.locator(".annotate-item", has_text="onerror").click()
    page.wait_for_selector(".annotate-heading h2 >> text=x<img src=x onerror=alert(1)>.png")
    assert page.locator(".annotate-stage img[src=x]").count() == 0


def test_agreement_and_export(window, films):
    project = Project(films)
    for rater in ("Eva", "Finn"):
        say(project, "p1.png", rater, set={"AU12": 3})
    page = started(window, "Eva")
    page.get_by_role("tab", name="Agreement").click()
    page.get_by_role("button", name="Measure agreement").click()
    page.wait_for_selector(".annotate-agreement table")
    assert "figures need 5" in page.inner_text(".annotate-agreement")
    assert violations(page) == []
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_selector(".annotate-export pre")
    assert "catgan build '" in page.inner_text(".annotate-export pre") and violations(page) == []
    assert json.loads((films / "annotations" / "export" / "export.json").read_text())["known"]["AU12"] >= 1
    page.get_by_role("tab", name="Action Units").click()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_no_serious_finding_of_axe_and_no_sideways_scrolling(window, theme):
    page = window("annotate")
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.click("#theme")
    page.wait_for_selector(".annotate-rater")
    assert violations(page) == []
    page.fill(".annotate-rater input", "Gus")
    page.get_by_role("button", name="Start").click()
    for name in ("p0.png", "v.webm"):
        chosen(page, name)
        page.get_by_text("Keys", exact=True).click()
        assert violations(page) == [], name
    page.set_viewport_size({"width": 400, "height": 860})
    for tab in ("Rate", "Agreement", "Export", "Action Units"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, tab
