"""Numbers out of a model: its attention recorded, reduced, compared and changed."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
