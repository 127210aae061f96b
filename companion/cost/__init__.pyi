from companion.cost.chain import (
    longest_chain as longest_chain,
)
from companion.cost.clock import (
    clock as clock,
    seconds_of as seconds_of,
    wait_for_devices as wait_for_devices,
)
from companion.cost.measures import (
    count_flops as count_flops,
    count_parameters as count_parameters,
    median_seconds as median_seconds,
    scaling_exponent as scaling_exponent,
)
from companion.cost.memory import (
    peak_memory as peak_memory,
)
from companion.cost.pairs import (
    Ratio as Ratio,
    median_ratio as median_ratio,
    noise as noise,
    time_pairs as time_pairs,
)
