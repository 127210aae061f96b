"""The first thing `make` runs: checks which Python this is, then makes `.venv` from the lock.

It must say so clearly under a Python that is too old, so its syntax is the oldest there is.
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def python_error(version, candidates=()):
    """Return what is wrong with a Python `version` (major, minor), or nothing if it will do."""
    if OLDEST <= tuple(version) <= NEWEST:
        return ""
    found = ".".join(str(number) for number in version)
    remedy = "install one, then say which: make PYTHON=python3.12 book"
    if candidates:
        remedy = "say which one to take: make PYTHON=" + candidates[0] + " book"
    return "Python 3.11, 3.12 or 3.13 is needed and this is Python " + found + ": " + remedy


def suitable_pythons():
    """Return the commands that start a Python that will do (a shim may lead nowhere)."""
    import os
    import subprocess

    found = []
    for name in ("python3.12", "python3.13", "python3.11"):
        try:
            with open(os.devnull, "w") as nowhere:
                status = subprocess.call([name, "-c", ""], stdout=nowhere, stderr=nowhere)
        except OSError:
            continue
        if status == 0:
            found.append(name)
    return found


if __name__ == "__main__":
    if python_error(sys.version_info[:2]):
        sys.exit("setup: " + python_error(sys.version_info[:2], suitable_pythons()))
    from environment import main

    sys.exit(main(sys.argv[1:]))
