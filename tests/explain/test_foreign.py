"""Foreign models: the trial on a drawn face, outputs by name, what is refused."""

import keras
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.foreign import ForeignModel, trial_faces
from catgan.explain.loading import explained_model
from catgan.explain.preprocessing import Preprocessing

FACES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)


def means(pixels):
    return np.asarray(pixels, np.float64).mean(axis=(1, 2))


def test_single_output_is_numbered():
    model = ForeignModel(means)
    assert model.outputs == ("output[0]", "output[1]", "output[2]")
    np.testing.assert_allclose(model.read(FACES)["output[1]"], FACES[..., 1].mean((1, 2)), rtol=1e-6)


@pytest.mark.parametrize("give, names", [
    (lambda x: {"emotion": means(x), "valence": means(x)[:, :1]},
     ("emotion[0]", "emotion[1]", "emotion[2]", "valence")),
    (lambda x: {"emo": means(x)}, ("emo[0]", "emo[1]", "emo[2]")),
    (lambda x: [means(x)[:, 0], means(x)[:, :2]], ("output_0", "output_1[0]", "output_1[1]")),
    (lambda x: (means(x),), ("output[0]", "output[1]", "output[2]")),
    (lambda x: means(x)[:, None, None, :], ("output[0]", "output[1]", "output[2]")),
    (lambda x: means(x).astype(np.int64)[:, 0], ("output[0]",)),
    (lambda x: means(x).tolist(), ("output[0]", "output[1]", "output[2]")),
    (lambda x: {"a,b=c": means(x)[:, 0]}, ("a_b_c",))])
def test_outputs_are_read_by_name(give, names):
    model = ForeignModel(give)
    assert model.outputs == names and set(model.read(FACES)) == set(names)


def test_outputs_without_numbers_are_named_and_left_out():
    model = ForeignModel(lambda x: {"label": np.array(["happy"] * len(x)), "features": np.zeros((len(x), 4, 4, 8)),
                                    "scores": means(x)})
    assert model.outputs == ("scores[0]", "scores[1]", "scores[2]")
    assert [("'label'" in line, "'features'" in line) for line in model.skipped] == [(True, False), (False, True)]
    assert ForeignModel(lambda x: np.zeros((len(x), 4, 4, 8))).outputs[-1] == "output[127]"


def heads(x):
    return {"emotion": means(x), "valence": means(x)[:, 0] + 1.0, "arousal": means(x)[:, 0] + 2.0}


def test_heads_and_names_select_outputs():
    assert ForeignModel(heads, heads=["valence"]).outputs == ("valence",)
    assert ForeignModel(heads, heads=["arousal", "valence"]).outputs == ("arousal", "valence")
    named = ForeignModel(heads, ["calm", "angry", "happy"], classes=True)
    assert named.outputs == ("calm", "angry", "happy", "valence", "arousal")
    assert named.labels["class"].classes == ("calm", "angry", "happy")
    np.testing.assert_allclose(named.read(FACES)["arousal"], FACES[..., 0].mean((1, 2)) + 2.0)
    whole = ForeignModel(heads, ["a", "b", "c", "d", "e"])
    assert whole.outputs == ("a", "b", "c", "d", "e")


@pytest.mark.parametrize("options, match", [
    ({"outputs": ["a", "a", "b"]}, "must differ.*Received more than once: a"),
    ({"outputs": ["a", "A", "b"]}, "must differ"),
    ({"outputs": ["a", "b"]}, r"5 numbers for a face, in emotion \(3\), valence \(1\), arousal \(1\), and 2 names"),
    ({"outputs": ["a", "", "b"]}, "A name of an output is not empty"),
    ({"outputs": ["catgan:x", "a", "b"]}, "begins neither"),
    ({"heads": ["nothing"]}, "Unknown output of the model 'nothing'.*emotion"),
    ({"heads": ["valence"], "classes": True}, r"two or more numbers of one output.*none. Received: valence \(1\)")])
def test_names_that_do_not_fit_the_outputs_are_refused(options, match):
    with pytest.raises(CatganError, match=match):
        ForeignModel(heads, **options)


def test_classes_of_several_outputs_need_heads():
    with pytest.raises(CatganError, match="several such outputs .one, two.: choose one with 'heads'"):
        ForeignModel(lambda x: {"one": means(x), "two": means(x)}, classes=True)
    assert ForeignModel(lambda x: {"one": means(x), "two": means(x)}, classes=True,
                        heads=["two"]).labels["class"].classes == ("two[0]", "two[1]", "two[2]")


