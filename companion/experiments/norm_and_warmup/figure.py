"""What became of the recipes with a norm before or after, as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from companion.experiments.norm_and_warmup import RATES, RECIPES, SETTINGS
from companion.training import FitConfig
from companion.training.schedules import make_schedule
from companion.viz.plots.panels import panels
from companion.viz.style import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def show_norms(record: Mapping[str, Any]) -> list[Axes]:
    """Above, the learning rate with warm-up and without; below, the words right at both rates.

    A sign for each seed: blue is pre-norm, orange post-norm, filled with warm-up, open without.
    """
    top, *below = panels(3, height=6.8)
    steps = int(SETTINGS["epochs"] * SETTINGS["steps_an_epoch"])
    for name, share in (("with warm-up", 0.1), ("without", 0.0)):
        rise = make_schedule(FitConfig(1, 1.0, warmup_fraction=share))
        rates = [rise(step, total=steps) for step in range(steps)]
        top.plot(rates, "-" if share else "--", marker="", label=name)
    top.set(xlabel="step", ylabel="part of the learning rate")
    top.legend(frameon=False)
    names = [name for name in record["table"] if "norm" in name]
    for ax, key in zip(below, RATES, strict=True):
        for place, name in enumerate(names):
            hue = COLORS["blue" if RECIPES[name].norm_first else "vermilion"]
            fill = hue if RECIPES[name].warmup else "none"
            shares = record["table"][name][key]
            for seed, right in enumerate(shares):
                at = place + 0.2 * (seed - (len(shares) - 1) / 2)
                ax.plot(right, at, "o", mfc=fill, mec=hue, ms=7)
        ax.set(title=f"learning rate {SETTINGS[key]}", xlabel="words right", xlim=(-0.05, 1.05))
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_yticks(range(len(names)), names)
    return [top, *below]
