"""What an explorer is, and how its weights are made to fit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from companion.viz.explorer.page import fill_in, whole_page
from companion.viz.style import HEAT, PANEL

LEVELS = (255, 191, 127, 95, 63, 47, 31, 23, 15)


@dataclass(frozen=True)
class AttentionExplorer:
    """Attention that answers who looks where, as HTML that fetches nothing.

    Attributes:
        html: what a notebook or a page shows; without scripts, a still picture and its text.
        title: what stands above it.
        description: what is to be seen at first, in words.
        levels: that tell weights apart: one of those packed is off by at most the largest of its
            row, divided by twice as many.
    """

    html: str
    title: str
    description: str
    levels: int

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<AttentionExplorer: {self.description}>"

    def save(self, path: str | Path) -> None:
        """Write it as a page that any browser opens, without a network."""
        Path(path).write_text(whole_page(self.title, self.html), encoding="utf-8")


def fitted(
    subject: str,
    kinds: Callable[[int], list[dict[str, object]]],
    still: str,
    title: str,
    words: str,
    size: str,
    largest: int,
) -> AttentionExplorer:
    """An explorer of at most `largest` bytes, with as many levels as that allows.

    Args:
        subject: the folder of what is explored, "image" or "tokens".
        kinds: what the script needs of each kind of attention, for a number of levels.
        still: the address of the still picture.
        title: what stands above it.
        words: the text alternative.
        size: what is to fit, for the error.
        largest: bytes of HTML.

    Raises:
        ValueError: it does not fit with the fewest levels.
    """
    colours = {"heat": HEAT, "paper": PANEL}
    for levels in LEVELS:
        facts = {"kinds": kinds(levels), "colours": colours}
        html = fill_in(subject, facts, still, title, words)
        if len(html.encode()) <= largest:
            return AttentionExplorer(html, title, words, levels)
    raise ValueError(
        f"{size} take {len(html.encode()):,} bytes, over {largest:,}: give fewer layers, as in "
        "maps[-4:], or allow more with largest="
    )
