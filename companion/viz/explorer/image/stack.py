"""One image's attention out of what was recorded.

Axes: l layers, m maps of a layer, n tokens.
"""

from collections.abc import Sequence

from torch import Tensor

from companion.inspection.record import AttentionMap
from companion.parts.attention.tap import TokenLayout
from companion.viz.explorer.pack import choose_one, require_one_shape, with_rollout


def stack_maps(maps: Sequence[AttentionMap], index: int | None) -> tuple[Tensor, TokenLayout]:
    """One image's attention, and its rollout as far as each layer as the last map: (l, m, n, n).

    Raises:
        ValueError: there is no map, the maps differ in shape, are not of patches looking at
            patches, hold a batch of which no image is chosen, or are no weights.
    """
    _, _, queries, keys = require_one_shape(maps)
    layout = maps[0].layout
    if layout is None or any(attention.layout != layout for attention in maps):
        raise ValueError(
            f"the maps have layouts {sorted({str(attention.layout) for attention in maps})}: "
            "give those of one model that cuts its image into patches"
        )
    tokens = layout.num_tokens
    if (queries, keys) != (tokens, tokens):
        raise ValueError(
            f"weights of {queries} queries and {keys} keys for {layout.num_prefix} prefix tokens "
            f"and {layout.rows}x{layout.columns} patches: expected {tokens} and {tokens}"
        )
    return with_rollout(choose_one(maps, index, "images")), layout
