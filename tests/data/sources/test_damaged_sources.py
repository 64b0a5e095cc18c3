"""Every reader on damaged input: rows or a located error, never a traceback, a hang, or a label on another's row.

25 inputs a layout here; `CATGAN_FUZZ=700 python -m pytest tests/data/sources/test_damaged_sources.py` makes
more than 20,000.
"""

import io
import os
import random
import time

import numpy as np
import pytest

from catgan.data.sources import NAMES, read
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError
from tests.harness.readers import check_record, run_reader_test

EXAMPLES = int(os.environ.get("CATGAN_FUZZ", 25))
SLOWEST = 20.0

AUS = ",".join(f"AU{number}" for number in (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26))
EMOTIONET = "".join(f"http://h/Images/N_1/N_1_{row}.jpg\thttp://s/a.jpg\t" + "\t".join(
    str((row + unit) % 2) if unit in (1, 2, 12) else "999" for unit in range(1, 61)) + "\n" for row in range(4))
PIXELS = " ".join(["128"] * 2304)
ELAN = ('<D><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="20"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="60"/>'
        '</TIME_ORDER><TIER TIER_ID="AU12"><A><ALIGNABLE_ANNOTATION TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"/></A></TIER>'
        '</D>')


def npy(value):
    stream = io.BytesIO()
    np.save(stream, np.array(str(value)))
    return stream.getvalue()


