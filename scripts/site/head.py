"""What a page's head says of it to search engines and to those who pass on its address."""

import re
from html import escape, unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LENGTH = 160
CARD = "_static/social-card.png"
GIVEN = re.compile(r'<meta content="([^"]*)" name="description"')


def describe(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """A description, the page's own or its first paragraph, and Open Graph's tags."""
    given = GIVEN.search(context.get("metatags", ""))
    said = unescape(given[1]) if given else beginning(doctree)
    title = app.env.titles[page].astext() if page in app.env.titles else app.config.project
    tags = {
        "og:type": "website" if page == "index" else "article",
        "og:site_name": app.config.project,
        "og:title": title,
        "og:description": said,
    }
    if address := app.config.html_baseurl:
        tags |= {"og:url": f"{address}{page}.html", "og:image": f"{address}{CARD}"}
    written = [f'<meta property="{n}" content="{escape(t)}" />' for n, t in tags.items() if t]
    if said and not given:
        written.append(f'<meta name="description" content="{escape(said)}" />')
    context["metatags"] = "\n".join([context.get("metatags", ""), *written])


def beginning(doctree: nodes.document | None) -> str:
    """The beginning of a page's first paragraph, cut between words."""
    paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
    text = next((" ".join(found.astext().split()) for found in paragraphs), "")
    if len(text) <= LENGTH:
        return text
    return text[: LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def setup(app: Sphinx) -> None:
    """Write the tags into each page."""
    app.connect("html-page-context", describe)
