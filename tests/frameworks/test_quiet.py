import os
import subprocess
import sys

import pytest

from companion.frameworks.quiet import quiet_stderr


def test_what_compiled_code_writes_is_kept_back(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with quiet_stderr():
        os.write(2, b"inside ")
        print("python's own", file=sys.__stderr__)
        with quiet_stderr():
            os.write(2, b"deeper ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_after_an_error_it_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        os.write(2, b"why it broke ")
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"), quiet_stderr():
        fail()
    os.write(2, b"after")
    assert capfd.readouterr().err == "why it broke after"


def test_no_descriptor_is_left_open() -> None:
    def free() -> int:
        descriptor = os.dup(2)
        os.close(descriptor)
        return descriptor

    before = free()
    for _ in range(3):
        with quiet_stderr():
            pass
        with pytest.raises(KeyError), quiet_stderr():
            raise KeyError
    assert free() == before


def test_a_program_without_a_console_runs_too() -> None:
    code = (
        "import os, sys; os.close(2); sys.stderr = None\n"
        "from companion.frameworks.quiet import quiet_stderr\n"
        "with quiet_stderr(): print('inside')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "inside\n"
