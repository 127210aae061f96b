"""The site's scripts, where no site has to be built to try them."""

import subprocess
import sys
from pathlib import Path

import pytest


def test_broken_yaml_is_one_line(root: Path, tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text("root: [index\nparts: }\n")
    command = [sys.executable, str(root / "scripts" / "site" / "build.py"), "--root", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("_toc.yml is not YAML: ")
    assert len(done.stderr.splitlines()) == 2


def test_a_file_moved_to_another_folder_is_another_book(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "scripts" / "site"))
    from build import fingerprint

    for folder in ("a", "b"):
        (tmp_path / "book" / folder).mkdir(parents=True)
    page = tmp_path / "book" / "a" / "x.md"
    page.write_text("x")
    before = fingerprint(tmp_path, tmp_path / "executed")
    page.rename(tmp_path / "book" / "b" / "x.md")
    assert fingerprint(tmp_path, tmp_path / "executed") != before
