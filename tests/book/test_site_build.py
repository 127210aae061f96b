"""How the site is made: its settings, its generated pages, and that a bad build is refused."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from companion.lessons.claims import MIME

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts" / "site"
ADDRESS = "https://github.com/someone/seeing-attention"
CLAIM = {
    "id": "rows-sum-to-one",
    "title": "Rows <sum> to one",
    "source": "Vaswani et al. 2017",
    "against": "",
    "exact": False,
    "profile": "book",
    "seed": 0,
    "unit": "",
    "value": 0.9876543,
    "n": None,
    "error": None,
    "band": "at least 0.9",
    "low": 0.9,
    "high": None,
    "expected": None,
    "held": True,
    "changed": [],
}
INDEX = "# A book\n\n<!-- arc -->\n\n<!-- state -->\n\n<!-- chapters -->\n\n<!-- timed -->\n"
SEEDS = {
    "profiles": {
        "book": {
            "seconds": {"0": 444.4, "1": 71.2, "2": 76.3},
            "hardware": {"processor": "A processor", "cores": 2},
        }
    }
}
PLAN = {
    "parts": [
        {
            "title": "I. One",
            "chapters": [
                {"name": "01_one", "needs": [], "short": "One", "line": "The first."},
                {"name": "02_two", "needs": [1], "short": "Two", "line": "The second."},
            ],
        }
    ]
}


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))


@pytest.fixture
def config() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text())
    return read


def notebook(*claims: dict[str, Any]) -> dict[str, Any]:
    outputs = [
        {
            "output_type": "display_data",
            "data": {"text/plain": "card", MIME: claim},
            "metadata": {},
        }
        for claim in claims
    ]
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": "claim()",
        "execution_count": 1,
        "outputs": outputs,
    }
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# One\n\nText, $x^2$."}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": [text, cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def book(tmp_path: Path, config: dict[str, Any]) -> Path:
    """A book of one page and one chapter, with an address."""
    config["repository"]["url"] = ADDRESS
    toc = {
        "format": "jb-book",
        "root": "book/index",
        "chapters": [{"file": "book/01_one"}, {"file": "book/glossary"}],
    }
    files = {
        "_config.yml": yaml.safe_dump(config),
        "_toc.yml": yaml.safe_dump(toc),
        "CHANGELOG.md": "# Changes\n",
        "book/index.md": INDEX,
        "book/glossary.md": "# Glossary\n",
        "book/plan.yml": yaml.safe_dump(PLAN),
        "book/references.bib": "",
        "book/01_one.ipynb": json.dumps(notebook(CLAIM)),
        "book/results/seeds/01_one.json": json.dumps(SEEDS),
        "_build/executed/01_one.ipynb": json.dumps(notebook(CLAIM)),
        "_build/executed/01_one.json": json.dumps({"seconds": 71.3, "peak_memory_mb": 812}),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "companion").mkdir()
    static = tmp_path / "book" / "_static"
    static.mkdir()
    for name in ("favicon.svg", "logo.svg"):
        (static / name).write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return tmp_path


def build(book: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPTS / "build.py"), "--root", str(book)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_address_no_button_and_no_link(config: dict[str, Any]) -> None:
    from book_config import derive

    config["repository"]["url"] = ""
    derived = derive(config)
    options = derived["sphinx"]["config"]["html_theme_options"]
    assert not any(options[f"use_{name}_button"] for name in ("repository", "edit_page", "issues"))
    assert options["launch_buttons"]["colab_url"] == ""
    assert options["repository_url"] == ""


@pytest.mark.parametrize(
    ("address", "served"),
    [
        ("", ""),
        ("https://github.com/Someone/book", "https://someone.github.io/book/"),
        ("https://github.com/someone/book.git", "https://someone.github.io/book/"),
        ("https://github.com/someone/someone.github.io/", "https://someone.github.io/"),
    ],
)
def test_site_address_follows_the_repository(address: str, served: str) -> None:
    from book_config import site_url

    assert site_url(address) == served


def test_address_that_colab_cannot_open_is_refused() -> None:
    from book_config import site_url

    with pytest.raises(ValueError, match="make repository"):
        site_url("https://example.org/someone/book")


def test_build_with_address_has_right_links_and_is_not_repeated(book: Path) -> None:
    done = build(book)
    assert done.returncode == 0, done.stderr
    html = book / "_build" / "html"
    page = (html / "01_one.html").read_text()
    colab = "https://colab.research.google.com/github/someone/seeing-attention/blob/main/book/"
    assert f"{colab}01_one.ipynb" in page
    assert f"{ADDRESS}/edit/main/book/01_one.ipynb" in page
    assert f"{ADDRESS}/issues/new" in page
    assert f"{ADDRESS}/edit/main/book/index.md" in (html / "index.html").read_text()
    assert 'content="https://someone.github.io/seeing-attention/' in page
    assert "1 min 16 s" in (html / "index.html").read_text()
    assert "A processor, 2 cores" in (html / "index.html").read_text()
    assert str(book) not in page

    before = (html / "01_one.html").stat().st_mtime_ns
    assert build(book).returncode == 0
    assert (html / "01_one.html").stat().st_mtime_ns == before
    (html / "01_one.html").unlink()
    assert build(book).returncode == 0
    assert (html / "01_one.html").is_file()


def test_build_fails_on_a_warning_and_says_which(book: Path) -> None:
    (book / "book" / "glossary.md").write_text("# Glossary\n\nSee {ref}`nowhere`.\n")
    for _ in range(2):  # a second try must not find the page already read, and pass
        done = build(book)
        assert done.returncode == 1
        assert "nowhere" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


def test_chapter_not_executed_is_one_line(book: Path) -> None:
    (book / "_build" / "executed" / "01_one.ipynb").unlink()
    done = build(book)
    assert done.returncode == 1
    assert "chapter 01_one is not executed" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_page_of_the_contents_without_source_is_refused(book: Path, tmp_path: Path) -> None:
    from stage import stage

    (book / "book" / "glossary.md").unlink()
    with pytest.raises(FileNotFoundError, match="book/glossary"):
        stage(book, book / "_build" / "executed", tmp_path / "staged")


def test_staging_leaves_the_book_alone_and_packs_the_same_bytes(book: Path, tmp_path: Path) -> None:
    from stage import stage

    (book / "book" / "images").mkdir()
    for name in ("shown.svg", "other.svg"):
        (book / "book" / "images" / name).write_text("<svg/>")
    chapter = book / "_build" / "executed" / "01_one.ipynb"
    content = json.loads(chapter.read_text())
    content["cells"][0]["source"] += "\n![A picture](images/shown.svg)"
    chapter.write_text(json.dumps(content))
    before = {path: path.stat().st_mtime_ns for path in (book / "book").rglob("*")}
    for name in ("a", "b"):
        stage(book, book / "_build" / "executed", tmp_path / name)
    assert {path: path.stat().st_mtime_ns for path in (book / "book").rglob("*")} == before
    archive = tmp_path / "a" / "notebooks.zip"
    assert archive.read_bytes() == (tmp_path / "b" / "notebooks.zip").read_bytes()
    names = ["seeing-attention/01_one.ipynb", "seeing-attention/images/shown.svg"]
    assert zipfile.ZipFile(archive).namelist() == names


def test_front_page_tells_written_from_coming(book: Path) -> None:
    from executed import read_chapters
    from front import fill_front

    chapters = read_chapters(["01_one"], book / "_build" / "executed", book)
    text = fill_front(INDEX, PLAN, chapters)
    assert "**1 is written**" in text
    assert 'href="01_one.html"' in text
    assert "02_two.html" not in text
    with pytest.raises(ValueError, match="has no <!-- arc -->"):
        fill_front("# A book", PLAN, chapters)


def test_plan_agrees_with_the_chapters_that_exist() -> None:
    plan = yaml.safe_load((ROOT / "book" / "plan.yml").read_text())
    planned = [entry for part in plan["parts"] for entry in part["chapters"]]
    numbers = [int(entry["name"].split("_")[0]) for entry in planned]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(
        need < number for number, e in zip(numbers, planned, strict=True) for need in e["needs"]
    )
    written = {path.stem for path in (ROOT / "book").glob("[0-9]*.ipynb")}
    assert written <= {entry["name"] for entry in planned}
    toc = (ROOT / "_toc.yml").read_text()
    assert [name for name in written if f"book/{name}" not in toc] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<script src="https://cdn.example.org/x.js"></script>', "loads https://cdn.example.org"),
        ('<img alt="" src="//cdn.example.org/x.png">', "loads //cdn.example.org"),
        ('<link rel="stylesheet" href="https://cdn.example.org/x.css">', "loads https://cdn"),
        ("<pre>File {root}/x.py</pre>", "a path of the machine"),
    ],
)
def test_finished_pages_are_checked(tmp_path: Path, text: str, problem: str) -> None:
    from check import problems

    (tmp_path / "a.html").write_text(text.format(root=tmp_path))
    found = problems(tmp_path, ["a", "b"], tmp_path)
    assert any(problem in line for line in found)
    assert "page b.html is missing from the site" in found
    (tmp_path / "a.html").write_text('<a href="https://example.org">elsewhere</a>')
    assert problems(tmp_path, ["a"], tmp_path) == []


def test_palette_is_the_figures_palette() -> None:
    from companion.viz import style

    css = (ROOT / "book" / "_static" / "book.css").read_text().lower()
    assert [name for name, value in style.COLORS.items() if value.lower() not in css] == []
    assert style.PANEL.lower() in css


def test_markdown_docstrings_survive() -> None:
    from book_site import markdown_docstring

    lines = ["Takes `*args`, x * y and |x| of `a_`, see name_.", ".. note:: as it is*"]
    markdown_docstring(None, "", "", None, None, lines)
    assert lines[0] == "Takes ``*args``, x \\* y and \\|x\\| of ``a_``, see name\\_."
    assert lines[1] == ".. note:: as it is*"
