"""`catgan attribute`."""

from __future__ import annotations

import argparse

from catgan.cli import another_network
from catgan.cli.verb import Result

NAME = "attribute"
HELP = "Attribute a prediction to pixels, facial regions or Action Units: a heat map and a table."
EPILOG = """examples:
  catgan attribute faces_64 photo.jpg --target valence --out OUT/map
  catgan attribute faces_64 photo.jpg --target AU12 --method guided_ig --steps 100 --baseline black --out OUT/map
  catgan attribute faces_64 photo.jpg --target valence --method action_unit_shapley --out OUT/units
  catgan attribute faces_64 photo.jpg --target valence --method counterfactual_ig --baseline OUT/why/photograph.png \\
      --out OUT/changed
  catgan attribute rendered_64 photo.jpg --model emotions.keras --pixels 0..1 --outputs angry,calm,happy \\
      --target happy --method occlusion --out OUT/map

methods:
  integrated_gradients  along the straight line from the baseline to the face
  guided_ig             pixels of small gradient move first
  blur_ig               from the blurred face
  idgi                  the rise of each step is attributed by squared gradients
  expected_gradients    the mean over the baselines in a folder of photographs
  counterfactual_ig     from the changed photograph: --baseline photograph.png of 'catgan explain'
  occlusion             each facial region in turn shows the baseline; needs no gradients
  action_unit_shapley   exact Shapley values of Action Units, which RUN draws
  au_path_ig            Integrated Gradients along the intensities of Action Units

RUN is explained itself unless --model names another network. The attributions add up to the difference of the output
between face and baseline; the convergence delta is what they miss of it, and more --steps make it smaller. Occlusion
does not add up. Writes attribution.json and panel.png, and of pixels heat_map.png, photograph.png and regions.csv, of
Action Units action_units.csv. In heat maps red raises the output and blue lowers it."""

METHODS = ("integrated_gradients", "guided_ig", "blur_ig", "idgi", "expected_gradients", "counterfactual_ig",
           "occlusion", "action_unit_shapley", "au_path_ig")
"""Names of `catgan.explain.attribution.EXPLAINERS` and `ACTION_UNIT_EXPLAINERS`, which load Keras."""

READS, PICTURES, WRITES = ("run_folder", "model", "baseline"), ("image",), ("out",)
FILES = ("heat_map.png", "photograph.png", "panel.png", "regions.csv", "action_units.csv", "attribution.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run, a preset or hf://ORGANISATION/NAME")
    parser.add_argument("image", metavar="PHOTO", help="a photograph")
    parser.add_argument("--target", required=True, metavar="NAME",
                        help="the output to attribute: valence, AU12, expression=happiness; of another network its "
                             "output's name or number")
    parser.add_argument("--method", choices=METHODS, default=METHODS[0], help=f"default: {METHODS[0]}")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the results")
    parser.add_argument("--face", type=int, default=0, metavar="N", help="which face, the largest being 0 (default)")
    parser.add_argument("--steps", type=int, metavar="N",
                        help="points on the path (default: 50, guided_ig and expected_gradients 200, au_path_ig 20)")
    parser.add_argument("--baseline", metavar="blurred|black|PHOTO|FOLDER",
                        help="what the face is compared with (default: blurred)")
    another_network.add_arguments(parser)


def run(arguments: argparse.Namespace) -> Result:
    from catgan.models.gan.model import CatGAN
    from catgan.pipelines.attribute import AttributeOptions, attribute_photograph
    from catgan.pipelines.attribution_files import delta_is_large, save

    draws = arguments.method in ("action_unit_shapley", "au_path_ig")
    gan = CatGAN.from_preset(arguments.run_folder, reader=not draws)
    model = another_network.foreign_model(arguments)
    target = int(arguments.target) if arguments.target.isdecimal() else arguments.target
    found = attribute_photograph(gan if model is None else model, gan, arguments.image,
                                 AttributeOptions(target, arguments.method, arguments.face, arguments.steps,
                                                  arguments.baseline))
    result = save(found, arguments.out, arguments.model or arguments.run_folder)
    print("\n".join(lines(result)))
    if delta_is_large(found.result):
        print("The convergence delta is a large share of the difference: ask for more --steps.")
    print(f"{arguments.out}: panel.png and attribution.json")
    return result


def lines(result: Result) -> list[str]:
    """The result for people: the outputs, then each region or Action Unit, the largest attribution first."""
    parts = result.get("regions") or result.get("action_units")
    said = [f"{result['image']}: {result['target']} {result['value']:.3f}, {result['baseline_value']:.3f} for the "
            "baseline" + ("" if result["convergence_delta"] is None else
                          f", convergence delta {result['convergence_delta']:+.4f}")]
    if isinstance(parts, dict):
        said += [f"  {name:<11}{value:+.4f}" for name, value in sorted(parts.items(), key=lambda part: -abs(part[1]))
                 if value]
    covered = result["covered"]
    if isinstance(covered, list) and covered:
        said.append(f"Uncertain here: the {' and the '.join(covered)} of this face may be covered.")
    return said
