"""Readers of further collections: layouts written out with invented values, and their traps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catgan.data.sources import reader
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError


def read(format_name, root):
    return list(reader(format_name)("src", root))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def touch(folder, *names):
    for name in names:
        write(folder / name, b"")


# === DISFA ===


def disfa(root, first, folder="SN001"):
    for unit, values in ((2, "1,0\n2,3\n3,5\n"), (12, "1,1\n2,0\n3,0\n"), (1, "1,0\r\n2,0\r\n3,4\r\n")):
        write(root / "ActionUnit_Labels" / "SN001" / f"SN001_au{unit}.txt", values)
    touch(root / "Images" / folder, *(f"{number:05d}.jpg" for number in range(first, first + 3)))
    return root


@pytest.mark.parametrize("first", [0, 1])
def test_disfa_finds_out_where_counting_starts(tmp_path, first):
    records = read("disfa", disfa(tmp_path, first))
    assert [record.frame for record in records] == [1, 2, 3]
    assert [record.path.name for record in records] == [f"{number:05d}.jpg" for number in range(first, first + 3)]
    # Columns belong to the AU in the name of the file, whatever the order of the files.
    assert records[2].intensity == {1: 4.0, 2: 5.0, 12: 0.0} and not records[2].presence
    assert {record.subject for record in records} == {"SN001"}


def test_disfa_with_one_camera(tmp_path):
    records = read("disfa", disfa(tmp_path, 1, "LeftVideoSN001"))
    assert records[0].key == "Images/LeftVideoSN001/00001.jpg"


def test_disfa_does_not_guess_where_counting_starts(tmp_path):
    disfa(tmp_path, 1)
    (tmp_path / "Images" / "SN001" / "00003.jpg").unlink()
    with pytest.raises(CatganError, match="cannot be told"):
        read("disfa", tmp_path)


def test_disfa_damage(tmp_path):
    disfa(tmp_path, 1)
    write(tmp_path / "ActionUnit_Labels" / "SN001" / "SN001_au4.txt", "1,0\n2,6\n")
    with pytest.raises(AnnotationError, match=r"SN001_au4.txt:2: intensity must lie in 0..5"):
        read("disfa", tmp_path)
    write(tmp_path / "ActionUnit_Labels" / "SN001" / "SN001_au4.txt", "1,0\n1,0\n")
    with pytest.raises(AnnotationError, match="twice"):
        read("disfa", tmp_path)


def test_disfa_plus(tmp_path):
    for unit, values in ((1, "# frame  intensity\n000.jpg  0\n001.jpg  2\n"), (12, "001.jpg 5\n")):
        write(tmp_path / "Labels" / "SN003" / "A1" / f"AU{unit}.txt", values)
    first, second = read("disfa_plus", tmp_path)
    assert first.intensity == {1: 0.0} and second.intensity == {1: 2.0, 12: 5.0}
    assert (second.key, second.subject, second.frame) == ("Images/SN003/A1/001.jpg", "SN003", 1)


# === BP4D ===


def test_bp4d_header_of_numbers(tmp_path):
    write(tmp_path / "AUCoding" / "AU_OCC" / "F001_T1.csv",
          "0,1,2,3,4,5,6\n2440,0,1,9,9,0,1\n2441,0,0,9,9,9,1\n")
    write(tmp_path / "AUCoding" / "AU_INT" / "AU06" / "F001_T1_AU06.csv", "2440,3\n2441,9\n2442,1\n")
    touch(tmp_path / "Images" / "F001" / "T1", "2440.jpg", "02441.jpg")
    first, second, third = read("bp4d", tmp_path)
    # 9 is unknown, and AU3 does not exist.
    assert first.presence == {1: 0, 2: 1, 5: 0, 6: 1} and first.intensity == {6: 3.0}
    assert second.presence == {1: 0, 2: 0, 6: 1} and not second.intensity
    assert third.intensity == {6: 1.0} and not third.presence
    assert [record.path.name for record in (first, second)] == ["2440.jpg", "02441.jpg"]
    assert (first.subject, first.video, first.frame) == ("F001", "F001/T1", 2440)


def test_bp4d_header_of_names_whose_first_cells_are_alike(tmp_path):
    write(tmp_path / "AUCoding" / "AU_OCC" / "M001_T8.csv", "1,1,2,4\n7,0,1,9\n")
    record, = read("bp4d", tmp_path)
    assert record.presence == {1: 0, 2: 1} and record.frame == 7


@pytest.mark.parametrize("content, message", [
    ("0,1,2\n5,0\n", "3 columns"), ("0,1,2\n5,0,2\n", "AU2 must lie in 0..1"), ("0,1\n5,0\n5,0\n", "twice"),
    ("x,y\n", "header must name AUs")])
def test_bp4d_damage(tmp_path, content, message):
    write(tmp_path / "AUCoding" / "AU_OCC" / "F001_T1.csv", content)
    with pytest.raises(AnnotationError, match=message):
        read("bp4d", tmp_path)


# === UNBC, CK+, RAF-AU ===


def test_unbc_an_empty_file_is_a_neutral_face(tmp_path):
    folder = tmp_path / "Frame_Labels" / "FACS" / "042-ll042" / "ll042t1aaaff"
    write(folder / "ll042t1aaaff001_facs.txt", "")
    write(folder / "ll042t1aaaff002_facs.txt",
          "   4.0000000e+00   2.0000000e+00   0.0000000e+00   0.0000000e+00\n"
          "  43.0000000e+00   1.0000000e+00   0.0000000e+00   0.0000000e+00\n")
    neutral, pain = read("unbc", tmp_path)
    assert set(neutral.intensity.values()) == {0.0} and neutral.presence == {43: 0} and len(neutral.intensity) == 9
    assert pain.intensity[4] == 2.0 and pain.intensity[6] == 0.0 and pain.presence == {43: 1}
    assert pain.key == "042-ll042/ll042t1aaaff/ll042t1aaaff002.png" and (pain.subject, pain.frame) == ("042-ll042", 2)


def test_ck_plus_shown_but_not_graded_is_present(tmp_path):
    write(tmp_path / "FACS" / "S010" / "001" / "S010_001_00000014_facs.txt",
          "   1.0000000e+00   0.0000000e+00\n   2.0000000e+00   3.0000000e+00\n\n")
    write(tmp_path / "FACS" / "S011" / "002" / "S011_002_00000020_facs.txt", "  25.0000000e+00   4.0000000e+00\n")
    write(tmp_path / "Emotion" / "S010" / "001" / "S010_001_00000014_emotion.txt", "   7.0000000e+00\n\n")
    first, second = read("ck_plus", tmp_path)
    assert first.presence == {1: 1, 2: 1, 25: 0} and first.intensity == {2: 3.0, 25: 0.0}
    assert first.expression == "surprise" and second.expression is None
    assert second.presence == {1: 0, 2: 0, 25: 1} and (first.subject, first.frame) == ("S010", 14)


def test_raf_au_null_is_coded_and_one_side_is_present(tmp_path):
    write(tmp_path / "RAFAU_label.txt", "0007.jpg 1+2+25+26 \n0015.jpg L12+R14\n0021.jpg null\n")
    first, sided, nothing = read("raf_au", tmp_path)
    assert first.presence == {1: 1, 2: 1, 12: 0, 14: 0, 25: 1, 26: 1}
    assert sided.presence[12] == 1 == sided.presence[14] and set(nothing.presence.values()) == {0}
    assert first.key == "aligned/0007_aligned.jpg"
    write(tmp_path / "RAFAU_label.txt", "0007.jpg 1+x\n")
    with pytest.raises(AnnotationError, match="'x' is no AU"):
        read("raf_au", tmp_path)


# === Valence and arousal, expressions ===


def test_afew_va_is_divided_by_ten(tmp_path):
    write(tmp_path / "001" / "001.json", '{"actor": "A. Example", "video_id": "001", "frames": {'
          '"00000": {"landmarks": [[1, 2]], "valence": -3.0, "arousal": 4}, '
          '"00001": {"valence": null, "arousal": 10}}}')
    first, second = read("afew_va", tmp_path)
    assert (first.valence, first.arousal, first.subject, first.frame) == (-0.3, 0.4, "A. Example", 0)
    assert second.valence is None and second.arousal == 1.0 and second.key == "001/00001.png"


@pytest.mark.parametrize("content", ["[1]", "{", '{"frames": 3}', '{"frames": {"a": {}}}', '{"frames": {"1": 2}}',
                                     '{"frames": {"1": {"valence": 11}}}', '{"frames": {"1": {"valence": "x"}}}'])
def test_afew_va_damage(tmp_path, content):
    write(tmp_path / "001" / "001.json", content)
    with pytest.raises(AnnotationError):
        read("afew_va", tmp_path)


def affectnet_file(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, value, allow_pickle=True)


def test_affectnet_2021_stores_text(tmp_path):
    folder = tmp_path / "train_set" / "annotations"
    for word, value in (("exp", "1"), ("val", "0.7213"), ("aro", "-2")):
        affectnet_file(folder / f"12_{word}.npy", np.array(value))
    record, = read("affectnet_2021", tmp_path)
    assert (record.expression, record.valence, record.arousal) == ("happiness", 0.7213, None)
    assert record.key == "train_set/images/12.jpg" and record.official_split == "training"


def test_affectnet_2021_refuses_pickles(tmp_path):
    affectnet_file(tmp_path / "val_set" / "annotations" / "12_exp.npy", np.array({"a": 1}, dtype=object))
    with pytest.raises(AnnotationError, match="12_exp.npy"):
        read("affectnet_2021", tmp_path)


def test_expw_boxes_begin_at_the_top(tmp_path):
    write(tmp_path / "label" / "label.lst", "a.jpg 0 10 20 120 100 52.5 3\n")
    record, = read("expw", tmp_path)
    assert record.box == (20.0, 10.0, 100.0, 90.0) and record.expression == "happiness"
    write(tmp_path / "label" / "label.lst", "a.jpg 0 10 20 15 100 52.5 7\n")
    with pytest.raises(AnnotationError, match="box is empty"):
        read("expw", tmp_path)


def test_raf_db_seven_is_neutral(tmp_path):
    write(tmp_path / "EmoLabel" / "list_patition_label.txt", "train_00001.jpg 4\ntest_0001.jpg 7\n")
    first, second = read("raf_db", tmp_path)
    assert (first.expression, first.official_split) == ("happiness", "training")
    assert (second.expression, second.official_split) == ("neutral", "test")
    assert first.key == "Image/aligned/train_00001_aligned.jpg"


# === Tools ===


def test_openface_failure_is_not_neutral(tmp_path):
    write(tmp_path / "clip.csv",
          "frame, face_id, timestamp, confidence, success, p_rx, AU01_r, AU28_c, AU01_c\n"
          "1, 0, 0.000, 0.98, 1, 0.3, 0.41, 1, 0\n2, 0, 0.033, 0.03, 0, 0, 0.00, 0, 0\n"
          "3, 0, 0.066, 0.95, 1, 0.3, -nan(ind), 0, 1\n4, 0, 0.1, 0.9, 1, 0, 1, 1, 1\n4, 1, 0.1, 0.9, 1, 0, 1, 1, 1\n")
    touch(tmp_path / "images" / "clip", *(f"{number:06d}.jpg" for number in range(1, 5)))
    first, failed, third, double, _ = read("openface", tmp_path)
    assert first.intensity == {1: 0.41} and first.presence == {28: 1, 1: 0} and first.path.name == "000001.jpg"
    assert isinstance(failed, Rejected) and failed.reason == "tracking failed"
    assert not third.intensity and third.presence == {28: 0, 1: 1}
    assert isinstance(double, Rejected) and double.reason == "several faces"


def test_openface_of_a_photograph(tmp_path):
    write(tmp_path / "face.csv", "face, confidence, AU01_r, AU01_c\n0, 0.975, 1.20, 1\n")
    record, = read("openface", tmp_path)
    assert record.key == "images/face.jpg" and record.frame is None and record.intensity == {1: 1.2}


def test_pyfeat_two_is_a_dual_source(tmp_path):
    write(tmp_path / "fex.csv",
          "frame,FaceRectX,FaceScore,AU01,AU12,Happy,Neutral,valence,arousal,input\n"
          "0,101.0,0.998,0.21,0.91,0.97,0.01,0.66,0.12,a.jpg\n1,,,,,,,,,b.jpg\n")
    record, none = read("pyfeat", tmp_path)
    assert record.presence == {1: 0, 12: 1} and (record.valence, record.arousal) == (0.66, 0.12)
    assert record.expression == "happiness" and record.key == "images/a.jpg"
    assert isinstance(none, Rejected) and none.reason == "no face"


def test_libreface_presence_and_intensity_are_of_different_units(tmp_path):
    write(tmp_path / "clip.csv", "frame_idx,frame_time_in_ms,pitch,au_1,au_12,au_12_intensity,au_5_intensity,"
          "facial_expression\n0,0.0,2.1,0,1,2.73,0,Happiness\n4,0.133,2.0,0,1,2.80,,Happiness\n")
    first, later = read("libreface", tmp_path)
    assert first.presence == {1: 0, 12: 1} and first.intensity == {12: 2.73, 5: 0.0}
    assert later.frame == 4 and later.intensity == {12: 2.8} and later.expression == "happiness"


def test_facet_evidence_is_the_logarithm_of_odds(tmp_path):
    write(tmp_path / "study.txt", "#METADATA\n#Study : demo\n\nTimestamp\tEventSource\tFrameNo\tAU1 Evidence\t"
          "AU12 Evidence\n33\tFACET\t7\t-0.41\t1.85\n41\tET\t\t\t\n50\tFACET\t\t0.1\t0.2\n")
    record, other, unnumbered = read("facet", tmp_path)
    assert record.presence == {1: 0, 12: 1} and not record.intensity and record.frame == 7
    assert isinstance(other, Rejected) and other.reason == "another sensor"
    assert isinstance(unnumbered, Rejected) and unnumbered.reason == "no frame number"


@pytest.mark.parametrize("format_name, file, rows", [
    ("facet", "iMotions_Test_v5.txt", 518), ("openface", "OpenFace_Test.csv", 99), ("pyfeat", "001.csv", 40),
    ("pyfeat", "Feat_Test.csv", 1)])
def test_real_tool_outputs(shared, tmp_path, format_name, file, rows):
    write(tmp_path / file, (shared / "data" / "tool_outputs" / file).read_bytes())
    read_rows = read(format_name, tmp_path)
    records = [row for row in read_rows if isinstance(row, Record)]
    assert len(read_rows) >= rows and records
    assert all(0 <= value <= 5 for record in records for value in record.intensity.values())


# === Aff-Wild2, GFT ===


def test_affwild2_joins_the_tasks_of_a_video(tmp_path):
    write(tmp_path / "VA_Set" / "Train_Set" / "v1.txt", "valence,arousal\n0.214,0.105\n-5,-5\n0.22,-5\n")
    write(tmp_path / "annotations" / "EXPR_Classification_Challenge" / "Validation_Set" / "v1.txt",
          "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n4\n-1\n7\n")
    write(tmp_path / "AU_Detection_Challenge" / "Training_Set" / "v1_left.txt", "AU1,AU12\r\n0,1\r\n-1,-1\r\n-1,0\r\n")
    touch(tmp_path / "cropped_aligned" / "v1", "00001.jpg", "00003.jpg")
    first, unknown, third, left, nothing, last = read("affwild2", tmp_path)
    assert (first.valence, first.arousal, first.expression, first.frame) == (0.214, 0.105, "happiness", 1)
    assert isinstance(unknown, Rejected) and isinstance(nothing, Rejected)
    assert third.arousal is None and third.expression == "other" and third.key == "cropped_aligned/v1/00003.jpg"
    # Training for one task and validation for another: the one farthest from training.
    assert first.official_split == "validation" and left.official_split == "training"
    assert left.presence == {1: 0, 12: 1} and last.presence == {12: 0}
    assert (left.subject, left.video, first.subject) == ("v1_left", "v1", "v1")


@pytest.mark.parametrize("folder, content, line", [
    ("VA_Set", "arousal\n0.1\n", 2), ("VA_Set", "valence,arousal\n0.1\n", 2), ("VA_Set", "valence,arousal\n2,0\n", 2),
    ("EXPR_Set", "Neutral,Anger\n2\n", 2), ("EXPR_Set", "Neutral,Rage\n1\n", 1), ("AU_Set", "AU1,AU3\n0,0\n", 1),
    ("AU_Set", "AU1\n0,0\n", 2), ("AU_Set", "\nAU1\n0\n", 2)])
def test_affwild2_damage(tmp_path, folder, content, line):
    write(tmp_path / folder / "Train_Set" / "v.txt", content)
    with pytest.raises(AnnotationError) as caught:
        read("affwild2", tmp_path)
    assert caught.value.line == line


def test_affwild2_twice_for_one_task(tmp_path):
    for folder in ("Train_Set", "Validation_Set"):
        write(tmp_path / "VA_Set" / folder / "v.txt", "valence,arousal\n0,0\n")
    with pytest.raises(CatganError, match="annotated twice"):
        read("affwild2", tmp_path)


def test_gft_knows_two_codes_for_not_codable(tmp_path):
    write(tmp_path / "labels" / "001A.csv", "Frame, AU1 , AU2\n1,0,1\n2,-9,9\n3,1,9\n")
    touch(tmp_path / "images" / "001A", "001.jpg", "2.jpg", "3.jpg")
    first, unknown, third = read("gft", tmp_path)
    assert first.presence == {1: 0, 2: 1} and first.key == "images/001A/001.jpg"
    assert isinstance(unknown, Rejected) and third.presence == {1: 1} and third.subject == "001A"
    write(tmp_path / "labels" / "001A.csv", "Frame,AU1\n1,2\n2,0\n3,1\n")
    with pytest.raises(AnnotationError, match="must be 0, 1, 9 or -9"):
        read("gft", tmp_path)


# === Any text at all ===

PLACES = {
    "afew_va": "001/001.json", "affwild2": "VA_Set/Train_Set/v.txt", "bp4d": "AUCoding/AU_OCC/F001_T1.csv",
    "ck_plus": "FACS/S010/001/S010_001_00000014_facs.txt", "disfa": "ActionUnit_Labels/SN001/SN001_au1.txt",
    "disfa_plus": "Labels/SN001/A1/AU1.txt", "expw": "label/label.lst", "facet": "study.txt", "gft": "labels/001A.csv",
    "libreface": "clip.csv", "openface": "clip.csv", "pyfeat": "fex.csv", "raf_au": "RAFAU_label.txt",
    "raf_db": "EmoLabel/list_patition_label.txt", "unbc": "Frame_Labels/FACS/S1/Q1/Q1001_facs.txt",
    "affectnet_2021": "train_set/annotations/1_exp.npy"}
WORDS = ["0", "1", "2", "9", "-5", "nan", "1e400", "x", "", " ", ",", "\t", "\r", "\n", "\n1,", "frame", "Frame",
         "AU1", "AU01_r", "success", "confidence", "FaceScore", "input", "AU1 Evidence", "FrameNo",
         "valence,arousal\n", "null", "+", "L12", "{", "}", '"', "..", "../a.jpg", "train_1.jpg", "\0", "\ufeff",
         "é", "#", "Neutral,Anger\n"]


@pytest.mark.parametrize("format_name", sorted(PLACES))
@given(words=st.lists(st.sampled_from(WORDS), max_size=30), separator=st.sampled_from([",", " ", "\t", ""]))
@settings(deadline=None, max_examples=60)
def test_any_text_gives_rows_or_an_error_of_its_own(tmp_path_factory, format_name, words, separator):
    root = tmp_path_factory.mktemp("fuzz")
    write(root / PLACES[format_name], separator.join(words).encode("utf-8", "surrogatepass"))
    try:
        rows = read(format_name, root)
    except CatganError as error:
        assert "\n" not in str(error).strip() or len(str(error)) < 2000
        return
    for row in rows:
        if isinstance(row, Record):
            assert row.path.resolve().is_relative_to(root.resolve()) and row.labelled
            assert set(row.presence.values()) <= {0, 1}
            assert all(0 <= value <= 5 for value in row.intensity.values())
            assert all(value is None or -1 <= value <= 1 for value in (row.valence, row.arousal))
