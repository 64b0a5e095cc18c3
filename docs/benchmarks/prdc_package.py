"""Compares precision, recall, density and coverage with PyPI's `prdc` (NAVER, MIT) on the same features.

    pip install prdc
    python docs/benchmarks/prdc_package.py --n 1000

Both count neighbours within the distance of the k-th one. `prdc` leaves out faces that lie at just this distance, which
no two random faces do. The sets are Gaussian, of several sizes, dimensions and shifts.
"""

import argparse
import contextlib
import io

import numpy as np
from prdc import compute_prdc

from catgan.metrics.neighbours import density_coverage, precision_recall

SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000, help="faces of each set")
    arguments = parser.parse_args()
    random, largest, sets = np.random.default_rng(SEED), 0.0, 0
    for dimensions in (2, 16, 256):
        for shift in (0.0, 0.5, 2.0):
            for k in (1, 3, 5):
                real = random.normal(size=(arguments.n, dimensions))
                fake = random.normal(size=(arguments.n - 100, dimensions)) * 0.9 + shift / np.sqrt(dimensions)
                ours = {**precision_recall(real, fake, k), **density_coverage(real, fake, k)}
                with contextlib.redirect_stdout(io.StringIO()):  # it prints the sizes of the sets
                    theirs = compute_prdc(real, fake, k)
                differences = {name: abs(float(theirs[name]) - ours[name]) for name in ours}
                largest, sets = max(largest, *differences.values()), sets + 1
                print(f"d {dimensions:>3}  shift {shift:.1f}  k {k}  "
                      + "  ".join(f"{name} {value:.4f}" for name, value in ours.items()))
    print(f"largest difference of all four in {sets} pairs of sets: {largest:.3g}")


if __name__ == "__main__":
    main()
