from companion.inspection.ablation import (
    change_attention as change_attention,
)
from companion.inspection.ablation import (
    without_heads as without_heads,
)
from companion.inspection.adapters.listening import (
    NothingRecorded as NothingRecorded,
)
from companion.inspection.distance import (
    mean_distance as mean_distance,
)
from companion.inspection.distance import (
    patch_distances as patch_distances,
)
from companion.inspection.gradients import (
    input_gradient as input_gradient,
)
from companion.inspection.gradients import (
    rank_correlation as rank_correlation,
)
from companion.inspection.gradients import (
    sum_by_patch as sum_by_patch,
)
from companion.inspection.heads import (
    entropy as entropy,
)
from companion.inspection.heads import (
    head_similarity as head_similarity,
)
from companion.inspection.maps import (
    class_token_map as class_token_map,
)
from companion.inspection.maps import (
    mean_over_heads as mean_over_heads,
)
from companion.inspection.maps import (
    position_similarity as position_similarity,
)
from companion.inspection.maps import (
    principal_components as principal_components,
)
from companion.inspection.maps import (
    query_map as query_map,
)
from companion.inspection.pointing import (
    centre_of as centre_of,
)
from companion.inspection.pointing import (
    points_at as points_at,
)
from companion.inspection.pointing import (
    points_by_chance as points_by_chance,
)
from companion.inspection.pointing import (
    share_on as share_on,
)
from companion.inspection.record import (
    AttentionMap as AttentionMap,
)
from companion.inspection.record import (
    record_attention as record_attention,
)
from companion.inspection.relevance import (
    relevance as relevance,
)
from companion.inspection.rollout import (
    from_class_token as from_class_token,
)
from companion.inspection.rollout import (
    rollout as rollout,
)
