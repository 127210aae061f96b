"""The table of settings of a chapter: what each profile means."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from companion.lessons.card import table_html, table_text
from companion.lessons.values import number

PROFILES = ("smoke", "book", "full")


@dataclass(frozen=True)
class Settings:
    """Rows of a value for each profile, the active profile, and the values changed by `--set`."""

    table: Mapping[str, Mapping[str, Any]]
    profile: str
    changed: Mapping[str, Any]

    @classmethod
    def read(cls, table: Mapping[str, Mapping[str, Any]], profile: str, given: str) -> Settings:
        """Check `table` and the overrides in `given` (a JSON object of texts, or empty).

        Raises:
            ValueError: a row lacks a profile or has one too many, or an override is unknown or of
                another type than the setting.
        """
        for name, row in table.items():
            if sorted(row) != sorted(PROFILES):
                got = ", ".join(map(repr, row)) or "none"
                raise ValueError(f"setting {name!r} needs {', '.join(PROFILES)}; it has {got}")
        overrides = json.loads(given) if given else {}
        for name in overrides:
            if name not in table:
                raise ValueError(f"--set {name}: unknown; this chapter has {', '.join(table)}")
        changed = {n: convert(n, text, table[n][profile]) for n, text in overrides.items()}
        return cls(table, profile, changed)

    def values(self) -> dict[str, Any]:
        """The active profile's values, as changed."""
        return {name: row[self.profile] for name, row in self.table.items()} | dict(self.changed)

    def text(self) -> str:
        """The table as plain text; the active profile in square brackets."""
        head, rows = self._cells()
        return table_text([f"[{h}]" if h == self.profile else h for h in head], rows)

    def html(self) -> str:
        """The table as HTML; the active profile in bold and marked."""
        head, rows = self._cells()
        active = 1 + PROFILES.index(self.profile)
        marked = [*head[:active], f"▸ {head[active]}", *head[active + 1 :]]
        return table_html(marked, rows, label="Settings", active=active)

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        rows = []
        for name, row in self.table.items():
            cells = [name, *(show_value(row[profile]) for profile in PROFILES)]
            if name in self.changed:
                at = 1 + PROFILES.index(self.profile)
                cells[at] = f"{show_value(self.changed[name])} (set; was {cells[at]})"
            rows.append(cells)
        return ["setting", *PROFILES], rows


def variant(profile: str, changes: Mapping[str, Any]) -> str:
    """The name under which results are recorded: the profile, and what was set otherwise.

    `variant("full", {"data": "cifar10"})` is "full data=cifar10"; without changes, the profile.
    """
    return " ".join([profile, *(f"{name}={changes[name]}" for name in sorted(changes))])


def convert(name: str, text: str, like: Any) -> Any:
    """The text of an override as a value of the type of `like`.

    Raises:
        ValueError: the text is no such value, or settings of this type cannot be set so.
    """
    kind = type(like)
    truths = {"true": True, "false": False}
    try:
        if kind is bool:
            return truths[text.lower()]
        if kind in (int, float, str):
            value = kind(text)
            if kind is not float or math.isfinite(value):
                return value
            raise ValueError
    except (ValueError, KeyError):
        article = {"bool": "true or false", "int": "a whole number", "float": "a number"}
        raise ValueError(f"--set {name}={text}: must be {article[kind.__name__]}") from None
    raise ValueError(f"--set {name}: a setting of type {kind.__name__} cannot be set this way")


def show_value(value: Any) -> str:
    """A setting for people."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return number(value)
    return str(value)
