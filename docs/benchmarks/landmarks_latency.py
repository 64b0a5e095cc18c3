"""How long networks on landmarks take on one core, for several numbers of landmarks.

    python docs/benchmarks/landmarks_latency.py
    python docs/benchmarks/landmarks_latency.py --run runs/00007-landmarks

Without a run, networks with new weights are timed: the time does not depend on the weights. Clips have 20 frames. Time
runs from landmarks in pixels to calibrated probabilities, in onnxruntime with one thread.
"""

from __future__ import annotations

import argparse
import platform

KINDS = {"trained": {}, "joint, trained": {"joint": True},
         "randomised, 300 units": {"kind": "randomised", "units": 300},
         "randomised, 3 x 100 units": {"kind": "randomised", "units": 100, "layers": 3}, "linear": {"kind": "linear"}}
"""Networks that are timed, by title."""


def main() -> None:
    from catgan.benchmarks.landmarks.latency import latency, latency_lines, latency_table
    from catgan.models.landmarks.architectures import LandmarkConfig
    from catgan.models.landmarks.model import LandmarkRecogniser

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", help="time this network instead")
    run = parser.parse_args().run
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread\n")
    if run:
        model = LandmarkRecogniser.from_preset(run)
        alone = {} if model.landmarks.joint else {name: latency(model, name) for name in model.classes}
        for name, figures in ({"all": latency(model)} | alone).items():
            print(f"{name}: {figures['ms_per_clip']:.3f} ms a clip ({figures['lowest']:.3f} .. "
                  f"{figures['highest']:.3f}), {figures['points']} landmarks, {figures['parameters']:,} parameters, "
                  f"{figures['multiply_adds']:,} multiply-adds")
        return
    for title, settings in KINDS.items():
        print(f"{title}\n")
        print("\n".join(latency_lines(latency_table(LandmarkConfig(**settings)))), "\n", flush=True)


if __name__ == "__main__":
    main()
