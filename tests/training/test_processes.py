import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file

SCRIPT = Path(__file__).with_name("two_processes.py")
# With --cpu the launcher would want MPI; --multi_gpu starts the processes, and the config of the
# script puts them on the CPU.
LAUNCH = (
    "--multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no --dynamo_backend no "
    "--num_cpu_threads_per_process 1 --main_process_ip 127.0.0.1 --main_process_port"
)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """What the processes run, for one process to do the same."""
    spec = importlib.util.spec_from_file_location("two_processes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes on this machine's CPU left what they ended with."""
    if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        pytest.skip("torch is built without gloo here")
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Loopback alone: the test must run where there is no network.
    interface = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    command = [sys.executable, "-m", "accelerate.commands.launch", *LAUNCH.split()]
    done = subprocess.run(
        [*command, str(port), str(SCRIPT), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **interface, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def results(folder: Path) -> list[dict[str, object]]:
    return [json.loads((folder / f"results-{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("name", ["first", "second", "resumed"])
def test_both_processes_end_with_the_same_weights(launched: Path, name: str):
    one, other = (load_file(launched / f"{name}-{rank}.safetensors") for rank in (0, 1))
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_two_processes_are_one_with_twice_the_batch(launched: Path, script: ModuleType):
    model = script.build()
    history = script.train(model, batch_size=2 * script.BATCH)
    torch.testing.assert_close(
        load_file(launched / "first-0.safetensors"),
        dict(model.state_dict()),
        rtol=1e-4,
        atol=1e-5,
    )
    for result in results(launched):
        assert result["losses"] == pytest.approx([step.loss for step in history.steps], abs=1e-5)
        assert result["plain"] == "Sequential"


def test_a_second_run_in_the_same_processes_goes_on(launched: Path, script: ModuleType):
    model = script.build()
    for _ in range(2):
        script.train(model, batch_size=2 * script.BATCH)
    torch.testing.assert_close(
        load_file(launched / "second-1.safetensors"),
        dict(model.state_dict()),
        rtol=1e-3,
        atol=1e-4,
    )


def test_a_stopped_run_ends_in_the_same_bits(launched: Path):
    first, resumed = (load_file(launched / f"{n}-0.safetensors") for n in ("first", "resumed"))
    assert all(torch.equal(first[key], resumed[key]) for key in first)
    epochs = sorted(path.name[:12] for path in (launched / "run").iterdir())
    assert epochs == ["epoch-000002", "epoch-000003"]


def test_all_stop_when_one_diverges(launched: Path):
    assert [result["diverged"] for result in results(launched)] == [0, 0]


def test_a_list_is_shared_evenly(launched: Path):
    assert [result["steps of a list of 7"] for result in results(launched)] == [3, 3]
