"""Patch maps as transparent heat over a picture, patch on patch.

What a map is to be checked against stays in sight: even where a map is strongest, half of what is
seen is the picture. A line goes around the patches that weigh at least half of the scale's top.

Axes: t maps, y x cells of a map, c channels, v u pixels of the picture, r s pixels drawn.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from companion.viz.plots.tiles import as_rgb, rgb_of
from companion.viz.style import COLORS, GRID, INK, MUTED, PANEL, heat_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TILE = 128
PALE, COVER = 0.6, 0.5


def overlaid(
    image: Tensor, heat: Tensor, top: float | None = None, size: tuple[int, int] = (TILE, TILE)
) -> Tensor:
    """The picture under each map, all on one scale: (c, v, u), (t, y, x) -> (t, r, s, 3).

    Args:
        image: (c, v, u).
        heat: (t, y, x).
        top: the weight that is darkest; the largest of all maps where it is not given.
        size: pixels down and across.

    Raises:
        ValueError: the map's grid does not divide the picture, or `top` is not above 0.
    """
    height, width = image.shape[-2:]
    rows, columns = heat.shape[1:]
    if height % rows or width % columns:
        raise ValueError(f"a {rows}x{columns} map does not fit a {height}x{width} image")
    heat = heat.detach().cpu().float()
    share = enlarged((heat / top_of(heat, top)).clamp(0, 1)[..., None], size)
    paper = rgb_of(PANEL)
    pale = paper + PALE * (enlarged(as_rgb(image[None]), size) - paper)
    colours = torch.tensor(heat_map()(share[..., 0].numpy()), dtype=torch.float32)[..., :3]
    drawn = pale + COVER * share * (colours - pale)
    return torch.where(outline(share[..., 0] >= 0.5)[..., None], rgb_of(INK), drawn)


def outlined(heat: Tensor, masks: Tensor, top: float | None = None) -> Tensor:
    """Maps alone, all on one scale, each with lines around its masks: (t, TILE, TILE, 3).

    Nothing lies over anything: the picture stands elsewhere, and the lines say what was where.

    Args:
        heat: (t, y, x).
        masks: (t, o, v, u) bool, o of them for each map.
        top: the weight that is darkest; the largest of all maps where it is not given.

    Raises:
        ValueError: masks and maps are not as many, or `top` is not above 0.
    """
    if heat.ndim != 3 or masks.ndim != 4 or len(masks) != len(heat):
        raise ValueError(
            f"{tuple(masks.shape)} masks for heat of shape {tuple(heat.shape)}: give (t, o, v, u) "
            "and (t, y, x), masks for each map"
        )
    share = enlarged((heat.detach().cpu().float() / top_of(heat, top)).clamp(0, 1)[..., None])
    drawn = torch.tensor(heat_map()(share[..., 0].numpy()), dtype=torch.float32)[..., :3]
    for item in range(masks.shape[1]):
        inside = enlarged(masks[:, item, :, :, None].cpu())[..., 0]
        # A light line inside a blue one is seen on any shade.
        wide, line = outline(inside, 3), outline(inside, 2)
        drawn = torch.where(wide[..., None], rgb_of(PANEL), drawn)
        drawn = torch.where(line[..., None], rgb_of(COLORS["blue"]), drawn)
    frame = outline(torch.ones_like(share[..., 0], dtype=torch.bool))
    return torch.where(frame[..., None], rgb_of(GRID), drawn)


def top_of(heat: Tensor, top: float | None) -> float:
    """The scale's top: as given, or the largest weight. Raises `ValueError` unless above 0."""
    if top is not None and top <= 0:
        raise ValueError(f"top={top:g}: give the weight that is to be darkest, above 0")
    return max(heat.max().item(), 1e-12) if top is None else top


def outline(inside: Tensor, times: int = 1) -> Tensor:
    """The inner edge of regions (t, r, s): a line a hundredth of the picture wide, `times` over."""
    width = times * max(1, round(min(inside.shape[1:]) / 100))
    outside = F.pad((~inside).float(), (width,) * 4, value=1.0)
    return inside & (F.max_pool2d(outside, 2 * width + 1, stride=1) > 0)


def enlarged(tiles: Tensor, size: tuple[int, int] = (TILE, TILE)) -> Tensor:
    """(t, y, x, c) -> (t, r, s, c), each value a rectangle."""
    rows, columns = (
        torch.arange(drawn) * given // drawn
        for drawn, given in zip(size, tiles.shape[1:3], strict=True)
    )
    return tiles[:, rows][:, :, columns]


def state_scale(ax: "Axes", heat: Tensor, top: float | None) -> None:
    """Write below what the darkest shade stands for: a legend that fits under a small picture."""
    ax.annotate(
        f"■ {max(heat.max().item(), 0) if top is None else top:.2g}",
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -3),
        textcoords="offset points",
        va="top",
        fontsize=7,
        color=MUTED,
    )
