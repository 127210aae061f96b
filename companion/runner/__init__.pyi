from companion.runner.execution import (
    RunResult as RunResult,
    environment as environment,
    execute as execute,
)
from companion.runner.inputs import (
    changed as changed,
    changed_since_stored as changed_since_stored,
)
from companion.runner.notebooks import (
    clean as clean,
    find_chapters as find_chapters,
    find_root as find_root,
)
from companion.runner.orders import (
    Order as Order,
    cached as cached,
    carry_out as carry_out,
    keep as keep,
)
from companion.runner.pool import (
    Task as Task,
    run_all as run_all,
)
