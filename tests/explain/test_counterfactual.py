import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.explain import SearchOptions, counterfactual, counterfactuals, diverse, redraw, semifactual
from catgan.explain.drawers import EditorDrawer, InversionDrawer, SceneDrawer, drawer_of
from catgan.explain.drawers.common import reconstruction_quality, settings_of
from catgan.explain.drawers.inversion import invert
from catgan.explain.models import CatGANModel, with_au_reader
from catgan.explain.problem import CounterfactualProblem
from catgan.explain.wording import describe_changes
from catgan.faces.regions import face_region
from catgan.metrics import image as image_metrics
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.model import CatGAN
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler
from tests.harness.drawers import BarDrawer


@pytest.fixture(scope="module")
def smile(drawn, tiny_gan):
    """A face of the test split in which the model sees AU12."""
    images = load_dataset(drawn).images("test", 3)
    return np.array(images[int(np.argmax(tiny_gan.read(images)["AU12_present"]))])


def test_drawer_of_the_truth_gives_status_ok(tiny_gan, smile):
    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=BarDrawer)
    assert result.status == "ok" and result.validity == 1.0 and "AU12" in result.changes
    before, after = result.changes["AU12"]
    assert after < before
    reading = tiny_gan.read(result.images["counterfactual"][None])["AU12_present"][0]
    assert reading < tiny_gan.thresholds[12]
    assert result.counterfactual["AU12_present"] == pytest.approx(reading, abs=1e-4)
    assert result.proximity["l1"] == pytest.approx(image_metrics.l1(smile, result.images["counterfactual"]))
    assert "AU12 lip corner puller goes from" in result.sentence()
    assert f"(present from {tiny_gan.thresholds[12]:.2f})" in result.sentence()
    assert result.to_dict()["thresholds"] == {"AU12_present": pytest.approx(tiny_gan.thresholds[12], abs=1e-4)}


def test_intensity_slack_draws_a_unit_below_its_reading(tiny_gan, smile):
    """Its level is read as 1, and the bar is brighter than that: it goes further down than to 0, which is said."""
    class TooLow(BarDrawer):
        def __init__(self, gan, images, settings=None, seed=0):
            super().__init__(gan, images)
            self.settings = np.full_like(self.settings, 1.0)

    class Past(TooLow):
        intensity_slack = 4.0

    assert counterfactual(tiny_gan, smile, "AU12=0", drawer=TooLow).status == "not found"
    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=Past)
    assert result.status == "ok" and result.changes["AU12"][0] == 1.0 and result.changes["AU12"][1] < -0.5
    content, down = result.to_dict(), 1.0 - result.changes["AU12"][1]
    assert content["differences"] == {"AU12": pytest.approx(-down)}
    assert content["beyond"] == {"AU12": pytest.approx(down - 1.0)}
    assert f"goes down by {down:.2f} (from 1.00, as read, to 0 and {down - 1:.2f} beyond" in result.sentence()
    np.testing.assert_array_equal(redraw(tiny_gan, smile, content, Past), result.images["counterfactual"])
    outside = result.plausibility
    assert outside is None or outside["distance"] < outside["bound"]


def test_target_that_holds_is_already_met(tiny_gan, smile):
    result = counterfactual(tiny_gan, smile, "AU12>=1")
    assert result.status == "already met" and result.changes == {} and result.validity == 1.0
    np.testing.assert_array_equal(result.images["counterfactual"], smile)


def test_drawer_that_draws_nothing_gives_not_found(tiny_gan, smile):
    class Nothing(BarDrawer):
        def draw(self, rows, levels):
            return self.images[rows]

    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=Nothing)
    assert result.status == "not found" and result.validity == 0.0
    assert "No change of up to three Action Units was found that reaches AU12=0; the nearest" in result.sentence()
    proven = counterfactual(tiny_gan, smile, "AU12=0", drawer=Nothing, method="minimal").sentence()
    assert "No change of up to three Action Units on the grid 0, 2.5, 5 reaches AU12=0 with something to sp" in proven