# A valid small tree of every layout: file -> content.
TREES = {
    "aff_wild": {f"annotations/train/{name}/105.txt": "0.112\n0.115\n-0.121\n" for name in ("valence", "arousal")},
    "affdex": {"P1.txt": "#METADATA\n\nFrameNo\tBrow Furrow\tSmile\tValence\n0\t12.5\t98,1\t-30\n1\t50\t49\t100\n"},
    "affectnet": {"training.csv": "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,"
                  "expression,valence,arousal\n" + "".join(
                      f"1/{row}.jpg,1,2,30,40,1;2;3,{row},0.{row},-0.{row}\n" for row in range(4))},
    "affectnet_2021": {f"train_set/annotations/{row}_{kind}.npy": npy(value) for row in (1, 2) for kind, value in
                       (("exp", row), ("val", "0.25"), ("aro", "-0.5"))},
    "affwild2": {"VA_Set/Train_Set/v.txt": "valence,arousal\n0.2,0.1\n-5,-5\n0.3,-0.1\n",
                 "AU_Set/Train_Set/v.txt": "AU1,AU2,AU4\n0,0,1\n-1,-1,-1\n1,0,0\n",
                 "EXPR_Set/Train_Set/v.txt": "Neutral,Anger,Disgust\n0\n-1\n2\n"},
    "affwild2_mtl": {"training_set_annotations.txt": f"image,valence,arousal,expression,{AUS}\n" + "".join(
        f"v/0000{row}.jpg,0.{row},-5,{row},0,1,0,-1,0,1,0,1,0,0,1,0\n" for row in range(1, 5))},
    "afew_va": {"001/001.json": '{"actor": "A", "frames": {"00000": {"valence": -3.0, "arousal": 4.0},\n'
                '"00001": {"valence": 5.0, "arousal": 0.0}}}'},
    "afew": {f"Train_AFEW/Happy/0001/00{row}.jpg": "0\n" for row in range(3)},
    "bp4d": {"AUCoding/AU_OCC/F001_T1.csv": "0,1,2,3,4\n643,0,1,9,9\n644,1,0,9,0\n",
             "AUCoding/AU_INT/AU06/F001_T1_AU06.csv": "643,3\n644,9\n"},
    "caer": {f"{split}/Happy/0001/00{row}.jpg": "0\n" for row in range(3) for split in ("train", "test")},
    "ck_plus": {"FACS/S010/001/S010_001_00000014_facs.txt": "   1.0e+00   0.0e+00\n   2.0e+00   3.0e+00\n",
                "Emotion/S010/001/S010_001_00000014_emotion.txt": "   7.0e+00\n"},
    "disfa": {f"ActionUnit_Labels/SN001/SN001_au{unit}.txt": "1,0\n2,3\n3,5\n" for unit in (1, 2, 12)},
    "disfa_plus": {"Labels/SN001/A1/AU1.txt": "# frame  intensity\n000.jpg  0\n001.jpg  3\n",
                   "Labels/SN001/A1/AU12.txt": "000.jpg  1\n001.jpg  5\n"},
    "emotic": {"train.csv": "Index,Folder,Filename,Image Size,BBox,Categorical_Labels,Continuous_Labels,Gender,Age\n"
               + "".join(f'{row},mscoco/images,C_{row}.jpg,"[64, 48]","[-4, 1, 25, 47]","[\'Peace\']","[7.0, 5.0, 6.0]"'
                         f',Male,Adult\n' for row in range(3))},
    "emotionet": {"dataFile_0001.txt": EMOTIONET},
    "emotionet_manual": {"EmotioNet_FACS.csv": "'URL','URL orig',' 'AU 1'',' 'AU 2''\n" + "".join(
        f"'http://h/N_1/N_1_{row}.jpg','http://s/c.png',{row % 2},999\n" for row in range(3))},
    "expw": {"label/label.lst": "a.jpg 0 10 10 90 90 50 3\nb.jpg 0 5 6 70 80 99 0\n"},
    "facereader": {"P1.txt": "Log\n\nVideo Time\tNeutral\tHappy\tValence\tArousal\tAction Unit 01 - Inner Brow Raiser\n"
                   "00:00:00.000\t0,8\t0,1\t0,07\t0,25\tNotActive\n00:00:00.040\t0,1\t0,9\t0,8\t0,5\tB\n"},
    "facet": {"study.txt": "#A\n\nFrameNo\tEventSource\tAU1 Evidence\tAU12 Evidence\n0\tFACET\t-0.4\t1.8\n"
              "1\tFACET\t0.5\t-2\n2\tET\t\t\n"},
    "feafa": {f"FEAFA-A/PV1/0000000{row}.auw": " ".join(["0.00", "0.35"] * 12) + "\n" for row in range(3)},
    "fer2013": {"fer2013.csv": "emotion,pixels,Usage\n" + "".join(
        f"{row},{PIXELS},{usage}\n" for row, usage in enumerate(("Training", "PublicTest", "PrivateTest")))},
    "gft": {"labels/001A.csv": "Frame,AU1,AU2\n1,0,1\n2,-9,9\n3,1,0\n"},
    "libreface": {"clip.csv": "frame_idx,au_1,au_12,au_12_intensity,facial_expression\n0,0,1,2.7,Happiness\n"
                  "4,1,0,0.1,Neutral\n"},
    "mead": {f"M003/video/front/angry/level_1/001/00{row}.jpg": "0\n" for row in range(3)},
    "omg": {"omg_TrainVideos.csv": "link,start,end,video,utterance,arousal,valence,EmotionMaxVote\n" + "".join(
        f"https://v/x,1,2,abc,utterance_{row}.mp4,0.35,-0.22,{row}\n" for row in range(3))},
    "openface": {"clip.csv": "frame, face_id, timestamp, confidence, success, AU01_r, AU01_c\n"
                 "1, 0, 0.0, 0.98, 1, 0.4, 1\n2, 0, 0.1, 0.98, 1, 2.5, 0\n3, 0, 0.2, 0.03, 0, 0, 0\n"},
    "oulu_casia": {f"OriginalImg/VL/Strong/P001/Fear/00{row}.jpeg": "0\n" for row in range(6)},
    "pyfeat": {"fex.csv": "frame,FaceScore,AU01,AU12,happiness,neutral,valence,input\n"
               "0,0.99,0.2,0.9,0.9,0.1,0.5,a.jpg\n1,,,,,,,b.jpg\n2,0.9,0.7,0.1,0.2,0.8,-0.5,c.jpg\n"},
    "raf_au": {"RAFAU_label.txt": "0007.jpg 1+2+25+26 \n0015.jpg L12+R14\n0021.jpg null\n"},
    "raf_db": {"EmoLabel/list_patition_label.txt": "train_00001.jpg 4\ntest_0001.jpg 7\n"},
    "ravdess": {f"Actor_07/01-01-06-01-02-01-07/00{row}.jpg": "0\n" for row in range(3)},
    "recola": {f"emotional_behaviour/{name}/P16.csv": "time;FM1 ;FM2 \n0.00;0.2;0.0\n0.04;0,4;0.1\n0.08;-0.2;0\n"
               for name in ("valence", "arousal")},
    "semaine": {"12/R1_valence.txt": "0.00 -0.04\n0.02 -0.05\n", "12/R2_valence.txt": "0.00 0.04\n0.02 0.1\n",
                "12/s.eaf": ELAN},
    "sewa": {f"SEW_{name}_gold.csv": "name,timestamp,value\nSEW1,0.00,0.5\nSEW1,0.02,0.6\n"
             for name in ("valence", "arousal")},
    "table": {"labels.csv": "file,smile,v\na.jpg,1,0.5\nb.jpg,0,\nc.jpg,1,-1\n"},
    "unbc": {f"Frame_Labels/FACS/S1/Q1/Q1{row:03d}_facs.txt": "   4.0e+00   2.0e+00   0.0e+00   0.0e+00\n" * (row > 1)
             for row in (1, 2)},
}
OPTIONS = {"table": {"file": "labels.csv", "image": "file", "AU12": "smile", "valence": "v"}}
# Labels of these are interpolated between samples, or lie in one object for all frames: a damaged one has neighbours.
# RAF-AU codes the AUs that its list names at all.
SPREADS = {"sewa", "recola", "semaine", "afew_va", "ck_plus", "unbc", "feafa", "affectnet_2021", "raf_au"}
PREAMBLE = {"affdex": 3, "facet": 3, "facereader": 3}
CELLS = [b"0", b"1", b"2", b"-1", b"-5", b"9", b"999", b"nan", b"inf", b"1e400", b"-0", b"1_0", b"x", b"", b" ",
         b"null", b"0.5", b"99999999999999999999", b"../../x.jpg", b"/etc/passwd", b"a\0b.jpg", b"\xff", b"\xc3\xa9",
         b'"', b"'", b"+", b"AU1", b"AU99", b"L12", b"[", b"{}", b"<a>", b"&lol;", b"=1+1", b"1,5", b"NaN", b"True",
         b"0x10", b"\xef\xbb\xbf"]
