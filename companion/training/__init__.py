"""How models learn: one plain loop on Accelerate, and what it needs; it knows no model."""

from companion.lazy import furnish

__all__ = furnish(__name__, __file__)
