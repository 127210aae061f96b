"""Other frameworks: how they are loaded without harm, and what stands in where they are gone."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
