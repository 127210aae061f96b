from companion.viz.animation import (
    Animation as Animation,
    animate as animate,
)
from companion.viz.explorer.explorer import (
    AttentionExplorer as AttentionExplorer,
)
from companion.viz.explorer.image.explore import (
    explore_attention as explore_attention,
)
from companion.viz.explorer.tokens.explore import (
    explore_tokens as explore_tokens,
)
from companion.viz.plots.alignment import (
    alignment_matrix as alignment_matrix,
    animate_decoding as animate_decoding,
    show_alignment as show_alignment,
)
from companion.viz.plots.attention import (
    show_attention as show_attention,
    show_heads as show_heads,
    show_query as show_query,
)
from companion.viz.plots.contest import (
    Mark as Mark,
    frontier as frontier,
    show_fading as show_fading,
    show_pareto as show_pareto,
)
from companion.viz.plots.curves import (
    show_curves as show_curves,
    show_ranges as show_ranges,
)
from companion.viz.plots.dot_panels import (
    show_dot_panels as show_dot_panels,
)
from companion.viz.plots.dots import (
    show_dots as show_dots,
)
from companion.viz.plots.images import (
    show_filters as show_filters,
    show_images as show_images,
    show_patches as show_patches,
    show_position_similarity as show_position_similarity,
)
from companion.viz.plots.looks import (
    show_maps_below as show_maps_below,
)
from companion.viz.plots.map_table import (
    frame_patches as frame_patches,
    show_map as show_map,
    show_map_table as show_map_table,
)
from companion.viz.plots.maps import (
    show_by_layer as show_by_layer,
    show_matrix as show_matrix,
)
from companion.viz.plots.photograph import (
    show_cut as show_cut,
)
from companion.viz.plots.search import (
    show_search as show_search,
)
from companion.viz.plots.shifts import (
    show_shifts as show_shifts,
)
from companion.viz.plots.text_heads import (
    show_text_heads as show_text_heads,
)
from companion.viz.plots.units import (
    show_partners as show_partners,
    show_units as show_units,
)
from companion.viz.plots.walk import (
    animate_walk as animate_walk,
)
from companion.viz.plots.words import (
    animate_words as animate_words,
    show_map_pairs as show_map_pairs,
    show_word_maps as show_word_maps,
    show_words as show_words,
    word_maps as word_maps,
)
from companion.viz.style import (
    COLORS as COLORS,
    figure as figure,
)
