"""ONNX files for tests."""

import pytest


def save_onnx(path, shape, outputs=("y",), kind="FLOAT", text=False):
    """Means over height and width of a picture of this shape, once for each output."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, types = onnx.helper, onnx.TensorProto
    first = shape[1] in (1, 3)
    axes = helper.make_tensor("axes", types.INT64, [2], [2, 3] if first else [1, 2])
    nodes = [helper.make_node("Cast", ["x"], ["floats"], to=types.FLOAT)]
    nodes += [helper.make_node("ReduceMean", ["floats", "axes"], [name], keepdims=0) for name in outputs]
    given = [helper.make_tensor_value_info(name, types.FLOAT, [shape[0], 3]) for name in outputs]
    if text:
        nodes.append(helper.make_node("Cast", [outputs[0]], ["label"], to=types.STRING))
        given.insert(0, helper.make_tensor_value_info("label", types.STRING, [shape[0], 3]))
    graph = helper.make_graph(nodes, "mean", [helper.make_tensor_value_info("x", getattr(types, kind), shape)], given,
                              [axes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path
