"""The map of the book: chapters on a line, and an arc from each to those it builds on.

Colours come from the page's style sheet, so that the map follows the theme.
"""

from html import escape
from typing import Any, NamedTuple

STEP, GAP = 36, 10
TEXT = (
    "Every dot is a chapter, in the order of reading. An arc leads from a chapter "
    "to one that builds on it. Filled dots are written, hollow ones are coming."
)


class Stop(NamedTuple):
    """A chapter on the line: its number, place, part and what is shown of it."""

    number: int
    at: float
    part: int
    entry: dict[str, Any]
    written: bool


def place(parts: list[dict[str, Any]], written: set[str], start: float) -> list[Stop]:
    """Chapters one step apart along the line, a gap between parts."""
    stops, at = [], start
    for index, part in enumerate(parts):
        for entry in part["chapters"]:
            number = int(entry["name"].split("_")[0])
            stops.append(Stop(number, at, index + 1, entry, entry["name"] in written))
            at += STEP
        at += GAP
    return stops


def draw_wide(parts: list[dict[str, Any]], written: set[str]) -> str:
    """The line from left to right, arcs above it, names slanting below."""
    stops = place(parts, written, start=34)
    width, base = stops[-1].at + 140, 178
    known = {stop.number: stop for stop in stops}
    pieces = []
    for stop in stops:
        for need in stop.entry["needs"]:
            left, right = known[need].at, stop.at
            radius = (right - left) / 2
            path = f"M{left} {base} A{radius} {min(radius, 160)} 0 0 1 {right} {base}"
            pieces.append(link(path, known[need], stop))
    for index in range(len(parts)):
        own = [stop.at for stop in stops if stop.part == index + 1]
        line = f"M{own[0]} {base} H{own[-1]}"
        pieces.append(f'<path class="arc-line arc-part-{index + 1}" d="{line}"/>')
    for stop in stops:
        label = f'transform="translate({stop.at - 3} {base + 20}) rotate(40)"'
        pieces.append(chapter(stop, f'cx="{stop.at}" cy="{base}"', label))
    return svg("wide", width, base + 138, "".join(pieces))


def draw_tall(parts: list[dict[str, Any]], written: set[str]) -> str:
    """The line from top to bottom, arcs to its left, names to its right."""
    stops = place(parts, written, start=24)
    base, height = 118, stops[-1].at + 24
    known = {stop.number: stop for stop in stops}
    pieces = []
    for stop in stops:
        for need in stop.entry["needs"]:
            top, bottom = known[need].at, stop.at
            radius = (bottom - top) / 2
            path = f"M{base} {top} A{min(radius, 104)} {radius} 0 0 0 {base} {bottom}"
            pieces.append(link(path, known[need], stop))
    for index in range(len(parts)):
        own = [stop.at for stop in stops if stop.part == index + 1]
        line = f"M{base} {own[0]} V{own[-1]}"
        pieces.append(f'<path class="arc-line arc-part-{index + 1}" d="{line}"/>')
    for stop in stops:
        label = f'transform="translate({base + 18} {stop.at + 5})"'
        pieces.append(chapter(stop, f'cx="{base}" cy="{stop.at}"', label))
    return svg("tall", 340, height, "".join(pieces))


def link(path: str, start: Stop, end: Stop) -> str:
    """An arc between two chapters, warm where one of them can be read."""
    kind = "arc-link arc-lit" if start.written or end.written else "arc-link"
    return f'<path class="{kind}" d="{path}"/>'


def chapter(stop: Stop, centre: str, label: str) -> str:
    """A dot and a name; a link where the chapter is written."""
    name = escape(stop.entry["short"])
    kind = "written" if stop.written else "coming"
    drawn = (
        f'<circle class="arc-stop arc-part-{stop.part} arc-{kind}" {centre} r="7"/>'
        f'<text class="arc-name arc-{kind}" {label}>'
        f'<tspan class="arc-number">{stop.number}</tspan> {name}</text>'
    )
    if not stop.written:
        return f"<g>{drawn}</g>"
    return f'<a href="{stop.entry["name"]}.html">{drawn}</a>'


def svg(name: str, width: float, height: float, inside: str) -> str:
    """The whole drawing, with a title and a description for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="group" '
        f'aria-labelledby="arc-{name}-title arc-{name}-text">'
        f'<title id="arc-{name}-title">Map of the book</title>'
        f'<desc id="arc-{name}-text">{TEXT}</desc>{inside}</svg>'
    )