def test_bad_reconstruction_gives_poor_inversion(tiny_gan, smile):
    class Poor(BarDrawer):
        def reconstructed(self, levels, answers):
            return 255 - self.images

    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=Poor)
    assert result.status == "poor inversion" and "do not rely on this" in result.sentence()


def test_inversion_drawer_gives_the_same_answer_twice(tiny_gan, smile):
    first, second = (counterfactual(tiny_gan, smile, "AU12=0", seed=1) for _ in range(2))
    kept = first.drawing["psnr"] >= InversionDrawer.min_quality.psnr
    assert first.status == ("ok" if kept and first.validity else "not found" if kept else "poor inversion")
    reading = tiny_gan.read(first.images["counterfactual"][None])["AU12_present"][0]
    assert first.validity == float(reading < tiny_gan.thresholds[12])
    assert {**first.to_dict(), "seconds": 0} == {**second.to_dict(), "seconds": 0}
    np.testing.assert_array_equal(first.images["counterfactual"], second.images["counterfactual"])
    content = first.to_dict()
    assert set(content) >= {"status", "target", "original", "counterfactual", "changes", "validity", "oracle_validity",
                            "proximity", "sparsity", "identity", "inversion", "seconds"}
    assert content["oracle_validity"] is None and content["identity"] is None  # nobody judged, and none is made up


def test_invert_recovers_a_generated_face(tiny_gan):
    condition = tiny_gan.condition({12: 5.0})
    latent = np.random.default_rng(3).standard_normal((1, 8)).astype(np.float32)
    face = tiny_gan.draw(latent, condition)[0]
    found = tiny_gan.draw(invert(tiny_gan, face, condition), condition)[0]
    other = tiny_gan.draw(np.random.default_rng(4).standard_normal((1, 8)).astype(np.float32), condition)[0]
    assert image_metrics.psnr(face, found) > max(25.0, image_metrics.psnr(face, other) + 3)


def test_inversion_drawer_keeps_pixels_outside_the_face(tiny_gan, smile):
    drawer = InversionDrawer(tiny_gan, smile[None], np.array([[0.0, 5.0]]))
    unchanged, changed = drawer.draw(np.array([0, 0]), np.array([[0.0, 5.0], [5.0, 0.0]]))
    np.testing.assert_array_equal(unchanged, smile)
    outside = face_region(16) == 0
    assert outside[0, 0] and not outside[8, 8]
    np.testing.assert_array_equal(changed[outside], smile[outside])


def test_model_without_action_units_is_refused(tiny_gan, smile):
    gan = CatGAN(tiny_gan.network, tiny_gan.spec.mode("va"))
    with pytest.raises(CatganError, match="without them"):
        counterfactual(gan, smile, "valence<=0")


def test_image_of_another_size_is_refused(tiny_gan):
    with pytest.raises(CatganError, match="16, 16, 3"):
        counterfactual(tiny_gan, np.zeros((64, 64, 3), np.uint8), "AU12=0")


def test_scene_drawer_renders_the_changed_scene():
    """On drawn faces the counterfactual can be the true one: the same scene with other Action Units."""
    scene = Sampler(0).scene(3)
    drawer = SceneDrawer([scene], 16, 1, (4, 12))
    levels = np.array([[scene.action_units.get(number, 0.0) for number in (4, 12)]] * 2)
    np.testing.assert_array_equal(drawer.settings, levels[:1].round(2))
    levels[1, 1] = 5.0
    same, smiling = drawer.draw(np.array([0, 0]), levels)
    np.testing.assert_array_equal(same, drawer.images[0])
    np.testing.assert_array_equal(smiling, Renderer(16).render([scene.with_action_units({12: 5.0})], 1)[0][0])


# === The editor draws ===


@pytest.fixture(scope="module")
def edited(tiny_gan):
    """The tiny model with an editor that makes the picture lighter as AU12 grows, and moves nothing."""
    gan = CatGAN(tiny_gan.network, tiny_gan.spec, thresholds=tiny_gan.thresholds)
    gan.discriminator.set_weights(tiny_gan.discriminator.get_weights())
    gan.add_editor(seed=3)
    random = np.random.default_rng(0)
    gan.editor.set_weights([weight + 0.05 * random.standard_normal(weight.shape).astype(weight.dtype)
                            for weight in gan.editor.get_weights()])
    return gan


