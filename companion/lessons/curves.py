"""Curves that a chapter measures, kept so that several seeds can be laid side by side.

A curve is shown as a table and stored beside it as JSON, as a claim is. `companion run --seeds`
writes those of every seed to `book/results/seeds/<chapter>.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from companion.lessons.card import table_html, table_text
from companion.lessons.results import RESULTS, recorded
from companion.lessons.show import show
from companion.lessons.values import number, plain, rounded

MIME = "application/vnd.companion.curves+json"


def keep_curves(
    title: str,
    curves: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float],
    x_label: str,
    unit: str = "",
) -> None:
    """Show named curves as a table, a row each, and store them for the record over seeds.

    With `unit="%"` values are fractions shown as percentages.

    Raises:
        ValueError: there is no curve, one has another length than `x`, or a value is not finite.
    """
    places = plain(list(x))
    if not curves or not isinstance(places, list):
        raise ValueError(f"{title!r}: there are no curves to keep")
    values = {name: rounded(plain(list(curve))) for name, curve in curves.items()}
    for name, curve in curves.items():
        if len(curve) != len(places):
            raise ValueError(f"curve {name!r} has {len(curve)} values for {len(places)} places")
    stored = {"title": title, "x": places, "unit": unit, "curves": values}
    head = [x_label, *map(number, places)]
    rows = [[name, *(_short(v, unit) for v in curve)] for name, curve in curves.items()]
    html = table_html(head, rows, label=title)
    show(table_text(head, rows), html, {MIME: stored})


def curves_of(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All curves stored in a notebook (its JSON), in order."""
    outputs = (out for cell in notebook["cells"] for out in cell.get("outputs", []))
    return [dict(out["data"][MIME]) for out in outputs if MIME in out.get("data", {})]


class RecordedCurves(NamedTuple):
    """Curves over the same places `x`: by name, one for each seed."""

    x: list[float]
    runs: dict[str, list[list[float]]]


def recorded_curves(
    chapter: str, profile: str, title: str, *, folder: Path = RESULTS
) -> RecordedCurves | None:
    """The curves that `--seeds` recorded of a chapter; None where there is no record of them."""
    record = recorded(f"seeds/{chapter}", folder)
    run = record["profiles"].get(profile) if record else None
    seeds = list(run.get("curves", {}).get(title, {}).values()) if run else []
    if not seeds:
        return None
    names = seeds[0]["curves"]
    return RecordedCurves(
        seeds[0]["x"], {name: [kept["curves"][name] for kept in seeds] for name in names}
    )


def _short(value: float, unit: str) -> str:
    return f"{value:.0%}" if unit == "%" else number(float(value), unit)
