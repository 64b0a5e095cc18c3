"""Journals: nothing that was saved is lost or overwritten."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from catgan.pipelines.annotation import journal
from catgan.pipelines.annotation.journal import Conflict
from tests.harness.annotated import step

FACTS = {"item": "a/p0.png", "rater": "Anna"}


def add(path, revision=None, **content):
    revision = journal.read(path).revision if revision is None else revision
    return journal.append(path, step(**content), revision, FACTS)


def test_steps_add_up(tmp_path):
    path = tmp_path / "r" / "a.jsonl"
    add(path, set={"AU12": 3, "AU04": None})
    add(path, set={"AU12": 4, "expression": "happiness"})
    found = add(path, clear=["AU04"])
    assert found.revision == 3 and found.damaged == 0 and found.item == "a/p0.png"
    assert found.ratings().labels == {"AU12": 4, "expression": "happiness"}
    first = json.loads(path.read_text().splitlines()[0])
    assert first["rater"] == "Anna" and first["set"] == {"AU12": 3, "AU04": None} and "+00:00" in first["when"]


def test_a_missing_journal_is_empty(tmp_path):
    assert journal.read(tmp_path / "none.jsonl").revision == 0


def test_a_step_that_is_sent_twice_counts_once(tmp_path):
    path, one = tmp_path / "a.jsonl", step(set={"AU12": 3})
    journal.append(path, one, 0, FACTS)
    assert journal.append(path, one, 0, FACTS).revision == 1


def test_two_tabs_that_change_different_labels_are_merged(tmp_path):
    path = tmp_path / "a.jsonl"
    add(path, 0, set={"AU12": 3})
    assert add(path, 0, set={"AU04": 1}).ratings().labels == {"AU12": 3, "AU04": 1}


def test_two_tabs_that_change_one_label_do_not_overwrite_each_other(tmp_path):
    path = tmp_path / "a.jsonl"
    add(path, 0, set={"AU12": 3, "AU04": 1})
    for content in ({"set": {"AU12": 5}}, {"clear": ["AU12"]}):
        with pytest.raises(Conflict, match="^Another tab has changed AU12 meanwhile.$"):
            add(path, 0, **content)
    assert journal.read(path).ratings().labels == {"AU12": 3, "AU04": 1}
    assert add(path, 1, set={"AU12": 5}).ratings().labels["AU12"] == 5  # having seen it, the rater decides


def test_labels_of_different_frames_do_not_conflict(tmp_path):
    path = tmp_path / "a.jsonl"
    add(path, 0, set={"AU12": 3}, frame=4, time=0.16)
    add(path, 0, set={"AU12": 5}, frame=5, time=0.2)
    with pytest.raises(Conflict, match="4/AU12"):
        add(path, 0, set={"AU12": 5}, frame=4, time=0.16)


def test_two_tabs_that_rate_the_same_seconds_conflict(tmp_path):
    path = tmp_path / "a.jsonl"
    add(path, 0, trace=[[1.0, 0, 0], [2.0, 0, 0]])
    with pytest.raises(Conflict, match="has rated 1.5 to 3.0 s meanwhile"):
        add(path, 0, trace=[[1.5, 1, 1], [3.0, 1, 1]])
    assert add(path, 0, trace=[[2.0, 1, 1], [3.0, 1, 1]]).revision == 2  # it goes on where the other ends


@pytest.mark.parametrize("torn", [b'{"item": "a", "set": {"AU1', b"\xff\xfe", b"[1, 2]", b'{"item": 1}', b"null"])
def test_a_half_written_line_is_skipped_and_counted(tmp_path, torn):
    path = tmp_path / "a.jsonl"
    add(path, set={"AU12": 3})
    with open(path, "ab") as file:
        file.write(torn)
    assert journal.read(path).ratings().labels == {"AU12": 3}
    found = add(path, set={"AU04": 1})
    assert found.ratings().labels == {"AU12": 3, "AU04": 1} and (found.damaged, found.revision) == (1, 3)


def test_a_complete_line_without_its_end_counts(tmp_path):
    path = tmp_path / "a.jsonl"
    add(path, set={"AU12": 3})
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert add(path, set={"AU04": 1}).ratings().labels == {"AU12": 3, "AU04": 1}


def test_a_journal_that_others_have_changed_is_read_again(tmp_path):
    path = tmp_path / "a.jsonl"
    add(path, set={"AU12": 3})
    other = path.read_bytes().replace(b'"AU12": 3', b'"AU12": 5')
    with open(path, "ab") as file:  # another process goes on
        file.write(other.replace(b"step-", b"also-"))
    assert add(path, set={"AU04": 1}).ratings().labels == {"AU12": 5, "AU04": 1}
    path.unlink()
    assert add(path, set={"AU01": 2}).ratings().labels == {"AU01": 2}


def test_a_content_stays_as_it_is(tmp_path):
    path = tmp_path / "a.jsonl"
    first = add(path, set={"AU12": 3}, frame=1, time=0.1)
    add(path, set={"AU12": 4}, frame=1, time=0.1)
    assert first.revision == 1 and first.ratings().frames == {1: {"AU12": 3}}


WRITER = """
import sys
from catgan.pipelines.annotation import journal
from tests.harness.annotated import step
from pathlib import Path
number = 0
while True:
    number += 1
    trace = [[number + 0.001 * part, 0.1, 0.2] for part in range(400)]
    found = journal.append(Path(sys.argv[1]), step(change=f"step-{number:08d}", trace=trace), number - 1, {"item": "v"})
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_a_killed_process_loses_nothing_that_was_saved(tmp_path):
    path = tmp_path / "a.jsonl"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        for _ in range(12):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        told = 12 + len(process.stdout.read().split())
    content = journal.read(path)
    assert told <= content.revision - content.damaged <= told + 1
    assert len(content.ratings().traces["valence"].times) == 400 * (content.revision - content.damaged)


def _add_many(path, number):
    for turn in range(20):
        journal.append(path, step(change=f"step-{number}-{turn:08d}", set={f"AU{number + 1:02d}": turn % 6}), 0 if
                       turn == 0 else 10 ** 9, FACTS)


def test_two_processes_write_one_journal(tmp_path):
    path = tmp_path / "a.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(path, number)) for number in (0, 1)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    content = journal.read(path)
    assert (content.revision, content.damaged) == (40, 0) and content.ratings().labels == {"AU01": 1, "AU02": 1}
