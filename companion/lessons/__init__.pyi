from companion.lessons.bands import (
    Band as Band,
    at_least as at_least,
    at_most as at_most,
    between as between,
    close_to as close_to,
    equals as equals,
)
from companion.lessons.curves import (
    keep_curves as keep_curves,
    recorded_curves as recorded_curves,
)
from companion.lessons.exercises import (
    CheckResult as CheckResult,
    Mistake as Mistake,
    exercise as exercise,
)
from companion.lessons.lesson import (
    ClaimError as ClaimError,
    Lesson as Lesson,
)
from companion.lessons.results import (
    recorded as recorded,
    show_recorded as show_recorded,
    show_table as show_table,
    with_error as with_error,
)
from companion.lessons.source import (
    show_source as show_source,
)
from companion.lessons.weights import (
    keep_weights as keep_weights,
    recall_weights as recall_weights,
)
