"""Pictures alone: plots, animations and the explorer that can be touched."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
