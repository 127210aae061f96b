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


def test_step_times_stand_under_their_shape(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "scripts" / "site"))
    from cost_page import NO_BENCH, bench_section

    rows = [
        {"shape": shape, "pass": "forward", "reference": reference, "ours_ms": 1234.5}
        | {"reference_ms": 1000.0, "ratio": 1.2345, "noise": 1.01, "ours_mb": 2.0}
        for shape in ("Ti/16", "small")
        for reference in ("timm", "<other>")
    ]
    hardware = {"processor": "P", "cores": 2, "memory_gb": 8.0, "accelerator": "none"}
    made = {"hardware": {**hardware, "system": "S"}, "threads": 1, "versions": {"torch": "2.1"}}
    made |= {"command": "measure it", "date": "2026-01-02"}
    page = bench_section({"rows": rows, "provenance": made})
    measured = "Measured on: P, 2 cores, 8.0 GB, S; threads: 1; torch 2.1; 2026-01-02."
    assert page.endswith(f"{measured} Measure it again: `measure it`.\n")
    assert page.count('scope="rowgroup"') == 2
    assert page.index("Ti/16: forward") < page.index("timm") < page.index("small: forward")
    assert "&lt;other&gt;" in page
    assert '<td class="number">1.234</td>' in page
    assert '<td class="number">–</td>' in page  # no memory of the reference was recorded
    assert bench_section({}) == NO_BENCH
