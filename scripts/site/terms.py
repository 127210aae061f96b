"""Terms lead to the glossary where a chapter first uses them, and the glossary leads back."""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

# Words that a sentence also uses in their ordinary sense: linked only where they are emphasised,
# which is how a chapter introduces them.
ORDINARY = {"band", "head", "key", "mask", "parameter", "value"}
CHAPTER = re.compile(r"\d\d_")
CLOSED = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.reference,
          nodes.title, nodes.image, nodes.raw, addnodes.pending_xref)  # fmt: skip


def read_terms(glossary: Path) -> list[str]:
    """The terms that the glossary's page explains, longest first."""
    inside = glossary.read_text(encoding="utf-8").partition("```{glossary}")[2]
    found = [line for line in inside.splitlines() if line and line[0] not in " `"]
    return sorted(found, key=len, reverse=True)


def link_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Make a link of each term's first use in a chapter: where it is emphasised, or else at all."""
    name = app.env.docname
    if not CHAPTER.match(name):
        return
    for term in read_terms(Path(app.srcdir) / "glossary.md"):
        word = re.compile(rf"(?<![\w-]){re.escape(term)}s?(?![\w-])", spelling(term))
        texts = [text for text in doctree.findall(nodes.Text) if open_to_links(text)]
        places = [
            (text, found)
            for text in texts
            for found in word.finditer(text)
            if term not in ORDINARY or emphasised(text, found)
        ]
        places.sort(key=lambda place: not emphasised(*place))  # stable: else in order of reading
        if places:
            link(*places[0], term, doctree)
            app.env.first_uses.setdefault(term, {})[name] = identifier(term)


def spelling(term: str) -> int:
    """Names such as BLEU are spelled so; other words may begin a sentence."""
    return 0 if term.isupper() else re.IGNORECASE


def open_to_links(text: nodes.Text) -> bool:
    """Whether a text stands in prose, and in no code, formula, heading or link."""
    above: nodes.Node | None = text.parent
    prose = False
    while above is not None:
        if isinstance(above, CLOSED) or "cell" in getattr(above, "attributes", {}).get(
            "classes", ()
        ):
            return False
        prose = prose or isinstance(above, nodes.paragraph)
        above = above.parent
    return prose


def emphasised(text: nodes.Text, found: re.Match[str]) -> bool:
    """Whether emphasis covers the word and nothing else."""
    return isinstance(text.parent, nodes.emphasis | nodes.strong) and found[0] == text.strip()


def identifier(term: str) -> str:
    """Where a chapter first uses a term."""
    return f"use-{nodes.make_id(term)}"


def link(text: nodes.Text, found: re.Match[str], term: str, doctree: nodes.document) -> None:
    """Replace one word of a text by a link to the glossary."""
    reference = addnodes.pending_xref(
        "", nodes.inline("", found[0], classes=["term"]), refdomain="std", reftype="term",
        reftarget=term, refexplicit=True, refwarn=True, ids=[identifier(term)],
    )  # fmt: skip
    reference.source, reference.line = doctree.get("source"), text.parent.line
    anchored = nodes.inline("", "", reference, ids=[identifier(term)], classes=["first-use"])
    parts = [nodes.Text(text[: found.start()]), anchored, nodes.Text(text[found.end() :])]
    text.parent.replace(text, [part for part in parts if part.astext()])


def link_back(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Let each term of the glossary say which chapter uses it first."""
    if name != "glossary":
        return
    for item in doctree.findall(nodes.definition_list_item):
        term = next(iter(item.findall(nodes.term))).astext()
        for chapter, place in sorted(app.env.first_uses.get(term, {}).items())[:1]:
            target = f"{chapter}.html#{place}"
            words = f"First in chapter {int(chapter[:2])}"
            back = nodes.reference("", words, refuri=target, internal=True)
            item.children[-1] += nodes.paragraph("", "", back, classes=["first-in"])


def prepare(app: Sphinx) -> None:
    """Begin with no use known."""
    app.env.first_uses = {}  # type: ignore[attr-defined]


def setup(app: Sphinx) -> None:
    """Link both ways."""
    app.connect("builder-inited", prepare)
    app.connect("doctree-read", link_terms)
    app.connect("doctree-resolved", link_back)
