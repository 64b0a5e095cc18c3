"""Several devices and several processes give the numbers of one, within rounding."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from catgan import config
from catgan.backend import get_engine, hosts, sharding
from catgan.cli.main import main
from catgan.errors import CatganError
from catgan.models.gan.architectures import ARCHITECTURES, NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.training import loop, run
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.labelled_inputs import BATCH_AXES
from catgan.training.tasks.legacy import LegacyStep
from tests.harness import steps as adversarial
from tests.harness.experiments import TINY, tiny_experiment
from tests.harness.paths import REPOSITORY

NETWORK = config.from_mapping(NetworkConfig, {
    **TINY, "image_size": 8, "generator_widths": [8, 8], "discriminator_widths": [8, 8], "generator_blocks": [0, 0],
    "discriminator_blocks": [0, 0]})


# === The same numbers ===


def everything(engine):
    step, _ = adversarial.make_step(NETWORK, **adversarial.ALL)
    step.engine = engine
    return step


def legacy(engine):
    model, average = (CatGAN(ARCHITECTURES["legacy_32"], adversarial.SPEC, seed=1) for _ in range(2))
    return LegacyStep(model, average, TrainingConfig(), engine)


def shared_steps(engine, make_step=everything, count=4):
    """Losses of some steps of the first kind, which has everything in it, and all variables after them, of every copy
    on this process."""
    steps = engine.copies(lambda: make_step(engine))
    network, kind, copies = steps[0].model.network, steps[0].kind(0), [step.variables for step in steps]
    engine.broadcast(copies)
    compiled = engine.share([lambda inputs, step=step: step(inputs, *kind) for step in steps], copies[0],
                            steps[0].batch_axes)
    reports = []
    for index in range(count):
        inputs = adversarial.batch(index, network=network)
        inputs["images"] = np.repeat(inputs["images"], network.channels, axis=-1)
        reports.append({name: float(value) for name, value in compiled(inputs).items()})
    engine.synchronize()
    return reports, [[np.asarray(variable.value) for variable in copy] for copy in copies]


def write_shared_steps(path, devices, also_alone=False, **settings):
    """What a process of its own runs: `shared_steps` of `devices`, and perhaps of one for comparison, to a file."""
    engine = get_engine(devices, hosts=True)
    results = {"together": shared_steps(engine, **settings)}
    if also_alone:
        results["alone"] = shared_steps(get_engine(), **settings)
    arrays = {f"{name}{number:05d}": array for name, (_, copies) in results.items()
              for number, array in enumerate(copies[0])}
    copies = results["together"][1]
    alike = all(np.array_equal(ours, theirs) for copy in copies[1:] for ours, theirs in zip(copies[0], copy))
    np.savez(path, reports=json.dumps({name: reports for name, (reports, _) in results.items()}), alike=alike,
             devices=engine.devices, local=engine.local_devices, chief=engine.chief, copies=len(copies), **arrays)


def start(code, **environment):
    return subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, **environment})


def finish(*processes, code=0):
    outputs = [process.communicate(timeout=600)[1] for process in processes]
    assert [process.returncode for process in processes] == [code] * len(processes), outputs
    return outputs


def steps_code(path, devices, others=""):
    return ("from tests.backend.test_devices import *; "
            f"write_shared_steps({str(path)!r}, {devices!r}{others})")


def two_hosts(index, ports):
    return json.dumps({"cluster": {"worker": [f"localhost:{port}" for port in ports]},
                       "task": {"type": "worker", "index": index}})


def free_ports():
    sockets = [socket.create_server(("localhost", 0)) for _ in range(2)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


@pytest.fixture(scope="module")
def alone():
    reports, copies = shared_steps(get_engine())
    return reports, copies[0]


def read(path):
    with np.load(path) as stored:
        content = dict(stored)
    reports = json.loads(str(content.pop("reports")))
    return {**{name: (reports[name], [content[key] for key in sorted(content) if key.startswith(name)])
               for name in reports}, **{name: content[name].item() for name in ("alike", "devices", "local", "chief",
                                                                                "copies")}}


def assert_same(ours, theirs):
    """Losses, weights, moments of the optimisers (which see a factor on a gradient that Adam hides)."""
    for mine, yours in zip(*(reports for reports, _ in (ours, theirs)), strict=True):
        assert mine == pytest.approx(yours, abs=2e-4)
    for mine, yours in zip(*(arrays for _, arrays in (ours, theirs)), strict=True):
        error = np.linalg.norm(mine.astype(np.float64) - yours)
        # Some biases have no gradient but rounding, which Adam makes steps of.
        assert error <= 1e-4 * np.linalg.norm(yours) + 2e-4


@pytest.mark.slow
def test_two_devices_give_the_numbers_of_one(alone, tmp_path):
    finish(start(steps_code(tmp_path / "two.npz", 2)))
    result = read(tmp_path / "two.npz")
    assert result["devices"] == result["local"] == result["copies"] == 2 and result["chief"] and result["alike"]
    assert_same(result["together"], alone)


@pytest.mark.slow
@pytest.mark.parametrize("devices", [1, 2])
def test_two_processes_give_the_numbers_of_one(alone, tmp_path, devices):
    ports = free_ports()
    finish(*(start(steps_code(tmp_path / f"{index}.npz", devices), TF_CONFIG=two_hosts(index, ports))
             for index in range(2)))
    results = [read(tmp_path / f"{index}.npz") for index in range(2)]
    assert [result["chief"] for result in results] == [True, False]
    for result in results:
        assert result["devices"] == 2 * devices and result["copies"] == devices and result["alike"]
        assert_same(result["together"], alone)
    for mine, yours in zip(*(result["together"][1] for result in results)):
        np.testing.assert_array_equal(mine, yours)


@pytest.mark.slow
def test_two_processes_of_srun_give_the_numbers_of_one(alone, tmp_path):
    job = free_ports()[0] - 12000  # of which the port is made
    if not 0 <= job < 20000:
        job = os.getpid()
    slurm = {"SLURM_JOB_ID": str(job), "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NODELIST": "localhost",
             "SLURM_STEP_TASKS_PER_NODE": "2"}
    finish(*(start(steps_code(tmp_path / f"{index}.npz", 1), SLURM_PROCID=str(index), **slurm) for index in range(2)))
    for index in range(2):
        assert_same(read(tmp_path / f"{index}.npz")["together"], alone)


@pytest.fixture(scope="module")
def with_jax(tmp_path_factory):
    """Two devices of one process, and one."""
    pytest.importorskip("jax")
    path = tmp_path_factory.mktemp("jax") / "two.npz"
    finish(start(steps_code(path, 2, ", also_alone=True"), KERAS_BACKEND="jax",
                 XLA_FLAGS="--xla_force_host_platform_device_count=2"))
    return read(path)


@pytest.mark.slow
def test_two_jax_devices_give_the_numbers_of_one(with_jax):
    assert with_jax["devices"] == 2
    assert_same(with_jax["together"], with_jax["alone"])


@pytest.mark.slow
def test_two_jax_processes_give_the_numbers_of_one(with_jax, tmp_path):
    ports = free_ports()
    finish(*(start(steps_code(tmp_path / f"{index}.npz", 1), KERAS_BACKEND="jax", TF_CONFIG=two_hosts(index, ports))
             for index in range(2)))
    results = [read(tmp_path / f"{index}.npz") for index in range(2)]
    assert [(result["devices"], result["chief"]) for result in results] == [(2, True), (2, False)]
    for result in results:
        assert_same(result["together"], with_jax["alone"])


@pytest.mark.slow
def test_legacy_networks_on_two_devices(tmp_path):
    """Batch normalisation sees half of a batch on each device, so the numbers are others; the copies stay alike."""
    finish(start(steps_code(tmp_path / "two.npz", 2, ", make_step=legacy, count=2")))
    result = read(tmp_path / "two.npz")
    assert result["alike"] and result["copies"] == 2
    assert all(np.isfinite(list(report.values())).all() for report in result["together"][0])


# === Whole trainings ===


SLOWLY = """
import sys, time
from catgan.training import loop
from catgan.training.tasks import adversarial
class Slowly(adversarial.AdversarialInputs):
    def __call__(self, step, attempt=0):
        if step == 5:
            print("step 5", file=sys.stderr, flush=True)
            time.sleep(2)
        return super().__call__(step, attempt)
