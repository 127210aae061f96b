"""Code cells as a reader of the site meets them; the notebooks themselves stay as they are.

What shows a claim or a figure stands first and its code is folded behind it. Folded code is named
by what it holds. Figures have a number and a caption, the first sentence of their alternative text;
their numbers go on from those that the chapter's drawings have in its own words.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

CLAIM = "application/vnd.companion.claim+json"
TAGS = {
    "setup": "Set-up: the package, where it is missing",
    "imports": "Imports and seed",
    "exercise-setup": "What checks the exercises",
}
SETTINGS = "What each profile means here"
DRAWN = re.compile(r"Figure \d+\.(\d+)\.")
DEFINED = re.compile(r"^(?:def|class) (\w+)|^(\w+) = ", re.MULTILINE)
SENTENCE = re.compile(r".{24,}?(?=[.:;](?:\s|$))", re.DOTALL)


class FoldCells(SphinxPostTransform):
    """Fold what shows claims and figures behind them; name everything that is folded."""

    default_priority = 198  # between MyST-NB's choice of an output's form and its own folding
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Go through the cells of a chapter in order."""
        number = re.match(r"\d+", self.env.docname)
        figures = last_drawn(self.document)
        for cell in list(self.document.findall(is_cell)):
            code, *outputs = cell.children
            shown = [node for output in outputs for node in output.findall(is_picture)]
            if number and shown and description(cell):
                figures += 1
                label = f"Figure {int(number[0])}.{figures}"
                for picture in shown[:1]:
                    give_caption(picture, label, caption(description(cell)), cell)
                fold(cell, code, f"Code of figure {int(number[0])}.{figures}", behind=True)
            elif number and 'class="claim' in cell.astext():
                fold(cell, code, "Code of this claim", behind=True)
            elif cell.get("hide_mode") == "input":
                fold(cell, code, name(cell, code.astext()), behind=False)


def last_drawn(document: nodes.document) -> int:
    """The highest number in a drawing's own caption, **Figure 1.2.** in bold, or 0."""
    found = (DRAWN.fullmatch(words.astext()) for words in document.findall(nodes.strong))
    return max((int(label[1]) for label in found if label), default=0)


def is_cell(node: nodes.Node) -> bool:
    """Whether this is a code cell with its code."""
    return isinstance(node, nodes.container) and (
        node.get("nb_element") == "cell_code"
        and bool(node.children)
        and node.children[0].get("nb_element") == "cell_code_source"
    )


def is_picture(node: nodes.Node) -> bool:
    """Whether this is an image or an animation, without a caption yet."""
    moving = isinstance(node, nodes.raw) and "<img" in node.astext()
    drawn = isinstance(node, nodes.image) or moving
    return drawn and not isinstance(node.parent, nodes.figure)


def description(cell: nodes.Element) -> str:
    """A figure's alternative text, as the notebook has it."""
    options = cell["cell_metadata"].get("mystnb", {})
    return str(options.get("image", {}).get("alt", ""))


def caption(text: str) -> str:
    """The first sentence of an alternative text, or as much of it as says something."""
    found = SENTENCE.match(text)
    return f"{found[0] if found else text.rstrip('.')}."


def give_caption(picture: nodes.Element, label: str, text: str, cell: nodes.Element) -> None:
    """Put a picture into a figure with a number."""
    figure = nodes.figure(ids=[label.lower().replace(" ", "-").replace(".", "-")])
    picture.parent.replace(picture, figure)
    title = nodes.caption("", "", nodes.strong("", label), nodes.Text(f" {text}"))
    title.source, title.line = cell.source, cell.line
    figure += [picture, title]


def name(cell: nodes.Element, code: str) -> str:
    """What folded code holds: its tag's words, or the names that it defines."""
    tagged = [text for tag, text in TAGS.items() if f"tag_{tag}" in cell["classes"]]
    if "lesson.settings(" in code:
        tagged.append(SETTINGS)
    found = [function or value for function, value in DEFINED.findall(code)]
    return tagged[0] if tagged else f"Code: {', '.join(found[:4]) or code.splitlines()[0]}"


def fold(cell: nodes.Element, code: nodes.Element, label: str, *, behind: bool) -> None:
    """Wrap a cell's code in a fold, above its output or behind it."""
    cell.attributes.pop("hide_mode", None)
    folded = HideCodeCellNode("", code, prompt_show=label)
    cell.children.remove(code)
    cell.insert(len(cell.children) if behind else 0, folded)


def open_fold(writer: nodes.NodeVisitor, node: nodes.Element) -> None:
    """A fold named by what it holds, without a second name for screen readers."""
    writer.body.append(f'<details class="hide"><summary>{escape(node["prompt_show"])}</summary>\n')


def close_fold(writer: nodes.NodeVisitor, _node: nodes.Element) -> None:
    """The end of a fold."""
    writer.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Fold cells so."""
    app.add_post_transform(FoldCells)
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
