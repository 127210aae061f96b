"""The page of all claims, rebuilt from what the executed chapters stored."""

import re
from html import escape
from pathlib import Path
from typing import Any

from executed import Chapter

from companion.lessons.card import claim_state, measured, row_html
from companion.lessons.values import elements, number

HERE = Path(__file__).parent
INTRO = """---
html_theme.sidebar_secondary.remove: true
---

# Claims

This book does not ask you to believe it. When a chapter says that something is so, it measures it
and compares the value with a {term}`band`. A value outside its band stops the chapter with an
error, and the book is not built. This page is rebuilt with every build from what the executed
chapters stored.

*Exact* claims follow from the mathematics, or from how the code is built, and hold in every
{term}`profile`. *Measured* claims depend on training. Their bands were set from runs with the
{term}`seeds <seed>` 0, 1 and 2, whose range is shown. The seeds 3, 4 and 5 are kept to try
them on; *confirmed* says on how many of those the claim held, or that it has not been tried yet.

The ± of a share of n trials is its standard error: about as much would another draw of test
examples move it. How much another training moves it, the range over seeds tells.

"""

HEAD = ("Claim", "Measured", "Over seeds", "Band", "Confirmed", "Verdict")
# What the page can be filtered by: a row's data attribute -> label, and what each value is called.
FACETS: dict[str, tuple[str, dict[str, str]]] = {
    "chapter": ("Chapter", {}),
    "kind": ("Kind", {"exact": "exact", "measured": "measured"}),
    "against": ("Against", {"yes": "a paper or a popular story"}),
    "confirmed": (
        "Confirmed",
        {"every": "on every seed", "some": "not on every seed", "none": "not yet"},
    ),
    "verdict": ("Verdict", {"held": "held", "open": "not judged", "failed": "failed"}),
}
CARD = re.compile(r'<div class="claim [^"]*" id="claim-([^"]+)".*?(?=</dl></div>)', re.DOTALL)


def claims_page(chapters: list[Chapter]) -> str:
    """Markdown with a summary, a filter and one table for each chapter."""
    pairs = [(chapter, claim) for chapter in chapters for claim in chapter.claims()]
    if not pairs:
        return INTRO + "No chapter has stored a claim yet.\n"
    sections = "".join(section(chapter) for chapter in chapters if chapter.claims())
    style = (HERE / "claims.css").read_text(encoding="utf-8")
    script = (HERE / "claims.js").read_text(encoding="utf-8")
    assets = f"<style>\n{style}</style>\n\n<script type='module'>\n{script}</script>\n"
    facets = [facets_of(chapter, claim) for chapter, claim in pairs]
    return INTRO + summary(facets) + filter_form(chapters, facets) + sections + assets


def facets_of(chapter: Chapter, claim: dict[str, Any]) -> dict[str, str]:
    """What a claim can be found by: the values of its row's data attributes."""
    return {
        "chapter": chapter.number,
        "kind": "exact" if claim["exact"] else "measured",
        "against": "yes" if claim["against"] else "no",
        "confirmed": confirmed(chapter.confirmed, claim)[1],
        "verdict": claim_state(claim)[2],
    }


def summary(facets: list[dict[str, str]]) -> str:
    """How many claims there are, and how many of which kind."""
    facts = {
        "claims": len(facets),
        "exact": sum(of["kind"] == "exact" for of in facets),
        "measured": sum(of["kind"] == "measured" for of in facets),
        "against": sum(of["against"] == "yes" for of in facets),
        "confirmed": sum(of["confirmed"] == "every" for of in facets),
    }
    cells = "".join(f"<div><dt>{label}</dt><dd>{n}</dd></div>" for label, n in facts.items())
    return f'<dl class="figures">{cells}</dl>\n\n'


def filter_form(chapters: list[Chapter], facets: list[dict[str, str]]) -> str:
    """A choice for each facet in which rows differ; the page's script shows and reads it."""
    names = FACETS | {"chapter": ("Chapter", {c.number: c.title for c in chapters})}
    choices = []
    for facet, (label, values) in names.items():
        found = {of[facet] for of in facets}
        options = "".join(
            f'<option value="{value}">{escape(text)}</option>'
            for value, text in values.items()
            if value in found
        )
        if len(found) > 1:
            all_of = f'<select name="{facet}"><option value="">all</option>{options}</select>'
            choices.append(f"<label>{label} {all_of}</label>")
    count = '<output aria-live="polite"></output>'
    return f'<form class="claims-filter" hidden>{"".join(choices)}{count}</form>\n\n'


