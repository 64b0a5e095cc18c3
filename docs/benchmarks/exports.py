"""Compares exported parts of presets with Keras in one run: size, agreement, faces a second.

    python docs/benchmarks/exports.py --presets faces_64 --n 200 --rounds 7 --threads 2

Prints a table in Markdown. All runtimes take turns in each round, so that what else the machine does meets them alike.
A runtime is a function of `RUNTIMES`; add others there.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Arrays = Mapping[str, "np.ndarray"]
Run = Callable[[Arrays], Arrays]
"""Computes the outputs by name of Keras for inputs by name."""
Runtime = Callable[["Part", Path], tuple[Run, int]]
"""Writes a part into a folder and opens it; returns what runs it, and its bytes."""


def keras_runtime(part: Part, folder: Path) -> tuple[Run, int]:
    path = folder / f"{part.name}.weights.h5"
    part.network.save_weights(path)
    return part.network.predict_on_batch, path.stat().st_size


def onnx_runtime(half: bool) -> Runtime:
    def opened(part: Part, folder: Path) -> tuple[Run, int]:
        import onnxruntime

        from catgan.exporters.formats import Options
        from catgan.exporters.onnx_faces import write

        path = folder / f"{part.name}-{half}.onnx"
        write(part, path, Options(half=half))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_outputs()]

        def run(values: Arrays) -> Arrays:
            return dict(zip(names, session.run(names, dict(values))))
        return run, path.stat().st_size
    return opened


def litert_runtime(half: bool) -> Runtime:
    def opened(part: Part, folder: Path) -> tuple[Run, int]:
        from ai_edge_litert.interpreter import Interpreter

        from catgan.exporters.formats import Options
        from catgan.exporters.litert import SIGNATURE, write

        path = folder / f"{part.name}-{half}.tflite"
        write(part, path, Options(half=half))
        signature = Interpreter(str(path), num_threads=THREADS).get_signature_runner(SIGNATURE)
        return lambda values: signature(**values), path.stat().st_size
    return opened


def saved_model_runtime(part: Part, folder: Path) -> tuple[Run, int]:
    import tensorflow as tf

    from catgan.exporters.formats import Options
    from catgan.exporters.saved_model import SIGNATURE, write

    path = folder / part.name
    write(part, path, Options())
    loaded = tf.saved_model.load(str(path))

    def run(values: Arrays) -> Arrays:
        given = {name: tf.constant(value) for name, value in values.items()}
        return {name: value.numpy() for name, value in loaded.signatures[SIGNATURE](**given).items()}
    return run, sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def keras_file_runtime(part: Part, folder: Path) -> tuple[Run, int]:
    import keras

    from catgan.exporters.formats import Options
    from catgan.exporters.keras_files import write

    path = folder / f"{part.name}.keras"
    write(part, path, Options())
    return keras.saving.load_model(path).predict_on_batch, path.stat().st_size


RUNTIMES: dict[str, Runtime] = {
    "Keras": keras_runtime, "Keras, .keras file": keras_file_runtime, "TensorFlow SavedModel": saved_model_runtime,
    "onnxruntime float32": onnx_runtime(False), "onnxruntime float16": onnx_runtime(True),
    "LiteRT float32": litert_runtime(False), "LiteRT float16": litert_runtime(True)}
"""The first one is what the others are compared with."""


def inputs(gan: CatGAN, part: str, n: int) -> Arrays:
    """Drawn faces; random changes and conditions of some labels."""
    random = np.random.default_rng(0)
    mask = (random.random((n, gan.spec.width)) < 0.4).astype(np.float32)
    labels = np.concatenate([random.uniform(-1, 1, mask.shape).astype(np.float32) * mask, mask], axis=1)
    latents = random.standard_normal((n, gan.network.latent_size)).astype(np.float32)
    pixels = to_network(gan.generate(n, seed=1), gan.network.channels)
    return {"predictor": {"image": pixels}, "generator": {"latents": latents, "condition": labels},
            "editor": {"image": pixels, "change": labels}}[part]


def difference(found: Arrays, wanted: Arrays) -> float:
    """The largest difference of any output, as a share of the range of that output; at least 1 counts as its range."""
    return max(float(np.abs(np.asarray(found[name]) - value).max() / max(np.ptp(value), 1.0))
               for name, value in wanted.items())


def measure(part: Part, values: Arrays, batch: int, rounds: int, folder: Path) -> list[tuple[str, int, float, float]]:
    """Returns name, bytes, difference and faces a second (median of the rounds) of each runtime."""
    opened = {name: make(part, folder) for name, make in RUNTIMES.items()}
    n = len(next(iter(values.values())))
    pieces = [{name: value[start:start + batch] for name, value in values.items()}
              for start in range(0, n - batch + 1, batch)]
    answers = {name: [run(piece) for piece in pieces] for name, (run, _) in opened.items()}
    seconds: dict[str, list[float]] = {name: [] for name in opened}
    for _ in range(rounds):
        for name, (run, _) in opened.items():
            started = time.perf_counter()
            for piece in pieces:
                run(piece)
            seconds[name].append((time.perf_counter() - started) / (len(pieces) * batch))
    wanted = [{name: np.asarray(value) for name, value in answer.items()} for answer in answers[next(iter(RUNTIMES))]]
    return [(name, size, max(map(difference, answers[name], wanted)), 1.0 / float(np.median(seconds[name])))
            for name, (_, size) in opened.items()]


def main() -> None:
    print("| preset | part | runtime | MB | largest difference | faces/s, batches of "
          f"{' | faces/s, batches of '.join(map(str, arguments.batches))} |")
    print("|---|---|---|" + "---:|" * (2 + len(arguments.batches)))
    for preset in arguments.presets:
        gan = CatGAN.from_preset(preset)
        for part in parts_of(gan):
            with tempfile.TemporaryDirectory() as folder:
                values = inputs(gan, part.name, arguments.n)
                rows = [measure(part, values, batch, arguments.rounds, Path(folder)) for batch in arguments.batches]
            for place, (name, size, far, _) in enumerate(rows[0]):
                speeds = " | ".join(f"{row[place][3]:.0f}" for row in rows)
                told = "" if place == 0 else f"{max(row[place][2] for row in rows):.0e}"
                print(f"| {preset} | {part.name} | {name} | {size / 1e6:.1f} | {told} | {speeds} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["faces_64", "rendered_64"])
    parser.add_argument("--n", type=int, default=200, help="faces")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 40], help="sizes of batches; divisors of n")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    THREADS = arguments.threads
    for variable in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = str(THREADS)

    import numpy as np

    from catgan.exporters.parts import Part, parts_of
    from catgan.models.gan.model import CatGAN
    from catgan.models.pixels import to_network

    main()