def test_editor_drawer_without_change_returns_the_photograph(edited, smile):
    drawer = EditorDrawer(edited, smile[None])
    assert drawer_of(edited) is EditorDrawer
    np.testing.assert_array_equal(drawer.draw(np.array([0]), drawer.settings)[0], smile)
    levels = drawer.settings.copy()
    levels[0, 1] = 0.0
    assert drawer.reconstructed(levels, smile[None]).shape == smile[None].shape
    assert reconstruction_quality(smile[None], smile[None]) == {"psnr": [100.0], "ssim": [pytest.approx(1.0)]}


def test_render_tensors_agrees_with_drawn_faces(edited, smile):
    drawer = EditorDrawer(edited, smile[None])
    change = np.array([[0.3, -0.4]], np.float32)
    told = np.asarray(drawer.render_tensors(np.array([0]), change))
    drawn = drawer.draw(np.array([0]), drawer.settings + 5.0 * change)
    moved = np.abs(drawer.drawn(np.array([0]), drawer.settings + 5.0 * change)[1]).max()
    assert np.abs(told - drawn).mean() < 1.0 + 20.0 * moved  # colours do not move in `told`


def test_gradient_of_editor_and_model_agrees_with_differences(edited, smile):
    settings = settings_of(edited, smile[None])
    model, gan = with_au_reader(CatGANModel(edited), None)
    problem = CounterfactualProblem(model, gan, smile[None], "valence<=-0.9", margin=0.0)
    rows, levels = np.array([0]), settings + np.array([[0.4, -0.7]])
    far, slope = problem.gradient(rows, levels)
    step = 0.2
    for unit in range(2):  # central differences of what is drawn, which is rounded
        ahead, back = levels.copy(), levels.copy()
        ahead[0, unit], back[0, unit] = levels[0, unit] + step, levels[0, unit] - step
        rise = (problem.distance(rows, ahead) - problem.distance(rows, back)) / (2 * step)
        assert slope[0, unit] == pytest.approx(rise[0], abs=0.02)
    result = counterfactual(edited, smile, "valence<=-0.9", method="gradient")
    reached = edited.read(result.images["counterfactual"][None])["valence"][0] <= -0.9
    assert result.method == "gradient" and result.validity == float(reached)
    kept = result.drawing["ssim"] >= EditorDrawer.min_quality.ssim and result.drawing["psnr"] >= 15.0
    assert result.status == ("poor inversion" if not kept else "ok" if reached else "not found")


def test_batch_gives_paths_oracle_and_identity_of_each_face(tiny_gan, drawn):
    faces = load_dataset(drawn).images("test", 3)[:5]
    together = counterfactuals(tiny_gan, faces, "AU12=0", drawer=BarDrawer, frames=3, oracle=tiny_gan,
                               identity=lambda images: images.reshape(len(images), -1).astype(float))
    alone = counterfactual(tiny_gan, faces[2], "AU12=0", drawer=BarDrawer)
    assert together[2].changes == alone.changes and together[2].status == alone.status
    for result in together:
        assert result.path.shape == (3, 16, 16, 3) and result.moves.shape == (3, 16, 16, 2)
        np.testing.assert_array_equal(result.path[-1], result.images["counterfactual"])
        assert result.oracle_validity == result.validity and 0.0 < result.identity <= 1.0 + 1e-9


def test_describe_changes_joins_one_two_and_three_changes():
    one, two, three = ({name: (0.0, 2.5) for name in ("AU04", "AU12", "AU43")[:count]} for count in (1, 2, 3))
    assert describe_changes({}) == "" and describe_changes(one) == "AU04 brow lowerer goes from 0.00 to 2.50"
    assert describe_changes(two) == f"{describe_changes(one)} and AU12 lip corner puller goes from 0.00 to 2.50"
    assert describe_changes(three) == describe_changes(two).replace(" and ", ", ") + \
        " and AU43 eyes closed goes from 0.00 to 2.50"


