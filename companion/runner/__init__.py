"""Executes chapters: what to run and where to, what need not run again, what to record."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
