"""The page Why? in a real browser: main path, cancelling, a foreign network, keyboard, narrow and dark screens."""

import json
import zipfile

import keras
import pytest

from tests.harness.browsers import violations, wait_until
from tests.harness.web import png

SEARCH_MS = 240_000
"""A search is waited for this long; it takes seconds where nothing else runs."""
READ = "() => document.querySelector('.page-why')?.dataset.read"
ASKABLE = "() => document.querySelector('button.ask')?.disabled === false"


@pytest.fixture(scope="module")
def photo(tmp_path_factory, two_people):
    path = tmp_path_factory.mktemp("photos") / "two <b>people.png"
    path.write_bytes(png(two_people))
    return path


def opened(window, photo):
    page = window("why")
    page.wait_for_selector(".why-work")
    page.set_input_files(".why-photo input[type=file]", str(photo))
    wait_until(page, READ)
    wait_until(page, ASKABLE)
    return page


def settings(page, answers="1", heat=""):
    """Asks for one answer alone, so that the test is quick."""
    page.get_by_text("More settings").click()
    page.get_by_label("Answers, at most", exact=True).fill(answers)
    page.get_by_label("\u201cEven if\u201d", exact=True).uncheck()
    page.get_by_label("Heat map", exact=True).select_option(heat)
    wait_until(page, ASKABLE)


def test_main_path_from_photograph_to_report(window, photo):
    page = opened(window, photo)
    assert "two <b>people.png" in page.inner_text(".why-photo") and page.locator(".why-faces button").count() == 2
    assert "now" in page.inner_text(".target-hint")
    page.get_by_label("Label", exact=True).select_option("AU12")
    page.get_by_label("Relation", exact=True).select_option("<=")
    page.get_by_label("Value", exact=True).fill("0.5")
    page.get_by_label("Hold still", exact=True).select_option("AU25")
    wait_until(page, "() => document.querySelector('.question').textContent.includes('at most 0.5, while AU25')")
    assert "--target 'AU12<=0.5,keep:AU25'" in page.text_content(".command")
    settings(page, heat="occlusion")
    assert violations(page) == []
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".answers", timeout=SEARCH_MS)
    assert "An answer was found" in page.inner_text(".status")
    assert "AU12 lip corner puller" in page.inner_text(".sentence")
    assert page.evaluate("document.activeElement.id") == "answer"
    assert page.locator(".pictures img").count() == 4
    assert "AU12 lip corner puller" in page.locator(".answer-parts table").first.inner_text()
    assert "1: the target is met" in page.inner_text(".errors") and "not measured" in page.inner_text(".errors")
    assert page.get_by_role("heading", name="Heat map by region").count() == 1
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the report").click()
    assert download.value.suggested_filename.endswith("-why.zip")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert json.loads(archive.read("counterfactual.json"))["status"] == "ok" and "panel.png" in archive.namelist()
    page.reload()
    page.wait_for_selector(".answers", timeout=SEARCH_MS)


def test_wrong_value_is_said_and_cannot_be_asked(window, photo):
    page = opened(window, photo)
    page.get_by_label("Value", exact=True).fill("-7")
    wait_until(page, "() => document.querySelector('.question.wrong')?.textContent.includes('must lie in -1..1')")
    assert page.get_by_role("button", name="Ask").is_disabled()


def test_search_by_keyboard_is_cancelled(window, photo):
    page = opened(window, photo)
    page.get_by_label("Value", exact=True).fill("-0.99")
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("Minimal, with a proof", exact=True).is_checked()
    wait_until(page, ASKABLE)
    page.get_by_role("button", name="Ask").focus()
    page.keyboard.press("Enter")
    wait_until(page, "() => document.querySelector('.why-progress p').textContent.includes('faces drawn')")
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    page.keyboard.press("Enter")
    page.wait_for_selector("#messages >> text=The search was cancelled.")
    wait_until(page, ASKABLE)
    assert page.locator(".answers").count() == 0


def test_not_found_is_an_answer_and_its_picture_is_marked(window, photo):
    page = opened(window, photo)
    page.get_by_label("Value", exact=True).fill("-0.999")
    settings(page)
    for box in page.locator(".units input").all()[2:]:
        box.check()
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".answers", timeout=SEARCH_MS)
    assert page.inner_text(".status") == "Not found within range"
    assert "nearest attempt, not an answer" in page.inner_text(".pictures.doubtful")


def test_foreign_network_with_html_in_its_names(window, photo, tmp_path):
    inputs = keras.Input((16, 16, 3))
    keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs)).save(tmp_path / "means.keras")
    page = opened(window, photo)
    page.get_by_label("another network", exact=True).check()
    page.get_by_text("How its pictures are made").click()
    page.get_by_label("Names of the numbers", exact=True).fill("&lt;i&gt;red,green,blue")
    page.get_by_label("Range of pixels", exact=True).fill("0..1")
    (tmp_path / "<b>evil.onnx").write_bytes(b"\x80\x04cos\nsystem\n.")
    page.set_input_files(".network input[type=file]", str(tmp_path / "<b>evil.onnx"))
    assert "<b>evil.onnx cannot be loaded" in page.wait_for_selector("#messages .error").inner_text()
    page.set_input_files(".network input[type=file]", str(tmp_path / "means.keras"))
    wait_until(page, "() => document.querySelector('.network').textContent.includes('means.keras is open')")
    wait_until(page, "() => document.querySelector('.target-hint').textContent.includes('now')")
    assert page.get_by_label("Label", exact=True).input_value() == "&lt;i&gt;red"
    settings(page)
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".answers", timeout=SEARCH_MS)
    assert "The network says &lt;i&gt;red" in page.inner_text(".answers")


def test_narrow_and_dark_screen_does_not_scroll_sideways(window, photo):
    page = opened(window, photo)
    page.set_viewport_size({"width": 400, "height": 800})
    page.get_by_role("button", name="Use dark colours").click()
    settings(page, heat="occlusion")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".answers", timeout=SEARCH_MS)
    page.get_by_text("All readings, before and after").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert violations(page) == []
    page.get_by_role("button", name="Use light colours").click()
    assert violations(page) == []