def section(chapter: Chapter) -> str:
    """One chapter's claims as a table that scrolls in its own box on a small screen."""
    rows = "".join(row(chapter, claim) for claim in chapter.claims())
    head = "".join(f'<th scope="col">{title}</th>' for title in HEAD)
    return (
        f"## {chapter.title}\n\n"
        f"[Read the chapter]({chapter.path.name})\n\n"
        f"{scroll_box(f'Claims of {chapter.title}')}"
        f'<table class="claims-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "</div>\n\n"
    )


def scroll_box(label: str) -> str:
    """The opening tag of a box that a keyboard can scroll."""
    return f'<div class="table-scroll" role="region" tabindex="0" aria-label="{escape(label)}">'


def row(chapter: Chapter, claim: dict[str, Any]) -> str:
    """One claim: title, source and what it contradicts; value, seeds, band, how it went."""
    facets = facets_of(chapter, claim)
    data = "".join(f' data-{name}="{value}"' for name, value in facets.items())
    card = f"{chapter.name}.html#claim-{claim['id']}"
    _, verdict, state = claim_state(claim)
    against = f'<span class="claim-against">against {escape(claim["against"])}</span>'
    cells = {
        "Measured": unbroken(measured(claim)),
        "Over seeds": unbroken(over_seeds(chapter.seeds, claim)),
        "Band": unbroken(claim["band"] or "–"),
        "Confirmed": unbroken(confirmed(chapter.confirmed, claim)[0]),
        "Verdict": f'<span class="verdict verdict-{state}">{verdict.lower()}</span>',
    }
    return (
        f'<tr id="{address(chapter.name, claim["id"])}"{data}>'
        f'<th scope="row"><a class="claim-title" href="{escape(card)}">{escape(claim["title"])}</a>'
        f'<span class="claim-source">{facets["kind"]} · {escape(claim["source"])}</span>'
        f"{against if claim['against'] else ''}</th>"
        + "".join(f'<td data-label="{name}">{cell}</td>' for name, cell in cells.items())
        + "</tr>"
    )


def unbroken(text: str) -> str:
    """Text for a narrow cell: no line ends before a percent sign, or within n = 100."""
    return (
        escape(text)
        .replace(" %", "&nbsp;%")
        .replace("n = ", "n&nbsp;=&nbsp;")
        .replace(" seed", "&nbsp;seed")
    )


def address(chapter: str, claim: str) -> str:
    """The id of a claim's row on the page."""
    return escape(f"{chapter}-{claim}")


def over_seeds(recorded: dict[str, Any], claim: dict[str, Any]) -> str:
    """The value where all recorded seeds agree, else the smallest to the largest; '–' for none."""
    record = recorded.get("profiles", {}).get(claim["profile"], {})
    of_seeds = list(record.get("claims", {}).get(claim["id"], {}).get("values", {}).values())
    values = list(elements(of_seeds))
    if not values or not all(type(value) in (int, float) for value in values):
        return "–"
    same = all(value == of_seeds[0] for value in of_seeds)
    ends = [of_seeds[0]] if same else [min(values), max(values)]
    shown = " to ".join(dict.fromkeys(number(value, claim["unit"]) for value in ends))
    return f"{shown} ({len(of_seeds)} seed{'s' * (len(of_seeds) > 1)})"


def confirmed(record: dict[str, Any], claim: dict[str, Any]) -> tuple[str, str]:
    """On how many fresh seeds a claim held, in words and as a facet.

    A claim whose band was changed after it was tried counts as not yet confirmed.
    """
    tried = record.get("claims", {}).get(claim["id"])
    if tried is None or record["profile"] != claim["profile"] or tried["band"] != claim["band"]:
        return ("–", "exact") if claim["exact"] else ("not yet", "none")
    held = list(tried["held"].values())
    return f"{sum(held)} of {len(held)}", "every" if all(held) else "some"


def link_cards(html: Path, names: list[str]) -> None:
    """In the built chapters, let each claim's card lead to its row on the page of claims."""
    for name in names if "claims" in names else ():
        page = html / f"{name}.html"
        text = page.read_text(encoding="utf-8")

        def linked(card: re.Match[str], name: str = name) -> str:
            link = f'<a href="claims.html#{address(name, card[1])}">its row among all claims</a>'
            return card[0] + row_html("More", f"{link}, with its range over seeds")

        page.write_text(CARD.sub(linked, text), encoding="utf-8", newline="\n")
