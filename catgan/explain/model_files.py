"""Files of foreign models: finds out their kind by content, and loads them without running code that they hold."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from catgan.errors import CatganError, ModelError

if TYPE_CHECKING:
    import keras
    from tensorflow.core.framework.node_def_pb2 import NodeDef
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
    from tensorflow.types.experimental import ConcreteFunction

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
ONNX_START = b"\x08"
"""The first byte of an ONNX file; the second is the version of its format."""
ALLOWED = "Give a .keras, .h5 or .onnx file, or a SavedModel folder."
WAY_OUT = ("If you trust it, load it in Python, for example by keras.saving.load_model(path, custom_objects={...}), "
           "and give the model itself to catgan.explain.counterfactual(model, face, target, gan=gan)")
MAX_EXPANSION, FREE_BYTES = 20, 64 << 20
"""A Keras archive may unpack to this many times its size, or to this many bytes. Weights hardly shrink."""
UNSAFE = frozenset({
    "ReadFile", "WriteFile", "PyFunc", "PyFuncStateless", "EagerPyFunc", "MatchingFiles", "Save", "RestoreV2",
    "MergeV2Checkpoints", "SaveV2", "SaveSlices", "LoadDataset", "SaveDataset", "SaveDatasetV2", "WholeFileReader",
    "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2",
    "TFRecordReader", "TFRecordReaderV2", "TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2", "PrintV2", "Print", "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3",
    "WriteSummary", "CreateSummaryFileWriter", "DeleteDirectory", "Rename", "CopyFile", "LoadLibrary",
    "RegisterDataset", "RegisterDatasetV2", "DataServiceDataset", "InitializeTableFromTextFile", "XlaLaunch",
    "ImmutableConst"})
"""Operations of TensorFlow that access files, sockets or Python."""
SAVING = frozenset({"SaveV2", "MergeV2Checkpoints", "ShardedFilename", "RestoreV2"})
"""Operations by which TensorFlow saves and restores weights; allowed in the functions of `SAVERS`."""
SAVERS = ("__inference__traced_save", "__inference__traced_restore")
"""Beginnings of the names of TensorFlow's own functions that save and restore weights."""


def kind(path: Path) -> str:
    """Returns `"keras"`, `"hdf5"`, `"onnx"` or `"saved_model"`, by content where possible, else by the file's ending.

    Raises:
        ModelError: no such file, or another kind.
    """
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return "saved_model"
        raise ModelError(f"{path} is a folder without saved_model.pb. {ALLOWED}")
    if not path.is_file():
        raise ModelError(f"No such model: {path}. {ALLOWED}")
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
            raise ModelError(f"{path} is a PyTorch file: its pickles can run any code, so that it is not opened. Load "
                             "it in Python, and give the module itself to catgan.explain.counterfactual(module, face, "
                             f"target, gan=gan), or export it to ONNX. {ALLOWED}")
    if ending == ".onnx" or start[:1] == ONNX_START and start[1:2] < b"\x40":
        return "onnx"
    if ending in (".keras", ".h5", ".hdf5"):
        raise ModelError(f"{path} cannot be loaded: it is neither a Keras nor an HDF5 file, or it is damaged. "
                         f"{ALLOWED}")
    raise ModelError(f"{path} is no model that catgan loads. {ALLOWED} Others can be given in Python: "
                     "catgan.explain.counterfactual takes any function from pictures to numbers.")


def load_keras(path: Path, kind: str) -> keras.Model:
    """Loads a Keras model, without code of its own.

    Args:
        path: the file, whatever its ending.
        kind: `"keras"` or `"hdf5"`.

    Raises:
        ModelError: a damaged file, weights alone, a Lambda layer, or a layer that is not Keras' own.
    """
    import keras

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
            raise ModelError(f"{path} holds a Lambda layer, whose code is not run. {WAY_OUT}.") from None
        if "could not locate" in text.lower() or "unknown layer" in text.lower() or "custom_object" in text:
            raise ModelError(f"{path} holds a layer or function that is not Keras' own ({text[:120]}). {WAY_OUT}."
                             ) from None
        raise ModelError(f"{path} cannot be loaded: {text[:200]}") from None


