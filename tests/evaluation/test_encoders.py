"""Encoders of files: a graph with the operations of Inception-2015, networks in ONNX, and files that are neither."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from catgan.errors import CatganError
from catgan.evaluation.encoders import FileEncoder, resized

FACES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def write_graph(path, operation="BatchNorm"):
    """As Inception-2015 is laid out: a JPEG is decoded and scaled ('Mul'), convolved, normalised, pooled ('pool_3')."""
    import tensorflow as tf

    with tf.Graph().as_default() as built:
        small = tf.compat.v1
        jpeg = tf.constant(b"", name="DecodeJpeg/contents")
        picture = tf.cast(tf.io.decode_jpeg(jpeg, 3)[None], tf.float32)
        scaled = tf.multiply(tf.subtract(picture, 128.0), 1 / 128.0, name="Mul")
        tf.identity(scaled)
        weights = tf.constant(np.array([[1, 0], [0, 2], [0, 0]], np.float32).reshape(1, 1, 3, 2))
        convolved = small.nn.conv2d(scaled, weights, 1, "SAME", name="conv/Conv2D")
        checked = small.check_numerics(convolved, "broken", name="conv/CheckNumerics")
        with tf.control_dependencies([checked]):
            safe = tf.identity(convolved, name="conv/control_dependency")
        joined = tf.raw_ops.Concat(concat_dim=tf.constant(3), values=[tf.nn.relu(safe), safe], name="joined")
        for name, value in (("mean", 1.0), ("variance", 4.0), ("beta", 3.0), ("gamma", 1.0)):
            tf.constant(np.full(4, value, np.float32), name=name)
        if operation == "ReadFile":
            with tf.control_dependencies([tf.io.read_file("secret")]):
                joined = tf.identity(joined)
        tf.nn.avg_pool2d(joined, 299, 1, "VALID", name="pool_3")
    graph = built.as_graph_def()
    normalised = graph.node.add(name="conv/batchnorm", op="BatchNormWithGlobalNormalization",
                                input=["joined", "mean", "variance", "beta", "gamma"])
    normalised.attr["T"].type = 1
    normalised.attr["variance_epsilon"].f = 0.001
    normalised.attr["scale_after_normalization"].b = False
    if operation == "BatchNorm":
        next(node for node in graph.node if node.name == "pool_3").input[0] = "conv/batchnorm"
    if operation == "missing":
        graph.node.remove(next(node for node in graph.node if node.name == "conv/Conv2D"))
    graph.versions.producer = 8  # as in 2015: later graphs may not hold this normalisation
    path.write_bytes(graph.SerializeToString())
    return path


def write_network(path, shape=("n", 3, 20, 20), tokens=False, inputs=1):
    """Means of the channels; with `tokens` as the first of two tokens."""
    given = [helper.make_tensor_value_info(f"pixels{number}", TensorProto.FLOAT, shape) for number in range(inputs)]
    nodes = [helper.make_node("GlobalAveragePool", ["pixels0"], ["pooled"]),
             helper.make_node("Flatten", ["pooled"], ["flat"])]
    constants = [helper.make_tensor("one", TensorProto.INT64, [1], [1])]
    if tokens:
        nodes += [helper.make_node("Unsqueeze", ["flat", "one"], ["token"]),
                  helper.make_node("Neg", ["token"], ["other"]),
                  helper.make_node("Concat", ["token", "other"], ["features"], axis=1)]
    else:
        nodes += [helper.make_node("Identity", ["flat"], ["features"])]
    result = helper.make_tensor_value_info("features", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "tiny", given, [result], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_inception_is_cut_from_the_scaled_picture_to_the_pooled_features(tmp_path):
    encoder = FileEncoder(write_graph(tmp_path / "classify_image_graph_def.pb"))
    features = encoder.features(FACES)
    scaled = (resized(FACES, 299, 2) - 128.0) / 128.0
    wanted = np.concatenate([np.maximum(scaled[..., :2] * [1, 2], 0).mean((1, 2)),
                             (scaled[..., :2] * [1, 2]).mean((1, 2))], -1)
    wanted = (wanted - 1.0) / np.sqrt(4.001) + 3.0
    assert encoder.name == "inception-2015.bilinear" and features.shape == (3, 4)
    np.testing.assert_allclose(features, wanted, atol=1e-4)


@pytest.mark.parametrize("tokens", [False, True])
def test_onnx_sees_imagenet_pictures(tokens, tmp_path):
    encoder = FileEncoder(write_network(tmp_path / "DINOv2 ViT_S.onnx", tokens=tokens))
    wanted = (resized(FACES, 20, 3) / 255.0 - MEAN) / DEVIATION
    assert encoder.name == "dinov2-vit-s.bicubic" and encoder.side == 20
    np.testing.assert_allclose(encoder.features(FACES), wanted.mean((1, 2)), atol=1e-5)


def test_onnx_of_any_side_is_shown_224_pixels(tmp_path):
    assert FileEncoder(write_network(tmp_path / "a.onnx", ("n", 3, "h", "w"))).side == 224


def test_resizing_smooths_and_keeps_constants():
    assert (resized(np.full((1, 16, 16, 3), 77, np.uint8), 40, 3) == 77).all()
    checkers = np.indices((16, 16)).sum(0)[None, :, :, None] % 2 * np.full(3, 255)
    assert resized(checkers.astype(np.uint8), 4, 2)[:, 1:3, 1:3].std() < 5  # every other pixel would be 0 or 255


def test_what_is_no_encoder(tmp_path):
    def message(path):
        with pytest.raises(CatganError) as failed:
            FileEncoder(path)
        return str(failed.value)

    assert message(tmp_path / "none.onnx").startswith("No such encoder")
    for name, text in (("net.pth", "An encoder is an .onnx file"), ("a.pb", "not a TensorFlow graph"),
                       ("a.onnx", "cannot be opened")):
        (tmp_path / name).write_bytes(b"\xff\x01junk")
        assert text in message(tmp_path / name)
    assert "that has no operations ReadFile" in message(write_graph(tmp_path / "evil.pb", "ReadFile"))
    assert "is damaged" in message(write_graph(tmp_path / "cut.pb", "missing"))
    (tmp_path / "empty.pb").write_bytes(b"")
    assert "it has no 'Mul' and 'pool_3'" in message(tmp_path / "empty.pb")
    assert "must take pictures" in message(write_network(tmp_path / "two.onnx", inputs=2))
    assert "must take pictures" in message(write_network(tmp_path / "last.onnx", ("n", 20, 20, 3)))
