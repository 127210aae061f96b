from companion.viz.animation import (
    Animation as Animation,
)
from companion.viz.animation import (
    animate as animate,
)
from companion.viz.explorer.explore import (
    AttentionExplorer as AttentionExplorer,
)
from companion.viz.explorer.explore import (
    explore_attention as explore_attention,
)
from companion.viz.plots.alignment import (
    alignment_matrix as alignment_matrix,
)
from companion.viz.plots.alignment import (
    animate_decoding as animate_decoding,
)
from companion.viz.plots.alignment import (
    show_alignment as show_alignment,
)
from companion.viz.plots.attention import (
    show_attention as show_attention,
)
from companion.viz.plots.attention import (
    show_heads as show_heads,
)
from companion.viz.plots.attention import (
    show_query as show_query,
)
from companion.viz.plots.curves import (
    show_curves as show_curves,
)
from companion.viz.plots.curves import (
    show_ranges as show_ranges,
)
from companion.viz.plots.images import (
    show_filters as show_filters,
)
from companion.viz.plots.images import (
    show_images as show_images,
)
from companion.viz.plots.images import (
    show_patches as show_patches,
)
from companion.viz.plots.images import (
    show_position_similarity as show_position_similarity,
)
from companion.viz.plots.maps import (
    show_by_layer as show_by_layer,
)
from companion.viz.plots.maps import (
    show_matrix as show_matrix,
)
from companion.viz.plots.words import (
    animate_words as animate_words,
)
from companion.viz.plots.words import (
    show_words as show_words,
)
from companion.viz.plots.words import (
    word_maps as word_maps,
)
from companion.viz.style import (
    COLORS as COLORS,
)
from companion.viz.style import (
    figure as figure,
)
