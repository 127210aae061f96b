"""The repository's address stands in `_config.yml` alone, and chapters and site follow it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from repository import checked, edit_chapter, edit_config, setting, write
from setup_cell import WIDTH, setup_cell

ROOT = Path(__file__).resolve().parents[2]
URL = "https://github.com/ada/seeing-attention"
COLAB = "https://colab.research.google.com/github"


@pytest.fixture
def copied(tmp_path, unrun_chapter):
    """A copy of the settings and chapters, with a chapter in small beside them."""
    (tmp_path / "book").mkdir()
    shutil.copy(ROOT / "_config.yml", tmp_path)
    for path in (ROOT / "book").glob("[0-9]*.ipynb"):
        shutil.copy(path, tmp_path / "book")
    text = json.dumps(unrun_chapter, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (tmp_path / "book" / "00_small.ipynb").write_text(text)
    write(tmp_path, "", None)
    return tmp_path


def contents(folder):
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


def out_of_step(folder):
    """The chapters that do not hold what the settings say."""
    config = (folder / "_config.yml").read_text()
    repository = checked(setting(config, "url"), setting(config, "revision"))
    texts = {path.stem: path.read_text() for path in sorted((folder / "book").glob("[0-9]*.ipynb"))}
    return [name for name, text in texts.items() if text != edit_chapter(text, name, repository)]


def test_the_chapters_are_in_step():
    assert out_of_step(ROOT) == []


def test_an_address_is_written_through_and_unset_again(copied):
    before = contents(copied)
    write(copied, URL + ".git", "v1.2")
    assert out_of_step(copied) == []
    settings = yaml.safe_load((copied / "_config.yml").read_text())["repository"]
    assert (settings["url"], settings["branch"], settings["revision"]) == (URL, "main", "v1.2")
    for path in (copied / "book").glob("[0-9]*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        assert "".join(cells[1]["source"]) == setup_cell(URL, "v1.2")
        link = f"{COLAB}/ada/seeing-attention/blob/v1.2/book/{path.name}"
        assert "".join(cells[0]["source"]).endswith(f"\n\n[Open this chapter in Colab]({link})")
    write(copied, "", None)
    assert contents(copied) == before


def test_writing_twice_changes_nothing(copied):
    write(copied, URL, "main")
    once = contents(copied)
    write(copied, URL, None)
    assert contents(copied) == once


def test_only_set_up_cell_and_title_change(copied):
    path = copied / "book" / "00_small.ipynb"
    before = json.loads(path.read_text())["cells"]
    write(copied, URL, None)
    after = json.loads(path.read_text())["cells"]
    assert before[:2] != after[:2]
    assert before[2:] == after[2:]


def test_a_chapter_out_of_step_is_named(copied):
    path = copied / "book" / "00_small.ipynb"
    path.write_text(path.read_text().replace("is missing", "is absent"))
    assert out_of_step(copied) == ["00_small"]


@pytest.mark.parametrize("key", ["url", "revision"])
def test_settings_edited_by_hand_are_noticed(copied, key):
    write(copied, URL, "v1")
    config = copied / "_config.yml"
    old, new = {"url": ("ada/", "eve/"), "revision": ('"v1"', '"v2"')}[key]
    config.write_text(config.read_text().replace(old, new))
    assert "00_small" in out_of_step(copied)


@pytest.mark.parametrize(
    ("url", "revision"),
    [
        ("github.com/ada/book", "main"),
        ("http://github.com/ada/book", "main"),
        ("https://github.com/ada", "main"),
        ("https://gitlab.com/ada/book", "main"),
        ('https://github.com/ada/book";import os', "main"),
        ("https://github.com/ada/{name}", "main"),
        (URL, "a b"),
        (URL, "--upgrade"),
        (URL, 'v1"'),
    ],
)
def test_what_could_not_work_is_refused_and_changes_nothing(copied, url, revision):
    before = contents(copied)
    with pytest.raises(ValueError, match=r"URL=|REVISION="):
        write(copied, url, revision)
    assert contents(copied) == before


def test_a_refusal_is_one_line(copied):
    command = [sys.executable, ROOT / "scripts" / "repository.py", "nonsense", "--root", copied]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "repository: URL='nonsense' is not like https://github.com/<owner>/<name>\n"
    )


def test_the_settings_keep_their_comments_and_format():
    before = (ROOT / "_config.yml").read_text()
    config = edit_config(before, checked("", "main"))
    edited = edit_config(config, checked(URL, "v1")).splitlines()
    changed = [line for line in edited if line not in config.splitlines()]
    assert changed[0] == f'  url: "{URL}"'
    assert changed[1].startswith('  revision: "v1"  # ')
    assert len(changed) == 2
    assert edit_config("\n".join(edited) + "\n", checked("", "main")) == config


@pytest.mark.parametrize("value", ["", "''", '""', f"{URL}", f"'{URL}'  # ours", f'"{URL}"# x'])
def test_any_spelling_of_the_address_is_read(value):
    config = f"title: Book\nrepository:\n  url: {value}\n  revision: dev # not main\n\nhtml: {{}}\n"
    assert setting(config, "url") == (URL if URL in value else "")
    assert setting(config, "revision") == "dev"
    edited = edit_config(config, checked("https://github.com/b/c", "v1"))
    settings = yaml.safe_load(edited)["repository"]
    assert settings == {"url": "https://github.com/b/c", "revision": "v1"}
    assert edited.endswith(" # not main\n\nhtml: {}\n")
    with pytest.raises(ValueError, match="no `revision:`"):
        edit_config(config.replace("revision", "version"), checked("", "v1"))


@pytest.mark.parametrize("url", ["", URL, "https://github.com/" + "a" * 39 + "/" + "b" * 99])
def test_the_set_up_cell_keeps_the_rules_of_chapters(url, unrun_chapter):
    source = setup_cell(url, "0123456789abcdef" * 2 + "01234567")
    assert max(map(len, source.splitlines())) <= WIDTH
    assert len(source.splitlines()) <= 15
    text = edit_chapter(json.dumps(unrun_chapter), "00_small", checked(url, "main"))
    assert json.loads(text)["cells"][1]["source"] == setup_cell(url, "main").splitlines(True)


def test_a_chapter_without_a_set_up_cell_is_refused(copied):
    path = copied / "book" / "00_small.ipynb"
    path.write_text(path.read_text().replace('"setup"', '"other"'))
    with pytest.raises(ValueError, match="00_small has 0 cells tagged `setup`"):
        write(copied, URL, None)


RUN = """
import importlib.util, sys
from IPython.core.interactiveshell import InteractiveShell

source, missing = sys.argv[1:]
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == missing else find(name)
shell = InteractiveShell.instance()
shell.register_magic_function(lambda line: print("pip", line), magic_name="pip")
print(repr(shell.run_cell(source).error_in_exec))
"""


def run_cell(source, folder, *, missing=""):
    """Runs a set-up cell in IPython as if a package were missing, with a pip that only tells."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, source, missing],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("url", ["", URL])
def test_where_the_package_is_the_cell_does_nothing(url, tmp_path):
    assert run_cell(setup_cell(url, "v1"), tmp_path) == "None\n"


def test_where_it_is_missing_the_cell_installs_it(tmp_path):
    told = run_cell(setup_cell(URL, "v1"), tmp_path, missing="companion")
    package = f'"seeing-attention @ git+{URL}@v1"'
    assert told == f"pip install -q --upgrade-strategy only-if-needed {package}\nNone\n"


def test_where_it_is_missing_and_unset_one_line_says_what_to_do(tmp_path):
    told = run_cell(setup_cell("", "main"), tmp_path, missing="companion")
    assert told.count("companion is missing: clone the book, run `pip install -e .` in it") == 2
    assert "Traceback" not in told
