"""The landing page's generated parts: the arc of the book and the table of its chapters."""

from html import escape
from statistics import median
from typing import Any

from arc import draw_tall, draw_wide
from claims_page import scroll_box
from cost_page import duration
from executed import Chapter

ARC, TABLE, STATE, TIMED = (f"<!-- {name} -->" for name in ("arc", "chapters", "state", "timed"))


def fill_front(text: str, plan: dict[str, Any], chapters: list[Chapter]) -> str:
    """Put the drawing, the table, the count of chapters and who timed them where they are marked.

    Raises:
        ValueError: a mark is missing from the page.
    """
    parts = {
        ARC: arc(plan, chapters),
        TABLE: table(plan, chapters),
        STATE: state(plan, chapters),
        TIMED: timed(chapters),
    }
    for mark, content in parts.items():
        if mark not in text:
            raise ValueError(f"book/index.md has no {mark}, where generated content goes")
        text = text.replace(mark, content)
    return text


def arc(plan: dict[str, Any], chapters: list[Chapter]) -> str:
    """The drawing twice: wide for a desk, tall for a phone; the style sheet shows one."""
    written = {chapter.name for chapter in chapters}
    return (
        f'<div class="arc arc-wide">{draw_wide(plan["parts"], written)}</div>\n'
        f'<div class="arc arc-tall">{draw_tall(plan["parts"], written)}</div>\n'
    )


def table(plan: dict[str, Any], chapters: list[Chapter]) -> str:
    """One row a chapter, grouped by part, with the measured time where it is written."""
    known = {chapter.name: chapter for chapter in chapters}
    rows = []
    for part in plan["parts"]:
        rows.append(
            f'<tr class="part"><th scope="rowgroup" colspan="3">{escape(part["title"])}</th></tr>'
        )
        rows += [row(entry, known.get(entry["name"])) for entry in part["chapters"]]
    return (
        f"{scroll_box('Chapters of the book')}"
        '<table class="chapters"><thead><tr><th scope="col">Chapter</th>'
        '<th scope="col">Time on a CPU</th><th scope="col">Notebook</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def row(entry: dict[str, Any], chapter: Chapter | None) -> str:
    """A chapter that is written links to its page and notebook; another says that it is coming."""
    figure = int(entry["name"].split("_")[0])
    line = f'<span class="line">{escape(entry["line"])}</span>'
    name = escape(entry["short"])
    if chapter is None:
        return (
            f'<tr class="coming"><th scope="row">{figure}. {name}{line}</th>'
            "<td>coming</td><td></td></tr>"
        )
    seconds = recorded(chapter)
    return (
        f'<tr><th scope="row">{figure}. <a href="{chapter.name}.html">{name}</a>{line}</th>'
        f'<td class="number">{duration(seconds) if seconds else "not timed"}</td>'
        f'<td><a href="_sources/{chapter.path.name}" download>.ipynb'
        f'<span class="visually-hidden"> of chapter {figure}</span></a></td></tr>'
    )


def recorded(chapter: Chapter) -> float | None:
    """The median time of the runs from several seeds, which say on what machine they were taken."""
    seconds = chapter.seeds.get("profiles", {}).get("book", {}).get("seconds", {})
    return median(seconds.values()) if seconds else None


def timed(chapters: list[Chapter]) -> str:
    """On which machine the chapters were timed, in words."""
    records = [chapter.seeds.get("profiles", {}).get("book", {}) for chapter in chapters]
    machines = [record.get("provenance", record).get("hardware") for record in records]
    known = {f"{one['processor']}, {one['cores']} cores" for one in machines if one}
    return escape("; ".join(sorted(known)) or "no machine yet")


def state(plan: dict[str, Any], chapters: list[Chapter]) -> str:
    """How far the book is, in a sentence."""
    planned = sum(len(part["chapters"]) for part in plan["parts"])
    known = {entry["name"] for part in plan["parts"] for entry in part["chapters"]}
    written = sum(chapter.name in known for chapter in chapters)
    if written == planned:
        return f"All {planned} chapters are written."
    verb = "is" if written == 1 else "are"
    return f"Of {planned} chapters, **{written} {verb} written**. The others are planned."
