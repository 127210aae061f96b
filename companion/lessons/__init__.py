"""What a chapter needs besides deep learning: its profile, seed, settings, claims and exercises."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
