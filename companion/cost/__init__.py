"""What a model costs: parameters, operations, time, memory, and how they grow."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
