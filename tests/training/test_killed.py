import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
@pytest.mark.parametrize("optimizer", ["adamw", "adam"])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path: Path, optimizer: str):
    """SIGKILL in an epoch, at each stage of writing a checkpoint, and at random times."""
    script = Path(__file__).with_name("killed_runs.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), optimizer],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"},
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["different"] == []
    assert result["killed"] == result["hooks"], "a moment at which to die was never reached"
