"""What comes out of a model, made visible."""

from companion.viz.ablation import change_attention, without_heads
from companion.viz.adapters import NothingRecorded
from companion.viz.alignment import alignment_matrix, animate_decoding, show_alignment
from companion.viz.animation import Animation, animate
from companion.viz.curves import show_curves, show_ranges
from companion.viz.distance import mean_distance, patch_distances
from companion.viz.explorer import AttentionExplorer, explore_attention
from companion.viz.gradients import input_gradient, rank_correlation, sum_by_patch
from companion.viz.heads import entropy, head_similarity
from companion.viz.map_plots import show_by_layer, show_heads, show_matrix, show_query
from companion.viz.maps import (
    class_token_map,
    mean_over_heads,
    position_similarity,
    principal_components,
    query_map,
)
from companion.viz.plots import (
    show_attention,
    show_filters,
    show_images,
    show_patches,
    show_position_similarity,
)
from companion.viz.pointing import centre_of, points_at, points_by_chance, share_on
from companion.viz.record import AttentionMap, record_attention
from companion.viz.relevance import relevance
from companion.viz.rollout import from_class_token, rollout
from companion.viz.style import COLORS, figure
from companion.viz.words import animate_words, show_words, word_maps

__all__ = [
    "COLORS",
    "Animation",
    "AttentionExplorer",
    "AttentionMap",
    "NothingRecorded",
    "alignment_matrix",
    "animate",
    "animate_decoding",
    "animate_words",
    "centre_of",
    "change_attention",
    "class_token_map",
    "entropy",
    "explore_attention",
    "figure",
    "from_class_token",
    "head_similarity",
    "input_gradient",
    "mean_distance",
    "mean_over_heads",
    "patch_distances",
    "points_at",
    "points_by_chance",
    "position_similarity",
    "principal_components",
    "query_map",
    "rank_correlation",
    "record_attention",
    "relevance",
    "rollout",
    "share_on",
    "show_alignment",
    "show_attention",
    "show_by_layer",
    "show_curves",
    "show_filters",
    "show_heads",
    "show_images",
    "show_matrix",
    "show_patches",
    "show_position_similarity",
    "show_query",
    "show_ranges",
    "show_words",
    "sum_by_patch",
    "without_heads",
    "word_maps",
]
