"""What needs TensorFlow runs in one process of its own: it would change all that comes after it."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.mark.skipif(find_spec("tf_keras") is None, reason="TensorFlow and tf-keras not installed")
def test_tensorflow_and_keras_apart(root: Path) -> None:
    files = sorted(str(path) for path in (root / "tests").rglob("apart_*.py"))
    assert len(files) >= 2
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "USE_TF": "AUTO", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 14
