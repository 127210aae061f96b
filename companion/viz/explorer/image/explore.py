"""Touch a patch and see where it looks: attention as a page that stands by itself.

Axes: b batch, h heads, n tokens, c channels, v and u pixels.
"""

from collections.abc import Sequence

from torch import Tensor

from companion.inspection.maps import on_grid
from companion.inspection.record import AttentionMap
from companion.parts.attention.tap import TokenLayout
from companion.viz.explorer.explorer import AttentionExplorer, fitted
from companion.viz.explorer.image.picture import picture, still
from companion.viz.explorer.image.stack import stack_maps
from companion.viz.explorer.pack import layer_numbers, mean_of_heads, pack_maps


def explore_attention(
    image: Tensor,
    maps: Sequence[AttentionMap],
    *,
    index: int | None = None,
    title: str = "Where does each patch look?",
    description: str = "",
    prefix_names: Sequence[str] | None = None,
    largest: int = 400_000,
) -> AttentionExplorer:
    """Let a reader choose a patch, a layer and a head, and see where the patch looks.

    Shows every head, their mean, and the rollout as far as each layer (Abnar and Zuidema 2020),
    over the image (c, v, u) in [0, 1]; two maps side by side, and all of them in small. Works with
    mouse, touch, keyboard and screen reader.

    Args:
        image: the one that the model saw, before normalisation.
        maps: of one call of the model, all layers or the last few, in order.
        index: which image of the batch; may be left out where there is one.
        title: what stands above it.
        description: what the image shows, for whoever cannot see it.
        prefix_names: of the tokens before the patches; the layout's if not given.
        largest: bytes of HTML. Weights are told apart by 255 levels in each row, and by fewer
            only where that is needed to fit.

    Raises:
        ValueError: maps are missing, differ in shape or are no weights of patches on patches; no
            image of a batch is chosen; the image has other values or does not divide into the
            grid; the patches do not tile it; names are not as many as prefix
            tokens; it does not fit.
    """
    stacked, layout = stack_maps(maps, index)
    prefix = layout.num_prefix
    names = list(layout.prefix if prefix_names is None else prefix_names)
    if len(names) != prefix:
        raise ValueError(f"{len(names)} prefix names for {prefix} prefix tokens")
    on_grid(stacked[..., prefix:], layout)  # refuses patches that do not tile
    _require_divisible(image, layout)
    shown = picture(image)
    middle = prefix + layout.rows // 2 * layout.columns + layout.columns // 2
    first = middle if layout.class_token is None else layout.class_token
    heat = on_grid(mean_of_heads(stacked)[first, prefix:], layout)
    place = divmod(int(heat.argmax()), layout.columns)
    query = "middle patch" if layout.class_token is None else names[first]
    words = _words(description, layout, stacked, query, place)
    facts = {
        "layers": [attention.layer for attention in maps],
        "numbers": layer_numbers([attention.layer for attention in maps]),
        "maps": stacked.shape[1],
        "prefix": names,
        "rows": layout.rows,
        "columns": layout.columns,
        "first": first,
        "image": shown,
    }

    def kinds(levels: int) -> list[dict[str, object]]:
        return [{**facts, "levels": levels, "weights": pack_maps(stacked, prefix, levels)}]

    heads, tokens = stacked.shape[1] - 1, stacked.shape[-1]
    size = f"{len(maps)} layers of {heads} heads on {tokens} tokens"
    return fitted("image", kinds, still(image, heat), title, words, size, largest)


def _require_divisible(image: Tensor, layout: TokenLayout) -> None:
    height, width = image.shape[-2:] if image.ndim >= 2 else (0, 0)
    if not height or height % layout.rows or not width or width % layout.columns:
        raise ValueError(
            f"an image of shape {tuple(image.shape)} is not divisible into "
            f"{layout.rows}x{layout.columns} patches: give the one that the model saw"
        )


def _words(
    description: str, layout: TokenLayout, stacked: Tensor, query: str, place: tuple[int, int]
) -> str:
    """What is to be seen at first: where the last layer's heads look on average."""
    image = f"An image ({description})" if description else "An image"
    layers, heads = len(stacked), stacked.shape[1] - 1
    return (
        f"{image} in {layout.rows}x{layout.columns} patches, and the attention of {layers} "
        f"layer{'s' * (layers > 1)} of {heads} head{'s' * (heads > 1)}. In the last layer, heads "
        f"averaged, the patch that the {query} looks at most is row {place[0] + 1}, "
        f"column {place[1] + 1}."
    )
