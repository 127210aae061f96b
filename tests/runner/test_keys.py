"""The key of a chapter changes with what its outputs depend on, and with nothing else."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from companion.runner.keys import chapter_key, closure, dependencies, imported

PACKAGE = {
    "__init__.py": "",
    "parts/__init__.py": "from companion.parts.attention.multi_head import Attention",
    "parts/attention.py": "import torch",
    "parts/patches.py": "",
    "models/__init__.py": "",
    "models/vit.py": "def build():\n    from ..parts import patches\n    return patches",
    "models/mixer.py": "",
    "viz/__init__.py": "",
    "viz/plots.py": "from . import style",
    "viz/style.py": "",
    "viz/explorer.js": "let a = 1",
    "viz/fonts/sans.css": "a {}",
    "lazy/__init__.py": "def __getattr__(name):\n    ...",
    "lazy/slow.py": "",
    "extra/__init__.py": "",
}
CODE = [
    "%matplotlib inline\n!pip install x\nif True:\n    %pip install y\nimport companion.models.vit",
    "from companion.viz import plots",
    "results = 'results/recipe.json'",
]


@pytest.fixture
def clone(tmp_path):
    for name, text in PACKAGE.items():
        file = tmp_path / "companion" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name in ("results/04_vit.json", "results/seeds/04_vit.json", "results/recipe.json"):
        file = tmp_path / "book" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    for name in (
        "weights/04_vit-mnist.safetensors",
        "results/05_other.json",
        "results/04_vitx.json",
    ):
        file = tmp_path / "book" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\0\r\n")
    (tmp_path / "requirements.txt").write_text("torch==1")
    write_chapter(tmp_path, CODE)
    return tmp_path


def write_chapter(clone, code, **more):
    cells = [
        new_markdown_cell("# Title", id="t"),
        *(new_code_cell(c, id=f"c{i}") for i, c in enumerate(code)),
    ]
    for cell in cells[1:]:
        cell.update(more)
    path = clone / "book" / "04_vit.ipynb"
    path.write_text(json.dumps(new_notebook(cells=cells)))
    return path


def key(clone, profile="book"):
    return chapter_key(clone / "book" / "04_vit.ipynb", profile, root=clone)


@pytest.mark.parametrize(
    "name",
    [
        *("companion/__init__.py", "companion/models/__init__.py", "companion/models/vit.py"),
        *("companion/parts/__init__.py", "companion/parts/attention/multi_head.py"),
        *("companion/parts/patches.py", "companion/viz/plots/images.py", "companion/viz/style.py"),
        *("companion/viz/explorer.js", "companion/viz/fonts/sans.css", "requirements.txt"),
        *("book/results/04_vit.json", "book/results/seeds/04_vit.json"),
        *("book/results/recipe.json", "book/weights/04_vit-mnist.safetensors"),
    ],
)
def test_what_a_chapter_depends_on_changes_its_key(clone, name):
    before = key(clone)
    (clone / name).write_text("x = 1")
    assert key(clone) != before


@pytest.mark.parametrize(
    "name",
    [
        *("companion/models/mixer.py", "companion/extra/__init__.py", "companion/lazy/slow.py"),
        *("companion/viz/__pycache__/plots.pyc", "README.md", "book/results/05_other.json"),
        *("book/results/04_vitx.json", "book/index.md", "companion/viz/.hidden"),
    ],
)
def test_what_it_does_not_depend_on_leaves_its_key(clone, name):
    before = key(clone)
    (clone / name).parent.mkdir(exist_ok=True)
    (clone / name).write_text("x = 1")
    assert key(clone) == before


def test_sources_profile_and_tags_are_in_the_key_and_outputs_are_not(clone):
    before = key(clone)
    output = new_output("stream", name="stdout", text="hello")
    write_chapter(clone, CODE, outputs=[output], execution_count=7)
    assert key(clone) == before
    write_chapter(clone, CODE, metadata={"execution": {"a": "now"}, "tags": []})
    assert key(clone) == before
    write_chapter(clone, CODE, metadata={"tags": ["hide-input"]})
    assert key(clone) != before
    write_chapter(clone, [*CODE, "1"])
    assert key(clone) != before
    write_chapter(clone, CODE)
    assert key(clone) == before
    assert key(clone, "smoke") != before


def test_line_ends_of_a_checkout_do_not_matter(clone):
    before = key(clone)
    file = clone / "companion" / "models" / "vit.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert key(clone) == before


@pytest.mark.parametrize(
    ("source", "package", "names"),
    [
        ("import companion.parts as p, os", "companion", {"companion.parts"}),
        ("from companion import parts", "companion", {"companion", "companion.parts"}),
        ("from . import a", "companion.x", {"companion.x", "companion.x.a"}),
        ("from .a import b", "companion.x", {"companion.x.a", "companion.x.a.b"}),
        ("from ..y import b", "companion.x", {"companion.y", "companion.y.b"}),
        ("import_module('companion.parts')", "companion", {"companion.parts"}),
        ("x = %time companion.parts.f()", "companion", {"companion.parts.f"}),
        ("%%time\nimport companion.viz", "companion", {"companion.viz"}),
        ("from companions import x\nimport torch", "companion", set()),
    ],
)
def test_imports_are_read_from_the_source(clone, source, package, names):
    assert imported(source, package, clone) == names


def test_a_package_that_makes_names_on_demand_counts_whole(clone):
    found = closure(["from companion.lazy import anything"], clone)
    assert clone / "companion" / "lazy" / "slow.py" in found


def test_imports_in_a_circle_end(clone):
    (clone / "companion" / "parts" / "attention.py").write_text("from companion import parts")
    assert len(closure(["import companion.parts"], clone)) == 3


def test_the_real_chapters_depend_on_the_real_package(root):
    chapters = sorted((root / "book").glob("*.ipynb"))
    assert chapters
    for path in chapters:
        files = dependencies(json.loads(path.read_text(encoding="utf-8")), path.stem, root)
        names = {file.relative_to(root).as_posix() for file in files}
        assert {"companion/__init__.py", "companion/lessons/lesson.py", "requirements.txt"} <= names
