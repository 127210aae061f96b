"""The set-up cell that every chapter carries, and its link to Colab: the one source of both.

Standard library only. While the repository's address is unset, the cell can only say what to do.
"""

WIDTH = 76

UNSET = """\
# The book's package comes from a clone of the book (see "How to run").
import importlib.util

if importlib.util.find_spec("companion") is None:
    raise SystemExit(
        "companion is missing: clone the book, run `pip install -e .` in it"
    )"""

SET = """\
# Installs the book's package where it is missing, as on Colab. What is
# there already (torch, numpy, TensorFlow and so on) stays at its version.
import importlib.util

{repository}
{revision}
if importlib.util.find_spec("companion") is None:
    SOURCE = f"seeing-attention @ git+{{REPOSITORY}}@{{REVISION}}"
    %pip install -q --upgrade-strategy only-if-needed "{{SOURCE}}\""""


def setup_cell(url: str, revision: str) -> str:
    """The source of the set-up cell: what it installs from, or what to do while that is unset."""
    if not url:
        return UNSET
    return SET.format(
        repository=assignment("REPOSITORY", url), revision=assignment("REVISION", revision)
    )


def assignment(name: str, value: str) -> str:
    """`name = "value"`, over several lines where one is too long for a notebook."""
    line = f'{name} = "{value}"'
    if len(line) <= WIDTH:
        return line
    step = WIDTH - len('    ""')
    parts = [f'    "{value[start : start + step]}"' for start in range(0, len(value), step)]
    return "\n".join([f"{name} = (", *parts, ")"])


def colab_link(url: str, revision: str, chapter: str) -> str:
    """The Markdown line that opens a chapter in Colab; empty while the address is unset."""
    if not url:
        return ""
    path = url.removeprefix("https://github.com/")
    place = f"https://colab.research.google.com/github/{path}/blob/{revision}/book/{chapter}.ipynb"
    return f"[Open this chapter in Colab]({place})"
