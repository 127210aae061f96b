"""The page of costs: what each chapter takes, and our step times against the references."""

from html import escape
from typing import Any

from claims_page import scroll_box
from executed import Chapter

from companion.records.provenance import in_words

INTRO = """# What it costs

## Chapters

Time and memory of each chapter in the `book` {term}`profile`, as measured when this site was built,
and the weight of its page: the HTML with its figures, before compression.

"""

BENCH = """## Steps against the references

The same shapes, in one process, in alternating pairs; the table gives medians. *Ratio* is our time
over the reference's. *Noise* is how far that ratio strays when our model is compared with a copy of
itself: a ratio within it shows no difference.

"""

NO_BENCH = """## Steps against the references

Not recorded yet: `python -m companion experiment step_times` measures them.
"""

COLUMNS = {
    "reference": ("Reference", "{}"),
    "ours_ms": ("Ours (ms)", "{:,.0f}"),
    "reference_ms": ("Theirs (ms)", "{:,.0f}"),
    "ratio": ("Ratio", "{:.3f}"),
    "noise": ("Noise", "{:.3f}"),
    "ours_mb": ("Ours (MB)", "{:.1f}"),
    "reference_mb": ("Theirs (MB)", "{:.1f}"),
}


def cost_page(chapters: list[Chapter], bench: dict[str, Any]) -> str:
    """Markdown with the chapters' table and, where it is recorded, the benchmark's."""
    return INTRO + chapter_table(chapters) + bench_section(bench)


def chapter_table(chapters: list[Chapter]) -> str:
    """Time, memory and page weight; the weight is filled in when the pages are built."""
    rows = "".join(
        f'<tr><th scope="row"><a href="{chapter.name}.html">{escape(chapter.title)}</a></th>'
        f'<td class="number">{duration(chapter.run.get("seconds"))}</td>'
        f'<td class="number">{memory(chapter.run.get("peak_memory_mb"))}</td>'
        f'<td class="number"><span data-weight="{chapter.name}">–</span></td></tr>'
        for chapter in chapters
    )
    return (
        f"{scroll_box('Cost of the chapters')}<table><thead><tr>"
        '<th scope="col">Chapter</th><th scope="col">Time</th>'
        '<th scope="col">Peak memory</th><th scope="col">Page</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n\n"
        'Style, scripts and fonts are shared by all pages: <span data-weight="shared">–</span>, '
        "loaded once.\n\n"
    )


def bench_section(bench: dict[str, Any]) -> str:
    """The recorded step times, and on what they were taken."""
    rows = bench.get("rows", [])
    if not rows:
        return NO_BENCH
    head = "".join(f'<th scope="col">{title}</th>' for title, _ in COLUMNS.values())
    body = ""
    for shape, what in dict.fromkeys((row["shape"], row["pass"]) for row in rows):
        body += (
            f'<tr class="part"><th scope="rowgroup" colspan="{len(COLUMNS)}">'
            f"{escape(shape)}: {escape(what)}</th></tr>"
        )
        for row in rows:
            if (row["shape"], row["pass"]) == (shape, what):
                body += "<tr>" + "".join(cell(key, row.get(key)) for key in COLUMNS) + "</tr>"
    table = f'<table class="steps"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"{BENCH}{scroll_box('Step times')}{table}</div>\n\n{conditions(bench)}"


def cell(key: str, value: Any) -> str:
    """One cell: words to the left, numbers to the right."""
    text = "–" if value is None else escape(COLUMNS[key][1].format(value))
    return (
        f'<th scope="row">{text}</th>' if key == "reference" else f'<td class="number">{text}</td>'
    )


def conditions(bench: dict[str, Any]) -> str:
    """Hardware, threads, versions and command, in one sentence."""
    found = bench["provenance"]
    versions = ", ".join(f"{name} {text}" for name, text in found["versions"].items())
    facts = [in_words(found["hardware"]), f"threads: {found['threads']}", versions, found["date"]]
    return f"Measured on: {'; '.join(facts)}. Measure it again: `{found['command']}`.\n"


def duration(seconds: float | None) -> str:
    """Seconds as a reader says them."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def memory(megabytes: float | None) -> str:
    """Megabytes, in gigabytes from a thousand on."""
    if megabytes is None:
        return "–"
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
