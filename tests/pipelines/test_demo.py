"""The demo: from drawn faces to the report."""

import pytest

from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.evaluation.evaluate import evaluate
from catgan.models.gan.architectures import network_config
from catgan.models.gan.model import CatGAN
from catgan.pipelines import demo


def check_page(page):
    assert page.count("data:image/png;base64,") == 2 + 3 * 3 + 2
    assert "edits by rendered_64" in page and "edits by faces_64" in page
    assert "http" not in page.split("</style>")[1]
    assert "$" not in page and "synthetic" in page


@pytest.mark.slow
def test_report_of_an_untrained_network_holds_its_pictures(tmp_path):
    render(RenderConfig(320, demo.SIZE, 0, channels=1, subjects=53), tmp_path / "data", workers=1)
    dataset = load_dataset(tmp_path / "data")
    gan = CatGAN(network_config("xs_32", {"channels": 1}), dataset.spec, seed=1)
    answers = [demo.explain(gan, dataset, *question) for question in demo.QUESTIONS]
    trained = {"run": "runs/00000-demo", "images": 640, "images_per_second": 100.0, "score": 0.0}
    check_page(demo.page(gan, dataset, evaluate(gan, dataset, "test"), answers, trained, 1.0))


@pytest.mark.slow
def test_demo_ends_with_a_report_that_holds_its_pictures(tmp_path):
    result = demo.run(tmp_path, minutes=0.01, faces=320, verbose=False)
    assert result["report"] == str(tmp_path / "report.html") and len(result["explained"]) == 3
    check_page((tmp_path / "report.html").read_text())
