"""Damaged inputs: what becomes of files with flipped bits, cut ends, inserted noise, swapped cells and wrong encodings.

    python docs/benchmarks/damaged.py --n 20000 [--only readers,pictures,videos,models] [--seed 0] [--seconds 900]

Each input is read, or refused with an error of catgan. Anything else is a fault: a traceback, a crash of the process,
or more than 20 s. Inputs are read in a process of their own, since damaged files may bring down a decoder. Prints how
many inputs of each kind were read and refused, and every fault with its number: `--only videos --at 123` repeats it.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

SHARES = {"readers": 0.45, "pictures": 0.3, "videos": 0.15, "models": 0.1}
SLOWEST = 20.0
ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=20000)
    parser.add_argument("--only", default=",".join(SHARES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=900.0, help="no new input is begun after that")
    parser.add_argument("--at", type=int, help="one input alone")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(asked.worker[0], int(asked.worker[1]), int(asked.worker[2]), asked.seed)
        return
    kinds = asked.only.split(",")
    total, end = sum(SHARES[kind] for kind in kinds), time.monotonic() + asked.seconds
    for kind in kinds:
        count = round(asked.n * SHARES[kind] / total)
        share = end - (end - time.monotonic()) * (1 - SHARES[kind] / sum(SHARES[k] for k in kinds[kinds.index(kind):]))
        first, last = (asked.at, asked.at + 1) if asked.at is not None else (0, count)
        print(json.dumps({"kind": kind, **attended(kind, first, last, asked.seed, share)}, indent=1), flush=True)


def attended(kind: str, first: int, last: int, seed: int, end: float) -> dict:
    """Runs the inputs `first` to `last - 1` in a process that is started again after a crash or a hang."""
    counts, faults, at = Counter[str](), list[dict](), first
    while at < last and time.monotonic() < end:
        command = [sys.executable, __file__, "--worker", kind, str(at), str(last), "--seed", str(seed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              cwd=ROOT) as worker:
            assert worker.stdout is not None
            for text in worker.stdout:
                if not text.startswith("{\"at\""):
                    continue
                line = json.loads(text)
                counts[line["result"]] += 1
                if line["result"] == "fault":
                    faults.append(line)
                at = line["at"] + 1
                if time.monotonic() > end:
                    worker.terminate()
                    break
            ended = worker.wait()
        if at < last and time.monotonic() < end:  # the process went down with this input
            counts["crash"] += 1
            faults.append({"at": at, "error": f"the process ended with {ended}"})
            at += 1
    return {"inputs": at - first, **counts, "faults": faults[:40]}


def work(kind: str, first: int, last: int, seed: int) -> None:
    """Reads damaged inputs, a line of JSON for each."""
    import warnings

    from catgan.errors import CatganError

    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        attempt = KINDS[kind](Path(folder))
        for at in range(first, last):
            started, line = time.perf_counter(), {"at": at, "result": "read"}
            try:
                line["what"] = attempt(random.Random(f"{kind}/{seed}/{at}"))
            except CatganError as error:
                line["result"] = "refused" if len(str(error)) < 3000 and "\n" not in str(error) else "fault"
                line["error"] = str(error)[:300]
            except Exception as error:
                line |= {"result": "fault", "error": f"{type(error).__name__}: {str(error)[:200]}",
                         "where": traceback.format_exc().splitlines()[-8:]}
            if time.perf_counter() - started > SLOWEST:
                line |= {"result": "fault", "error": f"took {time.perf_counter() - started:.0f} s"}
            print(json.dumps(line), flush=True)


def damaged(draw: random.Random, content: bytes) -> bytes:
    """One to four kinds of damage."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        at, kind = draw.randrange(len(content) + 1), draw.randrange(6)
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + bytes(draw.randrange(256) for _ in range(draw.randrange(1, 40))) + content[at:]
        elif kind == 2:
            content = content[:at] + content[at + draw.randrange(1, 200):]
        elif kind == 3:
            end = min(len(content), at + draw.randrange(1, 60))
            content = content[:at] + bytes(end - at) + content[end:]
        else:
            changed = bytearray(content)
            for _ in range(draw.choice((1, 3, 20)) if changed else 0):
                # Headers decide most, so half of the flips are there.
                place = draw.randrange(min(len(changed), draw.choice((64, 512, 1 << 30))))
                changed[place] ^= 1 << draw.randrange(8)
            content = bytes(changed)
    return content


