"""What compiled code writes past Python, kept back."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep back what is written to file descriptor 2 inside the `with` block.

    TensorFlow's C++ log lines go there, whatever `sys.stderr` is. After an error inside the block
    they are written after all: they may be the only explanation.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a program without a console has no such descriptor, and nothing to keep back
        yield
        return
    with tempfile.TemporaryFile() as held:
        _flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            _restore(kept)
            held.seek(0)
            os.write(2, held.read())
            raise
        _restore(kept)


def _restore(kept: int) -> None:
    _flush()
    os.dup2(kept, 2)
    os.close(kept)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
