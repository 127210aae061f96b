"""Plots: each takes tensors and an optional `ax`, and returns the Axes it drew on.

Axes letters: n images or patches, c channels, y and x image.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor

from companion.viz.plots.tiles import as_rgb, bare, draw_tiles, one_axes, tile, write_labels
from companion.viz.style import INK, MUTED, PANEL, diverging_map, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _require_at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}={size}: give a whole number of at least 1")


def show_images(
    images: Tensor,
    labels: Sequence[str] | None = None,
    *,
    columns: int = 8,
    ax: "Axes | None" = None,
) -> "Axes":
    """Show images (n, c, y, x), values in [0, 1], in rows, each with its label above.

    Raises:
        ValueError: there is no image or column, they have another shape, or labels are not as many.
    """
    _require_at_least_one(columns=columns)
    if len(images) == 0:
        raise ValueError("there are no images to show")
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{len(labels)} labels for {len(images)} images")
    pixels = as_rgb(images)
    columns, size = min(columns, len(images)), pixels.shape[1]
    gap = max(1, round(size * (0.42 if labels else 0.12)))
    ax = draw_tiles(ax, pixels, columns, gap, PANEL)
    if labels:
        write_labels(ax, labels, size, columns, gap)
    return ax


def show_patches(image: Tensor, patch_size: int, ax: "Axes | None" = None) -> "Axes":
    """Show an image (c, y, x) cut into its patches, numbered in reading order.

    Raises:
        ValueError: the image is not divisible by `patch_size`, or that is below 1.
    """
    _require_at_least_one(patch_size=patch_size)
    height, width = image.shape[-2:]
    if height % patch_size or width % patch_size:
        raise ValueError(f"{height}x{width} image is not divisible by patch_size={patch_size}")
    patches = rearrange(
        as_rgb(image[None])[0], "(y p) (x q) c -> (y x) p q c", p=patch_size, q=patch_size
    )
    columns, gap = width // patch_size, max(1, patch_size // 2)
    ax = draw_tiles(one_axes(ax, 3.0, 3.0), patches, columns, gap, PANEL)
    numbers = [str(index + 1) for index in range(len(patches))]
    write_labels(ax, numbers, patch_size, columns, gap, fontsize=7)
    return ax


def show_filters(
    filters: Tensor,
    labels: Sequence[str] | None = None,
    *,
    columns: int = 8,
    scale: str = "",
    ax: "Axes | None" = None,
) -> "Axes":
    """Show signed filters (n, c, y, x) on one scale that is symmetric about zero.

    Three channels are shown as colour about grey, one channel from blue (negative) to vermilion,
    with a bar of the colours at the right that is named `scale`, if it is given.

    Raises:
        ValueError: the filters have another shape, there is no column, labels are not as many, or
            a bar is asked for of three channels.
    """
    _require_at_least_one(columns=columns)
    if filters.ndim != 4 or filters.shape[1] not in (1, 3):
        raise ValueError(f"filters have shape {tuple(filters.shape)}: expected (n, 1 or 3, y, x)")
    if labels is not None and len(labels) != len(filters):
        raise ValueError(f"{len(labels)} labels for {len(filters)} filters")
    if scale and filters.shape[1] == 3:
        raise ValueError(f"scale={scale!r}: colours of three channels have no bar")
    filters = filters.detach().cpu().float()
    limit = filters.abs().max().clamp_min(1e-12)
    scaled = filters / limit / 2 + 0.5
    if filters.shape[1] == 1:
        pixels = torch.tensor(diverging_map()(scaled[:, 0].numpy()), dtype=torch.float32)[..., :3]
    else:
        pixels = rearrange(scaled, "n c y x -> n y x c")
    size, columns = filters.shape[-1], min(columns, len(filters))
    # Filters may be two pixels wide: enlarged whole, so that gaps and labels have room.
    zoom = max(1, 16 // size)
    pixels = pixels.repeat_interleave(zoom, dim=1).repeat_interleave(zoom, dim=2)
    gap = size * zoom // 3
    ax = draw_tiles(ax, pixels, columns, gap, PANEL)
    if labels:
        write_labels(ax, labels, size * zoom, columns, gap)
    if scale:
        _bar(ax, limit.item(), scale, [ax])
    return ax


def show_position_similarity(
    similarity: Tensor,
    *,
    places: Sequence[int] | None = None,
    scale: str = "cosine similarity",
    limit: float | None = None,
    beside: Sequence["Axes"] = (),
    ax: "Axes | None" = None,
) -> "Axes":
    """Show (n, y, x) similarities as a grid of grids: each small map is one patch's view.

    A dot marks the patch in its own view; rows and columns are numbered from 1.

    Args:
        similarity: (n, y, x) with n = y * x.
        places: whose views are shown, in reading order and as many in each row; else all.
        scale: what the colours mean, at their bar; "" for no bar.
        limit: the value of the strongest colour, else the largest value of all.
        beside: the axes that the bar stands beside, if they are more than this one.
        ax: where to draw.

    Raises:
        ValueError: there are not as many maps as places in a map.
    """
    n, rows, columns = similarity.shape
    if n != rows * columns:
        raise ValueError(f"{n} maps of {rows}x{columns}: expected {rows * columns}")
    chosen = list(range(n)) if places is None else list(places)
    across = sorted({place % columns for place in chosen})
    down = sorted({place // columns for place in chosen})
    ax = one_axes(ax, 4.2, 3.6)
    limit = similarity.abs().max().item() if limit is None else limit
    gap = max(1, columns // 6)
    views = similarity.detach().cpu().float()[chosen, ..., None]
    canvas = tile(views, len(across), gap, torch.full((1,), float("nan")))[..., 0].numpy()
    ax.imshow(canvas, cmap=diverging_map(), vmin=-limit, vmax=limit, interpolation="nearest")
    bare(ax)
    for index, place in enumerate(chosen):
        row, column = divmod(index, len(across))
        y, x = row * (rows + gap) + place // columns, column * (columns + gap) + place % columns
        ax.plot(x, y, "o", color=INK, markersize=2.5)
    middles = [(i * (columns + gap) + columns / 2 - 0.5) for i in range(len(across))]
    ax.set_xticks(middles, [f"column {place + 1}" for place in across])
    middles = [(i * (rows + gap) + rows / 2 - 0.5) for i in range(len(down))]
    ax.set_yticks(middles, [f"row {place + 1}" for place in down])
    ax.tick_params(length=0, labelsize=7, labelcolor=MUTED)
    if scale:
        _bar(ax, limit, scale, list(beside) or [ax])
    return ax


def _bar(ax: "Axes", limit: float, label: str, beside: list["Axes"]) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    with style():
        colours = ScalarMappable(Normalize(-limit, limit), diverging_map())
        bar = ax.figure.colorbar(colours, ax=beside, shrink=0.85)
        bar.set_label(label)
        bar.outline.set_visible(False)
