"""Licence and citation: what a reader may do, and how the book is cited."""

import subprocess
import sys
import tomllib
from pathlib import Path

import yaml


def test_the_code_is_mit_and_the_text_cc_by(root: Path) -> None:
    code, _, text = (root / "LICENSE").read_text().partition("-" * 80)
    assert code.startswith("MIT License\n\nCopyright (c) ")
    assert 'THE SOFTWARE IS PROVIDED "AS IS"' in code
    assert "Creative Commons" not in code
    assert "(CC BY 4.0)" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert "LICENSE" in project["license-files"]


def test_the_citation_file_is_valid(root: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    schema, path = "vendor.citation-file-format", str(root / "CITATION.cff")
    done = subprocess.run([*command, schema, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_citation_names_the_authors_and_both_licences(root: Path) -> None:
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == [{"name": "The Seeing Attention authors"}]
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    readme = " ".join((root / "README.md").read_text().replace(">", " ").split())
    assert citation["title"] in readme
