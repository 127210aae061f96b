from companion.inspection.ablation import (
    change_attention as change_attention,
    without_heads as without_heads,
)
from companion.inspection.adapters.listening import (
    NothingRecorded as NothingRecorded,
)
from companion.inspection.covering import (
    cover_cells as cover_cells,
)
from companion.inspection.distance import (
    mean_distance as mean_distance,
    patch_distances as patch_distances,
)
from companion.inspection.gradients import (
    input_gradient as input_gradient,
    rank_correlation as rank_correlation,
    sum_by_patch as sum_by_patch,
)
from companion.inspection.heads import (
    entropy as entropy,
    head_distance as head_distance,
    head_similarity as head_similarity,
    key_share as key_share,
)
from companion.inspection.influence import (
    influence as influence,
)
from companion.inspection.maps import (
    class_token_map as class_token_map,
    mean_over_heads as mean_over_heads,
    position_similarity as position_similarity,
    principal_components as principal_components,
    query_map as query_map,
)
from companion.inspection.nearness import (
    follows_nearness as follows_nearness,
    foretold as foretold,
    place_distances as place_distances,
)
from companion.inspection.pointing import (
    Pointing as Pointing,
    centre_of as centre_of,
    pointing as pointing,
    points_at as points_at,
    points_by_chance as points_by_chance,
    share_on as share_on,
    times_chance as times_chance,
)
from companion.inspection.receptive import (
    pixels_seen as pixels_seen,
)
from companion.inspection.record import (
    AttentionMap as AttentionMap,
    record_attention as record_attention,
)
from companion.inspection.relevance import (
    relevance as relevance,
)
from companion.inspection.rollout import (
    from_class_token as from_class_token,
    rollout as rollout,
)
from companion.inspection.sides import (
    Sides as Sides,
    taken_from_afar as taken_from_afar,
)
from companion.inspection.transplant import (
    LastLook as LastLook,
    change_outputs as change_outputs,
    kept_outputs as kept_outputs,
    last_look as last_look,
    nothing_to_patches as nothing_to_patches,
    nothing_to_prefix as nothing_to_prefix,
    same_to_patches as same_to_patches,
)
from companion.inspection.units import (
    likeliest_neighbours as likeliest_neighbours,
    neighbour_correlation as neighbour_correlation,
    share_beside as share_beside,
    token_units as token_units,
)
