"""Published weights in and out of our models."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
