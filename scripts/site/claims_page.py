"""The page of all claims, rebuilt from what the executed chapters stored."""

from html import escape
from typing import Any

from executed import Chapter

from companion.lessons.bands import Band, elements, number

INTRO = """---
html_theme.sidebar_secondary.remove: true
---

# Claims

This book does not ask you to believe it. When a chapter says that something is so, it measures it
and compares the value with a {term}`band` stated beforehand. A value outside its band stops the
chapter with an error, and the book is not built.

This page is rebuilt with every build from what the executed chapters stored. *Exact* claims follow
from the mathematics and hold in every {term}`profile`. *Measured* claims depend on training; their
bands come from at least three {term}`seeds <seed>`, and where such runs are recorded the page shows
their range.

"""

HEAD = ("Claim", "Measured", "Over seeds", "Band", "Verdict")
VERDICTS = {True: ("held", "held"), False: ("failed", "failed"), None: ("open", "not judged")}


def claims_page(chapters: list[Chapter]) -> str:
    """Markdown with a summary and one table for each chapter."""
    claims = [claim for chapter in chapters for claim in chapter.claims()]
    sections = [section(chapter) for chapter in chapters if chapter.claims()]
    return INTRO + summary(claims) + "".join(sections)


def summary(claims: list[dict[str, Any]]) -> str:
    """How many claims there are, of which kind, and how many held."""
    if not claims:
        return "No chapter has stored a claim yet.\n"
    exact = sum(bool(claim["exact"]) for claim in claims)
    held = sum(claim["held"] is True for claim in claims)
    facts = (
        (len(claims), "claims"),
        (exact, "exact"),
        (len(claims) - exact, "measured"),
        (held, "held"),
    )
    cells = "".join(f"<div><dt>{label}</dt><dd>{n}</dd></div>" for n, label in facts)
    return f'<dl class="figures">{cells}</dl>\n\n'


def section(chapter: Chapter) -> str:
    """One chapter's claims as a table that scrolls in its own box on a small screen."""
    recorded = chapter.seeds.get("profiles", {})
    rows = "".join(
        row(claim, over_seeds(recorded.get(claim["profile"], {}), claim), chapter)
        for claim in chapter.claims()
    )
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


def row(claim: dict[str, Any], seeds: str, chapter: Chapter) -> str:
    """One claim: title and source, value, range over seeds, band, verdict."""
    kind, verdict = VERDICTS[claim["held"]]
    sort = "exact" if claim["exact"] else "measured"
    anchor = f"{chapter.name}-{claim['id']}"
    return (
        f'<tr id="{escape(anchor)}">'
        f'<th scope="row"><span class="claim-title">{escape(claim["title"])}</span>'
        f'<span class="claim-source">{sort} · {escape(claim["source"])}</span></th>'
        f'<td data-label="Measured" class="number value">{escape(measured(claim))}</td>'
        f'<td data-label="Over seeds" class="number">{escape(seeds)}</td>'
        f'<td data-label="Band">{escape(claim["band"] or "–")}</td>'
        f'<td data-label="Verdict"><span class="verdict verdict-{kind}">{verdict}</span></td></tr>'
    )


def measured(claim: dict[str, Any]) -> str:
    """The value as the chapter's own card shows it."""
    judged = claim["held"] is not None
    band = Band(claim["low"], claim["high"], claim.get("expected")) if judged else None
    return number(claim["value"], claim.get("unit", ""), band)


def over_seeds(record: dict[str, Any], claim: dict[str, Any]) -> str:
    """The value where all recorded seeds agree, else the smallest and the largest; '–' for none."""
    of_seeds = list(record.get("claims", {}).get(claim["id"], {}).get("values", {}).values())
    values = list(elements(of_seeds))
    if not values or not all(type(value) in (int, float) for value in values):
        return "–"
    ends = [min(values), max(values)]
    same = [of_seeds[0]] * len(of_seeds) == of_seeds
    low, *high = dict.fromkeys(
        number(v, claim.get("unit", "")) for v in ([of_seeds[0]] if same else ends)
    )
    seeds = f"{len(of_seeds)} seed{'s' * (len(of_seeds) > 1)}"
    return f"{low} to {high[0]}" if high else f"{low} ({seeds})"