NOISE = [b"", b"\0", b"\n", b"\r", b"\r\n", b",", b"\t", b";", b" ", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80",
         b"1" * 400, b'"' * 3]


def test_every_layout_has_a_tree():
    assert set(TREES) == set(NAMES)


@pytest.mark.parametrize("format_name", NAMES)
def test_reader_of_undamaged_files_gives_the_same_sound_rows_twice(format_name, tmp_path):
    rows = run_reader_test(format_name, tmp_path, TREES[format_name], OPTIONS.get(format_name))
    assert any(isinstance(row, Record) for row in rows)


def plant(root, tree):
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def rows(format_name, root):
    return list(read(format_name, "src", root, OPTIONS.get(format_name)))


def labels(found):
    return {(row.key, row.row): (dict(row.presence), dict(row.intensity), row.valence, row.arousal, row.expression)
            for row in found if isinstance(row, Record)}


def checked(format_name, root):
    """The rows, all of them sound, or None after an error that says where."""
    started = time.perf_counter()
    try:
        found = rows(format_name, root)
    except AnnotationError as error:
        assert str(root) in error.file and error.line >= 1 and len(str(error)) < 2000
        return None
    except CatganError as error:
        assert len(str(error)) < 2000 and (str(root) in str(error) or "src" in str(error)), str(error)
        return None
    assert time.perf_counter() - started < SLOWEST
    for row in found:
        assert isinstance(row, (Record, Rejected)) and row.source == "src"
        if isinstance(row, Record):
            check_record(row, root)
    return found


def damaged_anywhere(draw, content):
    """Cut, doubled, overwritten, in another encoding, or with noise in it."""
    at, end = sorted((draw.randrange(len(content) + 1), draw.randrange(len(content) + 1)))
    kind = draw.randrange(8)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + content[end:]
    if kind == 2:
        return content[:end] + content[at:]
    if kind == 3:
        return content.decode("latin-1").encode(draw.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))
    if kind == 4:
        return content.replace(b"\n", draw.choice([b"\r", b"\r\n", b"\n\n", b""]))
    if kind == 5:
        return bytes(draw.randrange(256) for _ in range(draw.randrange(200)))
    if kind == 6:
        return content[:at] + bytes([draw.randrange(256)]) + content[at + 1:]
    return content[:at] + draw.choice(NOISE) + content[at:]


def damaged_cell(draw, content, heads):
    """One cell of one line behind the header replaced; every other line keeps its place."""
    lines = content.split(b"\n")
    number = draw.randrange(heads, max(len(lines) - 1, heads + 1)) if len(lines) > heads + 1 else 0
    separator = next((mark for mark in (b"\t", b";", b",", b" ") if mark in lines[number]), b",")
    cells = lines[number].split(separator)
    cells[draw.randrange(len(cells))] = draw.choice(CELLS)
    lines[number] = separator.join(cells)
    return b"\n".join(lines)


@pytest.mark.parametrize("format_name", NAMES)
def test_damage_gives_rows_or_a_located_error(format_name, tmp_path):
    draw = random.Random(f"anywhere/{format_name}")
    for example in range(-(-EXAMPLES // 2)):
        root = tmp_path / str(example)
        tree = {name: content if isinstance(content, bytes) else content.encode()
                for name, content in TREES[format_name].items()}
        for _ in range(draw.randrange(1, 4)):
            name = draw.choice(sorted(tree))
            tree[name] = damaged_anywhere(draw, tree[name])
        if draw.random() < 0.1:
            del tree[draw.choice(sorted(tree))]
        root.mkdir()
        plant(root, tree)
        checked(format_name, root)


@pytest.mark.parametrize("format_name", NAMES)
def test_a_damaged_cell_changes_no_other_row(format_name, tmp_path):
    """The other rows keep their labels, whatever is written into one cell."""
    draw = random.Random(f"cell/{format_name}")
    (tmp_path / "whole").mkdir()
    plant(tmp_path / "whole", TREES[format_name])
    before = labels(rows(format_name, tmp_path / "whole"))
    assert before
    for example in range(-(-EXAMPLES // 2)):
        root = tmp_path / str(example)
        name = draw.choice(sorted(TREES[format_name]))
        content = TREES[format_name][name]
        damaged = damaged_cell(draw, content if isinstance(content, bytes) else content.encode(),
                               PREAMBLE.get(format_name, 1))
        root.mkdir()
        plant(root, {**TREES[format_name], name: damaged})
        found = checked(format_name, root)
        if found is not None and format_name not in SPREADS:
            after = labels(found)
            changed = [key for key in before if key in after and after[key] != before[key]]
            lost = [key for key in before if key not in after]
            assert len(changed) <= 1 and len(lost) <= 1, (damaged, changed, lost)
