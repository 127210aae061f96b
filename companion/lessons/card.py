"""The cards and tables that a lesson shows, as HTML and as plain text.

The HTML must read well in the book (light and dark), in Colab, in JupyterLab and on GitHub, which
drops styles and classes. So its structure alone carries the meaning, colours come from the text's
own (`currentColor`) and translucent greys, and a state is a sign and a word before it is a colour.
The book's stylesheet may refine `claim`, `claim-held`, `claim-open`, `claim-failed`, `settings`,
`check` and the like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from companion.lessons.bands import band_of
from companion.lessons.values import number

STATES = {True: ("✓", "Held", "held"), False: ("✗", "Failed", "failed")}
OPEN = ("○", "Not judged here", "open")
EDGES = {
    "held": "solid rgba(46, 160, 67, 0.9)",
    "open": "dashed rgba(127, 127, 127, 0.9)",
    "failed": "double rgba(218, 54, 51, 0.95)",
}
MEANINGS = {
    "Measured": "what this run found; for a share of n trials ± is its standard error",
    "Band": "where the value must lie for the claim to hold",
    "Source": "who says so, or how it is measured here",
    "Against": "the paper or popular story that the measurement contradicts",
}
KEY = "How to read such a card"
KEY_TEXT = (
    "A claim is held where the value measured lies in its band. Bands were set from runs with the "
    "seeds 0, 1 and 2, then tried on the seeds 3, 4 and 5; the book's page of claims says how that "
    "went. Exact claims, those with a band in every profile, follow from the mathematics."
)
BOX = (
    "margin: 0.6em 0; padding: 0.5em 0.9em; border: 1px solid rgba(127, 127, 127, 0.45); "
    "border-left: 6px {edge}; border-radius: 4px; background: rgba(127, 127, 127, 0.08); "
    "color: inherit; text-align: left; overflow-wrap: anywhere;"
)


def claim_state(claim: Mapping[str, Any]) -> tuple[str, str, str]:
    """Sign, word and class name of a claim's state."""
    return OPEN if claim["held"] is None else STATES[claim["held"]]


def claim_rows(claim: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a card says below the title: measured value, band, source, what it contradicts."""
    where = "in every profile" if claim["exact"] else f"in profile {claim['profile']!r}"
    if claim["held"] is not None:
        expected = f"{claim['band']} ({where})"
    elif claim["changed"]:
        expected = f"none: {', '.join(claim['changed'])} changed with --set"
    else:
        expected = f"none for profile {claim['profile']!r}"
    rows = [("Measured", measured(claim)), ("Band", expected), ("Source", claim["source"])]
    return rows + [("Against", claim["against"])] * bool(claim["against"])


def measured(claim: Mapping[str, Any]) -> str:
    """The value for people; of a share also its standard error and the number of trials."""
    value = number(claim["value"], claim["unit"], band_of(claim))
    if claim["n"] is None:
        return value
    return f"{value} ± {number(claim['error'], claim['unit'])} (n = {claim['n']:,})"


def claim_text(claim: Mapping[str, Any]) -> str:
    """The card as plain text."""
    sign, word, _ = claim_state(claim)
    lines = [f"{sign} Claim: {claim['title']} [{word.lower()}]"]
    return "\n".join(lines + [f"  {name:<8} {value}" for name, value in claim_rows(claim)])


def claim_html(claim: Mapping[str, Any]) -> str:
    """The card as HTML; its id is `claim-` and the claim's id, so that a page can link to it."""
    sign, word, state = claim_state(claim)
    rows = "".join(row_html(name, escape(value)) for name, value in claim_rows(claim))
    return (
        f'<div class="claim claim-{state}" id="claim-{escape(claim["id"])}" '
        f'style="{BOX.format(edge=EDGES[state])}">'
        f'<p style="margin: 0 0 0.3em 0;"><span aria-hidden="true">{sign}</span> '
        f"<strong>{word}: {escape(claim['title'])}</strong></p>"
        f'<dl style="margin: 0; font-size: 0.92em;">{rows}</dl></div>'
    )


def row_html(name: str, value: str) -> str:
    """A row of a card; `value` is HTML."""
    meaning = f' title="{escape(MEANINGS[name])}"' if name in MEANINGS else ""
    return (
        f'<div style="margin: 0;"><dt{meaning} style="display: inline; font-weight: 600;">{name}:'
        f'</dt> <dd style="display: inline; margin: 0;">{value}</dd></div>'
    )


def key_text() -> str:
    """What the words on a card mean, as plain text."""
    meanings = [f"  {name:<8} {meaning}" for name, meaning in MEANINGS.items()]
    return "\n".join([f"{KEY}: {KEY_TEXT}", *meanings])


def key_html() -> str:
    """The same folded: shown once in a chapter, below its first card."""
    rows = "".join(row_html(name, escape(meaning)) for name, meaning in MEANINGS.items())
    return (
        f"<details><summary>{KEY}</summary><p>{escape(KEY_TEXT)}</p>"
        f'<dl style="margin: 0 0 0.5em 0;">{rows}</dl></details>'
    )


def check_html(sign: str, word: str, state: str, message: str) -> str:
    """The answer of an exercise's check as HTML."""
    return (
        f'<div class="check check-{state}" style="{BOX.format(edge=EDGES[state])}">'
        f'<span aria-hidden="true">{sign}</span> <strong>{escape(word)}</strong> '
        f"{escape(message)}</div>"
    )


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as plain text with aligned columns."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def table_html(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, label: str, active: int | None = None
) -> str:
    """A table as HTML, column `active` in bold; `label` is its name for screen readers."""

    def cell(tag: str, index: int, text: str, scope: str = "") -> str:
        edge = "border-bottom: 1px solid rgba(127, 127, 127, 0.45);"
        style = f"text-align: left; padding: 0.25em 0.8em; {edge}"
        if index == active:
            style += " background: rgba(127, 127, 127, 0.14);"
        inner = f"<strong>{escape(text)}</strong>" if index == active else escape(text)
        return f'<{tag}{scope} style="{style}">{inner}</{tag}>'

    top = "".join(cell("th", i, text, ' scope="col"') for i, text in enumerate(head))
    body = "".join(
        "<tr>"
        + cell("th", 0, row[0], ' scope="row"')
        + "".join(cell("td", i, text) for i, text in enumerate(row[1:], 1))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div role="region" tabindex="0" aria-label="{escape(label)}" style="overflow-x: auto;">'
        '<table class="lesson-table" '
        'style="border-collapse: collapse; color: inherit; margin: 0.6em 0;">'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