def test_margin_moves_the_answer_inside_the_target(tiny_gan, smile):
    edge, safe = (counterfactual(tiny_gan, smile, "AU12=0", drawer=BarDrawer, margin=margin) for margin in (0.0, 0.15))
    assert edge.status == safe.status == "ok"
    assert safe.counterfactual["AU12_present"] <= edge.thresholds["AU12_present"] - 0.1
    assert edge.changes["AU12"][1] >= safe.changes["AU12"][1] - SearchOptions().level_tolerance


def test_minimal_answer_has_a_complete_certificate(tiny_gan, smile):
    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=BarDrawer, method="minimal")
    proof = result.to_dict()["certificate"]
    assert result.status == "ok" and proof["complete"] == [1] and proof["grid"] == [0.0, 2.5, 5.0]
    assert result.renders == proof["renders"] and list(result.changes) == ["AU12"]
    with pytest.raises(CatganError, match="Unknown method 'certain'"):
        counterfactual(tiny_gan, smile, "AU12=0", method="certain")
    with pytest.raises(CatganError, match="gradients"):
        counterfactual(tiny_gan, smile, "AU12=0", drawer=BarDrawer, method="gradient")


def test_unit_in_without_stays(tiny_gan, smile):
    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=BarDrawer, without=[12])
    assert "AU12" not in result.changes and result.status == "not found"


def test_function_is_explained_with_gan(tiny_gan, smile):
    def brightness(faces):
        assert faces.dtype == np.uint8
        return faces[:, 12:].mean(axis=(1, 2, 3))

    now = brightness(smile[None])[0]
    result = counterfactual(brightness, smile, f"output[0]<={now - 20:.1f},keep:valence", gan=tiny_gan,
                            drawer=BarDrawer, margin=0.0)
    assert list(result.original) == ["output[0]"] and "valence" in result.catgan["original"]
    assert list(result.changes) in ([], ["AU12"]) and "output[0]" in result.sentence()
    with pytest.raises(CatganError, match="give gan="):
        counterfactual(brightness, smile, "output[0]<=1")


# === Other answers ===


class Stripes(BarDrawer):
    """Each Action Unit has a stripe of its own: 16 grey levels an intensity."""

    def __init__(self, gan, images, settings=None, seed=0):
        self.images, self.units = images, gan.spec.action_units
        self.settings = np.full((len(images), 2), 1.0)

    def draw(self, rows, levels):
        faces = np.repeat(np.full((1, 16, 16, 3), 100.0), len(rows), axis=0)
        for place in range(2):
            faces[:, 8 * place:8 * place + 8] += 16.0 * (levels[:, place] - 1.0)[:, None, None, None]
        return np.clip(faces, 0, 255).astype(np.uint8)


def test_diverse_answers_share_no_action_unit(tiny_gan):
    grey = np.full((16, 16, 3), 100, np.uint8)
    options = {"gan": tiny_gan, "drawer": Stripes, "margin": 0.0}
    first, second = diverse(lambda faces: faces.mean(axis=(1, 2, 3)), grey, "output[0]>=116", **options)
    assert len(first.changes) == len(second.changes) == 1 and set(first.changes) != set(second.changes)
    assert first.status == second.status == "ok"
    nothing = diverse(lambda faces: faces.mean(axis=(1, 2, 3)), grey, "output[0]>=250", **options)
    assert [result.status for result in nothing] == ["not found"]
    with pytest.raises(CatganError, match="1 or more"):
        diverse(tiny_gan, grey, "AU12=0", count=0)


def test_implausible_combination_is_named_in_the_sentence(tiny_gan, monkeypatch):
    face = np.full((16, 16, 3), 100, np.uint8)

    def why(bound):
        monkeypatch.setattr(tiny_gan, "density", bound and ActionUnitDensity(np.ones(2), np.eye(2), bound))
        return counterfactual(lambda faces: faces[:, 8:].mean((1, 2, 3)), face, "output[0]>=123", gan=tiny_gan,
                              drawer=Stripes)

    far, near = why(1.0), why(4.0)
    assert far.plausibility["distance"] == pytest.approx(far.changes["AU12"][1] - 1.0, abs=0.01)
    assert "next to never" in far.sentence() and "next to never" not in near.sentence()
    assert near.to_dict()["plausibility"]["bound"] == 4.0 and why(None).plausibility is None


