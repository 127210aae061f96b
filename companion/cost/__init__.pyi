from companion.cost.clock import (
    clock as clock,
)
from companion.cost.clock import (
    seconds_of as seconds_of,
)
from companion.cost.clock import (
    wait_for_devices as wait_for_devices,
)
from companion.cost.measures import (
    count_flops as count_flops,
)
from companion.cost.measures import (
    count_parameters as count_parameters,
)
from companion.cost.measures import (
    median_seconds as median_seconds,
)
from companion.cost.measures import (
    scaling_exponent as scaling_exponent,
)
from companion.cost.memory import (
    peak_memory as peak_memory,
)
from companion.cost.pairs import (
    Ratio as Ratio,
)
from companion.cost.pairs import (
    median_ratio as median_ratio,
)
from companion.cost.pairs import (
    noise as noise,
)
from companion.cost.pairs import (
    time_pairs as time_pairs,
)
