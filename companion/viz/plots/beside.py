"""Scenes, and beside them what a model sees of them, word by word.

Axes: t maps, y x cells of a map, v u pixels, c channels.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from companion.data.scenes.photographs import PARTS, Crop, photographs
from companion.data.scenes.scene_set import Scenes
from companion.viz.plots.captioned import show_captioned
from companion.viz.plots.words import show_word_maps
from companion.viz.style import COLORS, HEAT, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LITTLE = ("a", "of")
SHRUNK = 0.28  # of a photograph's pixels; the figure has no room for more


def show_beside(
    scene: Scenes,
    labels: Sequence[str],
    heat: Tensor,
    *,
    picture: Tensor | None = None,
    columns: int = 4,
) -> "Axes":
    """Show one scene, and beside it maps (t, y, x) with the outlines of its first two objects.

    `picture` (c, v, u) stands in the scene's place, as one with its objects before a photograph.
    Raises `ValueError` as `show_word_maps`.
    """
    shown = scene.images[0] if picture is None else picture
    return show_word_maps(shown, labels, heat, scene.masks[0, :2], columns=columns)


def show_said(
    scene: Scenes, said: Sequence[str], heat: Tensor, *, picture: Tensor | None = None
) -> "Axes":
    """Show one scene and the maps (t, y, x) of the words said of it, without "a" and "of"."""
    kept = [i for i, word in enumerate(said) if word not in LITTLE] or [0]
    names = [said[i] if said else "(end)" for i in kept]
    return show_beside(scene, names, heat[kept], picture=picture)


def show_fields(scene: Scenes, sharp: Scenes, fields: Mapping[str, Tensor], cells: int) -> "Axes":
    """Show one scene sharp, then for each encoder what its middle cell sees in full colour.

    A frame goes around the cell's own square.

    Args:
        scene: in the pixels that the encoders get.
        sharp: the same for the eye.
        fields: by the encoder's name, the pixels seen (v, u) bool.
        cells: in a row of the encoders' grids.
    """
    zoom = 8
    size = scene.image_size * zoom
    own = slice(size // 2, size // 2 + size // cells)
    frame = torch.zeros(size, size, dtype=torch.bool)
    frame[own.start - 4 : own.stop + 4, own.start - 4 : own.stop + 4] = True
    frame[own, own] = False
    views, notes = [sharp.images[0]], ["the scene"]
    for name, field in fields.items():
        image = torch.where(field, scene.images[0], 0.85 + 0.15 * scene.images[0])
        image = image.repeat_interleave(zoom, dim=1).repeat_interleave(zoom, dim=2)
        views.append(image * ~frame)
        notes.append(f"{name}: {int(field.any(dim=0).sum())} pixels wide")
    return show_captioned(views, notes)


def show_crops(crops: Sequence[Crop]) -> list["Axes"]:
    """Show the two photographs whole, the line between both parts, and where crops were cut."""
    axes = figure(width=6.4, height=2.3, columns=2)
    for number, (ax, whole) in enumerate(zip(axes, photographs(), strict=True)):
        height, width = whole.shape[2:]
        small = F.interpolate(whole, scale_factor=SHRUNK, mode="area")[0]
        ax.imshow(
            rearrange(small, "c y x -> y x c").numpy(),
            extent=(0, width, height, 0),
            interpolation="nearest",
        )
        edge = PARTS["test"][1] * width
        ax.axvline(edge, color="white", ls="--", lw=1.5, marker="")
        for index, crop in enumerate(crops):
            if crop.photograph == number:
                _frame(ax, crop, str(index + 1))
        ax.axis("off")
    return axes


def _frame(ax: "Axes", crop: Crop, label: str) -> None:
    down, across = (0, 0, 1, 1, 0), (0, 1, 1, 0, 0)
    x = [crop.left + crop.side * share for share in across]
    y = [crop.top + crop.side * share for share in down]
    ax.plot(x, y, color=HEAT[1], ls="-", lw=2, marker="")
    ax.text(crop.left + 8, crop.top + 8, label, color="white", va="top", fontweight="bold")


def show_trainings(
    values: Mapping[str, Sequence[float]], kinds: Sequence[str], *, chance: float, y_label: str
) -> "Axes":
    """Show one value for each kind (a place on the x axis) and training (a mark), in percent."""
    ax = figure(width=4.8, height=2.6)[0]
    hues = [COLORS[name] for name in ("blue", "vermilion", "green", "plum", "slate")]
    for index, (name, row) in enumerate(values.items()):
        shares = [100 * value for value in row]
        places = [place + 0.12 * (index - 1) for place in range(len(kinds))]
        mark, hue = "os^Dv"[index % 5], hues[index % 5]
        ax.plot(places, shares, mark, ls="", label=name, markersize=8, color=hue)
    ax.axhline(100 * chance, color=COLORS["slate"], ls="--", lw=1, marker="")
    ax.annotate("chance", (-0.38, 100 * chance + 3), fontsize=9, color=COLORS["slate"])
    ax.set_xticks(range(len(kinds)), [f"{kind} words" for kind in kinds])
    ax.tick_params(axis="x", labelsize=10)
    ax.set(ylim=(0, 105), xlim=(-0.4, len(kinds) - 0.6), ylabel=y_label)
    ax.legend(fontsize=9, loc="lower left", bbox_to_anchor=(0.0, 0.16))
    return ax
