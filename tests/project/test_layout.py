"""The repository is laid out as its README says, and no file names the machine it was made on."""

import re
from pathlib import Path

import companion

TOP = {
    *("README.md", "LICENSE", "CITATION.cff", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("_config.yml", "_toc.yml", "environment.yml", "pyproject.toml"),
    *("constraints.txt", "requirements.txt", "Makefile"),
    *(".ci", ".github", ".gitignore", ".gitattributes", ".editorconfig"),
    *("book", "companion", "scripts", "tests"),
}
BINARY = {".png", ".ico", ".woff2", ".safetensors", ".gz", ".xz", ".wasm"}
# Joined here, so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(
        (
            r"(?<![\w.~-])/" + r"(?:root|work)/",
            "pypi" + r"\.org/simple",
            "python" + "hosted",
            "registry" + r"\.npmjs",
            "pytorch" + r"\.org/whl",
            "--(extra-)?" + "index-url",
            "--find" + "-links",
        )
    )
)


def test_nothing_lies_about_at_the_top(root: Path, project_files: list[Path]) -> None:
    assert {path.relative_to(root).parts[0] for path in project_files} == TOP


def test_the_tests_mirror_the_package(root: Path) -> None:
    rooms = {path.parent.name for path in (root / "companion").glob("*/__init__.py")}
    assert len(rooms) >= 13
    assert rooms <= {path.name for path in (root / "tests").iterdir() if path.is_dir()}


def test_one_idea_a_file(root: Path) -> None:
    files = list((root / "companion").rglob("*.py"))
    assert not [
        path for path in files if path.stem in {"utils", "util", "helpers", "misc", "common"}
    ]
    lengths = {str(path): path.read_text().count("\n") for path in files}
    assert {path: lines for path, lines in lengths.items() if lines > 200} == {}


def test_no_file_names_a_machine_or_an_index(root: Path, project_files: list[Path]) -> None:
    found = {}
    for path in project_files:
        if path.suffix not in BINARY:
            text = path.read_text(encoding="utf-8")
            hits = {match[0] for match in MACHINE.finditer(text)}
            hits |= {here for here in (str(root), str(Path.home()) + "/") if here in text}
            if hits:
                found[str(path.relative_to(root))] = hits
    assert found == {}


def test_the_search_would_find_them() -> None:
    # Put together here, so that this file does not hold what it forbids.
    for start, end in (("/root", "/x/y"), ("at /work", "/a"), ("https://pyp", "i.org/simple")):
        assert MACHINE.search(start + end)
    for start, end in (("https://github.com", "/"), ("src/work", "/me"), ("~", "/data")):
        assert not MACHINE.search(start + end), start


def test_every_link_of_the_front_pages_leads_somewhere(root: Path) -> None:
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (root / page).read_text()
        local = [to for to in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in to]
        assert [to for to in local if not (root / to.split("#")[0]).exists()] == []


def test_paths_that_the_front_pages_name_exist(root: Path) -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (root / page).read_text()
        named = set(
            re.findall(r"\b(?:book|companion|tests|scripts)/[\w/]+\.(?:py|ipynb|md)\b", text)
        )
        assert [path for path in named if not (root / path).exists() and "NN" not in path] == []


def test_the_version_stands_the_same_everywhere(root: Path) -> None:
    version = re.escape(companion.__version__)
    for name, line in {
        "pyproject.toml": rf'^version = "{version}"$',
        "CITATION.cff": rf"^version: {version}$",
        "CHANGELOG.md": rf"^## {version}\b",
        "README.md": rf"Version {version}\.",
    }.items():
        assert re.search(line, (root / name).read_text(), re.MULTILINE), name