adversarial.AdversarialInputs = Slowly
"""


def train_code(experiment, drawn, runs, devices=1):
    """The command line."""
    return ("import sys; from catgan.cli.main import main; "
            f"sys.exit(main(['train', {str(experiment)!r}, '--data', {str(drawn)!r}, '--runs', {str(runs)!r}, "
            f"'--devices', '{devices}']))")


def figures(folder):
    names = ("seconds", "images_per_second", "memory_mb")
    return [{name: value for name, value in line.items() if name not in names} for line in run.read_stats(folder)]


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(config.to_yaml(tiny_experiment()))
    return path


@pytest.mark.slow
def test_run_continues_with_another_number_of_devices(experiment, drawn, tmp_path):
    """One process until the second tick, then two processes, stopped by Ctrl-C in the second of them, then two devices
    of one process: the numbers of a training that was never disturbed."""
    undisturbed = Path(loop.train(tiny_experiment(), drawn, tmp_path / "one", verbose=False)["run"])

    def crash(self, tick, stats):
        if tick == 1:  # the second; ticks count from 0
            raise TimeoutError

    with pytest.raises(TimeoutError):
        loop.train(tiny_experiment(), drawn, tmp_path / "runs", verbose=False,
                   callbacks=[type("Crash", (), {"on_epoch_end": crash})()])

    ports = free_ports()
    processes = [start(SLOWLY + train_code(experiment, drawn, tmp_path / "runs"), TF_CONFIG=two_hosts(index, ports))
                 for index in range(2)]
    for line in processes[1].stderr:
        if line.startswith("step 5"):
            time.sleep(0.5)
            processes[1].send_signal(signal.SIGINT)
            break
    said = finish(*processes, code=130)
    assert "Saved at 48 faces" in said[0] and "Saved" not in said[1], said

    said, = finish(start(train_code(experiment, drawn, tmp_path / "runs", 2)))
    folder, = (tmp_path / "runs").iterdir()
    assert f"Continues {folder} at 48 of 96" in said and "2 devices" in said
    assert len(figures(folder)) == 3 and not list(folder.rglob(".*"))
    for mine, yours in zip(figures(folder), figures(undisturbed), strict=True):
        assert mine == pytest.approx(yours, abs=0.02)


@pytest.mark.slow
def test_lost_process_is_an_error_of_the_others(experiment, drawn, tmp_path):
    ports, text = free_ports(), experiment.read_text()
    experiment.write_text(text.replace("images: 96", "images: 9600000"))
    processes = [start(train_code(experiment, drawn, tmp_path / "runs"), TF_CONFIG=two_hosts(index, ports))
                 for index in range(2)]
    for line in processes[0].stderr:
        if line.startswith("tick"):
            processes[1].kill()
            break
    said, = finish(processes[0], code=2)
    processes[1].communicate()
    assert "Another process of this training has stopped" in said


# === Who gets what ===


def test_shard_takes_neighbouring_faces_of_every_input():
    batch = {"images": np.arange(4), "latents": np.arange(8).reshape(2, 4), "gamma": np.float32(0.5),
             "augment": np.arange(8)[:, None] * np.ones((1, 3))}
    first, second = (sharding.shard(batch, index, 2, BATCH_AXES) for index in range(2))
    assert first["images"].tolist() == [0, 1] and second["images"].tolist() == [2, 3]
    assert second["latents"].tolist() == [[2, 3], [6, 7]] and second["gamma"] == 0.5
    assert first["augment"][:, 0].tolist() == [0, 1, 4, 5] and second["augment"][:, 0].tolist() == [2, 3, 6, 7]
    assert sharding.shard(batch, 0, 1, BATCH_AXES)["augment"].tolist() == batch["augment"].tolist()


def test_shard_follows_the_batch_axes_that_a_step_declares():
    batch = {"frames": np.arange(12).reshape(2, 3, 2), "latents": np.arange(4), "augment": np.arange(4)}
    axes = {"frames": sharding.BatchAxis(2)}
    second = sharding.shard(batch, 1, 2, axes)
    np.testing.assert_array_equal(second["frames"], batch["frames"][:, :, 1:])
    assert second["latents"].tolist() == second["augment"].tolist() == [2, 3]


def test_batch_size_that_is_no_multiple_of_the_devices_is_refused():
    sharding.check_batch_size(8, 4)
    with pytest.raises(CatganError, match="multiple of 3.*Received: 8"):
        sharding.check_batch_size(8, 3)


def test_cluster_reads_tf_config_and_slurm():
    assert hosts.cluster({}) is None and hosts.cluster({"TF_CONFIG": ""}) is None
    assert hosts.cluster({"TF_CONFIG": two_hosts(1, [1, 2])}) == hosts.Cluster("localhost:1", 2, 1)
    assert hosts.cluster({"TF_CONFIG": json.dumps({"cluster": {"worker": ["a:1"]},
                                                   "task": {"type": "worker", "index": 0}})}) is None
    for wrong in ("{", "{}", '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "chief", "index": 0}}',
                  two_hosts(2, [1, 2])):
        with pytest.raises(CatganError, match="TF_CONFIG must be JSON.*Received: "):
            hosts.cluster({"TF_CONFIG": wrong})
    batch_script = {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "2"}
    assert hosts.cluster(batch_script) is None
    for names, first in (("node[003-007,12],other", "node003"), ("gpu7", "gpu7"), ("a-1,b-2", "a-1")):
        step = {**batch_script, "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NODELIST": names, "SLURM_PROCID": "1"}
        assert hosts.cluster(step) == hosts.Cluster(f"{first}:12007", 2, 1)


@pytest.mark.parametrize("devices", [0, -1, "some", 1.5])
def test_get_engine_of_an_invalid_number_of_devices_is_refused(devices):
    with pytest.raises(CatganError, match="number from 1, or 'all'"):
        get_engine(devices)


def test_get_engine_of_too_many_devices_is_refused():
    with pytest.raises(CatganError, match=r"This machine has .*\d.*Received: 1000 devices"):
        get_engine(1000)
    assert get_engine("all").devices >= 1


def test_errors_on_the_command_line_leave_nothing_behind(experiment, drawn, tmp_path, capsys):
    for devices, expected in (("1000", "Received: 1000 devices"), ("four", "or 'all'"), ("0", "number from 1")):
        assert main(["train", str(experiment), "--data", str(drawn), "--runs", str(tmp_path / "runs"),
                     "--devices", devices]) == 2
        said = capsys.readouterr().err
        assert expected in said and said.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_get_engine_after_the_backend_started_is_refused():
    keras.ops.convert_to_tensor(0.0)
    with pytest.raises(CatganError, match="started already|This machine has"):
        get_engine(2)


class Two(hosts.Processes):
    """Two processes in one: what they send is kept, and the other's is added."""

    def __init__(self, index, sent):
        super().__init__(hosts.Cluster("x:1", 2, index), 3)
        self.sent, self.heard = [], list(sent)

    def _sum(self, numbers):
        self.sent.append(numbers)
        return numbers + (self.heard.pop(0) if self.heard else np.zeros_like(numbers))


