import numpy as np
import pytest

from catgan.training.sheets import FOLDER, MAX_KEPT, keep, kept

PICTURE = np.zeros((2, 3, 3), np.uint8)


def numbers(run):
    return [sheet.snapshot for sheet in kept(path.name for path in (run / FOLDER).iterdir())]


def trained(run, snapshots, start=1):
    for snapshot in range(start, snapshots + 1):
        keep(run, {"free": PICTURE}, snapshot, 100 * snapshot)


@pytest.mark.parametrize("snapshots, expected", [
    (1, [1]), (16, list(range(1, 17))), (17, [*range(2, 17, 2), 17]), (33, [*range(2, 33, 2), 33]),
    (34, [*range(4, 33, 4), 34])])
def test_long_trainings_keep_every_second_sheet_and_the_latest(tmp_path, snapshots, expected):
    trained(tmp_path, snapshots)
    assert numbers(tmp_path) == expected and len(expected) <= MAX_KEPT + 1


def test_a_killed_training_ends_with_the_same_sheets(tmp_path):
    trained(tmp_path / "whole", 40)
    trained(tmp_path / "killed", 35)
    trained(tmp_path / "killed", 20, 12)
    assert max(numbers(tmp_path / "killed")) == 20
    trained(tmp_path / "killed", 40, 21)
    assert numbers(tmp_path / "whole") == numbers(tmp_path / "killed") == list(range(4, 41, 4))


def test_a_sheet_has_its_name_and_the_faces_seen(tmp_path):
    keep(tmp_path, {"free": PICTURE, "sweep": PICTURE}, 3, 38400)
    keep(tmp_path, {"free": PICTURE, "sweep": PICTURE}, 3, 39000)
    found = kept(path.name for path in (tmp_path / FOLDER).iterdir())
    assert [(sheet.snapshot, sheet.images, sheet.name) for sheet in found] == [(3, 39000, "free"), (3, 39000, "sweep")]


def test_other_files_are_no_sheets():
    assert kept(["free.png", "00001-000000000100-free.png.tmp", "00001-000000000100-../x.png", "1-2-a.png"]) == []


def test_a_training_keeps_the_sheets_of_its_snapshots(tiny_run):
    found = kept(path.name for path in (tiny_run / FOLDER).iterdir())
    assert {(sheet.snapshot, sheet.images) for sheet in found} == {(1, 2400), (2, 4800)}
    assert {sheet.name for sheet in found} == {"free", "sweep"}
    latest, = (sheet for sheet in found if (sheet.snapshot, sheet.name) == (2, "free"))
    assert (tiny_run / FOLDER / latest.file).read_bytes() == (tiny_run / "samples" / "free.png").read_bytes()
