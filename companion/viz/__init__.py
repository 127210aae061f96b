"""What comes out of a model, made visible."""

from companion.viz.maps import class_token_map, position_similarity, principal_components
from companion.viz.plots import (
    show_attention,
    show_curves,
    show_filters,
    show_images,
    show_patches,
    show_position_similarity,
)
from companion.viz.record import AttentionMap, NothingRecorded, record_attention
from companion.viz.style import COLORS, figure

__all__ = [
    "COLORS",
    "AttentionMap",
    "NothingRecorded",
    "class_token_map",
    "figure",
    "position_similarity",
    "principal_components",
    "record_attention",
    "show_attention",
    "show_curves",
    "show_filters",
    "show_images",
    "show_patches",
    "show_position_similarity",
]