# === Readers ===


def readers(folder: Path) -> Callable[[random.Random], str]:
    """Annotations of all layouts, and tables in all kinds of files."""
    from catgan.data.sources import NAMES, read
    from tests.data.sources import test_damaged_sources as layouts

    tables = _tables()

    def attempt(draw: random.Random) -> str:
        with tempfile.TemporaryDirectory(dir=folder) as root:
            if draw.random() < 0.25:
                name, options = draw.choice(sorted(tables)), {
                    "image": "file", "AU12": "smile", "valence": "v", "subject": "who"}
                (Path(root) / name).write_bytes(damaged(draw, tables[name]))
                rows = list(read("table", "src", Path(root), {**options, "file": name}))
                return f"{name}: {len(rows)} rows"
            layout = draw.choice(NAMES)
            tree = {name: content if isinstance(content, bytes) else content.encode()
                    for name, content in layouts.TREES[layout].items()}
            name = draw.choice(sorted(tree))
            how = draw.choice((damaged, layouts.damaged_anywhere, lambda draw, content: layouts.damaged_cell(
                draw, content, layouts.PREAMBLE.get(layout, 1))))
            tree[name] = how(draw, tree[name])
            layouts.plant(Path(root), tree)
            return f"{layout}: {len(layouts.rows(layout, Path(root)))} rows"

    return attempt


