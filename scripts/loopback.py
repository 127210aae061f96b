"""Runs a command with the loopback interface only: no network, but a kernel can talk to its client.

    python scripts/loopback.py COMMAND [ARGUMENT...]

Linux alone lets an ordinary user do so (unshare). Elsewhere the command runs with the network, and
one line on standard error says so. Standard library only.
"""

import functools
import os
import shutil
import subprocess
import sys

UNSHARE = (
    "unshare",
    "--map-root-user",
    "--net",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
)


@functools.cache
def can_isolate() -> bool:
    """Whether a namespace with a network of its own can be made here."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


def main() -> int:
    """Becomes the command."""
    command = sys.argv[1:]
    if not command:
        print("loopback: no command; usage: python scripts/loopback.py COMMAND", file=sys.stderr)
        return 2
    if can_isolate():
        command = [*UNSHARE, *command]
    else:
        print("loopback: no namespaces here, the network is not cut", file=sys.stderr)
    os.execvp(command[0], command)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
