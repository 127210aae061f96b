"""What comes out of a model, made visible."""

from companion.viz.alignment import alignment_matrix, animate_decoding, show_alignment
from companion.viz.animation import Animation, animate
from companion.viz.curves import show_curves, show_ranges
from companion.viz.maps import class_token_map, position_similarity, principal_components
from companion.viz.plots import (
    show_attention,
    show_filters,
    show_images,
    show_patches,
    show_position_similarity,
)
from companion.viz.pointing import centre_of, points_at, points_by_chance, share_on
from companion.viz.record import AttentionMap, NothingRecorded, record_attention
from companion.viz.style import COLORS, figure
from companion.viz.words import animate_words, show_words, word_maps

__all__ = [
    "COLORS",
    "Animation",
    "AttentionMap",
    "NothingRecorded",
    "alignment_matrix",
    "animate",
    "animate_decoding",
    "animate_words",
    "centre_of",
    "class_token_map",
    "figure",
    "points_at",
    "points_by_chance",
    "position_similarity",
    "principal_components",
    "record_attention",
    "share_on",
    "show_alignment",
    "show_attention",
    "show_curves",
    "show_filters",
    "show_images",
    "show_patches",
    "show_position_similarity",
    "show_ranges",
    "show_words",
    "word_maps",
]