def _tables() -> dict[str, bytes]:
    """One small table in every kind of file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"file": f"{row}.jpg", "smile": row % 2, "v": row / 10 - 0.3, "who": f"p{row}"} for row in range(6)]
    head = list(rows[0])
    found = {f"t{ending}": (mark.join(head) + "\n" + "".join(mark.join(map(str, row.values())) + "\n" for row in rows))
             .encode(encoding) for ending, mark, encoding in (
                 (".csv", ",", "utf-8"), (".tsv", "\t", "utf-16"), (".txt", ";", "cp1252"))}
    found["t.jsonl"] = "\n".join(map(json.dumps, rows)).encode()
    found["t.json"] = json.dumps(rows).encode()
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    found["t.parquet"] = stream.getvalue()
    try:
        import openpyxl
    except ImportError:
        return found
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in (head, *(list(row.values()) for row in rows)):
        book.active.append(row)
    book.save(stream)
    return found | {"t.xlsx": stream.getvalue()}


# === Pictures, videos ===


def _picture(size: int = 48):
    import numpy as np
    from PIL import Image

    x, y = np.meshgrid(np.arange(size), np.arange(size))
    return Image.fromarray(np.stack([x * 5 % 256, y * 5 % 256, (x * y) % 256], -1).astype(np.uint8))


def pictures(folder: Path) -> Callable[[random.Random], str]:
    """Photographs in all kinds of files, with profiles, directions and 16 bits."""
    from PIL import Image, ImageCms

    from catgan.faces.images import read_image

    picture, originals = _picture(), dict[str, bytes]()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[0x0112] = 6
    variants = [("a.jpg", picture, {"icc_profile": profile, "exif": turned}), ("b.jpg", picture.convert("CMYK"), {}),
                ("a.png", picture, {"icc_profile": profile}), ("b.png", picture.convert("P"), {"transparency": 3}),
                ("c.png", picture.convert("L").convert("I;16"), {}), ("d.png", picture.convert("RGBA"), {}),
                ("a.webp", picture, {}), ("a.tif", picture, {"compression": "tiff_lzw"}), ("a.bmp", picture, {}),
                ("a.gif", picture, {}), ("b.jpeg", picture.convert("L"), {"progressive": True})]
    try:
        import pillow_heif
        pillow_heif.register_heif_opener()
        variants += [("a.heic", picture, {}), ("b.heic", picture, {"icc_profile": profile})]
    except ImportError:
        pass
    for name, image, options in variants:
        stream = io.BytesIO()
        ending = name.rpartition(".")[2]
        image.save(stream, {"jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "heic": "HEIF"}.get(ending, ending.upper()),
                   **options)
        originals[name] = stream.getvalue()

    def attempt(draw: random.Random) -> str:
        name = draw.choice(sorted(originals))
        path = folder / f"x.{draw.choice([name, *originals]).rpartition('.')[2] if draw.random() < 0.1 else name}"
        path.write_bytes(damaged(draw, originals[name]))
        return f"{name}: {read_image(path).shape}"

    return attempt


def videos(folder: Path) -> Callable[[random.Random], str]:
    """Short films in all kinds of containers."""
    import av
    import numpy as np

    from catgan.faces.videos import Video

    originals = {}
    for name, codec in (("a.mp4", "mpeg4"), ("b.mp4", "libx264"), ("a.mkv", "mpeg4"), ("a.avi", "mjpeg"),
                        ("a.webm", "libvpx"), ("a.mov", "mpeg4"), ("a.ts", "mpeg2video"), ("a.gif", "gif")):
        path = folder / name
        try:
            with av.open(str(path), "w") as container:
                stream = container.add_stream(codec, rate=25)
                stream.width = stream.height = 48
                stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
                for number in range(6):
                    frame = av.VideoFrame.from_ndarray(np.asarray(_picture().rotate(number * 20)), format="rgb24")
                    container.mux(stream.encode(frame))
                container.mux(stream.encode())
        except av.error.FFmpegError:
            continue
        originals[name] = path.read_bytes()
        path.unlink()

    def attempt(draw: random.Random) -> str:
        name = draw.choice(sorted(originals))
        path = folder / f"x.{name.rpartition('.')[2]}"
        path.write_bytes(damaged(draw, originals[name]))
        return f"{name}: {sum(1 for _ in Video(path).frames())} frames"

    return attempt


# === Models ===


def models(folder: Path) -> Callable[[random.Random], str]:
    """Foreign models and presets."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from catgan.explain.loading import explained_model
    from catgan.labels import LabelSpec
    from catgan.models.gan.model import CatGAN
    from tests.harness.experiments import TINY

    inputs = keras.Input((32, 32, 3))
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(inputs)))
    model, originals = keras.Model(inputs, outputs), dict[str, bytes]()
    for name in ("a.keras", "a.h5"):
        model.save(folder / name)
        originals[name] = (folder / name).read_bytes()
    onnx = _onnx()
    if onnx:
        originals["a.onnx"] = onnx
    from catgan import config
    from catgan.models.gan.architectures import NetworkConfig
    network = config.from_mapping(NetworkConfig, TINY, "network")
    CatGAN(network, LabelSpec((4, 12), "intensity", True)).save_to_preset(folder / "preset")
    preset = {path.name: path.read_bytes() for path in sorted((folder / "preset").iterdir())}

    def attempt(draw: random.Random) -> str:
        keras.backend.clear_session()
        name = draw.choice([*sorted(originals), "preset"])
        if name == "preset":
            for other, content in preset.items():
                (folder / "preset" / other).write_bytes(content)
            chosen = draw.choice(sorted(preset))
            (folder / "preset" / chosen).write_bytes(damaged(draw, preset[chosen]))
            CatGAN.from_preset(folder / "preset")
            return f"preset: {chosen}"
        path = folder / f"x.{name.rpartition('.')[2]}"
        path.write_bytes(damaged(draw, originals[name]))
        explained_model(path)
        return name

    return attempt


def _onnx() -> bytes | None:
    """A small ONNX model; None where `onnx` is not installed."""
    try:
        import numpy as np
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        return None
    weights = numpy_helper.from_array(np.ones((3, 2), np.float32), "w")
    nodes = [helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2], keepdims=0),
             helper.make_node("MatMul", ["m", "w"], ["y"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 32, 32, 3])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


KINDS: dict[str, Callable[[Path], Callable[[random.Random], str]]] = {
    "readers": readers, "pictures": pictures, "videos": videos, "models": models}


if __name__ == "__main__":
    main()
