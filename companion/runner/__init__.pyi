from companion.runner.execution import (
    RunResult as RunResult,
)
from companion.runner.execution import (
    environment as environment,
)
from companion.runner.execution import (
    execute as execute,
)
from companion.runner.inputs import (
    changed as changed,
)
from companion.runner.inputs import (
    changed_since_stored as changed_since_stored,
)
from companion.runner.notebooks import (
    clean as clean,
)
from companion.runner.notebooks import (
    find_chapters as find_chapters,
)
from companion.runner.notebooks import (
    find_root as find_root,
)
from companion.runner.orders import (
    Order as Order,
)
from companion.runner.orders import (
    cached as cached,
)
from companion.runner.orders import (
    carry_out as carry_out,
)
from companion.runner.orders import (
    keep as keep,
)
from companion.runner.pool import (
    Task as Task,
)
from companion.runner.pool import (
    run_all as run_all,
)
