from companion.lessons.bands import (
    Band as Band,
)
from companion.lessons.bands import (
    at_least as at_least,
)
from companion.lessons.bands import (
    at_most as at_most,
)
from companion.lessons.bands import (
    between as between,
)
from companion.lessons.bands import (
    close_to as close_to,
)
from companion.lessons.bands import (
    equals as equals,
)
from companion.lessons.curves import (
    keep_curves as keep_curves,
)
from companion.lessons.curves import (
    recorded_curves as recorded_curves,
)
from companion.lessons.exercises import (
    CheckResult as CheckResult,
)
from companion.lessons.exercises import (
    Mistake as Mistake,
)
from companion.lessons.exercises import (
    exercise as exercise,
)
from companion.lessons.lesson import (
    ClaimError as ClaimError,
)
from companion.lessons.lesson import (
    Lesson as Lesson,
)
from companion.lessons.results import (
    recorded as recorded,
)
from companion.lessons.results import (
    show_recorded as show_recorded,
)
from companion.lessons.results import (
    show_table as show_table,
)
from companion.lessons.source import (
    show_source as show_source,
)
from companion.lessons.weights import (
    keep_weights as keep_weights,
)
from companion.lessons.weights import (
    recall_weights as recall_weights,
)
