"""Sessions, workers and jobs: limits are kept, nothing is mixed or left behind."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from catgan.errors import CatganError
from catgan.web import context as contexts
from catgan.web import sessions as limits
from catgan.web import worker as workers
from catgan.web.jobs import Jobs
from catgan.web.requests import Refused
from catgan.web.sessions import Session, Sessions
from catgan.web.worker import Worker
from tests.harness.web import opened_page


class Heavy:
    def __init__(self):
        self.nbytes = 0


def asking(name):
    return SimpleNamespace(headers={"x-tab": name})


# === Sessions ===

def test_tabs_have_states_of_their_own(tmp_path):
    sessions = Sessions(tmp_path)
    one, other = sessions.of(asking("tab-0001")), sessions.of(asking("tab-0002"))
    one.part(Heavy).nbytes = 5
    assert sessions.of(asking("tab-0001")) is one and one.part(Heavy).nbytes == 5 and other.part(Heavy).nbytes == 0
    assert sessions.nbytes == 5


@pytest.mark.parametrize("limit, value", [("MAX_TABS", 2), ("MAX_BYTES", 25), ("MAX_STORED_BYTES", 25)])
def test_tab_unused_for_longest_is_forgotten_with_its_files(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(limits, limit, value)
    sessions = Sessions(tmp_path)
    paths = []
    for number in (1, 2, 1, 3):
        session = sessions.of(asking(f"tab-000{number}"))
        if not session.nbytes:
            session.part(Heavy).nbytes = session.stored = 10
            paths.append(session.new_path())
            paths[-1].write_bytes(b"x")
            sessions.trim()
    assert list(sessions._all) == ["tab-0001", "tab-0003"]
    assert [path.exists() for path in paths] == [True, False, True]


def test_tab_larger_than_the_limit_is_kept_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 5)
    sessions = Sessions(tmp_path)
    sessions.of(asking("tab-0001")).part(Heavy).nbytes = 10
    sessions.of(asking("tab-0002")).part(Heavy).nbytes = 10
    sessions.trim()
    assert list(sessions._all) == ["tab-0002"]


def test_idle_tabs_are_forgotten(tmp_path, monkeypatch):
    sessions = Sessions(tmp_path)
    sessions.of(asking("tab-0001")).used -= limits.IDLE_SECONDS + 1
    sessions.trim()
    assert len(sessions) == 0


def test_nothing_is_left_behind(tmp_path, untrained_run):
    folder = tmp_path / "files"
    with opened_page(folder, run=str(untrained_run)) as (client, context, _):
        session = context.sessions.of(asking("tab-0001"))
        session.new_path().write_bytes(b"x")
        assert client.get("/api/app").json()["run"] == str(untrained_run)
        assert any(folder.rglob("*"))
    assert not folder.exists()


def test_folders_of_killed_servers_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(contexts.tempfile, "gettempdir", lambda: str(tmp_path))
    names = ("catgan-app-999999999-a", "catgan-app-1-b", "catgan-app-x", "other")
    for name in names:
        (tmp_path / name).mkdir()
    contexts.clear_folders()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])


# === Workers ===

def test_worker_runs_in_order_in_one_thread_and_refuses_too_many(monkeypatch):
    monkeypatch.setattr(workers, "MAX_WAITING", 3)
    worker, done = Worker("test"), []

    async def main():
        jobs = [worker.run(lambda number: done.append((number, threading.current_thread().name)), number)
                for number in range(5)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    with ThreadPoolExecutor(1) as elsewhere:  # the browser of other tests has a loop in this thread
        results = elsewhere.submit(asyncio.run, main()).result()
    worker.close()
    assert [number for number, _ in done] == [0, 1, 2] and len({name for _, name in done}) == 1
    assert [getattr(result, "status", None) for result in results] == [None, None, None, 503, 503]
    assert worker.waiting == 0


# === Jobs ===

def ended(job):
    for _ in range(500):
        if job.finished:
            return job.to_dict()
        time.sleep(0.01)
    raise AssertionError(job.to_dict())


@pytest.fixture
def jobs():
    opened = Jobs()
    yield opened
    opened.close()


def test_job_reports_progress_and_returns_its_result(jobs, tmp_path):
    session, go = Session(tmp_path), threading.Event()

    def work(job):
        job.progress(0.5, "half")
        go.wait(5)
        return {"answer": 3}

    job = jobs.start(session, work)
    while job.share < 0.5:
        time.sleep(0.01)
    assert (job.to_dict()["state"], job.to_dict()["message"]) == ("running", "half")
    go.set()
    assert ended(job)["state"] == "done" and job.result == {"answer": 3} and job.share == 1.0


def test_job_is_stopped_at_its_next_progress_and_one_that_waits_never_starts(jobs, tmp_path):
    session, begun = Session(tmp_path), []

    def work(job):
        begun.append(job)
        while True:
            job.progress(0.1)
            time.sleep(0.01)

    first, second = jobs.start(session, work), jobs.start(session, work)
    second.stop()
    first.stop()
    assert ended(first)["state"] == ended(second)["state"] == "stopped" and len(begun) <= 1


@pytest.mark.parametrize("problem, said", [(CatganError("no\nface"), "no face"),
                                           (KeyError("x"), "This should not happen: KeyError")])
def test_failed_job_says_why_in_one_line(jobs, tmp_path, problem, said, caplog):
    def work(job):
        raise problem

    state = ended(jobs.start(Session(tmp_path), work))
    assert state["state"] == "failed" and state["error"].startswith(said)


def test_jobs_belong_to_their_tab_and_are_forgotten(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr("catgan.web.jobs.MAX_JOBS", 2)
    session = Session(tmp_path)
    first = jobs.start(session, lambda job: {})
    with pytest.raises(Refused, match="not known"):
        jobs.find(Session(tmp_path), first.identity)
    assert jobs.find(session, first.identity) is first
    ended(first)
    ended(jobs.start(session, lambda job: {}))
    jobs.start(session, lambda job: {})
    with pytest.raises(Refused):
        jobs.find(session, first.identity)


def test_jobs_are_answered_over_the_page(tmp_path, untrained_run):
    with opened_page(tmp_path / "files", run=str(untrained_run)) as (client, context, _):
        job = context.jobs.start(context.sessions.of(asking("tab-0001")), lambda job: {"n": 1})
        ended(job)
        path = f"/api/jobs/{job.identity}"
        assert client.get(path, headers={"x-tab": "tab-0001"}).json()["result"] == {"n": 1}
        assert client.post(f"{path}/stop", headers={"x-tab": "tab-0001"}).json()["state"] == "done"
        assert client.get(path, headers={"x-tab": "tab-0002"}).status_code == 404


# === Errors of the model ===

def test_model_without_editor_reads_and_says_that_it_cannot_edit(tmp_path, untrained_run, models, two_people):
    from tests.harness.web import Tab, png

    with opened_page(tmp_path / "files", run=str(untrained_run)) as (client, _, _):
        tab = Tab(client)
        assert tab.get("/api/face/labels").json()["editor"] is False
        shown = tab.send_file("/api/face/photo", png(two_people)).json()
        reading = tab.post("/api/face/choose", json={"face": 0}).json()["reading"]
        assert [label["name"] for label in reading] == ["AU04", "AU12", "valence", "arousal"]
        answer = tab.post("/api/face/edit", json={"photo": shown["photo"], "to": {"AU12": 1.0}, "view": "face"})
        assert answer.status_code == 400 and "no editor" in answer.json()["error"]


def test_damaged_run_is_one_clear_line(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    with opened_page(tmp_path / "files", run=str(tmp_path / "run")) as (client, _, _):
        answer = client.get("/api/face/labels")
        assert answer.status_code == 400 and answer.json()["error"].count("\n") == 0