def test_on_chief_any_and_broadcast_agree_in_all_processes():
    def disk_full():
        raise OSError("disk full")

    chief = Two(0, [])
    assert chief.devices == 6 and chief.chief and not Two(1, []).chief
    assert chief.on_chief(lambda: {"run": "läuft", "step": 3}) == {"run": "läuft", "step": 3}
    other = Two(1, chief.sent)
    assert other.on_chief(disk_full) == {"run": "läuft", "step": 3}
    assert Two(0, [np.array([1], np.int32)]).any(False) and not Two(0, []).any(False)
    chief = Two(0, [])
    with pytest.raises(CatganError, match="disk full"):
        chief.on_chief(disk_full)
    with pytest.raises(CatganError, match="disk full"):
        Two(1, chief.sent).on_chief(lambda: None)
    ours = [keras.Variable([1.5, 2.5]), keras.Variable(7, dtype="int32"), keras.Variable([0.1], dtype="bfloat16")]
    theirs = [keras.Variable([0.0, 0.0]), keras.Variable(0, dtype="int32"), keras.Variable([0.0], dtype="bfloat16")]
    chief = Two(0, [])
    chief.broadcast([ours])
    Two(1, chief.sent).broadcast([theirs])
    for mine, yours in zip(ours, theirs):
        np.testing.assert_array_equal(mine, yours)
