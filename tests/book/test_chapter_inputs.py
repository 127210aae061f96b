"""Each chapter depends on what its run read: changes of that make it stale, and no others do."""

import json
import shutil
from pathlib import Path

import pytest

from companion.runner import changed

ROOT = Path(__file__).resolve().parents[2]
# Chapter 4 shows the positions of a model of photographs that chapter 5 opens.
BORROWED = {"04_vit": {"book/weights/05_photographs_1.safetensors"}}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of all that chapters may read, to be changed."""
    root = tmp_path_factory.mktemp("clone")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("book", "companion"):
        shutil.copytree(ROOT / name, root / name, ignore=ignore)
    shutil.copy(ROOT / "requirements.txt", root)
    return root


@pytest.fixture
def record(chapter, executed_book):
    """What the chapter's run in `book` depended on."""
    run = json.loads(executed_book[chapter.stem].with_suffix(".json").read_text(encoding="utf-8"))
    return run["record"]


def after_change(root, name, record, chapter):
    """What has changed in the chapter's record once a file has other content, or is there."""
    path = root / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(b"changed" + (before or b""))
    found = changed(record, root / "book" / chapter.name, root)
    path.write_bytes(before) if before is not None else path.unlink()
    return found


def test_every_file_that_it_used_makes_it_stale(chapter, record, copied):
    files = [name for name in record["inputs"] if not (ROOT / name).is_dir()]
    assert [n for n in files if after_change(copied, n, record, chapter) != [n]] == []
    assert changed(record, copied / "book" / chapter.name, copied) == []


def test_a_file_that_it_did_not_use_leaves_it_fresh(chapter, record, copied):
    known = [path for path in copied.rglob("*") if path.is_file()]
    names = [path.relative_to(copied).as_posix() for path in sorted(known)]
    unused = {*names, "companion/models/new.py", "book/new.md"} - {*record["inputs"]}
    sample = sorted(unused - {f"book/{chapter.name}"})[::5]
    assert len(sample) > 10
    assert [n for n in sample if after_change(copied, n, record, chapter) != []] == []


def test_it_depends_on_records_and_weights_of_its_own_that_are_there(chapter, record):
    read = {name for name in record["inputs"] if name.startswith(("book/weights", "book/results"))}
    weights = {name for name in read if name.endswith(".safetensors")}
    kept = (ROOT / "book" / "weights").glob(f"{chapter.stem[:2]}_*.safetensors")
    own = {path.relative_to(ROOT).as_posix() for path in kept}
    borrowed = BORROWED.get(chapter.stem, set())
    assert borrowed <= weights <= own | borrowed
    assert bool(weights - borrowed) is bool(own)
    assert {name.replace(".safetensors", ".json") for name in weights} <= read
    assert f"book/{chapter.name}" not in read
