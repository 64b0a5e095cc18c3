"""Annotation files of collections of single pictures: EmotioNet by hand, FEAFA, OMG-Emotion, EMOTIC and FER2013."""

import io
import zipfile

import numpy as np
import pytest

from catgan.data.sources import emotic

HEADER = "'URL','URL orig',' 'AU 1'',' 'AU 2'',' 'AU 3'',\"'AU 51'\"\n"
EMOTIONET_ROWS = ("'https://bucket/Images/N_01/N_01_00007.jpg','http://site/c.png',0,1,999,999\n"
                  " 'https://bucket/Images/N_02/a.jpg' ,'http://site/d.png',1.0, 999 ,,0\n"
                  "'https://bucket/Images/N_03/b.jpg','x',999,NaN,,nan\n"
                  "NaN,,,,,\n")
EMOTIONET_CELLS = [
    ["'URL'", "'URL orig'", " 'AU 1'", " 'AU 2'", "'AU 3'", "'AU 51'", None],
    ["'https://bucket/Images/N_01/N_01_00007.jpg'", "'http://site/c.png'", 0, 1, 999, 999],
    ["'https://bucket/Images/N_02/a.jpg'", "'http://site/d.png'", 1.0, "999", None, 0], [" ", None, None],
    ["'https://bucket/Images/N_03/b.jpg'", "x", 999, "NaN"], ["NaN"]]
OMG_HEADER = "link,start,end,video,utterance,arousal,valence,EmotionMaxVote\n"


def read(module, root, *options):
    return list(module.read("src", root, *options))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def workbook(path, rows):
    book = pytest.importorskip("openpyxl").Workbook()
    for row in rows:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def repack(path, change):
    """The workbook with the text of its sheet changed."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in entries.items():
            new.writestr(name, change(content) if name.endswith("sheet1.xml") else content)


def grades(**units):
    return " ".join(str(units.get(f"u{place}", "0.00")) for place in range(1, 25)) + "\n"


EMOTIC_HEADER = "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age\n"


def emotic_row(box="[-4, 12, 250, 470]", ratings="[7.0, 5.0, 6.0]", folder="mscoco/images", image="C_1.jpg"):
    return f"0,{folder},{image},\"[640, 480]\",\"{box}\",\"['Happiness', 'Engagement']\",\"{ratings}\",Female,Adult\n"


def ratings(*pairs):
    """One annotator's struct, or an array of several."""
    pairs = [pairs] if not isinstance(pairs[0], tuple) else list(pairs)
    structs = [{"valence": valence, "arousal": arousal, "dominance": 5.0} for valence, arousal in pairs]
    return structs[0] if len(structs) == 1 else array(structs)


def array(structs):
    """A struct array: one dtype of objects."""
    out = np.empty(len(structs), dtype=[(name, object) for name in structs[0]])
    for place, struct in enumerate(structs):
        out[place] = tuple(struct.values())
    return out


def person(box, continuous, **more):
    return {"body_bbox": np.array(box, dtype=float), "annotations_continuous": continuous, **more}


def image(filename, people, folder="emodb_small/images"):
    return {"filename": filename, "folder": folder, "person": array(people) if len(people) > 1 else people[0]}


def mat(root, **sets):
    root.mkdir(parents=True, exist_ok=True)
    pytest.importorskip("scipy.io").savemat(root / emotic.MAT, {word: array(images) for word, images in sets.items()})
    return root / emotic.MAT


def pixels(value):
    return " ".join([str(value)] * 2304)


def fer(root, usages=("Training", "PublicTest", "PrivateTest"), emotions=(3, 6, 0), name="fer2013.csv"):
    rows = [f"{emotion},{pixels(place)},{usage}\n" for place, (usage, emotion) in enumerate(zip(usages, emotions))]
    return write(root / name, "emotion,pixels,Usage\n" + "".join(rows))