@pytest.mark.parametrize("function, match", [
    (lambda x: means(x) * np.nan, "not finite.*preprocessing"),
    (lambda x: np.full((len(x), 2), np.inf), "not finite"),
    (lambda x: means(x)[0], "no row for each face.*shape .3,."),
    (lambda x: 3.0, "no row for each face"),
    (lambda x: "happy", "holds no numbers .text of shape"),
    (lambda x: None, "holds no numbers .objects of class NoneType"),
    (lambda x: np.array(["a"] * len(x)), "holds no numbers"),
    (lambda x: [{0: 0.5, 1: 0.5}] * len(x), "holds no numbers .objects of class dict"),
    (lambda x: means(x) * 1j, "holds no numbers .complex128"),
    (lambda x: {}, "Received: nothing"),
    (lambda x: np.zeros((len(x), 20_000)), "more than 10000 numbers"),
    (lambda x: np.zeros((len(x), 0)), "holds no numbers"),
    (lambda x: 1 / 0, "The model fails on pictures of shape .2, 64, 64, 3., float32: ZeroDivisionError"),
    (lambda x: {"a": {"b": means(x)}}, "'a' holds no numbers")])
def test_invalid_outputs_are_refused_in_the_trial(function, match):
    with pytest.raises(CatganError, match=match) as caught:
        ForeignModel(function)
    assert "\n" not in str(caught.value)


def test_later_outputs_of_another_shape_or_nan_are_refused():
    answers = iter([np.zeros((2, 3)), np.zeros((3, 2)), np.full((3, 3), np.nan)])
    model = ForeignModel(lambda x: next(answers))
    with pytest.raises(CatganError, match="must give 3 numbers for each face in 'output'"):
        model.read(FACES)
    with pytest.raises(CatganError, match="not finite"):
        model.read(FACES)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float64"])
def test_function_gets_the_declared_input_type(dtype):
    seen = []

    def function(pixels):
        seen.append(pixels.dtype)
        return means(pixels)

    ForeignModel(function, dtype=dtype).read(FACES)
    assert set(seen) == {np.dtype(dtype)}


def test_integer_input_with_scaled_pixels_is_refused():
    with pytest.raises(CatganError, match="whole numbers .uint8.: declare them as 0..255.*Received pixels: 0..1"):
        ForeignModel(means, dtype="uint8", preprocessing=Preprocessing(pixels="0..1"))


def test_fixed_batch_is_filled_up():
    sizes = []

    def function(pixels):
        sizes.append(len(pixels))
        return means(pixels)

    model = ForeignModel(function, batch=4)
    np.testing.assert_allclose(model.read(np.concatenate([FACES, FACES]))["output[2]"][3:], FACES[..., 2].mean((1, 2)))
    assert set(sizes) == {4}


def test_model_of_crops_refuses_aligned_faces():
    model = ForeignModel(means, preprocessing=Preprocessing(crop="box", size=(16, 16)))
    with pytest.raises(CatganError, match="reads the crop 'box' of a photograph"):
        model.read(FACES)
    assert model.read_crops([FACES[0], FACES[0][:8]])["output[0]"].shape == (2,) and not model.differentiable


def test_crop_without_size_is_refused():
    with pytest.raises(CatganError, match="does not say how large.*the crop 'square' has any size. Declare 'size'"):
        explained_model(means, preprocessing=Preprocessing(crop="square"))


def test_trial_faces_differ():
    faces = trial_faces(48, 32)
    assert faces.shape == (2, 48, 32, 3) and faces.dtype == np.uint8 and (faces[0] != faces[1]).any()


# === From objects in memory ===


def test_function_gets_grey_levels_or_declared_preprocessing():
    seen = []

    def function(pixels):
        seen.append(pixels)
        return means(pixels)

    explained_model(function).read(FACES)
    np.testing.assert_array_equal(seen[-1], FACES)
    assert seen[-1].dtype == np.uint8
    explained_model(function, preprocessing=Preprocessing(pixels="-1..1", size=(8, 4), channels="grey",
                                                          order="first")).read(FACES)
    assert seen[-1].shape == (3, 1, 8, 4) and seen[-1].dtype == np.float32 and -1.0 <= seen[-1].min()


