"""Annotation files of EmotioNet, AffectNet and Aff-Wild2, as their publishers write them, with invented values."""

from catgan.data.sources.affectnet import HEADER

AFFECTNET_HEADER = ",".join(HEADER)
ABAW_HEADER = "image,valence,arousal,expression,AU1,AU12"


def emotionet_line(name="a.jpg", units=None):
    cells = ["999"] * 60
    for number, value in (units or {1: 1}).items():
        cells[number - 1] = str(value)
    return "\t".join([f"http://example.org/x/N_0001/{name}", "http://example.org/original.jpg", *cells])


def write_emotionet(root, *lines):
    (root / "dataFile_0001.txt").write_text("\n".join(lines) + "\n")
    return root


def affectnet_line(name="1/a.jpg", expression="1", valence="0.5", arousal="0.25"):
    return f"{name},10,20,100,110,1;2;3;4,{expression},{valence},{arousal}"


def write_affectnet(root, *lines, validation=()):
    (root / "training.csv").write_text("\n".join([AFFECTNET_HEADER, *lines]) + "\n")
    if validation:
        (root / "validation.csv").write_text("\n".join(validation) + "\n")
    return root


def write_abaw(root, *lines):
    (root / "training_set_annotations.txt").write_text("\n".join([ABAW_HEADER, *lines]) + "\n")
    return root
