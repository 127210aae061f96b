"""Comparisons that take longer than a chapter may, whose results are recorded."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
