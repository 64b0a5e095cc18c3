"""The pages Generate, Data and Runs in a real browser: main paths, keyboard, 400 pixels, HTML in names, axe."""

import io
import re

import pytest
from PIL import Image

from tests.harness.browsers import violations, wait_until
from tests.harness.pages import append_tick, write_built_dataset, write_comparison, write_run, write_sweep_results
from tests.harness.web import served_page

HOSTILE_RUN = "00001-<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "runs"
    write_run(folder / "00000-joint", score=0.8)
    write_run(folder / HOSTILE_RUN, ticks=3, finished=False)
    write_sweep_results(folder / "sweep")
    write_comparison(folder / "compared")
    return folder


@pytest.fixture(scope="module")
def address(untrained_run, runs, tmp_path_factory):
    """A page with a small model, a data set and runs."""
    data = write_built_dataset(tmp_path_factory.mktemp("data") / "built")
    folder = tmp_path_factory.mktemp("served") / "files"
    with served_page(folder, run=str(untrained_run), data=data, runs=runs) as served:
        yield served


def shown(page, selector, name, act):
    """Does something, and waits until the page has counted another answer."""
    before = page.get_attribute(selector, f"data-{name}")
    act()
    wait_until(page, "([selector, name, before]) => (document.querySelector(selector).dataset[name] ?? null) "
                     "!== before",
               [selector, name, before])


def opened(window, name, selector, ready):
    page = window(name)
    wait_until(page, "([selector, name]) => document.querySelector(selector)?.dataset[name] !== undefined",
               [selector, ready])
    return page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


# === Generate ===


@pytest.fixture
def generate(window):
    return opened(window, "generate", ".page-generate", "drawn")


def drawn(page, act):
    shown(page, ".page-generate", "drawn", act)


def pictures(page):
    return page.eval_on_selector_all(".generate-grid img", "all => all.map(one => one.src)")


def test_faces_follow_seed_and_labels(generate, untrained_gan):
    first = pictures(generate)
    assert len(first) == 16 == len(set(first))
    drawn(generate, lambda: generate.get_by_label("AU12 Lip corner puller", exact=True).fill("4"))
    assert pictures(generate) != first and "AU12: asked 4.0, read" in generate.inner_text(".generate-reading")
    drawn(generate, lambda: generate.get_by_role("button", name="Leave AU12 Lip corner puller free").click())
    assert pictures(generate) == first and generate.inner_text(".generate-reading") == ""
    drawn(generate, lambda: (generate.get_by_label("Seed", exact=True).fill("5"), generate.keyboard.press("Enter")))
    assert pictures(generate) != first
    with generate.expect_download() as download:
        generate.get_by_role("button", name="Download PNG").click()
    sheet = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert sheet.text["Comment"].startswith("Synthetic") and sheet.width == 4 * 17 - 1
    assert download.value.suggested_filename == "grid-synthetic.png"


def test_sweep_shows_a_row_for_each_person(generate):
    drawn(generate, lambda: generate.get_by_role("button", name="Sweep").click())
    assert len(pictures(generate)) == 15 and generate.locator(".generate-head").all_inner_texts() == [
        "0", "1.25", "2.5", "3.75", "5"]
    drawn(generate, lambda: generate.get_by_label("Label", exact=True).select_option("valence"))
    assert generate.locator(".generate-head").first.inner_text() == "\u22121"


