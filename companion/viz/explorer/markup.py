"""Markup as nested lists, so that it travels as data and no sanitizer makes it visible."""

from html.parser import HTMLParser

VOID = ("input",)


class _Lists(HTMLParser):
    """Markup as nested lists: [tag, attributes, child, ...], a child being a list or a text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[list[object]] = [[]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made: list[object] = [tag, {name: value or "" for name, value in attrs}]
        self.open[-1].append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        if closed[:1] != [tag]:
            raise ValueError(f"</{tag}> closes {closed[:1]}: close each element in its turn")

    def handle_data(self, data: str) -> None:
        if data.strip() or "\n" not in data:
            self.open[-1].append(data)


def as_lists(markup: str) -> object:
    """One element's markup as lists, which the script makes elements of.

    Raises:
        ValueError: an end tag does not close the element that is open.
    """
    parser = _Lists()
    parser.feed(markup)
    parser.close()
    return parser.open[0][0]
