"""Runs one notebook in the profile `smoke` from an empty folder, and says how it went.

    python scripts/loopback.py python scripts/smoke.py NOTEBOOK OUTPUT [--kernel colab]

Run by the main environment's Python, which has papermill; the kernel may live in another one. Real
data and changed settings of whoever calls it are hidden from the chapter. Exit status 1: it failed.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

HIDDEN = ("COMPANION_DATA", "COMPANION_SET", "COMPANION_CLAIMS", "MPLBACKEND", "PYTHONPATH")


def main() -> int:
    """Executes the notebook; prints one line, with the error where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--kernel", default="python3")
    parser.add_argument("--timeout", type=float, default=600.0)
    arguments = parser.parse_args()
    for name in HIDDEN:
        os.environ.pop(name, None)
    from companion import runner

    with tempfile.TemporaryDirectory(prefix="smoke-") as empty:
        result = runner.execute(
            arguments.notebook.resolve(),
            arguments.output.resolve(),
            parameters={"PROFILE": "smoke"},
            timeout=arguments.timeout,
            kernel=arguments.kernel,
            cwd=Path(empty),
            variables=runner.environment("smoke"),
        )
    print(f"{result.chapter}: {result.status}, {result.seconds:.0f} s {result.error}")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
