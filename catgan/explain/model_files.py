"""Files of foreign models: what they are, by content, and how they are loaded without running code of theirs."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras

from catgan.errors import CatganError

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ONNX_START = b"\x08"
"""The first byte of an ONNX file; the second is the version of its format."""
TAKEN = "Give a .keras, .h5 or .onnx file, or a SavedModel folder."
WAY_OUT = ("If you trust it, load it in Python, for example by keras.saving.load_model(path, custom_objects={...}), "
           "and give the model itself to catgan.explain.counterfactual(model, face, target, gan=gan)")
UNSAFE = frozenset({
    "ReadFile", "WriteFile", "PyFunc", "PyFuncStateless", "EagerPyFunc", "MatchingFiles", "Save", "RestoreV2",
    "MergeV2Checkpoints", "SaveV2", "SaveSlices", "LoadDataset", "SaveDataset", "SaveDatasetV2", "WholeFileReader",
    "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2",
    "TFRecordReader", "TFRecordReaderV2", "TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2", "PrintV2", "Print", "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3",
    "WriteSummary", "CreateSummaryFileWriter", "DeleteDirectory", "Rename", "CopyFile", "LoadLibrary",
    "RegisterDataset", "RegisterDatasetV2", "DataServiceDataset", "InitializeTableFromTextFile", "XlaLaunch",
    "ImmutableConst"})
"""TensorFlow's operations that touch files, sockets or Python. A SavedModel restores its weights by the loader's own
graph, where saving and restoring are allowed."""
SAVING = frozenset({"SaveV2", "MergeV2Checkpoints", "ShardedFilename", "RestoreV2"})
SAVERS = ("__inference__traced_save", "__inference__traced_restore")


def kind(path: Path) -> str:
    """`"keras"`, `"hdf5"`, `"onnx"` or `"saved_model"`, by content where content says it.

    Raises:
        CatganError: no such file, or another kind.
    """
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return "saved_model"
        raise CatganError(f"{path} is a folder without saved_model.pb. {TAKEN}")
    if not path.is_file():
        raise CatganError(f"No such model: {path}. {TAKEN}")
    with path.open("rb") as file:
        start = file.read(len(HDF5_MAGIC))
    if start == HDF5_MAGIC:
        return "hdf5"
    ending = path.suffix.lower()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        if "config.json" in names:
            return "keras"
        if any(name.endswith("data.pkl") for name in names):
            raise CatganError(f"{path} is a PyTorch file: its pickles can run any code, so that it is not opened. Load "
                              "it in Python, and give the module itself to catgan.explain.counterfactual(module, face, "
                              f"target, gan=gan), or export it to ONNX. {TAKEN}")
    if ending == ".onnx" or start[:1] == ONNX_START and start[1:2] < b"\x40":
        return "onnx"
    if ending in (".keras", ".h5", ".hdf5"):
        raise CatganError(f"{path} cannot be loaded: it is neither a Keras nor an HDF5 file, or it is damaged. {TAKEN}")
    raise CatganError(f"{path} is no model that catgan loads. {TAKEN} Others can be given in Python: "
                      "catgan.explain.counterfactual takes any function from pictures to numbers.")


def load_keras(path: Path, kind: str) -> keras.Model:
    """Loads a Keras model, without code of its own.

    Args:
        path: the file, whatever its ending.
        kind: `"keras"` or `"hdf5"`.

    Raises:
        CatganError: a damaged file, weights alone, a Lambda layer, or a layer that is not Keras' own.
    """
    _check_config(path, kind)
    ending = {"keras": ".keras", "hdf5": ".h5"}[kind]
    try:
        if path.suffix == ending:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        with tempfile.TemporaryDirectory() as folder:  # Keras goes by endings
            copy = Path(folder) / f"model{ending}"
            shutil.copyfile(path, copy)
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
    except Exception as error:  # Keras and h5py raise errors of many kinds on damaged files
        text = " ".join(str(error).split())
        if "lambda" in text.lower() and "safe" in text.lower():
            raise CatganError(f"{path} holds a Lambda layer, whose code is not run. {WAY_OUT}.") from None
        if "could not locate" in text.lower() or "unknown layer" in text.lower() or "custom_object" in text:
            raise CatganError(f"{path} holds a layer or function that is not Keras' own ({text[:120]}). {WAY_OUT}."
                              ) from None
        raise CatganError(f"{path} cannot be loaded: {text[:200]}") from None


def _check_config(path: Path, kind: str) -> None:
    """Looks for code before anything is loaded.

    Raises:
        CatganError: a Lambda layer, or no architecture.
    """
    try:
        if kind == "keras":
            with zipfile.ZipFile(path) as archive:
                config = json.loads(archive.read("config.json"))
        else:
            with h5py.File(path, "r") as file:
                text = file.attrs.get("model_config")
            if text is None:
                raise CatganError(f"{path} holds weights without the network. Save the whole model (model.save), or "
                                  "load it in Python and give the model itself to catgan.explain.counterfactual.")
            config = json.loads(text)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, RuntimeError) as error:
        raise CatganError(f"{path} cannot be loaded: {' '.join(str(error).split())[:200]}") from None
    if _holds_lambda(config):
        raise CatganError(f"{path} holds a Lambda layer, whose code is not run. {WAY_OUT}.")


def _holds_lambda(part: Any) -> bool:
    if isinstance(part, dict):
        return part.get("class_name") in ("Lambda", "__lambda__") or any(map(_holds_lambda, part.values()))
    return isinstance(part, list) and any(map(_holds_lambda, part))


def load_saved_model(path: Path) -> Any:
    """The serving signature of a SavedModel, after its graph was searched for operations that are not safe.

    Raises:
        CatganError: such an operation, no signature, several, or a damaged folder.
    """
    try:
        import tensorflow as tf
        from tensorflow.core.protobuf import saved_model_pb2
    except ImportError:
        raise CatganError("Reading SavedModel folders needs TensorFlow: pip install tensorflow.") from None
    content = saved_model_pb2.SavedModel()
    try:
        content.ParseFromString((path / "saved_model.pb").read_bytes())
        if not all(meta.object_graph_def.nodes for meta in content.meta_graphs):
            raise CatganError(f"{path} is a SavedModel of TensorFlow 1. Save it again with TensorFlow 2, or export it "
                              "to ONNX.")
        found = _operations(content) & UNSAFE
        if found:
            raise CatganError(f"{path} holds operations that touch files or run Python ({', '.join(sorted(found))}): "
                              f"it is not loaded. {WAY_OUT}.")
        loaded = tf.saved_model.load(str(path))
    except CatganError:
        raise
    except Exception as error:  # TensorFlow and protobuf raise errors of many kinds on damaged folders
        raise CatganError(f"{path} cannot be loaded: {' '.join(str(error).split())[:200]}") from None
    names = [name for name in loaded.signatures if not name.startswith("__")]
    chosen = "serving_default" if "serving_default" in names else names[0] if len(names) == 1 else "serve"
    if chosen not in names:
        raise CatganError(f"{path} needs a signature 'serving_default'. Received: {', '.join(names) or 'none'}.")
    function = loaded.signatures[chosen]
    function.keeps = loaded  # its variables live as long as what owns them
    return function


def _operations(content: Any) -> set[str]:
    """Names of the operations of all graphs, except of those by which TensorFlow itself saves and restores weights: of
    functions of their names, which no other function calls, and of the outer graph, which is not run."""
    found: set[str] = set()
    for graph in (meta.graph_def for meta in content.meta_graphs):
        functions = graph.library.function
        called = {name for function in functions for node in function.node_def for name in _called(node)}
        for function in functions:
            name, names = function.signature.name, {node.op for node in function.node_def}
            saving = name.startswith(SAVERS) and name not in called
            found |= names - SAVING if saving else names
        found |= {node.op for node in graph.node} - SAVING
    return found


def _called(node: Any) -> set[str]:
    """Names of functions that an operation of a graph calls."""
    found = {node.op}
    for value in node.attr.values():
        found |= {value.func.name} if value.HasField("func") else {part.name for part in value.list.func}
    return found
