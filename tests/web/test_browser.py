"""The page in a real browser: main path, wrong files, tabs, reload, slow network, keyboard, accessibility."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.harness.browsers import violations, wait_until
from tests.harness.web import png, served_page

SMILE = "AU12 Lip corner puller"


@pytest.fixture(scope="module")
def photo(tmp_path_factory, two_people):
    path = tmp_path_factory.mktemp("photos") / "two <b>people.png"
    path.write_bytes(png(two_people))
    return path


def ready(page):
    wait_until(page, "() => document.querySelector('.page-face > p')?.textContent === ''")
    return page


def answered(page, act):
    """Does something that makes the page show an answer, and waits for it."""
    before = page.get_attribute(".page-face", "data-shown")
    result = act()
    wait_until(page, "before => document.querySelector('.page-face').dataset.shown !== (before ?? undefined)", before)
    return result


def opened(page, path):
    answered(ready(page), lambda: page.set_input_files("input[type=file]", str(path)))
    return page


def pixels(page, layer="after"):
    """A hash of what a canvas shows."""
    return page.evaluate("name => document.querySelector(`.wipe-${name}`).toDataURL()", layer)


def moved(page, label, value):
    answered(page, lambda: page.get_by_label(label, exact=True).fill(str(value)))
    page.get_by_label(label, exact=True).dispatch_event("change")


def error(page):
    return page.wait_for_selector("#messages .error").inner_text()


def test_main_path_from_photograph_to_download(window, photo, tmp_path):
    page = opened(window(), photo)
    assert "two <b>people.png" in page.inner_text(".stage-name")
    assert page.locator(".stage-face").count() == 2
    first = pixels(page)
    assert first == pixels(page, "before")
    moved(page, SMILE, 0)
    smile = pixels(page)
    assert smile != first and pixels(page, "before") == first
    answered(page, lambda: page.get_by_role("button", name="Undo").click())
    assert pixels(page) == first
    answered(page, lambda: page.keyboard.press("Control+Shift+Z"))
    assert pixels(page) == smile
    page.get_by_role("tab", name="Expressions").click()
    answered(page, lambda: page.get_by_role("button", name=re.compile("^surprise")).click())
    assert pixels(page) not in (smile, first)
    page.get_by_role("tab", name="Reading").click()
    assert page.locator(".reading tbody tr").count() == 19
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith("-synthetic.png")
    image = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert image.size == (480, 240) and image.text["Comment"].startswith("Synthetic")
    answered(page, lambda: page.get_by_role("button", name="Reset").click())
    assert pixels(page) == first and page.get_by_role("button", name="Download").is_disabled()


def test_other_face_and_whole_picture(window, photo):
    page = opened(window(), photo)
    first = pixels(page)
    answered(page, lambda: page.locator(".stage-face").nth(1).click())
    assert pixels(page) != first
    answered(page, lambda: page.get_by_role("button", name="Whole picture").click())
    assert page.evaluate("document.querySelector('.wipe-after').width") == 480
    answered(page, lambda: page.locator(".stage-box").first.click())
    assert page.locator(".stage-face").first.get_attribute("aria-pressed") == "true"


def test_plane_is_set_by_pointer_and_by_keys(window, photo):
    page = opened(window(), photo)
    first = pixels(page)
    page.get_by_role("tab", name=re.compile("^Valence")).click()
    plane = page.locator(".plane")
    box = plane.bounding_box()
    answered(page, lambda: page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"]))
    said = plane.get_attribute("aria-valuetext")
    valence, arousal = (float(part.split()[1].replace("\N{MINUS SIGN}", "-")) for part in said.split(", "))
    assert valence == pytest.approx(-0.6, abs=0.05) and arousal == pytest.approx(0, abs=0.05) and pixels(page) != first
    plane.focus()
    answered(page, lambda: page.keyboard.press("ArrowRight"))
    assert float(plane.get_attribute("aria-valuenow")) == pytest.approx(valence + 0.05)


def test_everything_is_reached_by_keyboard(window, photo):
    page = opened(window(), photo)
    seen = []
    page.keyboard.press("Tab")
    for _ in range(60):
        seen.append(page.evaluate("""() => { const one = document.activeElement; const style = getComputedStyle(one);
            return [one.innerText || one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.id,
                    style.outlineStyle]; }"""))
        page.keyboard.press("Tab")
    names = " | ".join(str(name) for name, _ in seen)
    for name in ("Skip to the page", "Face", "Use the camera", "The face", "Before | after", "Action Units", SMILE):
        assert name in names
    hidden = [name for name, outline in seen if outline == "none"]
    assert len(hidden) <= 2, hidden  # the input of the file shows its focus on its label; the body has none
    slider = page.get_by_label(SMILE, exact=True)
    slider.focus()
    before = float(slider.input_value())
    answered(page, lambda: page.keyboard.press("ArrowLeft"))
    assert float(slider.input_value()) == pytest.approx(before - 0.05, abs=0.03)


def test_wrong_files_are_one_clear_message(window, photo, tmp_path):
    page = ready(window())
    for name, content, said in (("notes.txt", b"hello", "not an image"), ("empty.png", b"", "empty file"),
                                ("film.mp4", b"no film", "cannot be played")):
        (tmp_path / name).write_bytes(content)
        page.set_input_files("input[type=file]", str(tmp_path / name))
        wait_until(page, "said => document.querySelector('#messages .error')?.innerText.includes(said)", said)
    assert page.locator("#messages .error").count() == 1
    opened(page, photo)
    assert page.locator("#messages .error").count() == 0


def test_file_of_300_mb_is_refused_without_being_sent(window, tmp_path):
    page, path = ready(window()), tmp_path / "large.png"
    with open(path, "wb") as file:
        file.truncate(300 << 20)
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.set_input_files("input[type=file]", str(path))
    assert "at most 50 MB" in error(page)
    assert not [url for url in sent if "/photo" in url]


def test_photograph_without_a_face_says_so(window, tmp_path):
    path = tmp_path / "grey.png"
    path.write_bytes(png(np.full((100, 120, 3), 160, np.uint8)))
    page = ready(window())
    page.set_input_files("input[type=file]", str(path))
    page.wait_for_selector("text=No face was found")
    assert page.locator(".face-panel").is_hidden()


def test_camera_gives_a_picture(window):
    page = ready(window())
    page.context.grant_permissions(["camera"])
    page.get_by_role("button", name="Use the camera").click()
    wait_until(page, "() => document.querySelector('dialog video')?.videoWidth > 0")
    page.get_by_role("button", name="Take the picture").click()
    page.wait_for_selector("text=No face was found")  # Chromium's stand-in shows a green field
    assert "camera.png" in page.inner_text(".stage-name")


def test_frame_of_a_video_is_taken(window, media):
    page = ready(window())
    page.set_input_files("input[type=file]", str(media / "single_face.mp4"))
    wait_until(page, "() => document.querySelector('dialog video')?.videoWidth > 0")
    page.get_by_role("button", name="Forward by 0.04 seconds").click()
    answered(page, lambda: page.get_by_role("button", name="Use this frame").click())
    assert page.locator(".face-panel").is_visible()


def test_reload_keeps_the_photograph_and_its_edit(window, photo):
    page = opened(window(), photo)
    moved(page, SMILE, 0)
    edited = pixels(page)
    page.reload(wait_until="commit")
    wait_until(page, "() => document.querySelector('.slider.changed')")
    wait_until(page, "edited => document.querySelector('.wipe-after').toDataURL() === edited", edited)


def test_two_tabs_do_not_mix(window, photo, tmp_path, two_people):
    other = tmp_path / "mirrored.png"
    other.write_bytes(png(np.ascontiguousarray(two_people[:, ::-1])))
    left, right = opened(window(), photo), opened(window(), other)
    kept = pixels(left)
    moved(right, SMILE, 0)
    assert pixels(left) == kept
    moved(left, SMILE, 0)
    assert pixels(left) not in (kept, pixels(right)) and "mirrored" in right.inner_text(".stage-name")
    copy = window()  # as a tab that was duplicated: the same identity is not taken twice
    name = left.evaluate("sessionStorage.getItem('catgan-tab')")
    copy.evaluate("name => sessionStorage.setItem('catgan-tab', name)", name)
    copy.reload(wait_until="commit")
    ready(copy)
    assert copy.evaluate("sessionStorage.getItem('catgan-tab')") != name


def test_slow_network_shows_the_last_value(window, photo):
    page = opened(window(), photo)
    session = page.context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions",
                 {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 100_000})
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    slider = page.get_by_label(SMILE, exact=True)
    for value in np.arange(0, 3, 0.1):
        slider.fill(f"{value:.1f}")
    slider.fill("5")
    wait_until(page, "() => document.querySelector('.slider.changed .slider-value').textContent === '5.0'")
    wait_until(page, "() => document.querySelector('.page-face').getAttribute('aria-busy') === 'false'")
    assert len([url for url in sent if url.endswith("/edit")]) < 20
    session.send("Network.emulateNetworkConditions",
                 {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
    shown = pixels(page)
    moved(page, SMILE, 0)
    assert pixels(page) != shown
    moved(page, SMILE, 5)
    assert pixels(page) == shown


def test_server_that_is_gone_is_said(window, photo):
    page = opened(window(), photo)
    page.context.set_offline(True)
    page.get_by_label(SMILE, exact=True).fill("1")
    assert "does not answer" in error(page)


def test_nothing_is_asked_from_elsewhere(window, photo, address):
    page, asked = window(), []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, photo)
    own = address.split("/?")[0]
    assert asked and all(url.startswith((own, "data:", "blob:")) for url in asked)
    assert "token" not in page.url


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_no_serious_finding_of_axe(window, photo, theme):
    page = window()
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.click("#theme")
    ready(page)
    assert violations(page) == []
    opened(page, photo)
    moved(page, SMILE, 0)
    for tab in ("Action Units", "Valence", "Expressions", "Reading"):
        page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        assert violations(page) == [], tab


def test_login_page_asks_for_the_token(browser, address):
    page = browser.new_page()
    page.goto(address.split("?")[0])
    assert page.title() == "catgan: token needed" and violations(page) == []
    page.get_by_label("Token").fill(address.split("token=")[1])
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("#nav a")
    assert page.url.endswith("/face")
    page.close()


def test_narrow_window_needs_no_sideways_scrolling(window, photo):
    page = window()
    page.set_viewport_size({"width": 400, "height": 860})
    opened(page, photo)
    for tab in ("Action Units", "Valence", "Expressions", "Reading"):
        page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, tab
    page.get_by_role("tab", name="Action Units").click()
    moved(page, SMILE, 0)
    assert page.locator(".wipe-frame").bounding_box()["y"] >= 0  # the picture stays beside the sliders


def test_damaged_run_is_said_on_the_page(browser, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    with served_page(tmp_path / "files", run=str(tmp_path / "run")) as address:
        page = browser.new_page()
        page.goto(address)
        assert str(tmp_path / "run") in error(page)
        assert page.locator("text=Loading the model").count() == 0
        page.close()