class Subclassed(keras.Model):
    """A network without declared inputs."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return {"two": self.dense(keras.ops.mean(inputs, axis=(1, 2))), "one": keras.ops.mean(inputs, axis=(1, 2, 3))}


def test_subclassed_keras_model_is_read_by_name():
    model = explained_model(Subclassed(), preprocessing=Preprocessing(pixels="0..1"))
    assert model.outputs == ("two[0]", "two[1]", "one") and model.differentiable
    read, told = model.read(FACES), model.predict_tensors(FACES.astype(np.float32))
    for name in model.outputs:
        np.testing.assert_allclose(np.asarray(told[name]), read[name], rtol=1e-4, atol=1e-5)


def test_sequential_model_without_input_is_read():
    model = explained_model(keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]))
    assert model.outputs == ("output[0]", "output[1]")


@pytest.mark.parametrize("shape, match", [
    ((8, 8, 2), "pictures of 2 channels.*1 .grey. or 3"), ((8, 8, 4), "pictures of 4 channels"),
    ((8,), "must take one picture"), ((8, 8), "must take one picture")])
def test_input_that_is_no_picture_is_refused(shape, match):
    inputs = keras.Input(shape)
    network = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))
    with pytest.raises(CatganError, match=match):
        explained_model(network)


def test_two_inputs_are_refused():
    inputs = [keras.Input((8, 8, 3)), keras.Input((8, 8, 3))]
    network = keras.Model(inputs, keras.layers.Flatten()(keras.layers.Add()(inputs)))
    with pytest.raises(CatganError, match="must take one picture.*Received inputs: .None, 8, 8, 3., .None"):
        explained_model(network)


def test_keras_model_with_named_inputs_and_outputs_is_read():
    inputs = keras.Input((12, 8, 3), batch_size=2, dtype="uint8", name="image")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1.0)(inputs))
    network = keras.Model({"image": inputs}, [keras.layers.Dense(3, name="emotion")(mean),
                                              keras.layers.Dense(1, name="valence")(mean)])
    model = explained_model(network)
    assert model.outputs == ("emotion[0]", "emotion[1]", "emotion[2]", "valence")
    assert model.preprocessing.size == (12, 8) and model.batch == 2 and model.dtype == np.uint8
    assert model.read(FACES)["valence"].shape == (3,) and not model.differentiable
    assert explained_model(network, heads=["valence"]).outputs == ("valence",)
    single = keras.Model(inputs, network.outputs[0])
    assert explained_model(single, heads=["emotion"]).outputs == ("emotion[0]", "emotion[1]", "emotion[2]")


class FakeTensor(np.ndarray):
    """As much of a tensor of PyTorch as is used."""

    def to(self, device, dtype):
        return self.astype(dtype).view(FakeTensor)

    def detach(self):
        return self

    def cpu(self):
        return self

    def float(self):
        return self.astype(np.float32).view(FakeTensor)

    def numpy(self):
        return np.asarray(self)


@pytest.fixture
def fake_torch(monkeypatch):
    """A stand-in for PyTorch, which is not a dependency: modules, no_grad and from_numpy."""
    import contextlib
    import sys
    import types

    class Module:
        training = True
        seen: list = []

        def parameters(self):
            return iter([types.SimpleNamespace(device="cpu", dtype=np.float32)])

        def eval(self):
            self.training = False

        def train(self, mode=True):
            self.training = mode

        def __call__(self, pixels):
            self.seen.append((self.training, pixels.shape))
            return {"scores": pixels.mean(axis=(2, 3)), "first": pixels.mean(axis=(1, 2, 3))}

    torch = types.ModuleType("torch")
    torch.nn = types.SimpleNamespace(Module=Module)  # type: ignore[attr-defined]
    torch.no_grad = contextlib.nullcontext  # type: ignore[attr-defined]
    torch.from_numpy = lambda array: array.view(FakeTensor)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    return torch


def test_pytorch_module_runs_in_evaluation_mode(fake_torch):
    module = fake_torch.nn.Module()
    model = explained_model(module, preprocessing=Preprocessing(pixels="imagenet", size=(8, 8)))
    assert model.outputs == ("scores[0]", "scores[1]", "scores[2]", "first")
    assert model.read(FACES)["first"].shape == (3,)
    assert module.training and set(module.seen) == {(False, (2, 3, 8, 8)), (False, (3, 3, 8, 8))}
    assert not model.differentiable


def test_pytorch_module_gives_its_own_numbers():
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 2))
    model = explained_model(module)
    with torch.no_grad():
        expected = module(torch.from_numpy(FACES.transpose(0, 3, 1, 2).astype(np.float32))).numpy()
    np.testing.assert_allclose(model.read(FACES)["output[1]"], expected[:, 1], rtol=1e-4)


def test_object_that_is_no_model_is_refused():
    with pytest.raises(CatganError, match="Received: int"):
        explained_model(3)