def test_interpolation_plays_and_is_downloaded(generate):
    generate.get_by_role("button", name="Person 3 of seed 0").click()
    generate.get_by_role("button", name="Interpolate from it").click()
    drawn(generate, lambda: generate.get_by_role("button", name="Interpolation").click())
    picture = generate.locator(".player-picture")
    assert generate.get_by_label("Person", exact=True).first.input_value() == "3"
    assert generate.get_by_role("button", name="Pause").is_visible()  # it plays by itself
    before = picture.get_attribute("src")
    wait_until(generate, "before => document.querySelector('.player-picture').src !== before", before)
    generate.get_by_role("button", name="Pause").click()
    generate.get_by_label("Frame", exact=True).focus()
    generate.keyboard.press("Home")
    start = picture.get_attribute("src")
    generate.keyboard.press("End")
    assert picture.get_attribute("src") != start and "100 % of the way" in picture.get_attribute("alt")
    generate.get_by_role("button", name="Labels of the end").click()
    drawn(generate, lambda: generate.get_by_label("AU04 Brow lowerer", exact=True).or_(
        generate.get_by_label("AU4 Brow lowerer", exact=True)).fill("5"))
    assert "at the end" in generate.inner_text(".generate-reading")
    for kind in ("GIF", "MP4"):
        with generate.expect_download() as download:
            generate.get_by_role("button", name=f"Download {kind}").click()
        assert download.value.suggested_filename == f"interpolation-synthetic.{kind.lower()}"
        assert len(download.value.path().read_bytes()) > 1000


def test_less_motion_is_respected(browser, address):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(address.replace("/?", "/generate?"))
    wait_until(page, "() => document.querySelector('.page-generate')?.dataset.drawn !== undefined")
    drawn(page, lambda: page.get_by_role("button", name="Interpolation").click())
    assert page.get_by_role("button", name="Play").is_visible()
    page.get_by_role("button", name="Play").press("Enter")  # who asks for it gets it
    assert page.get_by_role("button", name="Pause").is_visible()
    context.close()


# === Data ===


@pytest.fixture
def data(window):
    return opened(window, "data", ".page-data", "counted")


def test_data_set_is_counted_and_names_are_text(data):
    assert data.inner_text(".page-head p") == "drawn <img src=x onerror=alert(1)>"
    assert "AU12 Lip corner puller" in data.inner_text(".overview") and data.locator("img[src=x]").count() == 0
    assert data.locator(".density-cell").count() > 10 and data.locator(".phi rect").count() == 4
    data.locator(".phi rect").nth(1).click()
    wait_until(data, "() => document.querySelector('[role=tabpanel]:not([hidden]) [role=status]')?.textContent"
                     ".includes('match')")
    assert data.get_by_label("Query", exact=True).input_value() == "AU04_present=1 and AU12_present=1"


def searched(page, act):
    shown(page, "[role=tabpanel]:not([hidden]) > .stack", "shown", act)


def test_query_shows_faces_and_a_face_its_row(data):
    data.get_by_role("tab", name="Faces").click()
    query = data.get_by_label("Query", exact=True)
    wait_until(data, "() => document.querySelectorAll('.sheet-face').length === 48")
    searched(data, lambda: (query.fill("AU12_present is unknown and split=train"), query.press("Enter")))
    assert "30 faces match" in data.inner_text("[role=tabpanel]:not([hidden]) [role=status]")
    assert data.locator(".sheet-face").count() == 30
    data.locator(".sheet-face").first.press("Enter")
    wait_until(data, "() => document.querySelector('.row-dialog')?.dataset.row === '0'")
    text = data.inner_text(".row-dialog")
    assert "Face train00000" in text and re.search(r"AU12 Lip corner puller\s+unknown", text)
    data.keyboard.press("ArrowRight")
    wait_until(data, "() => document.querySelector('.row-dialog').dataset.row === '2'")
    data.keyboard.press("Escape")
    assert data.locator(".row-dialog").is_hidden()
    searched(data, lambda: (query.fill("nose > 3"), query.press("Enter")))
    assert "Unknown column 'nose'" in data.inner_text("#messages .error")
    searched(data, lambda: (query.fill(""), query.press("Enter")))
    assert data.locator("#messages .error").count() == 0
    searched(data, lambda: data.get_by_role("button", name="Next").first.click())
    assert "49 to 96" in data.inner_text("[role=tabpanel]:not([hidden]) [role=status]")


def test_pictures_load_when_they_come_into_sight(data):
    asked = []
    data.on("request", lambda request: "/pictures/" in request.url and asked.append(request.url))
    data.set_viewport_size({"width": 400, "height": 300})
    data.get_by_role("tab", name="Faces").click()
    wait_until(data, "() => document.querySelectorAll('.sheet-face').length === 48")
    assert data.locator(".sheet-face img").evaluate_all("all => all.every(one => one.loading === 'lazy')")
    wait_until(data, "() => document.querySelector('.sheet-face img').naturalWidth === 16")


