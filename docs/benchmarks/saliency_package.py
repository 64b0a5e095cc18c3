"""Compares Integrated Gradients with PyPI's `saliency` (Google PAIR, Apache-2.0) on the same function.

    pip install saliency scikit-image
    python docs/benchmarks/saliency_package.py --presets rendered_64 faces_64 --n 8

Both get the same faces, baselines and gradients. With n steps ours sums n + 1 points by the trapezoidal rule, and
`saliency` averages n + 1 points of equal weight. So the two agree in the limit of many steps; "same weights" turns the
mean of `saliency` into the trapezoidal rule, which leaves rounding alone. Stated: the difference of the maps as a share
of the length of ours (L2, over all pixels of all faces), the largest share of one face, and their correlation.
"""

import argparse

import numpy as np
from saliency.core import INPUT_OUTPUT_GRADIENTS
from saliency.core import IntegratedGradients as OtherIntegratedGradients

from catgan.explain import IntegratedGradients
from catgan.models.gan.model import CatGAN
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

SEED = 3


def compared(ours: np.ndarray, theirs: np.ndarray) -> str:
    """The relative difference of maps `(n, h, w, 3)`, that of the worst face, and their correlation."""
    errors, sizes = (np.square(part).sum((1, 2, 3)) for part in (ours - theirs, ours))
    return (f"{100 * np.sqrt(errors.sum() / sizes.sum()):8.4f} % {100 * np.sqrt((errors / sizes).max()):8.4f} % "
            f"{np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]:10.6f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["rendered_64"])
    parser.add_argument("--targets", nargs="+", default=["valence", "AU12"])
    parser.add_argument("--n", type=int, default=8)
    parser.add_argument("--steps", type=int, nargs="+", default=[50, 200])
    arguments = parser.parse_args()
    print(f"{'preset':<12} {'target':<8} {'method':<21} {'steps':>5}  {'mean':>9} {'worst':>10} {'corr.':>10}")
    for preset in arguments.presets:
        gan = CatGAN.from_preset(preset, reader=True)
        sampler = Sampler(seed=SEED)
        faces = Renderer(gan.network.image_size).render([sampler.scene(number) for number in range(arguments.n)],
                                                        gan.network.channels)[0]
        for target in arguments.targets:
            output, _ = IntegratedGradients(gan).output(target)

            def gradients(batch, call_model_args=None, expected_keys=None, output=output):
                return {INPUT_OUTPUT_GRADIENTS: output.gradient(np.asarray(batch, np.float32))[1]}

            for steps in arguments.steps:
                ours = IntegratedGradients(gan).attribute(faces, target, "black", steps, verbose=False).maps
                theirs = np.stack([OtherIntegratedGradients().GetMask(
                    face.astype(float), gradients, x_baseline=np.zeros(face.shape), x_steps=steps + 1, batch_size=32)
                    for face in faces])
                print(f"{preset:<12} {target:<8} {'integrated_gradients':<21} {steps:>5}  {compared(ours, theirs)}")
                ends = np.stack([output.gradient(part.astype(np.float32))[1]
                                 for part in (np.zeros(faces.shape), faces)])
                same = (theirs * (steps + 1) - 0.5 * ends.sum(0) * faces) / steps
                print(f"{preset:<12} {target:<8} {'  same weights':<21} {steps:>5}  {compared(ours, same)}", flush=True)


if __name__ == "__main__":
    main()
