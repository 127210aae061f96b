"""An experiment runs from a bare checkout on a borrowed GPU, where little is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

# All that may be needed, beside the standard library and what these bring along themselves.
AWAY = (
    *("pooch", "typer", "click", "psutil", "requests", "sacrebleu", "vit_pytorch", "torchvision"),
    *("papermill", "nbformat", "nbclient", "IPython", "ipykernel", "jupyter_client", "ipywidgets"),
    *("pandas", "tensorflow", "tf_keras", "distributed", "dask", "lazy_loader"),
)
BARE = f"""
import sys

class Few:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        away = name.partition(".")[0] in {AWAY}
        return None if away else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Few(finder) for finder in sys.meta_path]
from pathlib import Path
from companion import runner
root = Path(sys.argv.pop(1))
runner.find_root = lambda: root
from companion.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def bare(tmp_path: Path):
    """Runs the command line in a fresh interpreter that has but the packages of a bare checkout."""

    def run(words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BARE, str(tmp_path), *words.split()]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    return run


def test_scenes_are_timed(bare, tmp_path: Path) -> None:
    done = bare("experiment scene_speed --set repeats=1")
    assert "Traceback" not in done.stderr
    assert "Scenes of 32x32 pixels a second" in done.stdout
    rows = tmp_path / "_build" / "experiments" / "scene_speed" / "rows.jsonl"
    assert rows.read_text().count("\n") == 3


def test_models_are_trained(bare, tmp_path: Path) -> None:
    done = bare("experiment mnist_race --set data=digits --set epochs=1 --seeds 0")
    assert "Traceback" not in done.stderr
    assert "failed" not in done.stdout, done.stdout
    rows = tmp_path / "_build" / "experiments" / "mnist_race" / "rows.jsonl"
    assert rows.read_text().count("\n") == 2
    # One of them is a trial of few images, so it need not be as fast as is wanted.
    assert done.returncode == 1


def test_what_needs_more_says_so_with_the_remedy(bare) -> None:
    done = bare("experiment translation")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: sacrebleu: not installed; pip install sacrebleu"]


def test_all_are_listed(bare) -> None:
    done = bare("experiment")
    assert done.returncode == 0, done.stderr
    assert "step_times" in done.stdout