def test_rejected_rows_and_conflicts(data):
    data.get_by_role("tab", name="Overview").press("End")
    wait_until(data, "() => document.querySelectorAll('.conflict').length === 2")
    assert data.locator(".conflict-side").all_inner_texts()[:2] == ["1\ndrawn/a; b.png", "0\nother/c.png"]
    data.keyboard.press("ArrowLeft")
    wait_until(data, "() => document.querySelectorAll('[role=tabpanel]:not([hidden]) tbody tr').length === 50")
    assert "<img src=x onerror=alert(1)>/0.png" in data.inner_text("[role=tabpanel]:not([hidden]) tbody")
    searched(data, lambda: data.get_by_role("button", name="missing file 20").click())
    assert "20 rows" in data.inner_text("[role=tabpanel]:not([hidden]) [role=status]")


# === Runs ===


@pytest.fixture
def training(window):
    return opened(window, "runs", ".page-runs", "drawn")


def test_curves_of_several_runs_show_values(training):
    shown(training, ".page-runs", "drawn", lambda: training.get_by_label("00000-joint", exact=True).check())
    chart = training.locator(".chart").first
    assert chart.locator(".chart-line.colour-0, .chart-line.colour-1").count() >= 4
    assert training.locator(".run-names li").count() == 2
    chart.locator(".chart-plot").focus()
    training.keyboard.press("Home")
    assert "at 1,000 faces" in chart.inner_text()
    training.keyboard.press("ArrowRight")
    assert "at 2,000 faces" in chart.inner_text() and "0.5" in chart.inner_text()
    chart.locator(".chart-plot").hover(position={"x": 300, "y": 40})
    assert re.search(r"at [1-4],000 faces", chart.inner_text())
    assert "0.800" in training.inner_text(".page-runs") and training.locator("img[src=x]").count() == 0


def test_sheets_go_through_time(training):
    picture = training.locator(".sheets-picture")
    last = picture.get_attribute("src")
    training.get_by_label("Time", exact=True).focus()
    training.keyboard.press("Home")
    assert picture.get_attribute("src") != last and "after 1,000 faces" in picture.get_attribute("alt")
    wait_until(training, "() => document.querySelector('.sheets-picture').naturalWidth === 40")


def test_page_follows_a_run_that_trains(training, runs):
    box = training.get_by_label(HOSTILE_RUN, exact=True)
    box.focus()
    before = training.get_attribute(".page-runs", "data-drawn")
    append_tick(runs / HOSTILE_RUN, 6)
    wait_until(training, "before => document.querySelector('.page-runs').dataset.drawn !== before", before)
    assert "6000 of 4000 faces" in training.inner_text(".runs-table")
    assert box.evaluate("box => box === document.activeElement")


def test_sweeps_and_comparisons(training):
    training.get_by_role("tab", name="Sweeps").click()
    wait_until(training, "() => document.querySelectorAll('.strip').length === 2")
    assert "1 finished, 1 failed" in training.inner_text("[role=tabpanel]:not([hidden])")
    training.keyboard.press("ArrowRight")
    wait_until(training, "() => document.querySelector('.whisker.stands')")
    text = training.inner_text("[role=tabpanel]:not([hidden])")
    assert "A remark <img src=x onerror=alert(1)>" in text and "0.100 (0.020 to 0.180)" in text


# === All ===


@pytest.mark.parametrize("name, selector, ready", [
    ("generate", ".page-generate", "drawn"), ("data", ".page-data", "counted"), ("runs", ".page-runs", "drawn")])
def test_pages_fit_400_pixels_and_can_be_used_by_all(window, name, selector, ready):
    page = opened(window, name, selector, ready)
    page.set_viewport_size({"width": 400, "height": 800})
    assert fits(page) and violations(page) == []
    tabs = page.get_by_role("tab").all()
    for tab in tabs:
        tab.click()
        assert fits(page), tab.inner_text()
    page.get_by_role("button", name="Use dark colours").click()
    assert violations(page) == []