class FromNothing(Stripes):
    def __init__(self, gan, images, settings=None, seed=0):
        super().__init__(gan, images)
        self.settings = np.zeros((len(images), 2))


@pytest.mark.parametrize("method", ["search", "minimal"])
def test_exclusive_units_are_the_last_resort(method, tiny_gan, monkeypatch):
    """At 0 both stripes have 84; either unit reaches a mean of 110 by itself (124 in all), 150 takes both."""
    monkeypatch.setattr(tiny_gan, "density", ActionUnitDensity(np.ones(2), np.eye(2), 99.0, ((0, 1),)))
    names = "+".join(tiny_gan.spec.action_unit_columns).replace("_present", "")

    def why(target):
        return counterfactual(lambda faces: faces.mean((1, 2, 3)), np.full((16, 16, 3), 84, np.uint8), target,
                              gan=tiny_gan, drawer=FromNothing, margin=0.0, method=method)

    alone, both = why("output[0]>=110"), why("output[0]>=150")
    assert alone.status == "ok" and len(alone.changes) == 1 and alone.plausibility["together"] == []
    assert both.status == "ok" and len(both.changes) == 2 and both.plausibility["together"] == [names]
    assert "next to never" in both.sentence() and "next to never" not in alone.sentence()
    if method == "minimal":
        assert both.certificate.reaching == 0
        assert both.to_dict()["certificate"]["apart"] == [list(tiny_gan.spec.action_units)]


def test_semifactual_avoids_exclusive_units(tiny_gan, monkeypatch):
    """Either stripe at its end leaves the mean at 124, both reach 164: what is not reached is said of what was read."""
    monkeypatch.setattr(tiny_gan, "density", ActionUnitDensity(np.ones(2), np.eye(2), 99.0, ((0, 1),)))
    even = semifactual(lambda faces: faces.mean((1, 2, 3)), np.full((16, 16, 3), 84, np.uint8), "output[0]>=150",
                       gan=tiny_gan, drawer=FromNothing)
    assert even.semifactual["output[0]"] < 150 and 5.0 in [to for _, to in even.changes.values()]
    assert sum(to >= 1.0 for _, to in even.changes.values()) == 1


def test_interval_between_both_ends_is_reached(tiny_gan):
    """Both ends of the range overshoot it: 100 now, 84 or 164 at the ends of AU12, and 123 .. 125 asked."""
    answer = counterfactual(lambda faces: faces[:, 8:].mean((1, 2, 3)), np.full((16, 16, 3), 100, np.uint8),
                            "output[0]=123..125", gan=tiny_gan, drawer=Stripes)
    assert answer.status == "ok" and list(answer.changes) == ["AU12"]
    assert answer.changes["AU12"][1] == pytest.approx(2.5, abs=0.1)


def test_semifactual_goes_as_far_as_the_target_allows(tiny_gan):
    """The upper stripe alone decides: from 100 it may rise by one intensity, 16 grey levels; the other one freely."""
    grey = np.full((16, 16, 3), 100, np.uint8)

    def upper(faces):
        return faces[:, :8].mean(axis=(1, 2, 3))

    even = semifactual(upper, grey, "output[0]>=117", gan=tiny_gan, drawer=Stripes)
    assert even.changes["AU12"] == (1.0, 5.0)
    assert even.changes["AU04"][1] == 0.0 or 1.5 <= even.changes["AU04"][1] < 2.1
    assert even.semifactual["output[0]"] < 117 and "is not reached even if" in even.sentence()
    with pytest.raises(CatganError, match="holds for this face"):
        semifactual(upper, grey, "output[0]>=50", gan=tiny_gan, drawer=Stripes)