def _check_config(path: Path, kind: str) -> None:
    """Checks a Keras file for code before anything is loaded.

    Raises:
        ModelError: a Lambda layer, or no architecture.
    """
    try:
        if kind == "keras":
            with zipfile.ZipFile(path) as archive:
                _check_expansion(path, archive)
                config = json.loads(archive.read("config.json"))
        else:
            with h5py.File(path, "r") as file:
                text = file.attrs.get("model_config")
            if text is None:
                raise ModelError(f"{path} holds weights without the network. Save the whole model (model.save), or "
                                 "load it in Python and give the model itself to catgan.explain.counterfactual.")
            config = json.loads(text)
    except CatganError:
        raise
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, RuntimeError) as error:
        raise ModelError(f"{path} cannot be loaded: {' '.join(str(error).split())[:200]}") from None
    if _holds_lambda(config):
        raise ModelError(f"{path} holds a Lambda layer, whose code is not run. {WAY_OUT}.")


def _check_expansion(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuses an archive that unpacks to far more than it holds.

    Raises:
        ModelError: such an archive.
    """
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > max(MAX_EXPANSION * path.stat().st_size, FREE_BYTES):
        raise ModelError(f"{path} unpacks from {path.stat().st_size / 2**20:.1f} MB to {unpacked / 2**20:.0f} MB, more "
                         f"than {MAX_EXPANSION} times its size, which no network does. It is not opened.")


def _holds_lambda(part: object) -> bool:
    """Returns whether a part of a Keras configuration holds a Lambda layer."""
    if isinstance(part, dict):
        return part.get("class_name") in ("Lambda", "__lambda__") or any(map(_holds_lambda, part.values()))
    return isinstance(part, list) and any(map(_holds_lambda, part))


def load_saved_model(path: Path) -> ConcreteFunction:
    """Loads the serving signature of a SavedModel, after a search of its graphs for unsafe operations.

    Raises:
        ModelError: such an operation, no signature, several, or a damaged folder.
    """
    try:
        import tensorflow as tf
        from tensorflow.core.protobuf import saved_model_pb2
    except ImportError:
        raise ModelError("Reading SavedModel folders needs TensorFlow: pip install tensorflow.") from None
    content = saved_model_pb2.SavedModel()
    try:
        content.ParseFromString((path / "saved_model.pb").read_bytes())
        if not all(meta.object_graph_def.nodes for meta in content.meta_graphs):
            raise ModelError(f"{path} is a SavedModel of TensorFlow 1. Save it again with TensorFlow 2, or export it "
                             "to ONNX.")
        found = _operations(content) & UNSAFE
        if found:
            raise ModelError(f"{path} holds operations that touch files or run Python ({', '.join(sorted(found))}): "
                             f"it is not loaded. {WAY_OUT}.")
        loaded = tf.saved_model.load(str(path))
    except CatganError:
        raise
    except Exception as error:  # TensorFlow and protobuf raise errors of many kinds on damaged folders
        raise ModelError(f"{path} cannot be loaded: {' '.join(str(error).split())[:200]}") from None
    names = [name for name in loaded.signatures if not name.startswith("__")]
    chosen = "serving_default" if "serving_default" in names else names[0] if len(names) == 1 else "serve"
    if chosen not in names:
        raise ModelError(f"{path} needs a signature 'serving_default'. Received: {', '.join(names) or 'none'}.")
    function = loaded.signatures[chosen]
    function.keeps = loaded  # its variables live as long as what owns them
    return function


def _operations(content: SavedModel) -> set[str]:
    """Returns the names of the operations in all graphs.

    Operations by which TensorFlow itself saves and restores weights are left out: in its own functions that no other
    function calls, and in the outer graph, which is not run.
    """
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


def _called(node: NodeDef) -> set[str]:
    """Returns the names of functions that an operation of a graph calls."""
    found = {node.op}
    for value in node.attr.values():
        found |= {value.func.name} if value.HasField("func") else {part.name for part in value.list.func}
    return found
