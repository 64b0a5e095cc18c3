"""Tests of `catgan.data.clips.landmark_files` and `catgan.data.clips.landmark_sources`."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from catgan.data.clips.landmark_files import load_landmark_clips, read_saved_clips, save_landmark_clips
from catgan.data.clips.landmark_sources import read_ck_plus, read_openface, split_of_people
from catgan.data.clips.landmarks import LandmarkClips
from catgan.data.clips.options import ClipOptions
from catgan.data.clips.planted import planted_clips
from catgan.errors import CatganError, DataError
from tests.harness.clips import filmed, write_clips

OPTIONS = ClipOptions(length=0.4, rate=10.0)


def same(one: LandmarkClips, other: LandmarkClips) -> None:
    for field in fields(LandmarkClips):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def face(number: float) -> np.ndarray:
    """68 points that move to the right with the number of the frame."""
    return np.random.default_rng(0).uniform(100, 300, (68, 2)) + (number, 0.0)


# === CK+ ===


def write_ck_plus(root: Path, sequences: dict[str, tuple[range, int | None]]) -> Path:
    """Writes sequences as CK+ has them: name -> numbers of the frames, and the emotion of the last one."""
    for name, (frames, emotion) in sequences.items():
        subject, take = name.split("/")
        for kind in ("Landmarks", "Emotion"):
            (root / kind / name).mkdir(parents=True)
        for frame in frames:
            text = "\n".join(f"   {x:.7e}   {y:.7e}" for x, y in face(frame))
            (root / "Landmarks" / name / f"{subject}_{take}_{frame:08d}_landmarks.txt").write_text(text + "\n")
        if emotion is not None:
            path = root / "Emotion" / name / f"{subject}_{take}_{frames[-1]:08d}_emotion.txt"
            path.write_text(f"   {emotion:.7e}\n")
    return root


def test_ck_plus_written_out_is_read_back(tmp_path):
    root = write_ck_plus(tmp_path, {"S005/001": (range(1, 12), 3), "S010/002": (range(1, 7), 7),
                                    "S010/004": (range(1, 7), None)})
    clips = load_landmark_clips(root, "all", OPTIONS)
    # 11 frames at 30 per second are 0.33 s, so 4 grid points at 10 per second; 6 frames are 0.17 s.
    assert clips.videos == ("S005/001", "S010/002", "S010/004") and clips.subjects == ("S005", "S010", "S010")
    assert [clips.classes[label] if label >= 0 else None for label in clips.labels] == ["disgust", "surprise", None]
    assert clips.seen.tolist() == [[True] * 4, [True, True, True, False], [True, True, True, False]]
    np.testing.assert_allclose(clips.points[0], [face(number) for number in (1, 4, 7, 10)], atol=1e-4)
    assert (clips.points[1, 3] == 0).all() and clips.landmark_set == "ibug_68" and clips.rate == 10.0


def test_ck_plus_with_another_source_rate_has_other_times(tmp_path):
    root = write_ck_plus(tmp_path, {"S005/001": (range(1, 13), 1)})
    clips = read_ck_plus(root, "all", ClipOptions(length=0.4, rate=10.0, source_rate=10.0))
    np.testing.assert_allclose(clips.points[0], [face(number) for number in (1, 2, 3, 4)], atol=1e-4)


def test_ck_plus_with_an_empty_file_has_an_unseen_frame(tmp_path):
    root = write_ck_plus(tmp_path, {"S005/001": (range(1, 5), 1)})
    (root / "Landmarks/S005/001/S005_001_00000002_landmarks.txt").write_text("")
    clips = read_ck_plus(root, "all", ClipOptions(length=0.4, rate=10.0, source_rate=10.0))
    assert clips.seen.tolist() == [[True, False, True, True]]


@pytest.mark.parametrize("text, words", [("1 2\n3 4\n5 6\n", "68 lines with one landmark each. Received: 3"),
                                         ("1 2 3\n", "a landmark is 'x y'"), ("1 two\n", "must be a number")])
def test_ck_plus_with_a_wrong_file_is_refused(tmp_path, text, words):
    root = write_ck_plus(tmp_path, {"S005/001": (range(1, 5), 1)})
    (root / "Landmarks/S005/001/S005_001_00000002_landmarks.txt").write_text(text)
    with pytest.raises(CatganError, match=words):
        load_landmark_clips(root, "all", OPTIONS)


# === OpenFace ===


def write_openface(path: Path, frames: int, success=(), extra: int = 0, points: int = 68) -> None:
    """Writes a table as OpenFace 2.1 does: 10 frames per second; frames of `success` failed."""
    names = [f"{axis}_{point}" for axis in "xy" for point in range(points)]
    lines = [", ".join(["frame", "timestamp", "confidence", "success", *names, "AU01_r"])]
    for frame in [*range(1, frames + 1), *range(1, extra + 1)]:
        failed = frame in success
        values = (face(frame) if not failed else np.zeros((68, 2)))[:points].T.ravel()
        cells = [str(frame), f"{(frame - 1) / 10:.3f}", "0.98" if not failed else "0.02", "1" if not failed else "0",
                 *(f"{value:.4f}" for value in values), "0.5"]
        lines.append(", ".join(cells))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def test_openface_tables_of_ravdess_give_emotion_actor_and_masks(tmp_path):
    write_openface(tmp_path / "Actor_07/01-01-03-02-01-01-07.csv", 4, success=(3,))
    write_openface(tmp_path / "Actor_07/02-01-03-02-01-01-07.csv", 4)
    write_openface(tmp_path / "Actor_12/01-01-02-01-01-01-12.csv", 4)
    clips = load_landmark_clips(tmp_path, "all", OPTIONS)
    assert clips.videos == ("01-01-03-02-01-01-07", "01-01-02-01-01-01-12") and clips.subjects == ("07", "12")
    assert [clips.classes[label] for label in clips.labels] == ["happiness", "calm"]
    assert clips.seen.tolist() == [[True, True, False, True], [True] * 4]
    np.testing.assert_allclose(clips.points[0, 3], face(4), atol=1e-3)
    np.testing.assert_allclose(clips.times[0], [0.0, 0.1, 0.2, 0.3])


def test_openface_table_of_another_name_has_no_label(tmp_path):
    write_openface(tmp_path / "holiday.csv", 8)
    clips = read_openface(tmp_path, "all", OPTIONS)
    assert clips.labels.tolist() == [-1, -1, -1] and clips.subjects[0] == "holiday" and clips.classes == ()


def test_openface_frames_with_two_faces_are_not_seen(tmp_path):
    write_openface(tmp_path / "party.csv", 4, extra=1)
    assert read_openface(tmp_path, "all", OPTIONS).seen.tolist() == [[True, True, True, False]]


def test_openface_table_with_too_few_points_is_refused(tmp_path):
    write_openface(tmp_path / "few.csv", 4, points=5)
    with pytest.raises(DataError, match="columns x_0 to x_67 .* Missing: x_5 and 125 others"):
        read_openface(tmp_path, "all", OPTIONS)


def test_openface_without_a_tracked_frame_is_refused(tmp_path, caplog):
    write_openface(tmp_path / "dark.csv", 2, success=(1, 2))
    with pytest.raises(DataError, match="No frame of the split 'all' .* 1 of 1 sequences"):
        read_openface(tmp_path, "all", OPTIONS)
    assert "no frame of dark has landmarks" in caplog.text


# === Splits ===


def test_people_are_divided_once_and_no_split_is_empty():
    few = split_of_people(["ann", "bob", "cas", "ann"])
    assert sorted(few.values()) == ["test", "train", "validation"]
    many = split_of_people([f"S{number:03d}" for number in range(118)])
    counts = [list(many.values()).count(name) for name in ("train", "validation", "test")]
    assert counts == [83, 17, 18] and many == split_of_people([f"S{number:03d}" for number in range(118)][::-1])


def test_splits_of_a_source_share_no_person_and_miss_none(tmp_path):
    root = write_ck_plus(tmp_path, {f"S{number:03d}/001": (range(1, 5), 1) for number in range(6)})
    parts = [set(load_landmark_clips(root, split, OPTIONS).subjects) for split in ("train", "validation", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 6
    with pytest.raises(DataError, match="Unknown split 'dev'"):
        load_landmark_clips(root, "dev", OPTIONS)


# === Files and data sets ===


def test_saved_clips_are_read_back_unchanged(tmp_path):
    clips, _ = planted_clips("order", 6, 3)
    save_landmark_clips(clips, tmp_path / "clips.npz")
    same(read_saved_clips(tmp_path / "clips.npz"), clips)
    same(load_landmark_clips(tmp_path / "clips.npz", "all"), clips)
    parts = [load_landmark_clips(tmp_path / "clips.npz", split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [2, 2, 2] and list(tmp_path.iterdir()) == [tmp_path / "clips.npz"]


def test_saved_clips_of_one_person_have_one_split(tmp_path):
    clips, _ = planted_clips("mouth", 2, 1)
    save_landmark_clips(clips, tmp_path / "one.npz")
    assert len(load_landmark_clips(tmp_path / "one.npz", "train")) == 2
    with pytest.raises(DataError, match="no clips in the split 'test': it has 2 of 1 people"):
        load_landmark_clips(tmp_path / "one.npz", "test")


def test_saved_clips_of_wrong_files_are_refused(tmp_path):
    clips, _ = planted_clips("mouth", 2, 2)
    with pytest.raises(DataError, match="stored in a .npz file"):
        save_landmark_clips(clips, tmp_path / "clips.npy")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(DataError, match="cannot be read"):
        read_saved_clips(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", points=np.zeros(3))
    with pytest.raises(DataError, match="no file of landmark clips of format 1: seen, "):
        read_saved_clips(tmp_path / "other.npz")
    np.savez(tmp_path / "object.npz", points=np.array([{}], object))
    with pytest.raises(DataError, match="cannot be read"):
        read_saved_clips(tmp_path / "object.npz")


def test_saved_clips_whose_points_are_of_no_set_are_refused(tmp_path):
    clips, _ = planted_clips("mouth", 2, 2)
    save_landmark_clips(LandmarkClips(**{**vars(clips), "points": clips.points[:, :, :3]}), tmp_path / "three.npz")
    with pytest.raises(DataError, match=r"478 \(mediapipe_478\), 68 \(ibug_68\). Received: 3"):
        load_landmark_clips(tmp_path / "three.npz", "all")


def test_landmarks_of_a_data_set_arrive_in_its_clips(tmp_path):
    rows = filmed("a", np.arange(6) / 10, "ann", expression="happiness")
    for number, row in enumerate(rows):
        row["landmarks"] = np.arange(956, dtype=np.float32) + number
    del rows[1]
    folder = write_clips(tmp_path / "data", {"train": rows})
    clips = load_landmark_clips(folder, "train", OPTIONS)
    assert clips.seen.tolist() == [[True, False, True, True], [True, True, True, True]]
    np.testing.assert_array_equal(clips.points[0, 3], np.arange(956).reshape(478, 2) + 3)
    assert clips.labels.tolist() == [1, 1] and clips.landmark_set == "mediapipe_478" and clips.subjects[0] == "ann"


def test_load_of_a_folder_without_landmarks_names_what_is_allowed(tmp_path):
    with pytest.raises(DataError, match="dataset.json.*CK.*OpenFace.*npz"):
        load_landmark_clips(tmp_path, "train")
    with pytest.raises(DataError, match="holds no clips"):
        load_landmark_clips(tmp_path / "missing", "train")
