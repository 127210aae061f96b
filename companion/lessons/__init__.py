"""What a chapter needs besides deep learning: its profile, seed, settings, claims and exercises."""

from companion.lessons.bands import Band, at_least, at_most, between, close_to, equals
from companion.lessons.curves import keep_curves, recorded_curves
from companion.lessons.exercises import CheckResult, Mistake, exercise
from companion.lessons.lesson import ClaimError, Lesson
from companion.lessons.results import recorded, show_recorded, show_table
from companion.lessons.source import show_source
from companion.lessons.weights import keep_weights, recall_weights

__all__ = [
    "Band",
    "CheckResult",
    "ClaimError",
    "Lesson",
    "Mistake",
    "at_least",
    "at_most",
    "between",
    "close_to",
    "equals",
    "exercise",
    "keep_curves",
    "keep_weights",
    "recall_weights",
    "recorded",
    "recorded_curves",
    "show_recorded",
    "show_source",
    "show_table",
]
