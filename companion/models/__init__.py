"""One file per paper, and the search for sequences that several of them share."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
